// Resource records as tcpdump 4.99.3 prints them (print-domain.c): owner and TTL by verbosity, then the data of
// the types it knows.
import { DNS_CLASS, DNS_RECORD, DNS_TYPE } from '../wire/index.ts';
import { printName, skipName } from './dns-name.ts';
import {
  CLASS_NAMES,
  DIGEST_ALGORITHMS,
  NSEC3_ALGORITHMS,
  OPTION,
  OPTION_NAMES,
  SIGNATURE_ALGORITHMS,
  TYPE_NAMES,
} from './dns-types.ts';
import { printDuration } from './duration.ts';
import type { Printer } from './printer.ts';

/** In mDNS: answers known before shall be forgotten (RFC 6762 section 10.2). */
const CACHE_FLUSH = 0x8000;
/** DNSSEC OK, in the TTL of an OPT record (RFC 3225). */
const DNSSEC_OK = 0x8000;

/** Prints a record's data of `length` bytes, all captured; -1 when something in it goes beyond the captured bytes. */
type DataPrinter = (p: Printer, at: number, length: number, base: number) => number;

const DATA_PRINTERS: Readonly<Record<number, DataPrinter>> = {
  [DNS_TYPE.A]: printAddress,
  [DNS_TYPE.AAAA]: printAddress6,
  [DNS_TYPE.NS]: printOneName,
  [DNS_TYPE.CNAME]: printOneName,
  [DNS_TYPE.PTR]: printOneName,
  [DNS_TYPE.DNAME]: printOneName,
  [DNS_TYPE.SOA]: printAuthority,
  [DNS_TYPE.MX]: printExchange,
  [DNS_TYPE.TXT]: printTexts,
  [DNS_TYPE.SRV]: printService,
  [DNS_TYPE.A6]: printPrefixed,
  [DNS_TYPE.URI]: printUri,
  [DNS_TYPE.UNSPECA]: (p, at, length) => (p.string(at, length) ? at : -1),
  [DNS_TYPE.TSIG]: printSignature,
};

/** Prints the record at `at` of the message that begins at `base`; the place behind it, or -1 when it is cut off or wrong. */
export function printRecord(p: Printer, at: number, base: number, multicast: boolean): number {
  const from = printOwner(p, at, base);
  if (from < 0 && p.verbosity > 0) return -1;
  // A record that begins but does not fit is passed over: the caller misses the ones that should follow.
  if (from < 0 || !p.has(from, DNS_RECORD.size)) return p.end;
  const type = p.u16(from + DNS_RECORD.type);
  const word = p.u16(from + DNS_RECORD.class);
  const dnsClass = multicast ? word & ~CACHE_FLUSH : word;
  if (dnsClass !== DNS_CLASS.IN && type !== DNS_TYPE.OPT) {
    p.text(' ');
    p.name(CLASS_NAMES, dnsClass, '(Class %u)');
  }
  if (multicast && word & CACHE_FLUSH) p.text(' (Cache flush)');
  if (p.verbosity > 2 && type !== DNS_TYPE.OPT) {
    p.text(' [');
    printDuration(p, p.u32(from + DNS_RECORD.ttl));
    p.text(']');
  }
  p.text(' ');
  p.name(TYPE_NAMES, type, 'Type%u');
  const data = from + DNS_RECORD.size;
  const length = p.u16(from + DNS_RECORD.length);
  if (!p.has(data, length)) return -1;
  const done =
    type === DNS_TYPE.OPT
      ? printOptions(p, data, length, dnsClass, p.u16(from + DNS_RECORD.ttl + 2))
      : (DATA_PRINTERS[type]?.(p, data, length, base) ?? data);
  return done < 0 ? -1 : data + length;
}

function printOwner(p: Printer, at: number, base: number): number {
  if (p.verbosity === 0) return skipName(p, at);
  p.text(' ');
  return printName(p, at, base);
}

// --- data, by type; the place behind it, or -1

