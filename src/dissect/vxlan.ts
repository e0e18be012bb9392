// VXLAN and its Generic Protocol Extension: tcpdump's print-vxlan.c and print-vxlan-gpe.c, Wireshark's
// packet-vxlan.c; RFC 7348, draft-ietf-nvo3-vxlan-gpe.
import { ETHER_TYPE, VXLAN, VXLAN_FLAG, VXLAN_NEXT_PROTOCOL } from '../wire/index.ts';
import { printEthernet } from './ethernet.ts';
import { dissectEthernet } from './ethernet-tree.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const vxlan: Protocol = { name: 'vxlan', print, dissect };

export const vxlanGpe: Protocol = { name: 'vxlan', print: printExtended, dissect: dissectExtended };

const EXTENDED_FLAGS = [
  [VXLAN_FLAG.VNI, 'I'],
  [VXLAN_FLAG.NEXT_PROTOCOL, 'P'],
  [VXLAN_FLAG.BROADCAST, 'B'],
  [VXLAN_FLAG.OAM, 'O'],
] as const;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'vxlan';
  p.text('VXLAN');
  if (length < VXLAN.size) {
    p.text(' (invalid)');
    return;
  }
  const flags = p.u8(at + VXLAN.flags);
  p.text(`, flags [${flags & VXLAN_FLAG.VNI ? 'I' : 'invalid'}] (0x`);
  p.hex(flags, 2);
  p.text('), ');
  p.text(`vni ${p.u24(at + VXLAN.vni)}\n`);
  p.u8(at + VXLAN.reserved);
  if (p.descend()) printEthernet(p, at + VXLAN.size, length - VXLAN.size);
}

function printExtended(p: Printer, at: number, length: number): void {
  p.protocol = 'vxlan_gpe';
  p.text('VXLAN-GPE, ');
  if (length < VXLAN.size) {
    p.text(` (len ${length} < ${VXLAN.size}) (invalid)`);
    return;
  }
  const flags = p.u8(at + VXLAN.flags);
  p.text('flags [');
  p.bits(EXTENDED_FLAGS, flags, '');
  p.text('], ');
  const next = p.u8(at + VXLAN.nextProtocol);
  const vni = p.u24(at + VXLAN.vni);
  p.u8(at + VXLAN.reserved);
  p.text(`vni ${vni}${p.verbosity > 0 ? '\n    ' : ': '}`);
  if (p.descend()) printNext(p, next, at + VXLAN.size, length - VXLAN.size);
}

function printNext(p: Printer, next: number, at: number, length: number): void {
  if (next === VXLAN_NEXT_PROTOCOL.ETHERNET) printEthernet(p, at, length);
  else if (next === VXLAN_NEXT_PROTOCOL.IPV4) p.etherType(ETHER_TYPE.IPV4, at, length);
  else if (next === VXLAN_NEXT_PROTOCOL.IPV6) p.etherType(ETHER_TYPE.IPV6, at, length);
  else p.text('ERROR: unknown-next-protocol (invalid)');
}

function dissect(t: Tree, at: number, end: number): void {
  t.layer('vxlan', at, VXLAN.size);
  t.u16('vxlan.flags', at + VXLAN.flags);
  t.u16('vxlan.gbp', at + 2);
  t.u24('vxlan.vni', at + VXLAN.vni);
  t.u8('vxlan.reserved8', at + VXLAN.reserved);
  dissectEthernet(t, at + VXLAN.size, end);
}

function dissectExtended(t: Tree, at: number, end: number): void {
  t.layer('vxlan', at, VXLAN.size);
  t.u8('vxlan.flags', at + VXLAN.flags);
  const next = t.u8('vxlan.next_proto', at + VXLAN.nextProtocol);
  t.u24('vxlan.vni', at + VXLAN.vni);
  t.u8('vxlan.reserved8', at + VXLAN.reserved);
  if (next === VXLAN_NEXT_PROTOCOL.ETHERNET) dissectEthernet(t, at + VXLAN.size, end);
  else if (next === VXLAN_NEXT_PROTOCOL.IPV4) t.etherType(ETHER_TYPE.IPV4, at + VXLAN.size, end);
  else if (next === VXLAN_NEXT_PROTOCOL.IPV6) t.etherType(ETHER_TYPE.IPV6, at + VXLAN.size, end);
  else t.data(at + VXLAN.size, end);
}
