// Decimal numbers as TextWriter writes them, against String and padStart.
import { expect, test } from 'vitest';
import { TextWriter } from '../../src/bytes/index.ts';
import { Random, seedFor } from '../support/random.ts';

const EDGES = [0, 1, 9, 10, 99, 100, 101, 999_999, 1_000_000, 999_999_999, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1];

function values(): number[] {
  const random = new Random(seedFor('decimal'));
  return [...EDGES, ...Array.from({ length: 2000 }, () => random.below(2 ** (1 + random.below(31))))];
}

function written(write: (out: TextWriter) => void): string {
  const out = new TextWriter(1);
  write(out);
  return out.toString();
}

test('decimal', () => {
  for (const value of values()) {
    expect(written((out) => out.decimal(value))).toBe(String(value));
    expect(written((out) => out.decimal(-value))).toBe(String(value === 0 ? 0 : -value));
  }
});

test('decimalPadded', () => {
  for (const value of values()) {
    for (const width of [1, 2, 6, 9]) {
      expect(written((out) => out.decimalPadded(value, width))).toBe(String(value).padStart(width, '0'));
    }
  }
});
