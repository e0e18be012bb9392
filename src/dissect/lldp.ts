// LLDP: tcpdump's print-lldp.c, Wireshark's packet-lldp.c; IEEE Std 802.1AB-2016 section 8.
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const lldp: Protocol = {
  name: 'lldp',
  print: (p: Printer) => p.text('LLDP'),
  dissect: (t: Tree, a, e) => t.data(a, e),
};
