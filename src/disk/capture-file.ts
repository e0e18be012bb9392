// What opening a capture file gives: the types of this room, without code.
import type { Block, Damage, FilePacket, FilterFor, InterfaceDescription } from '../file/index.ts';
import type { LinkType, PacketSource } from '../packet/index.ts';

/** A capture file opened for reading. What it says of itself is known before the first packet is read. */
export interface CaptureFile extends PacketSource {
  /** As given to openCapture; '-' is standard input. */
  readonly path: string;
  readonly format: 'pcap' | 'pcapng';
  readonly compressed: boolean;
  /** Of the first section. */
  readonly byteOrder: 'little' | 'big';
  /** Of the first interface; LINK_TYPE.ETHERNET when there is none. In pcapng other interfaces may differ: ask each packet. */
  readonly linkType: LinkType;
  /** Of the first interface, bytes; 0 when there is no limit. */
  readonly snapLength: number;
  /** True when the first interface counts time finer than microseconds. */
  readonly nanoseconds: boolean;
  /** The interfaces met so far, of all sections; a pcap file has one. */
  readonly interfaces: readonly InterfaceDescription[];
  /** Bytes read from the file so far, compressed ones where the file is compressed. */
  readonly bytesRead: number;
  /** The file's size; undefined for pipes. */
  readonly bytesTotal: number | undefined;
  /** Where and why reading ended early, once it did. All packets before it were delivered. */
  readonly damage: Damage | undefined;
  /**
   * Counts the packets that are left, or at most `limit` of them: `packets` with an empty handler, but several times as
   * fast. With a filter for each link type it counts those that are wanted.
   */
  countPackets(limit?: number, filterFor?: FilterFor): Promise<number>;
  /** The next packet alone, for who pulls: valid until the following call, undefined at the end. A promise when it must wait. */
  next(): FilePacket | undefined | Promise<FilePacket | undefined>;
}

export interface OpenOptions {
  /** Called with each pcapng block that is not a packet, in the file's order, from the section header on. */
  onBlock?: (block: Block) => void;
}
