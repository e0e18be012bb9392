// PPP with its control protocols, bare and over Ethernet: text as tcpdump's, fields as tshark's.
import { describe, it } from 'vitest';
import {
  CHAP_CODE,
  ethernet,
  frame,
  IPCP_OPTION,
  ipv4,
  type Layer,
  LINK_TYPE,
  mpls,
  PAP_CODE,
  PPP_CODE,
  PPP_PROTOCOL,
  PPPOE_CODE,
  PPPOE_TAG_TYPE,
  type PppControlFields,
  ppp,
  pppControl,
  pppoe,
  udp,
} from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { has } from '../support/needs.ts';
import { expectSurvival } from '../support/survival.ts';
import { expectSameText, fuzzAgainstTcpdump, LETTERS } from '../support/tcpdump.ts';
import { expectFieldsKnownToTshark } from '../support/tshark.ts';

const MACS = { destination: '02:00:00:00:00:0a', source: '02:00:00:00:00:0b' };
const PPPOE_AT = 14;
const PPP_AT = 20;
const VERBOSE = ['', 'v', 'vv', 'vvve', 'X', 'e'];

const bytes = (...values: number[]) => Uint8Array.from(values);
const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i + 1);
const text = (value: string) => Uint8Array.from(value, (character) => character.charCodeAt(0));
const counted = (value: string) => bytes(value.length, ...text(value));
const datagram: (Layer | string)[] = [
  ipv4({ source: '192.0.2.1', destination: '192.0.2.2' }),
  udp({ sourcePort: 40000, destinationPort: 40001 }),
  'hello',
];

type Part = Layer | Uint8Array | string;
const control = (protocol: number, fields: PppControlFields, ...data: Part[]): Part[] => [
  ppp({ protocol }),
  pppControl(fields),
  ...data,
];
const { LCP, IPCP, IPV6CP, CCP, BACP, PAP, CHAP } = PPP_PROTOCOL;
const request = (protocol: number, ...options: (readonly [number, ...number[]])[]): Part[] =>
  control(protocol, {
    code: PPP_CODE.CONFIGURE_REQUEST,
    options: options.map(([type, ...value]) => ({ type, value: bytes(...value) })),
  });

