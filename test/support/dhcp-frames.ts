// DHCP and DHCPv6 frames: every option that tcpdump or Wireshark knows, right and wrong.
import { parseIpv6 } from '../../src/bytes/index.ts';
import {
  BOOTP_OPERATION,
  DHCPV6_TYPE,
  type DhcpMessage,
  dhcpMessage,
  dhcpv6Message,
  dhcpv6Relay,
  ethernet,
  frame,
  ipv4,
  dhcpv6Option as option,
  udp,
} from '../../src/wire/index.ts';
import { udpFrame } from './frames.ts';

const MAC = '02:00:00:00:00:01';

function dhcpFrame(message: DhcpMessage): Uint8Array {
  return frame(
    ethernet({ source: MAC, destination: 'ff:ff:ff:ff:ff:ff' }),
    ipv4({ source: '0.0.0.0', destination: '255.255.255.255' }),
    udp({ sourcePort: 68, destinationPort: 67 }),
    dhcpMessage(message),
  );
}

const ADDRESSES = [192, 0, 2, 1, 192, 0, 2, 2];
const NAMES = 'example.org';

/** Options with well-formed values. */
export const DHCP_FRAMES: readonly Uint8Array[] = [
  dhcpFrame({
    transaction: 0x12345678,
    seconds: 3,
    hops: 1,
    hardwareAddress: MAC,
    options: [
      [53, [1]],
      [61, [1, 2, 0, 0, 0, 0, 1]],
      [50, [192, 0, 2, 9]],
      [57, [5, 220]],
      [12, 'host'],
      [60, 'udhcp 1.36'],
      [55, [1, 3, 6, 12, 15, 28, 42, 121, 200]],
      [0, []],
    ],
  }),
  dhcpFrame({
    operation: BOOTP_OPERATION.REPLY,
    transaction: 0x12345678,
    flags: 0x8000,
    clientAddress: '192.0.2.3',
    yourAddress: '192.0.2.4',
    serverAddress: '192.0.2.5',
    relayAddress: '192.0.2.6',
    hardwareAddress: MAC,
    serverName: 'server',
    file: 'pxelinux.0',
    options: [
      [53, [2]],
      [54, [192, 0, 2, 1]],
      [51, [0, 1, 0x51, 0x80]],
      [58, [0, 0, 0xa8, 0xc0]],
      [59, [0, 1, 0x27, 0x50]],
      [1, [255, 255, 255, 0]],
      [2, [0xff, 0xff, 0xff, 0]],
      ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 21, 33].map((code) => [code, ADDRESSES] as const),
      ...[14, 15, 17, 18, 40, 47, 56, 66, 67].map((code) => [code, NAMES] as const),
      ...[13, 22, 26].map((code) => [code, [2, 0]] as const),
      ...[19, 20, 27, 29, 30, 31, 34, 36, 39].map((code) => [code, [code & 1]] as const),
      ...[23, 37].map((code) => [code, [64]] as const),
      ...[24, 35, 38].map((code) => [code, [0, 0, 1, 0]] as const),
      [25, [0, 68, 5, 220]],
      [28, [192, 0, 2, 255]],
      [32, [224, 0, 0, 2]],
    ],
  }),
  dhcpFrame({
    hardwareAddress: MAC,
    options: [
      [53, [5]],
      ...[41, 42, 44, 45, 48, 49, 65, 68, 69, 70, 71, 72, 73, 74, 75, 76, 150].map((c) => [c, ADDRESSES] as const),
      ...[88, 95, 98, 100, 101, 113, 114, 161].map((code) => [code, NAMES] as const),
      [16, [192, 0, 2, 1]],
      [43, [1, 2, 3]],
      [46, [8]],
      [64, 'nis.x'],
      [77, [4, 0x69, 0x50, 0x58, 0x45, 2, 0x61, 0x62]],
      [81, [1, 0, 255, ...Buffer.from('host.example.org')]],
      [82, [1, 4, 0, 1, 2, 3, 2, 2, 0x61, 0x62, 6, 3, 0x73, 0x75, 0x62, 5, 4, 192, 0, 2, 1]],
      [91, [0, 0, 0, 5]],
      [92, [192, 0, 2, 7]],
      [93, [0, 7]],
      [94, [1, 3, 16]],
      [97, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]],
      [112, [192, 0, 2, 8]],
      [116, [1]],
      [117, [0, 6]],
      [118, [192, 0, 2, 0]],
      [119, [3, 0x6f, 0x72, 0x67, 0]],
      [121, [24, 192, 0, 2, 192, 0, 2, 1, 0, 192, 0, 2, 254]],
      [249, [8, 10, 192, 0, 2, 1, 32, 10, 0, 0, 1, 192, 0, 2, 1]],
    ],
  }),
];

