// ICMPv6: tcpdump's print-icmp6.c; RFC 4443, RFC 4861, RFC 6275. Neighbour discovery's options are in nd-options.ts,
// multicast listener discovery in mld.ts, node information and renumbering in files of their own.
import { readU16 } from '../bytes/index.ts';
import {
  ICMPV6,
  ICMPV6_TYPE,
  ICMPV6_UNREACHABLE,
  IP_PROTOCOL,
  IPV6,
  IPV6_EXTENSION,
  IPV6_FRAGMENT,
  IPV6_FRAGMENT_HEADER,
  ND_NEIGHBOR,
  ND_NEIGHBOR_FLAG,
  ND_REDIRECT,
  ND_ROUTER,
  ND_ROUTER_FLAG,
  ND_SOLICITATION,
  UDP,
} from '../wire/index.ts';
import { dissectIcmpv6 } from './icmpv6-tree.ts';
import { checksumShouldBe, transportRemainder } from './ip-checksum.ts';
import { printMldQuery, printMldReport, printMldV1 } from './mld.ts';
import { printOptions, routePreference } from './nd-options.ts';
import { printNodeInformation } from './node-information.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import { printRenumbering } from './router-renumbering.ts';
import { printRpl } from './rpl.ts';

export const icmpv6: Protocol = { name: 'icmpv6', print, dissect: dissectIcmpv6 };

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [ICMPV6_TYPE.UNREACHABLE]: 'destination unreachable',
  [ICMPV6_TYPE.PACKET_TOO_BIG]: 'packet too big',
  [ICMPV6_TYPE.TIME_EXCEEDED]: 'time exceeded in-transit',
  [ICMPV6_TYPE.PARAMETER_PROBLEM]: 'parameter problem',
  [ICMPV6_TYPE.ECHO]: 'echo request',
  [ICMPV6_TYPE.ECHO_REPLY]: 'echo reply',
  [ICMPV6_TYPE.LISTENER_QUERY]: 'multicast listener query',
  [ICMPV6_TYPE.LISTENER_REPORT]: 'multicast listener report',
  [ICMPV6_TYPE.LISTENER_DONE]: 'multicast listener done',
  [ICMPV6_TYPE.ROUTER_SOLICITATION]: 'router solicitation',
  [ICMPV6_TYPE.ROUTER_ADVERTISEMENT]: 'router advertisement',
  [ICMPV6_TYPE.NEIGHBOR_SOLICITATION]: 'neighbor solicitation',
  [ICMPV6_TYPE.NEIGHBOR_ADVERTISEMENT]: 'neighbor advertisement',
  [ICMPV6_TYPE.REDIRECT]: 'redirect',
  [ICMPV6_TYPE.ROUTER_RENUMBERING]: 'router renumbering',
  [ICMPV6_TYPE.NODE_QUERY]: 'who-are-you request',
  [ICMPV6_TYPE.NODE_REPLY]: 'who-are-you reply',
  [ICMPV6_TYPE.INVERSE_SOLICITATION]: 'inverse neighbor solicitation',
  [ICMPV6_TYPE.INVERSE_ADVERTISEMENT]: 'inverse neighbor advertisement',
  [ICMPV6_TYPE.LISTENER_REPORT_V2]: 'multicast listener report v2',
  [ICMPV6_TYPE.HOME_AGENT_REQUEST]: 'ha discovery request',
  [ICMPV6_TYPE.HOME_AGENT_REPLY]: 'ha discovery reply',
  [ICMPV6_TYPE.MOBILE_PREFIX_SOLICITATION]: 'mobile router solicitation',
  [ICMPV6_TYPE.MOBILE_PREFIX_ADVERTISEMENT]: 'mobile router advertisement',
  [ICMPV6_TYPE.RPL]: 'RPL',
  [ICMPV6_TYPE.TRACE_RESPONSE]: 'mtrace response',
  [ICMPV6_TYPE.TRACE]: 'mtrace message',
};

/** Messages whose length comes before their own text with -v; without -v it ends the line of all. */
const LENGTH_FIRST: ReadonlySet<number> = new Set([
  ICMPV6_TYPE.ROUTER_SOLICITATION,
  ICMPV6_TYPE.ROUTER_ADVERTISEMENT,
  ICMPV6_TYPE.NEIGHBOR_SOLICITATION,
  ICMPV6_TYPE.NEIGHBOR_ADVERTISEMENT,
  ICMPV6_TYPE.REDIRECT,
  ICMPV6_TYPE.HOME_AGENT_REPLY,
  ICMPV6_TYPE.MOBILE_PREFIX_ADVERTISEMENT,
]);

