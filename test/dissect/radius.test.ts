// RADIUS and EAP: text against tcpdump, fields against tshark.
import { ethernet, frame, radius, radiusAttribute } from '../../src/wire/index.ts';
import { udpFrame } from '../support/frames.ts';
import { BEFORE_UDP_PAYLOAD, testProtocol } from '../support/protocol-tests.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);
const word = (value: number) => bytes(value >>> 24, value >>> 16, value >>> 8, value);

const packet = (code: number, ...attributes: Uint8Array[]) =>
  udpFrame(40000, 1812, radius({ code, identifier: 9, authenticator: new Uint8Array(16).fill(7) }, ...attributes));

const eap = (code: number, ...rest: number[]) => bytes(code, 5, 0, 4 + rest.length, ...rest);
const text = (value: string) => [...value].map((c) => c.charCodeAt(0));
const mac = { source: '02:00:00:00:00:01', destination: '01:80:c2:00:00:03', type: 0x888e };
const eapol = (type: number, data: Uint8Array, length = data.length) =>
  frame(ethernet(mac), bytes(2, type, length >>> 8, length), data);

const REQUEST = packet(
  1,
  radiusAttribute(1, 'bob'),
  radiusAttribute(2, new Uint8Array(16).fill(0xa3)),
  radiusAttribute(4, bytes(192, 0, 2, 9)),
  radiusAttribute(5, word(50012)),
  radiusAttribute(6, word(2)),
  radiusAttribute(12, word(1500)),
  radiusAttribute(24, 'state'),
  radiusAttribute(30, '00-19-06-EA-B8-8C'),
  radiusAttribute(61, word(15)),
  radiusAttribute(79, eap(2, 1, ...text('bob'))),
  radiusAttribute(80, new Uint8Array(16).fill(0xff)),
  radiusAttribute(95, new Uint8Array(16).fill(0x20)),
);

const ACCEPT = packet(
  2,
  radiusAttribute(8, word(0xfffffffe)),
  radiusAttribute(9, word(0xffffff00)),
  radiusAttribute(18, 'Hello, %u'),
  radiusAttribute(26, bytes(0, 0, 0, 9, 1, 19, ...text('shell:priv-lvl=15'))),
  radiusAttribute(27, word(59)),
  radiusAttribute(28, word(3599)),
  radiusAttribute(56, word(0x31000005)),
  radiusAttribute(58, '2vlan'),
  radiusAttribute(64, word(0x0100000d)),
  radiusAttribute(65, word(6)),
  radiusAttribute(66, bytes(1, ...text('abc'))),
  radiusAttribute(69, bytes(1, 0x80, ...new Uint8Array(17).fill(1))),
  radiusAttribute(81, '12'),
  radiusAttribute(83, word(0x01000005)),
  radiusAttribute(97, bytes(0, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0)),
);

const ACCOUNTING = packet(
  4,
  radiusAttribute(40, word(1)),
  radiusAttribute(41, word(0)),
  radiusAttribute(42, word(0xffffffff)),
  radiusAttribute(44, 'session'),
  radiusAttribute(46, word(7322)),
  radiusAttribute(49, word(1)),
  radiusAttribute(101, word(401)),
);

/** Every attribute that tcpdump knows with lengths that suit some and not others. */
const EVERY = [4, 8, 14, 16, 17, 18, 25, 1].map((length) =>
  [0, 43, 87].map((first) =>
    packet(
      first === 0 ? 5 : first === 43 ? 43 : 200,
      ...Array.from({ length: length > 16 ? 8 : 44 }, (_, i) =>
        radiusAttribute(length > 16 ? 120 + i + (first % 3) : first + i, new Uint8Array(length).fill(0x31 + (i % 3))),
      ),
    ),
  ),
);

const EAPS = [
  eap(1, 1),
  eap(2, 1, ...text('user\0x')),
  eap(1, 2, ...text('note\x01')),
  eap(1, 2),
  eap(2, 3, 4, 25, 13),
  eap(2, 3),
  eap(1, 13, 0x20),
  eap(1, 13, 0xc0, 0, 0, 4, 210),
  eap(1, 13, 0x80, 0),
  eap(2, 21, 0x83, 0, 0, 0, 9),
  eap(1, 21),
  eap(2, 43, 0x81),
  eap(1, 18, 10),
  eap(2, 23, 99),
  eap(1, 254, 1),
  eap(1, 77),
  eap(1),
  eap(3),
  eap(9),
];

testProtocol({
  name: 'radius',
  frames: [REQUEST, ACCEPT, ACCOUNTING],
  odd: [
    ...EVERY.flat(),
    ...EAPS.map((data) => packet(11, radiusAttribute(79, data))),
    packet(2, radiusAttribute(55, word(1_000_000_000)), radiusAttribute(124, bytes(0, 3, 0xff, 0, 0, 0, 0, 3))),
    packet(
      2,
      radiusAttribute(26, bytes(0, 0, 1, 55, 7, 1)),
      radiusAttribute(26, bytes(0, 0, 1)),
      radiusAttribute(200, ''),
    ),
    packet(
      2,
      radiusAttribute(8, word(0xffffffff)),
      radiusAttribute(23, word(0xfffffffe)),
      radiusAttribute(37, word(0)),
    ),
    packet(2, bytes(1, 1), bytes(1, 0)),
    packet(2, bytes(1, 200)),
    packet(2, bytes(1)),
    udpFrame(3799, 40000, radius({ code: 40, length: 19 })),
    udpFrame(1645, 1646, radius({ code: 255, length: 400 })),
  ],
  headers: BEFORE_UDP_PAYLOAD,
});

testProtocol({
  name: 'eapol',
  frames: [eapol(1, bytes()), eapol(0, eap(2, 1, ...text('bob'))), eapol(0, eap(1, 13, 0x20)), eapol(0, eap(3))],
  odd: [
    ...EAPS.map((data) => eapol(0, data)),
    eapol(0, bytes()),
    eapol(2, bytes()),
    eapol(3, bytes(1, 2)),
    eapol(9, bytes()),
  ],
  headers: 14,
});
