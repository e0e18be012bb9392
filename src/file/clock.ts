// Timestamps of pcapng: 64-bit counts of an interface's own unit (if_tsresol, if_tsoffset), to and from seconds and
// nanoseconds. The counts come as two 32-bit halves, and are divided without bigint where the unit allows it.

const BINARY = 0x80;
const LARGEST_DECIMAL = 19;
const LARGEST_BINARY = 63;
const HALF = 0x1_0000_0000;

/** Filled in place of a result, so that reading a time allocates nothing. */
export interface TimeTarget {
  seconds: number;
  nanoseconds: number;
}

export const MICROSECOND_RESOLUTION = 6;
export const NANOSECOND_RESOLUTION = 9;

/** How an interface counts time. */
export class Clock {
  readonly offset: number;
  private readonly unitsPerSecond: bigint;
  /** Both are exact numbers for units that are whole nanoseconds, which is what programs write; 0 otherwise. */
  private readonly units: number;
  private readonly nanosecondsPerUnit: number;

  constructor(resolution: number = MICROSECOND_RESOLUTION, offset: bigint = 0n) {
    this.offset = Number(offset);
    this.unitsPerSecond = unitsPerSecond(resolution);
    const whole = resolution <= NANOSECOND_RESOLUTION;
    this.units = whole ? Number(this.unitsPerSecond) : 0;
    this.nanosecondsPerUnit = whole ? 1e9 / this.units : 0;
  }

  read(high: number, low: number, into: TimeTarget): void {
    if (this.units === 0) this.readFine(high, low, into);
    else this.readWhole(high, low, into);
  }

  /** Long division by 16-bit steps: every intermediate stays under 2^53, every quotient is exact. */
  private readWhole(high: number, low: number, into: TimeTarget): void {
    const { units } = this;
    const first = Math.floor(high / units);
    const second = (high - first * units) * 0x10000 + (low >>> 16);
    const middle = Math.floor(second / units);
    const third = (second - middle * units) * 0x10000 + (low & 0xffff);
    const last = Math.floor(third / units);
    into.seconds = first * HALF + middle * 0x10000 + last + this.offset;
    into.nanoseconds = (third - last * units) * this.nanosecondsPerUnit;
  }

  private readFine(high: number, low: number, into: TimeTarget): void {
    const count = (BigInt(high) << 32n) | BigInt(low);
    into.seconds = Number(count / this.unitsPerSecond) + this.offset;
    into.nanoseconds = Number(((count % this.unitsPerSecond) * 1_000_000_000n) / this.unitsPerSecond);
  }
}

function unitsPerSecond(resolution: number): bigint {
  return resolution & BINARY ? 1n << BigInt(resolution & ~BINARY) : 10n ** BigInt(resolution);
}

/** False for resolutions whose second does not fit 64 bits; libpcap refuses the same ones. */
export function isUsableResolution(resolution: number): boolean {
  return resolution & BINARY ? (resolution & ~BINARY) <= LARGEST_BINARY : resolution <= LARGEST_DECIMAL;
}

/** True when the unit is finer than a microsecond. */
export function isFinerThanMicroseconds(resolution: number): boolean {
  return unitsPerSecond(resolution) > 1_000_000n;
}

/** Writes a count of units (10^6 or 10^9 a second) as two halves at `at`: high, then low. */
export function writeTicks(
  view: DataView,
  at: number,
  seconds: number,
  fraction: number,
  units: number,
  littleEndian: boolean,
): void {
  const secondsUpper = Math.floor(seconds / 0x10000);
  const upper = secondsUpper * units;
  const upperHigh = Math.floor(upper / 0x10000);
  const lower = (seconds - secondsUpper * 0x10000) * units + fraction + (upper - upperHigh * 0x10000) * 0x10000;
  view.setUint32(at, upperHigh + Math.floor(lower / HALF), littleEndian);
  view.setUint32(at + 4, lower, littleEndian); // taken modulo 2^32
}
