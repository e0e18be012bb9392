// IGMP: tcpdump's print-igmp.c, Wireshark's packet-igmp.c; RFC 1112, RFC 2236, RFC 3376.
import { internetChecksum } from '../bytes/index.ts';
import { IGMP, IGMP_RECORD, IGMP_TYPE } from '../wire/index.ts';
import { printDuration } from './duration.ts';
import { dissectIgmp } from './igmp-tree.ts';
import { type ListenerFormat, printRecords, printSources } from './listener-records.ts';
import { fromFloat8 } from './listener-times.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

export const igmp: Protocol = { name: 'igmp', print, dissect: dissectIgmp };

/** Queries of version 3 are at least this long. */
const QUERY_V3_SIZE = 12;

/** A report with one record. */
const LEAST_REPORT_V3 = 16;

/** Tenths of a second; said only when it is another. */
const USUAL_RESPONSE_TIME = 100;

const FORMAT: ListenerFormat = {
  record: IGMP_RECORD,
  addressSize: 4,
  printAddress: (p, at) => p.ipv4(at),
  unknownType: ' [v3-report-#%u]',
};

/** A traceroute query or response, behind eight bytes. */
const TRACE = { source: 8, destination: 12, response: 16, timeToLive: 20, query: 21, size: 24 } as const;

type MessagePrinter = (p: Printer, at: number, length: number) => void;

const MESSAGES: Readonly<Record<number, MessagePrinter>> = {
  [IGMP_TYPE.QUERY]: printQuery,
  [IGMP_TYPE.REPORT_V1]: (p, at, length) => {
    printGroup(p, 'igmp v1 report ', at);
    if (length !== IGMP.size) p.text(` [len ${length}]`);
  },
  [IGMP_TYPE.REPORT_V2]: (p, at) => printGroup(p, 'igmp v2 report ', at),
  [IGMP_TYPE.LEAVE]: (p, at) => printGroup(p, 'igmp leave ', at),
  [IGMP_TYPE.REPORT_V3]: printReport,
  [IGMP_TYPE.DVMRP]: (p, _at, length) => p.text(length < IGMP.size ? `igmp dvmrp [len ${length}]` : 'igmp dvmrp'),
  [IGMP_TYPE.PIM_V1]: (p) => p.text('igmp pimv1'),
  [IGMP_TYPE.TRACE]: (p, at, length) => printTrace(p, at, length, 'mtrace'),
  [IGMP_TYPE.TRACE_RESPONSE]: (p, at, length) => printTrace(p, at, length, 'mresp'),
};

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'igmp';
  if (p.options.quiet) {
    p.text('igmp');
    return;
  }
  const type = p.u8(at + IGMP.type);
  const message = MESSAGES[type];
  if (message === undefined) p.text(`igmp-${type}`);
  else message(p, at, length);
  const checked = p.verbosity > 0 && length >= IGMP.group && p.has(at, length);
  if (checked && internetChecksum(p.bytes, at, length) !== 0)
    p.text(` bad igmp cksum ${p.u16(at + IGMP.checksum).toString(16)}!`);
}

function printGroup(p: Printer, before: string, at: number): void {
  p.need(at + IGMP.group, 4);
  p.text(before);
  p.ipv4(at + IGMP.group);
}

function printQuery(p: Printer, at: number, length: number): void {
  p.text('igmp query');
  if (length >= QUERY_V3_SIZE) {
    printQueryV3(p, at, length);
    return;
  }
  const time = p.u8(at + IGMP.maxResponse);
  p.text(time === 0 ? ' v1' : ' v2');
  if (time !== 0 && time !== USUAL_RESPONSE_TIME) p.text(` [max resp time ${time}]`);
  if (p.u32(at + IGMP.group) !== 0) {
    printGroup(p, ' [gaddr ', at);
    p.text(']');
  }
  if (length !== IGMP.size) p.text(` [len ${length}]`);
}

function printQueryV3(p: Printer, at: number, length: number): void {
  p.text(' v3');
  if (length % 4 !== 0) {
    p.text(` [invalid len ${length}]`);
    return;
  }
  const code = p.u8(at + IGMP.maxResponse);
  if (code !== USUAL_RESPONSE_TIME) printResponseTime(p, fromFloat8(code));
  if (p.u32(at + IGMP.group) === 0) return;
  printGroup(p, ' [gaddr ', at);
  const count = p.u16(at + IGMP.sourceCount);
  if (count > 0) {
    if (length < IGMP.sources + 4 * count) p.text(' [invalid number of sources]');
    else printSources(p, FORMAT, at + IGMP.sources, count);
  }
  p.text(']');
}

function printResponseTime(p: Printer, tenths: number): void {
  p.text(' [max resp time ');
  if (tenths < 600) p.text(`${Math.floor(tenths / 10)}.${tenths % 10}s`);
  else printDuration(p, Math.floor(tenths / 10));
  p.text(']');
}

function printReport(p: Printer, at: number, length: number): void {
  p.text('igmp v3 report');
  if (length < LEAST_REPORT_V3 || length % 4 !== 0) {
    p.text(` [invalid len ${length}]`);
    return;
  }
  const count = p.u16(at + IGMP.recordCount);
  p.text(`, ${count} group record(s)`);
  if (p.verbosity > 0) printRecords(p, FORMAT, at + IGMP.records, count, at + length);
}

function printTrace(p: Printer, at: number, length: number, name: string): void {
  if (length < TRACE.size) {
    p.text(` [invalid len ${length}]`);
    return;
  }
  p.need(at, TRACE.size);
  const query = p.u24(at + TRACE.query);
  p.text(`${name} ${query}: `);
  p.ipv4(at + TRACE.source);
  p.text(' to ');
  p.ipv4(at + TRACE.destination);
  p.text(' reply-to ');
  p.ipv4(at + TRACE.response);
  const multicast = p.u8(at + TRACE.response) >> 4 === 14;
  if (multicast) p.text(` with-ttl ${p.u8(at + TRACE.timeToLive)}`);
}
