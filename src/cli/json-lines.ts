// --json: a line of JSON a packet. The names of its members are API:
//
//   number      which packet this is, from 1
//   time        RFC 3339 in UTC, nine digits of a second
//   interface   name, or number where the source has no name
//   length, capturedLength   bytes on the wire, and captured
//   linkType    LINKTYPE_ value
//   packetType, vlan, comments   what came with the packet besides its bytes, where there is such
//   layers      the protocols in order, by Wireshark's names, each with its fields by Wireshark's names
//   stopped     where and why the fields end before the packet does
//
// A name that comes once has a value, a name that comes again an array of values, as in tshark's -T json with
// --no-duplicate-keys. What a field holds within it stands under its name with _tree. Fields that only stand together,
// under a heading that Wireshark has no name for, are an object in the array `groups`, with the heading as `group`.
// Bytes are hexadecimal text, and numbers above 2^53 are decimal text. With -v each layer and field is an object with
// its offset and length.
import type { TextWriter } from '../bytes/index.ts';
import { dissect, type Field, type FieldValue, type ProtocolLayer } from '../dissect/index.ts';
import type { Packet } from '../wire/index.ts';
import { ascii } from './ascii.ts';
import type { LinePrinter } from './text-sink.ts';

type Json = number | string | boolean | null | Json[] | { [name: string]: Json };
type JsonObject = { [name: string]: Json };

/** sll_pkttype in words, by PACKET_TYPE. */
const PACKET_TYPES = ['host', 'broadcast', 'multicast', 'otherhost', 'outgoing', 'loopback'];

export class JsonPrinter implements LinePrinter {
  private readonly out: TextWriter;
  /** Offsets and lengths too. */
  private readonly places: boolean;
  private count = 0;

  constructor(out: TextWriter, places: boolean) {
    this.out = out;
    this.places = places;
  }

  packet(packet: Packet): void {
    this.count++;
    const { layers, stopped } = dissect(packet);
    const line: JsonObject = {
      number: this.count,
      time: time(packet.seconds, packet.nanoseconds),
      interface: packet.interfaceName ?? packet.interfaceIndex,
      length: packet.originalLength,
      capturedLength: packet.capturedLength,
      linkType: packet.linkType,
      ...besides(packet),
      layers: this.layers(layers),
      ...(stopped && { stopped: { ...stopped } }),
    };
    this.out.text(ascii(JSON.stringify(line)));
    this.out.byte(0x0a);
  }

  private layers(layers: readonly ProtocolLayer[]): JsonObject {
    const members: JsonObject = {};
    for (const { protocol, offset, length, fields } of layers) {
      const inside = this.fields(fields);
      add(members, protocol, this.places ? { offset, length, fields: inside } : inside);
    }
    return members;
  }

  private fields(fields: readonly Field[]): JsonObject {
    const members: JsonObject = {};
    for (const field of fields) {
      if (field.name === '') this.addGroup(members, field);
      else if (this.places) add(members, field.name, this.placed(field));
      else this.addPlain(members, field);
    }
    return members;
  }

  private addPlain(members: JsonObject, { name, value, fields }: Field): void {
    if (value !== '' || fields === undefined) add(members, name, plain(value));
    if (fields !== undefined) add(members, `${name}_tree`, this.fields(fields));
  }

  private placed({ value, offset, length, fields }: Field): Json {
    const place: JsonObject = { value: plain(value), offset, length };
    if (fields !== undefined) place.fields = this.fields(fields);
    return place;
  }

  private addGroup(members: JsonObject, { value, offset, length, fields = [] }: Field): void {
    members.groups ??= [];
    const inside = this.fields(fields);
    const group: JsonObject = this.places ? { offset, length, fields: inside } : inside;
    (members.groups as Json[]).push({ group: plain(value), ...group });
  }
}

/** A second value under a name makes an array of them; the values themselves are never arrays. */
function add(members: JsonObject, name: string, value: Json): void {
  const before = members[name];
  if (before === undefined) members[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else members[name] = [before, value];
}

function plain(value: FieldValue): Json {
  if (value instanceof Uint8Array) return hex(value);
  if (typeof value !== 'bigint') return value;
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : String(value);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

function besides({ packetType, vlan, options }: Packet): JsonObject {
  const members: JsonObject = {};
  if (packetType !== undefined) members.packetType = PACKET_TYPES[packetType] ?? packetType;
  if (vlan !== undefined) members.vlan = { tpid: vlan.tpid, tci: vlan.tci };
  if (options?.comments !== undefined) members.comments = [...options.comments];
  return members;
}

function time(seconds: number, nanoseconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length)}.${String(nanoseconds).padStart(9, '0')}Z`;
}
