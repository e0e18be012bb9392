// IPv6 with all its extension headers, in every order and with impossible contents.

import { describe, it } from 'vitest';
import {
  concatenate,
  destinationOptions,
  hopByHop,
  IPV6_OPTION,
  IPV6_ROUTING_TYPE,
  ipv4,
  ipv6,
  ipv6Bytes,
  ipv6Fragment,
  ipv6Option,
  ipv6Padding,
  routingHeader,
  tcp,
  udp,
} from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { BEFORE_IP, inIpv6 } from '../support/internet.ts';
import { has } from '../support/needs.ts';
import { testProtocol } from '../support/protocol-tests.ts';
import { expectSameText } from '../support/tcpdump.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const datagram = udp({ sourcePort: 4000, destinationPort: 4001 });
const segment = tcp({ sourcePort: 4000, destinationPort: 4001, syn: true });
const alert = ipv6Option(IPV6_OPTION.ROUTER_ALERT, Uint8Array.of(0, 0));
const home = ipv6Option(IPV6_OPTION.HOME_ADDRESS, ipv6Bytes('2001:db8::99'));
const jumbo = (length: number) => ipv6Option(IPV6_OPTION.JUMBO, hex(length.toString(16).padStart(8, '0')));

const FRAMES = [
  inIpv6({}, datagram, 'hello'),
  inIpv6({ trafficClass: 0xb9, flowLabel: 0x12345, hopLimit: 1 }, segment),
  inIpv6({}, hopByHop({ options: [alert, ipv6Padding(2)] }), datagram),
  inIpv6({}, destinationOptions({ options: [home, ipv6Padding(4)] }), datagram),
  inIpv6({}, destinationOptions({ options: [ipv6Option(0x1e, hex('01020304'))] }), datagram),
  inIpv6(
    { finalDestination: '2001:db8::b' },
    routingHeader({ addresses: ['2001:db8::b', '2001:db8::c'], segmentsLeft: 1, tag: 0xabc, flags: 0x80 }),
    datagram,
  ),
  inIpv6(
    { finalDestination: '2001:db8::d' },
    routingHeader({ type: IPV6_ROUTING_TYPE.SOURCE_ROUTE, addresses: ['2001:db8::c', '2001:db8::d'], segmentsLeft: 2 }),
    segment,
  ),
  inIpv6(
    { finalDestination: '2001:db8::e' },
    routingHeader({ type: IPV6_ROUTING_TYPE.MOBILE, addresses: ['2001:db8::e'], segmentsLeft: 1 }),
    datagram,
  ),
  inIpv6({}, ipv6Fragment({ moreFragments: true, identification: 0xdeadbeef }), datagram, new Uint8Array(16)),
  inIpv6({}, ipv6Fragment({ offset: 1448, identification: 7, nextHeader: 17 }), new Uint8Array(16)),
  inIpv6({}, hopByHop({ options: [alert, ipv6Padding(2)] }), ipv6Fragment({}), datagram),
  inIpv6({ nextHeader: 59 }),
  inIpv6({ nextHeader: 253 }, 'unknown'),
  inIpv6({}, ipv6({ source: 'fe80::1', destination: '::1' }), datagram),
  inIpv6({}, ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }), datagram, 'four in six'),
  inIpv6({ source: '::ffff:192.0.2.1', destination: '::192.0.2.2' }, datagram),
];

const ODD = [
  // tshark gives Pad1 a length of two.
  inIpv6({}, hopByHop({ options: [ipv6Padding(1), ipv6Padding(1), alert] }), segment),
  inIpv6({ version: 4 }, datagram),
  inIpv6({ payloadLength: 1000 }, datagram),
  inIpv6({ payloadLength: 10 }, datagram, 'padding'),
  inIpv6({ payloadLength: 0 }, datagram),
  inIpv6({ payloadLength: 0 }, destinationOptions({ options: [ipv6Padding(6)] }), datagram),
  inIpv6({ payloadLength: 0 }, hopByHop({ options: [ipv6Padding(6)] }), datagram),
  inIpv6({ payloadLength: 0 }, hopByHop({ options: [jumbo(65536)] }), datagram),
  inIpv6({ payloadLength: 0 }, hopByHop({ options: [jumbo(100)] }), datagram),
  inIpv6({ payloadLength: 0 }, hopByHop({ options: [jumbo(70000), jumbo(70001), ipv6Padding(2)] }), datagram),
  inIpv6({}, hopByHop({ options: [jumbo(70000)] }), datagram),
  inIpv6({}, destinationOptions({ options: [jumbo(70000)] }), datagram),
  inIpv6({}, hopByHop({ options: [alert, ipv6Padding(2)] }), hopByHop({ options: [ipv6Padding(6)] }), datagram),
  inIpv6({}, destinationOptions({ options: [ipv6Padding(6)] }), hopByHop({ options: [alert] }), datagram),
  inIpv6({}, hopByHop({ options: [hex('05 03 000000')] }), datagram),
  inIpv6({}, hopByHop({ options: [hex('00 00 00 00 05 00')] }), datagram),
  inIpv6({}, hopByHop({ options: [hex('c2 02 0000')] }), datagram),
  inIpv6({}, destinationOptions({ options: [hex('c9 02 0000')] }), datagram),
  inIpv6({}, destinationOptions({ options: [hex('c9 17'), ipv6Bytes('::1'), hex('00 01 02 0000 1e 00')] }), datagram),
  inIpv6({}, hopByHop({ options: [hex('01 40')] }), datagram),
  inIpv6({}, hopByHop({ options: [ipv6Padding(6)], length: 200 }), datagram),
  inIpv6({}, routingHeader({ type: 9, addresses: ['::1'] }), datagram),
  inIpv6({}, routingHeader({ type: 3, addresses: ['::1'] }), datagram),
  inIpv6({}, routingHeader({ addresses: ['::1'], tlvs: hex('0500000000000000') }), datagram),
  inIpv6({}, routingHeader({ type: 0, addresses: ['::1'], reserved: 7, length: 1 }), datagram),
  inIpv6({ payloadLength: 4 }, ipv6Fragment({}), datagram),
  inIpv6({ nextHeader: 1 }, 'ICMP'),
  inIpv6({ nextHeader: 2 }, 'IGMP'),
];

/** By message type: a mobility header as short as it may be, with options behind it. */
const MOBILITY = Array.from({ length: 9 }, (_, type) => {
  const options = hex(
    '00 01 01 00 02 02 0005 03 10 20010db8000000000000000000000001 04 04 0001 0002 05 0a 00010203040506070809 1e 00',
  );
  const body = concatenate(
    hex(`3b 0a ${type.toString(16).padStart(2, '0')} 00 1234 8003`),
    new Uint8Array(16).fill(0x5a),
    options,
  );
  return inIpv6({ nextHeader: 135 }, concatenate(body, new Uint8Array(96 - body.length)));
});

testProtocol({
  name: 'IPv6',
  frames: FRAMES,
  odd: [...ODD, ...MOBILITY],
  headers: BEFORE_IP,
  args: ['-o', 'ipv6.defragment:FALSE'],
  excuse: isForeign,
});

describe.skipIf(!has('tool:tcpdump'))('text of IPv6', () => {
  it('equals tcpdump at every cut', () => {
    const cuts = [...FRAMES.slice(2, 12), ...MOBILITY].flatMap((whole) =>
      Array.from({ length: whole.length - BEFORE_IP }, (_, i) => ({
        bytes: whole.slice(0, BEFORE_IP + i),
        originalLength: whole.length,
      })),
    );
    for (const letters of ['', 'v', 'e']) expectSameText(cuts, 1, letters);
  });
});
