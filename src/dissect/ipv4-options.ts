// IPv4 options as tcpdump prints them (print-ip.c); RFC 791 section 3.1, RFC 1393, RFC 2113.
import { IPV4_OPTION, IPV4_TIMESTAMP } from '../wire/index.ts';
import type { Printer } from './printer.ts';

const OPTION_NAMES: Readonly<Record<number, string>> = {
  [IPV4_OPTION.EOL]: 'EOL',
  [IPV4_OPTION.NOP]: 'NOP',
  [IPV4_OPTION.TIMESTAMP]: 'timestamp',
  [IPV4_OPTION.SECURITY]: 'security',
  [IPV4_OPTION.RECORD_ROUTE]: 'RR',
  [IPV4_OPTION.STRICT_ROUTE]: 'SSRR',
  [IPV4_OPTION.LOOSE_ROUTE]: 'LSRR',
  [IPV4_OPTION.ROUTER_ALERT]: 'RA',
  [IPV4_OPTION.TRACEROUTE]: 'traceroute',
};

/** Within an option that records: kind, length, pointer (from 1 on), then entries; a timestamp option has a flag byte first. */
const RECORD = { pointer: 2, flag: 3, addresses: 3, timestamps: 4 } as const;

/** Within a router alert. */
const ALERT = { value: 2, size: 4 } as const;

/** False when the captured bytes end within an option. */
export function printOptions(p: Printer, from: number, length: number): boolean {
  const until = from + length;
  for (let at = from; at < until; ) {
    if (at > from) p.text(',');
    const kind = p.u8(at);
    p.name(OPTION_NAMES, kind, 'unknown %u');
    const size = kind === IPV4_OPTION.NOP || kind === IPV4_OPTION.EOL ? 1 : p.u8(at + 1);
    const impossible = at + size > until || (size < 2 && kind !== IPV4_OPTION.NOP && kind !== IPV4_OPTION.EOL);
    if (impossible) {
      printBadLength(p, size);
      return true;
    }
    if (!p.has(at, size)) return false;
    if (kind === IPV4_OPTION.EOL) return true;
    if (!printOption(p, kind, at, size)) return false;
    at += size;
  }
  return true;
}

function printBadLength(p: Printer, size: number): void {
  p.text(` [bad length ${size}]`);
}

/** False when an entry of it, which may lie beyond its length, was not captured. */
function printOption(p: Printer, kind: number, at: number, size: number): boolean {
  switch (kind) {
    case IPV4_OPTION.TIMESTAMP:
      return printTimestamps(p, at, size);
    case IPV4_OPTION.RECORD_ROUTE:
    case IPV4_OPTION.STRICT_ROUTE:
    case IPV4_OPTION.LOOSE_ROUTE:
      return printRoute(p, at, size);
    case IPV4_OPTION.ROUTER_ALERT:
      printAlert(p, at, size);
      return true;
    default:
      return true;
  }
}

function printAlert(p: Printer, at: number, size: number): void {
  if (size < ALERT.size) printBadLength(p, size);
  else if (p.u16(at + ALERT.value) !== 0) p.text(` value ${p.u16(at + ALERT.value)}`);
}

/** The addresses, a comma behind those already gone through. */
function printRoute(p: Printer, at: number, size: number): boolean {
  if (size < RECORD.addresses) {
    printBadLength(p, size);
    return true;
  }
  if (((size + 1) & 3) !== 0) printBadLength(p, size);
  const pointer = p.u8(at + RECORD.pointer) - 1;
  if (pointer < RECORD.addresses || ((pointer + 1) & 3) !== 0 || pointer > size + 1) printBadPointer(p, pointer);
  for (let i: number = RECORD.addresses; i < size; i += 4) {
    if (!p.has(at + i, 4)) return false;
    p.text(' ');
    p.ipv4(at + i);
    if (pointer > i || pointer < 0) p.text(',');
  }
  return true;
}

function printBadPointer(p: Printer, pointer: number): void {
  p.text(` [bad ptr ${pointer + 1}]`);
}

function printTimestamps(p: Printer, at: number, size: number): boolean {
  if (size < RECORD.timestamps) {
    p.text(`[bad length ${size}]`);
    return true;
  }
  p.text(' TS{');
  const flag = p.u8(at + RECORD.flag);
  const kind = flag & 15;
  const step = kind === IPV4_TIMESTAMP.ONLY ? 4 : 8;
  if (((size - RECORD.timestamps) & (step - 1)) !== 0) p.text(`[bad length ${size}]`);
  const pointer = p.u8(at + RECORD.pointer) - 1;
  const misplaced = pointer < RECORD.timestamps || ((pointer - RECORD.timestamps) & (step - 1)) !== 0;
  if (misplaced || pointer > size + 1) p.text(`[bad ptr ${pointer + 1}]`);
  const name = TIMESTAMP_NAMES[kind];
  p.text(name ?? `[bad ts type ${kind}]`);
  const reached = name === undefined ? 0 : printStamps(p, at, size, step, pointer);
  if (reached < 0) return false;
  if (pointer === reached) p.text(' ^ ');
  p.text(flag >> 4 === 0 ? '}' : ` [${flag >> 4} hops not recorded]} `);
  return true;
}

const TIMESTAMP_NAMES: Readonly<Record<number, string>> = {
  [IPV4_TIMESTAMP.ONLY]: 'TSONLY',
  [IPV4_TIMESTAMP.WITH_ADDRESS]: 'TS+ADDR',
  [IPV4_TIMESTAMP.PRESPECIFIED]: 'PRESPEC',
};

/** Each stamp with its address, a mark before the next one to be filled. Returns where they end, -1 when they are cut off. */
function printStamps(p: Printer, at: number, size: number, step: number, pointer: number): number {
  let i: number = RECORD.timestamps;
  for (; i < size; i += step) {
    if (!p.has(at + i, step)) return -1;
    p.text(pointer === i ? ' ^ ' : ' ');
    p.decimal(p.u32(at + i + step - 4));
    p.text('@');
    if (step === 8) p.ipv4(at + i);
  }
  return i;
}
