// IPv4: tcpdump's print-ip.c, Wireshark's packet-ip.c; RFC 791.
import { internetChecksum, readU16, readyText } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV4, IPV4_FRAGMENT } from '../wire/index.ts';
import { checksumShouldBe } from './ip-checksum.ts';
import { printIpAddresses, printIpPayload, printProtocolName } from './ip-payload.ts';
import { IP_PROTOCOL_NAMES } from './ip-protocol-names.ts';
import { printOptions } from './ipv4-options.ts';
import { dissectIpv4 } from './ipv4-tree.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

export const ipv4: Protocol = { name: 'ip', print: printIpv4, dissect: dissectIpv4 };

const IP = readyText('IP ');

const FRAGMENT_FLAGS = [
  [IPV4_FRAGMENT.MORE, '+'],
  [IPV4_FRAGMENT.DONT, 'DF'],
  [IPV4_FRAGMENT.RESERVED, 'rsvd'],
] as const;

/** By the congestion bits of the type of service (RFC 3168 section 5). */
const CONGESTION = ['', ',ECT(1)', ',ECT(0)', ',CE'] as const;

export function printIpv4(p: Printer, at: number, length: number): void {
  p.protocol = 'ip';
  const version = p.u8(at) >> 4;
  if (version !== 4) {
    printWrongVersion(p, version);
    return;
  }
  if (!p.options.linkHeader) p.out.put(IP);
  if (at + IPV4.size > p.end) {
    p.truncated();
    return;
  }
  const headerLength = 4 * (p.bytes[at]! & 15);
  const totalLength = readU16(p.bytes, at + IPV4.totalLength);
  if (isImpossible(p, length, headerLength, totalLength)) return;
  if (!p.descend()) return;
  const { end, ipAt, ipVersion, fragmented } = p;
  if (at + totalLength < end) p.end = at + totalLength;
  p.ipAt = at;
  p.ipVersion = 4;
  if (p.verbosity === 0 || printDetails(p, at, headerLength)) printBody(p, at, headerLength, totalLength);
  p.end = end;
  p.ipAt = ipAt;
  p.ipVersion = ipVersion;
  p.fragmented = fragmented;
  p.depth--;
}

function printWrongVersion(p: Printer, version: number): void {
  p.text(version === 6 ? 'IP6, wrong link-layer encapsulation' : `IP${version}`);
  p.text(' (invalid)');
}

/** Says which length cannot be; one that is only larger than the packet is said and believed. */
function isImpossible(p: Printer, length: number, headerLength: number, totalLength: number): boolean {
  if (length < IPV4.size) p.text(`truncated-ip ${length}`);
  else if (headerLength < IPV4.size) p.text(`bad-hlen ${headerLength}`);
  else {
    if (length < totalLength) p.text(`truncated-ip - ${totalLength - length} bytes missing! `);
    if (totalLength >= headerLength) return false;
    p.text(`bad-len ${totalLength}`);
  }
  return true;
}

/** The parenthesis of -v. False when the options were cut off: nothing follows then. */
function printDetails(p: Printer, at: number, headerLength: number): boolean {
  const { bytes, out } = p;
  const typeOfService = bytes[at + IPV4.typeOfService]!;
  const flagsAndOffset = readU16(bytes, at + IPV4.flagsAndOffset);
  const timeToLive = bytes[at + IPV4.timeToLive]!;
  const protocol = bytes[at + IPV4.protocol]!;
  out.text('(tos 0x');
  out.hex(typeOfService);
  out.text(CONGESTION[typeOfService & 3]!);
  if (timeToLive > 0) printNumber(p, ', ttl ', timeToLive);
  printNumber(p, ', id ', readU16(bytes, at + IPV4.identification));
  printNumber(p, ', offset ', 8 * (flagsAndOffset & IPV4_FRAGMENT.OFFSET));
  out.text(', flags [');
  p.bits(FRAGMENT_FLAGS, flagsAndOffset);
  out.text('], proto ');
  p.name(IP_PROTOCOL_NAMES, protocol, 'unknown');
  printNumber(p, ' (', protocol);
  printNumber(p, '), length ', readU16(bytes, at + IPV4.totalLength));
  const whole = headerLength === IPV4.size || printOptionList(p, at, headerLength);
  if (!p.options.skipChecksums && p.has(at, headerLength)) printChecksum(p, at, headerLength);
  out.text(')\n    ');
  if (whole) return true;
  printIpAddresses(p);
  out.text(': ');
  p.truncated();
  return false;
}

function printNumber(p: Printer, before: string, value: number): void {
  p.out.text(before);
  p.out.decimal(value);
}

function printOptionList(p: Printer, at: number, headerLength: number): boolean {
  p.text(', options (');
  const whole = printOptions(p, at + IPV4.options, headerLength - IPV4.size);
  if (!whole) p.text(' [truncated-option]');
  p.text(')');
  return whole;
}

/** Nothing of a right one. */
function printChecksum(p: Printer, at: number, headerLength: number): void {
  const remainder = internetChecksum(p.bytes, at, headerLength);
  if (remainder === 0) return;
  const checksum = readU16(p.bytes, at + IPV4.checksum);
  p.text(', bad cksum ');
  p.hex(checksum);
  p.text(' (->');
  p.hex(checksumShouldBe(checksum, remainder));
  p.text(')!');
}

function printBody(p: Printer, at: number, headerLength: number, totalLength: number): void {
  const flagsAndOffset = readU16(p.bytes, at + IPV4.flagsAndOffset);
  const protocol = p.bytes[at + IPV4.protocol]!;
  if ((flagsAndOffset & IPV4_FRAGMENT.OFFSET) !== 0) {
    printIpAddresses(p);
    p.text(': ');
    printProtocolName(p, protocol);
    return;
  }
  if (!hasPorts(protocol)) {
    printIpAddresses(p);
    p.text(': ');
  }
  if (at + headerLength > p.end) {
    p.text(` [remaining caplen(${p.end - at}) < header length(${headerLength})]`);
    p.need(at, headerLength);
  }
  p.fragmented = (flagsAndOffset & IPV4_FRAGMENT.MORE) !== 0;
  printIpPayload(p, protocol, at + headerLength, totalLength - headerLength);
}

/** Transports that write the addresses themselves, with their ports. */
export function hasPorts(protocol: number): boolean {
  return (
    protocol === IP_PROTOCOL.TCP ||
    protocol === IP_PROTOCOL.UDP ||
    protocol === IP_PROTOCOL.SCTP ||
    protocol === IP_PROTOCOL.DCCP
  );
}
