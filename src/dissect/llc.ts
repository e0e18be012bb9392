// IEEE 802.2 LLC and SNAP: tcpdump's print-llc.c, Wireshark's packet-llc.c.
import { readU16LE } from '../bytes/index.ts';
import { ETHER_TYPE, ETHERNET, LLC, LLC_BITS, LLC_COMMAND, LLC_SAP, SNAP } from '../wire/index.ts';
import { ETHER_TYPE_NAMES } from './ether-type-names.ts';
import { printEthernet } from './ethernet.ts';
import { OUI_NAMES } from './oui.ts';
import type { Printer } from './printer.ts';
import { BRIDGE_PADDING, BRIDGED_TYPE, CISCO_TYPE, ORGANISATION } from './snap-types.ts';
import { stp } from './stp.ts';

/** Where there are no MAC addresses to print: cooked captures, PPP. */
export const NO_ADDRESSES = -1;

const SAP_NAMES: Readonly<Record<number, string>> = {
  0: 'Null',
  2: '802.1B I',
  3: '802.1B G',
  4: 'SNA',
  6: 'IP',
  14: 'ProWay NM',
  66: 'STP',
  78: 'RS511',
  126: 'ISO8208',
  142: 'ProWay',
  170: 'SNAP',
  224: 'IPX',
  240: 'NetBeui',
  254: 'OSI',
  255: 'Global',
};

const COMMAND_NAMES: Readonly<Record<number, string>> = {
  [LLC_COMMAND.UI]: 'ui',
  [LLC_COMMAND.TEST]: 'test',
  [LLC_COMMAND.XID]: 'xid',
  [LLC_COMMAND.UA]: 'ua',
  [LLC_COMMAND.DISC]: 'disc',
  [LLC_COMMAND.DM]: 'dm',
  [LLC_COMMAND.SABME]: 'sabme',
  [LLC_COMMAND.FRMR]: 'frmr',
};

const SUPERVISORY_NAMES = ['Receiver Ready', 'Receiver not Ready', 'Reject', '?'] as const;

/** An XID that names LLC classes begins with this. */
const XID_FORMAT = 0x81;

const CISCO_NAMES: Readonly<Record<number, string>> = {
  273: 'UDLD',
  [CISCO_TYPE.PVST]: 'PVST',
  [CISCO_TYPE.VLAN_BRIDGE]: 'VLAN Bridge',
  8192: 'CDP',
  8195: 'VTP',
  8196: 'DTP',
};

const BRIDGED_NAMES: Readonly<Record<number, string>> = {
  [BRIDGED_TYPE.ETHERNET_FCS]: 'Ethernet + FCS',
  2: '802.4 + FCS',
  3: 'Token Ring + FCS',
  4: 'FDDI + FCS',
  5: '802.6 + FCS',
  [BRIDGED_TYPE.ETHERNET]: 'Ethernet w/o FCS',
  8: '802.4 w/o FCS',
  9: 'Token Ring w/o FCS',
  10: 'FDDI w/o FCS',
  11: '802.6 w/o FCS',
  [BRIDGED_TYPE.BPDU]: 'BPDU',
};

const TYPE_NAMES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  [ORGANISATION.ETHERNET]: ETHER_TYPE_NAMES,
  [ORGANISATION.CISCO]: CISCO_NAMES,
  [ORGANISATION.CISCO_BRIDGED]: ETHER_TYPE_NAMES,
  [ORGANISATION.BRIDGED]: BRIDGED_NAMES,
  [ORGANISATION.APPLETALK]: ETHER_TYPE_NAMES,
};

/**
 * Prints what an LLC header carries; `addressesAt` is the MAC header they stand in. The length of LLC and SNAP
 * header, negative when the payload is unknown and the caller shall print it.
 */
