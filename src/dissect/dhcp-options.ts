// DHCP options as tcpdump 4.99.3 prints them (print-bootp.c): one line each, the value by the format of its row.
import { DHCP_OPTION } from '../wire/index.ts';
import { dumpHex } from './dump.ts';
import type { Printer } from './printer.ts';

/** How values are written; each but 'text' and 'bytes' repeats as long as the option is. */
type Format =
  | 'none'
  /** IPv4 addresses, and pairs of them. */
  | 'address'
  | 'pair'
  /** 32-bit and 16-bit numbers. */
  | 'unsigned'
  | 'signed'
  | 'short'
  /** Bytes in decimal. */
  | 'bytes'
  | 'text'
  /** Y, N or a number. */
  | 'boolean'
  /** By a function of its own. */
  | 'special';

type Row = readonly [name: string, format: Format];

const OPTIONS: Readonly<Record<number, Row>> = {
  0: ['PAD', 'none'],
  1: ['Subnet-Mask', 'address'],
  2: ['Time-Zone', 'signed'],
  3: ['Default-Gateway', 'address'],
  4: ['Time-Server', 'address'],
  5: ['IEN-Name-Server', 'address'],
  6: ['Domain-Name-Server', 'address'],
  7: ['LOG', 'address'],
  8: ['CS', 'address'],
  9: ['LPR-Server', 'address'],
  10: ['IM', 'address'],
  11: ['RL', 'address'],
  12: ['Hostname', 'text'],
  13: ['BS', 'short'],
  14: ['DP', 'text'],
  15: ['Domain-Name', 'text'],
  16: ['SS', 'address'],
  17: ['RP', 'text'],
  18: ['EP', 'text'],
  19: ['IPF', 'boolean'],
  20: ['SRT', 'boolean'],
  21: ['PF', 'pair'],
  22: ['RSZ', 'short'],
  23: ['TTL', 'bytes'],
  24: ['MTU-Timeout', 'unsigned'],
  25: ['MTU-Table', 'short'],
  26: ['MTU', 'short'],
  27: ['LSN', 'boolean'],
  28: ['BR', 'address'],
  29: ['MD', 'boolean'],
  30: ['MS', 'boolean'],
  31: ['Router-Discovery', 'boolean'],
  32: ['RSA', 'address'],
  33: ['Static-Route', 'pair'],
  34: ['UT', 'boolean'],
  35: ['AT', 'unsigned'],
  36: ['IE', 'boolean'],
  37: ['TT', 'bytes'],
  38: ['KI', 'unsigned'],
  39: ['KG', 'boolean'],
  40: ['YD', 'text'],
  41: ['YS', 'address'],
  42: ['NTP', 'address'],
  43: ['Vendor-Option', 'bytes'],
  44: ['Netbios-Name-Server', 'address'],
  45: ['WDD', 'address'],
  46: ['Netbios-Node', 'special'],
  47: ['Netbios-Scope', 'text'],
  48: ['XFS', 'address'],
  49: ['XDM', 'address'],
  50: ['Requested-IP', 'address'],
  51: ['Lease-Time', 'unsigned'],
  52: ['OO', 'special'],
  53: ['DHCP-Message', 'none'],
  54: ['Server-ID', 'address'],
  55: ['Parameter-Request', 'bytes'],
  56: ['MSG', 'text'],
  57: ['MSZ', 'short'],
  58: ['RN', 'unsigned'],
  59: ['RB', 'unsigned'],
  60: ['Vendor-Class', 'text'],
  61: ['Client-ID', 'special'],
  64: ['N+D', 'short'],
  65: ['N+S', 'address'],
  66: ['TFTP', 'text'],
  67: ['BF', 'text'],
  68: ['MH', 'address'],
  69: ['SMTP', 'address'],
  70: ['POP3', 'address'],
  71: ['NNTP', 'address'],
  72: ['WWW', 'address'],
  73: ['FG', 'address'],
  74: ['IRC', 'address'],
  75: ['STS', 'address'],
  76: ['STDA', 'address'],
  77: ['User-Class', 'special'],
  78: ['SLP-DA', 'bytes'],
  79: ['SLP-SCOPE', 'bytes'],
  80: ['SLP-NA', 'text'],
  81: ['FQDN', 'special'],
  82: ['Agent-Information', 'special'],
  83: ['ARMT', 'bytes'],
  88: ['TZSTR', 'text'],
  89: ['FQDNS', 'bytes'],
  90: ['AUTH', 'bytes'],
  91: ['Last-Transaction-Time', 'signed'],
  92: ['Associated-IP', 'address'],
  93: ['ARCH', 'short'],
  94: ['NDI', 'bytes'],
  95: ['LDAP', 'text'],
  97: ['GUID', 'bytes'],
  98: ['UAP', 'text'],
  100: ['POSIX-TZ', 'text'],
  101: ['TZ-Name', 'text'],
  112: ['NI', 'address'],
  113: ['NITAG', 'text'],
  114: ['URL', 'text'],
  116: ['NOAUTO', 'boolean'],
  117: ['NSSEARCH', 'short'],
  118: ['SUBNET', 'address'],
  121: ['Classless-Static-Route', 'special'],
  150: ['TFTP-Server-Address', 'address'],
  161: ['MUD-URL', 'text'],
  249: ['Classless-Static-Route-Microsoft', 'special'],
  255: ['END', 'none'],
};

