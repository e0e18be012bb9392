// The values of RADIUS attributes as tcpdump prints them (print-radius.c).
import { formatIpv6, readU64 } from '../bytes/index.ts';
import { RADIUS_ATTRIBUTE, RADIUS_VENDOR } from '../wire/index.ts';
import { dumpHexAscii } from './dump.ts';
import { printEap } from './eap.ts';
import { ENTERPRISE_NAMES } from './enterprise-names.ts';
import { printTimestamp } from './ntp.ts';
import type { Printer } from './printer.ts';
import type { RadiusAttribute, RadiusPrint } from './radius-attributes.ts';

export function printValue(p: Printer, attribute: RadiusAttribute, at: number, length: number): void {
  PRINTERS[attribute.print](p, at, length, attribute);
}

type ValuePrinter = (p: Printer, at: number, length: number, attribute: RadiusAttribute) => void;

/** A printer of values that must have been captured whole. */
const captured =
  (print: ValuePrinter): ValuePrinter =>
  (p, at, length, attribute) => {
    if (p.has(at, length)) print(p, at, length, attribute);
    else p.truncated();
  };

/** A printer of values of one length only. */
const exactly =
  (wanted: number, print: ValuePrinter): ValuePrinter =>
  (p, at, length, attribute) => {
    if (length === wanted) print(p, at, length, attribute);
    else p.text(`ERROR: length ${length} != ${wanted}`);
  };

const atLeast =
  (wanted: number, print: ValuePrinter): ValuePrinter =>
  (p, at, length, attribute) => {
    if (length >= wanted) print(p, at, length, attribute);
    else p.text(`ERROR: length ${length} < ${wanted}`);
  };

const PRINTERS: Readonly<Record<RadiusPrint, ValuePrinter>> = {
  hidden: () => {},
  text: captured(printText),
  taggedText: captured(printTaggedText),
  tunnelPassword: captured(printTunnelPassword),
  vlanName: captured((p, at, length) => {
    printVlanTag(p, at);
    printText(p, at + 1, length - 1);
  }),
  eap: captured(printEap),
  number: exactly(4, (p, at) => p.decimal(p.u32(at))),
  name: exactly(4, (p, at, _length, { values }) => printName(p, p.u32(at), values)),
  taggedName: exactly(4, (p, at, _length, { values }) => {
    printTag(p, p.u8(at));
    printName(p, p.u24(at + 1), values);
  }),
  taggedNumber: exactly(4, (p, at) => {
    printTag(p, p.u8(at));
    p.decimal(p.u24(at + 1));
  }),
  duration: exactly(4, (p, at) => printDuration(p, p.u32(at))),
  ipxNetwork: exactly(4, (p, at) => printUnless(p, p.u32(at), 0xfffffffe, 'NAS Select')),
  appleTalkLink: exactly(4, (p, at) => printUnless(p, p.u32(at), 0, 'Unnumbered')),
  appleTalkNetwork: exactly(4, (p, at) => printUnless(p, p.u32(at), 0, 'NAS assigned')),
  vlanId: exactly(4, (p, at) => {
    printVlanTag(p, at);
    p.decimal(p.u24(at + 1));
  }),
  ipv4: exactly(4, (p, at) => p.ipv4(at)),
  userAddress: exactly(4, printUserAddress),
  ipv6: exactly(16, (p, at) => p.ipv6(at)),
  ipv6Prefix: printPrefix,
  homeLinkPrefix: exactly(17, captured(printHomeLinkPrefix)),
  operatorName: captured(atLeast(2, printOperatorName)),
  location: captured(atLeast(21, printLocation)),
  locationData: captured(atLeast(3, printLocationData)),
  locationPolicy: captured(atLeast(10, printLocationPolicy)),
  time: exactly(4, (p, at) => printTime(p, p.u32(at))),
  mobilityFeatures: exactly(8, printMobilityFeatures),
  arapPassword: exactly(16, printArapPassword),
  arapFeatures: exactly(14, printArapFeatures),
  arapResponse: (p, at, length) => {
    if (length >= 8) printHex(p, at, 8);
    else p.text(`ERROR: length ${length} != 8`);
  },
  errorCause: printErrorCause,
  vendor: printVendor,
};

