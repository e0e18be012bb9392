// ICMP: tcpdump's print-icmp.c; RFC 792, RFC 1256. Extensions are in icmp-extensions.ts, fields in icmp-tree.ts.
import { internetChecksum } from '../bytes/index.ts';
import { ICMP, ICMP_TYPE, ICMP_UNREACHABLE, IP_PROTOCOL, IPV4, UDP } from '../wire/index.ts';
import { printExtensions } from './icmp-extensions.ts';
import { dissectIcmp } from './icmp-tree.ts';
import { checksumShouldBe } from './ip-checksum.ts';
import { printIpv4 } from './ipv4.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import { TRUNCATED } from './truncated.ts';

export const icmp: Protocol = { name: 'icmp', print, dissect: dissectIcmp };

const ORIGINAL = {
  protocol: ICMP.data + IPV4.protocol,
  destination: ICMP.data + IPV4.destination,
} as const;

/** Messages that are told by their name alone. */
const NAMES: Readonly<Record<number, string>> = {
  [ICMP_TYPE.SOURCE_QUENCH]: 'source quench',
  [ICMP_TYPE.ROUTER_SOLICITATION]: 'router solicitation',
  [ICMP_TYPE.INFORMATION]: 'information request',
  [ICMP_TYPE.INFORMATION_REPLY]: 'information reply',
  [ICMP_TYPE.ADDRESS_MASK]: 'address mask request',
};

/** Writes a message's text; false when it was cut off. */
const MESSAGES: Readonly<Record<number, (p: Printer, at: number, code: number) => boolean>> = {
  [ICMP_TYPE.ECHO]: (p, at) => printEcho(p, at, 'echo request'),
  [ICMP_TYPE.ECHO_REPLY]: (p, at) => printEcho(p, at, 'echo reply'),
  [ICMP_TYPE.UNREACHABLE]: printUnreachable,
  [ICMP_TYPE.REDIRECT]: printRedirect,
  [ICMP_TYPE.ROUTER_ADVERTISEMENT]: printRouters,
  [ICMP_TYPE.TIME_EXCEEDED]: printTimeExceeded,
  [ICMP_TYPE.PARAMETER_PROBLEM]: printParameterProblem,
  [ICMP_TYPE.ADDRESS_MASK_REPLY]: printAddressMask,
  [ICMP_TYPE.TIMESTAMP]: printTimestamp,
  [ICMP_TYPE.TIMESTAMP_REPLY]: printTimestampReply,
};

/** tcpdump keeps a message in an array of so many characters. */
const MAX_MESSAGE = 163;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'icmp';
  const type = p.u8(at + ICMP.type);
  if (!printMessage(p, at, type)) {
    p.truncated();
    return;
  }
  p.out.text(', length ');
  p.out.decimal(length);
  if (p.verbosity === 0) return;
  if (!p.fragmented && p.has(at, length)) printChecksum(p, at, length);
  if (isError(type)) printOriginal(p, at + ICMP.data);
  p.protocol = 'icmp';
  if (hasExtensions(type) && length > ICMP.extension && !printExtensions(p, at, length)) p.truncated();
}

/** Nothing stays of a message that was cut off. */
function printMessage(p: Printer, at: number, type: number): boolean {
  const { out } = p;
  const from = out.length;
  try {
    const code = p.u8(at + ICMP.code);
    out.text('ICMP ');
    const text = out.length;
    const message = MESSAGES[type];
    if (message === undefined) p.name(NAMES, type, 'type-#%u');
    else if (!message(p, at, code)) {
      out.length = from;
      return false;
    }
    out.length = Math.min(out.length, text + MAX_MESSAGE);
    return true;
  } catch (error) {
    if (error === TRUNCATED) out.length = from;
    throw error;
  }
}

function printNumber(p: Printer, before: string, value: number): void {
  p.out.text(before);
  p.out.decimal(value);
}

function printEcho(p: Printer, at: number, name: string): boolean {
  p.out.text(name);
  printNumber(p, ', id ', p.u16(at + ICMP.identifier));
  printNumber(p, ', seq ', p.u16(at + ICMP.sequence));
  return true;
}