/** Prints what follows a message's name: true for the length behind it, false for a message that was cut off, undefined for one that ends here. */
type BodyPrinter = (p: Printer, at: number, length: number, code: number) => boolean | undefined;

const BODIES: Readonly<Record<number, BodyPrinter>> = {
  [ICMPV6_TYPE.UNREACHABLE]: printUnreachable,
  [ICMPV6_TYPE.PACKET_TOO_BIG]: (p, at) => say(p, `, mtu ${p.u32(at + ICMPV6.mtu)}`),
  [ICMPV6_TYPE.TIME_EXCEEDED]: printTimeExceeded,
  [ICMPV6_TYPE.PARAMETER_PROBLEM]: printParameterProblem,
  [ICMPV6_TYPE.ECHO]: printEcho,
  [ICMPV6_TYPE.ECHO_REPLY]: printEcho,
  [ICMPV6_TYPE.LISTENER_QUERY]: printMldQuery,
  [ICMPV6_TYPE.LISTENER_REPORT]: printMldV1,
  [ICMPV6_TYPE.LISTENER_DONE]: printMldV1,
  [ICMPV6_TYPE.ROUTER_SOLICITATION]: (p, at, length) => printMore(p, at, ND_SOLICITATION.options, length),
  [ICMPV6_TYPE.ROUTER_ADVERTISEMENT]: printRouter,
  [ICMPV6_TYPE.NEIGHBOR_SOLICITATION]: printSolicitation,
  [ICMPV6_TYPE.NEIGHBOR_ADVERTISEMENT]: printAdvertisement,
  [ICMPV6_TYPE.REDIRECT]: printRedirect,
  [ICMPV6_TYPE.ROUTER_RENUMBERING]: printRenumbering,
  [ICMPV6_TYPE.NODE_QUERY]: printNodeInformation,
  [ICMPV6_TYPE.NODE_REPLY]: printNodeInformation,
  [ICMPV6_TYPE.INVERSE_SOLICITATION]: () => true,
  [ICMPV6_TYPE.INVERSE_ADVERTISEMENT]: () => true,
  [ICMPV6_TYPE.LISTENER_REPORT_V2]: printMldReport,
  [ICMPV6_TYPE.HOME_AGENT_REQUEST]: printIdentifier,
  [ICMPV6_TYPE.HOME_AGENT_REPLY]: printHomeAgents,
  [ICMPV6_TYPE.MOBILE_PREFIX_SOLICITATION]: printIdentifier,
  [ICMPV6_TYPE.MOBILE_PREFIX_ADVERTISEMENT]: printMobilePrefix,
  [ICMPV6_TYPE.RPL]: printRpl,
};

/** Within an error message: fields of the packet at fault. */
const ORIGINAL = { source: ICMPV6.data + IPV6.source, destination: ICMPV6.data + IPV6.destination } as const;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'icmp6';
  if (length === 0) {
    p.text('ICMP6, length 0 (invalid)');
    return;
  }
  if (p.verbosity > 0 && !p.fragmented && p.has(at, length)) printChecksum(p, at, length);
  const type = p.u8(at + ICMPV6.type);
  p.out.text('ICMP6, ');
  p.name(TYPE_NAMES, type, 'unknown icmp6 type (%u)');
  if (p.verbosity > 0 && LENGTH_FIRST.has(type)) printLength(p, length);
  const code = p.u8(at + ICMPV6.code);
  const body = BODIES[type];
  if (body === undefined) {
    printLength(p, length);
    if (p.verbosity < 2) p.hexLines(at, length, '\n\t');
    return;
  }
  const whole = body(p, at, length, code);
  if (whole === false) p.truncated();
  else if (whole === true && p.verbosity === 0) printLength(p, length);
}

function printLength(p: Printer, length: number): void {
  p.out.text(', length ');
  p.out.decimal(length);
}

function printChecksum(p: Printer, at: number, length: number): void {
  p.need(at, ICMPV6.checksum + 2);
  const remainder = transportRemainder(p, at, length, IP_PROTOCOL.ICMPV6);
  if (remainder === 0) {
    p.text('[icmp6 sum ok] ');
    return;
  }
  const checksum = readU16(p.bytes, at + ICMPV6.checksum);
  p.text('[bad icmp6 cksum 0x');
  p.hex(checksum, 4);
  p.text(' -> 0x');
  p.hex(checksumShouldBe(checksum, remainder), 4);
  p.text('!] ');
}

