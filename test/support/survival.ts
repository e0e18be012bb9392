// Whatever is cut off or changed in a frame, printing and dissecting it ends and throws nothing.
import { expect } from 'vitest';
import { createPrinter, dissect, type Field } from '../../src/dissect/index.ts';
import { OwnedPacket } from '../../src/wire/index.ts';
import { mutate, Random, seedFor } from './random.ts';
import { optionsFor } from './tcpdump.ts';

/** Tries every cut of each frame and many mutations of the bytes from `from` on. The seed is printed. */
export function expectSurvival(name: string, frames: readonly Uint8Array[], from = 0, mutations = 2000): void {
  const printer = createPrinter(optionsFor('vvv'));
  const survive = (bytes: Uint8Array, originalLength: number) => {
    const packet = new OwnedPacket(bytes, { linkType: 1, originalLength });
    printer.out.clear();
    printer.packet(packet);
    expectFieldsWithin(
      dissect(packet).layers.flatMap((layer) => layer.fields),
      bytes.length,
    );
  };
  for (const frame of frames) {
    for (let length = 1; length <= frame.length; length++) survive(frame.slice(0, length), frame.length);
  }
  const random = new Random(seedFor(`${name} survival`));
  for (let i = 0; i < mutations; i++) {
    const frame = mutate(random, random.pick(frames), from);
    if (frame.length > 0) survive(frame, frame.length);
  }
}

/** No field reaches beyond the captured bytes. */
function expectFieldsWithin(fields: readonly Field[], end: number): void {
  for (const field of fields) {
    if (field.offset < 0 || field.length < 0 || field.offset + field.length > end)
      expect.fail(`${field.name} at ${field.offset}, ${field.length} bytes, lies outside of ${end} bytes`);
    if (field.fields !== undefined) expectFieldsWithin(field.fields, end);
  }
}
