// The fast way to read a packet: the headers up to the transport as numbers in one object that is used again and
// again. For programs that count, sort or match; `dissect` gives names, nested packets and everything else.
import { readU16, readU32 } from '../bytes/index.ts';
import {
  AH,
  ETHER_TYPE,
  ETHERNET,
  ICMP,
  ICMPV6,
  IP_PROTOCOL,
  IPV4,
  IPV4_FRAGMENT,
  IPV6,
  IPV6_EXTENSION,
  IPV6_FRAGMENT,
  IPV6_FRAGMENT_HEADER,
  LINK_TYPE,
  type LinkType,
  SCTP,
  SLL,
  SLL2,
  TCP,
  UDP,
  VLAN,
} from '../wire/index.ts';

/** Bits of `Headers.layers`: headers that were there whole and possible. */
export const LAYER = {
  ETHERNET: 0x001,
  VLAN: 0x002,
  IPV4: 0x004,
  IPV6: 0x008,
  /** A fragment but the first: no transport header follows. */
  LATER_FRAGMENT: 0x010,
  TCP: 0x020,
  UDP: 0x040,
  ICMP: 0x080,
  ICMPV6: 0x100,
  SCTP: 0x200,
} as const;

/** Tags followed in one frame. */
const MAX_TAGS = 4;

/** Extension headers followed in one packet. */
const MAX_EXTENSIONS = 16;

/**
 * The headers of one packet. `decode` fills it; nothing is allocated and nothing thrown, whatever the bytes are.
 * Places (names with At) are positions in the array given, so that addresses are read from there when wanted.
 * Numbers of layers that the packet does not have are 0, `vlan` and `innerVlan` -1.
 *
 *   const headers = new Headers();
 *   let web = 0;
 *   await source.packets((packet) => {
 *     const layers = headers.decode(packet.bytes, packet.offset, packet.capturedLength, packet.linkType);
 *     if (layers & LAYER.TCP && headers.destinationPort === 443) web += headers.payloadLength;
 *   });
 */
export class Headers {
  /** LAYER bits. */
  layers = 0;

  /** Type of what the link header, with its tags, carries; an 802.3 length when it is below 0x600. */
  etherType = 0;
  /** Control information of the outermost tag (priority, drop bit, identifier); -1 without one. */
  vlan = -1;
  /** Of the tag within. */
  innerVlan = -1;

  ipAt = 0;
  /** 4 or 6. */
  ipVersion = 0;
  /** What the header, behind all extension headers, carries. */
  ipProtocol = 0;
  /** Time to live or hop limit. */
  ttl = 0;
  /** Type of service or traffic class. */
  trafficClass = 0;
  /** Length of the packet by its header's word, bytes; 0 where the header leaves it open (jumbograms, segmentation offload). */
  totalLength = 0;
  /** Of the datagram that fragments belong to: 16 bits, in IPv6 32 bits and only with a fragment header. */
  identification = 0;
  dontFragment = false;
  moreFragments = false;
  /** Bytes. */
  fragmentOffset = 0;
  /** The addresses: 4 or 16 bytes each. */
  sourceAt = 0;
  destinationAt = 0;

  /** Where the transport header begins, or what else the IP header carries. */
  transportAt = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** TCP_FLAG bits. */
  tcpFlags = 0;
  sequence = 0;
  acknowledgment = 0;
  window = 0;
  icmpType = 0;
  icmpCode = 0;

  /** What the transport carries, or the IP header without a transport known here. */
  payloadAt = 0;
  /** By the IP header's word: padding of short frames is not counted, bytes that were not captured are. */
  payloadLength = 0;

  /**
   * Reads the packet whose link header begins at `offset`, of which `captured` bytes are there. Returns `layers`.
   * Link types known: Ethernet, raw IP, Linux cooked captures.
   */
  decode(bytes: Uint8Array, offset: number, captured: number, linkType: LinkType): number {
    this.clear();
    const end = offset + captured;
    switch (linkType) {
      case LINK_TYPE.ETHERNET:
        this.readEthernet(bytes, offset, end);
        break;
      case LINK_TYPE.RAW:
      case LINK_TYPE.IPV4:
      case LINK_TYPE.IPV6:
        this.readRaw(bytes, offset, end);
        break;
      case LINK_TYPE.LINUX_SLL:
        if (captured >= SLL.size) this.readType(bytes, offset + SLL.protocol, offset + SLL.size, end);
        break;
      case LINK_TYPE.LINUX_SLL2:
        if (captured >= SLL2.size) this.readType(bytes, offset + SLL2.protocol, offset + SLL2.size, end);
        break;
    }
    return this.layers;
  }

