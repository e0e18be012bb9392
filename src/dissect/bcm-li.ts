// Broadcom's lawful-intercept shim, which tcpdump sees in whatever comes from UDP port 49152 (print-bcm-li.c). That
// port is also the first of IANA's dynamic range, so that ordinary datagrams are printed so now and then.
import { ETHER_TYPE } from '../wire/index.ts';
import { printEthernet } from './ethernet.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';

/** Wireshark does not know it: its fields are data. */
export const bcmLi: Protocol = { name: 'bcm_li', print, dissect: (t, at, end) => t.data(at, end) };

const SHIM_SIZE = 4;

const DIRECTIONS: Readonly<Record<number, string>> = { 1: 'unused', 2: 'egress', 3: 'ingress' };
const TAGS: Readonly<Record<number, string>> = { 1: 'single VLAN tag', 2: 'double VLAN tag', 3: 'untagged' };
const TYPES: Readonly<Record<number, string>> = { 4: 'undecided', 5: 'ipv4', 6: 'ipv6', 7: 'ethernet' };
const TYPE = { UNDECIDED: 4, IPV4: 5, IPV6: 6, ETHERNET: 7 } as const;

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'bcm_li';
  if (length < SHIM_SIZE) {
    p.text(` (length ${length} < ${SHIM_SIZE}) (invalid)`);
    return;
  }
  const shim = p.u32(at);
  const type = (shim >>> 25) & 0xf;
  const line = p.verbosity > 0 ? '\n    ' : '';
  p.text(`${line}BCM-LI-SHIM: direction ${DIRECTIONS[shim >>> 29] ?? 'unknown'}, pkt-type `);
  p.name(TYPES, type, 'unknown');
  p.text(', pkt-subtype ');
  p.name(TAGS, (shim >>> 22) & 7, 'unknown');
  p.format(', li-id %u', shim & 0x3fffff);
  p.text(line);
  if (p.verbosity === 0) p.need(at + SHIM_SIZE, length - SHIM_SIZE);
  else if (p.descend()) printCarried(p, type, at + SHIM_SIZE, length - SHIM_SIZE);
}

function printCarried(p: Printer, type: number, at: number, length: number): void {
  const version = type === TYPE.UNDECIDED ? p.u8(at) >> 4 : 0;
  if (type === TYPE.ETHERNET) printEthernet(p, at, length);
  else if (type === TYPE.IPV4 || version === 4) p.etherType(ETHER_TYPE.IPV4, at, length);
  else if (type === TYPE.IPV6 || version === 6) p.etherType(ETHER_TYPE.IPV6, at, length);
  else p.text(type === TYPE.UNDECIDED ? 'unknown payload' : ' (invalid)');
}
