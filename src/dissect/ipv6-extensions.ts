// IPv6 extension headers as tcpdump prints them (print-ip6opts.c, print-frag6.c, print-rt6.c); RFC 8200 section 4,
// RFC 2675, RFC 2711, RFC 6275, RFC 8754.
import {
  IPV6,
  IPV6_EXTENSION,
  IPV6_FRAGMENT,
  IPV6_FRAGMENT_HEADER,
  IPV6_OPTION,
  IPV6_ROUTING,
  IPV6_ROUTING_TYPE,
} from '../wire/index.ts';
import type { Printer } from './printer.ts';

/** What a hop-by-hop header told of the packet. */
export interface HopByHop {
  seen: boolean;
  /** A valid jumbo payload option was there: the length is from it (RFC 2675). */
  jumbo: boolean;
  payloadLength: number;
}

/** Within an option; the length counts the data only. */
const OPTION = { type: 0, length: 1, data: 2 } as const;

/** Lengths of the data. */
const ROUTER_ALERT_SIZE = 2;
const JUMBO_SIZE = 4;
const HOME_ADDRESS_SIZE = 16;

/** Packets that need no jumbo option must not have one. */
const LEAST_JUMBO = 65536;

/** The header's size, or -1 when it cannot be read or the packet has no length. */
export function printHopByHop(p: Printer, at: number, hopByHop: HopByHop): number {
  const size = printOptionHeader(p, at, 'hbhopt', 'HBH ', hopByHop);
  if (hopByHop.payloadLength === 0 && !hopByHop.jumbo) {
    p.text('[No valid Jumbo Payload Hop-by-Hop option found] (invalid)');
    return -1;
  }
  hopByHop.seen = true;
  return size;
}

export function printDestinationOptions(p: Printer, at: number): number {
  return printOptionHeader(p, at, 'dstopt', 'DSTOPT ', undefined);
}

function printOptionHeader(
  p: Printer,
  at: number,
  protocol: string,
  name: string,
  hopByHop: HopByHop | undefined,
): number {
  p.protocol = protocol;
  const size = 8 * (p.u8(at + IPV6_EXTENSION.length) + 1);
  if (p.has(at, size)) {
    p.text(name);
    // Destination options are looked at with -v only.
    const looked = hopByHop !== undefined || p.verbosity > 0;
    if (!looked || printOptions(p, at + IPV6_EXTENSION.data, at + size, hopByHop)) return size;
  }
  p.truncated();
  return -1;
}

/** False when an option does not fit into the header or has a wrong length. */
function printOptions(p: Printer, from: number, until: number, hopByHop: HopByHop | undefined): boolean {
  const jumbo = { seen: false };
  for (let at = from; at < until; ) {
    const type = p.u8(at);
    if (type === IPV6_OPTION.PAD1) {
      if (p.verbosity > 0) p.text('(pad1)');
      at += 1;
      continue;
    }
    if (at + OPTION.length >= until) return false;
    const length = p.u8(at + OPTION.length);
    if (at + OPTION.data + length > until) return false;
    if (!printOption(p, type, at, length, until - at, hopByHop, jumbo)) return false;
    at += OPTION.data + length;
  }
  if (p.verbosity > 0) p.text(' ');
  return true;
}

/** `room`: bytes from the option's start to the header's end. */
function printOption(
  p: Printer,
  type: number,
  at: number,
  length: number,
  room: number,
  hopByHop: HopByHop | undefined,
  jumbo: { seen: boolean },
): boolean {
  switch (type) {
    case IPV6_OPTION.PADN:
      if (p.verbosity > 0) p.text('(padn)');
      return true;
    case IPV6_OPTION.ROUTER_ALERT:
      return printRouterAlert(p, at, length, room);
    case IPV6_OPTION.JUMBO:
      return printJumbo(p, at, length, room, hopByHop, jumbo);
    case IPV6_OPTION.HOME_ADDRESS:
      return printHomeAddress(p, at, length, room);
    default:
      if (p.verbosity > 0) printUnknownOption(p, '(opt_type 0x', type, length, ')');
      return true;
  }
}

function printUnknownOption(p: Printer, before: string, type: number, length: number, after: string): void {
  p.text(before);
  p.hex(type, 2);
  p.text(`: len=${length}${after}`);
}

function printRouterAlert(p: Printer, at: number, length: number, room: number): boolean {
  if (length !== ROUTER_ALERT_SIZE) return refuse(p, 'rtalert', length, room < OPTION.data + ROUTER_ALERT_SIZE);
  if (p.verbosity > 0) {
    p.text('(rtalert: 0x');
    p.hex(p.u16(at + OPTION.data), 4);
    p.text(') ');
  }
  return true;
}

/** Says what is wrong about an option's length; `cut`: even a right one would not fit into the header. */
function refuse(p: Printer, name: string, length: number, cut: boolean): false {
  p.text(cut ? `(${name}: trunc)` : `(${name}: invalid len ${length})`);
  return false;
}

