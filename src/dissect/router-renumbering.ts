// IPv6 router renumbering as tcpdump prints it (print-icmp6.c); RFC 2894 section 3.
import type { Printer } from './printer.ts';

const RENUMBERING = {
  code: 1,
  sequence: 4,
  segment: 8,
  flags: 9,
  maxDelay: 10,
  reserved: 12,
  match: 16,
} as const;

const CODES: Readonly<Record<number, string>> = { 0: ', command', 1: ', result', 255: ', sequence number reset' };
const COMMAND = 0;

const FLAG_LETTERS = [
  [0x80, 'T'],
  [0x40, 'R'],
  [0x20, 'A'],
  [0x10, 'S'],
  [0x08, 'P'],
] as const;

/** The part that says which prefixes are meant; its length counts four-byte units. */
const MATCH = {
  operation: 0,
  length: 1,
  ordinal: 2,
  matchLength: 3,
  minLength: 4,
  maxLength: 5,
  prefix: 8,
  size: 24,
} as const;

const OPERATIONS: Readonly<Record<number, string>> = { 1: 'add', 2: 'change', 3: 'setglobal' };

/** A part that says what they become. */
const USE = {
  useLength: 0,
  keepLength: 1,
  mask: 2,
  advertisementFlags: 3,
  valid: 4,
  preferred: 8,
  flags: 12,
  prefix: 16,
  size: 32,
} as const;

const INFINITE = 0xffffffff;

export function printRenumbering(p: Printer, at: number): true {
  if (!printParts(p, at)) p.truncated();
  return true;
}

/** False when a part is cut off. */
function printParts(p: Printer, at: number): boolean {
  if (!p.has(at + RENUMBERING.reserved, 4)) return false;
  const code = p.u8(at + RENUMBERING.code);
  p.text(`${CODES[code] ?? `, code-#${code}`}, seq=${p.u32(at + RENUMBERING.sequence)}`);
  if (p.verbosity > 0) printFlags(p, at);
  return code !== COMMAND || printCommand(p, at + RENUMBERING.match);
}

function printFlags(p: Printer, at: number): void {
  const flags = p.u8(at + RENUMBERING.flags);
  const reserved = p.u32(at + RENUMBERING.reserved);
  p.text('[');
  if (flags !== 0) {
    p.bits(FLAG_LETTERS, flags, '', '');
    p.text(',');
  }
  p.text(`seg=${p.u8(at + RENUMBERING.segment)},maxdelay=${p.u16(at + RENUMBERING.maxDelay)}`);
  if (reserved !== 0) p.text(`rsvd=0x${reserved.toString(16)}`);
  p.text(']');
}

function printCommand(p: Printer, match: number): boolean {
  if (!p.has(match + MATCH.prefix, 16)) return false;
  const operation = p.u8(match + MATCH.operation);
  p.text(p.verbosity > 1 ? '\n\t' : ' ');
  p.text(`match(${OPERATIONS[operation] ?? `#${operation}`}`);
  if (p.verbosity > 0) {
    p.text(`,ord=${p.u8(match + MATCH.ordinal)},min=${p.u8(match + MATCH.minLength)}`);
    p.text(`,max=${p.u8(match + MATCH.maxLength)}`);
  }
  p.text(',');
  p.out.ipv6(p.bytes, match + MATCH.prefix);
  p.text(`/${p.u8(match + MATCH.matchLength)})`);
  const left = p.u8(match + MATCH.length) - 3;
  if (left % 4 !== 0) return false;
  for (let i = 0; i < left / 4; i++) if (!printUse(p, match + MATCH.size + USE.size * i)) return false;
  return true;
}

function printUse(p: Printer, at: number): boolean {
  if (!p.has(at + USE.prefix, 16)) return false;
  p.text(p.verbosity > 1 ? '\n\t' : ' ');
  p.text('use(');
  // tcpdump looks for flags in the upper bits of a word whose first byte only it has read.
  if (p.u8(at + USE.flags) !== 0) p.text(',');
  if (p.verbosity > 0) {
    p.text(`mask=0x${p.u8(at + USE.mask).toString(16)},raflags=0x${p.u8(at + USE.advertisementFlags).toString(16)},`);
    p.text(`vltime=${lifetime(p.u32(at + USE.valid))},pltime=${lifetime(p.u32(at + USE.preferred))},`);
  }
  p.out.ipv6(p.bytes, at + USE.prefix);
  p.text(`/${p.u8(at + USE.useLength)}/${p.u8(at + USE.keepLength)})`);
  return true;
}

function lifetime(seconds: number): string {
  return seconds === INFINITE ? 'infty' : String(seconds);
}
