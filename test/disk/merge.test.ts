// Merging capture files by time.

import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergeCaptures, openCapture } from '../../src/disk/index.ts';
import { PcapngWriter, PcapWriter } from '../../src/file/index.ts';
import { OwnedPacket } from '../../src/wire/index.ts';
import { fileOf } from '../support/capture-files.ts';
import { temporaryFolder } from '../support/folder.ts';

const inFolder = temporaryFolder();

interface Stamp {
  seconds: number;
  nanoseconds: number;
}

const byTime = (a: Stamp, b: Stamp) => a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
const stamp = fc.record({ seconds: fc.nat(3), nanoseconds: fc.nat(2) });
const sortedStamps = fc.array(stamp, { maxLength: 8 }).map((stamps) => stamps.sort(byTime));

/** Saves one file per list of times; a packet's bytes tell its file and place, its link type the file. */
function save(lists: readonly Stamp[][]): { paths: string[]; packets: OwnedPacket[] } {
  const packets = lists.map((stamps, file) =>
    stamps.map((time, place) => new OwnedPacket(Uint8Array.of(file, place), { linkType: 101 + file, ...time })),
  );
  const paths = packets.map((some, file) => {
    const options = { linkType: 101 + file, nanoseconds: true };
    const bytes = fileOf(file % 2 === 0 ? new PcapWriter(options) : new PcapngWriter(options), some);
    writeFileSync(inFolder(String(file)), bytes);
    return inFolder(String(file));
  });
  return { paths, packets: packets.flat() };
}

it('keeps the order of time, and of files where times are equal', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sortedStamps, { minLength: 1, maxLength: 4 }), async (lists) => {
      const { paths, packets } = save(lists);
      using merged = mergeCaptures(await Promise.all(paths.map((path) => openCapture(path))));
      const seen: number[][] = [];
      await merged.packets((packet) => {
        seen.push([packet.linkType, ...packet.data]);
      });
      expect(seen).toEqual(packets.sort(byTime).map((packet) => [packet.linkType, ...packet.data]));
      expect(merged.statistics()).toEqual({ received: packets.length });
    }),
    { numRuns: 50 },
  );
});

it('goes on where a handler stopped, and ends when asked to', async () => {
  const times = [1, 2, 3, 4].map((seconds) => ({ seconds, nanoseconds: 0 }));
  const { paths } = save([times, times]);
  using merged = mergeCaptures(await Promise.all(paths.map((path) => openCapture(path))));
  const seen: number[] = [];
  await merged.packets((packet) => seen.push(packet.seconds) < 3);
  await merged.packets((packet) => {
    seen.push(packet.seconds);
    if (packet.seconds === 3) merged.stop();
  });
  expect(seen).toEqual([1, 1, 2, 2, 3]);
});

it('delivers all of a damaged file up to the damage, and all of the others', async () => {
  const times = [1, 2, 3].map((seconds) => ({ seconds, nanoseconds: 0 }));
  const { paths } = save([times, times]);
  const whole = fileOf(
    new PcapWriter(),
    [1, 5].map((seconds) => new OwnedPacket(new Uint8Array(9), { linkType: 1, seconds })),
  );
  writeFileSync(inFolder('cut'), whole.subarray(0, whole.length - 1));
  const files = await Promise.all([inFolder('cut'), ...paths].map((path) => openCapture(path)));
  using merged = mergeCaptures(files);
  const seen: number[] = [];
  await merged.packets((packet) => {
    seen.push(packet.seconds);
  });
  expect(seen).toEqual([1, 1, 1, 2, 2, 3, 3]);
  expect(files.map((file) => file.damage?.offset)).toEqual([49, undefined, undefined]);
});