function say(p: Printer, text: string): true {
  p.text(text);
  return true;
}

/** The address at `at`, behind `before`; neither when it was not captured. */
function printAddress(p: Printer, before: string, at: number): void {
  p.need(at, 16);
  p.text(before);
  p.ipv6(at);
}

function printEcho(p: Printer, at: number): true {
  p.need(at + ICMPV6.identifier, 4);
  p.out.text(', id ');
  p.out.decimal(readU16(p.bytes, at + ICMPV6.identifier));
  p.out.text(', seq ');
  p.out.decimal(readU16(p.bytes, at + ICMPV6.sequence));
  return true;
}

/** By code; the blank before one of them is tcpdump's. */
const UNREACHABLE_NAMES: Readonly<Record<number, string>> = {
  [ICMPV6_UNREACHABLE.NO_ROUTE]: 'unreachable route',
  [ICMPV6_UNREACHABLE.PROHIBITED]: ' unreachable prohibited',
  [ICMPV6_UNREACHABLE.BEYOND_SCOPE]: 'beyond scope',
  [ICMPV6_UNREACHABLE.ADDRESS]: 'unreachable address',
  [ICMPV6_UNREACHABLE.PORT]: 'unreachable port',
};

function printUnreachable(p: Printer, at: number, length: number, code: number): boolean | undefined {
  p.text(', ');
  p.name(UNREACHABLE_NAMES, code, 'unknown unreach code (%u)');
  if (code === ICMPV6_UNREACHABLE.PORT) return printPortUnreachable(p, at);
  if (UNREACHABLE_NAMES[code] !== undefined) {
    if (code === ICMPV6_UNREACHABLE.BEYOND_SCOPE) p.need(at + ORIGINAL.source, 32);
    printAddress(p, ' ', at + ORIGINAL.destination);
    if (code === ICMPV6_UNREACHABLE.BEYOND_SCOPE) printAddress(p, ', source address ', at + ORIGINAL.source);
    return true;
  }
  if (p.verbosity > 1) return true;
  p.hexLines(at, length, '\n\t');
  return undefined;
}

function printPortUnreachable(p: Printer, at: number): boolean {
  const found = findTransport(p, at + ICMPV6.data);
  if (found === undefined) return false;
  const name = found.protocol === IP_PROTOCOL.TCP ? 'tcp' : 'udp';
  printAddress(p, ', ', at + ORIGINAL.destination);
  p.text(` ${name} port `);
  p.port(p.u16(found.at + UDP.destinationPort), name);
  return true;
}

/** The TCP or UDP header behind the IPv6 header at `ipAt`, its ports captured. */
function findTransport(p: Printer, ipAt: number): { at: number; protocol: number } | undefined {
  if (!p.has(ipAt + IPV6.nextHeader, 1)) return undefined;
  let protocol = p.u8(ipAt + IPV6.nextHeader);
  let at = ipAt;
  let size: number = IPV6.size;
  while (at < p.end) {
    at += size;
    switch (protocol) {
      case IP_PROTOCOL.UDP:
      case IP_PROTOCOL.TCP:
        return p.has(at, UDP.length) ? { at, protocol } : undefined;
      case IP_PROTOCOL.FRAGMENT:
        if (!p.has(at, IPV6_FRAGMENT_HEADER.identification)) return undefined;
        if ((p.u16(at + IPV6_FRAGMENT_HEADER.offsetAndFlags) & IPV6_FRAGMENT.OFFSET) !== 0) return undefined;
        size = IPV6_FRAGMENT_HEADER.size;
        break;
      case IP_PROTOCOL.HOPOPTS:
      case IP_PROTOCOL.DSTOPTS:
      case IP_PROTOCOL.ROUTING:
        if (!p.has(at, IPV6_EXTENSION.data)) return undefined;
        size = 8 * (p.u8(at + IPV6_EXTENSION.length) + 1);
        break;
      case IP_PROTOCOL.AH:
        if (!p.has(at, IPV6_EXTENSION.data)) return undefined;
        size = 4 * (p.u8(at + IPV6_EXTENSION.length) + 2);
        break;
      default:
        return undefined;
    }
    protocol = p.u8(at + IPV6_EXTENSION.nextHeader);
  }
  return undefined;
}