/** The name fields hold options too. */
const OVERLOADED = dhcpFrame({
  hardwareAddress: MAC,
  serverName: '\x0c\x01s',
  file: '\x0f\x01f',
  options: [[52, [3]]],
});

/** Wrong, rare and cut. */
export const ODD_DHCP_FRAMES: readonly Uint8Array[] = [
  OVERLOADED,
  dhcpFrame({ operation: 3, hardwareType: 6, hardwareLength: 8, options: [[53, [99]]] }),
  dhcpFrame({ hardwareAddress: MAC, serverName: 'x'.repeat(64), options: [] }),
  dhcpFrame({ hardwareAddress: MAC, file: 'y'.repeat(128), options: [] }),
  dhcpFrame({ hardwareAddress: MAC }),
  dhcpFrame({ hardwareAddress: MAC, vendor: Uint8Array.of(1, 2, 3, 4, 5) }),
  dhcpFrame({ hardwareAddress: MAC, vendor: Uint8Array.of(0, 0, 0, 0, 5) }),
  dhcpFrame({ vendor: Uint8Array.of(0x43, 0x4d, 0x55, 0, 1, 0, 0, 0, ...Array<number>(32).fill(9)) }),
  dhcpFrame({ vendor: Uint8Array.of(0x43, 0x4d, 0x55, 0, 6, 0, 0, 0, 255, 0, 0, 0, 1, 1, 1, 1, 0) }),
  dhcpFrame({
    hardwareAddress: MAC,
    options: [
      [53, [1, 2]],
      [46, []],
      [46, [3, 1]],
      [52, []],
      [52, [9]],
      [81, [1, 2]],
      [81, [0x1f, 0, 0, 0x61, 0x80, 0x01]],
      [61, []],
      [61, [0, 0x61, 0x62]],
      [61, [255, 1, 2, 3]],
      [82, [1, 200, 1]],
      [82, [1, 1, 0x61, 5]],
      [121, [1, 2]],
      [121, [33, 1, 2, 3, 4, 5]],
      [121, [24, 1, 2, 3, 4, 5]],
      [77, [1]],
      [77, [0, 1]],
      [77, [5, 1, 1]],
      [1, [255, 255, 255]],
      [3, [1, 2, 3, 4, 5]],
      [21, [1, 2, 3, 4, 5, 6]],
      [19, [7, 1]],
      [200, [1, 2, 3]],
      [201, [1, 2]],
      [202, [1, 2, 3, 4]],
      [55, [1]],
    ],
  }),
  dhcpFrame({
    hardwareAddress: MAC,
    options: [
      [0, []],
      [1, [255]],
    ],
  }),
  dhcpFrame({ hardwareAddress: MAC, vendor: Uint8Array.of(99, 130, 83, 99, 53, 1, 1, 0, 0, 0, 255, 0, 0) }),
  dhcpFrame({ hardwareAddress: MAC, vendor: Uint8Array.of(99, 130, 83, 99, 12, 200, 0x61) }),
  dhcpFrame({ hardwareAddress: MAC, vendor: Uint8Array.of(99, 130, 83, 99, 12) }),
];

const ONE = parseIpv6('2001:db8::1')!;
const TWO = parseIpv6('2001:db8::2')!;
const U32 = [0, 0, 1, 0];
const DNS_NAME = [7, ...Buffer.from('example'), 3, ...Buffer.from('org'), 0];
const CLIENT = option(1, [0, 1, 0, 1, 0x2b, 1, 2, 3, 2, 0, 0, 0, 0, 1]);
const SERVER = option(2, [0, 3, 0, 1, 2, 0, 0, 0, 0, 2]);
const ADDRESS = option(5, ONE, U32, U32);
const PREFIX = option(26, U32, U32, [56], ONE);
const STATUS = option(13, [0, 0], 'all well');
const { SOLICIT, REPLY, RENEW, INFORMATION_REQUEST, RELAY_FORWARD, RELAY_REPLY } = DHCPV6_TYPE;

function dhcpv6Frame(message: Uint8Array): Uint8Array {
  return udpFrame(546, 547, message);
}