/** By code: what stands before and behind the destination of the packet at fault. */
const UNREACHABLE_TEXTS: Readonly<Record<number, readonly [string, string]>> = {
  [ICMP_UNREACHABLE.NET]: ['net ', ' unreachable'],
  [ICMP_UNREACHABLE.HOST]: ['host ', ' unreachable'],
  [ICMP_UNREACHABLE.SOURCE_ROUTE_FAILED]: ['', ' unreachable - source route failed'],
  [ICMP_UNREACHABLE.NET_UNKNOWN]: ['net ', ' unreachable - unknown'],
  [ICMP_UNREACHABLE.HOST_UNKNOWN]: ['host ', ' unreachable - unknown'],
  [ICMP_UNREACHABLE.HOST_ISOLATED]: ['', ' unreachable - source host isolated'],
  [ICMP_UNREACHABLE.NET_PROHIBITED]: ['net ', ' unreachable - admin prohibited'],
  [ICMP_UNREACHABLE.HOST_PROHIBITED]: ['host ', ' unreachable - admin prohibited'],
  [ICMP_UNREACHABLE.NET_SERVICE]: ['net ', ' unreachable - tos prohibited'],
  [ICMP_UNREACHABLE.HOST_SERVICE]: ['host ', ' unreachable - tos prohibited'],
  [ICMP_UNREACHABLE.FILTERED]: ['host ', ' unreachable - admin prohibited filter'],
  [ICMP_UNREACHABLE.PRECEDENCE_VIOLATION]: ['host ', ' unreachable - host precedence violation'],
  [ICMP_UNREACHABLE.PRECEDENCE_CUTOFF]: ['host ', ' unreachable - precedence cutoff'],
};

function printUnreachable(p: Printer, at: number, code: number): boolean {
  if (code === ICMP_UNREACHABLE.PORT) return printPortUnreachable(p, at);
  const [before, behind] = UNREACHABLE_TEXTS[code] ?? ['', ''];
  p.text(before);
  p.ipv4(at + ORIGINAL.destination);
  p.text(behind);
  if (code === ICMP_UNREACHABLE.PROTOCOL) p.text(` protocol ${p.u8(at + ORIGINAL.protocol)} unreachable`);
  else if (code === ICMP_UNREACHABLE.NEEDS_FRAGMENTATION) printNeedsFragmentation(p, at);
  else if (behind === '') p.text(` unreachable - #${code}`);
  return true;
}

function printNeedsFragmentation(p: Printer, at: number): void {
  const mtu = p.u16(at + ICMP.nextHopMtu);
  p.text(' unreachable - need to frag');
  if (mtu !== 0) p.text(` (mtu ${mtu})`);
}

function printPortUnreachable(p: Printer, at: number): boolean {
  if (!p.has(at + ORIGINAL.protocol, 1)) return false;
  const headerLength = 4 * (p.u8(at + ICMP.data) & 15);
  const port = p.u16(at + ICMP.data + headerLength + UDP.destinationPort);
  const protocol = p.u8(at + ORIGINAL.protocol);
  p.ipv4(at + ORIGINAL.destination);
  if (protocol === IP_PROTOCOL.TCP || protocol === IP_PROTOCOL.UDP) {
    const name = protocol === IP_PROTOCOL.TCP ? 'tcp' : 'udp';
    p.text(` ${name} port `);
    p.port(port, name);
  } else p.text(` protocol ${protocol} port ${port}`);
  p.text(' unreachable');
  return true;
}

/** By code. */
const REDIRECT_TEXTS = [
  ['redirect ', ' to net '],
  ['redirect ', ' to host '],
  ['redirect-tos ', ' to net '],
  ['redirect-tos ', ' to host '],
] as const;

function printRedirect(p: Printer, at: number, code: number): boolean {
  const [before, between] = REDIRECT_TEXTS[code] ?? [`redirect-#${code} `, ' to '];
  p.text(before);
  p.ipv4(at + ORIGINAL.destination);
  p.text(between);
  p.ipv4(at + ICMP.gateway);
  return true;
}

/** A router's address and preference take this. */
const ROUTER_SIZE = 8;
/** In four-byte units, as the message says it. */
const ROUTER_WORDS = 2;

