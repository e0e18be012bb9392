// LLDP TLVs of IANA (RFC 8520) and of TIA, which are LLDP-MED (ANSI/TIA-1057), as tcpdump's print-lldp.c prints them.
// Every value is captured whole; what is too short for its kind is passed over in silence.
import { LLDP_ORGANIZATION_TLV } from '../wire/index.ts';
import type { Outcome } from './lldp.ts';
import {
  ALTITUDE_NAMES,
  APPLICATION_NAMES,
  CIVIC_NAMES,
  DATUM_NAMES,
  DEVICE_NAMES,
  IANA_NAMES,
  INVENTORY_NAMES,
  LOCATION_FORMAT_NAMES,
  LOCATION_OF_NAMES,
  MED_CAPABILITIES,
  POLICY_FLAGS,
  POWER_PRIORITY_NAMES,
  POWER_SOURCE_NAMES,
  TIA_NAMES,
} from './lldp-names.ts';
import type { Printer } from './printer.ts';

const { size: HEADER, subtype: SUBTYPE } = LLDP_ORGANIZATION_TLV;

/** Shortest TLV of IANA that is looked at. */
const IANA_MINIMUM = 8;

/** The URL of a usage description. */
const MUD_URL = 1;

const TIA = { CAPABILITIES: 1, POLICY: 2, LOCATION: 3, POWER: 4 } as const;
const LOCATION = { COORDINATES: 1, CIVIC: 2, ELIN: 3 } as const;

/** Tenths of watts from here on are reserved. */
const MAX_POWER = 1024;

export function printIana(p: Printer, at: number, length: number): Outcome {
  if (length < IANA_MINIMUM) return 'shown';
  const subtype = p.u8(at + SUBTYPE);
  p.text(`\n\t  ${IANA_NAMES[subtype] ?? 'unknown'} Subtype (${subtype})`);
  if (subtype !== MUD_URL) return 'unknown';
  p.text('\n\t  MUD-URL=');
  p.string(at + HEADER, length - HEADER);
  return 'shown';
}

export function printTia(p: Printer, at: number, length: number): Outcome {
  if (length < HEADER) return 'shown';
  const subtype = p.u8(at + SUBTYPE);
  p.text(`\n\t  ${TIA_NAMES[subtype] ?? 'unknown'} Subtype (${subtype})`);
  const next = at + HEADER;
  const left = length - HEADER;
  if (subtype === TIA.CAPABILITIES) printCapabilities(p, next, left);
  else if (subtype === TIA.POLICY) printPolicy(p, next, left);
  else if (subtype === TIA.LOCATION) printLocation(p, next, left);
  else if (subtype === TIA.POWER) printPower(p, next, left);
  else if (INVENTORY_NAMES[subtype] === undefined) return 'unknown';
  else {
    p.text(`\n\t  ${INVENTORY_NAMES[subtype]} `);
    p.paddedString(next, left);
  }
  return 'shown';
}

function printCapabilities(p: Printer, at: number, length: number): void {
  if (length < 3) return;
  const capabilities = p.u16(at);
  p.text('\n\t    Media capabilities [');
  p.bits(MED_CAPABILITIES, capabilities);
  p.format('] (0x%04x)', capabilities);
  const device = p.u8(at + 2);
  p.text(`\n\t    Device type [${DEVICE_NAMES[device] ?? 'unknown'}]`);
  p.format(' (0x%02x)', device);
}

/** Application (8 bits), flags (3), VLAN (12), priority (3), DSCP (6). */
function printPolicy(p: Printer, at: number, length: number): void {
  if (length < 4) return;
  const application = p.u8(at);
  p.text(`\n\t    Application type [${APPLICATION_NAMES[application] ?? 'none'}]`);
  p.format(' (0x%02x)', application);
  p.text(', Flags [');
  p.bits(POLICY_FLAGS, p.u8(at + 1));
  p.text(`]\n\t    Vlan id ${(p.u16(at + 1) & 0x1ffe) >> 1}`);
  p.text(`, L2 priority ${(p.u16(at + 2) & 0x01ff) >> 6}, DSCP value ${p.u16(at + 2) & 0x3f}`);
}