/** Up to a zero byte, with dots for what cannot be printed. */
function printText(p: Printer, at: number, length: number): void {
  for (let i = 0; i < length; i++) {
    const c = p.u8(at + i);
    if (c === 0) return;
    p.out.byte(printable(c));
  }
}

function printable(c: number): number {
  return c >= 0x20 && c < 0x7f ? c : 0x2e;
}

/** Tags are 1 to 31; another first byte belongs to the text (RFC 2868 section 3.3). */
const MAX_TAG = 0x1f;

function printTag(p: Printer, tag: number): void {
  if (tag === 0) p.text('Tag[Unused] ');
  else p.format('Tag[%u] ', tag);
}

function printTaggedText(p: Printer, at: number, length: number): void {
  const tag = p.u8(at);
  if (tag > MAX_TAG) printText(p, at, length);
  else {
    printTag(p, tag);
    printText(p, at + 1, length - 1);
  }
}

function printTunnelPassword(p: Printer, at: number, length: number): void {
  if (length < 3) {
    p.truncated();
    return;
  }
  const tag = p.u8(at);
  printTag(p, tag > MAX_TAG ? 0 : tag);
  p.format('Salt %u ', p.u16(at + 1));
  printText(p, at + 3, length - 3);
}

/** RFC 4675 section 2.1: the digit one or two. */
const VLAN_TAGS: Readonly<Record<number, string>> = { 49: 'Tagged', 50: 'Untagged' };

function printVlanTag(p: Printer, at: number): void {
  const tag = p.u8(at);
  p.name(VLAN_TAGS, tag, 'Unknown tag');
  p.format(' (0x%02x) ', tag);
}

function printName(p: Printer, value: number, values: RadiusAttribute['values']): void {
  const name = values[value];
  if (name === undefined) p.format('#%u', value);
  else p.text(name);
}

function printUnless(p: Printer, value: number, special: number, name: string): void {
  if (value === special) p.text(name);
  else p.decimal(value);
}

function printDuration(p: Printer, seconds: number): void {
  const { out } = p;
  if (seconds >= 3600) {
    out.decimalPadded(Math.floor(seconds / 3600), 2);
    out.text(':');
  }
  if (seconds >= 60) {
    out.decimalPadded(Math.floor((seconds % 3600) / 60), 2);
    out.text(':');
  }
  out.decimalPadded(seconds % 60, 2);
  out.text(seconds >= 3600 ? ' hours' : seconds >= 60 ? ' min' : ' secs');
}

const USER_SELECTED = 0xffffffff;
const NAS_SELECTS = 0xfffffffe;

function printUserAddress(p: Printer, at: number): void {
  const address = p.u32(at);
  if (address === USER_SELECTED) p.text('User Selected');
  else if (address === NAS_SELECTS) p.text('NAS Select');
  else p.ipv4(at);
}

/** A reserved byte, the prefix's length, and as many bytes of it as are needed (RFC 3162 section 2.3). */
function printPrefix(p: Printer, at: number, length: number): void {
  if (length < 2 || length > 18) {
    p.text(`ERROR: length ${length} not in range (2..18)`);
    return;
  }
  if (!p.has(at, length)) {
    p.truncated();
    return;
  }
  const bits = p.u8(at + 1);
  if (bits > 128) {
    p.text(`ERROR: netmask ${bits} not in range (0..128)`);
    return;
  }
  const address = new Uint8Array(16);
  address.set(p.bytes.subarray(at + 2, at + length));
  p.text(`${formatIpv6(address, 0)}/${bits}`);
  if (bits > 8 * (length - 2)) p.text(' (inconsistent prefix length)');
}

/** The prefix's length, then sixteen bytes (RFC 5447 section 4.2.2). */
function printHomeLinkPrefix(p: Printer, at: number): void {
  const bits = p.u8(at);
  if (bits > 128) {
    p.text(`ERROR: netmask ${bits} not in range (0..128)`);
    return;
  }
  p.ipv6(at + 1);
  p.format('/%u', bits);
}

