// Sets of packets for each link type that libpcap filters: link headers in their variants around the network packets,
// garbage, and packets cut short. Layouts as libpcap 1.10 reads them (gencode.c, init_linktype and gen_linktype).

import { concatenate, ethernet, frame, type Layer, macBytes, mpls, ppp, pppoe, vlan } from '../../src/wire/index.ts';
import type { Sample } from '../support/pcap.ts';
import { mutate, type Random } from '../support/random.ts';
import { LLC, type NetworkPacket, networkPackets, raw } from './network-packets.ts';
import { MACS, PF_NAMES } from './vocabulary.ts';

const NETWORK = networkPackets();

const pair = (i: number) => ({ source: MACS[i % 2]!, destination: MACS[1 + (i % (MACS.length - 1))]! });
const u16 = (value: number): Uint8Array => raw(value >> 8, value & 0xff);
const zeros = (length: number): Uint8Array => new Uint8Array(length);
const text = (value: string, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i < value.length ? value.charCodeAt(i) : 0));

/** The packet behind an LLC header: SNAP for what has an EtherType. */
function withLlc({ type, bytes }: NetworkPacket): Uint8Array {
  return type === LLC ? bytes : concatenate(raw(0xaa, 0xaa, 3, 0, 0, 0), u16(type), bytes);
}

const layerOf = ({ type, bytes }: NetworkPacket): Layer => ({ etherType: type, build: () => bytes });

function etherFrame(packet: NetworkPacket, i: number): Uint8Array {
  const { type, bytes } = packet;
  return frame(ethernet({ ...pair(i), type: type === LLC ? bytes.length : type }), bytes);
}

const PPP_PROTOCOLS: Readonly<Record<number, number>> = {
  2048: 0x0021,
  34525: 0x0057,
  24579: 0x0027,
  32923: 0x0029,
  33079: 0x002b,
};

/** The PPP protocol of a packet; 802.2's ISO is 0x23, the spanning tree's 0x31. */
function pppProtocol({ type, bytes }: NetworkPacket): number {
  if (type === LLC) return bytes[0] === 0xfe ? 0x0023 : bytes[0] === 0x42 ? 0x0031 : 0xc021;
  return PPP_PROTOCOLS[type] ?? type;
}

/** The packet without an LLC header in front of ISO protocols. */
function pppBody({ type, bytes }: NetworkPacket): Uint8Array {
  return type === LLC ? bytes.subarray(3) : bytes;
}

/** Ethernet with tags, labels and PPPoE around some of the packets, and tunnels with Ethernet inside. */
function etherFrames(): Uint8Array[] {
  const inner = [3, 20, 45, 62].map((i) => etherFrame(NETWORK[i]!, i));
  const packets = networkPackets(inner);
  const plain = packets.map(etherFrame);
  const some = (step: number) => packets.filter(({ type }, i) => type !== LLC && i % step === 0);
  const inTags = (step: number, ...tags: [number, number][]) =>
    some(step).map((packet, i) =>
      frame(ethernet(pair(i)), ...tags.map(([tpid, id], n) => vlan({ tpid, id, priority: n * 3 })), layerOf(packet)),
    );
  return [
    ...plain,
    ...inTags(3, [0x8100, 5]),
    ...inTags(5, [0x88a8, 100]),
    ...inTags(9, [0x9100, 4095]),
    ...inTags(6, [0x88a8, 100], [0x8100, 5]),
    ...inTags(11, [0x8100, 5], [0x8100, 100], [0x8100, 0]),
    ...some(5).map(({ bytes }, i) => frame(ethernet(pair(i)), mpls({ label: 1024, bottom: true }), bytes)),
    ...some(7).map(({ bytes }, i) =>
      frame(ethernet(pair(i)), mpls({ label: 16, bottom: false }), mpls({ label: 1024, bottom: true }), bytes),
    ),
    ...some(8).map(({ bytes }, i) =>
      frame(ethernet(pair(i)), vlan({ id: 5 }), mpls({ label: 0xfffff, bottom: true }), bytes),
    ),
    ...some(5).map((packet, i) =>
      frame(
        ethernet(pair(i)),
        pppoe({ session: i % 2 ? 7 : 0xffff }),
        concatenate(u16(pppProtocol(packet)), packet.bytes),
      ),
    ),
    ...some(12).map((packet, i) =>
      frame(
        ethernet(pair(i)),
        vlan({ id: 100 }),
        pppoe({ session: 7 }),
        concatenate(u16(pppProtocol(packet)), packet.bytes),
      ),
    ),
    frame(ethernet(pair(1)), pppoe({ code: 9 })),
    frame(ethernet(pair(1)), pppoe({ session: 7 }), ppp({ protocol: 0x0281 }), NETWORK[0]!.bytes),
  ];
}

