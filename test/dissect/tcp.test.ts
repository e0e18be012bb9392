// TCP: every option, relative sequence numbers, checksums, resets with text, and what is cut off.
import { describe, it } from 'vitest';
import {
  concatenate,
  destinationOptions,
  ipv6Padding,
  TCP_OPTION,
  type TcpFields,
  tcp,
  tcpOption,
  tcpOptions,
} from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { BEFORE_IPV4_PAYLOAD, inIpv4, inIpv6 } from '../support/internet.ts';
import { has } from '../support/needs.ts';
import { NO_REASSEMBLY, testProtocol } from '../support/protocol-tests.ts';
import { expectSameText, fuzzAgainstTcpdump } from '../support/tcpdump.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const segment = (fields: Partial<TcpFields> = {}) =>
  tcp({ sourcePort: 40000, destinationPort: 9000, sequence: 0x89abcdef, acknowledgment: 77, ...fields });
const withOptions = (options: Uint8Array, fields: Partial<TcpFields> = {}) =>
  inIpv4({}, segment({ ack: true, options, ...fields }));

const FRAMES = [
  inIpv4(
    {},
    segment({ syn: true, options: tcpOptions({ mss: 1460, sackPermitted: true, timestamps: [1, 0], windowScale: 7 }) }),
  ),
  inIpv4({}, segment({ ack: true }), 'hello'),
  inIpv4({}, segment({ fin: true, ack: true, psh: true })),
  inIpv4({}, segment({ rst: true })),
  inIpv4({}, segment({ urg: true, ece: true, cwr: true, urgentPointer: 5, ack: true })),
  inIpv4({}, segment()),
  inIpv6({}, segment({ syn: true, ack: true, options: tcpOptions({ mss: 1440 }) })),
  inIpv6({}, segment({ ack: true, psh: true }), 'six'),
  withOptions(
    tcpOptions({
      sack: [
        [100, 200],
        [0x89abcdff, 0x89abce00],
      ],
    }),
  ),
  withOptions(
    tcpOptions({
      timestamps: [0xffffffff, 0x80000000],
      others: [
        [TCP_OPTION.NOP, hex('')],
        [TCP_OPTION.NOP, hex('')],
      ],
    }),
  ),
  withOptions(tcpOptions({ fastOpen: hex('') })),
  withOptions(tcpOptions({ fastOpen: hex('0102030405060708') })),
];

const ODD = [
  // tshark takes urgent data out of the payload.
  inIpv4({}, segment({ urg: true, urgentPointer: 5, ack: true }), 'urgent'),
  // The text of a reset; tshark makes a field of its own of it.
  inIpv4({}, segment({ rst: true, ack: true }), 'go away, and never come back again'),
  inIpv4({}, segment({ rst: true }), 'no\x01\xe9'),
  inIpv4({}, segment({ ack: true, checksum: 0x1234 })),
  inIpv6({}, segment({ ack: true, checksum: 0x1234 })),
  inIpv4({ moreFragments: true }, segment({ ack: true }), 'first fragment'),
  inIpv4({}, segment({ headerLength: 16, ack: true })),
  inIpv4({}, segment({ headerLength: 60, ack: true }), 'short'),
  inIpv4({ totalLength: 60 }, segment({ ack: true, headerLength: 40 })),
  inIpv6({}, destinationOptions({ options: [ipv6Padding(6)] }), segment({ ack: true })),
  withOptions(tcpOptions({ fastOpen: hex('010203') })),
  withOptions(concatenate(tcpOption(6, hex('00000001')), tcpOption(7, hex('00000002')))),
  withOptions(
    concatenate(tcpOption(11, hex('00000001')), tcpOption(12, hex('00000002')), tcpOption(13, hex('00000003'))),
  ),
  withOptions(tcpOption(19, hex('000102030405060708090a0b0c0d0e0f'))),
  withOptions(tcpOption(20, hex('0102'))),
  withOptions(concatenate(tcpOption(28, hex('0003')), tcpOption(28, hex('0010')))),
  withOptions(tcpOption(29, hex('0102'))),
  withOptions(tcpOption(29, hex('01020304050607'))),
  withOptions(tcpOption(29, hex('01'))),
  withOptions(tcpOption(254, hex('f989'))),
  withOptions(tcpOption(254, hex('f98901020304'))),
  withOptions(tcpOption(254, hex('1234'))),
  withOptions(tcpOption(254, hex('12'))),
  withOptions(tcpOption(77, hex('01020304'))),
  withOptions(tcpOption(77)),
  withOptions(hex('00 02 04 05b4')),
  withOptions(hex('02 03 05')),
  withOptions(hex('02 06 05b40102')),
  withOptions(hex('02 01 05b4')),
  withOptions(hex('01 02 00')),
  withOptions(hex('05 09 01020304050607')),
  withOptions(hex('08 0b 000000010000')),
];

