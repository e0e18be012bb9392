// LLDP: tcpdump's print-lldp.c, Wireshark's packet-lldp.c; IEEE Std 802.1AB-2016 section 8.
import { LLDP_CHASSIS, LLDP_FAMILY, LLDP_ORGANIZATION, LLDP_PORT, LLDP_TLV, LLDP_TYPE } from '../wire/index.ts';
import { ADDRESS_FAMILY_NAMES } from './address-families.ts';
import { printDcbx } from './lldp-dcbx.ts';
import { printIeee8021, printIeee8023 } from './lldp-ieee.ts';
import { CAPABILITIES, CHASSIS_NAMES, INTERFACE_NUMBERING_NAMES, PORT_NAMES, TLV_NAMES } from './lldp-names.ts';
import { printIana, printTia } from './lldp-tia.ts';
import { dissectLldp } from './lldp-tree.ts';
import { OUI_NAMES } from './oui.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

export const lldp: Protocol = { name: 'lldp', print, dissect: dissectLldp };

/** What came of a value: it was printed, it is unknown (so it is dumped), or it is shorter than it must be. */
export type Outcome = 'shown' | 'unknown' | 'short';

/** Prints a value of `length` bytes, all captured. */
type ValuePrinter = (p: Printer, at: number, length: number) => Outcome;

const PRINTERS: Readonly<Record<number, ValuePrinter>> = {
  [LLDP_TYPE.CHASSIS_ID]: (p, at, length) => printIdentifier(p, at, length, CHASSIS_NAMES, CHASSIS_KINDS),
  [LLDP_TYPE.PORT_ID]: (p, at, length) => printIdentifier(p, at, length, PORT_NAMES, PORT_KINDS),
  [LLDP_TYPE.TIME_TO_LIVE]: printTimeToLive,
  [LLDP_TYPE.PORT_DESCRIPTION]: (p, at, length) => printText(p, at, length, ': '),
  [LLDP_TYPE.SYSTEM_NAME]: (p, at, length) => printText(p, at, length, ': '),
  [LLDP_TYPE.SYSTEM_DESCRIPTION]: (p, at, length) => printText(p, at, length, '\n\t  '),
  [LLDP_TYPE.SYSTEM_CAPABILITIES]: printCapabilities,
  [LLDP_TYPE.MANAGEMENT_ADDRESS]: printManagementAddress,
  [LLDP_TYPE.ORGANIZATION]: printOrganization,
};

const ORGANIZATION_PRINTERS: Readonly<Record<number, ValuePrinter>> = {
  [LLDP_ORGANIZATION.IEEE_802_1]: printIeee8021,
  [LLDP_ORGANIZATION.IEEE_802_3]: printIeee8023,
  [LLDP_ORGANIZATION.IANA]: printIana,
  [LLDP_ORGANIZATION.TIA]: printTia,
  [LLDP_ORGANIZATION.DCBX]: printDcbx,
};

/** Kinds of identifiers that are an address; all other named ones are text. */
interface AddressKinds {
  mac: number;
  network: number;
}

const CHASSIS_KINDS: AddressKinds = { mac: LLDP_CHASSIS.MAC, network: LLDP_CHASSIS.NETWORK };
const PORT_KINDS: AddressKinds = { mac: LLDP_PORT.MAC, network: LLDP_PORT.NETWORK };

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'lldp';
  p.text(`LLDP, length ${length}`);
  if (!printTlvs(p, at, at + length)) p.truncated();
}

/** False when one is cut off, or too short for what it is. */
function printTlvs(p: Printer, from: number, end: number): boolean {
  let next = from;
  while (end - next >= LLDP_TLV.size) {
    if (!p.has(next, LLDP_TLV.size)) return false;
    const word = p.u16(next);
    const type = word >> 9;
    const size = word & LLDP_TLV.LENGTH;
    next += LLDP_TLV.size;
    if (p.verbosity > 0) p.text(`\n\t${TLV_NAMES[type] ?? 'Unknown'} TLV (${type}), length ${size}`);
    if (type === LLDP_TYPE.END || size === 0) return true;
    if (!p.has(next, size) || end - next < size || !printValue(p, type, next, size)) return false;
    next += size;
  }
  return true;
}

