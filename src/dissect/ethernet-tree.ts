// Fields of Ethernet frames: Wireshark's packet-eth.c and packet-vlan.c.
import { ETHERNET } from '../wire/index.ts';
import type { Tree } from './tree.ts';

export function dissectEthernet(t: Tree, at: number, end: number): void {
  t.layer('eth', at, ETHERNET.size);
  t.mac('eth.dst', at + ETHERNET.destination);
  t.mac('eth.src', at + ETHERNET.source);
  const type = t.u16('eth.type', at + ETHERNET.type);
  t.etherType(type, at + ETHERNET.size, end);
}
