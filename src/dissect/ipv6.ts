// IPv6 and its extension headers: tcpdump's print-ip6.c, Wireshark's packet-ipv6.c; RFC 8200.
import { readU16, readU32, readyText } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV6, IPV6_EXTENSION } from '../wire/index.ts';
import { printIpAddresses, printIpPayload } from './ip-payload.ts';
import { IP_PROTOCOL_NAMES } from './ip-protocol-names.ts';
import { hasPorts } from './ipv4.ts';
import {
  type HopByHop,
  printDestinationOptions,
  printFragment,
  printHopByHop,
  printRouting,
} from './ipv6-extensions.ts';
import { dissectIpv6 } from './ipv6-tree.ts';
import { printMobility } from './mobility.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

export const ipv6: Protocol = { name: 'ipv6', print, dissect: dissectIpv6 };

const IP6 = readyText('IP6 ');

/** Parts of the first word. */
const FIRST_WORD = { CLASS: 0x0ff00000, CLASS_SHIFT: 20, FLOW: 0x000fffff } as const;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'ip6';
  if (at + IPV6.size > p.end) {
    p.truncated();
    return;
  }
  if (length < IPV6.size) {
    p.text(`truncated-ip6 ${length}`);
    return;
  }
  if (!p.options.linkHeader) p.out.put(IP6);
  const version = p.bytes[at]! >> 4;
  if (version !== 6) {
    p.text(`version error: ${version} != 6`);
    return;
  }
  const payloadLength = readU16(p.bytes, at + IPV6.payloadLength);
  if (payloadLength > 0) printMissing(p, length, IPV6.size + payloadLength);
  if (p.verbosity > 0) printDetails(p, at, payloadLength);
  if (p.descend()) printInside(p, at, length, payloadLength);
}

function printMissing(p: Printer, length: number, wanted: number): void {
  if (length < wanted) p.text(`truncated-ip6 - ${wanted - length} bytes missing!`);
}

function printDetails(p: Printer, at: number, payloadLength: number): void {
  const { out } = p;
  const first = readU32(p.bytes, at + IPV6.versionClassFlow);
  const next = p.bytes[at + IPV6.nextHeader]!;
  out.byte(0x28);
  if (first & FIRST_WORD.CLASS) {
    out.text('class 0x');
    out.hex((first & FIRST_WORD.CLASS) >>> FIRST_WORD.CLASS_SHIFT, 2);
    out.text(', ');
  }
  if (first & FIRST_WORD.FLOW) {
    out.text('flowlabel 0x');
    out.hex(first & FIRST_WORD.FLOW, 5);
    out.text(', ');
  }
  out.text('hlim ');
  out.decimal(p.bytes[at + IPV6.hopLimit]!);
  out.text(', next-header ');
  p.name(IP_PROTOCOL_NAMES, next, 'unknown');
  out.text(' (');
  out.decimal(next);
  out.text(') payload length: ');
  out.decimal(payloadLength);
  out.text(') ');
}

/** Prints the headers and the payload with this header as the enclosing one, and the end of the packet at its word. */
function printInside(p: Printer, at: number, length: number, payloadLength: number): void {
  const { end, ipAt, ipVersion, fragmented } = p;
  // Nothing is known of the length of a jumbogram before its option is found.
  const whole = IPV6.size + (payloadLength === 0 ? length : payloadLength);
  if (at + whole < end) p.end = at + whole;
  p.ipAt = at;
  p.ipVersion = 6;
  p.fragmented = false;
  const next = p.bytes[at + IPV6.nextHeader]!;
  if (!hasPorts(next)) {
    printIpAddresses(p);
    p.out.text(': ');
  }
  if (isExtension(next)) printExtensions(p, at, length, whole - IPV6.size, payloadLength);
  else if (payloadLength === 0) {
    p.end = Math.min(p.end, at + IPV6.size);
    printIpPayload(p, next, at + IPV6.size, 0);
  } else printIpPayload(p, next, at + IPV6.size, payloadLength);
  p.end = end;
  p.ipAt = ipAt;
  p.ipVersion = ipVersion;
  p.fragmented = fragmented;
  p.depth--;
}

function isExtension(protocol: number): boolean {
  switch (protocol) {
    case IP_PROTOCOL.HOPOPTS:
    case IP_PROTOCOL.DSTOPTS:
    case IP_PROTOCOL.FRAGMENT:
    case IP_PROTOCOL.ROUTING:
    case IP_PROTOCOL.MOBILITY:
    case IP_PROTOCOL.MOBILITY_OLD:
      return true;
    default:
      return false;
  }
}

/** `left`: bytes behind the header by its word. */
function printExtensions(p: Printer, ipAt: number, length: number, left: number, payloadLength: number): void {
  const hopByHop: HopByHop = { seen: false, jumbo: false, payloadLength };
  let at = ipAt + IPV6.size;
  let remaining = left;
  let next = p.bytes[ipAt + IPV6.nextHeader]!;
  for (let first = true; isExtension(next); first = false) {
    const size = printExtension(p, next, at, hopByHop, first);
    // Nothing follows a header that could not be read.
    if (size < 0) return;
    next = p.u8(at + IPV6_EXTENSION.nextHeader);
    p.protocol = 'ip6';
    if (remaining < size) {
      p.truncated();
      return;
    }
    at += size;
    remaining -= size;
  }
  if (hopByHop.jumbo) {
    const whole = IPV6.size + hopByHop.payloadLength;
    printMissing(p, length, whole);
    p.end = Math.min(p.end, ipAt + whole);
    printIpPayload(p, next, at, whole - (at - ipAt));
  } else if (payloadLength === 0) p.truncated();
  else printIpPayload(p, next, at, remaining);
}

/** Prints one extension header; its size, or -1 when nothing more can be told. */
function printExtension(p: Printer, header: number, at: number, hopByHop: HopByHop, first: boolean): number {
  switch (header) {
    case IP_PROTOCOL.HOPOPTS:
      if (first) return printHopByHop(p, at, hopByHop);
      printMisplaced(p, hopByHop);
      return -1;
    case IP_PROTOCOL.DSTOPTS:
      return printDestinationOptions(p, at);
    case IP_PROTOCOL.FRAGMENT:
      return printFragment(p, at);
    case IP_PROTOCOL.ROUTING:
      return printRouting(p, at);
    default:
      printMobility(p, at);
      return -1;
  }
}

/** Hop-by-hop options come first or not at all (RFC 8200 section 4.1). */
function printMisplaced(p: Printer, { seen }: HopByHop): void {
  p.text('[The Hop-by-Hop Options header ');
  p.text(seen ? 'was already found] (invalid)' : "don't follow the IPv6 header] (invalid)");
}
