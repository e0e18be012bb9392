// DNS, mDNS and LLMNR frames: every record type and option that tcpdump or Wireshark knows, right and wrong.
import {
  DNS_CLASS,
  DNS_FLAG,
  DNS_TYPE,
  type DnsMessage,
  type DnsRecord,
  dnsMessage,
  dnsOverTcp,
} from '../../src/wire/index.ts';
import { tcpFrame, udpFrame } from './frames.ts';

const { RESPONSE, AUTHORITATIVE, TRUNCATED, RECURSION_DESIRED, RECURSION_AVAILABLE, AUTHENTIC_DATA } = DNS_FLAG;
const ANSWER = RESPONSE | RECURSION_DESIRED | RECURSION_AVAILABLE;
const NAME = 'www.example.org';

export function dnsFrame(message: DnsMessage, port = 53): Uint8Array {
  return udpFrame(port, port, dnsMessage(message));
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

/** A character string: its length, then itself. */
function counted(text: string): Uint8Array {
  return bytes(text.length, ...Buffer.from(text));
}

function record(type: number, ...data: (Uint8Array | string)[]): DnsRecord {
  return { name: NAME, type, data };
}

const V6 = bytes(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const SIGNED = bytes(0, 1, 8, 2, 0, 0, 0, 60, 0x60, 0, 0, 0, 0x5f, 0, 0, 0, 0, 9);
const TSIG_REST = bytes(0, 0, 0x60, 0, 0, 0, 1, 0x2c, 0, 2, 9, 9, 0, 1, 0, 0, 0, 0);

const OLD_RECORDS: readonly DnsRecord[] = [
  record(1, bytes(192, 0, 2, 1)),
  record(2, 'ns.example.org'),
  record(3, 'md.example.org'),
  record(4, 'mf.example.org'),
  record(5, 'web.example.org'),
  record(6, 'ns.example.org', 'root.example.org', new Uint8Array(20).fill(1)),
  record(7, 'mb.x'),
  record(8, 'mg.x'),
  record(9, 'mr.x'),
  record(10, bytes(1, 2, 3)),
  record(11, bytes(192, 0, 2, 1, 6)),
  record(12, 'ptr.x'),
  record(13, counted('cpu'), counted('os')),
  record(14, 'r.x', 'e.x'),
  record(15, bytes(0, 5), 'mx.x'),
  record(16, counted('hello'), counted('wide world')),
  record(17, 'mailbox.x', 'text.x'),
  record(18, bytes(0, 1), 'afs.x'),
  record(19, counted('123')),
  record(20, counted('1234'), counted('55')),
  record(21, bytes(0, 1), 'rt.x'),
  record(22, bytes(1, 2, 3)),
  record(23, 'owner.x'),
  record(26, bytes(0, 1), 'a.x', 'b.x'),
  record(27, counted('1.0'), counted('2.0'), counted('3.0')),
  record(28, V6),
  record(29, bytes(0, 0x12, 0x16, 0x13, 0x89, 0x17, 0x2d, 0xd0, 0x70, 0xbe, 0x15, 0xf0, 0, 0x98, 0x8d, 0x20)),
  record(33, bytes(0, 1, 0, 2, 0, 80), 'srv.x'),
  record(35, bytes(0, 1, 0, 2), counted('u'), counted('sip'), counted('!x!'), 'rep.x'),
  record(36, bytes(0, 1), 'kx.x'),
  record(37, bytes(0, 1, 0, 2, 3, 9, 9)),
  record(38, bytes(64, 0, 0, 0, 0, 0, 0, 0, 1), 'prefix.x'),
  record(39, 'dn.x'),
];

const NEW_RECORDS: readonly DnsRecord[] = [
  record(42, bytes(0, 1, 24, 0x83, 10, 0, 1)),
  record(43, bytes(0, 1, 8, 2, 1, 2, 3, 4)),
  record(44, bytes(1, 1, 9, 9, 9)),
  record(45, bytes(1, 0, 2, 7, 7)),
  record(45, bytes(1, 1, 2, 192, 0, 2, 1, 7, 7)),
  record(45, bytes(1, 2, 2), V6, bytes(7, 7)),
  record(46, SIGNED, 'signer.x', bytes(5, 5, 5)),
  record(47, 'next.x', bytes(0, 1, 0x40)),
  record(48, bytes(1, 1, 3, 8, 1, 2, 3, 4)),
  record(49, bytes(1, 2)),
  record(50, bytes(1, 1, 0, 10, 2, 0xaa, 0xbb, 3, 1, 2, 3, 0, 1, 0x40)),
  record(51, bytes(1, 0, 0, 10, 2, 0xaa, 0xbb)),
  record(52, bytes(3, 1, 1, 9, 9)),
  record(61, counted('PGP').subarray(1)),
  record(64, bytes(0, 1), 'svc.x', bytes(0, 1, 0, 3, 2, 0x68, 0x32)),
  record(
    65,
    bytes(0, 1, 0, 0, 0, 0, 2, 0, 1, 0, 1, 0, 3, 2, 0x68, 0x32, 0, 3, 0, 2, 1, 0xbb, 0, 4, 0, 4, 192, 0, 2, 1),
    bytes(0, 6, 0, 16),
    V6,
    bytes(0, 7, 0, 1, 0x78),
  ),
  record(99, counted('v=spf1')),
  record(104, bytes(0, 1, 1, 2, 3, 4, 5, 6, 7, 8)),
  record(105, bytes(0, 1, 192, 0, 2, 1)),
  record(106, bytes(0, 1, 1, 2, 3, 4, 5, 6, 7, 8)),
  record(107, bytes(0, 1), 'lp.x'),
  record(108, bytes(1, 2, 3, 4, 5, 6)),
  record(109, bytes(1, 2, 3, 4, 5, 6, 7, 8)),
  record(250, 'hmac-sha256', TSIG_REST),
  record(256, bytes(0, 1, 0, 2, ...Buffer.from('https://example.org'))),
  record(257, bytes(0, ...counted('issue'), ...Buffer.from('ca.example.org'))),
  record(65280, bytes(1, 2)),
];

const OPTIONS = bytes(
  ...[0, 3, 0, 2, 1, 2, 0, 5, 0, 2, 8, 13, 0, 6, 0, 1, 2, 0, 7, 0, 1, 1, 0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2],
  ...[0, 8, 0, 12, 0, 2, 64, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 9, 0, 4, 0, 0, 0, 1, 0, 10, 0, 8, 1, 2, 3, 4, 5],
  ...[6, 7, 8, 0, 10, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 11, 0, 2, 0, 5, 0, 12, 0, 3, 0, 0, 0],
  ...[0, 14, 0, 2, 0, 1, 0, 15, 0, 4, 0, 1, 0x41, 0x42, 0, 99, 0, 0],
);

/** Options of wrong lengths and values. */
const BAD_OPTIONS = bytes(
  ...[0, 8, 0, 1, 1, 0, 8, 0, 5, 0, 3, 8, 0, 1, 0, 8, 0, 5, 0, 1, 40, 0, 1, 0, 8, 0, 9, 0, 1, 32, 0, 1, 2, 3, 4, 5],
  ...[0, 9, 0, 1, 1, 0, 10, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 11, 0, 1, 1, 0, 13, 0, 3, 1, 0x61, 0, 0, 14, 0, 1, 1],
);

function opt(data: readonly Uint8Array[], ttl = 0x01008000): DnsRecord {
  return { name: '', type: DNS_TYPE.OPT, class: 1232, ttl, data };
}

const QUESTION = { name: NAME };

export const DNS_FRAMES: readonly Uint8Array[] = [
  dnsFrame({ id: 1, flags: RECURSION_DESIRED, questions: [QUESTION] }),
  dnsFrame({ id: 2, flags: RECURSION_DESIRED | 0x30, questions: [QUESTION], additionals: [opt([], 0)] }),
  dnsFrame({ id: 3, flags: ANSWER | AUTHENTIC_DATA, questions: [QUESTION], answers: OLD_RECORDS }),
  dnsFrame({ id: 4, flags: ANSWER | TRUNCATED, questions: [QUESTION], answers: NEW_RECORDS }),
  dnsFrame({
    id: 5,
    flags: ANSWER | AUTHORITATIVE | 3,
    questions: [{ name: NAME, type: 65, class: DNS_CLASS.CHAOS }],
    authorities: [record(6, 'ns.x', 'root.x', new Uint8Array(20)), { ...record(2, 'ns.x'), ttl: 94_738_265 }],
    additionals: [record(1, bytes(192, 0, 2, 1)), record(28, V6), opt([OPTIONS])],
  }),
  dnsFrame({
    id: 6,
    flags: 0x2800,
    questions: [{ name: 'example.org', type: 6 }],
    answers: [{ name: NAME, type: DNS_TYPE.ANY, class: DNS_CLASS.NONE, ttl: 0 }],
    authorities: [record(1, bytes(192, 0, 2, 1))],
    additionals: [{ ...record(250, 'hmac-md5', TSIG_REST), class: DNS_CLASS.ANY }],
  }),
  dnsFrame({ id: 7, flags: 0x2400 | AUTHORITATIVE, questions: [{ name: 'example.org', type: 6 }] }),
  tcpFrame(4000, 53, dnsOverTcp(dnsMessage({ id: 8, questions: [{ name: 'example.org', type: DNS_TYPE.AXFR }] }))),
  tcpFrame(53, 4000, dnsOverTcp(dnsMessage({ id: 8, flags: ANSWER, questions: [QUESTION], answers: OLD_RECORDS }))),
];

export const MDNS_FRAMES: readonly Uint8Array[] = [
  dnsFrame(
    {
      questions: [{ name: '_http._tcp.local', type: 12, class: 0x8001 }, { name: 'x.local' }],
      answers: [{ name: '_http._tcp.local', type: 12, data: ['My Web._http._tcp.local'] }],
    },
    5353,
  ),
  dnsFrame(
    {
      flags: RESPONSE | AUTHORITATIVE,
      answers: [
        { name: 'x.local', class: 0x8001, ttl: 120, data: [bytes(192, 0, 2, 1)] },
        { name: 'My Web._http._tcp.local', type: 33, class: 0x8001, data: [bytes(0, 0, 0, 0, 0, 80), 'x.local'] },
        { name: 'My Web._http._tcp.local', type: 16, class: 0x8003, data: [bytes(0)] },
      ],
      additionals: [{ name: '', type: 41, class: 0x85a0, data: [] }],
    },
    5353,
  ),
];

export const LLMNR_FRAMES: readonly Uint8Array[] = [
  dnsFrame({ id: 9, questions: [{ name: 'host' }] }, 5355),
  dnsFrame({ id: 9, flags: RESPONSE | 0x500, questions: [QUESTION], answers: [OLD_RECORDS[0]!] }, 5355),
];

/** A message whose bytes behind the header are given. */
function rawFrame(flags: number, counts: readonly number[], ...rest: number[]): Uint8Array {
  return udpFrame(53, 4000, bytes(0, 1, flags >> 8, flags & 255, ...counts.flatMap((count) => [0, count]), ...rest));
}

const LONG_LABELS = Array.from({ length: 5 }, () => [63, ...Buffer.from('x'.repeat(63))]).flat();

export const ODD_DNS_FRAMES: readonly Uint8Array[] = [
  udpFrame(53, 53, bytes(1, 2, 3)),
  udpFrame(53, 53, new Uint8Array(0)),
  // Pointers: to itself, forwards, to a pointer, chains that loop, into the header, cut.
  rawFrame(0, [1, 0, 0, 0], 0xc0, 12, 0, 1, 0, 1),
  rawFrame(0, [1, 0, 0, 0], 0xc0, 18, 0, 1, 0, 1, 1, 0x61, 0),
  rawFrame(0x8000, [1, 1, 0, 0], 1, 0x61, 0, 0, 1, 0, 1, 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 1, 0, 2, 0xc0, 19),
  rawFrame(0x8000, [1, 1, 0, 0], 1, 0x61, 0xc0, 12, 0, 1, 0, 1, 0xc0, 14, 0, 5, 0, 1, 0, 0, 0, 1, 0, 2, 0xc0, 20),
  rawFrame(0, [1, 0, 0, 0], 0xc0, 3, 0, 1, 0, 1),
  rawFrame(0, [1, 0, 0, 0], 0xc0),
  rawFrame(0, [1, 0, 0, 0], 3, 0x61, 0xc0),
  // Labels: reserved kind, unknown extended kind, bit labels of several sizes, too long a name.
  rawFrame(0, [1, 0, 0, 0], 0x80, 0, 1, 0, 1),
  rawFrame(0, [1, 0, 0, 0], 0x42, 0, 1, 0, 1),
  rawFrame(0, [1, 0, 0, 0], 0x41, 12, 0xab, 0xcd, 0, 0, 1, 0, 1),
  rawFrame(0, [1, 0, 0, 0], 0x41, 7, 0xab, 0, 0, 1, 0, 1),
  rawFrame(0, [1, 0, 0, 0], 0x41, 3, 0xab, 0, 0, 1, 0, 1),
  rawFrame(0, [1, 0, 0, 0], 0x41, 0, ...Array<number>(32).fill(0x5a), 0, 0, 1, 0, 1),
  rawFrame(0, [1, 0, 0, 0], ...LONG_LABELS, 0, 0, 1, 0, 1),
  rawFrame(0, [1, 0, 0, 0], ...LONG_LABELS.slice(0, 4 * 64 - 1), 0, 0, 1, 0, 1),
  // Counts that the message does not bear out; opcodes and flags that a request has not.
  rawFrame(0, [0, 0, 0, 0]),
  rawFrame(0, [3, 0, 0, 0], 0, 0, 1, 0, 1),
  rawFrame(0x8000, [3, 0, 0, 0], 0, 0, 1, 0, 1),
  rawFrame(0x8000, [0, 3, 2, 1], 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1),
  rawFrame(0x0800, [2, 0, 0, 0], 0, 0, 1, 0, 1, 0, 0, 1, 0, 1),
  rawFrame(0x0800, [0, 1, 0, 0], 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1),
  rawFrame(0x76cf, [1, 2, 3, 4], 0, 0, 1, 0, 1),
  ...Array.from({ length: 16 }, (_, opcode) => rawFrame(opcode << 11, [1, 0, 0, 0], 0, 0, 1, 0, 4)),
  ...Array.from({ length: 16 }, (_, code) => rawFrame(0x8000 | code, [1, 0, 0, 0], 0, 0, 1, 0, 9)),
  // Records whose data is cut off, or of a length that cannot be.
  ...[1, 2, 6, 15, 16, 28, 33, 38, 41, 104, 250, 256].map((type) =>
    dnsFrame({ flags: ANSWER, questions: [QUESTION], answers: [{ name: NAME, type, data: [bytes(0)] }] }),
  ),
  ...[1, 2, 6, 15, 16, 28, 33, 38, 41, 104, 250, 256].map((type) =>
    dnsFrame({ flags: ANSWER, questions: [QUESTION], answers: [{ name: NAME, type, length: 20 }] }),
  ),
  dnsFrame({ flags: ANSWER, questions: [{ name: 'a\x01b' }], answers: [record(16, counted('\x7f\x01\xff'))] }),
  dnsFrame({
    flags: ANSWER,
    questions: [QUESTION],
    answers: [record(38, bytes(129)), record(38, bytes(128), 'p.x'), record(38, bytes(0), V6)],
  }),
  dnsFrame({ flags: ANSWER, questions: [QUESTION], answers: [record(256, bytes(0, 1)), record(1, bytes(1, 2, 3, 4))] }),
  dnsFrame({ flags: ANSWER, questions: [QUESTION], additionals: [opt([BAD_OPTIONS], 0x55000001)] }),
  dnsFrame({ flags: ANSWER | 15, questions: [QUESTION], additionals: [opt([], 0xff000000)] }),
  dnsFrame({ flags: ANSWER, questions: [QUESTION], additionals: [opt([bytes(0, 13, 0, 5, 1, 0x61, 0xc0, 1, 0)])] }),
  dnsFrame({ flags: ANSWER, questions: [QUESTION], additionals: [opt([bytes(0, 3, 0, 9, 1)])] }),
  // Over TCP: a length that is not the segment's, none at all, two messages.
  tcpFrame(53, 4000, bytes(0)),
  tcpFrame(53, 4000, bytes(0, 0)),
  tcpFrame(53, 4000, bytes(0, 9, 1, 2, 3)),
  tcpFrame(53, 4000, bytes(0, 3, 1, 2, 3)),
];
