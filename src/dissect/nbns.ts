// NetBIOS name service: RFC 1002 section 4.2; Wireshark's packet-nbns.c. Debian's tcpdump does not print it (its
// printer of SMB is left out when it is built), so that it counts as unknown payload there.
import { DNS, DNS_FLAG, DNS_QUESTION, DNS_RECORD } from '../wire/index.ts';
import { type Name, readName } from './dns-name.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const nbns: Protocol = { name: 'nbns', dissect };

/** In the place of DNS's "checking disabled". */
const BROADCAST = 0x0010;

const TYPE_NAMES: Readonly<Record<number, string>> = { 1: 'A', 2: 'NS', 10: 'NULL', 32: 'NB', 33: 'NBSTAT' };
const NB = 32;
const NBSTAT = 33;

/** A name of a status answer: fifteen characters, the kind of name, flags. */
const STATUS_NAME = { kind: 15, flags: 16, size: 18 } as const;

const SECTIONS = [
  ['nbns.count.queries', 'Queries'],
  ['nbns.count.answers', 'Answers'],
  ['nbns.count.auth_rr', 'Authoritative nameservers'],
  ['nbns.count.add_rr', 'Additional records'],
] as const;

function dissect(t: Tree, at: number, end: number): void {
  t.end = Math.min(t.end, end);
  t.layer('nbns', at, end - at);
  t.u16('nbns.id', at + DNS.id);
  dissectFlags(t, at + DNS.flags);
  const counts = SECTIONS.map(([field], i) => t.u16(field, at + DNS.questions + 2 * i));
  let next = at + DNS.size;
  SECTIONS.forEach(([, title], section) => {
    if (counts[section] === 0 || t.stopped !== undefined) return;
    t.open('', next, t.end - next, title);
    for (let i = counts[section]!; i > 0 && t.stopped === undefined; i--)
      next = section === 0 ? dissectQuestion(t, next, at) : dissectRecord(t, next, at);
    t.shut(next);
  });
}

function dissectFlags(t: Tree, at: number): void {
  t.open('nbns.flags', at, 2, t.peek16(at));
  const response = t.flag('nbns.flags.response', at, 2, DNS_FLAG.RESPONSE);
  t.bits('nbns.flags.opcode', at, 2, DNS_FLAG.OPCODE);
  if (response) t.flag('nbns.flags.authoritative', at, 2, DNS_FLAG.AUTHORITATIVE);
  t.flag('nbns.flags.truncated', at, 2, DNS_FLAG.TRUNCATED);
  t.flag('nbns.flags.recdesired', at, 2, DNS_FLAG.RECURSION_DESIRED);
  if (response) t.flag('nbns.flags.recavail', at, 2, DNS_FLAG.RECURSION_AVAILABLE);
  t.flag('nbns.flags.broadcast', at, 2, BROADCAST);
  if (response) t.bits('nbns.flags.rcode', at, 2, DNS_FLAG.RCODE);
  t.shut();
}

function dissectQuestion(t: Tree, at: number, base: number): number {
  const name = readName(t, at, base);
  if (name === undefined) return at;
  t.need(name.next, DNS_QUESTION.size);
  openEntry(t, at, name, name.next + DNS_QUESTION.size - at);
  t.shut();
  return name.next + DNS_QUESTION.size;
}

function openEntry(t: Tree, at: number, name: Name, length: number): number {
  const text = netbiosName(name.text);
  const type = t.peek16(name.next + DNS_QUESTION.type);
  t.open('', at, length, `${text}: type ${TYPE_NAMES[type] ?? `Unknown (${type})`}, class IN`);
  t.add('nbns.name', at, name.next - at, text);
  t.u16('nbns.type', name.next + DNS_QUESTION.type);
  t.u16('nbns.class', name.next + DNS_QUESTION.class);
  return type;
}

/** First-level encoding: each half of a byte as a letter from A on (RFC 1001 section 14.1); others stay as they are. */
function netbiosName(text: string): string {
  const [label = '', ...scope] = text.split('.');
  if (!/^[A-P]{32}$/.test(label)) return text;
  const codes = Array.from({ length: 16 }, (_, i) => nibble(label, 2 * i) * 16 + nibble(label, 2 * i + 1));
  const name = String.fromCharCode(...codes.slice(0, 15)).trimEnd();
  const shown = name.replace(/[^!-~ ]/g, (c) => `<${hex(c.charCodeAt(0))}>`);
  return [`${shown}<${hex(codes[15]!)}>`, ...scope].join('.');
}

function nibble(label: string, at: number): number {
  return label.charCodeAt(at) - 0x41;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function dissectRecord(t: Tree, at: number, base: number): number {
  const name = readName(t, at, base);
  if (name === undefined) return at;
  t.need(name.next, DNS_RECORD.size);
  const data = name.next + DNS_RECORD.size;
  const end = data + t.peek16(name.next + DNS_RECORD.length);
  const type = openEntry(t, at, name, Math.min(end, t.end) - at);
  t.u32('nbns.ttl', name.next + DNS_RECORD.ttl);
  t.u16('nbns.data_length', name.next + DNS_RECORD.length);
  t.need(data, end - data);
  if (type === NB) for (let next = data; next + 6 <= end; next += 6) dissectAddress(t, next);
  else if (type === NBSTAT && data < end) dissectStatus(t, data, end);
  t.shut();
  return end;
}

function dissectAddress(t: Tree, at: number): void {
  t.open('nbns.nb_flags', at, 2, t.peek16(at));
  t.flag('nbns.nb_flags.group', at, 2, 0x8000);
  t.bits('nbns.nb_flags.ont', at, 2, 0x6000);
  t.shut();
  t.ipv4('nbns.addr', at + 2);
}

/** The node's names, then its hardware address and counters. */
function dissectStatus(t: Tree, at: number, end: number): void {
  let next = at + 1;
  for (let i = t.u8('nbns.number_of_names', at); i > 0 && next + STATUS_NAME.size <= end; i--) {
    t.add('nbns.netbios_name', next, 16, String.fromCharCode(...t.bytes.subarray(next, next + 15)).trimEnd());
    const flags = next + STATUS_NAME.flags;
    t.open('nbns.name_flags', flags, 2, t.peek16(flags));
    t.flag('nbns.name_flags.group', flags, 2, 0x8000);
    t.bits('nbns.name_flags.ont', flags, 2, 0x6000);
    t.flag('nbns.name_flags.drg', flags, 2, 0x1000);
    t.flag('nbns.name_flags.cnf', flags, 2, 0x0800);
    t.flag('nbns.name_flags.act', flags, 2, 0x0400);
    t.flag('nbns.name_flags.prm', flags, 2, 0x0200);
    t.shut();
    next += STATUS_NAME.size;
  }
  if (next + 6 <= end) t.mac('nbns.unit_id', next);
}