/** False when the value is too short. The system's name is the only one that is printed without -v. */
function printValue(p: Printer, type: number, at: number, length: number): boolean {
  if (p.verbosity === 0 && type !== LLDP_TYPE.SYSTEM_NAME) return true;
  const outcome = PRINTERS[type]?.(p, at, length) ?? 'unknown';
  if (outcome === 'short') return false;
  if (p.verbosity > 1 || (p.verbosity > 0 && outcome === 'unknown')) p.hexLines(at, length, '\n\t  ');
  return true;
}

function printIdentifier(
  p: Printer,
  at: number,
  length: number,
  names: Readonly<Record<number, string>>,
  kinds: AddressKinds,
): Outcome {
  if (length < 2) return 'short';
  const kind = p.u8(at);
  p.text(`\n\t  Subtype ${names[kind] ?? 'Unknown'} (${kind}): `);
  if (kind === kinds.mac) {
    if (length < 7) return 'short';
    p.mac(at + 1);
  } else if (kind === kinds.network) {
    if (!isNetworkAddress(p, at + 1, length - 1)) return 'short';
    printNetworkAddress(p, at + 1);
  } else if (names[kind] === undefined) return 'unknown';
  else p.paddedString(at + 1, length - 1);
  return 'shown';
}

const FAMILY_SIZE: Readonly<Record<number, number>> = {
  [LLDP_FAMILY.IPV4]: 4,
  [LLDP_FAMILY.IPV6]: 16,
  [LLDP_FAMILY.IEEE802]: 6,
};

/** True when the family's byte and all that its addresses need are there. */
function isNetworkAddress(p: Printer, at: number, length: number): boolean {
  return length >= 1 && length - 1 >= (FAMILY_SIZE[p.u8(at)] ?? 0);
}

function printNetworkAddress(p: Printer, at: number): void {
  const family = p.u8(at);
  p.text(`AFI ${ADDRESS_FAMILY_NAMES[family] ?? 'Unknown'} (${family})`);
  if (FAMILY_SIZE[family] === undefined) {
    p.text(', no AF printer !');
    return;
  }
  p.text(': ');
  if (family === LLDP_FAMILY.IPV4) p.ipv4(at + 1);
  else if (family === LLDP_FAMILY.IPV6) p.ipv6(at + 1);
  else p.mac(at + 1);
}

function printTimeToLive(p: Printer, at: number, length: number): Outcome {
  if (length < 2) return 'short';
  p.text(`: TTL ${p.u16(at)}s`);
  return 'shown';
}

function printText(p: Printer, at: number, length: number, before: string): Outcome {
  p.text(before);
  p.paddedString(at, length);
  return 'shown';
}

function printCapabilities(p: Printer, at: number, length: number): Outcome {
  if (length < 4) return 'short';
  printFlags(p, '\n\t  System  Capabilities', p.u16(at));
  printFlags(p, '\n\t  Enabled Capabilities', p.u16(at + 2));
  return 'shown';
}

function printFlags(p: Printer, title: string, value: number): void {
  p.text(`${title} [`);
  p.bits(CAPABILITIES, value);
  p.format('] (0x%04x)', value);
}

/** Kind and number of an interface. */
const INTERFACE_NUMBER = 5;

function printManagementAddress(p: Printer, at: number, length: number): Outcome {
  const size = p.u8(at);
  const address = at + 1;
  if (length - 1 < size || !isNetworkAddress(p, address, size)) return 'short';
  p.text(`\n\t  Management Address length ${size}, `);
  printNetworkAddress(p, address);
  const interfaceAt = address + size;
  const objectAt = interfaceAt + INTERFACE_NUMBER;
  const end = at + length;
  if (objectAt > end) return 'short';
  const kind = p.u8(interfaceAt);
  p.text(
    `\n\t  ${INTERFACE_NUMBERING_NAMES[kind] ?? 'Unknown'} Interface Numbering (${kind}): ${p.u32(interfaceAt + 1)}`,
  );
  if (objectAt === end) return 'shown';
  const objectSize = p.u8(objectAt);
  if (end - objectAt < 1 + objectSize) return 'short';
  if (objectSize > 0) {
    p.text(`\n\t  OID length ${objectSize}`);
    p.paddedString(objectAt + 1, objectSize);
  }
  return 'shown';
}

function printOrganization(p: Printer, at: number, length: number): Outcome {
  if (length < 3) return 'short';
  const oui = p.u24(at);
  p.text(`: OUI ${OUI_NAMES[oui] ?? 'Unknown'}`);
  p.text(` (0x${oui.toString(16).padStart(6, '0')})`);
  return ORGANIZATION_PRINTERS[oui]?.(p, at, length) ?? 'unknown';
}
