// Sources and group records of IGMPv3 and MLDv2, which are alike but for the size of an address: tcpdump's print-igmp.c
// and print-icmp6.c; RFC 3376 section 4.2, RFC 3810 section 5.2.
import type { IGMP_RECORD, MLD_RECORD } from '../wire/index.ts';
import type { Printer } from './printer.ts';

/** What the two protocols do not have in common. */
export interface ListenerFormat {
  record: typeof IGMP_RECORD | typeof MLD_RECORD;
  addressSize: 4 | 16;
  printAddress(p: Printer, at: number): void;
  /** For a type without a name, with %u in it. */
  unknownType: string;
}

const RECORD_NAMES: Readonly<Record<number, string>> = {
  1: 'is_in',
  2: 'is_ex',
  3: 'to_in',
  4: 'to_ex',
  5: 'allow',
  6: 'block',
};

/** Their number, or from -vv on themselves. */
export function printSources(p: Printer, format: ListenerFormat, at: number, count: number): void {
  if (p.verbosity < 2) {
    p.text(`, ${count} source(s)`);
    return;
  }
  p.text(' {');
  for (let i = 0; i < count; i++) {
    p.need(at + format.addressSize * i, format.addressSize);
    p.text(' ');
    format.printAddress(p, at + format.addressSize * i);
  }
  p.text(' }');
}

export function printRecords(p: Printer, format: ListenerFormat, from: number, count: number, end: number): void {
  const { record, addressSize } = format;
  let at = from;
  for (let i = 0; i < count; i++) {
    if (at + record.size > end) {
      p.text(' [invalid number of groups]');
      return;
    }
    const sources = printRecord(p, format, at, end);
    if (sources < 0) return;
    at += record.size + addressSize * sources;
  }
}

/** The number of sources, -1 when there is no room for them. */
function printRecord(p: Printer, format: ListenerFormat, at: number, end: number): number {
  const { record, addressSize, unknownType } = format;
  p.need(at + record.group, addressSize);
  p.text(' [gaddr ');
  format.printAddress(p, at + record.group);
  p.text(' ');
  p.name(RECORD_NAMES, p.u8(at + record.type), unknownType);
  const count = p.u16(at + record.sourceCount);
  if (at + record.size + addressSize * count > end) {
    p.text(` [invalid number of sources ${count}]`);
    return -1;
  }
  printSources(p, format, at + record.sources, count);
  p.text(']');
  return count;
}
