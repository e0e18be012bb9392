// DNS, multicast DNS and LLMNR: RFC 1035, 6762 and 4795; tcpdump's print-domain.c, Wireshark's packet-dns.c.
import { DNS, DNS_CLASS, DNS_FLAG, DNS_QUESTION, DNS_TYPE } from '../wire/index.ts';
import { allowSteps, printName, skipName } from './dns-name.ts';
import { printRecord } from './dns-record.ts';
import { dissectMessage, dissectStream } from './dns-tree.ts';
import { CLASS_NAMES, TYPE_NAMES } from './dns-types.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

export const dns: Protocol = {
  name: 'dns',
  print: (p, at, length) => printMessage(p, at, length, false),
  dissect: (t, at, end) => dissectMessage(t, 'dns', at, end),
};

export const mdns: Protocol = {
  name: 'mdns',
  print: (p, at, length) => printMessage(p, at, length, true),
  dissect: (t, at, end) => dissectMessage(t, 'mdns', at, end),
};

/** tcpdump does not print it. */
export const llmnr: Protocol = {
  name: 'llmnr',
  dissect: (t, at, end) => dissectMessage(t, 'llmnr', at, end),
};

/** A message with its length before it (RFC 1035 section 4.2.2). One that fills not exactly one segment is not printed. */
export const dnsOverTcp: Protocol = {
  name: 'dns',
  print: printOverTcp,
  dissect: dissectStream,
};

/** By opcode. */
const OPERATIONS = [
  ...['', ' inv_q', ' stat', ' op3', ' notify', ' update', ' op6', ' op7'],
  ...[' op8', ' updateA', ' updateD', ' updateDA', ' updateM', ' updateMA', ' zoneInit', ' zoneRef'],
] as const;

const INVERSE_QUERY = 1;

/** By response code; some lack the blank, as tcpdump has them. */
const RESPONSES = [
  ...['', ' FormErr', ' ServFail', ' NXDomain', ' NotImp', ' Refused', ' YXDomain', ' YXRRSet'],
  ...[' NXRRSet', ' NotAuth', ' NotZone', ' Resp11', ' Resp12', ' Resp13', ' Resp14', ' NoChange'],
  ...[' BadVers', 'Resp17', ' Resp18', ' Resp19', ' Resp20', 'Resp21', ' Resp22', ' BadCookie'],
] as const;

/** Bits that a request should not have: answer bits, the reserved one and most of the response code. */
const WEIRD_IN_REQUEST = 0x6cf;

/** In mDNS: an answer by unicast is wanted (RFC 6762 section 5.4). */
const UNICAST_WANTED = 0x8000;

interface Counts {
  questions: number;
  answers: number;
  authorities: number;
  additionals: number;
}

function printOverTcp(p: Printer, at: number, length: number): void {
  p.protocol = 'domain';
  if (length < 2) {
    p.text(` [DNS over TCP: length ${length} < 2] (invalid)`);
    return;
  }
  const prefix = p.u16(at);
  if (prefix !== length - 2) {
    p.text(` [prefix length(${prefix}) != length(${length - 2})] (invalid)`);
    return;
  }
  p.text(' ');
  printMessage(p, at + 2, length - 2, false);
}

function printMessage(p: Printer, at: number, length: number, multicast: boolean): void {
  p.protocol = 'domain';
  if (length < DNS.size) {
    p.text(`domain [length ${length} < ${DNS.size}] (invalid)`);
    return;
  }
  if (!p.has(at, DNS.size)) {
    p.truncated();
    return;
  }
  allowSteps();
  const counts = {
    questions: p.u16(at + DNS.questions),
    answers: p.u16(at + DNS.answers),
    authorities: p.u16(at + DNS.authorities),
    additionals: p.u16(at + DNS.additionals),
  };
  const response = (p.u16(at + DNS.flags) & DNS_FLAG.RESPONSE) !== 0;
  const end = response ? printResponse(p, at, counts, multicast) : printRequest(p, at, counts, multicast);
  if (end < 0) p.truncated();
  else {
    p.text(' (');
    p.decimal(length);
    p.text(')');
  }
}

function printResponse(p: Printer, at: number, counts: Counts, multicast: boolean): number {
  const flags = p.u16(at + DNS.flags);
  const code = (flags & DNS_FLAG.RCODE) | extendedCode(p, at, counts);
  p.decimal(p.u16(at + DNS.id));
  p.text(operation(flags));
  p.text(RESPONSES[code] ?? ` Resp${code}`);
  if (flags & DNS_FLAG.AUTHORITATIVE) p.text('*');
  if (!(flags & DNS_FLAG.RECURSION_AVAILABLE)) p.text('-');
  if (flags & DNS_FLAG.TRUNCATED) p.text('|');
  if (flags & DNS_FLAG.AUTHENTIC_DATA) p.text('$');
  if (counts.questions !== 1) p.format(' [%uq]', counts.questions);
  let next = printQuestionsOfResponse(p, at, counts.questions, multicast);
  if (next < 0) return next;
  p.text(` ${counts.answers}/${counts.authorities}/${counts.additionals}`);
  next = printSection(p, next, '', counts.answers, at, multicast);
  return next < 0 || p.verbosity < 2 ? next : printLastSections(p, next, counts, at, multicast);
}