function printAddress(p: Printer, at: number): number {
  if (!p.has(at, 4)) return -1;
  p.text(' ');
  p.out.ipv4(p.bytes, at);
  return at + 4;
}

function printAddress6(p: Printer, at: number): number {
  if (!p.has(at, 16)) return -1;
  p.text(' ');
  p.out.ipv6(p.bytes, at);
  return at + 16;
}

function printOneName(p: Printer, at: number, _length: number, base: number): number {
  p.text(' ');
  return printName(p, at, base);
}

/** SOA: two names, then serial, refresh, retry, expire, minimum. */
function printAuthority(p: Printer, at: number, _length: number, base: number): number {
  if (p.verbosity === 0) return at;
  const responsible = printOneName(p, at, 0, base);
  if (responsible < 0) return -1;
  const numbers = printOneName(p, responsible, 0, base);
  if (numbers < 0 || !p.has(numbers, 20)) return -1;
  for (let i = 0; i < 20; i += 4) p.format(' %u', p.u32(numbers + i));
  return numbers;
}

function printExchange(p: Printer, at: number, _length: number, base: number): number {
  p.text(' ');
  if (!p.has(at, 2) || printName(p, at + 2, base) < 0) return -1;
  p.format(' %u', p.u16(at));
  return at;
}

function printTexts(p: Printer, at: number, length: number): number {
  let next = at;
  while (next < at + length) {
    p.text(' "');
    if (!p.has(next, 1)) return -1;
    const count = p.bytes[next]!;
    if (!p.string(next + 1, count)) return -1;
    p.text('"');
    next += 1 + count;
  }
  return next;
}

/** SRV: priority, weight, port and target, written target:port priority weight. */
function printService(p: Printer, at: number, _length: number, base: number): number {
  p.text(' ');
  if (!p.has(at, 6) || printName(p, at + 6, base) < 0) return -1;
  p.text(`:${p.u16(at + 4)} ${p.u16(at)} ${p.u16(at + 2)}`);
  return at;
}

const suffix = new Uint8Array(16);

/** A6: bits of prefix, the rest of the address, the prefix's name (RFC 2874). */
function printPrefixed(p: Printer, at: number, _length: number, base: number): number {
  if (!p.has(at, 1)) return -1;
  const bits = p.bytes[at]!;
  if (bits > 128) {
    p.format(' %u(bad plen)', bits);
    return at;
  }
  const left = 16 - (bits >> 3);
  if (bits < 128) {
    p.need(at + 1, left);
    suffix.fill(0);
    suffix.set(p.bytes.subarray(at + 1, at + 1 + left), 16 - left);
    p.format(' %u ', bits);
    p.out.ipv6(suffix, 0);
  }
  return bits === 0 ? at : printOneName(p, at + 1 + left, 0, base);
}

/** URI (RFC 7553); a length under four counts as endless. */
function printUri(p: Printer, at: number, length: number): number {
  p.text(` ${p.u16(at)} ${p.u16(at + 2)} `);
  return p.string(at + 4, length < 4 ? Number.POSITIVE_INFINITY : length - 4) ? at : -1;
}

/** TSIG (RFC 8945): algorithm, six bytes of time, fudge, MAC, original id, error, other data. */
function printSignature(p: Printer, at: number, _length: number, base: number): number {
  if (p.verbosity === 0) return at;
  let next = printOneName(p, at, 0, base);
  if (next < 0) return -1;
  next += 6;
  for (const title of [' fudge=%u', ' maclen=%u', ' origid=%u', ' error=%u', ' otherlen=%u']) {
    if (!p.has(next, 2)) return -1;
    const value = p.u16(next);
    p.format(title, value);
    next += title === ' maclen=%u' ? 2 + value : 2;
  }
  return next;
}

// --- OPT (RFC 6891)

function printOptions(p: Printer, at: number, length: number, udpSize: number, flags: number): number {
  p.format(' UDPsize=%u', udpSize);
  if (flags & DNSSEC_OK) p.text(' DO');
  if (length === 0) return at;
  const end = at + length;
  let next = at;
  p.text(' [');
  while (next < end) {
    next = printOption(p, next);
    if (next < 0) return -1;
    if (next < end) p.text(',');
  }
  p.text(']');
  return next;
}

