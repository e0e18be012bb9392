// What an IP header carries, and what all protocols above IP print of it: tcpdump's print-ip-demux.c.
import { readyText } from '../bytes/index.ts';
import { AH, IP_PROTOCOL, IPV4, IPV6 } from '../wire/index.ts';
import { printAuthentication } from './ah.ts';
import { IP_PROTOCOL_NAMES, ipProtocolKeyword } from './ip-protocol-names.ts';
import type { Printer } from './printer.ts';

const ARROW = readyText(' > ');
const COLON = readyText(': ');

/** Protocols that one IP version only may carry. */
const VERSION_OF: Readonly<Record<number, 4 | 6>> = {
  [IP_PROTOCOL.ICMP]: 4,
  [IP_PROTOCOL.IGMP]: 4,
  [IP_PROTOCOL.ICMPV6]: 6,
  [IP_PROTOCOL.ETHERNET]: 6,
};

/** Prints the payload of the IP header at p.ipAt; authentication headers are gone through first. */
export function printIpPayload(p: Printer, protocol: number, at: number, length: number): void {
  let next = protocol;
  let payloadAt = at;
  let left = length;
  while (next === IP_PROTOCOL.AH) {
    if (!p.has(payloadAt, 1)) {
      p.protocol = 'ah';
      p.truncated();
      return;
    }
    next = p.u8(payloadAt + AH.nextHeader);
    const size = printAuthentication(p, payloadAt);
    payloadAt += size;
    // As in tcpdump, unsigned: a header longer than the payload leaves a huge rest.
    left = (left - size) >>> 0;
  }
  const version = VERSION_OF[next];
  if (version !== undefined && version !== p.ipVersion) printWrongVersion(p, next, version);
  else if (!p.ipProtocol(next, payloadAt, left)) printUnknown(p, next, left);
}

function printWrongVersion(p: Printer, protocol: number, version: number): void {
  p.text('[');
  p.name(IP_PROTOCOL_NAMES, protocol, 'unknown');
  p.text(` requires IPv${version}] (invalid)`);
}

function printUnknown(p: Printer, protocol: number, length: number): void {
  if (protocol === IP_PROTOCOL.NONE) {
    p.text('no next header');
    return;
  }
  if (protocol === IP_PROTOCOL.ND) {
    p.text(` nd ${length}`);
    return;
  }
  p.text(' ');
  printProtocolName(p, protocol);
  p.text(' ');
  p.decimal(length);
}

/** "udp", or with -n and where there is no name "ip-proto-17". */
export function printProtocolName(p: Printer, protocol: number): void {
  const keyword = p.options.numeric ? undefined : ipProtocolKeyword(protocol);
  p.text(keyword ?? `ip-proto-${protocol}`);
}

/** "source > destination" of the enclosing IP header. */
export function printIpAddresses(p: Printer): void {
  if (p.ipVersion === 6) {
    p.ipv6(p.ipAt + IPV6.source);
    p.text(' > ');
    p.ipv6(p.ipAt + IPV6.destination);
  } else {
    p.ipv4(p.ipAt + IPV4.source);
    p.text(' > ');
    p.ipv4(p.ipAt + IPV4.destination);
  }
}

/**
 * "source.port > destination.port: ", or without addresses where other headers lie between IP and the transport
 * (the IP printer wrote them already).
 */
export function printEndpoints(
  p: Printer,
  protocol: number,
  source: number,
  destination: number,
  service: 'tcp' | 'udp',
): void {
  const direct = isDirect(p, protocol);
  if (direct) printAddress(p, IPV4.source, IPV6.source);
  p.port(source, service);
  p.out.put(ARROW);
  if (direct) printAddress(p, IPV4.destination, IPV6.destination);
  p.port(destination, service);
  p.out.put(COLON);
}

/** One address of the enclosing IP header, and the dot before a port. */
function printAddress(p: Printer, offset4: number, offset6: number): void {
  if (p.ipVersion === 6) p.ipv6(p.ipAt + offset6);
  else p.ipv4(p.ipAt + offset4);
  p.out.byte(0x2e);
}

/** Whether the enclosing IP header names the protocol itself. */
export function isDirect(p: Printer, protocol: number): boolean {
  return p.bytes[p.ipAt + (p.ipVersion === 6 ? IPV6.nextHeader : IPV4.protocol)] === protocol;
}
