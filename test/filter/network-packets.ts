// What link layers carry, for the tests of filters: IPv4, IPv6, ARP, tunnels, LLC, ISO, old protocols; well-formed, odd,
// and wrong in the places that filters look at.
import {
  arp,
  authenticationHeader,
  concatenate,
  frame,
  geneve,
  gre,
  icmp,
  icmpv6,
  igmp,
  ipv4,
  ipv6,
  type Layer,
  mpls,
  sctp,
  tcp,
  udp,
  vxlan,
} from '../../src/wire/index.ts';
import { IPV4, IPV6, MACS } from './vocabulary.ts';

/** A packet of the network layer: an EtherType when above 1500, else the LLC header stands in front of `bytes`. */
export interface NetworkPacket {
  readonly type: number;
  readonly bytes: Uint8Array;
}

const ETHERNET_IP = 0x0800;
const ETHERNET_IP6 = 0x86dd;
export const LLC = 0;

export const raw = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const filled = (length: number, value = 0x61): Uint8Array => new Uint8Array(length).fill(value);

const V4 = { source: IPV4[0], destination: IPV4[1] };
const V4_BACK = { source: IPV4[1], destination: IPV4[2] };
const V6 = { source: IPV6[0], destination: IPV6[1] };

const ip = (...layers: (Layer | Uint8Array | string)[]): NetworkPacket => ({
  type: ETHERNET_IP,
  bytes: frame(...layers),
});
const ip6 = (...layers: (Layer | Uint8Array | string)[]): NetworkPacket => ({
  type: ETHERNET_IP6,
  bytes: frame(...layers),
});

const syn = tcp({ sourcePort: 1024, destinationPort: 80, sequence: 1, syn: true });
const data = tcp({ sourcePort: 443, destinationPort: 1024, sequence: 7, psh: true, ack: true });
const reset = tcp({ sourcePort: 22, destinationPort: 8080, rst: true });
const end = tcp({ sourcePort: 80, destinationPort: 80, fin: true, ack: true });
const query = udp({ sourcePort: 1024, destinationPort: 53 });
const nfs = udp({ sourcePort: 2049, destinationPort: 2049 });
const stream = sctp({ sourcePort: 80, destinationPort: 443, verificationTag: 1 });

function transportPackets(): NetworkPacket[] {
  const segments: (Layer | Uint8Array)[][] = [
    [syn],
    [data, filled(20)],
    [reset],
    [end, filled(3)],
    [query, filled(12)],
    [nfs, filled(40)],
    [stream, filled(16)],
  ];
  return segments.flatMap((segment, i) => [
    ip(ipv4(i % 2 ? V4 : V4_BACK), ...segment),
    ip6(ipv6(i % 2 ? V6 : { source: IPV6[1], destination: IPV6[5] }), ...segment),
  ]);
}

/** IPv4 payloads by protocol number. */
const PROTOCOLS = [0, 1, 2, 4, 6, 9, 17, 41, 44, 47, 50, 51, 58, 59, 60, 88, 89, 94, 103, 112, 132, 255] as const;

function ipv4Packets(): NetworkPacket[] {
  const fragment = (fragmentOffset: number, moreFragments: boolean) =>
    ip(ipv4({ ...V4, protocol: 17, fragmentOffset, moreFragments }), concatenate(raw(0, 53, 0, 53), filled(28)));
  return [
    ...PROTOCOLS.map((protocol) => ip(ipv4({ ...V4, protocol }), concatenate(raw(6, 1, 0, 0), filled(24, 0)))),
    ip(ipv4(V4), icmp({ type: 8, identifier: 1, sequence: 1 }), filled(16)),
    ip(ipv4(V4_BACK), icmp({ type: 3, code: 3 }), filled(28)),
    ip(ipv4({ ...V4, destination: IPV4[4], timeToLive: 1 }), igmp({ type: 0x16, group: IPV4[4] })),
    ip(ipv4({ ...V4, options: raw(0x94, 4, 0, 0) }), syn),
    ip(ipv4({ ...V4, options: filled(40, 1) }), query, filled(8)),
    ip(ipv4({ ...V4, headerLength: 0 }), data),
    ip(ipv4({ ...V4, headerLength: 60 }), data),
    ip(ipv4({ ...V4, version: 6 }), data),
    ip(ipv4({ ...V4, source: IPV4[7], destination: IPV4[6], typeOfService: 0xb8, dontFragment: true }), query),
    ip(ipv4({ ...V4, source: IPV4[3], destination: IPV4[5] }), query, filled(300)),
    ip(ipv4({ ...V4, destination: '10.0.0.0' }), query),
    fragment(0, true),
    fragment(1480, true),
    fragment(2960, false),
    ip(ipv4(V4), authenticationHeader({ spi: 1, sequence: 1, icv: filled(12) }), syn),
    ip(ipv4(V4), ipv4(V4_BACK), syn),
    ip(ipv4(V4), ipv6(V6), syn),
    ip(ipv4(V4), gre({ key: 5 }), ipv4(V4_BACK), query),
  ];
}