/** RFC 5580 section 4.1: digits. */
const OPERATOR_NAMESPACES: Readonly<Record<number, string>> = { 48: 'TADIG', 49: 'REALM', 50: 'E212', 51: 'ICC' };

function printOperatorName(p: Printer, at: number, length: number): void {
  p.text('[');
  p.name(OPERATOR_NAMESPACES, p.u8(at), 'unknown namespace %u');
  p.text('] ');
  p.string(at + 1, length - 1);
}

const LOCATION_CODES = ['Civic', 'Geospatial'] as const;
const LOCATION_ENTITIES = ['User', 'RADIUS'] as const;

/** RFC 5580 section 4.2. */
const LOCATION = { index: 0, code: 2, entity: 3, sightingTime: 4, timeToLive: 12, method: 20 } as const;

function printLocation(p: Printer, at: number, length: number): void {
  p.format('index %u, code ', p.u16(at + LOCATION.index));
  p.name(LOCATION_CODES, p.u8(at + LOCATION.code), 'Unknown (%u)');
  p.text(', entity ');
  p.name(LOCATION_ENTITIES, p.u8(at + LOCATION.entity), 'Unknown (%u)');
  p.text(', sighting time ');
  printTimestamp(p, at + LOCATION.sightingTime);
  p.text(', time to live ');
  printTimestamp(p, at + LOCATION.timeToLive);
  p.text(', method "');
  p.string(at + LOCATION.method, length - LOCATION.method);
  p.text('"');
}

/** An index, and what it belongs to in either of two forms (RFC 5580 section 4.3). */
function printLocationData(p: Printer, at: number, length: number): void {
  p.format('index %u, location', p.u16(at));
  dumpHexAscii(p.out, p.bytes, at + 2, length - 2, '\n\t    ');
}

/** RFC 5580 section 4.4. */
const POLICY = { flags: 0, expires: 2, note: 10 } as const;

/** All but the top bit must be zero. */
const POLICY_FLAGS = Array.from(
  { length: 16 },
  (_, bit) => [1 << bit, bit === 15 ? 'Retransmission Allowed' : `MBZ-${15 - bit}`] as const,
);

