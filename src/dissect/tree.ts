// What a protocol's `dissect` works with: the packet's bytes with checked reads that also add a field, and the way
// on to the next protocol. The result is plain data: layers of fields, with Wireshark's names.
//
// Reads past the captured bytes throw TRUNCATED; `dissect` in index.ts catches it and says where it stopped.
import { formatIpv4, formatIpv6, formatMac, readU16, readU24, readU32, readU64 } from '../bytes/index.ts';
import type { Packet } from '../wire/index.ts';
import type { Protocol, Tables } from './protocol.ts';
import { TRUNCATED } from './truncated.ts';

/** Addresses are text in the usual form; bytes are kept as bytes. */
export type FieldValue = number | bigint | string | boolean | Uint8Array;

export interface Field {
  /** Wireshark's abbreviation: 'ip.src', 'tcp.flags.syn'. */
  name: string;
  /** Where it stands, in bytes from the start of the packet. */
  offset: number;
  length: number;
  value: FieldValue;
  fields?: Field[];
}

export interface ProtocolLayer {
  /** Wireshark's abbreviation of the protocol: 'eth', 'ip', 'udp'. */
  protocol: string;
  offset: number;
  length: number;
  fields: Field[];
}

/** Why the fields end before the packet does. */
export interface Stopped {
  protocol: string;
  /** Bytes from the start of the packet. */
  offset: number;
  reason: string;
}

export interface Dissection {
  layers: ProtocolLayer[];
  stopped?: Stopped;
}

/** Encapsulations in one packet that are still followed. */
const MAX_DEPTH = 64;

export class Tree {
  readonly tables: Tables;
  readonly bytes: Uint8Array;
  /** Where the packet begins in `bytes`: offsets of fields count from here. */
  readonly start: number;
  /** Where the captured bytes end; headers may move it nearer. */
  end: number;
  readonly packet: Packet;
  readonly layers: ProtocolLayer[] = [];
  /** The enclosing IP header, as in Printer. */
  ipAt = 0;
  ipVersion: 0 | 4 | 6 = 0;
  /** Set by a protocol that found something impossible: kept fields stay, this says why no more follow. */
  stopped: Stopped | undefined;

  /**
   * Labels that all domain names of the packet together may still have behind compression pointers: a name of two bytes
   * can stand for a long one, and 64 KiB of such names cost seconds. Real messages have a few thousand.
   */
  nameStepsLeft = 100_000;

  /** Where fields are being added: the layer's own list, or an open field's. */
  private into: Field[] = [];
  private readonly outer: Field[][] = [];

  constructor(tables: Tables, packet: Packet) {
    this.tables = tables;
    this.packet = packet;
    this.bytes = packet.bytes;
    this.start = packet.offset;
    this.end = packet.offset + packet.capturedLength;
  }

  // --- layers and groups

  /** Begins a layer; fields that follow belong to it, up to the next `layer`. `length` may be set later by `close`. */
  layer(protocol: string, at: number, length: number): ProtocolLayer {
    const layer = { protocol, offset: at - this.start, length: Math.min(length, this.end - at), fields: [] };
    this.layers.push(layer);
    this.into = layer.fields;
    this.outer.length = 0;
    return layer;
  }

  /** Begins a field that has fields below it, as long as said or as was captured; `shut` ends it. */
  open(name: string, at: number, length: number, value: FieldValue = ''): Field {
    const captured = Math.max(0, Math.min(length, this.end - at));
    const field: Field = { ...this.add(name, at, captured, value), fields: [] };
    this.into[this.into.length - 1] = field;
    this.outer.push(this.into);
    this.into = field.fields!;
    return field;
  }

  /** Ends the field opened last; `until` sets its length when that was not known before. */
  shut(until?: number): void {
    const outer = this.outer.pop();
    if (outer === undefined) return;
    const field = outer[outer.length - 1]!;
    if (until !== undefined) field.length = Math.min(until, this.end) - this.start - field.offset;
    this.into = outer;
  }

  add(name: string, at: number, length: number, value: FieldValue): Field {
    const field: Field = { name, offset: at - this.start, length, value };
    this.into.push(field);
    return field;
  }

  /** Ends the dissection here with a reason; what was read stays. */
  stop(protocol: string, at: number, reason: string): void {
    this.stopped ??= { protocol, offset: at - this.start, reason };
  }

  // --- checked reads without a field

  has(at: number, count: number): boolean {
    return at >= 0 && at + count <= this.end;
  }

