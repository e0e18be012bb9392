// DHCPv6: RFC 8415 and the RFCs of its options; tcpdump's print-dhcp6.c.
import { DHCPV6, DHCPV6_OPTION_HEADER, DHCPV6_RELAY, DHCPV6_TYPE } from '../wire/index.ts';
import { dissectDhcpv6 } from './dhcpv6-tree.ts';
import { allowSteps, printName } from './dns-name.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

export const dhcpv6: Protocol = {
  name: 'dhcpv6',
  print: (p, at, length) => {
    allowSteps();
    printMessage(p, at, length, 0);
  },
  dissect: dissectDhcpv6,
};

/** Options within options that are followed; tcpdump has no such bound. */
const MAX_NESTING = 100;

const MESSAGE_TYPES: Readonly<Record<number, string>> = {
  1: 'solicit',
  2: 'advertise',
  3: 'request',
  4: 'confirm',
  5: 'renew',
  6: 'rebind',
  7: 'reply',
  8: 'release',
  9: 'decline',
  10: 'reconfigure',
  11: 'inf-req',
  12: 'relay-fwd',
  13: 'relay-reply',
  14: 'leasequery',
  15: 'leasequery-reply',
};

const STATUS_CODES: Readonly<Record<number, string>> = {
  0: 'Success',
  1: 'UnspecFail',
  2: 'NoAddrsAvail',
  3: 'NoBinding',
  4: 'NotOnLink',
  5: 'UseMulticast',
  6: 'NoPrefixAvail',
  7: 'UnknownQueryType',
  8: 'MalformedQuery',
  9: 'NotConfigured',
  10: 'NotAllowed',
};

/** Prints a value of `length` bytes, all captured; false when something in it ends too early. */
type ValuePrinter = (p: Printer, at: number, length: number, nesting: number) => boolean;
type LengthTest = (length: number) => boolean;

const any: LengthTest = () => true;
const exactly =
  (size: number): LengthTest =>
  (length) =>
    length === size;
const atLeast =
  (size: number): LengthTest =>
  (length) =>
    length >= size;
const multipleOf =
  (size: number): LengthTest =>
  (length) =>
    length % size === 0;

/** By code: name, which lengths can be, and the value's printer; without one only the name is printed. */
const OPTIONS: Readonly<Record<number, readonly [name: string, fits?: LengthTest, print?: ValuePrinter]>> = {
  1: ['client-ID', atLeast(2), printDuid],
  2: ['server-ID', atLeast(2), printDuid],
  3: ['IA_NA', atLeast(12), printAssociation],
  4: ['IA_TA', atLeast(4), printTemporaryAssociation],
  5: ['IA_ADDR', atLeast(24), printAssociatedAddress],
  6: ['option-request', multipleOf(2), printOptionNames],
  7: ['preference', exactly(1), (p, at) => formatted(p, ' %u', p.u8(at))],
  8: ['elapsed-time', exactly(2), (p, at) => formatted(p, ' %u', p.u16(at))],
  9: ['relay-message', any, printRelayed],
  11: ['authentication', atLeast(11), printAuthentication],
  12: ['server-unicast'],
  13: ['status-code', atLeast(2), printStatus],
  14: ['rapid-commit'],
  15: ['user-class'],
  16: ['vendor-class'],
  17: ['vendor-specific-info'],
  18: ['interface-ID', any, (p, at, length) => printOpaque(p, ' ', at, length)],
  19: ['reconfigure-message', exactly(1), printReconfigure],
  20: ['reconfigure-accept'],
  21: ['SIP-servers-domain', any, printNames],
  22: ['SIP-servers-address', multipleOf(16), printAddresses],
  23: ['DNS-server', multipleOf(16), printAddresses],
  24: ['DNS-search-list', any, printNames],
  25: ['IA_PD', atLeast(12), printAssociation],
  26: ['IA_PD-prefix', atLeast(25), printPrefix],
  27: ['NIS-server', multipleOf(16), printAddresses],
  28: ['NIS+-server', multipleOf(16), printAddresses],
  29: ['NIS-domain-name'],
  30: ['NIS+-domain-name'],
  31: ['SNTP-servers', multipleOf(16), printAddresses],
  32: ['lifetime', exactly(4), (p, at) => formatted(p, ' %u', p.u32(at))],
  33: ['BCMCS-domain-name'],
  34: ['BCMCS-server', multipleOf(16), printAddresses],
  36: ['Geoconf-Civic'],
  37: ['Remote-ID', atLeast(4), printRemoteId],
  38: ['Subscriber-ID', any, (p, at, length) => printOpaque(p, ' ', at, length)],
  39: ['Client-FQDN'],
  40: ['PANA-agent', multipleOf(16), printAddresses],
  41: ['POSIX-timezone', atLeast(5), printText],
  42: ['POSIX-tz-database', atLeast(5), printText],
  43: ['Echo-request-option', multipleOf(2), printOptionNames],
  44: ['Lease-query', atLeast(17), printQuery],
  45: ['LQ-client-data', any, printNested],
  46: ['Clt-time', exactly(4), (p, at) => formatted(p, ' %u', p.u32(at))],
  47: ['LQ-relay-data', atLeast(16), printRelayData],
  48: ['LQ-client-link', multipleOf(16), printAddresses],
  56: ['NTP-server', atLeast(4), printTimeServers],
  64: ['AFTR-Name', atLeast(3), printLabels],
  112: ['MUD-URL', atLeast(5), printText],
};