export function printLlc(p: Printer, at: number, length: number, addressesAt: number): number {
  p.protocol = 'llc';
  const captured = p.end - at;
  if (captured < LLC.size || length < LLC.size) return cutOff(p, at, length);
  const dsapField = p.u8(at + LLC.dsap);
  const ssapField = p.u8(at + LLC.ssap);
  const first = p.u8(at + LLC.control);
  const unnumbered = (first & LLC_BITS.UNNUMBERED) === LLC_BITS.UNNUMBERED;
  const size = unnumbered ? LLC.size : LLC.longSize;
  if (captured < size || length < size) return cutOff(p, at, length);
  const control = unnumbered ? first : readU16LE(p.bytes, at + LLC.control);
  // Novell's raw 802.3 frames have no LLC: their IPX header begins with two bytes of 0xff.
  if (dsapField === LLC_SAP.GLOBAL && ssapField === LLC_SAP.GLOBAL) return printNovell(p, 'IPX 802.3: ', at, 0);
  if (p.options.linkHeader) printHeader(p, dsapField, ssapField, control, unnumbered);
  const ssap = ssapField & ~LLC_BITS.RESPONSE;
  const dsap = dsapField & ~LLC_BITS.GROUP;
  const next = at + size;
  if (ssap === dsap && control === LLC_COMMAND.UI) {
    const left = length - size;
    switch (dsap) {
      case LLC_SAP.SNAP:
        return printSnap(p, next, left, addressesAt) ? size + SNAP.size : -(size + SNAP.size);
      case LLC_SAP.STP:
        stp.print!(p, next, left);
        return size;
      case LLC_SAP.IP:
        return p.etherType(ETHER_TYPE.IPV4, next, left) ? size : -size;
      case LLC_SAP.IPX:
        return printNovell(p, 'IPX 802.2: ', next, size);
    }
  }
  if (!p.options.linkHeader) printAccessPoints(p, dsap, ssap, addressesAt);
  if (unnumbered) return printUnnumbered(p, next, length, control, ssapField);
  return printNumbered(p, length, control, ssapField);
}

/** IPX is not printed but as unknown bytes. */
function printNovell(p: Printer, title: string, at: number, size: number): number {
  if (p.options.linkHeader) p.text(title);
  p.unknown(at, p.end - at);
  return size;
}

function cutOff(p: Printer, at: number, length: number): number {
  p.truncated();
  const captured = p.end - at;
  p.hexAscii(at, captured);
  return Math.min(captured, length);
}

function printHeader(p: Printer, dsap: number, ssap: number, control: number, unnumbered: boolean): void {
  p.text('LLC, dsap ');
  printAccessPoint(p, dsap & ~LLC_BITS.GROUP);
  p.text(dsap & LLC_BITS.GROUP ? ' Group, ssap ' : ' Individual, ssap ');
  printAccessPoint(p, ssap & ~LLC_BITS.RESPONSE);
  p.text(ssap & LLC_BITS.RESPONSE ? ' Response, ctrl 0x' : ' Command, ctrl 0x');
  p.hex(control, unnumbered ? 2 : 4);
  p.text(': ');
}

function printAccessPoint(p: Printer, sap: number): void {
  p.text(SAP_NAMES[sap] ?? 'Unknown');
  p.text(' (0x');
  p.hex(sap, 2);
  p.text(')');
}

function printAccessPoints(p: Printer, dsap: number, ssap: number, addressesAt: number): void {
  const addresses = addressesAt !== NO_ADDRESSES;
  if (addresses) p.mac(addressesAt + ETHERNET.source);
  if (ssap !== dsap) {
    if (addresses) p.text(' ');
    p.name(SAP_NAMES, ssap, 'Unknown SSAP 0x%02x');
  }
  if (addresses || ssap !== dsap) p.text(' > ');
  if (addresses) {
    p.mac(addressesAt + ETHERNET.destination);
    p.text(' ');
  }
  p.name(SAP_NAMES, dsap, 'Unknown DSAP 0x%02x');
  p.text(' ');
}

function printUnnumbered(p: Printer, next: number, length: number, control: number, ssap: number): number {
  p.text('Unnumbered, ');
  p.name(COMMAND_NAMES, control & ~LLC_BITS.POLL, '%02x');
  printFlags(p, ssap, (control & LLC_BITS.POLL) !== 0, length);
  return (control & ~LLC_BITS.POLL) === LLC_COMMAND.XID ? printIdentity(p, next, length - LLC.size) : -LLC.size;
}

/** XID may end with the header, or name the LLC classes that the sender has. */
function printIdentity(p: Printer, at: number, length: number): number {
  if (length === 0) return LLC.size;
  const captured = p.end - at;
  if (captured < 1) p.truncated();
  else if (p.u8(at) !== XID_FORMAT) return -LLC.size;
  else if (captured < 3 || length < 3) {
    p.truncated();
    p.hexAscii(at, captured);
  } else {
    p.text(': ');
    p.hex(p.u8(at + 1), 2);
    p.text(' ');
    p.hex(p.u8(at + 2), 2);
  }
  return LLC.size;
}

