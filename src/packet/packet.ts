// A captured packet and where packets come from: the types every other room speaks.
import { copyBytes } from '../bytes/index.ts';
import type { LinkType } from './link-types.ts';

/** sll_pkttype of a packet, include/uapi/linux/if_packet.h (v6.18). */
export const PACKET_TYPE = {
  HOST: 0,
  BROADCAST: 1,
  MULTICAST: 2,
  OTHERHOST: 3,
  OUTGOING: 4,
  LOOPBACK: 5,
} as const;

/** A PACKET_TYPE value; other numbers are kept as they come. */
export type PacketType = number;

/** The VLAN tag that the kernel moved from the frame to metadata. */
export interface VlanTag {
  /** 802.1Q TPID, as 0x8100 or 0x88a8. */
  tpid: number;
  /** Priority (3 bits), drop eligible (1), VLAN identifier (12). */
  tci: number;
}

/**
 * A captured packet. It is borrowed: the object and its bytes are valid until the handler returns;
 * `copyPacket` keeps one. Hot loops read `bytes` from `offset` on and never touch `data`.
 */
export interface Packet {
  /** The array the packet lies in, as a chunk of a file or the mapping of a ring. */
  readonly bytes: Uint8Array;
  /** Where the link header begins in `bytes`. */
  readonly offset: number;
  /** Bytes captured, from the link header on. */
  readonly capturedLength: number;
  /** Length on the wire, bytes. */
  readonly originalLength: number;
  /** Time of capture: seconds since 1970 UTC, and nanoseconds within the second. */
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly linkType: LinkType;
  /** The interface's number: ifindex when live, the number within its section in a pcapng file, 0 in a pcap file. */
  readonly interfaceIndex: number;
  /** The interface's name when the source knows it. */
  readonly interfaceName?: string | undefined;
  /** PACKET_TYPE value; undefined when the source does not tell (most files). */
  readonly packetType?: PacketType | undefined;
  readonly vlan?: VlanTag | undefined;
  /** Options of a pcapng packet block (comment, flags, verdict ...), when there were any. */
  readonly options?: PacketOptions | undefined;
  /** The captured bytes as a view, made anew on each reading. */
  readonly data: Uint8Array;
}

/** What pcapng says of one packet besides its bytes (draft-ietf-opsawg-pcapng, section 4.3.1). */
export interface PacketOptions {
  comments?: readonly string[];
  /** epb_flags: direction in bits 0-1, reception type in 2-4, FCS length in 5-8, link errors in 16-31. */
  flags?: number;
  /** Packets lost between this one and the one before, on this interface. */
  dropCount?: bigint;
  packetId?: bigint;
  queue?: number;
  verdicts?: readonly Verdict[];
  hashes?: readonly Uint8Array[];
  /** Options that have no name here, as they came, custom ones included. */
  others?: readonly RawOption[];
}

/** epb_verdict: kind 0 hardware, 1 Linux eBPF TC, 2 Linux eBPF XDP. */
export interface Verdict {
  kind: number;
  data: Uint8Array;
}

export interface RawOption {
  code: number;
  value: Uint8Array;
}

/** Called for each packet, in order. Returning false stops the source. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that never stops returns nothing
export type PacketHandler = (packet: Packet) => boolean | void;

/** What became of the packets that passed the filter, counted by the source. */
export interface SourceStatistics {
  /** Packets the source saw. */
  received: number;
  /** Packets lost because the reader was too slow; undefined where there is no such thing (files). */
  dropped?: number | undefined;
  /** Lost before they reached the capture socket: by the interface or its driver. */
  interfaceDropped?: number | undefined;
  /** Times a ring stood still, full. */
  frozen?: number | undefined;
}

/** Where packets come from: a file, several files merged, a ring, several rings. */
export interface PacketSource {
  /** Delivers packets until the source ends, the handler returns false or `stop` is called. */
  packets(handler: PacketHandler): Promise<void>;
  /** Asks `packets` to end soon; what was already captured is delivered first. */
  stop(): void;
  statistics(): SourceStatistics;
  [Symbol.dispose](): void;
}

/** A packet that owns its bytes. */
export class OwnedPacket implements Packet {
  readonly bytes: Uint8Array;
  readonly offset = 0;
  readonly capturedLength: number;
  readonly originalLength: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly linkType: LinkType;
  readonly interfaceIndex: number;
  readonly interfaceName: string | undefined;
  readonly packetType: PacketType | undefined;
  readonly vlan: VlanTag | undefined;
  readonly options: PacketOptions | undefined;

  constructor(data: Uint8Array, about: { linkType: LinkType } & Partial<Omit<Packet, 'data' | 'bytes' | 'offset'>>) {
    this.bytes = data;
    this.capturedLength = data.length;
    this.originalLength = about.originalLength ?? data.length;
    this.seconds = about.seconds ?? 0;
    this.nanoseconds = about.nanoseconds ?? 0;
    this.linkType = about.linkType;
    this.interfaceIndex = about.interfaceIndex ?? 0;
    this.interfaceName = about.interfaceName;
    this.packetType = about.packetType;
    this.vlan = about.vlan && { ...about.vlan }; // a ring's tag is filled anew with each packet
    this.options = about.options;
  }

  get data(): Uint8Array {
    return this.bytes;
  }
}

/** Keeps a borrowed packet beyond its handler. */
export function copyPacket(packet: Packet): OwnedPacket {
  return new OwnedPacket(copyBytes(packet.bytes, packet.offset, packet.offset + packet.capturedLength), packet);
}
