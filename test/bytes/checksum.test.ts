// Checksums against vectors that others published.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c, internetChecksum, sumPseudoHeader, sumWords, writeU16 } from '../../src/bytes/index.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('the Internet checksum', () => {
  it('is that of RFC 1071 section 3', () => {
    const bytes = hex('0001 f203 f4f5 f6f7');
    expect(sumWords(bytes, 0, 8)).toBe(0xddf2);
    expect(internetChecksum(bytes, 0, 8)).toBe(0x220d);
  });

  it('is that of a known IPv4 header', () => {
    const header = hex('4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7');
    expect(internetChecksum(header, 0, 20)).toBe(0);
    writeU16(header, 10, 0);
    expect(internetChecksum(header, 0, 20)).toBe(0xb861);
  });

  it('counts an odd last byte as if a zero followed', () => {
    expect(sumWords(hex('0001 f2'), 0, 3)).toBe(sumWords(hex('0001 f200'), 0, 4));
  });

  it('begins anywhere and goes on from a sum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 300 }), fc.nat(), (bytes, at) => {
        const cut = 2 * (at % (bytes.length >> 1));
        const parts = sumWords(bytes, cut, bytes.length - cut, sumWords(bytes, 0, cut));
        // Both zeros of ones' complement are the same sum.
        expect(parts % 0xffff).toBe(sumWords(bytes, 0, bytes.length) % 0xffff);
      }),
    );
  });

  it('of a UDP datagram takes in the pseudo header', () => {
    const addresses = hex('c0000201 c0000202');
    const datagram = hex('9c40 9c41 000d f6c8 68656c6c6f');
    writeU16(datagram, 6, 0);
    const sum = sumPseudoHeader(addresses, 0, 4, 17, datagram.length);
    expect(internetChecksum(datagram, 0, datagram.length, sum)).toBe(0xff7b);
  });

  it('does not overflow on the longest packets', () => {
    expect(sumWords(new Uint8Array(0x40000).fill(0xff), 0, 0x40000)).toBe(0xffff);
  });
});

describe('CRC-32c', () => {
  it.each([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['counting up', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['counting down', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ])('of %s is that of RFC 3720 appendix B.4', (_, bytes, crc) => {
    expect(crc32c(bytes, 0, bytes.length)).toBe(crc);
  });

  it('of "123456789" is 0xe3069283', () => {
    const bytes = Uint8Array.from(Buffer.from('x123456789y'));
    expect(crc32c(bytes, 1, 9)).toBe(0xe3069283);
  });
});
