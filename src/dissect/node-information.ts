// IPv6 node information queries as tcpdump prints them (print-icmp6.c); RFC 4620.
import { ICMPV6_TYPE } from '../wire/index.ts';
import type { Printer } from './printer.ts';

const NODE = { type: 0, code: 1, question: 4, flags: 6, nonce: 8, data: 16, size: 16 } as const;

/** A query that is no more than a header and four bytes, as KAME's first one was. */
const WHO_ARE_YOU_SIZE = 12;

const QUESTION = { NOOP: 0, TYPES: 1, NAME: 2, ADDRESSES: 3 } as const;

/** What the subject of a query is, by code. */
const SUBJECT = { IPV6: 0, NAME: 1, IPV4: 2 } as const;

/** How a reply turned out, by code. */
const RESULT = { SUCCESS: 0, REFUSED: 1, UNKNOWN: 2 } as const;

/** Of a query or reply for addresses; T is a reply's. */
const ADDRESS_LETTERS = [
  [0x40, 'a'],
  [0x20, 'G'],
  [0x10, 'S'],
  [0x08, 'L'],
  [0x04, 'C'],
  [0x02, 'A'],
  [0x01, 'T'],
] as const;

/** A reply's address with its time to live before it. */
const ADDRESS_SIZE = 20;

export function printNodeInformation(p: Printer, at: number, length: number): true {
  const whole = p.u8(at + NODE.type) === ICMPV6_TYPE.NODE_QUERY ? printQuery(p, at) : printReply(p, at, length);
  if (!whole) p.truncated();
  return true;
}

function printQuery(p: Printer, at: number): boolean {
  const size = p.end - at;
  if (size === WHO_ARE_YOU_SIZE) {
    p.text(' who-are-you request');
    return true;
  }
  p.text(' node information query');
  if (size < NODE.size) return false;
  p.text(' (');
  const question = p.u16(at + NODE.question);
  printQuestion(p, question, p.u16(at + NODE.flags));
  if (question === QUESTION.NOOP || question === QUESTION.TYPES) {
    if (size !== NODE.size && p.verbosity > 0) p.text(', invalid len');
  } else if (size === NODE.size) p.text(', 03 draft');
  else printSubject(p, at, size);
  p.text(')');
  return true;
}

function printQuestion(p: Printer, question: number, flags: number): void {
  switch (question) {
    case QUESTION.NOOP:
      p.text('noop');
      break;
    case QUESTION.TYPES:
      p.text('supported qtypes');
      if (flags !== 0) p.text(flags & 1 ? ' [C]' : ' []');
      break;
    case QUESTION.NAME:
      p.text('DNS name');
      break;
    case QUESTION.ADDRESSES:
      p.text('node addresses');
      if (flags !== 0) printAddressFlags(p, flags & ~1);
      break;
    default:
      p.text('unknown');
  }
}

function printAddressFlags(p: Printer, flags: number): void {
  p.text(' [');
  p.bits(ADDRESS_LETTERS, flags, '', '');
  p.text(']');
}

function printSubject(p: Printer, at: number, size: number): void {
  switch (p.u8(at + NODE.code)) {
    case SUBJECT.IPV6:
      printSubjectAddress(p, at + NODE.data, size - NODE.size, 16);
      break;
    case SUBJECT.IPV4:
      printSubjectAddress(p, at + NODE.data, size - NODE.size, 4);
      break;
    case SUBJECT.NAME:
      p.text(', subject=DNS name');
      printNodeName(p, at + NODE.data);
      break;
    default:
      p.text(', unknown subject');
  }
}

function printSubjectAddress(p: Printer, at: number, size: number, wanted: 4 | 16): void {
  if (size < wanted) return;
  if (size > wanted) {
    if (p.verbosity > 0) p.text(', invalid subject len');
    return;
  }
  p.text(', subject=');
  if (wanted === 16) p.ipv6(at);
  else p.ipv4(at);
}

/** A text with its length before it up to the end, as in an early draft, or labels. */
function printNodeName(p: Printer, at: number): void {
  if (p.u8(at) !== p.end - at - 1) {
    printLabels(p, at);
    return;
  }
  if (p.verbosity > 0) p.text(', 03 draft');
  p.text(', "');
  p.string(at + 1, p.end - at - 1);
  p.text('"');
}

/** Labels up to the end of the packet, without compression. */
function printLabels(p: Printer, from: number): void {
  const { end } = p;
  p.text(', "');
  for (let at = from; at < end; ) {
    const length = p.u8(at);
    at++;
    if (length === 0) {
      if (at === end) p.text('.');
      else if (at + 1 !== end || p.u8(at) !== 0) p.text('???');
      break;
    }
    if (length > end - at) {
      p.text('???');
      break;
    }
    p.string(at, length);
    at += length;
    if (at + 1 < end && p.u8(at) !== 0) p.text('.');
  }
  p.text('"');
}

function printReply(p: Printer, at: number, length: number): boolean {
  const size = p.end - at;
  if (length > size || size < NODE.size) return false;
  p.text(' node information reply (');
  const code = p.u8(at + NODE.code);
  if (code === RESULT.SUCCESS) {
    if (p.verbosity > 0) p.text('success, ');
    printAnswer(p, at, size);
  } else printFailure(p, code, size);
  p.text(')');
  return true;
}

function printFailure(p: Printer, code: number, size: number): void {
  if (code !== RESULT.REFUSED && code !== RESULT.UNKNOWN) return;
  p.text(code === RESULT.REFUSED ? 'refused' : 'unknown');
  if (size !== NODE.size && p.verbosity > 0) p.text(', invalid length');
}

function printAnswer(p: Printer, at: number, size: number): void {
  const question = p.u16(at + NODE.question);
  const flags = p.u16(at + NODE.flags);
  printQuestion(p, question, question === QUESTION.ADDRESSES ? 0 : flags);
  if (question === QUESTION.NOOP && size !== NODE.size && p.verbosity > 0) p.text(', invalid length');
  if (question === QUESTION.NAME) {
    printNodeName(p, at + NODE.data + 4);
    if (flags & 1) p.text(` [TTL=${p.u32(at + NODE.data)}]`);
  }
  if (question === QUESTION.ADDRESSES) {
    for (let i: number = NODE.size; i + ADDRESS_SIZE <= size; i += ADDRESS_SIZE) {
      p.text(' ');
      p.ipv6(at + i + 4);
      p.text(`(${p.u32(at + i)})`);
    }
    if (flags !== 0) printAddressFlags(p, flags);
  }
}
