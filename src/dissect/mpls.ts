// MPLS: tcpdump's print-mpls.c, Wireshark's packet-mpls.c; RFC 3032.
import { ETHER_TYPE, MPLS, MPLS_LABEL } from '../wire/index.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const mpls: Protocol = { name: 'mpls', print, dissect };

/** Labels below this are reserved. */
const RESERVED_LABELS = 16;

const LABEL_NAMES: Readonly<Record<number, string>> = {
  [MPLS_LABEL.IPV4_EXPLICIT_NULL]: 'IPv4 explicit NULL',
  [MPLS_LABEL.ROUTER_ALERT]: 'router alert',
  [MPLS_LABEL.IPV6_EXPLICIT_NULL]: 'IPv6 explicit NULL',
  [MPLS_LABEL.IMPLICIT_NULL]: 'implicit NULL',
};

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'mpls';
  p.text('MPLS');
  let next = at;
  let left = length;
  let entry = 0;
  do {
    if (left < MPLS.size) {
      p.text(' (invalid)');
      p.need(next, left);
      return;
    }
    entry = p.u32(next);
    printEntry(p, entry, next === at);
    next += MPLS.size;
    left -= MPLS.size;
  } while ((entry & MPLS.BOTTOM) === 0);
  printPayload(p, labelOf(entry), next, left);
}

function labelOf(entry: number): number {
  return entry >>> 12;
}

function printEntry(p: Printer, entry: number, first: boolean): void {
  const label = labelOf(entry);
  p.text(first || p.verbosity === 0 ? ' (label ' : '\n\t(label ');
  p.decimal(label);
  if (p.verbosity > 0 && label < RESERVED_LABELS) p.text(` (${LABEL_NAMES[label] ?? 'rsvd'})`);
  p.text(`, tc ${(entry & MPLS.CLASS) >> 9}`);
  if (entry & MPLS.BOTTOM) p.text(', [S]');
  p.text(`, ttl ${entry & MPLS.TTL})`);
}

function printPayload(p: Printer, label: number, at: number, length: number): void {
  const named = typeOfLabel(label);
  if (named === undefined && length < 1) return;
  const type = named ?? typeOfFirstByte(p.u8(at));
  if (type === undefined) p.unknown(at, length);
  else {
    p.text(p.verbosity > 0 ? '\n\t' : ' ');
    if (p.descend()) p.etherType(type, at, length);
  }
}

function typeOfLabel(label: number): number | undefined {
  if (label === MPLS_LABEL.IPV4_EXPLICIT_NULL || label === MPLS_LABEL.IMPLICIT_NULL) return ETHER_TYPE.IPV4;
  return label === MPLS_LABEL.IPV6_EXPLICIT_NULL ? ETHER_TYPE.IPV6 : undefined;
}

/** Labels do not tell what they carry: an IP header tells itself by its first byte. */
function typeOfFirstByte(first: number): number | undefined {
  if (first >= 0x45 && first <= 0x4f) return ETHER_TYPE.IPV4;
  return first >> 4 === 6 ? ETHER_TYPE.IPV6 : undefined;
}

function dissect(t: Tree, at: number, end: number): void {
  for (let next = at; t.descend('mpls', next); next += MPLS.size) {
    t.layer('mpls', next, MPLS.size);
    const label = t.bits('mpls.label', next, 4, MPLS.LABEL);
    t.bits('mpls.exp', next, 4, MPLS.CLASS);
    const bottom = t.bits('mpls.bottom', next, 4, MPLS.BOTTOM) === 1;
    t.bits('mpls.ttl', next, 4, MPLS.TTL);
    if (!bottom) continue;
    const payload = next + MPLS.size;
    const type = typeOfLabel(label) ?? (payload < end ? typeOfFirstByte(t.peek8(payload)) : undefined);
    if (type === undefined) t.data(payload, end);
    else t.etherType(type, payload, end);
    return;
  }
}
