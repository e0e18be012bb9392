// Linux cooked captures, version 1 and 2 (what "any" gives): tcpdump's print-sll.c, Wireshark's packet-sll.c.
import { readU16, readU32 } from '../bytes/index.ts';
import { ETHER_TYPE, MAX_LENGTH_FIELD, SLL, SLL_PROTOCOL, SLL2, VLAN } from '../wire/index.ts';
import { ETHER_TYPE_NAMES } from './ether-type-names.ts';
import { printTagControl, printTypeName } from './ethernet.ts';
import { DIRECTION_WIDTH, DIRECTIONS, printInterfaceColumn } from './interface-column.ts';
import { NO_ADDRESSES, printLlc } from './llc.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import { dissectSll, dissectSll2 } from './sll-tree.ts';

export const sll: Protocol = { name: 'sll', print: printSll, dissect: dissectSll };
export const sll2: Protocol = { name: 'sll', print: printSll2, dissect: dissectSll2 };

/** ARPHRD_IEEE80211_RADIOTAP: what follows is no network protocol. */
const RADIOTAP = 803;

function printSll(p: Printer, at: number, length: number): void {
  p.protocol = 'sll';
  p.need(at, SLL.size);
  if (p.options.linkHeader) printHeader1(p, at, length);
  const protocol = readU16(p.bytes, at + SLL.protocol);
  if (printPayload(p, at, SLL.size, length, readU16(p.bytes, at + SLL.hardwareType), protocol)) return;
  if (!p.options.linkHeader) printHeader1(p, at, length - tagsSize(p, SLL.size));
  printUnknown(p, at);
}

function printSll2(p: Printer, at: number, length: number): void {
  p.protocol = 'sll2';
  p.need(at, SLL2.size);
  const name = interfaceName(p, readU32(p.bytes, at + SLL2.interfaceIndex));
  printInterfaceColumn(p.out, name, p.bytes[at + SLL2.packetType]);
  if (p.options.linkHeader) printHeader2(p, at, length);
  const protocol = readU16(p.bytes, at + SLL2.protocol);
  if (printPayload(p, at, SLL2.size, length, readU16(p.bytes, at + SLL2.hardwareType), protocol)) return;
  if (!p.options.linkHeader) printHeader2(p, at, length - tagsSize(p, SLL2.size));
  printUnknown(p, at);
}

/** The name of an interface: as the caller knows it, else as the packet's source does. */
function interfaceName(p: Printer, index: number): string | undefined {
  const known = p.options.interfaceName?.(index);
  if (known !== undefined || p.current?.interfaceIndex !== index) return known;
  return p.current.interfaceName;
}

function printHeader1(p: Printer, at: number, length: number): void {
  p.protocol = 'sll';
  const direction = DIRECTIONS[readU16(p.bytes, at + SLL.packetType)] ?? '?';
  p.out.fill(DIRECTION_WIDTH - direction.length);
  p.text(direction);
  p.text(' ');
  printAddress(p, at + SLL.address, readU16(p.bytes, at + SLL.addressLength));
  printProtocol(p, readU16(p.bytes, at + SLL.protocol), length);
}

function printHeader2(p: Printer, at: number, length: number): void {
  p.protocol = 'sll2';
  p.text('ifindex ');
  p.decimal(readU32(p.bytes, at + SLL2.interfaceIndex));
  p.text(' ');
  printAddress(p, at + SLL2.address, p.bytes[at + SLL2.addressLength]!);
  printProtocol(p, readU16(p.bytes, at + SLL2.protocol), length);
}

function printAddress(p: Printer, at: number, size: number): void {
  if (size !== 6) return;
  p.mac(at);
  p.text(' ');
}

function printProtocol(p: Printer, protocol: number, length: number): void {
  if (p.options.quiet) return;
  if (protocol === SLL_PROTOCOL.NOVELL_802_3) p.text('802.3');
  else if (protocol === SLL_PROTOCOL.LLC) p.text('802.2');
  else {
    p.text('ethertype ');
    // Names of small numbers are no EtherTypes' (GRE has one there).
    if (protocol <= MAX_LENGTH_FIELD) p.format('Unknown (0x%04x)', protocol);
    else printTypeName(p, protocol);
  }
  p.text(', length ');
  p.decimal(length);
  p.text(': ');
}

/** Prints what follows the header of `size` bytes; false when its EtherType is unknown. Sets the link header's length. */
function printPayload(
  p: Printer,
  at: number,
  size: number,
  length: number,
  hardware: number,
  protocol: number,
): boolean {
  let type = protocol;
  let next = at + size;
  while (type === ETHER_TYPE.VLAN) {
    if (p.end - next < VLAN.size) {
      p.protocol = 'vlan';
      p.truncated();
      p.linkHeaderLength = p.end - at;
      return true;
    }
    type = printTag(p, next);
    next += VLAN.size;
  }
  const left = length - (next - at);
  if (hardware === RADIOTAP || type <= MAX_LENGTH_FIELD) next += printNoEtherType(p, type, next, left);
  else if (!p.etherType(type, next, left)) {
    p.linkHeaderLength = next - at;
    return false;
  }
  p.linkHeaderLength = next - at;
  return true;
}

/** How long the LLC header there is. */
function printNoEtherType(p: Printer, type: number, at: number, length: number): number {
  const header = type === SLL_PROTOCOL.LLC ? printLlc(p, at, length, NO_ADDRESSES) : -1;
  if (header >= 0) return header;
  p.unknown(at, p.end - at);
  return 0;
}

/** The tags between the header and the payload, in bytes. */
function tagsSize(p: Printer, size: number): number {
  return p.linkHeaderLength - size;
}

function printUnknown(p: Printer, at: number): void {
  const payload = at + p.linkHeaderLength;
  p.unknown(payload, p.end - payload);
}

/** The type behind a tag; a length there means LLC. */
function printTag(p: Printer, at: number): number {
  if (p.options.linkHeader) printTagControl(p, at);
  const field = p.u16(at + VLAN.type);
  const type = field <= MAX_LENGTH_FIELD ? SLL_PROTOCOL.LLC : field;
  if (!p.options.quiet) p.text(`ethertype ${ETHER_TYPE_NAMES[type] ?? 'Unknown'}, `);
  return type;
}
