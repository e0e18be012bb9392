// Fields of LLDP: Wireshark's packet-lldp.c.
import type { Tree } from './tree.ts';

export function dissectLldp(t: Tree, at: number, end: number): void {
  t.data(at, end);
}
