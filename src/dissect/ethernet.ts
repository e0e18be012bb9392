// Ethernet II, IEEE 802.3 and the VLAN tags within: tcpdump's print-ether.c, Wireshark's packet-eth.c and
// packet-vlan.c; IEEE Std 802.3 section 3, IEEE Std 802.1Q section 9.
import { readU16, readyText } from '../bytes/index.ts';
import { ETHER_TYPE, ETHERNET, MAX_LENGTH_FIELD, VLAN, VLAN_CONTROL } from '../wire/index.ts';
import { ETHER_TYPE_NAMES } from './ether-type-names.ts';
import { dissectEthernet, dissectLoneTag } from './ethernet-tree.ts';
import { printLlc } from './llc.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

/** As the link type: the header is what a dump leaves out. */
export const ethernetLink: Protocol = {
  name: 'eth',
  print: (p, at, length) => {
    p.linkHeaderLength = printEthernet(p, at, length);
  },
  dissect: dissectEthernet,
};

/** Inside another protocol. */
export const ethernet: Protocol = { name: 'eth', print: printEthernet, dissect: dissectEthernet };

/** A tag by its EtherType: tcpdump knows tags only where a link header announces them, and prints them there. */
export const vlan: Protocol = { name: 'vlan', dissect: dissectLoneTag };

/** Prints a frame, and returns how long its link header is, with tags, LLC and SNAP. */
export function printEthernet(p: Printer, at: number, length: number): number {
  p.protocol = 'ether';
  const captured = p.end - at;
  if (length < captured) {
    p.text(`[length ${length} < caplen ${captured}] (invalid)`);
    return length;
  }
  if (captured < ETHERNET.size) {
    p.truncated();
    return captured;
  }
  const type = readU16(p.bytes, at + ETHERNET.type);
  if (p.options.linkHeader) printAddresses(p, at);
  if (isTag(type)) return printTagged(p, at, length, type);
  if (p.options.linkHeader && type > MAX_LENGTH_FIELD && type !== ETHER_TYPE.JUMBO) {
    printType(p, type);
    printLength(p, length);
  }
  return printPayload(p, at, length, type, at + ETHERNET.size, false);
}

/** The types that announce a tag. */
function isTag(type: number): boolean {
  return (
    type === ETHER_TYPE.VLAN ||
    type === ETHER_TYPE.PROVIDER_BRIDGING ||
    type === ETHER_TYPE.QINQ_OLD ||
    type === ETHER_TYPE.QINQ_OLDER
  );
}

function printTagged(p: Printer, at: number, length: number, first: number): number {
  const { linkHeader } = p.options;
  let type = first;
  let next = at + ETHERNET.size;
  for (let tags = 0; isTag(type); tags++) {
    if (p.end - next < VLAN.size) {
      p.protocol = 'vlan';
      p.truncated();
      return p.end - at;
    }
    if (linkHeader) {
      printType(p, type);
      if (tags === 0) printLength(p, length);
      else p.text(', ');
      printTagControl(p, next);
    }
    type = readU16(p.bytes, next + VLAN.type);
    next += VLAN.size;
  }
  if (linkHeader && type > MAX_LENGTH_FIELD && type !== ETHER_TYPE.JUMBO) {
    printType(p, type);
    p.text(', ');
  }
  return printPayload(p, at, length, type, next, true);
}

/** What follows the last type field, which is at `next`; the whole header's length. */
function printPayload(
  p: Printer,
  at: number,
  length: number,
  type: number,
  next: number,
  lengthPrinted: boolean,
): number {
  const left = length - (next - at);
  const header = next - at;
  if (type <= MAX_LENGTH_FIELD) return header + printLengthFrame(p, at, type, next, left, lengthPrinted);
  if (type === ETHER_TYPE.JUMBO) return header + printLogicalLink(p, at, next, left);
  if (!p.etherType(type, next, left)) {
    if (!p.options.linkHeader) {
      printAddresses(p, at);
      printType(p, type);
      printLength(p, length);
    }
    p.unknown(next, p.end - next);
  }
  return header;
}

/** An 802.3 frame: the field is the length of what follows, where that is not less than was captured. */
function printLengthFrame(
  p: Printer,
  at: number,
  field: number,
  next: number,
  left: number,
  lengthPrinted: boolean,
): number {
  const { end } = p;
  const length = Math.min(field, left);
  p.end = Math.min(end, next + length);
  if (p.options.linkHeader) {
    p.text('802.3');
    if (!lengthPrinted) printLength(p, length);
  }
  const header = printLogicalLink(p, at, next, length);
  p.end = end;
  return header;
}

function printLogicalLink(p: Printer, at: number, next: number, length: number): number {
  const header = printLlc(p, next, length, at);
  if (header < 0) p.unknown(next, p.end - next);
  return Math.abs(header);
}

/** "source > destination, " of the header at `at`. */
function printAddresses(p: Printer, at: number): void {
  p.mac(at + ETHERNET.source);
  p.text(' > ');
  p.mac(at + ETHERNET.destination);
  p.text(', ');
}

/** "ethertype IPv4 (0x0800)" by type, ready to be put: -e writes it on every line. */
const TYPE_TEXTS = new Map(
  Object.entries(ETHER_TYPE_NAMES).map(([type, name]) => [
    Number(type),
    readyText(`ethertype ${name} (0x${Number(type).toString(16).padStart(4, '0')})`),
  ]),
);

const LENGTH_TEXT = readyText(', length ');

function printType(p: Printer, type: number): void {
  if (p.options.quiet) p.name(ETHER_TYPE_NAMES, type, 'Unknown Ethertype (0x%04x)');
  else {
    const text = TYPE_TEXTS.get(type);
    if (text !== undefined) p.out.put(text);
    else p.format('ethertype Unknown (0x%04x)', type);
  }
}

/** "IPv4 (0x0800)" */
export function printTypeName(p: Printer, type: number): void {
  p.text(ETHER_TYPE_NAMES[type] ?? 'Unknown');
  p.text(' (0x');
  p.hex(type, 4);
  p.text(')');
}

function printLength(p: Printer, length: number): void {
  p.out.put(LENGTH_TEXT);
  p.decimal(length);
  p.text(': ');
}

/** "vlan 5, p 1, DEI, " of the tag at `at`. */
export function printTagControl(p: Printer, at: number): void {
  const control = p.u16(at + VLAN.control);
  p.text('vlan ');
  p.decimal(control & VLAN_CONTROL.ID);
  p.text(', p ');
  p.decimal(control >> 13);
  p.text(control & VLAN_CONTROL.DROP_ELIGIBLE ? ', DEI, ' : ', ');
}
