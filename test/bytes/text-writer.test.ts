// The text writer's other pieces: hexadecimal, raw bytes, growth. Decimal numbers and addresses have tests of their own.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextWriter } from '../../src/bytes/index.ts';

function written(write: (out: TextWriter) => void, capacity = 1): string {
  const out = new TextWriter(capacity);
  write(out);
  return out.toString();
}

describe('TextWriter', () => {
  it('writes hexadecimal as toString(16) and padStart do', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 16 }), (value, width) => {
        expect(written((out) => out.hex(value, width))).toBe(value.toString(16).padStart(width, '0'));
      }),
      { numRuns: 1000 },
    );
    for (const value of [0, 1, 15, 16, 255, 256, 0xffff, 0x10000, 0xffffffff, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      expect(written((out) => out.hex(value))).toBe(value.toString(16));
    }
  });

  it('writes bytes in hexadecimal with and without separator', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
        expect(written((out) => out.hexBytes(bytes, 0, bytes.length))).toBe(digits.join(':'));
        expect(written((out) => out.hexBytes(bytes, 0, bytes.length, 0))).toBe(digits.join(''));
        expect(written((out) => out.hexBytes(bytes, 0, bytes.length, 0x2e))).toBe(digits.join('.'));
      }),
    );
  });

  it('grows from any size, keeping what it has', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.string({ unit: 'grapheme-ascii' })),
        (capacity, texts) => {
          const all = written((out) => {
            for (const text of texts) {
              out.text(text);
              out.byte(0x0a);
              out.fill(text.length % 5);
              out.raw(Uint8Array.from(Buffer.from(text)), 0, text.length);
            }
          }, capacity);
          expect(all).toBe(texts.map((text) => `${text}\n${' '.repeat(text.length % 5)}${text}`).join(''));
        },
      ),
    );
  });

  it('holds all of Latin-1, and long texts', () => {
    const text = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
      .join('')
      .repeat(200);
    expect(written((out) => out.text(text))).toBe(text);
    const out = new TextWriter();
    out.text('before');
    const from = out.length;
    out.text('after');
    expect(out.toString(from)).toBe('after');
    out.clear();
    expect(out.toString()).toBe('');
  });
});