function printMessage(p: Printer, at: number, length: number, nesting: number): void {
  p.protocol = 'dhcp6';
  p.text('dhcp6');
  if (!p.has(at, DHCPV6.size)) {
    p.truncated();
    return;
  }
  const end = Math.min(p.end, at + length);
  const type = p.u8(at + DHCPV6.type);
  p.text(' ');
  p.name(MESSAGE_TYPES, type, 'msgtype-%u');
  if (p.verbosity === 0) return;
  p.text(' (');
  if (type === DHCPV6_TYPE.RELAY_FORWARD || type === DHCPV6_TYPE.RELAY_REPLY) {
    printAddress(p, 'linkaddr=', at + DHCPV6_RELAY.linkAddress);
    printAddress(p, ' peeraddr=', at + DHCPV6_RELAY.peerAddress);
    printOptions(p, at + DHCPV6_RELAY.size, end, nesting);
  } else {
    p.format('xid=%x', p.u24(at + DHCPV6.transaction));
    printOptions(p, at + DHCPV6.size, end, nesting);
  }
  p.text(')');
}

function printAddress(p: Printer, title: string, at: number): void {
  p.need(at, 16);
  p.text(title);
  p.ipv6(at);
}

/** Options up to `end`; one that does not fit is marked and the last. */
function printOptions(p: Printer, at: number, end: number, nesting: number): void {
  let next = at;
  while (next < end && next >= 0) next = printOption(p, next, end, nesting);
  if (next < 0) p.truncated();
}

/** The place behind the option, or -1. */
function printOption(p: Printer, at: number, end: number, nesting: number): number {
  const value = at + DHCPV6_OPTION_HEADER.size;
  if (value > end || nesting > MAX_NESTING) return -1;
  const length = p.u16(at + DHCPV6_OPTION_HEADER.length);
  if (value + length > end) return -1;
  const code = p.u16(at + DHCPV6_OPTION_HEADER.code);
  const [name, fits = any, print] = OPTIONS[code] ?? [`opt_${code}`];
  p.text(' (');
  p.text(name);
  if (!fits(length)) p.text(' ?');
  else if (print !== undefined && !print(p, value, length, nesting)) return -1;
  p.text(')');
  return value + length;
}

// --- values

function formatted(p: Printer, format: string, value: number): boolean {
  p.format(format, value);
  return true;
}

function printHex(p: Printer, title: string, at: number, count: number): true {
  p.text(title);
  p.out.hexBytes(p.bytes, at, count, 0);
  return true;
}

/** Ten bytes at most, for who knows what they are. */
function printOpaque(p: Printer, title: string, at: number, length: number): boolean {
  printHex(p, title, at, Math.min(10, length));
  p.text('...');
  return true;
}

