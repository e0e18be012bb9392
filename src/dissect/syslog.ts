// Syslog over UDP: RFC 3164 and 5424; tcpdump's print-syslog.c, Wireshark's packet-syslog.c.
import { dumpHex } from './dump.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import { latin1 } from './text-protocol.ts';
import type { Tree } from './tree.ts';
import { TRUNCATED } from './truncated.ts';

export const syslog: Protocol = { name: 'syslog', print, dissect };

const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const MAX_DIGITS = 3;

/** What the number between the angle brackets is made of. */
const SEVERITY = 0x007;
const FACILITY = 0x3f8;
const FACILITY_SHIFT = 3;

const SEVERITY_NAMES = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const;

const FACILITY_NAMES = [
  ...['kernel', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp', 'ntp'],
  ...['security', 'console', 'cron', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
] as const;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'syslog';
  if (p.u8(at) !== LESS_THAN) {
    p.text(' (invalid)');
    return;
  }
  let priority = 0;
  let next = at + 1;
  for (; next <= at + MAX_DIGITS && isDigit(p.u8(next)); next++) priority = 10 * priority + p.u8(next) - DIGIT_0;
  if (p.u8(next) !== GREATER_THAN) p.text(' (invalid)');
  else printMessage(p, priority, at, length, next + 1);
}

function isDigit(c: number): boolean {
  return c >= DIGIT_0 && c <= DIGIT_9;
}

function printMessage(p: Printer, priority: number, at: number, length: number, message: number): void {
  const facility = (priority & FACILITY) >> FACILITY_SHIFT;
  const severity = priority & SEVERITY;
  if (p.verbosity === 0) {
    p.text('SYSLOG ');
    p.name(FACILITY_NAMES, facility, 'unknown (%u)');
    p.text('.');
    p.name(SEVERITY_NAMES, severity, 'unknown (%u)');
    p.text(', length: ');
    p.decimal(length);
    return;
  }
  p.text(`SYSLOG, length: ${length}\n\tFacility `);
  p.name(FACILITY_NAMES, facility, 'unknown (%u)');
  p.text(` (${facility}), Severity ${SEVERITY_NAMES[severity]} (${severity})\n\tMsg: `);
  if (!p.string(message, at + length - message)) throw TRUNCATED;
  if (p.verbosity > 1) dumpHex(p.out, p.bytes, at, Math.min(length, p.end - at), '\n\t');
}

const PRIORITY = /^<(\d{1,3})>/;
/** Version, time, host, application, process, message (RFC 5424 section 6). */
const HEADER_5424 = /^(\d{1,2}) (\S+) (\S+) (\S+) (\S+) (\S+)/;
/** Time and host (RFC 3164 section 4.1.2). */
const HEADER_3164 = /^([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (\S+) ([A-Za-z0-9_./-]+)/;

function dissect(t: Tree, at: number, end: number): void {
  const stop = Math.min(end, t.end);
  t.layer('syslog', at, stop - at);
  const text = latin1(t.bytes, at, stop);
  const match = PRIORITY.exec(text);
  const skip = match === null ? 0 : match[0].length;
  if (match !== null) {
    const priority = Number(match[1]);
    t.add('syslog.facility', at, skip, priority >> FACILITY_SHIFT);
    t.add('syslog.level', at, skip, priority & SEVERITY);
  }
  if (at + skip < stop) addMessage(t, at + skip, text.slice(skip));
  t.need(end, 0);
}

function addMessage(t: Tree, at: number, text: string): void {
  t.open('syslog.msg', at, text.length, text);
  const modern = HEADER_5424.exec(text);
  const old = modern === null ? HEADER_3164.exec(text) : null;
  if (modern !== null) addWords(t, at, modern, MODERN_FIELDS);
  else if (old !== null) addWords(t, at, old, OLD_FIELDS);
  t.shut();
}

/** In the order of the words; '' for one that has no field here. */
const MODERN_FIELDS = ['syslog.version', '', 'syslog.hostname', 'syslog.appname', 'syslog.procid', ''] as const;
const OLD_FIELDS = ['syslog.timestamp_rfc3164', 'syslog.hostname', 'syslog.procid'] as const;

function addWords(t: Tree, at: number, match: RegExpExecArray, fields: readonly string[]): void {
  let from = at;
  fields.forEach((field, i) => {
    const word = match[i + 1]!;
    if (field === 'syslog.version') t.add(field, from, word.length, Number(word));
    else if (field !== '') t.add(field, from, word.length, word);
    from += word.length + 1;
  });
}
