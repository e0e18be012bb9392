// UDP: tcpdump's print-udp.c, Wireshark's packet-udp.c; RFC 768.
//
// What a UDP payload printer can rely on: it is found by p.udpPorts (the row that stands first in the registry wins
// where both ports have one), and never asked under -q. Before it stands "source.port > destination.port: " and,
// from -vv on (IPv6: -v), the verdict on the checksum with a blank behind it. `length` is the payload's by the UDP
// header or by the IP header, whichever is less; it can be 0, and more than was captured.
import { readU16, readyText } from '../bytes/index.ts';
import { IP_PROTOCOL, UDP } from '../wire/index.ts';
import { checksumShouldBe, transportRemainder } from './ip-checksum.ts';
import { isDirect, printEndpoints, printIpAddresses } from './ip-payload.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const udp: Protocol = { name: 'udp', print, dissect };

const LENGTH = readyText('UDP, length ');

/** A jumbogram's length does not fit its field, which is 0 then (RFC 2675 section 4). */
const MAX_LENGTH_FIELD = 65535;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'udp';
  if (!p.has(at, UDP.length)) {
    printHeaderless(p);
    return;
  }
  const source = readU16(p.bytes, at + UDP.sourcePort);
  const destination = readU16(p.bytes, at + UDP.destinationPort);
  printEndpoints(p, IP_PROTOCOL.UDP, source, destination, 'udp');
  if (length < UDP.size) p.text(`truncated-udp ${length}`);
  else if (!p.has(at, UDP.checksum)) p.truncated();
  else printBody(p, at, length, source, destination);
}

function printHeaderless(p: Printer): void {
  if (isDirect(p, IP_PROTOCOL.UDP)) {
    printIpAddresses(p);
    p.text(': ');
  }
  p.truncated();
}

function printBody(p: Printer, at: number, length: number, source: number, destination: number): void {
  const field = readU16(p.bytes, at + UDP.length);
  const datagramLength = field === 0 && length > MAX_LENGTH_FIELD ? length : field;
  if (datagramLength < UDP.size) {
    p.text(`truncated-udplength ${datagramLength}`);
    return;
  }
  if (at + UDP.size > p.end) {
    p.truncated();
    return;
  }
  const carried = Math.min(length, datagramLength) - UDP.size;
  const { quiet, skipChecksums } = p.options;
  if (p.verbosity > 0 && !skipChecksums && !p.fragmented) printChecksum(p, at, carried + UDP.size);
  if (!quiet && p.udpPorts(source, destination, at + UDP.size, carried)) return;
  const { out } = p;
  if (datagramLength > length && !p.fragmented) {
    out.text('UDP, bad length ');
    out.decimal(datagramLength - UDP.size);
    out.text(' > ');
    out.decimal(carried);
  } else {
    out.put(LENGTH);
    out.decimal(datagramLength - UDP.size);
  }
}

/** IPv4 senders may leave it out, and it is looked at from -vv on; IPv6 senders must not. */
function printChecksum(p: Printer, at: number, length: number): void {
  const checksum = readU16(p.bytes, at + UDP.checksum);
  if (p.ipVersion === 4 && p.verbosity < 2) return;
  if (p.ipVersion === 4 && checksum === 0) {
    p.text('[no cksum] ');
    return;
  }
  if (!p.has(at, length)) return;
  const remainder = transportRemainder(p, at, length, IP_PROTOCOL.UDP);
  if (remainder === 0) {
    p.text('[udp sum ok] ');
    return;
  }
  p.text('[bad udp cksum 0x');
  p.hex(checksum, 4);
  p.text(' -> 0x');
  p.hex(checksumShouldBe(checksum, remainder), 4);
  p.text('!] ');
}

function dissect(t: Tree, at: number, end: number): void {
  t.layer('udp', at, UDP.size);
  const source = t.u16('udp.srcport', at + UDP.sourcePort);
  const destination = t.u16('udp.dstport', at + UDP.destinationPort);
  t.u16('udp.length', at + UDP.length);
  t.u16('udp.checksum', at + UDP.checksum);
  t.udpPorts(source, destination, at + UDP.size, end);
}
