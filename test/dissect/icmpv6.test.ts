// ICMPv6: messages, neighbour discovery with its options, multicast listeners, and the rarer ones.
import { describe, it } from 'vitest';
import {
  concatenate,
  destinationOptions,
  hopByHop,
  ICMPV6_TYPE,
  type Icmpv6Fields,
  IPV6_OPTION,
  icmpv6,
  ipv6Bytes,
  ipv6Fragment,
  ipv6Option,
  ipv6Padding,
  type Layer,
  mld,
  mldQuery,
  mldReport,
  ND_NEIGHBOR_FLAG,
  ND_OPTION_TYPE,
  ndDnsServers,
  ndMtu,
  ndOption,
  ndPrefix,
  neighborAdvertisement,
  neighborSolicitation,
  redirect,
  routerAdvertisement,
  routerSolicitation,
  tcp,
  udp,
} from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { BEFORE_IP, BEFORE_IPV6_PAYLOAD, inIpv6 } from '../support/internet.ts';
import { has } from '../support/needs.ts';
import { testProtocol } from '../support/protocol-tests.ts';
import { expectSameText } from '../support/tcpdump.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const message = (fields: Icmpv6Fields, ...inner: (Uint8Array | string)[]) => inIpv6({}, icmpv6(fields), ...inner);
const discovery = (layers: Layer[]) => inIpv6({ hopLimit: 255 }, ...layers);
const multicast = (layers: Layer[]) =>
  inIpv6(
    { hopLimit: 1 },
    hopByHop({ options: [ipv6Option(IPV6_OPTION.ROUTER_ALERT, hex('0000')), ipv6Padding(2)] }),
    ...layers,
  );

const datagram = inIpv6({}, udp({ sourcePort: 4000, destinationPort: 4001 }), 'lost').subarray(BEFORE_IP);
const segment = inIpv6({}, tcp({ sourcePort: 4000, destinationPort: 4001, syn: true })).subarray(BEFORE_IP);
const behind = inIpv6(
  {},
  destinationOptions({ options: [ipv6Padding(6)] }),
  ipv6Fragment({}),
  udp({ sourcePort: 1, destinationPort: 2 }),
).subarray(BEFORE_IP);

const linkAddress = ndOption(ND_OPTION_TYPE.SOURCE_LINK_ADDRESS, hex('020000000001'));
const targetAddress = ndOption(ND_OPTION_TYPE.TARGET_LINK_ADDRESS, hex('020000000002'));
const route = (data: string) => ndOption(ND_OPTION_TYPE.ROUTE, hex(data));

const FRAMES = [
  message({ type: ICMPV6_TYPE.ECHO, identifier: 1, sequence: 2 }, 'abcdefgh'),
  message({ type: ICMPV6_TYPE.ECHO_REPLY, identifier: 1, sequence: 2 }, 'abcdefgh'),
  ...[0, 1, 2, 3, 4].map((code) => message({ type: ICMPV6_TYPE.UNREACHABLE, code }, datagram)),
  message({ type: ICMPV6_TYPE.PACKET_TOO_BIG, word: 1280 }, datagram),
  ...[0, 1, 2].map((code) => message({ type: ICMPV6_TYPE.TIME_EXCEEDED, code }, datagram)),
  ...[0, 1, 2, 3, 4].map((code) => message({ type: ICMPV6_TYPE.PARAMETER_PROBLEM, code, word: 40 }, datagram)),
  discovery(neighborSolicitation('2001:db8::2', linkAddress)),
  discovery(neighborSolicitation('2001:db8::2')),
  discovery(
    neighborAdvertisement('2001:db8::2', ND_NEIGHBOR_FLAG.SOLICITED | ND_NEIGHBOR_FLAG.OVERRIDE, targetAddress),
  ),
  discovery(neighborAdvertisement('2001:db8::2', ND_NEIGHBOR_FLAG.ROUTER)),
  discovery(routerSolicitation(linkAddress)),
  discovery(
    routerAdvertisement(
      { flags: 0xc8, reachableMs: 30000, retransmitMs: 1000 },
      linkAddress,
      ndMtu(1500),
      ndPrefix({ prefix: '2001:db8::', prefixLength: 64 }),
      ndDnsServers(600, '2001:db8::53', '2001:db8::54'),
    ),
  ),
  discovery(redirect('fe80::1', '2001:db8::9', targetAddress)),
  multicast(mld(ICMPV6_TYPE.LISTENER_QUERY, '::', 1000)),
  multicast(mld(ICMPV6_TYPE.LISTENER_REPORT, 'ff02::fb')),
  multicast(mld(ICMPV6_TYPE.LISTENER_DONE, 'ff02::fb')),
  multicast(mldQuery()),
  multicast(mldQuery({ group: 'ff02::fb', flags: 10, sources: ['2001:db8::1', '2001:db8::2'], interval: 0x9f })),
  multicast(mldReport({ type: 4, group: 'ff02::fb' }, { type: 1, group: 'ff02::1', sources: ['2001:db8::1'] })),
];

