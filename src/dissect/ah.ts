// IP Authentication Header: tcpdump's print-ah.c, Wireshark's packet-ipsec.c; RFC 4302.
import { AH } from '../wire/index.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

/** Printed by the IP payload's loop (ip-payload.ts), since what follows counts as the IP header's own payload. */
export const ah: Protocol = { name: 'ah', dissect };

/** Prints the header at `at`; returns its length. */
export function printAuthentication(p: Printer, at: number): number {
  p.protocol = 'ah';
  p.text('AH');
  const words = p.u8(at + AH.length);
  const size = 4 * (words + 2);
  p.text('(');
  if (p.verbosity > 0) p.text(`length=${words}(${size}-bytes),`);
  const reserved = p.u16(at + AH.reserved);
  if (reserved !== 0) p.text(`reserved=0x${reserved.toString(16)}[MustBeZero],`);
  p.text(
    `spi=0x${p
      .u32(at + AH.spi)
      .toString(16)
      .padStart(8, '0')},`,
  );
  p.text(`seq=0x${p.u32(at + AH.sequence).toString(16)},`);
  p.text('icv=0x');
  for (let i = AH.icv; i < size; i++) p.hex(p.u8(at + i), 2);
  p.text('): ');
  return size;
}

function dissect(t: Tree, at: number, end: number): void {
  const layer = t.layer('ah', at, AH.size);
  const next = t.u8('ah.next_header', at + AH.nextHeader);
  const size = 4 * (t.u8('ah.length', at + AH.length) + 2);
  t.raw('ah.reserved', at + AH.reserved, 2);
  t.u32('ah.spi', at + AH.spi);
  t.u32('ah.sequence', at + AH.sequence);
  if (size < AH.size) {
    t.stop('ah', at + AH.length, 'the length is shorter than the header');
    return;
  }
  layer.length = Math.min(size, t.end - at);
  if (size > AH.size) t.raw('ah.icv', at + AH.icv, size - AH.size);
  t.ipProtocol(next, at + size, end);
}