/** Multipath TCP: kind 30, then the subtype in the upper half of a byte. */
const MPTCP = [
  ...['00 81 0102030405060708', '01 01', '02 00', '00 81 0102030405060708'].map((data) =>
    withOptions(tcpOption(30, hex(data)), { syn: true, ack: false }),
  ),
  withOptions(tcpOption(30, hex('01 80 0102030405060708 1112131415161718')), { psh: true }),
  withOptions(tcpOption(30, hex('11 05 01020304 05060708')), { syn: true, ack: false }),
  withOptions(tcpOption(30, hex('10 05 0102030405060708 01020304')), { syn: true }),
  withOptions(tcpOption(30, hex('10 00 0102030405060708090a0b0c0d0e0f1011121314'))),
  withOptions(tcpOption(30, hex('20 01 01020304'))),
  withOptions(tcpOption(30, hex('20 13 0102030405060708'))),
  withOptions(tcpOption(30, hex('20 0f 0102030405060708 1112131415161718 00000001 0010 abcd'))),
  withOptions(tcpOption(30, hex('20 05 01020304 11121314 00000001 0010'))),
  withOptions(tcpOption(30, hex('20 05 01020304 11121314 00000001 00'))),
  withOptions(tcpOption(30, hex('20 03 01020304'))),
  withOptions(tcpOption(30, hex('20 00 01'))),
  withOptions(tcpOption(30, hex('34 02 c0000201'))),
  withOptions(tcpOption(30, hex('30 02 c0000201 1f90 0102030405060708'))),
  withOptions(tcpOption(30, hex('31 02 c0000201 0102030405060708'))),
  withOptions(tcpOption(30, hex('36 02 20010db8000000000000000000000001'))),
  withOptions(tcpOption(30, hex('30 02 20010db8000000000000000000000001 1f90 0102030405060708'))),
  withOptions(tcpOption(30, hex('39 02 c0000201 1f90'))),
  withOptions(tcpOption(30, hex('30 02 c000'))),
  withOptions(tcpOption(30, hex('40 01 02 03'))),
  withOptions(tcpOption(30, hex('40'))),
  withOptions(tcpOption(30, hex('51 07'))),
  withOptions(tcpOption(30, hex('50'))),
  withOptions(tcpOption(30, hex('60 00 0102030405060708'))),
  withOptions(tcpOption(30, hex('70 00 0102030405060708'))),
  withOptions(tcpOption(30, hex('80 00'))),
  withOptions(tcpOption(30)),
];

testProtocol({
  name: 'TCP',
  frames: FRAMES,
  odd: [...ODD, ...MPTCP],
  headers: BEFORE_IPV4_PAYLOAD,
  // The edges of selective acknowledgments, as they were sent.
  args: [...NO_REASSEMBLY, '-o', 'tcp.relative_sequence_numbers:FALSE'],
  excuse: isForeign,
});

describe.skipIf(!has('tool:tcpdump'))('text of TCP', () => {
  const all = [...FRAMES, ...ODD, ...MPTCP];

  it.each(['S', 'Sv', 'K', 'vK', 'vv', 'vve', 'A'])('equals tcpdump -%s', (letters) => {
    expectSameText(
      all.map((bytes) => ({ bytes })),
      1,
      letters,
    );
  });

  it('equals tcpdump at every cut of the header', () => {
    const cuts = [...ODD, ...MPTCP].flatMap((whole) =>
      Array.from({ length: Math.min(whole.length, 94) - BEFORE_IPV4_PAYLOAD }, (_, i) => ({
        bytes: whole.slice(0, BEFORE_IPV4_PAYLOAD + i),
        originalLength: whole.length,
      })),
    );
    for (const letters of ['', 'v']) expectSameText(cuts, 1, letters);
  });

  it('equals tcpdump on mutations over IPv6', () => {
    const frames = [inIpv6({}, segment({ ack: true }), 'six'), ...FRAMES.slice(6, 8)];
    fuzzAgainstTcpdump('TCP over IPv6', frames, { from: 54, count: 300, excuse: isForeign });
  });
});