  private clear(): void {
    this.layers = 0;
    this.etherType = 0;
    this.vlan = -1;
    this.innerVlan = -1;
    this.ipAt = 0;
    this.ipVersion = 0;
    this.ipProtocol = 0;
    this.ttl = 0;
    this.trafficClass = 0;
    this.totalLength = 0;
    this.identification = 0;
    this.dontFragment = false;
    this.moreFragments = false;
    this.fragmentOffset = 0;
    this.sourceAt = 0;
    this.destinationAt = 0;
    this.transportAt = 0;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.tcpFlags = 0;
    this.sequence = 0;
    this.acknowledgment = 0;
    this.window = 0;
    this.icmpType = 0;
    this.icmpCode = 0;
    this.payloadAt = 0;
    this.payloadLength = 0;
  }

  private readEthernet(bytes: Uint8Array, at: number, end: number): void {
    if (end - at < ETHERNET.size) return;
    this.layers = LAYER.ETHERNET;
    this.readType(bytes, at + ETHERNET.type, at + ETHERNET.size, end);
  }

  /** The type at `typeAt`, tags that it announces, and what follows at `next`. */
  private readType(bytes: Uint8Array, typeAt: number, next: number, end: number): void {
    let type = readU16(bytes, typeAt);
    let at = next;
    for (let tags = 0; isTag(type) && tags < MAX_TAGS && end - at >= VLAN.size; tags++) {
      this.layers |= LAYER.VLAN;
      if (tags === 0) this.vlan = readU16(bytes, at + VLAN.control);
      else if (tags === 1) this.innerVlan = readU16(bytes, at + VLAN.control);
      type = readU16(bytes, at + VLAN.type);
      at += VLAN.size;
    }
    this.etherType = type;
    if (type === ETHER_TYPE.IPV4) this.readIpv4(bytes, at, end);
    else if (type === ETHER_TYPE.IPV6) this.readIpv6(bytes, at, end);
  }

  private readRaw(bytes: Uint8Array, at: number, end: number): void {
    if (at >= end) return;
    const version = bytes[at]! >> 4;
    if (version === 4) this.readIpv4(bytes, at, end);
    else if (version === 6) this.readIpv6(bytes, at, end);
  }

  private readIpv4(bytes: Uint8Array, at: number, end: number): void {
    if (end - at < IPV4.size) return;
    const first = bytes[at]!;
    const headerLength = 4 * (first & 15);
    const totalLength = readU16(bytes, at + IPV4.totalLength);
    if (first >> 4 !== 4 || headerLength < IPV4.size) return;
    if (totalLength !== 0 && totalLength < headerLength) return;
    const flagsAndOffset = readU16(bytes, at + IPV4.flagsAndOffset);
    this.layers |= LAYER.IPV4;
    this.ipAt = at;
    this.ipVersion = 4;
    this.ipProtocol = bytes[at + IPV4.protocol]!;
    this.ttl = bytes[at + IPV4.timeToLive]!;
    this.trafficClass = bytes[at + IPV4.typeOfService]!;
    this.totalLength = totalLength;
    this.identification = readU16(bytes, at + IPV4.identification);
    this.dontFragment = (flagsAndOffset & IPV4_FRAGMENT.DONT) !== 0;
    this.moreFragments = (flagsAndOffset & IPV4_FRAGMENT.MORE) !== 0;
    this.fragmentOffset = 8 * (flagsAndOffset & IPV4_FRAGMENT.OFFSET);
    this.sourceAt = at + IPV4.source;
    this.destinationAt = at + IPV4.destination;
    this.readTransport(bytes, at + headerLength, totalLength === 0 ? end : at + totalLength, end);
  }

  private readIpv6(bytes: Uint8Array, at: number, end: number): void {
    if (end - at < IPV6.size || bytes[at]! >> 4 !== 6) return;
    const payloadLength = readU16(bytes, at + IPV6.payloadLength);
    this.layers |= LAYER.IPV6;
    this.ipAt = at;
    this.ipVersion = 6;
    this.ipProtocol = bytes[at + IPV6.nextHeader]!;
    this.ttl = bytes[at + IPV6.hopLimit]!;
    this.trafficClass = (readU16(bytes, at) >> 4) & 0xff;
    this.totalLength = payloadLength === 0 ? 0 : IPV6.size + payloadLength;
    this.sourceAt = at + IPV6.source;
    this.destinationAt = at + IPV6.destination;
    const packetEnd = payloadLength === 0 ? end : at + IPV6.size + payloadLength;
    this.readExtensions(bytes, at + IPV6.size, packetEnd, end);
  }

