// PPP frames, in HDLC-like framing and without: tcpdump's print-ppp.c, Wireshark's packet-ppp.c; RFC 1661, RFC 1662.
import { PPP_FRAMING, PPP_PROTOCOL } from '../wire/index.ts';
import { printCiscoHdlc } from './cisco-hdlc.ts';
import { printChap, printPap } from './ppp-authentication.ts';
import { printControl } from './ppp-control.ts';
import { ETHER_TYPE_OF_PROTOCOL, PPP_PROTOCOL_NAMES } from './ppp-names.ts';
import { dissectPpp } from './ppp-tree.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

/** By its EtherType. */
export const ppp: Protocol = {
  name: 'ppp',
  print: (p, _at, length) => {
    if (length === 0) return;
    p.text(': ');
    printPpp(p, _at, length);
  },
  dissect: dissectPpp,
};

/** LINKTYPE_PPP: address, control and protocol are what a dump leaves out. */
export const pppLink: Protocol = { name: 'ppp', print: printLink, dissect: dissectPpp };

/** LINKTYPE_PPP_HDLC: always with address and control, or Cisco's framing. */
export const pppHdlcLink: Protocol = { name: 'ppp', print: printHdlcLink, dissect: dissectPpp };

/** Address, control and protocol. */
const LINK_HEADER = 4;

/** A high byte of a protocol that is no protocol, but the flag between frames: what follows is escaped. */
const FLAG = PPP_FRAMING.FLAG << 8;

const CONTROL_PROTOCOLS: ReadonlySet<number> = new Set([
  PPP_PROTOCOL.LCP,
  PPP_PROTOCOL.IPCP,
  PPP_PROTOCOL.OSICP,
  PPP_PROTOCOL.MPLSCP,
  PPP_PROTOCOL.IPV6CP,
  PPP_PROTOCOL.CCP,
  PPP_PROTOCOL.BACP,
]);

function printLink(p: Printer, at: number, length: number): void {
  p.protocol = 'ppp';
  const captured = p.end - at;
  p.linkHeaderLength = Math.min(captured, LINK_HEADER);
  if (captured < LINK_HEADER) p.truncated();
  else printPpp(p, at, length);
}

function printHdlcLink(p: Printer, at: number, length: number): void {
  p.protocol = 'ppp_hdlc';
  const captured = p.end - at;
  const address = captured < 2 ? -1 : p.u8(at);
  if (address === CISCO_UNICAST || address === CISCO_BROADCAST) {
    p.linkHeaderLength = printCiscoHdlc(p, at, length);
    return;
  }
  if (captured < LINK_HEADER) {
    p.truncated();
    p.linkHeaderLength = captured;
    return;
  }
  if (p.options.linkHeader) printFraming(p, at, length);
  if (address === PPP_FRAMING.ADDRESS) {
    const protocol = p.u16(at + 2);
    p.name(PPP_PROTOCOL_NAMES, protocol, 'unknown PPP protocol (0x%04x)');
    p.text(': ');
    printProtocol(p, protocol, at + LINK_HEADER, length - LINK_HEADER);
    p.linkHeaderLength = LINK_HEADER;
  } else {
    // tcpdump shows the two bytes behind address and control as if they were these.
    p.format('unknown addr %02x', p.u8(at + 2));
    p.format('; ctrl %02x', p.u8(at + 3));
    p.linkHeaderLength = 2;
  }
}

const CISCO_UNICAST = 0x0f;
const CISCO_BROADCAST = 0x8f;

/** "ff 03 46 " */
function printFraming(p: Printer, at: number, length: number): void {
  p.hex(p.u8(at), 2);
  p.text(' ');
  p.hex(p.u8(at + 1), 2);
  p.text(` ${length} `);
}

/** Prints a frame that may begin with address and control, or a direction; how long its header is. */
export function printPpp(p: Printer, at: number, length: number): number {
  p.protocol = 'ppp';
  if (length < 2) return cutOff(p);
  let next = at + printStart(p, at);
  if (length - (next - at) < 2) return cutOff(p);
  let protocol = p.u8(next);
  if (protocol % 2 === 1) next++;
  else {
    protocol = p.u16(next);
    next += 2;
  }
  const header = next - at;
  if (p.options.linkHeader) {
    p.text(PPP_PROTOCOL_NAMES[protocol] ?? 'unknown');
    p.format(' (0x%04x)', protocol);
    p.text(`, length ${length}`);
    if (PPP_PROTOCOL_NAMES[protocol] === undefined) return header;
    p.text(': ');
  }
  printProtocol(p, protocol, next, length - header);
  return header;
}