function printLocationPolicy(p: Printer, at: number, length: number): void {
  p.text('flags [');
  p.bits(POLICY_FLAGS, p.u16(at + POLICY.flags));
  p.text('], retention expires ');
  printTimestamp(p, at + POLICY.expires);
  if (length <= POLICY.note) return;
  p.text(', note well "');
  p.string(at + POLICY.note, length - POLICY.note);
  p.text('"');
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Local time as C's ctime writes it: "Sun Sep  9 01:46:40 2001". */
function printTime(p: Printer, seconds: number): void {
  const date = new Date(1000 * (seconds + p.options.utcOffset(seconds)));
  const day = String(date.getUTCDate()).padStart(2);
  const clock = date.toISOString().slice(11, 19);
  p.text(`${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${day} ${clock} ${date.getUTCFullYear()}`);
}

/** Bits of the MIP6-Feature-Vector (RFC 5447 section 4.2.5, RFC 6572). */
const MOBILITY_FEATURES = [
  [0n, 'MIP6_INTEGRATED'],
  [1n, 'LOCAL_HOME_AGENT_ASSIGNMENT'],
  [40n, 'PMIP6_SUPPORTED'],
  [41n, 'IP4_HOA_SUPPORTED'],
  [42n, 'LOCAL_MAG_ROUTING_SUPPORTED'],
  [43n, 'ASSIGN_LOCAL_IP'],
  [44n, 'MIP4_SUPPORTED'],
  [45n, 'OPTIMIZED_IDLE_MODE_MOBILITY'],
  [46n, 'GTPv2_SUPPORTED'],
  [47n, 'IP4_TRANSPORT_SUPPORTED'],
  [48n, 'IP4_HOA_ONLY_SUPPORTED'],
  [49n, 'INTER_MAG_ROUTING_SUPPORTED'],
] as const;

function printMobilityFeatures(p: Printer, at: number): void {
  p.text('[');
  p.need(at, 8);
  const value = readU64(p.bytes, at);
  p.text(MOBILITY_FEATURES.flatMap(([bit, name]) => ((value >> bit) & 1n ? [name] : [])).join(', '));
  p.text(']');
}

/** Two capital digits a byte. */
function printHex(p: Printer, at: number, count: number): void {
  for (let i = 0; i < count; i++)
    p.text(
      p
        .u8(at + i)
        .toString(16)
        .toUpperCase()
        .padStart(2, '0'),
    );
}

function printArapPassword(p: Printer, at: number): void {
  p.text('User_challenge (');
  printHex(p, at, 8);
  p.text(') User_resp(');
  printHex(p, at + 8, 8);
  p.text(')');
}

function printArapFeatures(p: Printer, at: number): void {
  p.text(p.u8(at) ? 'User can change password' : 'User cannot change password');
  p.format(', Min password length: %u', p.u8(at + 1));
  p.text(', created at: ');
  printHex(p, at + 2, 4);
  p.text(', expires in: ');
  printHex(p, at + 6, 4);
  p.text(', Current Time: ');
  printHex(p, at + 10, 4);
}

const ERROR_CAUSES: Readonly<Record<number, string>> = {
  201: 'Residual Session Context Removed',
  202: 'Invalid EAP Packet (Ignored)',
  401: 'Unsupported Attribute',
  402: 'Missing Attribute',
  403: 'NAS Identification Mismatch',
  404: 'Invalid Request',
  405: 'Unsupported Service',
  406: 'Unsupported Extension',
  407: 'Invalid Attribute Value',
  501: 'Administratively Prohibited',
  502: 'Request Not Routable (Proxy)',
  503: 'Session Context Not Found',
  504: 'Session Context Not Removable',
  505: 'Other Proxy Processing Error',
  506: 'Resources Unavailable',
  507: 'Request Initiated',
  508: 'Multiple Session Selection Unsupported',
  509: 'Location Info Required',
};

function printErrorCause(p: Printer, at: number, length: number): void {
  if (length !== 4) {
    p.text(`Error: length ${length} != 4`);
    return;
  }
  const cause = p.u32(at);
  p.format('Error cause %u: ', cause);
  p.name(ERROR_CAUSES, cause, 'Error-Cause %u not known');
}

/** The vendor's number, then attributes of its own. */
function printVendor(p: Printer, at: number, length: number): void {
  if (length < RADIUS_VENDOR.attributes) {
    p.truncated();
    return;
  }
  const vendor = p.u32(at + RADIUS_VENDOR.id);
  p.text('Vendor: ');
  p.name(ENTERPRISE_NAMES, vendor, 'Unknown');
  p.format(' (%u)', vendor);
  const end = at + length;
  for (let next = at + RADIUS_VENDOR.attributes; end - next >= RADIUS_ATTRIBUTE.size; ) {
    next = printVendorAttribute(p, next, end);
    if (next < 0) return;
  }
}

/** The place behind it, or -1 when no more can follow. */
function printVendorAttribute(p: Printer, at: number, end: number): number {
  const type = p.u8(at + RADIUS_ATTRIBUTE.type);
  const length = p.u8(at + RADIUS_ATTRIBUTE.length);
  const title = `\n\t    Vendor Attribute: ${type}, Length: `;
  if (length < RADIUS_ATTRIBUTE.size) {
    p.text(`${title}${length} (bogus, must be >= 2)`);
    return -1;
  }
  if (length > end - at) {
    p.text(`${title}${length} (bogus, goes past end of vendor-specific attribute)`);
    return -1;
  }
  const value = at + RADIUS_ATTRIBUTE.value;
  const count = length - RADIUS_ATTRIBUTE.size;
  if (!p.has(value, count)) {
    p.truncated();
    return -1;
  }
  p.text(`${title}${count}, Value: `);
  for (let i = 0; i < count; i++) p.out.byte(printable(p.u8(value + i)));
  return value + count;
}
