// IP Payload Compression: tcpdump's print-ipcomp.c, Wireshark's packet-ipsec.c; RFC 3173. Nothing is decompressed.
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

const IPCOMP = { nextHeader: 0, flags: 1, cpi: 2, size: 4 } as const;

export const ipcomp: Protocol = { name: 'ipcomp', print, dissect };

function print(p: Printer, at: number): void {
  p.protocol = 'ipcomp';
  const index = p.u16(at + IPCOMP.cpi);
  p.text('IPComp(cpi=0x');
  p.hex(index, 4);
  p.text(')');
}

function dissect(t: Tree, at: number, end: number): void {
  t.layer('ipcomp', at, end - at);
  t.u8('ipcomp.flags', at + IPCOMP.flags);
  t.u16('ipcomp.cpi', at + IPCOMP.cpi);
}
