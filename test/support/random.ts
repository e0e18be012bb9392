// Random test inputs that can be had again: every run prints its seed, PATHCAP_SEED=n repeats it.

/** mulberry32: a small generator with 32 bits of state. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A whole number from 0 to limit - 1. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * limit);
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** The seed of this run, printed once per use. */
export function seedFor(name: string): number {
  const seed = process.env.PATHCAP_SEED === undefined ? Date.now() % 0x7fffffff : Number(process.env.PATHCAP_SEED);
  console.log(`${name}: PATHCAP_SEED=${seed}`);
  return seed;
}

const INTERESTING = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x0f, 0x10, 0x3f, 0x40, 0x45, 0x7f, 0x80, 0xc0, 0xf0, 0xfe, 0xff];

/** A frame made from another: some bytes changed, now and then a piece cut out, repeated or cut off. */
export function mutate(random: Random, original: Uint8Array, from = 0): Uint8Array {
  let frame = original.slice();
  for (let changes = 1 + random.below(4); changes > 0 && frame.length > from + 1; changes--) {
    const at = from + random.below(frame.length - from);
    switch (random.below(8)) {
      case 0:
        frame = frame.slice(0, at);
        break;
      case 1: {
        const count = 1 + random.below(8);
        frame = Uint8Array.from([...frame.slice(0, at), ...frame.slice(at + count)]);
        break;
      }
      case 2: {
        const count = 1 + random.below(16);
        frame = Uint8Array.from([...frame.slice(0, at), ...frame.slice(at, at + count), ...frame.slice(at)]);
        break;
      }
      case 3:
      case 4:
        frame[at] = random.below(256);
        break;
      case 5:
        frame[at]! ^= 1 << random.below(8);
        break;
      default:
        frame[at] = random.pick(INTERESTING);
    }
  }
  return frame;
}