function printRouters(p: Printer, at: number): boolean {
  if (!p.has(at + ICMP.addressCount, 4)) return false;
  const count = p.u8(at + ICMP.addressCount);
  const words = p.u8(at + ICMP.addressSize);
  p.text('router advertisement lifetime ');
  printLifetime(p, p.u16(at + ICMP.lifetime));
  p.text(` ${count}:`);
  if (words !== ROUTER_WORDS) {
    p.text(` [size ${words}]`);
    return true;
  }
  for (let i = 0; i < count; i++) {
    const router = at + ICMP.data + ROUTER_SIZE * i;
    if (!p.has(router, ROUTER_SIZE)) return false;
    p.text(' {');
    p.ipv4(router);
    p.text(` ${p.u32(router + 4)}}`);
  }
  return true;
}

/** Seconds, "m:ss" or "h:mm:ss". */
function printLifetime(p: Printer, seconds: number): void {
  const pad = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (seconds < 60) p.decimal(seconds);
  else if (minutes < 60) p.text(`${minutes}:${pad(seconds % 60)}`);
  else p.text(`${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`);
}

function printTimeExceeded(p: Printer, at: number, code: number): boolean {
  if (!p.has(at + ORIGINAL.destination, 4)) return false;
  const names = ['time exceeded in-transit', 'ip reassembly time exceeded'];
  p.text(names[code] ?? `time exceeded-#${code}`);
  return true;
}

function printParameterProblem(p: Printer, at: number, code: number): boolean {
  p.text(code === 0 ? `parameter problem - octet ${p.u8(at + ICMP.pointer)}` : `parameter problem - code ${code}`);
  return true;
}

function printAddressMask(p: Printer, at: number): boolean {
  p.text('address mask is 0x');
  p.hex(p.u32(at + ICMP.addressMask), 8);
  return true;
}

function printTimestamp(p: Printer, at: number): boolean {
  p.text(`time stamp query id ${p.u16(at + ICMP.identifier)} seq ${p.u16(at + ICMP.sequence)}`);
  return true;
}

function printTimestampReply(p: Printer, at: number): boolean {
  if (!p.has(at + ICMP.transmitTime, 4)) return false;
  p.text(`time stamp reply id ${p.u16(at + ICMP.identifier)} seq ${p.u16(at + ICMP.sequence)}: org `);
  printTime(p, p.u32(at + ICMP.originateTime));
  p.text(', recv ');
  printTime(p, p.u32(at + ICMP.receiveTime));
  p.text(', xmit ');
  printTime(p, p.u32(at + ICMP.transmitTime));
  return true;
}

/** Milliseconds since midnight UTC. */
function printTime(p: Printer, milliseconds: number): void {
  const seconds = Math.floor(milliseconds / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  p.text(parts.map((part) => String(part).padStart(2, '0')).join(':'));
  p.text(`.${String(milliseconds % 1000).padStart(3, '0')}`);
}

function printChecksum(p: Printer, at: number, length: number): void {
  const remainder = internetChecksum(p.bytes, at, length);
  if (remainder === 0) return;
  const checksum = p.u16(at + ICMP.checksum);
  p.text(' (wrong icmp cksum ');
  p.hex(checksum);
  p.text(' (->');
  p.hex(checksumShouldBe(checksum, remainder));
  p.text(')!)');
}

/** Messages that carry the beginning of the packet they are about. */
function isError(type: number): boolean {
  return hasExtensions(type) || type === ICMP_TYPE.SOURCE_QUENCH || type === ICMP_TYPE.REDIRECT;
}

/** RFC 4884 section 4. */
function hasExtensions(type: number): boolean {
  return type === ICMP_TYPE.UNREACHABLE || type === ICMP_TYPE.TIME_EXCEEDED || type === ICMP_TYPE.PARAMETER_PROBLEM;
}

/** The packet at fault on a line of its own; extensions may follow its end. */
function printOriginal(p: Printer, at: number): void {
  p.text('\n\t');
  const { end } = p;
  const length = p.u16(at + IPV4.totalLength);
  p.end = Math.min(end, at + length);
  // tcpdump reads the length again, now that it may lie beyond the end.
  p.need(at + IPV4.totalLength, 2);
  printIpv4(p, at, length);
  p.end = end;
}
