// Geneve: tcpdump's print-geneve.c, Wireshark's packet-geneve.c; RFC 8926.
import { ETHER_TYPE, GENEVE, GENEVE_FLAG, GENEVE_OPTION } from '../wire/index.ts';
import { ETHER_TYPE_NAMES } from './ether-type-names.ts';
import { printEthernet } from './ethernet.ts';
import { dissectEthernet } from './ethernet-tree.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const geneve: Protocol = { name: 'geneve', print, dissect };

const FLAG_NAMES = [
  [GENEVE_FLAG.OAM, 'O'],
  [GENEVE_FLAG.CRITICAL, 'C'],
  [0x20, 'R1'],
  [0x10, 'R2'],
  [0x08, 'R3'],
  [0x04, 'R4'],
  [0x02, 'R5'],
  [0x01, 'R6'],
] as const;

/** Parts of the first byte, and of an option's last. */
const FIRST_BYTE = { VERSION_SHIFT: 6, LENGTH: 0x3f } as const;
const OPTION_LENGTH = 0x1f;
const OPTION_CRITICAL = 0x80;

const CLASS_NAMES: Readonly<Record<number, string>> = {
  256: 'Linux',
  257: 'Open vSwitch',
  258: 'Open Virtual Networking (OVN)',
  259: 'In-band Network Telemetry (INT)',
  260: 'VMware',
};

function className(value: number): string {
  if (value <= 0xff) return 'Standard';
  if (value >= 0xfff0) return 'Experimental';
  return CLASS_NAMES[value] ?? 'Unknown';
}

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'geneve';
  p.text('Geneve');
  if (length < GENEVE.size) {
    p.text(` [length ${length} < ${GENEVE.size}] (invalid)`);
    return;
  }
  if (!p.has(at, GENEVE.size)) {
    p.truncated();
    return;
  }
  const version = p.u8(at) >> FIRST_BYTE.VERSION_SHIFT;
  if (version !== 0) {
    p.text(` ERROR: unknown-version ${version}`);
    return;
  }
  const type = p.u16(at + GENEVE.protocol);
  printHeader(p, at, type);
  const optionsLength = 4 * (p.u8(at) & FIRST_BYTE.LENGTH);
  const left = length - GENEVE.size;
  if (left < optionsLength) {
    p.text(` truncated-geneve - ${optionsLength - left} bytes missing`);
    return;
  }
  if (!p.has(at + GENEVE.options, optionsLength)) {
    p.truncated();
    return;
  }
  if (optionsLength > 0) printOptionList(p, at + GENEVE.options, optionsLength);
  p.text(p.verbosity > 0 ? '\n\t' : ': ');
  if (p.descend()) printPayload(p, type, at + GENEVE.options + optionsLength, left - optionsLength);
}

function printHeader(p: Printer, at: number, type: number): void {
  p.text(', Flags [');
  p.bits(FLAG_NAMES, p.u8(at + GENEVE.flags), '');
  p.text(`], vni 0x${p.u24(at + GENEVE.vni).toString(16)}`);
  const reserved = p.u8(at + GENEVE.reserved);
  if (reserved !== 0) p.text(`, rsvd 0x${reserved.toString(16)}`);
  if (p.options.linkHeader) {
    p.text(`, proto ${ETHER_TYPE_NAMES[type] ?? 'unknown'} (0x`);
    p.hex(type, 4);
    p.text(')');
  }
}

function printOptionList(p: Printer, at: number, length: number): void {
  p.text(', options [');
  if (p.verbosity > 0) printOptions(p, at, length);
  else p.text(`${length} bytes`);
  p.text(']');
}

function printOptions(p: Printer, from: number, length: number): void {
  const until = from + length;
  for (let at = from; at < until; ) {
    if (at > from) p.text(', ');
    const group = p.u16(at + GENEVE_OPTION.class);
    const type = p.u8(at + GENEVE_OPTION.type);
    const size = 4 * (1 + (p.u8(at + GENEVE_OPTION.length) & OPTION_LENGTH));
    p.text(`class ${className(group)} (0x${group.toString(16)}) type 0x${type.toString(16)}`);
    p.text(`${type & OPTION_CRITICAL ? '(C)' : ''} len ${size}`);
    if (at + size > until) {
      p.text(' [bad length]');
      return;
    }
    if (p.verbosity > 1 && size > GENEVE_OPTION.size) printData(p, at, size);
    at += size;
  }
}

function printData(p: Printer, at: number, size: number): void {
  p.text(' data');
  for (let i: number = GENEVE_OPTION.data; i < size; i += 4) {
    p.text(' ');
    p.hex(p.u32(at + i), 8);
  }
}

function printPayload(p: Printer, type: number, at: number, length: number): void {
  if (type === ETHER_TYPE.TRANSPARENT_ETHERNET) printEthernet(p, at, length);
  else if (!p.etherType(type, at, length)) p.text(`geneve-proto-0x${type.toString(16)}`);
}

function dissect(t: Tree, at: number, end: number): void {
  const layer = t.layer('geneve', at, GENEVE.size);
  const version = t.bits('geneve.version', at, 1, 0xc0);
  if (version !== 0) {
    t.stop('geneve', at, `version ${version} is not 0`);
    return;
  }
  const optionsLength = 4 * (t.peek8(at) & FIRST_BYTE.LENGTH);
  t.add('geneve.option.length', at, 1, optionsLength);
  t.open('geneve.flags', at + GENEVE.flags, 1, t.peek8(at + GENEVE.flags));
  t.flag('geneve.flags.oam', at + GENEVE.flags, 1, GENEVE_FLAG.OAM);
  t.flag('geneve.flags.critical', at + GENEVE.flags, 1, GENEVE_FLAG.CRITICAL);
  t.shut();
  const type = t.u16('geneve.proto_type', at + GENEVE.protocol);
  t.u24('geneve.vni', at + GENEVE.vni);
  const next = at + GENEVE.options + optionsLength;
  layer.length = Math.min(next, t.end) - at;
  if (next > end) {
    t.stop('geneve', at, 'the options are longer than the packet');
    return;
  }
  if (optionsLength > 0) dissectOptions(t, at + GENEVE.options, next);
  if (type === ETHER_TYPE.TRANSPARENT_ETHERNET) dissectEthernet(t, next, end);
  else t.etherType(type, next, end);
}

function dissectOptions(t: Tree, from: number, until: number): void {
  t.open('geneve.options', from, until - from);
  for (let at = from; at + GENEVE_OPTION.size <= until; ) {
    t.u16('geneve.option.class', at + GENEVE_OPTION.class);
    t.u8('geneve.option.type', at + GENEVE_OPTION.type);
    at += 4 * (1 + (t.peek8(at + GENEVE_OPTION.length) & OPTION_LENGTH));
  }
  t.shut();
}
