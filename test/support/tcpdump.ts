// tcpdump as the oracle of the printed text: the same samples through both, packet by packet.
import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { createPrinter, type PrintOptions } from '../../src/dissect/index.ts';
import { OwnedPacket } from '../../src/wire/index.ts';
import { findTool } from './needs.ts';
import { FIRST_SECOND, type Sample, withPcap } from './pcap.ts';
import { mutate, Random, seedFor } from './random.ts';

/** tcpdump's letters as our options; -n and -tt are always on. */
export function optionsFor(letters: string): Partial<PrintOptions> {
  const count = (letter: string) => letters.split(letter).length - 1;
  const dump = count('X') ? 'hex-ascii' : count('x') ? 'hex' : count('A') ? 'ascii' : 'none';
  return {
    verbosity: count('v'),
    linkHeader: count('e') > 0,
    quiet: count('q') > 0,
    absoluteSequence: count('S') > 0,
    skipChecksums: count('K') > 0,
    dump,
    dumpLinkHeader: count('X') > 1 || count('x') > 1 || count('A') > 1,
    time: 2,
    numeric: true,
  };
}

/** What tcpdump prints for each sample: a text a packet, its lines joined as printed. */
export function tcpdumpTexts(samples: readonly Sample[], linkType: number, letters = ''): string[] {
  return withPcap(samples, linkType, (path) => {
    const run = spawnSync(findTool('tcpdump')!, ['-nn', '-tt', ...(letters ? [`-${letters}`] : []), '-r', path], {
      encoding: 'latin1',
      maxBuffer: 1 << 30,
      env: { ...process.env, TZ: 'UTC' },
    });
    return splitTexts(run.stdout, samples.length);
  });
}

/** Splits tt-stamped output into one text a packet, by the seconds that pcapBytes gave them. */
function splitTexts(output: string, count: number): string[] {
  const texts: string[] = [];
  let from = 0;
  for (let i = 0; i < count; i++) {
    const next = `\n${FIRST_SECOND + i + 1}.000000 `;
    const invalid = '\n[Invalid header:';
    let to = output.indexOf(next, from);
    const bad = output.indexOf(invalid, from);
    if (bad >= 0 && (to < 0 || bad < to)) to = bad;
    texts.push(to < 0 ? output.slice(from) : output.slice(from, to + 1));
    from = to < 0 ? output.length : to + 1;
  }
  return texts;
}

/** What we print for each sample. */
export function ourTexts(samples: readonly Sample[], linkType: number, letters = ''): string[] {
  const printer = createPrinter(optionsFor(letters));
  return samples.map((sample, index) => {
    printer.out.clear();
    const originalLength = sample.originalLength ?? sample.bytes.length;
    printer.packet(new OwnedPacket(sample.bytes, { linkType, originalLength, seconds: FIRST_SECOND + index }));
    return printer.out.toString();
  });
}

/** Fails on the first sample whose text differs, showing the bytes that make it, unless the texts excuse it. */
export function expectSameText(
  samples: readonly Sample[],
  linkType = 1,
  letters = '',
  excuse: (ours: string, theirs: string) => boolean = () => false,
): void {
  const theirs = tcpdumpTexts(samples, linkType, letters);
  const ours = ourTexts(samples, linkType, letters);
  ours.forEach((text, i) => {
    const sample = samples[i]!;
    if (text !== theirs[i] && excuse(text, theirs[i]!)) return;
    const about = `sample ${i}, -${letters}, original ${sample.originalLength ?? sample.bytes.length}: ${Buffer.from(sample.bytes).toString('hex')}`;
    expect(text, about).toBe(theirs[i]);
  });
}

export const LETTERS = ['', 'v', 'vvv', 'e', 'q', 'vve', 'Sv', 'X'];

/**
 * Compares texts on mutations of the given frames (changed from byte `from` on, cut at random lengths as a snap length
 * would cut them), for each set of letters. The seed is printed.
 */
export function fuzzAgainstTcpdump(
  name: string,
  frames: readonly Uint8Array[],
  {
    linkType = 1,
    count = 400,
    from = 0,
    letters = LETTERS,
    excuse,
  }: {
    linkType?: number;
    count?: number;
    from?: number;
    letters?: readonly string[];
    /** Accepts a difference, given both texts. */
    excuse?: (ours: string, theirs: string) => boolean;
  } = {},
): void {
  const random = new Random(seedFor(name));
  const samples: Sample[] = frames.map((bytes) => ({ bytes }));
  while (samples.length < count) {
    const whole = random.chance(4) ? random.pick(frames).slice() : mutate(random, random.pick(frames), from);
    if (whole.length === 0) continue;
    const captured = random.chance(3) ? 1 + random.below(whole.length) : whole.length;
    samples.push({ bytes: whole.slice(0, captured), originalLength: whole.length });
  }
  for (const set of letters) expectSameText(samples, linkType, set, excuse);
}
