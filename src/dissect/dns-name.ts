// Domain names in packets: labels, compression pointers and bit labels (RFC 1035 sections 3.1 and 4.1.4, RFC 2673).
// Text as in tcpdump's print-domain.c, values as in Wireshark's packet-dns.c. DHCPv6 uses them too.
//
// A pointer must point before all pointers followed so far, which ends every chain. What is walked over behind
// pointers is bounded per message (in a field tree per packet), which it is not in tcpdump: there 64 KiB of labels can
// cost minutes.
import { DNS_LABEL } from '../wire/index.ts';
import type { Printer } from './printer.ts';
import type { Tree } from './tree.ts';

/** The only extended label that ever existed: a bit string (RFC 2673). */
const BIT_LABEL = 1;
/** Characters of a name that are printed. */
const MAX_CHARACTERS = 255;
/** Labels and pointers followed behind the first pointers of all names of a message; a legal name has at most 127. */
const MAX_STEPS = 1_000_000;
let stepsLeft = MAX_STEPS;
/** Characters (and steps) of a name that are kept as a field's value; a legal one has at most 255. */
const MAX_TEXT = 1024;

/** To be called when a message begins, whose names are printed then. */
export function allowSteps(): void {
  stepsLeft = MAX_STEPS;
}

/** The place behind the name at `at`, -1 when that cannot be told from the captured bytes. */
export function skipName(p: Printer, at: number): number {
  const { bytes, end } = p;
  let cursor = at;
  for (;;) {
    if (cursor >= end) return -1;
    const byte = bytes[cursor++]!;
    const kind = byte & DNS_LABEL.kind;
    if (byte === 0) return cursor;
    if (kind === DNS_LABEL.pointer) return cursor + 1;
    if (kind === DNS_LABEL.reserved) return -1;
    if (kind === DNS_LABEL.plain) cursor += byte;
    else {
      if ((byte & ~kind) !== BIT_LABEL || cursor >= end) return -1;
      cursor += 1 + ((bitCount(bytes[cursor]!) + 7) >> 3);
    }
  }
}

/** Prints the name at `at` of the message that begins at `base`; the place behind it, or -1 when it is cut off or wrong. */
export function printName(p: Printer, at: number, base: number): number {
  let length = labelLength(p, at);
  if (length < 0) return -1;
  let byte = p.bytes[at]!;
  let cursor = at + 1;
  let next = (byte & DNS_LABEL.kind) === DNS_LABEL.pointer ? -1 : cursor + length;
  // As in tcpdump, unsigned: a base behind the name (DHCPv6) lets the first pointer go anywhere.
  let limit = (at - base) >>> 0;
  let jumped = false;
  let characters = 0;
  if (byte === 0) p.text('.');
  while (byte !== 0 && cursor < p.end && stepsLeft > 0) {
    if (jumped) stepsLeft--;
    if ((byte & DNS_LABEL.kind) === DNS_LABEL.pointer) {
      if (!jumped) next = cursor + 1;
      jumped = true;
      const target = ((byte << 8) | p.bytes[cursor]!) & 0x3fff;
      if (target >= limit) {
        p.text('<BAD PTR>');
        return -1;
      }
      limit = target;
      cursor = base + target;
    } else {
      if ((byte & DNS_LABEL.kind) === DNS_LABEL.extended) printBitLabel(p, cursor);
      else {
        if (!p.string(cursor, Math.min(length, MAX_CHARACTERS - characters))) return -1;
        characters += length;
      }
      cursor += length;
      if (characters++ <= MAX_CHARACTERS) p.text('.');
    }
    if (!p.has(cursor, 1)) return -1;
    byte = p.bytes[cursor]!;
    length = labelLength(p, cursor++);
    if (length < 0) return -1;
    if (!jumped) next = cursor + length;
  }
  if (characters > MAX_CHARACTERS) p.text('<DOMAIN NAME TOO LONG>');
  return next;
}

/** Bytes of a label behind its first one; -1 (having said why) when there is none. */
function labelLength(p: Printer, at: number): number {
  if (!p.has(at, 1)) return -1;
  const byte = p.bytes[at]!;
  switch (byte & DNS_LABEL.kind) {
    case DNS_LABEL.extended:
      if ((byte & ~DNS_LABEL.kind) !== BIT_LABEL) {
        p.format('<ELT %d>', byte & ~DNS_LABEL.kind);
        return -1;
      }
      return p.has(at + 1, 1) ? 1 + ((bitCount(p.bytes[at + 1]!) + 7) >> 3) : -1;
    case DNS_LABEL.reserved:
      p.text('<BAD LABEL TYPE>');
      return -1;
    default:
      return byte;
  }
}

function bitCount(byte: number): number {
  return byte === 0 ? 256 : byte;
}

/** \[xHEX/BITS], `at` being the count of bits. */
function printBitLabel(p: Printer, at: number): void {
  const count = bitCount(p.u8(at));
  p.text('\\[x');
  let from = at + 1;
  let bits = count;
  for (; bits > 7; bits -= 8) p.hex(p.u8(from++), 2);
  if (bits > 4) p.hex(p.u8(from) & (0xff << (8 - bits)), 2);
  else if (bits > 0) p.hex((p.u8(from) >> 4) & (0x0f << (4 - bits)));
  p.text('/');
  p.decimal(count);
  p.text(']');
}

export interface Name {
  /** Labels joined by dots, without one at the end; empty for the root. */
  text: string;
  labels: number;
  /** The place behind the name. */
  next: number;
}

/** The name at `at` of the message that begins at `base`; undefined (the tree says why) when it is none. */
export function readName(t: Tree, at: number, base: number): Name | undefined {
  let cursor = at;
  let next = -1;
  let limit = at - base;
  let text = '';
  let labels = 0;
  for (let steps = 0; steps < MAX_TEXT && text.length < MAX_TEXT; steps++) {
    if (next >= 0 && --t.nameStepsLeft < 0) return wrong(t, at, 'the names of the packet are too long together');
    const byte = t.peek8(cursor);
    if (byte === 0) return { text, labels, next: next < 0 ? cursor + 1 : next };
    switch (byte & DNS_LABEL.kind) {
      case DNS_LABEL.pointer: {
        const target = t.peek16(cursor) & 0x3fff;
        if (next < 0) next = cursor + 2;
        if (target >= limit) return wrong(t, cursor, 'a compression pointer does not point backwards');
        limit = target;
        cursor = base + target;
        break;
      }
      case DNS_LABEL.plain:
        text += (labels++ > 0 ? '.' : '') + latin1(t, cursor + 1, byte);
        cursor += 1 + byte;
        break;
      default:
        return wrong(t, cursor, 'a label is of a kind that is not known');
    }
  }
  return wrong(t, at, 'the name is too long');
}

function wrong(t: Tree, at: number, reason: string): undefined {
  t.stop(t.layers.at(-1)?.protocol ?? 'dns', at, reason);
}

function latin1(t: Tree, at: number, length: number): string {
  t.need(at, length);
  return String.fromCharCode(...t.bytes.subarray(at, at + length));
}