/** Supervisory frames carry nothing; the payload of information frames is unknown. */
function printNumbered(p: Printer, length: number, control: number, ssap: number): number {
  const supervisory = (control & LLC_BITS.SUPERVISORY) !== 0;
  const received = (control >> 9) & 0x7f;
  if (supervisory) p.text(`Supervisory, ${SUPERVISORY_NAMES[(control >> 2) & 3]!}, rcv seq ${received}`);
  else p.text(`Information, send seq ${(control >> 1) & 0x7f}, rcv seq ${received}`);
  printFlags(p, ssap, (control & LLC_BITS.LONG_POLL) !== 0, length);
  return supervisory ? LLC.longSize : -LLC.longSize;
}

function printFlags(p: Printer, ssap: number, poll: boolean, length: number): void {
  const response = (ssap & LLC_BITS.RESPONSE) !== 0;
  p.text(', Flags [');
  if (poll) p.text(response ? 'Final' : 'Poll');
  else p.text(response ? 'Response' : 'Command');
  p.text('], length ');
  p.decimal(length);
}

/** False when the payload is unknown. */
function printSnap(p: Printer, at: number, length: number, addressesAt: number): boolean {
  p.protocol = 'snap';
  if (!p.has(at, SNAP.size) || length < SNAP.size) {
    p.truncated();
    return true;
  }
  const oui = p.u24(at + SNAP.oui);
  const type = p.u16(at + SNAP.type);
  const left = length - SNAP.size;
  if (p.options.linkHeader) {
    printOui(p, oui);
    printSnapType(p, oui === 0 ? ', ethertype ' : ', pid ', oui, type, left);
  }
  if (printSnapPayload(p, oui, type, at + SNAP.size, left)) return true;
  if (!p.options.linkHeader) printUnknownSnap(p, oui, type, left, addressesAt);
  return false;
}

function printOui(p: Printer, oui: number): void {
  p.text('oui ');
  p.text(OUI_NAMES[oui] ?? 'Unknown');
  p.text(' (0x');
  p.hex(oui, 6);
  p.text(')');
}

function printSnapType(p: Printer, title: string, oui: number, type: number, length: number): void {
  p.text(title);
  p.text(TYPE_NAMES[oui]?.[type] ?? 'Unknown');
  p.text(' (0x');
  p.hex(type, 4);
  p.text('), length ');
  p.decimal(length);
  p.text(': ');
}

function printUnknownSnap(p: Printer, oui: number, type: number, length: number, addressesAt: number): void {
  if (addressesAt !== NO_ADDRESSES) {
    p.mac(addressesAt + ETHERNET.source);
    p.text(' > ');
    p.mac(addressesAt + ETHERNET.destination);
    p.text(' ');
  }
  p.text('SNAP, ');
  if (oui !== 0) printOui(p, oui);
  printSnapType(p, oui === 0 ? 'ethertype ' : ', pid ', oui, type, length);
}

function printSnapPayload(p: Printer, oui: number, type: number, at: number, length: number): boolean {
  switch (oui) {
    case ORGANISATION.ETHERNET:
    case ORGANISATION.CISCO_BRIDGED:
      return p.etherType(type, at, length);
    case ORGANISATION.CISCO:
      if (type !== CISCO_TYPE.PVST && type !== CISCO_TYPE.VLAN_BRIDGE) return false;
      stp.print!(p, at, length);
      return true;
    case ORGANISATION.BRIDGED:
      return printBridged(p, type, at, length);
    default:
      return false;
  }
}

function printBridged(p: Printer, type: number, at: number, length: number): boolean {
  if (type === BRIDGED_TYPE.BPDU) stp.print!(p, at, length);
  else if (type !== BRIDGED_TYPE.ETHERNET && type !== BRIDGED_TYPE.ETHERNET_FCS) return false;
  else if (!p.has(at, BRIDGE_PADDING)) p.truncated();
  else if (p.descend()) printEthernet(p, at + BRIDGE_PADDING, length - BRIDGE_PADDING);
  return true;
}
