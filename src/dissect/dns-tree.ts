// DNS messages as fields, named and placed as Wireshark's packet-dns.c does it. Sections and records are fields
// without a name of their own, whose value is the text that Wireshark shows.
import { DNS, DNS_CLASS, DNS_FLAG, DNS_QUESTION, DNS_RECORD, DNS_TYPE } from '../wire/index.ts';
import { type Name, readName } from './dns-name.ts';
import { dissectData } from './dns-tree-data.ts';
import { MORE_CLASS_NAMES, MORE_TYPE_NAMES } from './dns-types.ts';
import type { Tree } from './tree.ts';

type Kind = 'dns' | 'mdns' | 'llmnr';

/** Opcode of a dynamic update (RFC 2136), which names its sections otherwise. */
const UPDATE = 5;

const SECTIONS = [
  ['dns.count.queries', 'Queries'],
  ['dns.count.answers', 'Answers'],
  ['dns.count.auth_rr', 'Authoritative nameservers'],
  ['dns.count.add_rr', 'Additional records'],
] as const;

const UPDATE_SECTIONS = [
  ['dns.count.zones', 'Zone'],
  ['dns.count.prerequisites', 'Prerequisites'],
  ['dns.count.updates', 'Updates'],
  ['dns.count.add_rr', 'Additional records'],
] as const;

/** In mDNS the upper bit of the class means something else. */
const UPPER_BIT = 0x8000;
const LOWER_BITS = 0x7fff;

/** One message that fills the datagram. */
export function dissectMessage(t: Tree, kind: Kind, at: number, end: number): void {
  t.end = Math.min(t.end, end);
  t.layer(kind, at, end - at);
  dissectBody(t, kind, at);
}

/** Messages behind one another, each with its length before it. */
export function dissectStream(t: Tree, at: number, end: number): void {
  const segmentEnd = Math.min(t.end, end);
  for (let next = at; next < segmentEnd && t.stopped === undefined; ) {
    t.end = segmentEnd;
    t.layer('dns', next, segmentEnd - next);
    const messageEnd = next + 2 + t.u16('dns.length', next);
    if (messageEnd > segmentEnd) {
      t.stop('dns', next + 2, 'the message goes on in another segment');
      return;
    }
    t.end = messageEnd;
    t.layers.at(-1)!.length = messageEnd - next;
    dissectBody(t, 'dns', next + 2);
    next = messageEnd;
  }
}

function dissectBody(t: Tree, kind: Kind, at: number): void {
  t.u16('dns.id', at + DNS.id);
  const flags = dissectFlags(t, kind, at + DNS.flags);
  const sections = (flags & DNS_FLAG.OPCODE) >> 11 === UPDATE ? UPDATE_SECTIONS : SECTIONS;
  const counts = sections.map(([field], i) => t.u16(field, at + DNS.questions + 2 * i));
  let next = at + DNS.size;
  sections.forEach(([, title], i) => {
    const count = counts[i]!;
    if (count > 0 && t.stopped === undefined) next = dissectSection(t, kind, title, i === 0, count, next, at);
  });
}

function dissectFlags(t: Tree, kind: Kind, at: number): number {
  const flags = t.peek16(at);
  t.open('dns.flags', at, 2, flags);
  const response = t.flag('dns.flags.response', at, 2, DNS_FLAG.RESPONSE);
  t.bits('dns.flags.opcode', at, 2, DNS_FLAG.OPCODE);
  if (kind === 'llmnr') t.flag('dns.flags.conflict', at, 2, DNS_FLAG.AUTHORITATIVE);
  else if (response) t.flag('dns.flags.authoritative', at, 2, DNS_FLAG.AUTHORITATIVE);
  t.flag('dns.flags.truncated', at, 2, DNS_FLAG.TRUNCATED);
  if (kind === 'llmnr') t.flag('dns.flags.tentative', at, 2, DNS_FLAG.RECURSION_DESIRED);
  else dissectResolverFlags(t, at, response, flags);
  if (response) t.bits('dns.flags.rcode', at, 2, DNS_FLAG.RCODE);
  t.shut();
  return flags;
}

function dissectResolverFlags(t: Tree, at: number, response: boolean, flags: number): void {
  t.flag('dns.flags.recdesired', at, 2, DNS_FLAG.RECURSION_DESIRED);
  if (response) t.flag('dns.flags.recavail', at, 2, DNS_FLAG.RECURSION_AVAILABLE);
  t.flag('dns.flags.z', at, 2, DNS_FLAG.Z);
  if (response || flags & DNS_FLAG.AUTHENTIC_DATA) t.flag('dns.flags.authenticated', at, 2, DNS_FLAG.AUTHENTIC_DATA);
  t.flag('dns.flags.checkdisable', at, 2, DNS_FLAG.CHECKING_DISABLED);
}

