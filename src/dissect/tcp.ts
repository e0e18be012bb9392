// TCP: tcpdump's print-tcp.c; RFC 9293. Its options are in tcp-options.ts, its fields in tcp-tree.ts.
//
// What a TCP payload printer can rely on: it is found by p.tcpPorts (the row that stands first in the registry wins
// where both ports have one), and asked only when the segment carries bytes, not under -q, and not for RST with -v
// (whose text is printed instead). "..., length N" stands before it and nothing else: a protocol writes its own
// separator, as ": " for HTTP, FTP, SMTP and RTSP, or a blank. What nobody knows adds nothing. `length` is the
// segment's payload by the IP header, at least 1; it may be more than was captured. Segments are not put together.
import { readU16, readU32, readyText } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV4, IPV6, TCP, TCP_FLAG } from '../wire/index.ts';
import { checksumShouldBe, transportRemainder } from './ip-checksum.ts';
import { printEndpoints, printIpAddresses } from './ip-payload.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import { printOptions } from './tcp-options.ts';
import { dissectTcp } from './tcp-tree.ts';

export const tcp: Protocol = { name: 'tcp', print, dissect: dissectTcp };

const TEXT = {
  sequence: readyText(', seq '),
  acknowledgment: readyText(', ack '),
  window: readyText(', win '),
  urgent: readyText(', urg '),
  length: readyText(', length '),
} as const;

/** "Flags [...]" for each value of the flags byte. */
const FLAG_TEXTS = (() => {
  const letters = 'FSRP.UEW';
  const name = (flags: number) => [...letters].filter((_, bit) => flags & (1 << bit)).join('') || 'none';
  return Array.from({ length: 256 }, (_, flags) => readyText(`Flags [${name(flags)}]`));
})();

/** Flags that make a segment use up a sequence number, or stand where one is worth seeing. */
const SHOWS_SEQUENCE = TCP_FLAG.SYN | TCP_FLAG.FIN | TCP_FLAG.RST;

/** Text in a RST segment (RFC 9293 section 3.5.3) is shown up to here. */
const MAX_RESET_TEXT = 30;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'tcp';
  if (!p.has(at, TCP.sequence)) {
    printIpAddresses(p);
    p.text(':');
    p.truncated();
    return;
  }
  const { bytes } = p;
  const source = readU16(bytes, at + TCP.sourcePort);
  const destination = readU16(bytes, at + TCP.destinationPort);
  printEndpoints(p, IP_PROTOCOL.TCP, source, destination, 'tcp');
  if (at + TCP.size > p.end) {
    p.truncated();
    return;
  }
  const headerLength = 4 * (bytes[at + TCP.dataOffset]! >> 4);
  if (headerLength < TCP.size) printTooShort(p, length, headerLength);
  else if (p.options.quiet) printQuiet(p, length, headerLength);
  else printSegment(p, at, length, headerLength, source, destination);
}

function printTooShort(p: Printer, length: number, headerLength: number): void {
  const left = (length - headerLength) >>> 0;
  p.text(` tcp ${left} [bad hdr length ${headerLength} - too short, < ${TCP.size}]`);
}

function printQuiet(p: Printer, length: number, headerLength: number): void {
  p.out.text('tcp ');
  p.out.decimal((length - headerLength) >>> 0);
  if (headerLength > length) printTooLong(p, length, headerLength);
}

function printTooLong(p: Printer, length: number, headerLength: number): void {
  p.text(` [bad hdr length ${headerLength} - too long, > ${length}]`);
}

function printSegment(
  p: Printer,
  at: number,
  length: number,
  headerLength: number,
  source: number,
  destination: number,
): void {
  const { bytes, out } = p;
  const flags = bytes[at + TCP.flags]!;
  const relative = !p.options.absoluteSequence && (flags & TCP_FLAG.ACK) !== 0;
  out.put(FLAG_TEXTS[flags]!);
  if (relative) relate(p, at, flags, source, destination);
  if (headerLength > length) {
    printTooLong(p, length, headerLength);
    return;
  }
  if (p.verbosity > 0 && !p.options.skipChecksums && !p.fragmented) printChecksum(p, at, length);
  const carried = length - headerLength;
  if (carried > 0 || (flags & SHOWS_SEQUENCE) !== 0 || p.verbosity > 1) {
    const sequence = relative ? p.conversations.sequence : readU32(bytes, at + TCP.sequence);
    out.put(TEXT.sequence);
    out.decimal(sequence);
    if (carried > 0) {
      out.byte(0x3a);
      out.decimal((sequence + carried) >>> 0);
    }
  }
  if ((flags & TCP_FLAG.ACK) !== 0) {
    out.put(TEXT.acknowledgment);
    out.decimal(relative ? p.conversations.acknowledgment : readU32(bytes, at + TCP.acknowledgment));
  }
  out.put(TEXT.window);
  out.decimal(readU16(bytes, at + TCP.window));
  if ((flags & TCP_FLAG.URG) !== 0) {
    out.put(TEXT.urgent);
    out.decimal(readU16(bytes, at + TCP.urgentPointer));
  }
  const sackBase = relative ? p.conversations.sackBase : 0;
  if (headerLength > TCP.size && !printOptions(p, at, headerLength, length, sackBase)) return;
  out.put(TEXT.length);
  out.decimal(carried);
  if (carried > 0) printPayload(p, at, headerLength, carried, flags, source, destination);
}

function relate(p: Printer, at: number, flags: number, source: number, destination: number): void {
  const version6 = p.ipVersion === 6;
  p.conversations.relate(
    p.bytes,
    p.ipAt + (version6 ? IPV6.source : IPV4.source),
    version6 ? 6 : 4,
    source,
    destination,
    readU32(p.bytes, at + TCP.sequence),
    readU32(p.bytes, at + TCP.acknowledgment),
    (flags & TCP_FLAG.SYN) !== 0,
  );
}

function printChecksum(p: Printer, at: number, length: number): void {
  if (!p.has(at, length)) return;
  const checksum = readU16(p.bytes, at + TCP.checksum);
  const remainder = transportRemainder(p, at, length, IP_PROTOCOL.TCP);
  p.text(', cksum 0x');
  p.hex(checksum, 4);
  if (remainder === 0) {
    p.text(' (correct)');
    return;
  }
  p.text(' (incorrect -> 0x');
  p.hex(checksumShouldBe(checksum, remainder), 4);
  p.text(')');
}

function printPayload(
  p: Printer,
  at: number,
  headerLength: number,
  length: number,
  flags: number,
  source: number,
  destination: number,
): void {
  if (at + headerLength > p.end) {
    p.text(` [remaining caplen(${p.end - at}) < header length(${headerLength})]`);
    p.need(at, headerLength);
  }
  if ((flags & TCP_FLAG.RST) !== 0 && p.verbosity > 0) printResetText(p, at + headerLength, length);
  else p.tcpPorts(source, destination, at + headerLength, length);
}

function printResetText(p: Printer, at: number, length: number): void {
  p.text(p.has(at, length) ? ' [RST' : ' [!RST');
  if (length > MAX_RESET_TEXT) p.text('+');
  p.text(' ');
  p.string(at, Math.min(length, MAX_RESET_TEXT));
  p.text(']');
}
