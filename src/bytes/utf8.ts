// UTF-8 (RFC 3629) to text and back, without TextDecoder and TextEncoder, which the pure rooms' types do not know.

const REPLACEMENT = 0xfffd;

/** Smallest code point that needs so many following bytes; shorter is overlong. */
const SMALLEST = [0, 0x80, 0x800, 0x10000] as const;

/** The text of a range; what is not UTF-8 becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let text = '';
  for (let at = from; at < to; ) {
    const first = bytes[at]!;
    const following = first < 0x80 ? 0 : first < 0xc2 || first > 0xf4 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    const code = following < 0 ? REPLACEMENT : codePoint(bytes, at, to, following);
    text += String.fromCodePoint(code);
    at += code === REPLACEMENT && !isReplacement(bytes, at) ? 1 : following + 1;
  }
  return text;
}

function codePoint(bytes: Uint8Array, at: number, to: number, following: number): number {
  if (following === 0) return bytes[at]!;
  if (at + following >= to) return REPLACEMENT;
  let code = bytes[at]! & (0x3f >> following);
  for (let i = 1; i <= following; i++) {
    const next = bytes[at + i]!;
    if ((next & 0xc0) !== 0x80) return REPLACEMENT;
    code = (code << 6) | (next & 0x3f);
  }
  const surrogate = code >= 0xd800 && code < 0xe000;
  return code < SMALLEST[following]! || surrogate || code > 0x10ffff ? REPLACEMENT : code;
}

/** True where the text itself holds U+FFFD. */
function isReplacement(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;
}

/** The bytes of a text. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return Uint8Array.from(bytes);
}
