// GRE: tcpdump's print-gre.c; RFC 2784, RFC 2890, RFC 1701, RFC 2637. Its fields are in gre-tree.ts.
import { ETHER_TYPE, GRE, GRE_FLAG, GRE_KEY, GRE_ROUTE } from '../wire/index.ts';
import { ETHER_TYPE_NAMES } from './ether-type-names.ts';
import { printEthernet } from './ethernet.ts';
import { dissectGre } from './gre-tree.ts';
import { printPpp } from './ppp.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

export const gre: Protocol = { name: 'gre', print, dissect: dissectGre };

const FLAG_NAMES = [
  [GRE_FLAG.CHECKSUM, 'checksum present'],
  [GRE_FLAG.ROUTING, 'routing present'],
  [GRE_FLAG.KEY, 'key present'],
  [GRE_FLAG.SEQUENCE, 'sequence# present'],
  [GRE_FLAG.STRICT_ROUTE, 'source routing present'],
  [GRE_FLAG.ACKNOWLEDGMENT, 'ack present'],
] as const;

/** Address families of source routes. */
const ROUTE_FAMILY = { IP: 0x0800, AS: 0xfffe } as const;

/** What printers return when the header is cut off. */
const CUT = -1;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'gre';
  if (!fits(p, at, at + length, 2)) {
    p.truncated();
    return;
  }
  const flags = p.u16(at + GRE.flags);
  const version = flags & GRE_FLAG.VERSION;
  p.text(`GREv${version}`);
  if (version > 1) {
    p.text(' ERROR: unknown-version');
    return;
  }
  if (p.verbosity > 0) {
    p.text(', Flags [');
    p.bits(FLAG_NAMES, flags);
    p.text(']');
  }
  const header = version === 0 ? printHeader0(p, at, length, flags) : printHeader1(p, at, length, flags);
  if (header === CUT) p.truncated();
  else printPayload(p, at, header, length, flags);
}

/** Whether `count` bytes were captured and lie before `end`. */
function fits(p: Printer, at: number, end: number, count: number): boolean {
  return p.has(at, count) && at + count <= end;
}

/** The header's size, or CUT. */
function printHeader0(p: Printer, at: number, length: number, flags: number): number {
  const end = at + length;
  if (!fits(p, at + GRE.protocol, end, 2)) return CUT;
  let next: number = at + GRE.size;
  if (flags & (GRE_FLAG.CHECKSUM | GRE_FLAG.ROUTING)) {
    if (!fits(p, next, end, 2)) return CUT;
    if (p.verbosity > 0) p.text(`, sum 0x${p.u16(next).toString(16)}`);
    if (!fits(p, next + 2, end, 2)) return CUT;
    p.text(`, off 0x${p.u16(next + 2).toString(16)}`);
    next += 4;
  }
  if (flags & GRE_FLAG.KEY) {
    if (!fits(p, next, end, 4)) return CUT;
    p.text(`, key=0x${p.u32(next).toString(16)}`);
    next += 4;
  }
  if (flags & GRE_FLAG.SEQUENCE) {
    if (!fits(p, next, end, 4)) return CUT;
    p.text(`, seq ${p.u32(next)}`);
    next += 4;
  }
  if (flags & GRE_FLAG.ROUTING) next = printRoutes(p, next, end);
  return next === CUT ? CUT : next - at;
}

function printHeader1(p: Printer, at: number, length: number, flags: number): number {
  const end = at + length;
  if (!fits(p, at + GRE.protocol, end, 2)) return CUT;
  let next: number = at + GRE.size;
  if (flags & GRE_FLAG.KEY) {
    if (!fits(p, next, end, 4)) return CUT;
    p.text(`, call ${p.u16(next + GRE_KEY.call)}`);
    next += GRE_KEY.size;
  }
  if (flags & GRE_FLAG.SEQUENCE) {
    if (!fits(p, next, end, 4)) return CUT;
    p.text(`, seq ${p.u32(next)}`);
    next += 4;
  }
  if (flags & GRE_FLAG.ACKNOWLEDGMENT) {
    if (!fits(p, next, end, 4)) return CUT;
    p.text(`, ack ${p.u32(next)}`);
    next += 4;
  }
  if ((flags & GRE_FLAG.SEQUENCE) === 0) p.text(', no-payload');
  return next - at;
}

