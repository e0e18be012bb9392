// Generated packets and files for the tests of capture files: fast-check arbitraries, and reading and writing in one call.
import fc from 'fast-check';
import { type CaptureEncoder, type CaptureParser, createParser, type Damage } from '../../src/file/index.ts';
import { copyPacket, OwnedPacket, type Packet, type PacketOptions } from '../../src/wire/index.ts';

const U32 = fc.nat(0xffff_ffff);
const U64 = fc.bigInt(0n, 0xffff_ffff_ffff_ffffn);
const shortBytes = (maxLength = 40) => fc.uint8Array({ maxLength });
const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const list = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: 1, maxLength: 3 });

/** Codes that no table knows, so that they stay raw. */
const rawOption = fc.record({ code: fc.constantFrom(999, 2988, 2989, 19372, 0x8001), value: shortBytes() });

const packetOptions: fc.Arbitrary<PacketOptions> = fc.record(
  {
    comments: list(text),
    flags: U32,
    dropCount: U64,
    packetId: U64,
    queue: U32,
    verdicts: list(fc.record({ kind: fc.nat(255), data: shortBytes() })),
    hashes: list(shortBytes()),
    others: list(rawOption),
  },
  { requiredKeys: [] },
);

export interface PacketPlan {
  data: Uint8Array;
  more: number;
  seconds: number;
  nanoseconds: number;
  interfaceIndex: number;
  linkType: number;
  options: PacketOptions;
}

export const packetPlan: fc.Arbitrary<PacketPlan> = fc.record({
  data: fc.oneof(shortBytes(100), fc.uint8Array({ minLength: 180, maxLength: 400 })),
  more: fc.nat(2000),
  seconds: fc.nat(0xffff_ffff),
  nanoseconds: fc.nat(999_999_999),
  interfaceIndex: fc.nat(3),
  linkType: fc.constantFrom(0, 1, 101, 113, 276),
  options: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, packetOptions),
});

export function packetOf(plan: PacketPlan, fixed: Partial<PacketPlan> = {}): OwnedPacket {
  const { data, more, options, ...rest } = { ...plan, ...fixed };
  const some = Object.keys(options).length > 0 ? options : undefined;
  return new OwnedPacket(data, { ...rest, originalLength: data.length + more, options: some });
}

/** All that a pcapng file keeps of a packet, for comparing. */
export function contentOf(packet: Packet): object {
  const { capturedLength, originalLength, seconds, nanoseconds, linkType, options } = packet;
  return {
    data: Uint8Array.from(packet.data),
    capturedLength,
    originalLength,
    seconds,
    nanoseconds,
    linkType,
    options,
  };
}

/** Time, link type, lengths and bytes of a packet in one line: quick to compare where there are many. */
export function lineOf(packet: Packet): string {
  const { seconds, nanoseconds, linkType, originalLength } = packet;
  return `${seconds}.${nanoseconds} ${linkType} ${originalLength} ${Buffer.from(packet.data).toString('hex')}`;
}

/** The whole file with these packets. */
export function fileOf(encoder: CaptureEncoder, packets: readonly Packet[]): Uint8Array {
  encoder.begin();
  for (const packet of packets) encoder.packet(packet);
  encoder.end();
  return encoder.output.bytes.slice(0, encoder.output.length);
}

export interface Reading {
  packets: OwnedPacket[];
  damage: Damage | undefined;
  parser: CaptureParser;
  /** What createParser and its parsers were at most told to keep in one piece, bytes. */
  largestNeed: number;
}

/** Reads a file given in chunks of these sizes (the last one repeated), as a caller would: rest to the front, next behind. */
export function readInChunks(file: Uint8Array, sizes: readonly number[], parser = createParser(file)!): Reading {
  const packets: OwnedPacket[] = [];
  let largestNeed = 0;
  let rest = new Uint8Array(0);
  for (let at = 0, i = 0; at < file.length; i++) {
    const size = sizes[Math.min(i, sizes.length - 1)]!;
    const chunk = Buffer.concat([rest, file.subarray(at, at + size)]);
    at += size;
    const used = parser.parse(chunk, 0, chunk.length, (packet) => {
      packets.push(copyPacket(packet));
    });
    largestNeed = Math.max(largestNeed, parser.needed);
    rest = Uint8Array.from(chunk.subarray(used));
    if (parser.damage) break;
  }
  if (!parser.damage) parser.finish(rest.length);
  return { packets, damage: parser.damage, parser, largestNeed };
}

export function readWhole(file: Uint8Array, parser?: CaptureParser): Reading {
  return readInChunks(file, [Math.max(1, file.length)], parser);
}