  /** Goes behind the extension headers; one that was not captured whole is where the transport would be. */
  private readExtensions(bytes: Uint8Array, from: number, packetEnd: number, end: number): void {
    const last = Math.min(packetEnd, end);
    let at = from;
    for (let headers = 0; headers < MAX_EXTENSIONS && this.fragmentOffset === 0; headers++) {
      const size = this.extensionSize(bytes, at, last);
      if (size === 0) break;
      this.ipProtocol = bytes[at + IPV6_EXTENSION.nextHeader]!;
      at += size;
    }
    this.readTransport(bytes, at, packetEnd, end);
  }

  /** Size of the extension header at `at`, 0 when there is none or not all of it. */
  private extensionSize(bytes: Uint8Array, at: number, end: number): number {
    if (end - at < IPV6_FRAGMENT_HEADER.size) return 0;
    let size = 0;
    switch (this.ipProtocol) {
      case IP_PROTOCOL.HOPOPTS:
      case IP_PROTOCOL.DSTOPTS:
      case IP_PROTOCOL.ROUTING:
        size = 8 * (bytes[at + IPV6_EXTENSION.length]! + 1);
        break;
      case IP_PROTOCOL.AH:
        size = 4 * (bytes[at + AH.length]! + 2);
        if (size < AH.size) return 0;
        break;
      case IP_PROTOCOL.FRAGMENT:
        this.readFragment(bytes, at);
        size = IPV6_FRAGMENT_HEADER.size;
        break;
    }
    return size > end - at ? 0 : size;
  }

  private readFragment(bytes: Uint8Array, at: number): void {
    const word = readU16(bytes, at + IPV6_FRAGMENT_HEADER.offsetAndFlags);
    this.fragmentOffset = word & IPV6_FRAGMENT.OFFSET;
    this.moreFragments = (word & IPV6_FRAGMENT.MORE) !== 0;
    this.identification = readU32(bytes, at + IPV6_FRAGMENT_HEADER.identification);
  }

  /** `packetEnd`: where the IP packet ends by its word; `end`: where the captured bytes do. */
  private readTransport(bytes: Uint8Array, at: number, packetEnd: number, end: number): void {
    this.transportAt = at;
    this.payloadAt = at;
    this.payloadLength = Math.max(0, packetEnd - at);
    if (this.fragmentOffset !== 0) {
      this.layers |= LAYER.LATER_FRAGMENT;
      return;
    }
    const room = Math.min(packetEnd, end) - at;
    switch (this.ipProtocol) {
      case IP_PROTOCOL.TCP:
        if (room >= TCP.size) this.readTcp(bytes, at);
        break;
      case IP_PROTOCOL.UDP:
        if (room >= UDP.size) this.readPorts(bytes, at, LAYER.UDP, UDP.size);
        break;
      case IP_PROTOCOL.SCTP:
        if (room >= SCTP.size) this.readPorts(bytes, at, LAYER.SCTP, SCTP.size);
        break;
      case IP_PROTOCOL.ICMP:
        if (room >= ICMP.size && this.ipVersion === 4) this.readIcmp(bytes, at, LAYER.ICMP, ICMP.size);
        break;
      case IP_PROTOCOL.ICMPV6:
        if (room >= ICMPV6.size && this.ipVersion === 6) this.readIcmp(bytes, at, LAYER.ICMPV6, ICMPV6.size);
        break;
    }
  }

  private readTcp(bytes: Uint8Array, at: number): void {
    const headerLength = 4 * (bytes[at + TCP.dataOffset]! >> 4);
    if (headerLength < TCP.size || headerLength > this.payloadLength) return;
    this.readPorts(bytes, at, LAYER.TCP, headerLength);
    this.tcpFlags = bytes[at + TCP.flags]!;
    this.sequence = readU32(bytes, at + TCP.sequence);
    this.acknowledgment = readU32(bytes, at + TCP.acknowledgment);
    this.window = readU16(bytes, at + TCP.window);
  }

  /** TCP, UDP and SCTP begin alike. */
  private readPorts(bytes: Uint8Array, at: number, layer: number, headerLength: number): void {
    this.sourcePort = readU16(bytes, at + UDP.sourcePort);
    this.destinationPort = readU16(bytes, at + UDP.destinationPort);
    this.carry(layer, at, headerLength);
  }

  private readIcmp(bytes: Uint8Array, at: number, layer: number, headerLength: number): void {
    this.icmpType = bytes[at + ICMP.type]!;
    this.icmpCode = bytes[at + ICMP.code]!;
    this.carry(layer, at, headerLength);
  }

  private carry(layer: number, at: number, headerLength: number): void {
    this.layers |= layer;
    this.payloadAt = at + headerLength;
    this.payloadLength -= headerLength;
  }
}

function isTag(type: number): boolean {
  return (
    type === ETHER_TYPE.VLAN ||
    type === ETHER_TYPE.PROVIDER_BRIDGING ||
    type === ETHER_TYPE.QINQ_OLD ||
    type === ETHER_TYPE.QINQ_OLDER
  );
}
