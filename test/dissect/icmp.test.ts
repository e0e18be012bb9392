// ICMP: every message and code, the packet at fault within it, and extensions.
import { describe, it } from 'vitest';
import { concatenate, ICMP_TYPE, type IcmpFields, icmp, icmpExtended, tcp, udp } from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { BEFORE_IP, BEFORE_IPV4_PAYLOAD, inIpv4 } from '../support/internet.ts';
import { has } from '../support/needs.ts';
import { testProtocol } from '../support/protocol-tests.ts';
import { expectSameText } from '../support/tcpdump.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const original = (...inner: Parameters<typeof inIpv4>) => inIpv4(...inner).subarray(BEFORE_IP);
const datagram = original({}, udp({ sourcePort: 4000, destinationPort: 4001 }), 'lost');
/** As much of it as must come back. */
const header = datagram.subarray(0, 28);
const segment = original({}, tcp({ sourcePort: 4000, destinationPort: 4001, syn: true }));
const other = original({ protocol: 47 }, 'GRE it is not, but long enough');
const message = (fields: IcmpFields, ...inner: (Uint8Array | string)[]) => inIpv4({}, icmp(fields), ...inner);

const label = { class: 1, type: 1, data: hex('00010140 00011bff') };
const name = { class: 2, type: 0x0a, data: hex('00000002 08 65746830 000000') };

const FRAMES = [
  message({ type: ICMP_TYPE.ECHO, identifier: 1, sequence: 2 }, 'abcdefgh'),
  message({ type: ICMP_TYPE.ECHO_REPLY, identifier: 65535, sequence: 65535 }, 'abcdefgh'),
  ...Array.from({ length: 17 }, (_, code) => message({ type: ICMP_TYPE.UNREACHABLE, code }, datagram)),
  message({ type: ICMP_TYPE.UNREACHABLE, code: 4, nextHopMtu: 1400 }, datagram),
  message({ type: ICMP_TYPE.SOURCE_QUENCH }, datagram),
  ...Array.from({ length: 5 }, (_, code) => message({ type: ICMP_TYPE.REDIRECT, code, word: 0xc0000201 }, header)),
  ...Array.from({ length: 3 }, (_, code) => message({ type: ICMP_TYPE.TIME_EXCEEDED, code }, datagram)),
  ...Array.from({ length: 3 }, (_, code) =>
    message({ type: ICMP_TYPE.PARAMETER_PROBLEM, code, word: 0x14000000 }, datagram),
  ),
  message({ type: ICMP_TYPE.ROUTER_ADVERTISEMENT, word: 0x02020708 }, hex('c0000201 00000001 c0000202 80000000')),
  message({ type: ICMP_TYPE.ROUTER_SOLICITATION }),
  message({ type: ICMP_TYPE.TIMESTAMP, identifier: 3, sequence: 4 }, hex('00000001 00000000 00000000')),
  message({ type: ICMP_TYPE.TIMESTAMP_REPLY, identifier: 3, sequence: 4 }, hex('0036ee80 0525c5bf 05265c00')),
  message({ type: ICMP_TYPE.INFORMATION, identifier: 5, sequence: 6 }),
  message({ type: ICMP_TYPE.INFORMATION_REPLY, identifier: 5, sequence: 6 }),
  message({ type: ICMP_TYPE.ADDRESS_MASK, identifier: 5, sequence: 6 }, hex('00000000')),
  message({ type: ICMP_TYPE.ADDRESS_MASK_REPLY, identifier: 5, sequence: 6 }, hex('ffffff00')),
];

const ODD = [
  // tshark reads less of a segment in an error message.
  message({ type: ICMP_TYPE.UNREACHABLE, code: 4, nextHopMtu: 1400 }, segment),
  message({ type: ICMP_TYPE.UNREACHABLE, code: 3 }, segment),
  message({ type: ICMP_TYPE.ECHO, checksum: 0x1234 }, 'abc'),
  message({ type: ICMP_TYPE.UNREACHABLE, code: 3 }, other),
  message({ type: ICMP_TYPE.UNREACHABLE, code: 3 }, datagram.subarray(0, 22)),
  message({ type: ICMP_TYPE.UNREACHABLE, code: 1 }, datagram.subarray(0, 10)),
  message({ type: ICMP_TYPE.ROUTER_ADVERTISEMENT, word: 0x02030000 }, new Uint8Array(16)),
  message({ type: ICMP_TYPE.ROUTER_ADVERTISEMENT, word: 0x0102003b }, hex('c0000201 00000001')),
  message({ type: ICMP_TYPE.ROUTER_ADVERTISEMENT, word: 0x01020e10 }, hex('c0000201 00000001')),
  // More routers than fit into tcpdump's line.
  message({ type: ICMP_TYPE.ROUTER_ADVERTISEMENT, word: 0x10020e10 }, new Uint8Array(128).fill(200)),
  message({ type: 42, code: 1 }, 'extended echo'),
  message({ type: ICMP_TYPE.TIMESTAMP_REPLY }, hex('ffffffff 00000000')),
  inIpv4({ moreFragments: true }, icmp({ type: ICMP_TYPE.ECHO, checksum: 0 }), 'first'),
];

const EXTENDED = [
  message({ type: ICMP_TYPE.TIME_EXCEEDED }, icmpExtended(datagram, [label])),
  message({ type: ICMP_TYPE.TIME_EXCEEDED, word: 0x00200000 }, icmpExtended(segment, [label, name])),
  message(
    { type: ICMP_TYPE.UNREACHABLE, code: 3 },
    icmpExtended(datagram, [name, { class: 9, type: 1, data: hex('0102') }]),
  ),
  message(
    { type: ICMP_TYPE.PARAMETER_PROBLEM },
    icmpExtended(datagram, [{ class: 0, type: 0, data: hex('01020304') }]),
  ),
  message({ type: ICMP_TYPE.TIME_EXCEEDED }, icmpExtended(datagram, [{ class: 1, type: 2, data: hex('01020304') }])),
  message(
    { type: ICMP_TYPE.TIME_EXCEEDED, word: 0x00200000 },
    concatenate(icmpExtended(datagram, []).fill(0x13, 128), hex('0002 0101')),
  ),
  message(
    { type: ICMP_TYPE.TIME_EXCEEDED, word: 0x00200000 },
    concatenate(icmpExtended(datagram, [label]), hex('0002 0101 00')),
  ),
  message({ type: ICMP_TYPE.TIME_EXCEEDED }, concatenate(icmpExtended(datagram, [label]), hex('ff'))),
];

testProtocol({
  name: 'ICMP',
  frames: FRAMES,
  odd: [...ODD, ...EXTENDED],
  headers: BEFORE_IPV4_PAYLOAD,
  excuse: isForeign,
});

describe.skipIf(!has('tool:tcpdump'))('text of ICMP', () => {
  it('equals tcpdump at every cut', () => {
    const cuts = [...FRAMES, ...ODD, EXTENDED[1]!].flatMap((whole) =>
      Array.from({ length: whole.length - BEFORE_IPV4_PAYLOAD }, (_, i) => ({
        bytes: whole.slice(0, BEFORE_IPV4_PAYLOAD + i),
        originalLength: whole.length,
      })),
    );
    for (const letters of ['', 'v']) expectSameText(cuts, 1, letters);
  });
});
