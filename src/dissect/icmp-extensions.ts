// ICMP extensions as tcpdump prints them (print-icmp.c); RFC 4884, RFC 4950.
import { internetChecksum } from '../bytes/index.ts';
import { ICMP, ICMP_EXTENSION, ICMP_OBJECT } from '../wire/index.ts';
import type { Printer } from './printer.ts';

const VERSION = 2;

const MPLS_STACK = { class: 1, incoming: 1 } as const;

const CLASS_NAMES: Readonly<Record<number, string>> = {
  [MPLS_STACK.class]: 'MPLS Stack Entry',
  2: 'Interface Identification',
};

/** What follows the packet at fault in the message at `at`. False when it was cut off. */
export function printExtensions(p: Printer, at: number, length: number): boolean {
  const from = at + ICMP.extension;
  const size = length - ICMP.extension;
  if (!p.has(at, ICMP.extension + ICMP_EXTENSION.objects + 1)) return false;
  // Without a length, only a right checksum tells an extension from the packet's own bytes.
  const whole = p.has(from, size);
  if (p.u8(at + ICMP.originalLength) === 0 && whole && internetChecksum(p.bytes, from, size) !== 0) return true;
  const version = p.u8(from + ICMP_EXTENSION.version) >> 4;
  p.text(`\n\tICMP Multi-Part extension v${version}`);
  if (version !== VERSION) {
    p.text(' packet not supported');
    return true;
  }
  if (whole) {
    p.text(', checksum 0x');
    p.hex(p.u16(from + ICMP_EXTENSION.checksum), 4);
    p.text(internetChecksum(p.bytes, from, size) === 0 ? ' (correct)' : ' (incorrect)');
    p.text(`, length ${size}`);
  }
  return printObjects(p, from + ICMP_EXTENSION.objects, size - ICMP_EXTENSION.size);
}

function printObjects(p: Printer, from: number, size: number): boolean {
  let at = from;
  let left = size;
  while (left > ICMP_OBJECT.size) {
    if (!p.has(at, ICMP_OBJECT.size)) return false;
    const length = p.u16(at + ICMP_OBJECT.length);
    const kind = p.u8(at + ICMP_OBJECT.class);
    const type = p.u8(at + ICMP_OBJECT.type);
    p.text(`\n\t  ${CLASS_NAMES[kind] ?? 'unknown'} Object (${kind}), Class-Type: ${type}, length ${length}`);
    if (kind === 0 || length < ICMP_OBJECT.size) return true;
    const data = length - ICMP_OBJECT.size;
    if (kind === MPLS_STACK.class && type === MPLS_STACK.incoming) printLabel(p, at + ICMP_OBJECT.data);
    else p.hexLines(at + ICMP_OBJECT.data, data, '\n\t    ');
    at += length;
    left -= ICMP_OBJECT.size;
    if (left < data) return true;
    left -= data;
  }
  return true;
}

/** Parts of a label stack entry (RFC 3032 section 2.1). */
function printLabel(p: Printer, at: number): void {
  const entry = p.u32(at);
  p.text(`\n\t    label ${entry >>> 12}, tc ${(entry >>> 9) & 7}`);
  if (entry & 0x100) p.text(', [S]');
  p.text(`, ttl ${entry & 0xff}`);
}
