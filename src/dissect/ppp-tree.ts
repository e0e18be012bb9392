// Fields of PPP and its control protocols: Wireshark's packet-ppp.c.
import type { Tree } from './tree.ts';

export function dissectPpp(t: Tree, at: number, end: number): void {
  t.data(at, end);
}