/** The place behind the section, as far as it could be read. */
function dissectSection(
  t: Tree,
  kind: Kind,
  title: string,
  questions: boolean,
  count: number,
  at: number,
  base: number,
): number {
  t.open('', at, t.end - at, title);
  let next = at;
  for (let i = 0; i < count && t.stopped === undefined; i++) {
    next = questions ? dissectQuestion(t, kind, next, base) : dissectRecord(t, kind, next, base);
  }
  t.shut(next);
  return next;
}

function dissectQuestion(t: Tree, kind: Kind, at: number, base: number): number {
  const name = readName(t, at, base);
  if (name === undefined) return at;
  const question = t.open('', at, Math.min(name.next + DNS_QUESTION.size, t.end) - at, shown(name));
  const length = name.next - at;
  t.add('dns.qry.name', at, length, shown(name));
  t.add('dns.qry.name.len', at, length, shown(name).length);
  t.add('dns.count.labels', at, length, name.labels);
  const type = t.u16('dns.qry.type', name.next + DNS_QUESTION.type);
  const place = name.next + DNS_QUESTION.class;
  const dnsClass = kind === 'mdns' ? t.bits('dns.qry.class', place, 2, LOWER_BITS) : t.u16('dns.qry.class', place);
  question.value = `${shown(name)}: type ${typeName(type)}, class ${className(dnsClass)}`;
  if (kind === 'mdns')
    question.value += t.flag('dns.qry.qu', place, 2, UPPER_BIT) ? ', "QU" question' : ', "QM" question';
  t.shut();
  return name.next + DNS_QUESTION.size;
}

function dissectRecord(t: Tree, kind: Kind, at: number, base: number): number {
  const name = readName(t, at, base);
  if (name === undefined) return at;
  const type = t.peek16(name.next + DNS_RECORD.type);
  const record = t.open('', at, t.end - at, `${shown(name)}: type ${typeName(type)}`);
  if (type === DNS_TYPE.SRV) dissectServiceName(t, at, name);
  else t.add('dns.resp.name', at, name.next - at, shown(name));
  t.u16('dns.resp.type', name.next + DNS_RECORD.type);
  record.value += dissectClass(t, kind, name.next + DNS_RECORD.class, type);
  if (type === DNS_TYPE.OPT) dissectExtendedFlags(t, name.next + DNS_RECORD.ttl);
  else t.u32('dns.resp.ttl', name.next + DNS_RECORD.ttl);
  const data = name.next + DNS_RECORD.size;
  const end = data + t.u16('dns.resp.len', name.next + DNS_RECORD.length);
  t.need(data, end - data);
  record.value += dissectData(t, type, data, end, base);
  t.shut(end);
  return end;
}

/** _service._protocol.name of an SRV record (RFC 2782). */
function dissectServiceName(t: Tree, at: number, name: Name): void {
  const [service, protocol, ...rest] = name.text.split('.');
  const length = name.next - at;
  t.add('dns.srv.service', at, length, service!);
  if (protocol !== undefined) t.add('dns.srv.proto', at, length, protocol);
  if (rest.length > 0) t.add('dns.srv.name', at, length, rest.join('.'));
}

/** The class, or what stands in its place; returns its text. */
function dissectClass(t: Tree, kind: Kind, at: number, type: number): string {
  const field = type === DNS_TYPE.OPT ? 'dns.rr.udp_payload_size' : 'dns.resp.class';
  const dnsClass = kind === 'mdns' ? t.bits(field, at, 2, LOWER_BITS) : t.u16(field, at);
  const flush = kind === 'mdns' && t.flag('dns.resp.cache_flush', at, 2, UPPER_BIT);
  return (type === DNS_TYPE.OPT ? '' : `, class ${className(dnsClass)}`) + (flush ? ', cache flush' : '');
}

/** What an OPT record has in place of the TTL (RFC 6891 section 6.1.3). */
function dissectExtendedFlags(t: Tree, at: number): void {
  t.u8('dns.resp.ext_rcode', at);
  t.u8('dns.resp.edns0_version', at + 1);
  t.open('dns.resp.z', at + 2, 2, t.peek16(at + 2));
  t.flag('dns.resp.z.do', at + 2, 2, UPPER_BIT);
  t.bits('dns.resp.z.reserved', at + 2, 2, LOWER_BITS);
  t.shut();
}

function shown(name: Name): string {
  return name.text === '' ? '<Root>' : name.text;
}

function typeName(type: number): string {
  return MORE_TYPE_NAMES[type] ?? `Unknown (${type})`;
}

function className(dnsClass: number): string {
  return MORE_CLASS_NAMES[dnsClass] ?? (dnsClass === DNS_CLASS.IN ? 'IN' : `Unknown (${dnsClass})`);
}