/** An extension header of eight bytes. */
const extension = (next: number, ...rest: number[]): Uint8Array =>
  concatenate(raw(next, 0, ...rest), filled(6 - rest.length, 0));

function ipv6Packets(): NetworkPacket[] {
  const chain = (first: number, ...parts: Uint8Array[]) =>
    ip6(ipv6({ ...V6, nextHeader: first }), concatenate(...parts));
  const segment = frame(ipv6(V6), syn).subarray(40);
  return [
    ip6(ipv6(V6), icmpv6({ type: 128, identifier: 1, sequence: 1 }), filled(8)),
    ip6(ipv6({ source: IPV6[2], destination: IPV6[3], hopLimit: 255 }), icmpv6({ type: 135 }), filled(24, 0)),
    ip6(ipv6({ source: IPV6[4], destination: IPV6[4] }), query, filled(5)),
    ...[0, 43, 60, 51, 44].map((first) => chain(first, extension(6), segment)),
    chain(0, extension(60), extension(43), extension(6), segment),
    chain(44, extension(17, 0, 1), frame(ipv6(V6), query, filled(8)).subarray(40)),
    chain(44, extension(17, 5, 200), filled(32)),
    chain(0, raw(58, 1), filled(14, 0), raw(143, 0, 0, 0)),
    chain(51, raw(6, 4), filled(22, 0), segment),
    ...[1, 2, 4, 41, 47, 50, 59, 89, 103, 112, 132, 255].map((protocol) => chain(protocol, filled(24, 0))),
    ip6(ipv6(V6), ipv4(V4), syn),
    ip6(ipv6({ ...V6, version: 4 }), syn),
  ];
}

function arpPackets(): NetworkPacket[] {
  const asks = { senderHardware: MACS[0], senderProtocol: IPV4[0], targetProtocol: IPV4[1] };
  return [
    { type: 0x0806, bytes: frame(arp(asks)) },
    { type: 0x0806, bytes: frame(arp({ ...asks, operation: 2, senderProtocol: IPV4[2], targetHardware: MACS[1] })) },
    { type: 0x8035, bytes: frame(arp({ ...asks, operation: 3, reverse: true })) },
  ];
}

/** Tunnels over UDP, with Ethernet, IPv4 and IPv6 inside. */
function tunnelPackets(inner: readonly Uint8Array[]): NetworkPacket[] {
  const options = [{ class: 1, type: 2, data: filled(4, 0) }];
  const toGeneve = udp({ sourcePort: 1024, destinationPort: 6081 });
  const toVxlan = udp({ sourcePort: 1024, destinationPort: 4789 });
  const both = (...layers: (Layer | Uint8Array)[]) => [ip(ipv4(V4), ...layers), ip6(ipv6(V6), ...layers)];
  return [
    ...inner.flatMap((ethernet, i) => [
      ...both(toGeneve, geneve({ vni: i % 2 ? 5 : 0xabcdef, options: i % 3 ? options : [] }), ethernet),
      ...both(toVxlan, vxlan({ vni: i % 2 ? 5 : 0xabcdef }), ethernet),
    ]),
    ...both(toGeneve, geneve({ vni: 5, options }), ipv4(V4_BACK), syn),
    ...both(toGeneve, geneve({ vni: 0 }), ipv6(V6), query),
    ...both(toGeneve, geneve({ vni: 5, version: 1 }), ipv6(V6), query),
    ...both(toGeneve, geneve({ vni: 5, protocol: 0x8847 }), mpls({ label: 16 }), ipv4(V4), syn),
    ip(ipv4({ ...V4, options: filled(8, 1) }), toGeneve, geneve({ vni: 5, options }), ipv4(V4_BACK), data),
    ip(ipv4(V4), udp({ sourcePort: 6081, destinationPort: 1024 }), geneve({ vni: 5 }), ipv4(V4), syn),
  ];
}