const ODD = [
  // tshark reads less of a segment in an error message.
  message({ type: ICMPV6_TYPE.UNREACHABLE, code: 4 }, segment),
  message({ type: ICMPV6_TYPE.ECHO, checksum: 0x1234 }, 'abc'),
  inIpv6({}, ipv6Fragment({ moreFragments: true }), icmpv6({ type: ICMPV6_TYPE.ECHO, checksum: 0 }), 'first'),
  inIpv6({ nextHeader: 58 }),
  message({ type: ICMPV6_TYPE.UNREACHABLE, code: 4 }, behind),
  message({ type: ICMPV6_TYPE.UNREACHABLE, code: 4 }, datagram.subarray(0, 42)),
  message({ type: ICMPV6_TYPE.UNREACHABLE, code: 9 }, datagram),
  message({ type: 250 }, 'unknown'),
  multicast(mldQuery({ maxResponseMs: 0x9234 })),
  multicast([icmpv6({ type: ICMPV6_TYPE.LISTENER_QUERY }), { build: () => new Uint8Array(18) }]),
  multicast([icmpv6({ type: ICMPV6_TYPE.LISTENER_REPORT_V2, word: 2 }), { build: () => hex('01 00 0001') }]),
  multicast([
    icmpv6({ type: ICMPV6_TYPE.LISTENER_REPORT_V2, word: 1 }),
    { build: () => concatenate(hex('07 00 0009'), ipv6Bytes('ff02::1')) },
  ]),
  discovery(
    routerAdvertisement(
      { flags: 0x3a, hopLimit: 0 },
      ndOption(ND_OPTION_TYPE.ADVERTISEMENT_INTERVAL, hex('0000 000003e8')),
      ndOption(ND_OPTION_TYPE.HOME_AGENT, hex('0000 0001 0708')),
      route('30 08 00000e10 20010db800000000'),
      route('40 18 ffffffff 20010db8000000000000000000000000'),
      route('00 00 00000000'),
      ndOption(ND_OPTION_TYPE.DNS_SEARCH, hex('0000 00000258 07 6578616d706c65 03 6f7267 00 01 61 00')),
      ndOption(ND_OPTION_TYPE.REDIRECTED, hex('000000000000 0102030405060708')),
      ndPrefix({ prefix: '2001:db8::', prefixLength: 64, flags: 0x20, validSeconds: 0xffffffff }),
      ndOption(99, hex('010203040506')),
    ),
  ),
  discovery(
    routerAdvertisement(
      {},
      ndOption(ND_OPTION_TYPE.MTU, new Uint8Array(10)),
      ndOption(ND_OPTION_TYPE.PREFIX, hex('4040')),
    ),
  ),
  discovery(routerAdvertisement({}, route('40'.repeat(30)))),
  discovery(neighborSolicitation('2001:db8::2', hex('0100000000000000'))),
  discovery(neighborSolicitation('2001:db8::2', hex('0109000000000000'))),
  message(
    { type: ICMPV6_TYPE.ROUTER_RENUMBERING, word: 7 },
    hex('01 f8 0010 00000000'),
    hex('02 07 00 40 00 80 0000'),
    ipv6Bytes('2001:db8::'),
    hex('10 30 c0 80 ffffffff 00000e10 80000000'),
    ipv6Bytes('2001:db8:1::'),
  ),
  message({ type: ICMPV6_TYPE.ROUTER_RENUMBERING, code: 1, word: 7 }, hex('00 00 0000 00000009')),
  message({ type: ICMPV6_TYPE.ROUTER_RENUMBERING, code: 255 }, hex('00 00 0000 00000000')),
  message({ type: ICMPV6_TYPE.ROUTER_RENUMBERING, code: 9 }, hex('00 00 0000')),
  ...[0, 1, 2, 3, 9].flatMap((question) => [
    message(
      { type: ICMPV6_TYPE.NODE_QUERY, word: question * 0x10000 + 0x3e },
      hex('0102030405060708'),
      ipv6Bytes('fe80::1'),
    ),
    message({ type: ICMPV6_TYPE.NODE_QUERY, word: question * 0x10000 }, hex('0102030405060708')),
    message(
      { type: ICMPV6_TYPE.NODE_REPLY, word: question * 0x10000 + 0x7f },
      hex('0102030405060708 00000e10'),
      hex('04 686f7374 03 6f7267 00 00'),
      new Uint8Array(12),
    ),
  ]),
  ...[1, 2, 3].map((code) =>
    message({ type: ICMPV6_TYPE.NODE_QUERY, code, word: 0x20000 }, hex('0102030405060708 04 686f7374 00')),
  ),
  message({ type: ICMPV6_TYPE.NODE_QUERY, code: 1, word: 0x20000 }, hex('0102030405060708 04 686f7374')),
  message({ type: ICMPV6_TYPE.NODE_QUERY, code: 2, word: 0x20000 }, hex('0102030405060708 c0000201')),
  message({ type: ICMPV6_TYPE.NODE_QUERY }, hex('01020304')),
  ...[1, 2, 3].map((code) => message({ type: ICMPV6_TYPE.NODE_REPLY, code }, hex('0102030405060708 00'))),
  message({ type: ICMPV6_TYPE.INVERSE_SOLICITATION }),
  message({ type: ICMPV6_TYPE.INVERSE_ADVERTISEMENT }),
  message({ type: ICMPV6_TYPE.HOME_AGENT_REQUEST, identifier: 0xabc }),
  message(
    { type: ICMPV6_TYPE.HOME_AGENT_REPLY, identifier: 0xabc },
    ipv6Bytes('2001:db8::1'),
    ipv6Bytes('2001:db8::2'),
  ),
  message({ type: ICMPV6_TYPE.MOBILE_PREFIX_SOLICITATION, identifier: 0xabc }),
  message(
    { type: ICMPV6_TYPE.MOBILE_PREFIX_ADVERTISEMENT, word: 0x0abcc000 },
    ndPrefix({ prefix: '2001:db8::', prefixLength: 64 }),
  ),
  message({ type: ICMPV6_TYPE.TRACE }, 'trace'),
  message({ type: ICMPV6_TYPE.TRACE_RESPONSE }),
];