/** Bytes in a DUID, by its type (RFC 8415 section 11), without which it is none. */
const DUID_LENGTHS: Readonly<Record<number, number>> = { 1: 8, 2: 10, 3: 4 };

function printDuid(p: Printer, at: number, length: number): boolean {
  const type = p.u16(at);
  const least = DUID_LENGTHS[type];
  if (least === undefined) p.format(' type %u', type);
  else if (length < least) p.text(' ?');
  else if (type === 2) printHex(p, ' vid ', at + 2, 8);
  else {
    p.text(type === 1 ? ' hwaddr/time type ' : ' hwaddr type ');
    p.decimal(p.u16(at + 2));
    if (type === 1) p.format(' time %u', p.u32(at + 4));
    printHex(p, ' ', at + least, length - least);
  }
  return true;
}

function printNested(p: Printer, at: number, length: number, nesting: number): boolean {
  printOptions(p, at, at + length, nesting + 1);
  return true;
}

/** IA_NA and IA_PD: identifier, two times, options. */
function printAssociation(p: Printer, at: number, length: number, nesting: number): boolean {
  p.text(` IAID:${p.u32(at)} T1:${p.u32(at + 4)} T2:${p.u32(at + 8)}`);
  return printNested(p, at + 12, length - 12, nesting);
}

function printTemporaryAssociation(p: Printer, at: number, length: number, nesting: number): boolean {
  p.format(' IAID:%u', p.u32(at));
  return printNested(p, at + 4, length - 4, nesting);
}

function printLifetimes(p: Printer, at: number): void {
  p.text(` pltime:${p.u32(at)} vltime:${p.u32(at + 4)}`);
}

function printAssociatedAddress(p: Printer, at: number, length: number, nesting: number): boolean {
  printAddress(p, ' ', at);
  printLifetimes(p, at + 16);
  return printNested(p, at + 24, length - 24, nesting);
}

function printPrefix(p: Printer, at: number, length: number, nesting: number): boolean {
  printAddress(p, ' ', at + 9);
  p.format('/%u', p.u8(at + 8));
  printLifetimes(p, at);
  return printNested(p, at + 25, length - 25, nesting);
}

function printOptionNames(p: Printer, at: number, length: number): boolean {
  for (let i = at; i < at + length; i += 2) {
    const code = p.u16(i);
    p.text(` ${OPTIONS[code]?.[0] ?? `opt_${code}`}`);
  }
  return true;
}

/** A message in a message: nothing in it reaches beyond the option. */
function printRelayed(p: Printer, at: number, length: number, nesting: number): boolean {
  const { end } = p;
  p.end = Math.min(end, at + length);
  p.text(' (');
  printMessage(p, at, length, nesting + 1);
  p.end = end;
  return true;
}

/** Protocols that have names (RFC 3315 section 21). */
const AUTHENTICATION = { DELAYED: 2, RECONFIGURE: 3 } as const;
const AUTHENTICATION_NAMES: Readonly<Record<number, string>> = {
  [AUTHENTICATION.DELAYED]: 'delayed',
  [AUTHENTICATION.RECONFIGURE]: 'reconfigure',
};
const HMAC_MD5 = 1;
const MONOTONIC = 0;
const RECONFIGURE_TYPES: Readonly<Record<number, string>> = { 1: ' reconfig-key', 2: ' type: HMAC-MD5' };

function printAuthentication(p: Printer, at: number, length: number): boolean {
  const protocol = p.u8(at);
  p.text(' proto: ');
  p.name(AUTHENTICATION_NAMES, protocol, '%u');
  p.text(', alg: ');
  p.text(p.u8(at + 1) === HMAC_MD5 ? 'HMAC-MD5' : `${p.u8(at + 1)}`);
  p.text(', RDM: ');
  p.text(p.u8(at + 2) === MONOTONIC ? 'mono' : `${p.u8(at + 2)}`);
  p.text(', RD:');
  for (let i = 3; i < 11; i += 2) p.format(' %04x', p.u16(at + i));
  const left = length - 11;
  if (protocol === AUTHENTICATION.DELAYED && left >= 20) printDelayed(p, at + 11, left - 20);
  else if (protocol === AUTHENTICATION.RECONFIGURE && left === 17) {
    p.name(RECONFIGURE_TYPES, p.u8(at + 11), ' type: ??');
    printWords(p, ' value:', at + 12);
  } else if (protocol !== AUTHENTICATION.DELAYED || left > 0) p.text(' ??');
  return true;
}

