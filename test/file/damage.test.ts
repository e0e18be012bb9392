// Whatever stands in a file: no throw, no hang, no memory beyond the file's own size, and all packets before the damage.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CaptureEncoder, createParser, PcapngWriter, PcapWriter } from '../../src/file/index.ts';
import { OwnedPacket } from '../../src/wire/index.ts';
import { contentOf, fileOf, packetOf, packetPlan, readInChunks, readWhole } from '../support/capture-files.ts';
import { mutate, Random, seedFor } from '../support/random.ts';

const FILES = 3000;
const LARGEST_NEED = 17 << 20;

const encoders: Record<string, () => CaptureEncoder> = {
  pcap: () => new PcapWriter(),
  'pcap, big-endian': () => new PcapWriter({ byteOrder: 'big', nanoseconds: true }),
  pcapng: () => new PcapngWriter(),
  'pcapng, big-endian': () => new PcapngWriter({ byteOrder: 'big' }),
};

describe.each(Object.entries(encoders))('%s', (_name, encoder) => {
  const packetsOf = (plans: Parameters<typeof packetOf>[0][]) => plans.map((plan) => packetOf(plan, { linkType: 1 }));

  it('cut anywhere: the packets before, and one damage where the cut record begins', () => {
    const property = fc.property(fc.array(packetPlan, { minLength: 1, maxLength: 8 }), fc.nat(), (plans, where) => {
      const file = fileOf(encoder(), packetsOf(plans));
      const cut = 1 + (where % (file.length - 1));
      const ends = endsOf(file);
      const whole = readWhole(file);
      const { packets, damage } = readInChunks(file.subarray(0, cut), [50], createParser(file)!);
      const begin = ends.records.findLast((end) => end <= cut);
      expect(damage?.offset).toBe(begin === cut ? undefined : begin);
      expect(packets.map(contentOf)).toEqual(whole.packets.slice(0, packets.length).map(contentOf));
      expect(packets.length).toBe(ends.packets.filter((end) => end <= cut).length);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('changed anywhere: survives, counts what it delivers, and reads the same in other chunks', () => {
    const random = new Random(seedFor('damaged capture files'));
    for (let i = 0; i < FILES; i++) {
      const packets = Array.from({ length: 1 + random.below(4) }, (_unused, n) => anyPacket(random, n));
      const file = mutate(random, fileOf(encoder(), packets), random.chance(3) ? 0 : 4);
      if (createParser(file) === undefined) continue;
      const whole = readWhole(file);
      const pieces = readInChunks(
        file,
        [1 + random.below(60)],
        createParser(file, 0, () => {}),
      );
      expect(pieces.damage).toEqual(whole.damage);
      expect(pieces.packets).toEqual(whole.packets);
      expect(whole.largestNeed).toBeLessThanOrEqual(LARGEST_NEED);
      expect(countOf(file)).toBe(whole.packets.length);
    }
  });
});

function anyPacket(random: Random, n: number): OwnedPacket {
  const options = random.chance(2)
    ? { comments: ['a', 'bc'], queue: 3, verdicts: [{ kind: 1, data: random.bytes(8) }] }
    : undefined;
  const data = random.bytes(random.below(70));
  return new OwnedPacket(data, {
    linkType: 1,
    seconds: n,
    nanoseconds: 1000 * n,
    interfaceIndex: random.below(2),
    options,
  });
}

function countOf(file: Uint8Array): number {
  const parser = createParser(file)!;
  parser.count(file, 0, file.length);
  return parser.packetCount;
}

/** Where each record (or header), and each packet, of a whole file ends: found by giving the parser a byte more at a time. */
function endsOf(file: Uint8Array): { records: number[]; packets: number[] } {
  const parser = createParser(file)!;
  const records = [0];
  const packets: number[] = [];
  for (let end = 1; end <= file.length; end++) {
    const { packetCount } = parser;
    if (parser.parse(file, records.at(-1)!, end, () => {}) > 0) records.push(parser.position);
    if (parser.packetCount > packetCount) packets.push(end);
  }
  return { records, packets };
}