/** 802.11: management, control and data frames of all directions, with and without QoS, around the packets. */
function wlanFrames(): Uint8Array[] {
  const addresses = (i: number, count: number) =>
    concatenate(...Array.from({ length: count }, (_, n) => macBytes(MACS[(i + n * 3) % MACS.length]!)));
  const control = [0xa4, 0xb4, 0xc4, 0xd4, 0xe4, 0xf4, 0x84];
  const others = [
    ...Array.from({ length: 14 }, (_, i) => concatenate(raw(i << 4, 0, 0, 0), addresses(i, 3), zeros(20))),
    ...control.map((first, i) => concatenate(raw(first, 0, 0, 0), addresses(i, 2), zeros(4))),
  ];
  const kinds = [0x08, 0x88, 0x48, 0x28, 0xc8, 0x18];
  const dataFrames = NETWORK.map((packet, i) => {
    const first = i % 4 < 3 ? kinds[i % 2]! : kinds[i % kinds.length]!;
    const directions = i % 8 === 0 ? 3 : i % 3;
    const head = concatenate(raw(first, directions | (i % 17 === 0 ? 0x40 : 0), 0, 0), addresses(i, 3), raw(0x10, 0));
    const fourth = directions === 3 && i % 16 === 0 ? macBytes(MACS[2]) : zeros(0);
    return concatenate(head, fourth, first & 0x80 ? raw(0, 0) : zeros(0), withLlc(packet));
  });
  return [...others, ...dataFrames];
}

const RADIOTAP = [
  raw(0, 0, 8, 0, 0, 0, 0, 0),
  raw(0, 0, 10, 0, 2, 0, 0, 0, 0x10, 0),
  concatenate(raw(0, 0, 24, 0, 0x2e, 0x48, 0, 0), zeros(16)),
  concatenate(raw(0, 0, 13, 0, 4, 0, 0, 0), zeros(5)),
];
const PRISM = concatenate(raw(0, 0, 0, 0x44, 0, 0, 0, 0x90), zeros(136));
const AVS = concatenate(raw(0x80, 0x21, 0x10, 0x01, 0, 0, 0, 0x40), zeros(56));
const PPI = [raw(0, 0, 8, 0, 105, 0, 0, 0), concatenate(raw(0, 0, 32, 0, 105, 0, 0, 0), zeros(24))];
const PPI_ETHERNET = raw(0, 0, 8, 0, 1, 0, 0, 0);

const wlanIn = (headers: readonly Uint8Array[]) =>
  wlanFrames().map((it, i) => concatenate(headers[i % headers.length]!, it));

const each = (make: (packet: NetworkPacket, i: number) => Uint8Array): Uint8Array[] => NETWORK.map(make);
const isIp = ({ type }: NetworkPacket) => type === 0x0800 || type === 0x86dd;
const onlyIp = (make: (packet: NetworkPacket, i: number) => Uint8Array): Uint8Array[] => NETWORK.filter(isIp).map(make);

/** 4-byte address families in both byte orders: 2, and the three that systems use for IPv6. */
function familyHeader({ type }: NetworkPacket, i: number, bigEndian: boolean): Uint8Array {
  const family = type === 0x0800 ? 2 : type === 0x86dd ? [24, 28, 30, 10][i % 4]! : 7;
  return bigEndian ? raw(0, 0, 0, family) : raw(family, 0, 0, 0);
}

