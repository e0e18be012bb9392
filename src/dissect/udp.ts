// UDP: tcpdump's print-udp.c, Wireshark's packet-udp.c; RFC 768.
import { UDP } from '../wire/index.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const udp: Protocol = { name: 'udp', print, dissect };

function print(p: Printer, at: number, length: number): void {
  p.protocol = 'udp';
  const sourcePort = p.u16(at + UDP.sourcePort);
  const destinationPort = p.u16(at + UDP.destinationPort);
  if (!p.udpPorts(sourcePort, destinationPort, at + UDP.size, length - UDP.size)) {
    p.text('UDP, length ');
    p.decimal(length - UDP.size);
  }
}

function dissect(t: Tree, at: number, end: number): void {
  t.layer('udp', at, UDP.size);
  const source = t.u16('udp.srcport', at + UDP.sourcePort);
  const destination = t.u16('udp.dstport', at + UDP.destinationPort);
  t.u16('udp.length', at + UDP.length);
  t.u16('udp.checksum', at + UDP.checksum);
  t.udpPorts(source, destination, at + UDP.size, end);
}
