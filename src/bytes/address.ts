// Addresses as text and back: MAC (IEEE 802), IPv4 (RFC 791), IPv6 (RFC 5952, with inet_ntop's dotted tails).
import { readU16 } from './read.ts';

export function formatIpv4(bytes: Uint8Array, at = 0): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

export function formatMac(bytes: Uint8Array, at = 0, length = 6): string {
  let text = '';
  for (let i = 0; i < length; i++) text += (i ? ':' : '') + bytes[at + i]!.toString(16).padStart(2, '0');
  return text;
}

/** The longest run of two or more zero groups: first group in the high byte, count in the low one; 0 when there is none. */
export function longestZeroRun(bytes: Uint8Array, at: number): number {
  let best = 0;
  let bestLength = 1;
  let length = 0;
  for (let group = 0; group < 8; group++) {
    if (bytes[at + 2 * group] === 0 && bytes[at + 2 * group + 1] === 0) {
      length++;
      if (length > bestLength) {
        bestLength = length;
        best = ((group - length + 1) << 8) | length;
      }
    } else length = 0;
  }
  return best;
}

export function formatIpv6(bytes: Uint8Array, at = 0): string {
  const run = longestZeroRun(bytes, at);
  const runAt = run === 0 ? -1 : run >> 8;
  const runLength = run & 0xff;
  let text = '';
  for (let group = 0; group < 8; ) {
    if (group === runAt) {
      text += group === 0 ? '::' : ':';
      group += runLength;
    } else if (group === 6 && runAt === 0 && isEmbeddedIpv4(bytes, at, runLength)) {
      return text + formatIpv4(bytes, at + 12);
    } else {
      text += readU16(bytes, at + 2 * group).toString(16) + (group < 7 ? ':' : '');
      group++;
    }
  }
  return text;
}

/** True where inet_ntop writes the last four bytes dotted: ::a.b.c.d and ::ffff:a.b.c.d (glibc resolv/inet_ntop.c). */
export function isEmbeddedIpv4(bytes: Uint8Array, at: number, runLength: number): boolean {
  return runLength === 6 || (runLength === 5 && bytes[at + 10] === 0xff && bytes[at + 11] === 0xff);
}

/** The four bytes of a dotted quad; undefined when the text is not one. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return Uint8Array.from(parts, Number);
}

/** The bytes of a MAC address written with colons or dashes; undefined when the text is not one. */
export function parseMac(text: string): Uint8Array | undefined {
  const parts = text.split(/[:-]/);
  if (parts.length !== 6 || !parts.every((part) => /^[0-9a-f]{1,2}$/i.test(part))) return undefined;
  return Uint8Array.from(parts, (part) => Number.parseInt(part, 16));
}

/** The sixteen bytes of an IPv6 address without zone; undefined when the text is not one. */
export function parseIpv6(text: string): Uint8Array | undefined {
  let rest = text;
  let tail: Uint8Array | undefined;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    tail = parseIpv4(dotted[2]!);
    if (!tail) return undefined;
    rest = `${dotted[1]}${readU16(tail, 0).toString(16)}:${readU16(tail, 2).toString(16)}`;
  }
  const halves = rest.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const known = groups.flat();
  if (!known.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  if (halves.length === 2 ? known.length > 7 : known.length !== 8) return undefined;
  const filled = [...groups[0]!, ...Array<string>(8 - known.length).fill('0'), ...(groups[1] ?? [])];
  return Uint8Array.from(
    filled.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}
