// Text built as bytes: what printing a packet writes into. One growing array, no string per number or address.
// All text is Latin-1: what tcpdump prints is ASCII, escapes included.
import { isEmbeddedIpv4, longestZeroRun } from './address.ts';
import { readU16 } from './read.ts';

const HEX = Uint8Array.from('0123456789abcdef', (c) => c.charCodeAt(0));

/** Digits of 0 to 255, four bytes each: count, then that many ASCII digits. */
const OCTETS = (() => {
  const table = new Uint8Array(1024);
  for (let n = 0; n < 256; n++) {
    const digits = String(n);
    table[4 * n] = digits.length;
    for (let i = 0; i < digits.length; i++) table[4 * n + 1 + i] = digits.charCodeAt(i);
  }
  return table;
})();

/** Digits of 00 to 99. */
const PAIRS = (() => {
  const table = new Uint8Array(200);
  for (let n = 0; n < 100; n++) {
    table[2 * n] = 0x30 + Math.floor(n / 10);
    table[2 * n + 1] = 0x30 + (n % 10);
  }
  return table;
})();

/** Of this machine: the order in which a Float64Array's bytes lie. */
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

const BILLION = 1e9;

/** By exponent; computing one costs more than writing the number. */
const POWERS_OF_TEN = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, BILLION] as const;

/** Decimal digits of a number below a billion. */
function countDigits(value: number): number {
  const n = value | 0;
  if (n < 10000) return n < 100 ? (n < 10 ? 1 : 2) : n < 1000 ? 3 : 4;
  if (n < 1000000) return n < 100000 ? 5 : 6;
  return n < 10000000 ? 7 : n < 100000000 ? 8 : 9;
}

/** A text for `put`: eight characters a number, as a store of eight bytes takes them. */
export interface ReadyText {
  readonly length: number;
  readonly words: Float64Array;
}

/**
 * Makes an ASCII text ready for `put`, which then copies it eight bytes at a time: 2 ns for up to eight characters
 * where `text` takes one for each.
 */
export function readyText(text: string): ReadyText {
  const bytes = new Uint8Array(Math.ceil(text.length / 8) * 8);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i) & 0x7f;
  return { length: text.length, words: new Float64Array(bytes.buffer) };
}

export class TextWriter {
  /** What was written stands in bytes[0 .. length). */
  bytes: Uint8Array;
  length = 0;

  private view: DataView;

  constructor(capacity = 1 << 16) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.bytes.length, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  clear(): void {
    this.length = 0;
  }

  toString(from = 0): string {
    let text = '';
    for (let at = from; at < this.length; at += 8192) {
      text += String.fromCharCode(...this.bytes.subarray(at, Math.min(at + 8192, this.length)));
    }
    return text;
  }

  byte(code: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = code;
  }