/** Entries up to the empty one; where they end, or CUT. */
function printRoutes(p: Printer, from: number, end: number): number {
  for (let at = from; ; ) {
    if (!fits(p, at, end, GRE_ROUTE.size)) return CUT;
    const family = p.u16(at + GRE_ROUTE.family);
    const offset = p.u8(at + GRE_ROUTE.offset);
    const length = p.u8(at + GRE_ROUTE.length);
    at += GRE_ROUTE.size;
    if (family === 0 && length === 0) return at;
    if (!printRoute(p, family, offset, length, at, end) || at + length > end) return CUT;
    at += length;
  }
}

/** False when it is cut off. */
function printRoute(p: Printer, family: number, offset: number, length: number, at: number, end: number): boolean {
  if (family !== ROUTE_FAMILY.IP && family !== ROUTE_FAMILY.AS) {
    p.text(`, (rtaf=0x${family.toString(16)})`);
    return true;
  }
  p.text(family === ROUTE_FAMILY.IP ? ', (rtaf=ip' : ', (rtaf=asn');
  const step = family === ROUTE_FAMILY.IP ? 4 : 2;
  const wrong = routeError(offset, length, step);
  if (wrong !== undefined) p.text(wrong);
  const whole = wrong !== undefined || printHops(p, step, offset, length, at, end);
  p.text(')');
  return whole;
}

function routeError(offset: number, length: number, step: number): string | undefined {
  if (offset % step !== 0) return `, badoffset=${offset}`;
  if (length % step !== 0) return `, badlength=${length}`;
  if (offset >= length) return `, badoff/len=${offset}/${length}`;
  return undefined;
}

/** A star before the one that is next. */
function printHops(p: Printer, step: number, offset: number, length: number, at: number, end: number): boolean {
  for (let i = 0; i < length; i += step) {
    if (!fits(p, at + i, end, step)) return false;
    p.text(i === offset ? ' *' : ' ');
    if (step === 4) p.out.ipv4(p.bytes, at + i);
    else p.hex(p.u16(at + i));
  }
  return true;
}

function printPayload(p: Printer, at: number, header: number, length: number, flags: number): void {
  const type = p.u16(at + GRE.protocol);
  if (p.options.linkHeader) {
    p.text(`, proto ${ETHER_TYPE_NAMES[type] ?? 'unknown'} (0x`);
    p.hex(type, 4);
    p.text(')');
  }
  p.text(`, length ${length}`);
  const version1 = (flags & GRE_FLAG.VERSION) === 1;
  if (version1 && (flags & GRE_FLAG.SEQUENCE) === 0) return;
  p.text(p.verbosity > 0 ? '\n\t' : ': ');
  if (!p.descend()) return;
  const known = version1
    ? printPayload1(p, type, at + header, length - header)
    : printPayload0(p, type, at + header, length - header);
  if (!known) p.text(`gre-proto-0x${type.toString(16)}`);
}

/** False for a type that is not carried here. */
function printPayload0(p: Printer, type: number, at: number, length: number): boolean {
  switch (type) {
    case ETHER_TYPE.IPV4:
    case ETHER_TYPE.IPV6:
    case ETHER_TYPE.MPLS:
      return p.etherType(type, at, length);
    case ETHER_TYPE.TRANSPARENT_ETHERNET:
      printEthernet(p, at, length);
      return true;
    default:
      return false;
  }
}

function printPayload1(p: Printer, type: number, at: number, length: number): boolean {
  if (type !== ETHER_TYPE.PPP) return false;
  printPpp(p, at, length);
  return true;
}