function printOption(p: Printer, at: number): number {
  if (!p.has(at, 2)) return -1;
  const code = p.u16(at);
  p.name(OPTION_NAMES, code, 'Opt%u');
  if (!p.has(at + 2, 2)) return -1;
  const length = p.u16(at + 2);
  if (!p.has(at + 4, length)) return -1;
  if (length > 0) {
    p.text(' ');
    (OPTION_PRINTERS[code] ?? printOpaque)(p, at + 4, length);
  }
  return at + 4 + length;
}

const OPTION_PRINTERS: Readonly<Record<number, (p: Printer, at: number, length: number) => void>> = {
  [OPTION.CLIENT_SUBNET]: printClientSubnet,
  [OPTION.COOKIE]: printCookie,
  [OPTION.KEEPALIVE]: printKeepalive,
  [OPTION.EXPIRE]: printExpiry,
  [OPTION.PADDING]: (p, _at, length) => p.format('(%u)', length),
  [OPTION.KEY_TAG]: printKeyTags,
  [OPTION.DAU]: (p, at, length) => printAlgorithms(p, at, length, SIGNATURE_ALGORITHMS),
  [OPTION.DHU]: (p, at, length) => printAlgorithms(p, at, length, DIGEST_ALGORITHMS),
  [OPTION.N3U]: (p, at, length) => printAlgorithms(p, at, length, NSEC3_ALGORITHMS),
  [OPTION.CHAIN]: (p, at, length) => printName(p, at, at + length),
};

const INVALID = ' (invalid)';

function printOpaque(p: Printer, at: number, length: number): void {
  p.out.hexBytes(p.bytes, at, length, 0);
}

/** Client and server cookie (RFC 7873): 8 bytes, and none or 8 to 32. */
function printCookie(p: Printer, at: number, length: number): void {
  if (length === 8) printOpaque(p, at, 8);
  else if (length >= 16 && length <= 40) {
    printOpaque(p, at, 8);
    p.text(' ');
    printOpaque(p, at + 8, length - 8);
  } else p.text(INVALID);
}

/** Tenths of a second (RFC 7828). */
function printKeepalive(p: Printer, at: number, length: number): void {
  p.text(length === 2 ? `${(p.u16(at) / 10).toFixed(1)} sec` : INVALID);
}

function printExpiry(p: Printer, at: number, length: number): void {
  p.text(length === 4 ? `${p.u32(at)} sec` : INVALID);
}

function printKeyTags(p: Printer, at: number, length: number): void {
  if (length % 2 !== 0) p.text(INVALID);
  else for (let i = 0; i < length; i += 2) p.format(i > 0 ? ' %u' : '%u', p.u16(at + i));
}

function printAlgorithms(p: Printer, at: number, length: number, names: Readonly<Record<number, string>>): void {
  for (let i = 0; i < length; i++) {
    if (i > 0) p.text(' ');
    p.name(names, p.bytes[at + i]!, 'Alg_%u');
  }
}

/** Family, source and scope prefix, address without its trailing zero bytes (RFC 7871 section 6). */
function printClientSubnet(p: Printer, at: number, length: number): void {
  const family = length < 4 ? 0 : p.u16(at);
  const bits = family === 1 ? 32 : family === 2 ? 128 : -1;
  const source = bits < 0 ? 0 : p.u8(at + 2);
  const scope = bits < 0 ? 0 : p.u8(at + 3);
  if (source > bits || scope > bits || (source + 7) >> 3 !== length - 4) {
    p.text(INVALID);
    return;
  }
  suffix.fill(0);
  suffix.set(p.bytes.subarray(at + 4, at + length));
  if (family === 1) p.out.ipv4(suffix, 0);
  else p.out.ipv6(suffix, 0);
  p.text(`/${source}/${scope}`);
}