export const DHCPV6_FRAMES: readonly Uint8Array[] = [
  dhcpv6Frame(
    dhcpv6Message(
      SOLICIT,
      0x123456,
      CLIENT,
      option(3, [0, 0, 0, 1], U32, U32),
      option(6, [0, 23, 0, 24, 0, 200]),
      option(8, [0, 100]),
      option(14),
      option(20),
      option(15, [0, 2, 0x61, 0x62]),
      option(16, [0, 0, 0, 9, 0, 3], 'abc'),
      option(39, [1], Uint8Array.from(DNS_NAME)),
    ),
  ),
  dhcpv6Frame(
    dhcpv6Message(
      REPLY,
      0x123456,
      CLIENT,
      SERVER,
      option(3, [0, 0, 0, 1], U32, U32, ADDRESS, STATUS),
      option(4, [0, 0, 0, 2], ADDRESS),
      option(25, [0, 0, 0, 3], U32, U32, PREFIX),
      option(7, [255]),
      option(12, ONE),
      STATUS,
      ...[22, 23, 27, 28, 31, 34, 40].map((code) => option(code, ONE, TWO)),
      option(21, DNS_NAME),
      option(24, DNS_NAME, DNS_NAME),
      option(32, U32),
    ),
  ),
  dhcpv6Frame(
    dhcpv6Relay(
      RELAY_FORWARD,
      '2001:db8::3',
      'fe80::4',
      option(18, 'eth0'),
      option(37, [0, 0, 0, 9], 'remote-identifier'),
      option(38, 'subscriber'),
      option(9, dhcpv6Message(RENEW, 7, CLIENT, SERVER, option(19, [5]))),
      option(43, [0, 18]),
    ),
  ),
  dhcpv6Frame(
    dhcpv6Relay(
      RELAY_REPLY,
      '::',
      'fe80::4',
      option(9, dhcpv6Relay(RELAY_REPLY, '::', '::', option(9, dhcpv6Message(REPLY, 1)))),
    ),
  ),
  dhcpv6Frame(
    dhcpv6Message(
      INFORMATION_REQUEST,
      0x1,
      option(1, [0, 2, 0, 0, 0, 9, 1, 2, 3, 4]),
      option(11, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x72, 0, 0, 0, 7, ...Array<number>(16).fill(3)]),
      option(11, [3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, ...Array<number>(16).fill(3)]),
      option(11, [3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, ...Array<number>(16).fill(3)]),
      option(17, [0, 0, 0, 9, 0, 1, 0, 2, 1, 2]),
      option(19, [11]),
      option(33, DNS_NAME),
      option(29, DNS_NAME),
      option(30, DNS_NAME),
      option(41, 'EST5EDT4,M3.2.0/02:00'),
      option(42, 'Europe/Zurich'),
      option(44, [1], ONE, option(5, ONE, U32, U32)),
      option(44, [2], ONE),
      option(45, CLIENT, option(46, U32)),
      option(47, ONE, 'relayed'),
      option(48, ONE),
      option(56, option(1, ONE), option(2, parseIpv6('ff05::101')!), option(3, DNS_NAME)),
      option(64, DNS_NAME),
      option(112, 'https://example.org/mud'),
    ),
  ),
];

export const ODD_DHCPV6_FRAMES: readonly Uint8Array[] = [
  dhcpv6Frame(dhcpv6Message(99, 1)),
  dhcpv6Frame(
    dhcpv6Message(
      SOLICIT,
      1,
      option(1, [0]),
      option(1, [0, 1, 2]),
      option(1, [0, 2, 2]),
      option(1, [0, 3, 2]),
      option(1, [0, 4, ...Array<number>(16).fill(5)]),
      option(1, [0, 9]),
      option(5, [1]),
      option(6, [1]),
      option(7, []),
      option(8, [1]),
      option(11, [1]),
      option(11, [9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8]),
      option(11, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
      option(11, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
      option(11, [3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
      option(11, [3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, ...Array<number>(16).fill(3)]),
      option(18),
      option(19, []),
      option(19, [9]),
      option(23, [1]),
      option(13, [0]),
      option(13, [0, 99]),
      option(13, [9, 9]),
      option(3, [1]),
      option(4, [1]),
      option(25, [1]),
      option(26, [1]),
      option(32, [1]),
      option(37, [1]),
      option(44, [1]),
      option(44, [9], ONE),
      option(47, [1]),
      option(56, [1]),
      option(56, option(1, [1]), option(9, [1])),
      option(64, [1]),
      option(64, [5, 0x61, 0x62]),
      option(64, [1, 0x61, 1, 0x62, 0]),
      option(41, 'GMT0'),
      option(300, [1]),
    ),
  ),
  dhcpv6Frame(dhcpv6Message(SOLICIT, 1, option(24, [3, 0x61]))),
  dhcpv6Frame(dhcpv6Message(SOLICIT, 1, option(24, [0xc0, 0]), option(14))),
  dhcpv6Frame(dhcpv6Message(SOLICIT, 1, option(56, [0, 1, 0, 99, 1]))),
  dhcpv6Frame(dhcpv6Message(SOLICIT, 1, Uint8Array.of(0, 1, 0, 200, 1))),
  dhcpv6Frame(dhcpv6Message(SOLICIT, 1, Uint8Array.of(0, 1))),
  dhcpv6Frame(dhcpv6Relay(RELAY_FORWARD, '::', '::', option(9, [1, 2]), option(14))),
];