const PACKETS: Record<string, Part[]> = {
  lcp: request(LCP, [1, 5, 0xd4], [2, 0, 0, 0, 0], [3, 0xc2, 0x23, 5], [5, 1, 2, 3, 4], [7], [8]),
  lcpMore: request(LCP, [17, 5, 0], [19, 3, ...counting(6)], [19, 2, 10, 0, 0, 1], [23, 0, 9], [0, 0, 0, 12, 1, 2]),
  lcpAuthentication: request(LCP, [3, 0xc0, 0x23], [3, 0xc2, 0x23, 129], [3, 0xc2, 0x23, 77], [3, 0x12, 0x34]),
  lcpRare: request(LCP, [4, 0xc0, 0x25, 0, 0, 0, 9], [4, 1, 2], [13, 6], [13, 9], [9, 1], [24], [77, 1, 2], [30]),
  lcpEndpoints: request(LCP, [19, 0], [19, 1, 65], [19, 4, 1, 2], [19, 5, 1], [19, 9, 9], [19, 2, 1]),
  lcpWrong: request(LCP, [1, 5], [2, 0], [5, 1]),
  lcpWrongQuality: request(LCP, [4]),
  lcpNak: control(LCP, { code: PPP_CODE.CONFIGURE_NAK, options: [{ type: 1, value: bytes(5, 0xd0), length: 1 }] }),
  lcpBeyond: control(LCP, { code: PPP_CODE.CONFIGURE_REJECT, options: [{ type: 5, value: bytes(1), length: 200 }] }),
  lcpLength: control(LCP, { code: PPP_CODE.CONFIGURE_REQUEST, length: 300 }),
  lcpShort: control(LCP, { code: PPP_CODE.CONFIGURE_REQUEST, length: 2 }),
  echo: control(LCP, { code: PPP_CODE.ECHO_REQUEST }, bytes(1, 2, 3, 4, 5, 6)),
  echoReply: control(LCP, { code: PPP_CODE.ECHO_REPLY }, bytes(1, 2, 3, 4)),
  protocolReject: control(LCP, { code: PPP_CODE.PROTOCOL_REJECT }, bytes(0x80, 0x57, 1, 2)),
  protocolRejectBare: control(LCP, { code: PPP_CODE.PROTOCOL_REJECT }, bytes(0x12, 0x34)),
  terminate: control(LCP, { code: PPP_CODE.TERMINATE_REQUEST }, 'bye'),
  codeReject: control(LCP, { code: PPP_CODE.CODE_REJECT }, bytes(77, 1, 0, 4)),
  identification: control(LCP, { code: PPP_CODE.IDENTIFICATION }, bytes(1, 2, 3, 4), 'who I am'),
  timeRemaining: control(LCP, { code: PPP_CODE.TIME_REMAINING }, bytes(1, 2, 3, 4, 0, 0, 0, 60), 'so long'),
  vendor: control(LCP, { code: PPP_CODE.VENDOR_EXTENSION }, bytes(1, 2, 3, 4, 0, 0, 12, 1, 2, 3)),
  unknownCode: control(LCP, { code: 99 }, 'data'),
  ipcp: request(
    IPCP,
    [IPCP_OPTION.ADDRESSES, ...counting(8)],
    [IPCP_OPTION.COMPRESSION, 0, 0x2d, 15, 1],
    [IPCP_OPTION.ADDRESS, 192, 0, 2, 1],
    [IPCP_OPTION.MOBILE, 192, 0, 2, 2],
    ...[129, 130, 131, 132].map((option) => [option, 192, 0, 2, option] as const),
  ),
  ipcpCompression: request(
    IPCP,
    [2, 0, 0x61, ...counting(10)],
    [2, 0, 0x61, ...counting(10), 1, 2, 2, 3, 9],
    [77, 1],
    [2, 0, 0x61, ...counting(10), 1, 99],
    [2, 0, 0x61, 1],
  ),
  ipv6cp: request(IPV6CP, [1, ...counting(8)], [2, 0, 1], [1, 1]),
  ccp: request(CCP, [26, 0x78, 0], [21, 0x2f], [24, 0xe5, 3], [18, 0, 0, 0, 1], [99], [26, 1]),
  ccpReset: control(CCP, { code: PPP_CODE.RESET_REQUEST }, 'data'),
  bacp: request(BACP, [1, 1, 2, 3, 4], [2], [1, 1]),
  pap: control(PAP, { code: PAP_CODE.REQUEST }, counted('user'), counted('pass\x01')),
  papAck: control(PAP, { code: PAP_CODE.ACK }, counted('welcome')),
  papShort: control(PAP, { code: PAP_CODE.NAK }),
  papBeyond: control(PAP, { code: PAP_CODE.REQUEST, length: 8 }, bytes(9, 1, 2, 3)),
  chap: control(CHAP, { code: CHAP_CODE.CHALLENGE }, bytes(4, 1, 2, 3, 4), 'name'),
  chapSuccess: control(CHAP, { code: CHAP_CODE.SUCCESS }, 'ok'),
  chapLength: control(CHAP, { code: CHAP_CODE.FAILURE, length: 2 }, 'no'),
  ip: [ppp(), ...datagram],
  ipShort: [ppp({ short: true }), ...datagram],
  mpls: [ppp(), mpls({ label: 100 }), ...datagram],
  multilink: [ppp({ protocol: 0x003d }), bytes(0xc1, 0x23, 0x21)],
  compressed: [ppp({ protocol: 0x00fd }), 'x'],
  allocation: [ppp({ protocol: 0xc02d }), 'x'],
  unknownProtocol: [ppp({ protocol: 0x4021 }), 'payload'],
  namedProtocol: [ppp({ protocol: 0xc025 }), 'payload'],
  escaped: [ppp({ protocol: 0x7e21 }), bytes(0xff, 0x03, 0xc0, 0x21, 0x7d, 0x29, 1, 0, 8, 1, 2, 0x7d, 0x5d, 4)],
  escapedShort: [ppp({ protocol: 0x7e21 }), bytes(0x7d)],
  escapedInvalid: [ppp({ protocol: 0x7eff }), bytes(0x03, 0x7d, 0x5e, 0x21, 1, 2)],
};
const overEthernet = Object.values(PACKETS).map((packet) => frame(ethernet(MACS), pppoe({ session: 17 }), ...packet));

const DISCOVERY = {
  initiation: frame(
    ethernet(MACS),
    pppoe({
      code: PPPOE_CODE.PADI,
      tags: [
        { type: PPPOE_TAG_TYPE.SERVICE_NAME },
        { type: PPPOE_TAG_TYPE.HOST_UNIQ, value: bytes(0x12, 0x34, 0x56, 0x78) },
        { type: PPPOE_TAG_TYPE.AC_NAME, value: 'concentrator' },
        { type: PPPOE_TAG_TYPE.VENDOR_SPECIFIC, value: bytes(0, 0, 0, 9) },
        { type: PPPOE_TAG_TYPE.PPP_MAX_PAYLOAD, value: bytes(5, 0xdc) },
        { type: PPPOE_TAG_TYPE.GENERIC_ERROR, value: 'x'.repeat(100) },
        { type: 0x0999, value: 'abc\x01\x02' },
        { type: PPPOE_TAG_TYPE.END_OF_LIST },
      ],
    }),
    'behind the end',
  ),
  offer: frame(
    ethernet(MACS),
    pppoe({ code: PPPOE_CODE.PADO, tags: [{ type: PPPOE_TAG_TYPE.AC_COOKIE, value: counting(90) }] }),
  ),
  session: frame(ethernet(MACS), pppoe({ code: PPPOE_CODE.PADS, session: 0xabcd })),
  terminate: frame(ethernet({ ...MACS, padTo: 60 }), pppoe({ code: PPPOE_CODE.PADT, session: 1 })),
  unknown: frame(ethernet(MACS), pppoe({ code: 0x42, version: 2, type: 3 })),
  tooLong: frame(ethernet(MACS), pppoe({ code: PPPOE_CODE.PADI, length: 1480 })),
  old: frame(ethernet({ ...MACS, type: 0x3c12 }), pppoe({ code: PPPOE_CODE.PADT })),
};
const discovery: Uint8Array[] = Object.values(DISCOVERY);