const MESSAGE_TYPES: Readonly<Record<number, string>> = {
  1: 'Discover',
  2: 'Offer',
  3: 'Request',
  4: 'Decline',
  5: 'ACK',
  6: 'NACK',
  7: 'Release',
  8: 'Inform',
  10: 'LeaseQuery',
  11: 'LeaseUnassigned',
  12: 'LeaseUnknown',
  13: 'LeaseActive',
};

const ANSWERS: Readonly<Record<number, string>> = { 0: 'N', 1: 'Y' };
const OVERLOADS: Readonly<Record<number, string>> = { 1: 'file', 2: 'sname', 3: 'file+sname' };
const NODE_TYPES: Readonly<Record<number, string>> = { 1: 'b-node', 2: 'p-node', 4: 'm-node', 8: 'h-node' };

/** Of ARP, in a client identifier. */
const HARDWARE_TYPES: Readonly<Record<number, string>> = {
  1: 'ether',
  6: 'ieee802',
  7: 'arcnet',
  15: 'frelay',
  23: 'strip',
  24: 'ieee1394',
};

const AGENT_SUBOPTIONS: Readonly<Record<number, string>> = { 1: 'Circuit-ID', 2: 'Remote-ID', 6: 'Subscriber-ID' };

/** Flags of the client's name (RFC 4702), each with its letter. */
const NAME_FLAGS = [
  [0x01, 'S'],
  [0x02, 'O'],
  [0x04, 'E'],
  [0x08, 'N'],
] as const;

/** Prints the cookie at `at` and the options behind it. */
export function printOptions(p: Printer, at: number): void {
  p.text('\n\t  Vendor-rfc1048 Extensions');
  p.format('\n\t    Magic Cookie 0x%08x', p.u32(at));
  let next = at + 4;
  while (next >= 0 && p.has(next, 1)) next = printOption(p, next);
}

/** The place behind the option, or -1 when none follows. */
function printOption(p: Printer, at: number): number {
  const code = p.u8(at);
  if (p.verbosity < 3 && code === DHCP_OPTION.PAD) return at + 1;
  if (p.verbosity < 3 && code === DHCP_OPTION.END) return -1;
  const bare = code === DHCP_OPTION.PAD || code === DHCP_OPTION.END;
  const length = bare ? 0 : p.u8(at + 1);
  const value = bare ? at + 1 : at + 2;
  p.text(`\n\t    ${OPTIONS[code]?.[0] ?? 'Unknown'} (${code}), length ${length}${length > 0 ? ': ' : ''}`);
  if (code === DHCP_OPTION.PAD) return printMorePadding(p, value);
  if (!p.has(value, length)) {
    p.truncated();
    return -1;
  }
  if (code === DHCP_OPTION.MESSAGE_TYPE && length === 1) p.name(MESSAGE_TYPES, p.u8(value), 'Unknown (%u)');
  else if (code === DHCP_OPTION.PARAMETER_LIST) printParameterList(p, value, length);
  else printValue(p, code, value, length);
  return value + length;
}