const dodag = ipv6Bytes('2001:db8::dada');
const options = hex('00 01 02 0000 04 03 010203 05 01 ff');
const RPL = [
  message({ type: ICMPV6_TYPE.RPL, code: 0 }),
  message({ type: ICMPV6_TYPE.RPL, code: 1, word: 0x1e010100 }, hex('9a 05 0000'), dodag, options),
  message({ type: ICMPV6_TYPE.RPL, code: 1 }, hex('00')),
  message({ type: ICMPV6_TYPE.RPL, code: 2, word: 0x1ec00007 }, dodag, options),
  message({ type: ICMPV6_TYPE.RPL, code: 2, word: 0x1e800007 }, dodag, options),
  message({ type: ICMPV6_TYPE.RPL, code: 3, word: 0x1e800700 }, dodag, options),
  message({ type: ICMPV6_TYPE.RPL, code: 3, word: 0x1e000701 }, hex('09 20 00')),
  message({ type: ICMPV6_TYPE.RPL, code: 9 }),
  message({ type: ICMPV6_TYPE.RPL, code: 0x81 }, dodag),
];

testProtocol({
  name: 'ICMPv6',
  frames: FRAMES,
  odd: [...ODD, ...RPL],
  headers: BEFORE_IPV6_PAYLOAD,
  excuse: isForeign,
});

describe.skipIf(!has('tool:tcpdump'))('text of ICMPv6', () => {
  it('equals tcpdump at every cut', () => {
    const cuts = [...FRAMES, ...ODD, ...RPL].flatMap((whole) =>
      Array.from({ length: whole.length - BEFORE_IPV6_PAYLOAD }, (_, i) => ({
        bytes: whole.slice(0, BEFORE_IPV6_PAYLOAD + i),
        originalLength: whole.length,
      })),
    );
    for (const letters of ['', 'v', 'vvv']) expectSameText(cuts, 1, letters);
  });
});
