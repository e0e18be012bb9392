// Our UTF-8 against the platform's.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeUtf8 } from '../../src/bytes/index.ts';

it('decodes what TextEncoder encodes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decodeUtf8(new TextEncoder().encode(text))).toBe(text);
    }),
  );
});

it('puts a replacement where TextDecoder does, if not always as many', () => {
  const runs = (value: string) => value.replace(/\ufffd+/g, '\ufffd');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
      const theirs = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
      expect(runs(decodeUtf8(bytes))).toBe(runs(theirs));
    }),
    { numRuns: 2000 },
  );
});

it('decodes a range', () => {
  expect(decodeUtf8(new TextEncoder().encode('aüb'), 1, 3)).toBe('ü');
  expect(decodeUtf8(new TextEncoder().encode('aüb'), 1, 2)).toBe('\ufffd');
});