function printJumbo(
  p: Printer,
  at: number,
  length: number,
  room: number,
  hopByHop: HopByHop | undefined,
  jumbo: { seen: boolean },
): boolean {
  if (length !== JUMBO_SIZE) return refuse(p, 'jumbo', length, room < OPTION.data + JUMBO_SIZE);
  const payloadLength = p.u32(at + OPTION.data);
  let remark = '';
  if (jumbo.seen) remark = ' - already seen';
  else if (hopByHop === undefined) remark = ' - not a hop-by-hop option';
  else if (hopByHop.payloadLength !== 0) remark = ' - payload len != 0';
  else if (payloadLength < LEAST_JUMBO) remark = ' - < 65536';
  else {
    hopByHop.jumbo = true;
    hopByHop.payloadLength = payloadLength;
  }
  jumbo.seen = true;
  if (p.verbosity > 0) p.text(`(jumbo: ${payloadLength}${remark}) `);
  return true;
}

function printHomeAddress(p: Printer, at: number, length: number, room: number): boolean {
  if (length < HOME_ADDRESS_SIZE) return refuse(p, 'homeaddr', length, room < OPTION.data + HOME_ADDRESS_SIZE);
  if (p.verbosity === 0) return true;
  p.text('(homeaddr: ');
  p.ipv6(at + OPTION.data);
  const end = at + OPTION.data + length;
  if (!printSuboptions(p, at + OPTION.data + HOME_ADDRESS_SIZE, end)) return false;
  p.text(')');
  return true;
}

function printSuboptions(p: Printer, from: number, until: number): boolean {
  for (let at = from; at < until; ) {
    const type = p.u8(at);
    if (type === IPV6_OPTION.PAD1) {
      p.text(', pad1');
      at += 1;
      continue;
    }
    if (at + OPTION.length >= until) return false;
    const length = p.u8(at + OPTION.length);
    if (at + OPTION.data + length > until) return false;
    if (type === IPV6_OPTION.PADN) p.text(', padn');
    else printUnknownOption(p, ', sopt_type 0x', type, length, '');
    at += OPTION.data + length;
  }
  return true;
}

/** The header's size, or -1 when it is not the first fragment or nothing was captured behind it. */
export function printFragment(p: Printer, at: number): number {
  p.protocol = 'frag6';
  const identification = p.verbosity > 0 ? p.u32(at + IPV6_FRAGMENT_HEADER.identification) : 0;
  const offset = p.u16(at + IPV6_FRAGMENT_HEADER.offsetAndFlags) & IPV6_FRAGMENT.OFFSET;
  p.text('frag (');
  if (p.verbosity > 0) {
    p.text('0x');
    p.hex(identification, 8);
    p.text(':');
  }
  p.text(`${offset}|${fragmentLength(p, at)})`);
  if (offset !== 0) return -1;
  p.text(' ');
  p.fragmented = true;
  return p.end <= at + IPV6_FRAGMENT_HEADER.size ? -1 : IPV6_FRAGMENT_HEADER.size;
}

/** Bytes of the packet behind the header; a negative number wraps around as tcpdump's 64 bits do. */
function fragmentLength(p: Printer, at: number): number | bigint {
  const whole = IPV6.size + p.u16(p.ipAt + IPV6.payloadLength);
  const length = whole - (at - p.ipAt) - IPV6_FRAGMENT_HEADER.size;
  return length < 0 ? BigInt.asUintN(64, BigInt(length)) : length;
}

/** The header's size, or -1 when it cannot be read. */
export function printRouting(p: Printer, at: number): number {
  if (!p.has(at, 1)) {
    p.truncated();
    return -1;
  }
  p.protocol = 'rt6';
  p.text('RT6');
  const length = p.u8(at + IPV6_ROUTING.length);
  p.text(` (len=${length}`);
  const type = p.u8(at + IPV6_ROUTING.type);
  p.text(`, type=${type}`);
  if (type === IPV6_ROUTING_TYPE.SOURCE_ROUTE) p.text(' [Deprecated]');
  p.text(`, segleft=${p.u8(at + IPV6_ROUTING.segmentsLeft)}`);
  if (type === IPV6_ROUTING_TYPE.SEGMENT_ROUTING) printSegmentRouting(p, at);
  else if (type === IPV6_ROUTING_TYPE.SOURCE_ROUTE || type === IPV6_ROUTING_TYPE.MOBILE) printReserved(p, at);
  else {
    p.text(' (unknown type) (invalid)');
    return -1;
  }
  if (length % 2 === 1) {
    p.text(` (invalid length ${length}) (invalid)`);
    return -1;
  }
  printAddresses(p, at + IPV6_ROUTING.addresses, length / 2);
  return 8 * (length + 1);
}

function printReserved(p: Printer, at: number): void {
  const reserved = p.u32(at + IPV6_ROUTING.reserved);
  if (reserved !== 0 || p.verbosity > 0) p.text(`, rsv=0x${reserved.toString(16)}`);
}

function printSegmentRouting(p: Printer, at: number): void {
  p.text(`, last-entry=${p.u8(at + IPV6_ROUTING.lastEntry)}`);
  const flags = p.u8(at + IPV6_ROUTING.flags);
  if (flags !== 0 || p.verbosity > 0) p.text(`, flags=0x${flags.toString(16)}`);
  p.text(`, tag=${p.u16(at + IPV6_ROUTING.tag).toString(16)}`);
}

function printAddresses(p: Printer, from: number, count: number): void {
  for (let i = 0; i < count; i++) {
    p.need(from + 16 * i, 16);
    p.text(`, [${i}]`);
    p.ipv6(from + 16 * i);
  }
  p.text(') ');
}