const sllHead = ({ type }: NetworkPacket, i: number): Uint8Array =>
  concatenate(
    u16([0, 4, 1, 2, 3][i % 5]!),
    u16(i % 7 ? 1 : 0x0304),
    u16(6),
    macBytes(MACS[0]),
    u16(0),
    u16(type === LLC ? (i % 3 ? 4 : 1) : type),
  );

const sll2Head = ({ type }: NetworkPacket, i: number): Uint8Array =>
  concatenate(
    u16(type === LLC ? (i % 3 ? 4 : 1) : type),
    u16(0),
    raw(0, 0, 0, i % 4),
    u16(1),
    raw([0, 4, 1, 2, 3][i % 5]!, 6),
    macBytes(MACS[1]),
    u16(0),
  );

const pppFrame = (head: readonly number[]) => (packet: NetworkPacket, i: number) =>
  concatenate(raw(...head).fill(i % 3 === 0 ? i % 2 : head[0]!, 0, 1), u16(pppProtocol(packet)), pppBody(packet));

/** Length, family, action, reason, interface, ruleset, rule numbers, ids, direction: struct pfloghdr. */
function pfLogHead({ type }: NetworkPacket, i: number): Uint8Array {
  const family = type === 0x0800 ? 2 : type === 0x86dd ? [10, 24, 28, 30][i % 4]! : 5;
  const rules = concatenate(raw(0, 0, 0, i % 4, 0, 0, 0, i % 3), zeros(16));
  const names = concatenate(text(i % 2 ? PF_NAMES.interface : 'lo0', 16), text(i % 3 ? PF_NAMES.ruleset : '', 16));
  return concatenate(raw(i % 5 ? 61 : 48 + i, family, i % 11, i % 15), names, rules, raw(i % 4, 0, 0, 0));
}

/** PDUs of ATM behind the SunATM header: LLC, LANE, signalling, OAM cells. */
function sunAtm(): Uint8Array[] {
  const head = (direction: number, vpi: number, vci: number) => raw(direction, vpi, vci >> 8, vci & 0xff);
  const signals = [0x01, 0x02, 0x05, 0x07, 0x0f, 0x4d, 0x5a, 0x10];
  return [
    ...each((packet, i) => concatenate(head(i % 2 ? 0x82 : 0x02, 0, 100 + (i % 3)), withLlc(packet))),
    ...each((packet, i) => concatenate(head(0x81, 0, 5), i % 9 ? u16(i % 200) : u16(0xff00), etherFrame(packet, i))),
    ...signals.map((type) => concatenate(head(0x86, 0, 5), raw(9, 3, 0, 0, 1, type), zeros(20))),
    ...[1, 2, 3, 4, 5, 16, 17].map((vci) =>
      concatenate(head(vci & 1 ? 0x85 : 0x00, vci === 17 ? 1 : 0, vci), zeros(30)),
    ),
  ];
}

/** SS7's level 2, at the offset where the link type has it: FISU, LSSU, MSU of both kinds, with level 3's routing label. */
function mtp2(before: number): Uint8Array[] {
  const units: Uint8Array[] = [];
  for (const length of [0, 1, 2, 3, 10, 63])
    for (const routing of [
      [0x05, 0x41, 0x80, 0x30],
      [0x01, 0x40, 0x00, 0x10],
      [0xff, 0xff, 0xff, 0xff],
      [0, 0, 0, 0],
    ])
      units.push(concatenate(zeros(before), raw(0x80, 0x81, length, 0x83, ...routing), zeros(20)));
  const extended = [
    [0, 0],
    [0, 0x80],
    [1, 0],
    [0x02, 0x80],
    [0x3f, 0x80],
    [0, 0x03],
  ];
  for (const [high, low] of extended)
    units.push(concatenate(zeros(before), raw(0x80, 0x81, 0, 0x81, high!, low!, 0x85, 5, 0x41, 0x80, 0x30), zeros(20)));
  return units;
}

