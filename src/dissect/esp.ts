// IP Encapsulating Security Payload without keys: tcpdump's print-esp.c, Wireshark's packet-ipsec.c; RFC 4303.
import { ESP } from '../wire/index.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const esp: Protocol = { name: 'esp', print, dissect };

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'esp';
  if (at + ESP.size >= p.end) {
    p.truncated();
    return;
  }
  p.text('ESP(spi=0x');
  p.hex(p.u32(at + ESP.spi), 8);
  p.text(',seq=0x');
  p.hex(p.u32(at + ESP.sequence));
  p.text(`), length ${length}`);
}

function dissect(t: Tree, at: number, end: number): void {
  t.layer('esp', at, end - at);
  t.u32('esp.spi', at + ESP.spi);
  t.u32('esp.sequence', at + ESP.sequence);
}