  need(at: number, count: number): void {
    if (at + count > this.end) throw TRUNCATED;
  }

  peek8(at: number): number {
    this.need(at, 1);
    return this.bytes[at]!;
  }

  peek16(at: number): number {
    this.need(at, 2);
    return readU16(this.bytes, at);
  }

  peek24(at: number): number {
    this.need(at, 3);
    return readU24(this.bytes, at);
  }

  peek32(at: number): number {
    this.need(at, 4);
    return readU32(this.bytes, at);
  }

  // --- reads that add a field and return its value

  u8(name: string, at: number): number {
    return this.add(name, at, 1, this.peek8(at)).value as number;
  }

  u16(name: string, at: number): number {
    return this.add(name, at, 2, this.peek16(at)).value as number;
  }

  u24(name: string, at: number): number {
    return this.add(name, at, 3, this.peek24(at)).value as number;
  }

  u32(name: string, at: number): number {
    return this.add(name, at, 4, this.peek32(at)).value as number;
  }

  u64(name: string, at: number): bigint {
    this.need(at, 8);
    return this.add(name, at, 8, readU64(this.bytes, at)).value as bigint;
  }

  /** Bits `mask` of the `size`-byte word at `at`, shifted down. */
  bits(name: string, at: number, size: 1 | 2 | 3 | 4, mask: number): number {
    const word =
      size === 1 ? this.peek8(at) : size === 2 ? this.peek16(at) : size === 3 ? this.peek24(at) : this.peek32(at);
    const value = ((word & mask) >>> 0) / (mask & -mask & 0xffffffff || 1);
    return this.add(name, at, size, Math.abs(value)).value as number;
  }

  /** One bit of the word at `at`, as true or false. */
  flag(name: string, at: number, size: 1 | 2 | 3 | 4, mask: number): boolean {
    const word =
      size === 1 ? this.peek8(at) : size === 2 ? this.peek16(at) : size === 3 ? this.peek24(at) : this.peek32(at);
    return this.add(name, at, size, (word & mask) !== 0).value as boolean;
  }

  ipv4(name: string, at: number): string {
    this.need(at, 4);
    return this.add(name, at, 4, formatIpv4(this.bytes, at)).value as string;
  }

  ipv6(name: string, at: number): string {
    this.need(at, 16);
    return this.add(name, at, 16, formatIpv6(this.bytes, at)).value as string;
  }

  mac(name: string, at: number): string {
    this.need(at, 6);
    return this.add(name, at, 6, formatMac(this.bytes, at)).value as string;
  }

  /** A copy of the bytes. */
  raw(name: string, at: number, length: number): Uint8Array {
    this.need(at, length);
    return this.add(name, at, length, this.bytes.slice(at, at + length)).value as Uint8Array;
  }

  /** The bytes as Latin-1 text. */
  string(name: string, at: number, length: number): string {
    this.need(at, length);
    let text = '';
    for (let i = 0; i < length; i++) text += String.fromCharCode(this.bytes[at + i]!);
    return this.add(name, at, length, text).value as string;
  }

  /** True when one more header may be entered; else the dissection stops here. */
  descend(protocol: string, at: number): boolean {
    if (this.layers.length < MAX_DEPTH) return true;
    this.stop(protocol, at, 'too many nested encapsulations');
    return false;
  }

  // --- on to the next protocol; what nobody knows becomes a layer 'data'

  etherType(type: number, at: number, end: number): void {
    this.hand(this.tables.etherType.get(type), at, end);
  }

  ipProtocol(protocol: number, at: number, end: number): void {
    this.hand(this.tables.ipProtocol[protocol], at, end);
  }

  udpPorts(source: number, destination: number, at: number, end: number): void {
    this.hand(this.tables.udpPort.find(source, destination), at, end);
  }

  tcpPorts(source: number, destination: number, at: number, end: number): void {
    this.hand(this.tables.tcpPort.find(source, destination), at, end);
  }

  data(at: number, end: number): void {
    const stop = Math.min(end, this.end);
    if (stop <= at) return;
    this.layer('data', at, stop - at);
    this.raw('data.data', at, stop - at);
  }

  private hand(protocol: Protocol | undefined, at: number, end: number): void {
    if (at >= end) return;
    if (protocol === undefined) this.data(at, end);
    else if (this.descend(protocol.name, at)) protocol.dissect(this, at, end);
  }
}
