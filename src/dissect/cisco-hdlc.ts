// Cisco's framing of serial lines: tcpdump's print-chdlc.c; RFC 1547 section 4.3.1.
import { ETHER_TYPE } from '../wire/index.ts';
import { ETHER_TYPE_NAMES } from './ether-type-names.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const ciscoHdlcLink: Protocol = {
  name: 'chdlc',
  print: (p, at, length) => {
    p.linkHeaderLength = printCiscoHdlc(p, at, length);
  },
  dissect,
};

/** Address, control, EtherType. */
const HEADER = { address: 0, type: 2, size: 4 } as const;

const CAST_NAMES: Readonly<Record<number, string>> = { 15: 'unicast', 143: 'bcast' };

/** Prints a frame, and returns how long its header is. */
export function printCiscoHdlc(p: Printer, at: number, length: number): number {
  p.protocol = 'chdlc';
  if (length < HEADER.size) {
    p.truncated();
    return p.end - at;
  }
  const type = p.u16(at + HEADER.type);
  if (p.options.linkHeader) {
    p.name(CAST_NAMES, p.u8(at + HEADER.address), '0x%02x');
    p.text(`, ethertype ${ETHER_TYPE_NAMES[type] ?? 'Unknown'}`);
    p.format(' (0x%04x)', type);
    p.text(`, length ${length}: `);
  }
  const next = at + HEADER.size;
  const known = isCarried(type) && p.etherType(type, next, length - HEADER.size);
  if (!known && !p.options.linkHeader) p.format('unknown CHDLC protocol (0x%04x)', type);
  return HEADER.size;
}

/** The number of RARP means SLARP here, Cisco's own protocol, which is not printed. */
function isCarried(type: number): boolean {
  return (
    type === ETHER_TYPE.IPV4 ||
    type === ETHER_TYPE.IPV6 ||
    type === ETHER_TYPE.MPLS ||
    type === ETHER_TYPE.MPLS_MULTICAST
  );
}

function dissect(t: Tree, at: number, end: number): void {
  t.layer('chdlc', at, HEADER.size);
  t.u8('chdlc.address', at + HEADER.address);
  const type = t.u16('chdlc.protocol', at + HEADER.type);
  if (isCarried(type)) t.etherType(type, at + HEADER.size, end);
  else t.data(at + HEADER.size, end);
}