function printDelayed(p: Printer, at: number, realmLength: number): void {
  if (realmLength > 0) printHex(p, ', realm: ', at, realmLength);
  p.format(', key ID: %08x', p.u32(at + realmLength));
  printWords(p, ', HMAC-MD5:', at + realmLength + 4);
}

function printWords(p: Printer, title: string, at: number): void {
  p.text(title);
  for (let i = 0; i < 16; i += 4) p.format(' %08x', p.u32(at + i));
}

function printStatus(p: Printer, at: number): boolean {
  const code = p.u16(at);
  p.text(' ');
  if (code > 255) p.text('INVALID code');
  else p.name(STATUS_CODES, code, 'code%u');
  return true;
}

function printReconfigure(p: Printer, at: number): boolean {
  const type = p.u8(at);
  p.text(' for ');
  if (type === DHCPV6_TYPE.RENEW || type === DHCPV6_TYPE.INFORMATION_REQUEST) p.text(MESSAGE_TYPES[type]!);
  else p.format('???(%02x)', type);
  return true;
}

function printAddresses(p: Printer, at: number, length: number): boolean {
  for (let i = 0; i < length; i += 16) printAddress(p, ' ', at + i);
  return true;
}

/** Names of DNS. Their base is the option's end, as in tcpdump, so that no pointer finds an earlier name. */
function printNames(p: Printer, at: number, length: number): boolean {
  let next = at;
  while (next < at + length && next >= 0) {
    p.text(' ');
    next = printName(p, next, at + length);
  }
  return next >= 0;
}

function printRemoteId(p: Printer, at: number, length: number): boolean {
  p.format(' %u', p.u32(at));
  return printOpaque(p, ' ', at + 4, length - 4);
}

const QUERY_TYPES: Readonly<Record<number, string>> = { 1: 'by-address', 2: 'by-clientID' };

function printQuery(p: Printer, at: number, length: number, nesting: number): boolean {
  p.text(' ');
  p.name(QUERY_TYPES, p.u8(at), 'type_%u');
  printAddress(p, ' ', at + 1);
  return printNested(p, at + 17, length - 17, nesting);
}

function printRelayData(p: Printer, at: number, length: number): boolean {
  printAddress(p, ' ', at);
  return printOpaque(p, ' ', at + 16, length - 16);
}

/** RFC 5908: suboptions with an address or a name each. */
function printTimeServers(p: Printer, at: number, length: number): boolean {
  const end = at + length;
  for (let next = at; next < end - 4; ) {
    const code = p.u16(next);
    const size = p.u16(next + 2);
    next += 4;
    if (next + size > end) return false;
    p.format(' subopt:%u', code);
    if (code === 3) {
      p.text(' ');
      if (printName(p, next, next + size) < 0) return false;
    } else if ((code === 1 || code === 2) && size === 16) printAddress(p, ' ', next);
    else p.text(' ?');
    next += size;
  }
  return true;
}

/** A name without compression (RFC 6334). */
function printLabels(p: Printer, at: number, length: number): boolean {
  p.text(' ');
  const end = at + length;
  let next = at;
  while (next < end && p.u8(next) !== 0) {
    const size = p.u8(next++);
    if (next + size >= end) {
      p.text(' ?');
      break;
    }
    printPadded(p, next, size);
    next += size;
    if (p.u8(next) !== 0) p.text('.');
  }
  return true;
}

/** Text up to a zero. */
function printPadded(p: Printer, at: number, length: number): void {
  for (let i = at; i < at + length && p.u8(i) !== 0; i++) p.char(p.u8(i));
}

function printText(p: Printer, at: number, length: number): boolean {
  p.text(' ');
  printPadded(p, at, length);
  return true;
}