const arcnet = (head: number) =>
  each(({ type, bytes }, i) => {
    const code = (
      { 2048: [212, 240], 34525: [196], 2054: [213, 241], 32821: [214], 32923: [221] } as Record<number, number[]>
    )[type] ?? [1];
    const place = raw(i % 4, i % 5 ? 0x1f : 0);
    return concatenate(place, zeros(head - 6), raw(code[i % code.length]!), zeros(3), bytes);
  });

/** The magic number and flags of Juniper's headers, then where each kind has its packet. */
const juniper = (length: number) =>
  onlyIp((packet, i) =>
    concatenate(raw(...(i % 6 ? [0x4d, 0x47, 0x43] : [1, 2, 3]), i % 4), zeros(length), packet.bytes),
  );

const linkHeader = (length: number, typeAt: number) =>
  each((packet) => {
    const header = zeros(length);
    header.set(u16(packet.type || 0x0800), typeAt);
    return concatenate(header, packet.bytes);
  });

/** By LINKTYPE_ value. */
const FRAMES: Readonly<Record<number, () => Uint8Array[]>> = {
  0: () => each((packet, i) => concatenate(familyHeader(packet, i, i % 9 === 0), packet.bytes)),
  1: etherFrames,
  6: () => each((it, i) => concatenate(raw(0x10, 0x40), etherFrame(it, i).subarray(0, 12), withLlc(it))),
  7: () => arcnet(6),
  8: () => onlyIp((it, i) => concatenate(raw(i % 2), zeros(15), it.bytes)),
  9: () => [
    ...each(pppFrame([0xff, 3])),
    ...onlyIp((it) => concatenate(raw(0xff, 3, 0x02, 0x81, 0, 1, 0x01, 64), it.bytes)),
    ...onlyIp((it) => concatenate(raw(0xff, 3, 0x02, 0x81, 0, 0x40, 0, 64, 0, 1, 0x01, 64), it.bytes)),
  ],
  10: () => each((it, i) => concatenate(raw(0x50), etherFrame(it, i).subarray(0, 12), withLlc(it))),
  50: () => each(pppFrame([0xff, 3])),
  51: () => each((it) => concatenate(raw(0x11, 0, 0, 7, 0, 40), u16(pppProtocol(it)), pppBody(it))),
  99: () => linkHeader(44, 6),
  100: () => each(withLlc),
  101: () => each(({ bytes }) => bytes),
  102: () => onlyIp(({ bytes }) => concatenate(zeros(24), bytes)),
  103: () =>
    each((it, i) => concatenate(zeros(5), u16(i % 7 ? pppProtocol(it) : [0x2d, 0x2f][i % 2]!), zeros(17), pppBody(it))),
  104: () => [
    ...each((it) =>
      concatenate(
        raw(0x0f, 0),
        it.type === LLC ? concatenate(raw(0xfe, 0xfe, 0), it.bytes.subarray(3)) : concatenate(u16(it.type), it.bytes),
      ),
    ),
    ...onlyIp((it) => concatenate(raw(0x0f, 0, 0x88, 0x47, 0, 0x40, 1, 64), it.bytes)),
  ],
  105: wlanFrames,
  106: () => each(withLlc),
  107: () =>
    each(({ type, bytes }) =>
      concatenate(
        raw(0x18, 0x41, 3),
        type === LLC ? bytes.subarray(3) : raw({ 2048: 0xcc, 34525: 0x8e }[type] ?? 0x80),
        type === LLC ? zeros(4) : bytes,
      ),
    ),
  108: () => each((it, i) => concatenate(familyHeader(it, i, i % 9 !== 0), it.bytes)),
  109: () => each((it, i) => concatenate(familyHeader(it, i, i % 3 === 0), zeros(8), it.bytes)),
  113: () => each((it, i) => concatenate(sllHead(it, i), it.bytes)),
  114: () => each(({ bytes }) => bytes),
  117: () => each((it, i) => concatenate(pfLogHead(it, i), it.bytes)),
  119: () => wlanIn([PRISM, PRISM, AVS]),
  122: () =>
    each((it, i) =>
      concatenate(zeros(2), macBytes(pair(i).destination), zeros(2), macBytes(pair(i).source), withLlc(it)),
    ),
  123: sunAtm,
  127: () => wlanIn(RADIOTAP),
  129: () => arcnet(8),
  138: () => linkHeader(18, 16),
  139: () => mtp2(4),
  140: () => mtp2(0),
  163: () => wlanIn([AVS]),
  165: () => each(({ bytes }, i) => concatenate(raw(0x55, 0xff, i % 5, 2, i % 3), bytes)),
  166: () => each(pppFrame([0, 3])),
  192: () => wlanIn([...PPI, ...PPI, PPI_ETHERNET]),
  197: () => mtp2(20),
  226: () => onlyIp((it, i) => concatenate(raw(1, it.type === 0x0800 ? 2 : 26, 0, i % 3, ...zeros(20)), it.bytes)),
  228: () => onlyIp(({ bytes }) => bytes),
  229: () => onlyIp(({ bytes }) => bytes),
  240: () => etherFrames().map((it) => concatenate(zeros(4), it)),
  241: () => etherFrames().map((it) => concatenate(zeros(4), raw(0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5), it)),
  276: () => each((it, i) => concatenate(sll2Head(it, i), it.bytes)),
};

