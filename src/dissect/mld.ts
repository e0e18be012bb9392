// Multicast listener discovery as tcpdump prints it (print-icmp6.c); RFC 2710, RFC 3810.
import { MLD, MLD_RECORD } from '../wire/index.ts';
import { type ListenerFormat, printRecords, printSources } from './listener-records.ts';
import { fromFloat8, fromFloat16 } from './listener-times.ts';
import type { Printer } from './printer.ts';

/** Version 2 queries are at least this long. */
const QUERY_V2_SIZE = 28;

const FORMAT: ListenerFormat = {
  record: MLD_RECORD,
  addressSize: 16,
  printAddress: (p, at) => p.ipv6(at),
  unknownType: ' [v2-report-#%u]',
};

const QUERY_FLAGS = { SUPPRESS: 0x08, ROBUSTNESS: 0x07 } as const;

/** Nothing of a message that was not captured whole. */
export function printMldV1(p: Printer, at: number): true {
  if (!p.has(at, MLD.size)) return true;
  p.text(`max resp delay: ${p.u16(at + MLD.maxResponse)} addr: `);
  p.ipv6(at + MLD.group);
  return true;
}

export function printMldQuery(p: Printer, at: number, length: number): true {
  if (length === MLD.size) return printMldV1(p, at);
  if (length < QUERY_V2_SIZE) p.text(` unknown-version (len ${length}) `);
  else printQueryV2(p, at, length);
  return true;
}

function printQueryV2(p: Printer, at: number, length: number): void {
  p.text(' v2');
  const delay = fromFloat16(p.u16(at + MLD.maxResponse));
  if (p.verbosity > 0) p.text(` [max resp delay=${delay}]`);
  p.need(at + MLD.group, 16);
  p.text(' [gaddr ');
  p.ipv6(at + MLD.group);
  if (p.verbosity > 0) printQueryFlags(p, at);
  const count = p.u16(at + MLD.sourceCount);
  if (count > 0) {
    if (length < MLD.sources + 16 * count) p.text(' [invalid number of sources]');
    else printSources(p, FORMAT, at + MLD.sources, count);
  }
  p.text(']');
}

function printQueryFlags(p: Printer, at: number): void {
  const flags = p.u8(at + MLD.flags);
  if (flags & QUERY_FLAGS.SUPPRESS) p.text(' sflag');
  if (flags & QUERY_FLAGS.ROBUSTNESS) p.text(` robustness=${flags & QUERY_FLAGS.ROBUSTNESS}`);
  p.text(` qqi=${fromFloat8(p.u8(at + MLD.interval))}`);
}

export function printMldReport(p: Printer, at: number, length: number): true {
  if (length < MLD.records) {
    p.text(` [invalid len ${length}]`);
    return true;
  }
  const count = p.u16(at + MLD.recordCount);
  p.text(`, ${count} group record(s)`);
  if (p.verbosity > 0) printRecords(p, FORMAT, at + MLD.records, count, at + length);
  return true;
}
