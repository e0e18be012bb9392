// RIP, versions 1 and 2: RFC 1058, 2453, 4822; tcpdump's print-rip.c, Wireshark's packet-rip.c.
import { formatIpv4 } from '../bytes/index.ts';
import { dumpHex } from './dump.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const rip: Protocol = { name: 'rip', print, dissect };

const HEADER = { command: 0, version: 1, size: 4 } as const;

/** A route; version 1 has zeros instead of tag, mask and next hop. */
const ROUTE = { family: 0, tag: 2, address: 4, mask: 8, nextHop: 12, metric: 16, size: 20 } as const;

/** What stands in a route's place when its family is AUTHENTICATION; the data is behind the type, as a route's address. */
const AUTHENTICATION = 0xffff;
const AUTHENTICATION_TYPE = { TRAILER: 1, PASSWORD: 2, DIGEST: 3 } as const;
const DIGEST = { packetLength: 0, keyId: 2, dataLength: 3, sequence: 4, zeros: 8, size: 16 } as const;
const PASSWORD_LENGTH = 16;

const COMMANDS: Readonly<Record<number, string>> = {
  1: 'Request',
  2: 'Response',
  3: 'Trace on',
  4: 'Trace off',
  5: 'Poll',
  6: 'Poll Entry',
};
const REQUEST = 1;
const RESPONSE = 2;

/** Those that carry nothing to be shown in hex at -v. */
const BARE_COMMANDS: readonly number[] = [4, 5, 6];

/** Address families of the BSDs. */
const FAMILIES: Readonly<Record<number, string>> = {
  2: 'IPv4',
  6: 'NS',
  7: 'ISO',
  16: 'Appletalk',
  23: 'IPX',
  24: 'IPv6',
  28: 'IPv6',
  30: 'IPv6',
};
const INET = 2;

const INDENT = '\n\t  ';

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'rip';
  const available = Math.min(p.end - at, length);
  if (available < HEADER.size) {
    p.truncated();
    return;
  }
  const version = p.u8(at + HEADER.version);
  p.text(p.verbosity > 0 ? '\n\tRIPv' : 'RIPv');
  p.decimal(version);
  if (version === 0) {
    printUnknown(p, at, '\n\t', length);
    return;
  }
  const command = p.u8(at + HEADER.command);
  p.text(', ');
  p.name(COMMANDS, command, 'unknown command (%u)');
  p.format(', length: %u', length);
  if (p.verbosity === 0) return;
  if (command === REQUEST || command === RESPONSE) printRoutes(p, version, at, length, available);
  else if (p.verbosity === 1 && !BARE_COMMANDS.includes(command)) printUnknown(p, at, '\n\t', length);
  if (p.verbosity > 1) printUnknown(p, at, '\n\t', length);
}

function printUnknown(p: Printer, at: number, indent: string, length: number): void {
  dumpHex(p.out, p.bytes, at, Math.min(length, p.end - at), indent);
}

function printRoutes(p: Printer, version: number, at: number, length: number, available: number): void {
  if (version > 2) {
    p.text(', unknown version');
    return;
  }
  p.format(', routes: %u', Math.floor(length / ROUTE.size));
  if (version === 2) p.text(' or less');
  const end = at + available;
  for (let next = at + HEADER.size; next < end; ) {
    const size = version === 1 ? printRoute(p, next, end) : printRoute2(p, next, end);
    if (size === 0) {
      p.truncated();
      return;
    }
    if (next + size > end) {
      p.text(` [remaining entries length ${end - next} < ${size}] (invalid)`);
      return;
    }
    next += size;
  }
}

/** Bytes of the entry, 0 when it is cut off. */
function printRoute(p: Printer, at: number, end: number): number {
  if (at + ROUTE.size > end) return 0;
  const family = p.u16(at + ROUTE.family);
  if (family !== INET && family !== 0) {
    p.text('\n\t AFI ');
    p.name(FAMILIES, family, 'Unknown (%u)');
    p.text(', ');
    printUnknown(p, at + ROUTE.address, INDENT, ROUTE.size - ROUTE.address);
  } else if (p.u16(at + ROUTE.tag) || p.u32(at + ROUTE.mask) || p.u32(at + ROUTE.nextHop)) {
    printUnknown(p, at, INDENT, ROUTE.size);
  } else {
    p.text(family === 0 ? '\n\t  AFI 0, ' : INDENT);
    p.ipv4(at + ROUTE.address);
    p.format(', metric: %u', p.u32(at + ROUTE.metric));
  }
  return ROUTE.size;
}

function printRoute2(p: Printer, at: number, end: number): number {
  if (at + ROUTE.address > end) return 0;
  const family = p.u16(at + ROUTE.family);
  if (family === AUTHENTICATION) return printAuthentication(p, at, end);
  if (family !== INET && family !== 0) {
    p.text('\n\t  AFI ');
    p.name(FAMILIES, family, 'Unknown (%u)');
    printUnknown(p, at + ROUTE.address, INDENT, ROUTE.size - ROUTE.address);
    return ROUTE.size;
  }
  if (at + ROUTE.size > end) return 0;
  p.text('\n\t  AFI ');
  p.name(FAMILIES, family, '%u');
  p.text(', ');
  printRightAligned(p, at + ROUTE.address, 15);
  p.text(`/${String(prefixLength(p.u32(at + ROUTE.mask))).padEnd(2)}`);
  p.format(', tag 0x%04x', p.u16(at + ROUTE.tag));
  p.format(', metric: %u, next-hop: ', p.u32(at + ROUTE.metric));
  if (p.u32(at + ROUTE.nextHop) === 0) p.text('self');
  else p.ipv4(at + ROUTE.nextHop);
  return ROUTE.size;
}

