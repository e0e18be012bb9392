// Fields of spanning tree BPDUs: Wireshark's packet-bpdu.c.
import type { Tree } from './tree.ts';

export function dissectStp(t: Tree, at: number, end: number): void {
  t.data(at, end);
}