const JUNIPER_LINK_TYPES = [
  130, 131, 132, 133, 134, 135, 136, 137, 164, 167, 168, 178, 179, 180, 181, 183, 194, 200, 232, 233, 234, 238,
] as const;
const JUNIPER_HEADERS: Readonly<Record<number, number>> = { 133: 8, 164: 8, 167: 10, 178: 10, 168: 2, 135: 4 };

/** Link types of which libpcap reads no header: only `link[...]` and lengths work there, or not even those. */
const OPAQUE_LINK_TYPES = [
  141, 142, 143, 147, 182, 189, 195, 219, 220, 227, 239, 246, 258, 271, 281, 284, 285,
] as const;
const UNKNOWN_LINK_TYPES = [2, 3, 29, 300] as const;

/** Every link type that the tests try; those that libpcap knows most of come first. */
export const LINK_TYPES: readonly number[] = [
  ...Object.keys(FRAMES).map(Number),
  ...JUNIPER_LINK_TYPES,
  ...OPAQUE_LINK_TYPES,
  ...UNKNOWN_LINK_TYPES,
];

function framesFor(linkType: number): Uint8Array[] {
  if (linkType in FRAMES) return FRAMES[linkType]!();
  if ((JUNIPER_LINK_TYPES as readonly number[]).includes(linkType)) return juniper(JUNIPER_HEADERS[linkType] ?? 0);
  return NETWORK.filter((_, i) => i % 5 === 0).map(({ bytes }) => bytes);
}

/** The packets of a link type: whole ones, cut and changed ones, garbage, and one frame in every length. */
export function packetsFor(linkType: number, random: Random): Sample[] {
  const frames = framesFor(linkType).map((bytes) => bytes.subarray(0, 220));
  const cut = (bytes: Uint8Array): Sample => ({
    bytes: bytes.subarray(0, random.below(Math.min(bytes.length, 90) + 1)),
    originalLength: bytes.length,
  });
  const every = random.pick(frames);
  return [
    ...frames.map((bytes) => ({ bytes })),
    ...frames.filter(() => random.chance(4)).map(cut),
    ...frames.filter(() => random.chance(4)).map((bytes) => ({ bytes: mutate(random, bytes) })),
    ...Array.from({ length: 10 }, () => ({ bytes: random.bytes(random.below(100)) })),
    ...Array.from({ length: Math.min(every.length, 80) }, (_, length) => ({
      bytes: every.subarray(0, length),
      originalLength: every.length,
    })),
    { bytes: frames[0]!, originalLength: 9000 },
  ];
}