  text(text: string): void {
    const count = text.length;
    if (this.length + count > this.bytes.length) this.reserve(count);
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < count; i++) bytes[at++] = text.charCodeAt(i);
    this.length = at;
  }

  /** A range of another array, byte for byte. */
  raw(source: Uint8Array, at: number, count: number): void {
    this.reserve(count);
    const { bytes } = this;
    let to = this.length;
    for (let i = at; i < at + count; i++) bytes[to++] = source[i]!;
    this.length = to;
  }

  /** `count` spaces (or another byte). */
  fill(count: number, code = 0x20): void {
    this.reserve(count);
    for (let i = 0; i < count; i++) this.bytes[this.length++] = code;
  }

  /** A text made ready beforehand: what hot paths write for every packet. */
  put(text: ReadyText): void {
    const { words } = text;
    if (this.length + 8 * words.length > this.bytes.length) this.reserve(8 * words.length);
    for (let i = 0; i < words.length; i++) this.view.setFloat64(this.length + 8 * i, words[i]!, LITTLE_ENDIAN);
    this.length += text.length;
  }

  /** A whole number of up to 53 bits, like %d. */
  decimal(value: number): void {
    if (this.length + 24 > this.bytes.length) this.reserve(24);
    let n = value;
    if (n < 0) {
      this.bytes[this.length++] = 0x2d;
      n = -n;
    }
    if (n < BILLION) {
      this.digits(n, countDigits(n));
      return;
    }
    // Beyond 32-bit integers: the upper digits, which may be many again, then the last nine.
    const upper = Math.floor(n / BILLION);
    this.decimal(upper);
    this.digits(n - BILLION * upper, 9);
  }

  /** Zero-padded to `width` digits, like %0*u; wider numbers are written whole. */
  decimalPadded(value: number, width: number): void {
    if (value >= BILLION || value >= (POWERS_OF_TEN[width] ?? BILLION)) {
      this.decimal(value);
      return;
    }
    if (this.length + width > this.bytes.length) this.reserve(width);
    this.digits(value, width);
  }

  /** The last `count` digits of a number below 2^31; there must be room. */
  private digits(value: number, count: number): void {
    const { bytes } = this;
    let n = value | 0;
    let at = this.length + count;
    this.length = at;
    let left = count;
    for (; left >= 2; left -= 2) {
      const high = (n / 100) | 0;
      const pair = 2 * (n - 100 * high);
      bytes[--at] = PAIRS[pair + 1]!;
      bytes[--at] = PAIRS[pair]!;
      n = high;
    }
    if (left > 0) bytes[--at] = 0x30 + (n % 10);
  }

  /** Lower-case hexadecimal without prefix, at least `width` digits, like %0*x. Up to 53 bits. */
  hex(value: number, width = 1): void {
    let digits = 1;
    for (let limit = 16; value >= limit; limit *= 16) digits++;
    this.fill(width - digits, 0x30);
    this.reserve(digits);
    let n = value;
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const high = Math.floor(n / 16);
      this.bytes[at] = HEX[n - 16 * high]!;
      n = high;
    }
    this.length += digits;
  }

  ipv4(source: Uint8Array, at: number): void {
    if (this.length + 16 > this.bytes.length) this.reserve(16);
    const { bytes } = this;
    let to = this.length;
    for (let i = 0; i < 4; i++) {
      const row = 4 * source[at + i]!;
      const digits = OCTETS[row]!;
      bytes[to] = OCTETS[row + 1]!;
      bytes[to + 1] = OCTETS[row + 2]!;
      bytes[to + 2] = OCTETS[row + 3]!;
      to += digits;
      bytes[to++] = 0x2e;
    }
    this.length = to - 1;
  }

  ipv6(source: Uint8Array, at: number): void {
    const run = longestZeroRun(source, at);
    const runAt = run === 0 ? -1 : run >> 8;
    const runLength = run & 0xff;
    for (let group = 0; group < 8; ) {
      if (group === runAt) {
        this.text(group === 0 ? '::' : ':');
        group += runLength;
      } else if (group === 6 && runAt === 0 && isEmbeddedIpv4(source, at, runLength)) {
        this.ipv4(source, at + 12);
        return;
      } else {
        this.hex(readU16(source, at + 2 * group));
        if (++group < 8) this.byte(0x3a);
      }
    }
  }

  /** Bytes as two hex digits each with `separator` between (a colon for MAC addresses). */
  hexBytes(source: Uint8Array, at: number, count: number, separator = 0x3a): void {
    this.reserve(3 * count);
    const { bytes } = this;
    let to = this.length;
    for (let i = at; i < at + count; i++) {
      const value = source[i]!;
      bytes[to] = HEX[value >> 4]!;
      bytes[to + 1] = HEX[value & 15]!;
      to += 2;
      if (separator !== 0) bytes[to++] = separator;
    }
    this.length = separator !== 0 && count > 0 ? to - 1 : to;
  }

  mac(source: Uint8Array, at: number): void {
    this.hexBytes(source, at, 6);
  }
}
