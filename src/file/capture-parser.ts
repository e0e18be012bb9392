// What the parsers of both formats have in common. A parser is fed chunks of a file and calls a handler for each packet;
// it keeps no bytes: what it did not consume stands at the beginning of the next chunk.
import type { PacketFilter } from '../bpf/index.ts';
import type { LinkType, PacketHandler } from '../packet/index.ts';
import type { Block } from './blocks.ts';
import type { Damage } from './damage.ts';
import type { InterfaceDescription } from './interface-description.ts';

/** Called for each pcapng block that is not a packet. Returning false stops the parser behind it. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that never stops returns nothing
export type BlockHandler = (block: Block) => boolean | void;

/** The filter for the packets of a link type: asked for whenever the type changes. */
export type FilterFor = (linkType: LinkType) => PacketFilter;

/**
 * A file read piece by piece.
 *
 *   const parser = createParser(first, 0, first.length);
 *   let used = parser.parse(chunk, 0, chunk.length, (packet) => console.log(packet.capturedLength));
 *   // ... move the rest to the front, read more behind it, parse again; at the end:
 *   parser.finish(chunk.length - used);
 *   if (parser.damage) console.error(parser.damage.reason);
 */
export interface CaptureParser {
  readonly format: 'pcap' | 'pcapng';
  /** Of the section being read. */
  readonly byteOrder: 'little' | 'big';
  /** The interfaces met so far, of all sections; a pcap file has one. */
  readonly interfaces: readonly InterfaceDescription[];
  /** Packets delivered or counted so far. */
  readonly packetCount: number;
  /** Those of them that `countMatches` found to be wanted. */
  readonly matchCount: number;
  /** Bytes of the file consumed so far. */
  readonly position: number;
  /** Bytes that the next record needs at least, from the first one not consumed. */
  readonly needed: number;
  /** True when the last call ended because a handler returned false, `stop` was called or the limit was reached. */
  readonly stopped: boolean;
  /** Set once the file cannot be read further; nothing is consumed from then on. */
  readonly damage: Damage | undefined;
  /** Reads up to the first interface and leaves packets alone; returns how many bytes that was. */
  begin(bytes: Uint8Array, start: number, end: number): number;
  /** Delivers the whole records in bytes[start .. end); returns how many bytes that were. */
  parse(bytes: Uint8Array, start: number, end: number, handler: PacketHandler): number;
  /** The same without delivering, up to `limit` packets: only counts them, several times as fast. */
  count(bytes: Uint8Array, start: number, end: number, limit?: number): number;
  /** Counts in `matchCount` those that a filter keeps, up to `limit` of them. */
  countMatches(bytes: Uint8Array, start: number, end: number, limit: number, filterFor: FilterFor): number;
  /** Ends the running `parse` after the current packet; for use in a handler. */
  stop(): void;
  /** Says that the file has ended; `left` bytes of it were not consumed. */
  finish(left: number): void;
}

/** The reason given when a file ends within a record. */
export function cutOff(what: string, left: number, needed: number): string {
  return `the file ends within ${what}: ${left} of ${left >= needed ? 'more' : needed} bytes are there`;
}