function printMorePadding(p: Printer, at: number): number {
  let next = at;
  while (next < p.end && p.bytes[next] === DHCP_OPTION.PAD) next++;
  if (next > at) p.format(', occurs %u', 1 + next - at);
  return next;
}

/** Four names a line. */
function printParameterList(p: Printer, at: number, length: number): void {
  for (let i = 0; i < length; i++) {
    const code = p.u8(at + i);
    p.text(`${i % 4 === 0 ? '\n\t      ' : ', '}${OPTIONS[code]?.[0] ?? 'Unknown'} (${code})`);
  }
}

function printValue(p: Printer, code: number, at: number, length: number): void {
  const format = OPTIONS[code]?.[1] ?? formatByLength(length);
  let left: number;
  if (format === 'special') left = SPECIALS[code]!(p, at, length);
  else if (format === 'text') left = printQuoted(p, at, length);
  else left = printList(p, format, at, length);
  if (left > 0) p.format('\n\t  trailing data length %u', left);
}

/** A guess at what an unknown option holds. */
function formatByLength(length: number): Format {
  if (length & 1) return 'bytes';
  return length & 2 ? 'short' : 'unsigned';
}

function printQuoted(p: Printer, at: number, length: number): number {
  p.text('"');
  p.string(at, length);
  p.text('"');
  return 0;
}

const SIZES = { address: 4, pair: 8, unsigned: 4, signed: 4, short: 2, bytes: 1, boolean: 1, none: 1 } as const;

/** Values parted by commas (bytes by dots); returns how many bytes are left. */
function printList(p: Printer, format: keyof typeof SIZES, at: number, length: number): number {
  const size = SIZES[format];
  const end = at + length;
  let next = at;
  for (; next + size <= end; next += size) {
    if (next > at) p.text(size === 1 && format !== 'boolean' ? '.' : ',');
    printItem(p, format, next);
  }
  return end - next;
}

function printItem(p: Printer, format: keyof typeof SIZES, at: number): void {
  if (format === 'address') p.ipv4(at);
  else if (format === 'pair') printPair(p, at);
  else if (format === 'unsigned') p.decimal(p.u32(at));
  else if (format === 'signed') p.decimal(p.u32(at) | 0);
  else if (format === 'short') p.decimal(p.u16(at));
  else if (format === 'boolean') p.name(ANSWERS, p.u8(at), '%u?');
  else p.decimal(p.u8(at));
}

function printPair(p: Printer, at: number): void {
  p.text('(');
  p.ipv4(at);
  p.text(':');
  p.ipv4(at + 4);
  p.text(')');
}

/** Functions of their own, by code; each returns how many bytes are left. */
const SPECIALS: Readonly<Record<number, (p: Printer, at: number, length: number) => number>> = {
  [DHCP_OPTION.NETBIOS_NODE_TYPE]: (p, at, length) => printNamed(p, at, length, NODE_TYPES),
  [DHCP_OPTION.OVERLOAD]: (p, at, length) => printNamed(p, at, length, OVERLOADS),
  [DHCP_OPTION.CLIENT_ID]: printClientId,
  [DHCP_OPTION.USER_CLASS]: printUserClasses,
  [DHCP_OPTION.CLIENT_FQDN]: printClientName,
  [DHCP_OPTION.RELAY_AGENT]: printRelayAgent,
  [DHCP_OPTION.CLASSLESS_ROUTES]: printRoutes,
  [DHCP_OPTION.CLASSLESS_ROUTES_MICROSOFT]: printRoutes,
};

