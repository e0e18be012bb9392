// BSD loopback, both byte orders: tcpdump's print-null.c, Wireshark's packet-null.c.
import { readU32, readU32LE } from '../bytes/index.ts';
import { BSD_FAMILY, ETHER_TYPE, LINK_TYPE, NULL_HEADER } from '../wire/index.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const nullLink: Protocol = { name: 'null', print, dissect };

const FAMILY_NAMES: Readonly<Record<number, string>> = {
  [BSD_FAMILY.IPV4]: 'IPv4',
  [BSD_FAMILY.NS]: 'NS',
  [BSD_FAMILY.ISO]: 'ISO',
  [BSD_FAMILY.APPLETALK]: 'Appletalk',
  [BSD_FAMILY.IPX]: 'IPX',
  [BSD_FAMILY.IPV6_BSD]: 'IPv6',
  [BSD_FAMILY.IPV6_FREEBSD]: 'IPv6',
  [BSD_FAMILY.IPV6_DARWIN]: 'IPv6',
};

const ETHER_TYPES: Readonly<Record<number, number>> = {
  [BSD_FAMILY.IPV4]: ETHER_TYPE.IPV4,
  [BSD_FAMILY.IPV6_BSD]: ETHER_TYPE.IPV6,
  [BSD_FAMILY.IPV6_FREEBSD]: ETHER_TYPE.IPV6,
  [BSD_FAMILY.IPV6_DARWIN]: ETHER_TYPE.IPV6,
};

/** The family in whichever byte order makes it small. */
function familyAt(bytes: Uint8Array, at: number): number {
  const family = readU32LE(bytes, at);
  return family > 0xffff ? readU32(bytes, at) : family;
}

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'null';
  p.need(at, NULL_HEADER.size);
  p.linkHeaderLength = NULL_HEADER.size;
  const family = familyAt(p.bytes, at);
  if (p.options.linkHeader) printHeader(p, family, length);
  const next = at + NULL_HEADER.size;
  const type = ETHER_TYPES[family];
  if (type !== undefined && p.etherType(type, next, length - NULL_HEADER.size)) return;
  if (!p.options.linkHeader) printHeader(p, family, length);
  p.unknown(next, p.end - next);
}

function printHeader(p: Printer, family: number, length: number): void {
  if (p.options.quiet) p.name(FAMILY_NAMES, family, 'Unknown AF %u');
  else p.text(`AF ${FAMILY_NAMES[family] ?? 'Unknown'} (${family})`);
  p.text(', length ');
  p.decimal(length);
  p.text(': ');
}

function dissect(t: Tree, at: number, end: number): void {
  t.need(at, NULL_HEADER.size);
  t.layer('null', at, NULL_HEADER.size);
  const loop = t.packet.linkType === LINK_TYPE.LOOP;
  const family = loop ? readU32(t.bytes, at) : familyAt(t.bytes, at);
  t.add('null.family', at, NULL_HEADER.size, family);
  const type = ETHER_TYPES[family];
  if (type === undefined) t.data(at + NULL_HEADER.size, end);
  else t.etherType(type, at + NULL_HEADER.size, end);
}