function printRequest(p: Printer, at: number, counts: Counts, multicast: boolean): number {
  const flags = p.u16(at + DNS.flags);
  p.decimal(p.u16(at + DNS.id));
  p.text(operation(flags));
  if (flags & DNS_FLAG.RECURSION_DESIRED) p.text('+');
  if (flags & DNS_FLAG.CHECKING_DISABLED) p.text('%');
  if (flags & WEIRD_IN_REQUEST) p.format(' [b2&3=0x%x]', flags);
  printUnusualCounts(p, flags, counts);
  let next = printQuestionsOfRequest(p, at, counts.questions, multicast);
  if (next < 0 || p.verbosity < 2) return next;
  next = printSection(p, next, '', counts.answers, at, multicast);
  return next < 0 ? next : printLastSections(p, next, counts, at, multicast);
}

function operation(flags: number): string {
  return OPERATIONS[(flags & DNS_FLAG.OPCODE) >> 11]!;
}

/** Counts that a plain request would not have: [1a], [0q], [2n], [1au]. */
function printUnusualCounts(p: Printer, flags: number, counts: Counts): void {
  if ((flags & DNS_FLAG.OPCODE) >> 11 === INVERSE_QUERY) {
    if (counts.questions !== 0) p.format(' [%uq]', counts.questions);
    if (counts.answers !== 1) p.format(' [%ua]', counts.answers);
  } else {
    if (counts.answers !== 0) p.format(' [%ua]', counts.answers);
    if (counts.questions !== 1) p.format(' [%uq]', counts.questions);
  }
  if (counts.authorities !== 0) p.format(' [%un]', counts.authorities);
  if (counts.additionals !== 0) p.format(' [%uau]', counts.additionals);
}

/** The upper bits of the response code stand in the OPT record (RFC 6891 section 6.1.3); 0 without a readable one. */
function extendedCode(p: Printer, at: number, counts: Counts): number {
  let next = at + DNS.size;
  for (let i = counts.questions; i > 0; i--) {
    next = skipName(p, next);
    if (next < 0) return 0;
    next += DNS_QUESTION.size;
  }
  for (let i = counts.answers + counts.authorities; i > 0; i--) {
    next = skipRecord(p, skipName(p, next));
    if (next < 0) return 0;
  }
  for (let i = counts.additionals; i > 0; i--) {
    next = skipName(p, next);
    if (next < 0 || !p.has(next, 5)) return 0;
    if (p.u16(next) === DNS_TYPE.OPT) return p.u8(next + 4) << 4;
    next = skipRecord(p, next);
    if (next < 0) return 0;
  }
  return 0;
}

function skipRecord(p: Printer, at: number): number {
  if (at < 0 || !p.has(at, 10)) return -1;
  return at + 10 + p.u16(at + 8);
}

function printQuestionsOfResponse(p: Printer, at: number, count: number, multicast: boolean): number {
  let next = at + DNS.size;
  for (let i = 0; i < count && next >= 0; i++) {
    if (i > 0) p.text(',');
    if (p.verbosity > 1) {
      p.text(' q:');
      next = printQuestion(p, next, at, multicast);
    } else {
      const behind = skipName(p, next);
      next = behind < 0 ? -1 : behind + DNS_QUESTION.size;
    }
  }
  return next;
}

function printQuestionsOfRequest(p: Printer, at: number, count: number, multicast: boolean): number {
  let next = at + DNS.size;
  for (let i = 0; i < count && next >= 0; i++) {
    if (i > 0 && next >= p.end) return -1;
    next = printQuestion(p, next, at, multicast);
  }
  return next;
}

/** Type, class and name of one question; the place behind it, or -1. */
function printQuestion(p: Printer, at: number, base: number, multicast: boolean): number {
  const behind = skipName(p, at);
  if (behind < 0 || !p.has(behind, DNS_QUESTION.size)) return -1;
  p.text(' ');
  p.name(TYPE_NAMES, p.u16(behind + DNS_QUESTION.type), 'Type%u');
  const word = p.u16(behind + DNS_QUESTION.class);
  const dnsClass = multicast ? word & ~UNICAST_WANTED : word;
  if (dnsClass !== DNS_CLASS.IN) {
    p.text(' ');
    p.name(CLASS_NAMES, dnsClass, '(Class %u)');
  }
  if (multicast) p.text(word & UNICAST_WANTED ? ' (QU)' : ' (QM)');
  p.text('? ');
  const next = printName(p, at, base);
  return next < 0 ? -1 : next + DNS_QUESTION.size;
}

function printLastSections(p: Printer, at: number, counts: Counts, base: number, multicast: boolean): number {
  const next = printSection(p, at, ' ns:', counts.authorities, base, multicast);
  return next < 0 ? next : printSection(p, next, ' ar:', counts.additionals, base, multicast);
}

/** Prints `count` records; -1 when they were not all there. */
function printSection(p: Printer, at: number, title: string, count: number, base: number, multicast: boolean): number {
  let next = at;
  for (let i = 0; i < count; i++) {
    if (next >= p.end && (i > 0 || title !== '')) return -1;
    p.text(i > 0 ? ',' : title);
    next = printRecord(p, next, base, multicast);
    if (next < 0) return -1;
  }
  return next;
}