function printNamed(p: Printer, at: number, length: number, names: Readonly<Record<number, string>>): number {
  if (length < 1) return tooShort(p, 1);
  p.name(names, p.u8(at), '#%d');
  return length - 1;
}

function tooShort(p: Printer, least: number): number {
  p.format('[ERROR: length < %u bytes]', least);
  return 0;
}

/** A name, or a hardware type and address. */
function printClientId(p: Printer, at: number, length: number): number {
  if (length < 1) return tooShort(p, 1);
  const type = p.u8(at);
  if (type === 0) return printQuoted(p, at + 1, length - 1);
  p.name(HARDWARE_TYPES, type, 'hardware-type %u,');
  p.text(' ');
  p.out.hexBytes(p.bytes, at + 1, length - 1);
  return 0;
}

/** RFC 3004: counted texts, numbered. */
function printUserClasses(p: Printer, at: number, length: number): number {
  if (length < 2) return tooShort(p, 2);
  const end = at + length;
  for (let next = at, number = 1; next < end; number++) {
    const size = p.u8(next++);
    p.format('\n\t      instance#%u: ', number);
    if (size === 0 || next + size > end) {
      p.text(size === 0 ? '[ERROR: suboption length must be non-zero]' : '[ERROR: invalid option]');
      return 0;
    }
    printQuoted(p, next, size);
    p.format(', length %u', size);
    next += size;
  }
  return 0;
}

/** RFC 4702: flags, two response codes, the name. */
function printClientName(p: Printer, at: number, length: number): number {
  if (length < 3) return tooShort(p, 3);
  const flags = p.u8(at);
  if (flags & 0xf0) p.format('[ERROR: MBZ nibble 0x%x != 0] ', flags >> 4);
  if (flags & 0x0f) {
    p.text('[');
    p.bits(NAME_FLAGS, flags & 0x0f, '');
    p.text('] ');
  }
  if (p.u8(at + 1) !== 0 || p.u8(at + 2) !== 0) p.text(`${p.u8(at + 1)}/${p.u8(at + 2)} `);
  return printQuoted(p, at + 3, length - 3);
}

/** RFC 3046: suboptions of the relay agent. */
function printRelayAgent(p: Printer, at: number, length: number): number {
  const end = at + length;
  let next = at;
  while (next + 2 <= end) {
    const code = p.u8(next);
    const size = p.u8(next + 1);
    next += 2;
    p.text(`\n\t      ${AGENT_SUBOPTIONS[code] ?? 'Unknown'} SubOption ${code}, length ${size}: `);
    if (next + size > end) {
      p.text('length goes past end of option');
      return 0;
    }
    if (code in AGENT_SUBOPTIONS) p.string(next, size);
    else dumpHex(p.out, p.bytes, next, size, '\n\t\t');
    next += size;
  }
  return end - next;
}

/** RFC 3442: width of the mask, as many bytes of network as that needs, router. */
function printRoutes(p: Printer, at: number, length: number): number {
  if (length < 5) return tooShort(p, 5);
  const end = at + length;
  for (let next = at; next < end; ) {
    if (next > at) p.text(',');
    const width = p.u8(next++);
    const octets = (width + 7) >> 3;
    if (width > 32) p.format('[ERROR: Mask width (%u) > 32]', width);
    else if (next + octets + 4 > end) p.text(`[ERROR: Remaining length (${end - next}) < ${octets + 4} bytes]`);
    if (width > 32 || next + octets + 4 > end) return 0;
    printRoute(p, width, octets, next);
    next += octets + 4;
  }
  return 0;
}

function printRoute(p: Printer, width: number, octets: number, at: number): void {
  p.text('(');
  if (width === 0) p.text('default');
  else {
    for (let i = 0; i < 4; i++) {
      if (i > 0) p.text('.');
      p.decimal(i < octets ? p.u8(at + i) : 0);
    }
    p.format('/%u', width);
  }
  p.text(':');
  p.ipv4(at + octets);
  p.text(')');
}
