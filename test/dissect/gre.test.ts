// GRE of both versions, and all that it carries.
import { ethernet, type GreFields, gre, ipv4, ipv6, mpls, ppp, udp } from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { BEFORE_IPV4_PAYLOAD, inIpv4 } from '../support/internet.ts';
import { testProtocol } from '../support/protocol-tests.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const inner4 = ipv4({ source: '10.0.0.1', destination: '10.0.0.2' });
const inner6 = ipv6({ source: 'fe80::1', destination: 'fe80::2' });
const datagram = udp({ sourcePort: 4000, destinationPort: 4001 });
const frame = ethernet({ source: '02:00:00:00:00:0a', destination: '02:00:00:00:00:0b' });
const tunnel = (fields: GreFields = {}) => inIpv4({}, gre(fields), inner4, datagram, 'in it');

const FRAMES = [
  tunnel(),
  tunnel({ checksum: true }),
  tunnel({ key: 42 }),
  tunnel({ key: 0xffffffff, sequence: 7, checksum: true }),
  inIpv4({}, gre(), inner6, datagram),
  inIpv4({}, gre({ key: 1 }), frame, inner4, datagram),
  inIpv4({}, gre(), mpls({ label: 100 }), inner4, datagram),
  inIpv4({}, gre({ protocol: 0x1234 }), 'unknown'),
  inIpv4({}, gre({ protocol: 0x880b, version: 1, key: 0x00040007, acknowledgment: 3 })),
];

const ODD = [
  // Of a packet in PPP, tshark's own numbers of frames within a frame.
  inIpv4({}, gre({ protocol: 0x880b, version: 1, key: 0x00040007, sequence: 1 }), ppp(), inner4, datagram),
  inIpv4({}, gre({ protocol: 0x0800, version: 1, key: 7, sequence: 1, acknowledgment: 2 }), inner4, datagram),
  inIpv4({}, gre({ version: 2 }), inner4),
  inIpv4({}, gre({ version: 7, flags: 0xf800 })),
  tunnel({ routing: hex('00000000') }),
  tunnel({ routing: hex('0800 04 08 c0000201 c0000202 fffe 00 04 0001 0002 1234 00 02 0000 00000000') }),
  tunnel({ routing: hex('0800 01 08 c0000201 c0000202 00000000') }),
  tunnel({ routing: hex('0800 00 07 c0000201 c00002 00000000') }),
  tunnel({ routing: hex('fffe 04 04 0001 0002 00000000') }),
  inIpv4({}, gre({ protocol: 0x0800, routing: hex('0800 00 f0 c0000201') })),
  inIpv4({ protocol: 47 }, hex('00')),
  inIpv4({ protocol: 47 }, hex('b000 0800 1234')),
  inIpv4({ protocol: 47 }, hex('2000 0800 12')),
];

testProtocol({ name: 'GRE', frames: FRAMES, odd: ODD, headers: BEFORE_IPV4_PAYLOAD, excuse: isForeign });