function printRightAligned(p: Printer, at: number, width: number): void {
  const from = p.out.length;
  p.ipv4(at);
  const text = p.out.toString(from);
  p.out.length = from;
  p.text(text.padStart(width));
}

/** Bits of a mask, -1 when its ones do not stand together. */
function prefixLength(mask: number): number {
  const bits = 32 - Math.log2(0x1_0000_0000 - mask);
  return Number.isInteger(bits) ? bits : -1;
}

function printAuthentication(p: Printer, at: number, end: number): number {
  const type = p.u16(at + ROUTE.tag);
  const data = at + ROUTE.address;
  if (type === AUTHENTICATION_TYPE.PASSWORD) {
    p.text('\n\t  Simple Text Authentication data: ');
    for (let i = data; i < data + PASSWORD_LENGTH && p.u8(i) !== 0; i++) p.char(p.u8(i));
    return ROUTE.size;
  }
  if (type === AUTHENTICATION_TYPE.DIGEST) return printDigest(p, data, end) ? ROUTE.size : 0;
  if (type === AUTHENTICATION_TYPE.TRAILER) p.text('\n\t  Auth trailer:');
  else p.format('\n\t  Unknown (%u) Authentication data:', type);
  printUnknown(p, data, INDENT, end - data);
  return end - at;
}

function printDigest(p: Printer, at: number, end: number): boolean {
  if (at + DIGEST.size > end) return false;
  p.text('\n\t  Auth header:');
  p.format(' Packet Len %u,', p.u16(at + DIGEST.packetLength));
  p.format(' Key-ID %u,', p.u8(at + DIGEST.keyId));
  p.format(' Auth Data Len %u,', p.u8(at + DIGEST.dataLength));
  p.format(' SeqNo %u,', p.u32(at + DIGEST.sequence));
  p.format(' MBZ %u,', p.u32(at + DIGEST.zeros));
  p.format(' MBZ %u', p.u32(at + DIGEST.zeros + 4));
  return true;
}

// --- fields

function dissect(t: Tree, at: number, end: number): void {
  t.end = Math.min(t.end, end);
  t.layer('rip', at, end - at);
  t.u8('rip.command', at + HEADER.command);
  const version = t.u8('rip.version', at + HEADER.version);
  for (let next = at + HEADER.size; next < t.end; next += ROUTE.size) {
    t.need(next, ROUTE.size);
    if (t.peek16(next) === AUTHENTICATION) dissectAuthentication(t, next);
    else dissectRoute(t, version, next);
  }
}

function dissectRoute(t: Tree, version: number, at: number): void {
  const metric = t.peek32(at + ROUTE.metric);
  const family = t.peek16(at + ROUTE.family);
  const address = `IP Address: ${formatIpv4(t.bytes, at + ROUTE.address)}`;
  t.open('', at, ROUTE.size, `${family === INET ? address : 'Address not specified'}, Metric: ${metric}`);
  t.u16('rip.family', at + ROUTE.family);
  if (version > 1 && family === INET) t.u16('rip.route_tag', at + ROUTE.tag);
  if (family === INET) t.ipv4('rip.ip', at + ROUTE.address);
  if (version > 1 && family === INET) {
    t.ipv4('rip.netmask', at + ROUTE.mask);
    t.ipv4('rip.next_hop', at + ROUTE.nextHop);
  }
  t.u32('rip.metric', at + ROUTE.metric);
  t.shut();
}

function dissectAuthentication(t: Tree, at: number): void {
  const type = t.peek16(at + ROUTE.tag);
  const data = at + ROUTE.address;
  if (type === AUTHENTICATION_TYPE.TRAILER) {
    t.raw('rip.authentication_data', data, PASSWORD_LENGTH);
    return;
  }
  t.open('', at, ROUTE.size);
  t.u16('rip.auth.type', at + ROUTE.tag);
  if (type === AUTHENTICATION_TYPE.PASSWORD) addPassword(t, data);
  else if (type === AUTHENTICATION_TYPE.DIGEST) {
    t.u16('rip.digest_offset', data + DIGEST.packetLength);
    t.u8('rip.key_id', data + DIGEST.keyId);
    t.u8('rip.auth_data_len', data + DIGEST.dataLength);
    t.u32('rip.seq_num', data + DIGEST.sequence);
  }
  t.shut();
}

function addPassword(t: Tree, at: number): void {
  let end = at;
  while (end < at + PASSWORD_LENGTH && t.bytes[end] !== 0) end++;
  t.add('rip.auth.passwd', at, PASSWORD_LENGTH, String.fromCharCode(...t.bytes.subarray(at, end)));
}
