// Counting with a filter: the same number as delivering every packet to it, in both formats, however the file is cut.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PacketFilter } from '../../src/bpf/index.ts';
import { createParser, PcapngWriter, PcapWriter } from '../../src/file/index.ts';
import type { Packet } from '../../src/wire/index.ts';
import { fileOf, type PacketPlan, packetOf, packetPlan, readWhole } from '../support/capture-files.ts';

/** Wants packets by their bytes, their lengths and their link type. */
const filterFor =
  (linkType: number): PacketFilter =>
  (bytes, offset, captured, original) =>
    captured > 0 && (bytes[offset]! + bytes[offset + captured - 1]! + captured + original + linkType) % 3 !== 0 ? 1 : 0;

const isWanted = ({ bytes, offset, capturedLength, originalLength, linkType }: Packet) =>
  filterFor(linkType)(bytes, offset, capturedLength, originalLength) !== 0;

/** Counts in a file given in chunks of one size. */
function countInChunks(file: Uint8Array, size: number, limit = Number.POSITIVE_INFINITY) {
  const parser = createParser(file)!;
  let rest = new Uint8Array(0);
  for (let at = 0; at < file.length && !parser.stopped && parser.damage === undefined; at += size) {
    const chunk = Buffer.concat([rest, file.subarray(at, at + size)]);
    const used = parser.countMatches(chunk, 0, chunk.length, limit - parser.matchCount, filterFor);
    rest = Uint8Array.from(chunk.subarray(used));
  }
  return parser;
}

const FORMATS = {
  pcap: (plans: readonly PacketPlan[]) =>
    fileOf(
      new PcapWriter({ linkType: 1, snapLength: 300 }),
      plans.map((plan) => packetOf(plan, { linkType: 1 })),
    ),
  pcapng: (plans: readonly PacketPlan[]) =>
    fileOf(
      new PcapngWriter(),
      plans.map((plan) => packetOf(plan)),
    ),
};

describe.each(Object.entries(FORMATS))('%s', (_, build) => {
  it('counts what is wanted of the packets, in chunks of any size', () => {
    fc.assert(
      fc.property(fc.array(packetPlan, { maxLength: 30 }), fc.integer({ min: 1, max: 3000 }), (plans, size) => {
        const file = build(plans);
        const { packets } = readWhole(file);
        const parser = countInChunks(file, size);
        expect([parser.matchCount, parser.packetCount]).toEqual([packets.filter(isWanted).length, packets.length]);
      }),
    );
  });

  it('stops at the limit', () => {
    fc.assert(
      fc.property(
        fc.array(packetPlan, { minLength: 20, maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        (plans, limit) => {
          const file = build(plans);
          const { packets } = readWhole(file);
          const parser = countInChunks(file, 700, limit);
          const wanted = packets.filter(isWanted);
          expect(parser.matchCount).toBe(Math.min(limit, wanted.length));
          if (wanted.length >= limit) expect(parser.packetCount).toBe(packets.indexOf(wanted[limit - 1]!) + 1);
        },
      ),
    );
  });
});

it('stops in front of a damaged record', () => {
  const file = FORMATS.pcap([]);
  const damaged = Uint8Array.from([...file, ...new Uint8Array(8), 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0]);
  const parser = createParser(damaged)!;
  expect(parser.countMatches(damaged, 0, damaged.length, Number.POSITIVE_INFINITY, filterFor)).toBe(file.length);
  expect(parser.damage?.offset).toBe(file.length);
});
