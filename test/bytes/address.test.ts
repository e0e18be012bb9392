// Addresses as text: against Node's net module (and through it inet_pton), and there and back.
import net from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatIpv4,
  formatIpv6,
  formatMac,
  parseIpv4,
  parseIpv6,
  parseMac,
  TextWriter,
} from '../../src/bytes/index.ts';

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
/** Sixteen bytes with runs of zero groups, which is where the text forms differ. */
const ipv6Bytes = fc
  .array(fc.constantFrom(0, 0, 0, 1, 0xffff, 0x0db8, 0x0a, 0x1000), { minLength: 8, maxLength: 8 })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));

/** What the URL parser, which is WHATWG's, makes of an address: RFC 5952 without dotted tails. */
function normalised(text: string): string {
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

/** The eight groups of an address, dotted tails and runs of zeros written out. */
function groups(text: string): number[] {
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16)).join(':'),
  );
  const [left, right] = plain.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = right === undefined ? [] : Array<string>(8 - left!.length - right.length).fill('0');
  return [...left!, ...zeros, ...(right ?? [])].map((group) => Number.parseInt(group, 16));
}

describe('IPv4 addresses', () => {
  it('are written as Node reads them, and read back', () => {
    fc.assert(
      fc.property(octets(4), (bytes) => {
        const text = formatIpv4(bytes);
        expect(net.isIPv4(text)).toBe(true);
        expect(text).toBe(bytes.join('.'));
        expect(parseIpv4(text)).toEqual(bytes);
      }),
    );
  });

  it('are read from whole texts only', () => {
    for (const text of [
      '',
      '1',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '1.2.3.',
      ' 1.2.3.4',
      '1.2.3.4 ',
      '1.2.3.x',
      '0x1.2.3.4',
    ]) {
      expect(parseIpv4(text), text).toBeUndefined();
      expect(net.isIPv4(text), text).toBe(false);
    }
  });

  it('are read from anywhere in an array', () => {
    expect(formatIpv4(Uint8Array.of(9, 9, 192, 0, 2, 1), 2)).toBe('192.0.2.1');
  });
});

describe('IPv6 addresses', () => {
  it('are written as Node reads them, and read back', () => {
    fc.assert(
      fc.property(fc.oneof(ipv6Bytes, octets(16)), (bytes) => {
        const text = formatIpv6(bytes);
        expect(net.isIPv6(text), text).toBe(true);
        expect(parseIpv6(text), text).toEqual(bytes);
        expect(groups(text)).toEqual(Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!));
        if (!text.includes('.')) expect(text).toBe(normalised(text));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['00010000000000000000000000000000', '1::'],
    ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
    ['00000000000000000000ffff00000001', '::ffff:0.0.0.1'],
    ['000000000000000000000000c0000201', '::192.0.2.1'],
    ['00000000000000000000000000010000', '::0.1.0.0'],
    ['00010000000000010000000000000000', '1:0:0:1::'],
    ['00010000000000010000000000000001', '1:0:0:1::1'],
    ['00010000000000000001000000000001', '1::1:0:0:1'],
    ['20010db80000000000000000000000ff', '2001:db8::ff'],
  ])('%s is %s, as inet_ntop writes it', (hex, text) => {
    expect(formatIpv6(Uint8Array.from(Buffer.from(hex, 'hex')))).toBe(text);
  });

  it('are read in every form that Node takes', () => {
    const forms = [
      ...[
        '::',
        '::1',
        '1::',
        '1:2:3:4:5:6:7:8',
        '1:2:3:4:5:6:7::',
        '::2:3:4:5:6:7:8',
        '2001:DB8::1',
        '0:0:0:0:0:0:0:0',
      ],
      ...[
        '::1.2.3.4',
        '64:ff9b::1.2.3.4',
        '1:2:3:4:5:6:1.2.3.4',
        '1:2:3:4:5:6:7:8:9',
        '1::2::3',
        ':1',
        '1:',
        ':::',
        '12345::',
      ],
      ...[
        '::1.2.3',
        '::1.2.3.4.5',
        '1.2.3.4',
        '::g',
        '',
        ':',
        '1:2:3:4:5:6:7:1.2.3.4',
        '::1.2.3.256',
        'fe80::1 ',
        '1::2:3:4:5:6:7:8',
      ],
    ];
    for (const text of forms) expect(parseIpv6(text) !== undefined, text).toBe(net.isIPv6(text));
  });
});

describe('MAC addresses', () => {
  it('are written with colons, and read with colons or dashes', () => {
    fc.assert(
      fc.property(octets(6), (bytes) => {
        const text = formatMac(bytes);
        expect(text).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
        expect(parseMac(text)).toEqual(bytes);
        expect(parseMac(text.replaceAll(':', '-').toUpperCase())).toEqual(bytes);
      }),
    );
    expect(parseMac('1:2:3:4:5:6')).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect(formatMac(Uint8Array.of(1, 2, 0xab), 1, 2)).toBe('02:ab');
  });

  it('are read from whole texts only', () => {
    for (const text of ['', '1:2:3:4:5', '1:2:3:4:5:6:7', '1:2:3:4:5:g', '001:2:3:4:5:6', '::::::', 'Broadcast']) {
      expect(parseMac(text), text).toBeUndefined();
    }
  });
});

describe('the text writer', () => {
  it('writes the same addresses', () => {
    const out = new TextWriter(4);
    const written = (write: () => void) => {
      out.clear();
      write();
      return out.toString();
    };
    fc.assert(
      fc.property(fc.oneof(ipv6Bytes, octets(16)), (bytes) => {
        expect(written(() => out.ipv4(bytes, 3))).toBe(formatIpv4(bytes, 3));
        expect(written(() => out.ipv6(bytes, 0))).toBe(formatIpv6(bytes));
        expect(written(() => out.mac(bytes, 5))).toBe(formatMac(bytes, 5));
      }),
      { numRuns: 500 },
    );
  });
});
