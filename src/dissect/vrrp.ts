// Virtual Router Redundancy Protocol: tcpdump's print-vrrp.c, Wireshark's packet-vrrp.c; RFC 3768, RFC 5798.
import { internetChecksum } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV4, IPV6 } from '../wire/index.ts';
import { transportRemainder } from './ip-checksum.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const vrrp: Protocol = { name: 'vrrp', print, dissect };

const VRRP = {
  versionAndType: 0,
  router: 1,
  priority: 2,
  count: 3,
  /** Version 2. */
  authentication: 4,
  seconds: 5,
  /** Version 3: the lower twelve bits. */
  centiseconds: 4,
  checksum: 6,
  addresses: 8,
} as const;

const ADVERTISEMENT = 1;

const AUTHENTICATION_NAMES: Readonly<Record<number, string>> = { 0: 'none', 1: 'simple', 2: 'ah' };
const SIMPLE = 1;
const PASSWORD_SIZE = 8;

/** Advertisements do not leave their link. */
const MAX_HOPS = 255;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'vrrp';
  p.text('VRRP');
  const version = p.u8(at + VRRP.versionAndType) >> 4;
  const type = p.u8(at + VRRP.versionAndType) & 15;
  const hops = p.bytes[p.ipAt + (p.ipVersion === 6 ? IPV6.hopLimit : IPV4.timeToLive)]!;
  p.text(`v${version}, ${type === ADVERTISEMENT ? 'Advertisement' : `unknown type (${type})`}`);
  if (hops !== MAX_HOPS) p.text(`, (ttl ${hops})`);
  if (version < 2 || version > 3 || type !== ADVERTISEMENT) return;
  p.text(`, vrid ${p.u8(at + VRRP.router)}, prio ${p.u8(at + VRRP.priority)}`);
  if (version === 2) {
    p.text(
      `, authtype ${AUTHENTICATION_NAMES[p.u8(at + VRRP.authentication)] ?? `#${p.u8(at + VRRP.authentication)}`}`,
    );
    p.text(`, intvl ${p.u8(at + VRRP.seconds)}s, length ${length}`);
  } else p.text(`, intvl ${p.u16(at + VRRP.centiseconds) & 0xfff}cs, length ${length}`);
  if (p.verbosity > 0) printMore(p, at, length, version);
}

function printMore(p: Printer, at: number, length: number, version: number): void {
  const count = p.u8(at + VRRP.count);
  if (p.has(at, length) && remainder(p, at, length, version) !== 0)
    p.text(`, (bad vrrp cksum ${p.u16(at + VRRP.checksum).toString(16)})`);
  p.text(', addrs');
  if (count > 1) p.text(`(${count})`);
  p.text(':');
  const size = p.ipVersion === 6 ? 16 : 4;
  for (let i = 0; i < count; i++) {
    p.need(at + VRRP.addresses + size * i, size);
    p.text(i === 0 ? ' ' : ',');
    if (size === 16) p.ipv6(at + VRRP.addresses + size * i);
    else p.ipv4(at + VRRP.addresses + size * i);
  }
  if (version === 2 && p.u8(at + VRRP.authentication) === SIMPLE) printPassword(p, at + VRRP.addresses + size * count);
}

/** Version 3 counts the pseudo header in. */
function remainder(p: Printer, at: number, length: number, version: number): number {
  return version === 2 ? internetChecksum(p.bytes, at, length) : transportRemainder(p, at, length, IP_PROTOCOL.VRRP);
}

function printPassword(p: Printer, at: number): void {
  p.text(' auth "');
  for (let i = 0; i < PASSWORD_SIZE && p.u8(at + i) !== 0; i++) p.char(p.u8(at + i));
  p.text('"');
}

function dissect(t: Tree, at: number, end: number): void {
  t.layer('vrrp', at, end - at);
  const version = t.bits('vrrp.version', at, 1, 0xf0);
  t.bits('vrrp.type', at, 1, 0x0f);
  t.u8('vrrp.virt_rtr_id', at + VRRP.router);
  t.u8('vrrp.prio', at + VRRP.priority);
  const count = t.u8('vrrp.addr_count', at + VRRP.count);
  if (version === 2) {
    t.u8('vrrp.auth_type', at + VRRP.authentication);
    t.u8('vrrp.adver_int', at + VRRP.seconds);
  } else {
    t.bits('vrrp.reserved_mbz', at + VRRP.centiseconds, 1, 0xf0);
    t.bits('vrrp.short_adver_int', at + VRRP.centiseconds, 2, 0x0fff);
  }
  t.u16('vrrp.checksum', at + VRRP.checksum);
  const size = t.ipVersion === 6 ? 16 : 4;
  for (let i = 0; i < count && at + VRRP.addresses + size * (i + 1) <= end; i++) {
    if (size === 16) t.ipv6('vrrp.ipv6_addr', at + VRRP.addresses + size * i);
    else t.ipv4('vrrp.ip_addr', at + VRRP.addresses + size * i);
  }
}