describe.skipIf(!has('tool:tcpdump'))('PPPoE text', () => {
  it("is tcpdump's", () => {
    const samples = [...discovery, ...overEthernet].map((sample) => ({ bytes: sample }));
    for (const letters of [...LETTERS, 'vv']) expectSameText(samples, LINK_TYPE.ETHERNET, letters);
    const direct = samples.map((sample) => ({ bytes: sample.bytes.slice(PPPOE_AT) }));
    for (const letters of ['', 'v', 'X']) expectSameText(direct, LINK_TYPE.PPP_ETHER, letters);
  });

  it("is tcpdump's for changed discovery", () => {
    fuzzAgainstTcpdump('pppoe', discovery, { from: PPPOE_AT, count: 400, letters: ['', 'ev', 'X'] });
  });
});

/** Without what carries IP: changes there reach protocols that are not printed here. */
const controls = Object.entries(PACKETS).filter(([name]) => !/^(ip|ipShort|mpls|escaped.*)$/.test(name));

describe.skipIf(!has('tool:tcpdump'))('PPP text', () => {
  it("is tcpdump's at every cut", () => {
    const cut = (whole: Uint8Array) =>
      Array.from({ length: whole.length - PPP_AT }, (_, i) => ({
        bytes: whole.slice(0, PPP_AT + 1 + i),
        originalLength: whole.length,
      }));
    for (const letters of ['', 'v', 'vv', 'X']) expectSameText(overEthernet.flatMap(cut), LINK_TYPE.ETHERNET, letters);
  });

  it("is tcpdump's for changed packets", () => {
    const frames = controls.map(([, packet]) => frame(ethernet(MACS), pppoe({ session: 17 }), ...packet));
    fuzzAgainstTcpdump('ppp control', frames, { from: PPP_AT + 2, count: 600, letters: VERBOSE, excuse: isForeign });
  });

  it("is tcpdump's on serial lines", () => {
    for (const framing of [undefined, 0xff, 0x00, 0x01]) {
      const [first, ...rest] = [
        ppp({ protocol: LCP, framing: framing ?? false }),
        pppControl({ code: 9 }),
        counting(6),
      ];
      const ip = frame(ppp({ framing: framing ?? false }), ...datagram);
      const short = frame(ppp({ framing: framing ?? false, short: true }), ...datagram);
      const samples = [frame(first!, ...rest), ip, short].flatMap((sample) => [
        { bytes: sample },
        ...[1, 2, 3, 4, 5].map((cut) => ({ bytes: sample.slice(0, cut), originalLength: sample.length })),
      ]);
      for (const linkType of [LINK_TYPE.PPP, LINK_TYPE.PPP_PPPD, LINK_TYPE.PPP_SERIAL]) {
        for (const letters of ['', 'v', 'e', 'X', 'x']) expectSameText(samples, linkType, letters);
      }
    }
  });

  it("is tcpdump's in Cisco's framing", () => {
    const cisco = (address: number, type: number) => frame(bytes(address, 0, type >> 8, type & 0xff), ...datagram);
    const samples = [cisco(0x0f, 0x0800), cisco(0x8f, 0x0800), cisco(0x55, 0x0800), cisco(0x0f, 0x88b5)].flatMap(
      (sample) => [
        { bytes: sample },
        { bytes: sample.slice(0, 3), originalLength: 3 },
        { bytes: sample.slice(0, 3), originalLength: 30 },
      ],
    );
    for (const linkType of [LINK_TYPE.C_HDLC, LINK_TYPE.PPP_SERIAL]) {
      for (const letters of ['', 'e', 'X']) expectSameText(samples, linkType, letters);
    }
  });
});

describe.skipIf(!has('tool:tshark'))('PPP fields', () => {
  it("are tshark's", () => {
    // What tshark takes for malformed, or shows by an extra dissector (VJ compression, multilink, BAP).
    const odd =
      /Wrong|Nak|Beyond|Length|Short|Rare|Endpoints|Authentication|Compression|multilink|compressed|escaped|allocation|bacp|namedProtocol|ipv6cp|^ccp$/;
    const frames = Object.entries(PACKETS).filter(([name]) => !odd.test(name));
    expectFieldsKnownToTshark(
      [
        ...frames.map(([, packet]) => frame(ethernet({ ...MACS, padTo: 60 }), pppoe({ session: 17 }), ...packet)),
        ...discovery.slice(0, 5),
      ].map((sample) => ({ bytes: sample })),
    );
    expectFieldsKnownToTshark(
      [true, false].flatMap((framing) => [{ bytes: frame(ppp({ framing }), ...datagram) }]),
      { linkType: LINK_TYPE.PPP },
    );
  });
});

describe('PPP', () => {
  it('survives cuts and changes', () => expectSurvival('ppp', [...discovery, ...overEthernet], PPPOE_AT, 1500));
});
