// HSRP, BFD and the slow protocols (LACP, Marker, OAM): text against tcpdump, fields against tshark.
import { describe, it } from 'vitest';
import { BFD_PORT, ethernet, frame, ipv4, udp } from '../../src/wire/index.ts';
import { udpFrame } from '../support/frames.ts';
import { has } from '../support/needs.ts';
import { BEFORE_UDP_PAYLOAD, testProtocol } from '../support/protocol-tests.ts';
import { expectSameText } from '../support/tcpdump.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);
const zeros = (count: number) => Array<number>(count).fill(0);
const text = (value: string) => [...value].map((c) => c.charCodeAt(0));

/** To all routers: tshark believes no other. */
const hsrp = (operation: number, state: number, group = 1, reserved = 0, password = 'cisco') =>
  frame(
    ethernet({ source: '00:00:0c:07:ac:01', destination: '01:00:5e:00:00:02' }),
    ipv4({ source: '192.0.2.7', destination: '224.0.0.2' }),
    udp({ sourcePort: 1985, destinationPort: 1985 }),
    bytes(0, operation, state, 3, 10, 100, group, reserved, ...text(password.padEnd(8, '\0')), 192, 0, 2, 1),
  );

testProtocol({
  name: 'hsrp',
  frames: [hsrp(0, 16), hsrp(1, 4), hsrp(2, 0)],
  odd: [hsrp(9, 9), hsrp(0, 8, 1, 7, 'a\x01\xffbcdef'), udpFrame(1985, 1985, bytes(1, 2)), udpFrame(1985, 5000, 'x')],
  headers: BEFORE_UDP_PAYLOAD,
});

const TIMERS = [0, 0xf, 0x42, 0x40, 0, 4, 0x93, 0xe0, 0, 4, 0x93, 0xe0];
const bfd = (port: number, first: number, flags: number, ...authentication: number[]) =>
  udpFrame(
    49153,
    port,
    bytes(first, flags, 3, 24 + authentication.length, 0xd, 0xe6, 8, 0x37, 1, 2, 3, 4, ...TIMERS, ...authentication),
  );

const digest = (type: number, length: number) => [type, length, 2, 0, 0, 0, 0, 5, ...zeros(length - 8).fill(0xab)];

testProtocol({
  name: 'bfd',
  frames: [
    bfd(BFD_PORT.CONTROL, 0x20, 0x60),
    bfd(BFD_PORT.MULTIHOP, 0x23, 0xc0),
    bfd(BFD_PORT.CONTROL, 0x20, 0xfb),
    bfd(BFD_PORT.CONTROL, 0x20, 0x44, ...digest(2, 24)),
    bfd(BFD_PORT.CONTROL, 0x20, 0x44, ...digest(5, 28)),
    bfd(BFD_PORT.CONTROL, 0x20, 0x44, 1, 9, 7, ...text('secret')),
  ],
  odd: [
    bfd(BFD_PORT.LAG, 0x3f, 0x80),
    bfd(BFD_PORT.CONTROL, 0x00, 0xff, ...digest(3, 24)),
    bfd(BFD_PORT.CONTROL, 0x08, 0x00),
    bfd(BFD_PORT.CONTROL, 0x60, 0x00),
    bfd(BFD_PORT.CONTROL, 0x20, 0x04, 2, 9, 1, 0),
    bfd(BFD_PORT.CONTROL, 0x20, 0x04, 1, 3, 1, 0),
    bfd(BFD_PORT.CONTROL, 0x20, 0x04, 9, 4, 1, 0),
    bfd(BFD_PORT.ECHO, 1, 2),
    udpFrame(BFD_PORT.CONTROL, 40000, bytes(0x20)),
  ],
  headers: BEFORE_UDP_PAYLOAD,
});

const INNER = udpFrame(5, 6, 'inner');
const shim = (word: number, data: Uint8Array) =>
  udpFrame(49152, 5060, bytes(word >>> 24, word >>> 16, word >>> 8, word, ...data));

testProtocol({
  name: 'bcm_li',
  frames: [],
  odd: [
    shim(0x28800000, bytes(1)),
    shim(0xffffffff, bytes(1)),
    udpFrame(49152, 5060, bytes(1, 2)),
    udpFrame(5060, 49152, 'BYE x'),
  ],
  headers: BEFORE_UDP_PAYLOAD,
});

describe.skipIf(!has('tool:tcpdump'))('packets behind a shim', () => {
  it.each(['', 'v', 'e'])('are printed as tcpdump -%s does it', (letters) => {
    const carried = [
      shim(0x4f000007, INNER),
      shim(0x6ac00000, INNER.subarray(14)),
      shim(0x28400000, INNER.subarray(14)),
    ];
    expectSameText(
      carried.map((bytes) => ({ bytes })),
      1,
      letters,
    );
  });
});

const MACS = { source: '02:00:00:00:00:01', destination: '01:80:c2:00:00:02', type: 0x8809 };
const slow = (...data: number[]) => frame(ethernet(MACS), bytes(...data));

const lacpPort = (type: number, state: number) => [
  type,
  20,
  0x80,
  0,
  2,
  0,
  0,
  0,
  0,
  7,
  0,
  13,
  0x80,
  0,
  0,
  22,
  state,
  0,
  0,
  0,
];
const COLLECTOR = [3, 16, 0x80, 0, ...zeros(12)];
const MARKER = [1, 16, 0, 5, 2, 0, 0, 0, 0, 9, 0, 0, 0, 77, 0, 0];
const INFORMATION = [1, 16, 1, 0, 2, 5, 0x1f, 5, 0xee, 0, 0, 12, 1, 2, 3, 4];
const EVENT = [2, 40, 0, 9, ...zeros(31).fill(1), 255, ...zeros(4)];

testProtocol({
  name: 'slow protocols',
  frames: [slow(1, 1, ...lacpPort(1, 0x85), ...lacpPort(2, 0x3e), ...COLLECTOR, 0, 0, ...zeros(50))],
  odd: [
    slow(2, 1, ...MARKER, 0, 0, ...zeros(90)),
    slow(2, 1, 2, ...MARKER.slice(1)),
    slow(1, 2, 0),
    slow(2, 9),
    slow(1, 1, 1, 19, ...lacpPort(1, 1).slice(2)),
    slow(1, 1, 3, 15, ...zeros(13)),
    slow(1, 1, 9, 5, 1, 2, 3, 8, 1),
    slow(1, 1, 9, 50, 1),
    slow(1, 1, 9),
    slow(1),
    slow(9, 1, 2, 3, 4),
    slow(10),
    slow(3, 0, 0x51, 0, ...INFORMATION, 2, ...INFORMATION.slice(1), 0, 0, ...zeros(9)),
    slow(3, 0, 0, 0, 1, 15, ...INFORMATION.slice(2), 0xfe, 5, 1, 2, 3, 9, 2, 1),
    slow(3, 0, 0, 0, 1, 16, 1),
    slow(3, 0, 0x08, 1, 0, 33, ...EVENT, 4, 8, ...zeros(6), 0xfe, 3, 1, 0, 0),
    slow(3, 0, 0, 1, 0),
    slow(3, 0, 0, 4, 1),
    slow(3, 0, 0, 4, 3),
    slow(3, 0, 0, 4),
    slow(3, 0, 0, 2, 1, 2, 3, 4),
    slow(3, 0xff, 0xff, 0xfe, 1, 2),
    slow(3, 0),
  ],
  headers: 14,
});