function printLocation(p: Printer, at: number, length: number): void {
  if (length < 1) return;
  const format = p.u8(at);
  p.text(`\n\t    Location data format ${LOCATION_FORMAT_NAMES[format] ?? 'unknown'}`);
  p.format(' (0x%02x)', format);
  if (format === LOCATION.COORDINATES) printCoordinates(p, at + 1, length - 1);
  else if (format === LOCATION.CIVIC) printCivicAddress(p, at + 1, length - 1);
  else if (format === LOCATION.ELIN) {
    p.text('\n\t    ECS ELIN id ');
    p.paddedString(at + 1, length - 1);
  } else {
    p.text('\n\t    Location ID ');
    p.hexLines(at + 1, length - 1, '\n\t      ');
  }
}

/** Latitude, longitude (6 bits of resolution, 34 of value), altitude (4, 6 and 30), datum (RFC 3825). */
function printCoordinates(p: Printer, at: number, length: number): void {
  if (length < 16) return;
  const degrees = (from: number) => (p.u8(from) & 3) * 0x1_0000_0000 + p.u32(from + 1);
  p.text(`\n\t    Latitude resolution ${p.u8(at) >> 2}, latitude value ${degrees(at)}`);
  p.text(`\n\t    Longitude resolution ${p.u8(at + 5) >> 2}, longitude value ${degrees(at + 5)}`);
  const altitude = p.u8(at + 10) >> 4;
  p.text(`\n\t    Altitude type ${ALTITUDE_NAMES[altitude] ?? 'unknown'} (${altitude})`);
  p.text(`\n\t    Altitude resolution ${(p.u16(at + 10) >> 6) & 0x3f}`);
  p.format(', altitude value 0x%x', p.u32(at + 11) & 0x3fffffff);
  const datum = p.u8(at + 15);
  p.text(`\n\t    Datum ${DATUM_NAMES[datum] ?? 'unknown'}`);
  p.format(' (0x%02x)', datum);
}

/** Length, whose place it is, country, then elements of type, length and text (RFC 4776). */
function printCivicAddress(p: Printer, at: number, length: number): void {
  if (length < 1) return;
  const size = p.u8(at);
  if (size < 3 || length < 2 + size) return;
  const of = p.u8(at + 1);
  p.text(`\n\t    LCI length ${size}, LCI what ${LOCATION_OF_NAMES[of] ?? 'unknown'}`);
  p.format(' (0x%02x), Country-code ', of);
  p.paddedString(at + 2, 2);
  const end = at + 1 + size;
  let next = at + 4;
  while (end - next >= 2) {
    const type = p.u8(next);
    const count = p.u8(next + 1);
    next += 2;
    p.text(`\n\t      CA type '${CIVIC_NAMES[type] ?? 'unknown'}' (${type}), length ${count}: `);
    if (type === 0 || count === 0 || end - next < count) return;
    p.paddedString(next, count);
    next += count;
  }
}

function printPower(p: Printer, at: number, length: number): void {
  if (length < 3) return;
  const bits = p.u8(at);
  // The type stands in the two high bits; tcpdump tests the two low ones.
  p.text(`\n\t    Power type [${bits & 3 ? 'PD device' : 'PSE device'}]`);
  p.text(`, Power source [${POWER_SOURCE_NAMES[(bits & 0x30) >> 4] ?? 'none'}]`);
  p.text(`\n\t    Power priority [${POWER_PRIORITY_NAMES[bits & 0x0f] ?? 'none'}]`);
  p.format(' (0x%02x)', bits & 0x0f);
  const power = p.u16(at + 1);
  if (power < MAX_POWER) p.text(`, Power ${(power / 10).toFixed(1)} Watts`);
  else p.text(`, Power ${power} (Reserved)`);
}