function cutOff(p: Printer): number {
  p.truncated();
  return 0;
}

/** Address and control, if there; how many bytes they take. */
function printStart(p: Printer, at: number): number {
  const start = p.u16(at);
  if ((start & 0xff) !== PPP_FRAMING.CONTROL) return 0;
  const address = start >> 8;
  if (p.options.linkHeader && address === PPP_FRAMING.PPPD_IN) p.text('In  ');
  if (p.options.linkHeader && address === PPP_FRAMING.PPPD_OUT) p.text('Out ');
  return address === PPP_FRAMING.PPPD_IN || address === PPP_FRAMING.PPPD_OUT || address === PPP_FRAMING.ADDRESS ? 2 : 0;
}

function printProtocol(p: Printer, protocol: number, at: number, length: number): void {
  const type = ETHER_TYPE_OF_PROTOCOL[protocol];
  if ((protocol & 0xff00) === FLAG) printEscaped(p, at - 1, length);
  else if (type !== undefined) {
    if (p.descend()) p.etherType(type, at, length);
  } else if (CONTROL_PROTOCOLS.has(protocol)) printControl(p, protocol, at, length);
  else if (protocol === PPP_PROTOCOL.MULTILINK) printMultilink(p, at, length);
  else if (protocol === PPP_PROTOCOL.CHAP) printChap(p, at, length);
  else if (protocol === PPP_PROTOCOL.PAP) printPap(p, at, length);
  else if (protocol === PPP_PROTOCOL.COMPRESSED) p.text('compressed PPP data');
  else if (protocol !== PPP_PROTOCOL.BAP) {
    p.name(PPP_PROTOCOL_NAMES, protocol, 'unknown PPP protocol (0x%04x)');
    p.text(' ');
    p.hexLines(at, length, '\n\t');
  }
}

/** Begin and end of a packet in pieces, with twelve bits of sequence number (RFC 1990 section 3). */
function printMultilink(p: Printer, at: number, length: number): void {
  if (!p.options.linkHeader) p.text('MLPPP, ');
  if (length < 2 || !p.has(at, 2)) {
    p.text('[|mlppp]');
    return;
  }
  p.format('seq 0x%03x', p.u16(at) & 0x0fff);
  p.text(', Flags [');
  p.bits(MULTILINK_FLAGS, p.u8(at));
  p.text(`], length ${length}`);
}

const MULTILINK_FLAGS = [
  [0x80, 'begin'],
  [0x40, 'end'],
] as const;

/** Frames as they were on a serial line: escapes are undone in a copy, which is printed in place of the packet. */
function printEscaped(p: Printer, at: number, length: number): void {
  if (p.end - at <= 0 || length === 0) return;
  const { bytes, end } = p;
  p.bytes = withoutEscapes(bytes.subarray(at, end));
  p.end = p.bytes.length;
  const complete = printUnescaped(p, p.end);
  p.bytes = bytes;
  p.end = end;
  if (!complete) p.truncated();
}

function withoutEscapes(escaped: Uint8Array): Uint8Array {
  const plain = new Uint8Array(escaped.length);
  let length = 0;
  for (let i = 0; i < escaped.length; i++) {
    if (escaped[i] !== PPP_FRAMING.ESCAPE) plain[length++] = escaped[i]!;
    else if (++i < escaped.length) plain[length++] = escaped[i]! ^ 0x20;
  }
  return plain.subarray(0, length);
}

/** One byte of protocol, address and control, or two bytes of protocol. False when too little is there. */
function printUnescaped(p: Printer, length: number): boolean {
  if (length < 1) return false;
  const first = p.u8(0);
  if (first === PPP_PROTOCOL.IPV4 || first === PPP_PROTOCOL.IPV6) {
    if (p.descend()) p.etherType(ETHER_TYPE_OF_PROTOCOL[first]!, 1, length - 1);
    return true;
  }
  if (length < 2) return false;
  const framed = p.u16(0) === ((PPP_FRAMING.ADDRESS << 8) | PPP_FRAMING.CONTROL);
  if (framed && length < LINK_HEADER) return false;
  const at = framed ? 2 : 0;
  const protocol = p.u16(at);
  if ((protocol & 0xff00) === FLAG) p.format('(protocol 0x%04x invalid)', protocol);
  else printProtocol(p, protocol, at + 2, length - at - 2);
  return true;
}