function printTimeExceeded(p: Printer, at: number, _length: number, code: number): true {
  if (code === 0) printAddress(p, ' for ', at + ORIGINAL.destination);
  else p.text(code === 1 ? ' (reassembly)' : `, unknown code (${code})`);
  return true;
}

/** By code. */
const PROBLEMS = ['erroneous', 'next header', 'option', 'incomplete header chain'] as const;

function printParameterProblem(p: Printer, at: number, _length: number, code: number): boolean {
  if (!p.has(at + ORIGINAL.destination, 16)) return false;
  const problem = PROBLEMS[code];
  p.text(problem === undefined ? `, code-#${code}` : `, ${problem} - octet ${p.u32(at + ICMPV6.pointer)}`);
  return true;
}

/** With -v the options from `offset` on; false when they are cut off. */
function printMore(p: Printer, at: number, offset: number, length: number): boolean {
  return p.verbosity === 0 || printOptions(p, at + offset, length - offset);
}

const ROUTER_FLAGS = [
  [ND_ROUTER_FLAG.MANAGED, 'managed'],
  [ND_ROUTER_FLAG.OTHER, 'other stateful'],
  [ND_ROUTER_FLAG.HOME_AGENT, 'home agent'],
  [ND_ROUTER_FLAG.IPV6_ONLY, 'ipv6 only'],
] as const;

function printRouter(p: Printer, at: number, length: number): boolean {
  if (p.verbosity === 0) return true;
  p.need(at, ND_ROUTER.options);
  const flags = p.u8(at + ND_ROUTER.flags);
  p.text(`\n\thop limit ${p.u8(at + ND_ROUTER.hopLimit)}, Flags [`);
  p.bits(ROUTER_FLAGS, flags);
  p.text(`], pref ${routePreference(flags)}, router lifetime ${p.u16(at + ND_ROUTER.lifetime)}s`);
  p.text(`, reachable time ${p.u32(at + ND_ROUTER.reachable)}ms, retrans timer ${p.u32(at + ND_ROUTER.retransmit)}ms`);
  return printOptions(p, at + ND_ROUTER.options, length - ND_ROUTER.options);
}

function printSolicitation(p: Printer, at: number, length: number): boolean {
  printAddress(p, ', who has ', at + ND_NEIGHBOR.target);
  return printMore(p, at, ND_NEIGHBOR.options, length);
}

/** In the first byte of the flags word. */
const NEIGHBOR_FLAGS = [
  [ND_NEIGHBOR_FLAG.ROUTER >>> 24, 'router'],
  [ND_NEIGHBOR_FLAG.SOLICITED >>> 24, 'solicited'],
  [ND_NEIGHBOR_FLAG.OVERRIDE >>> 24, 'override'],
] as const;

function printAdvertisement(p: Printer, at: number, length: number): boolean {
  printAddress(p, ', tgt is ', at + ND_NEIGHBOR.target);
  if (p.verbosity > 0) {
    p.text(', Flags [');
    p.bits(NEIGHBOR_FLAGS, p.u8(at + ND_NEIGHBOR.flags));
    p.text(']');
  }
  return printMore(p, at, ND_NEIGHBOR.options, length);
}

function printRedirect(p: Printer, at: number, length: number): boolean {
  printAddress(p, ', ', at + ND_REDIRECT.destination);
  printAddress(p, ' to ', at + ND_REDIRECT.target);
  return printMore(p, at, ND_REDIRECT.options, length);
}

function printIdentifier(p: Printer, at: number): true {
  const identifier = p.u16(at + ICMPV6.identifier);
  p.text(', id 0x');
  p.hex(identifier, 4);
  return true;
}

function printHomeAgents(p: Printer, at: number, length: number): true {
  if (p.verbosity === 0) return true;
  printIdentifier(p, at);
  for (let agent = at + ICMPV6.data; agent < at + length; agent += 16) printAddress(p, ', ', agent);
  return true;
}

const MOBILE_FLAG = { MANAGED: 0x8000, OTHER: 0x4000 } as const;

function printMobilePrefix(p: Printer, at: number, length: number): boolean {
  if (p.verbosity === 0) return true;
  printIdentifier(p, at);
  const flags = p.u16(at + ICMPV6.sequence);
  if (flags & (MOBILE_FLAG.MANAGED | MOBILE_FLAG.OTHER)) p.text(' ');
  if (flags & MOBILE_FLAG.MANAGED) p.text('M');
  if (flags & MOBILE_FLAG.OTHER) p.text('O');
  return printOptions(p, at + ICMPV6.data, length - ICMPV6.data);
}
