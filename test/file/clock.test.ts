// pcapng timestamps against the same arithmetic in bigint.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Clock, writeTicks } from '../../src/file/clock.ts';

const U32 = fc.nat(0xffff_ffff);

function expected(count: bigint, unitsPerSecond: bigint): [number, number] {
  const fraction = ((count % unitsPerSecond) * 1_000_000_000n) / unitsPerSecond;
  return [Number(count / unitsPerSecond), Number(fraction)];
}

describe('reading', () => {
  it.each([
    ...Array.from({ length: 20 }, (_, n) => [n, 10n ** BigInt(n)] as const),
    ...Array.from({ length: 64 }, (_, n) => [0x80 | n, 2n ** BigInt(n)] as const),
  ])('a resolution of %i', (resolution, unitsPerSecond) => {
    const clock = new Clock(resolution);
    fc.assert(
      fc.property(U32, U32, (high, low) => {
        const time = { seconds: 0, nanoseconds: 0 };
        clock.read(high, low, time);
        expect([time.seconds, time.nanoseconds]).toEqual(expected((BigInt(high) << 32n) | BigInt(low), unitsPerSecond));
      }),
    );
  });
});

it('writing microseconds and nanoseconds', () => {
  const view = new DataView(new ArrayBuffer(8));
  fc.assert(
    fc.property(U32, fc.nat(999_999), fc.constantFrom(1_000_000, 1_000_000_000), (seconds, fraction, units) => {
      writeTicks(view, 0, seconds, fraction, units, false);
      expect(view.getBigUint64(0)).toBe(BigInt(seconds) * BigInt(units) + BigInt(fraction));
    }),
  );
});
