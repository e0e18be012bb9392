// ASN.1 values in the Basic Encoding Rules: ITU-T X.690 section 8. Tags of one byte and definite lengths only,
// as SNMP uses them (RFC 3417 section 8).
import { encodeUtf8 } from '../bytes/index.ts';
import { concatenate } from './build.ts';

/** Parts of the identifier byte, section 8.1.2. */
export const BER_IDENTIFIER = { class: 0xc0, constructed: 0x20, tag: 0x1f } as const;

export const BER_CLASS = { UNIVERSAL: 0x00, APPLICATION: 0x40, CONTEXT: 0x80, PRIVATE: 0xc0 } as const;

/** Identifier bytes of the universal types that SNMP uses. */
export const BER = {
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OBJECT_IDENTIFIER: 0x06,
  SEQUENCE: 0x30,
} as const;

/** In a tag: the number follows in further bytes. In a length byte: the lower bits count the length's bytes. */
export const BER_LONG = { tag: 0x1f, length: 0x80 } as const;

/** Identifier, length and the parts, one behind the other. Text is UTF-8. */
export function ber(identifier: number, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const contents = concatenate(...parts.map((part) => (typeof part === 'string' ? encodeUtf8(part) : part)));
  return concatenate(Uint8Array.of(identifier, ...berLength(contents.length)), contents);
}

/** A whole number in the fewest bytes of two's complement, section 8.3. */
export function berInteger(value: number, identifier: number = BER.INTEGER): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.unshift(((rest % 256) + 256) % 256);
    rest = Math.floor(rest / 256);
  } while (!(rest === 0 && bytes[0]! < 0x80) && !(rest === -1 && bytes[0]! >= 0x80));
  return ber(identifier, Uint8Array.from(bytes));
}

/** An object identifier from "1.3.6.1", section 8.19. */
export function berObjectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return ber(BER.OBJECT_IDENTIFIER, Uint8Array.from([40 * first + second, ...rest].flatMap(base128)));
}

/** Seven bits a byte, all but the last marked by the top bit. */
function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest & 0x7f));
  return bytes;
}

function berLength(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return [BER_LONG.length | bytes.length, ...bytes];
}