/** After an LLC header: control fields of every kind, and what each SAP carries. */
function llcPackets(): NetworkPacket[] {
  const sap = (dsap: number, ssap: number, ...rest: number[]): NetworkPacket => ({
    type: LLC,
    bytes: concatenate(raw(dsap, ssap, ...rest), filled(40, 0)),
  });
  const snap = (oui: readonly number[], type: number, bytes: Uint8Array): NetworkPacket => ({
    type: LLC,
    bytes: concatenate(raw(0xaa, 0xaa, 3, ...oui, type >> 8, type & 0xff), bytes),
  });
  const ISIS_TYPES = [15, 16, 17, 18, 20, 24, 25, 26, 27];
  const CONTROLS = [0x00, 0x02, 0x01, 0x05, 0x09, 0x03, 0x63, 0x43, 0x0f, 0x6f, 0xe3, 0xaf, 0x87, 0x13, 0x7f];
  return [
    ...CONTROLS.map((control) => sap(0x04, 0x05, control, 0)),
    ...[0x81, 0x82, 0x8a, 0x84].map((protocol) => sap(0xfe, 0xfe, 3, protocol)),
    ...ISIS_TYPES.map((type) => sap(0xfe, 0xfe, 3, 0x83, 0x1b, 1, 0, type)),
    sap(0xfe, 0x42, 3, 0x83),
    sap(0x42, 0x42, 3, 0, 0, 0, 0, 0),
    sap(0xe0, 0xe0, 3),
    sap(0xff, 0xff, 0, 34),
    sap(0xf0, 0xf0, 3),
    sap(0xf0, 0xf1, 0x7f),
    sap(0x06, 0x06, 3, 0x45),
    sap(0xaa, 0xaa, 3, 0x08, 0x00, 0x07, 0x80, 0x9b),
    sap(0xaa, 0xaa, 3, 0, 0, 0, 0x80, 0xf3),
    sap(0xaa, 0xaa, 3, 0, 0, 0, 0x81, 0x37),
    sap(0xaa, 0xaa, 3, 0, 0, 0xf8, 0x81, 0x37),
    sap(0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0x00),
    snap([0, 0, 0], ETHERNET_IP, frame(ipv4(V4), syn)),
    snap([0, 0, 0], ETHERNET_IP6, frame(ipv6(V6), query)),
    snap([0, 0, 0x5e], ETHERNET_IP, frame(ipv4(V4), syn)),
  ];
}

/** DECnet with short and long routing headers, padded and not, and addresses 1.2 and 10.77. */
function oldPackets(): NetworkPacket[] {
  const of = (type: number, ...bytes: number[]): NetworkPacket => ({
    type,
    bytes: concatenate(raw(...bytes), filled(30, 0)),
  });
  return [
    of(0x6003, 30, 0, 0x02, 2, 4, 77, 40),
    of(0x6003, 30, 0, 0x81, 0x02, 2, 4, 77, 40),
    of(0x6003, 40, 0, 0x06, 0, 0, 0xaa, 0, 4, 0, 2, 4, 0, 0, 0xaa, 0, 4, 0, 77, 40),
    of(0x6003, 40, 0, 0x81, 0x26, 0, 0, 0xaa, 0, 4, 0, 77, 40, 0, 0, 0xaa, 0, 4, 0, 2, 4),
    ...[0x6001, 0x6002, 0x6004, 0x6007, 0x809b, 0x80f3, 0x8137, 0x9000, 0x88cc, 0x8809, 0x6558].map((type) =>
      of(type, 1, 2, 3),
    ),
  ];
}

/** Ethernet, 802.11 and others carry these. `inner` is what tunnels for Ethernet have inside. */
export function networkPackets(inner: readonly Uint8Array[] = []): NetworkPacket[] {
  return [
    ...transportPackets(),
    ...ipv4Packets(),
    ...ipv6Packets(),
    ...arpPackets(),
    ...tunnelPackets(inner),
    ...llcPackets(),
    ...oldPackets(),
  ];
}
