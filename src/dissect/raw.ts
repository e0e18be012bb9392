// Raw IP, without a link header: tcpdump's print-raw.c and ipN_print of print-ip.c.
import { ETHER_TYPE, LINK_TYPE } from '../wire/index.ts';
import type { Printer } from './printer.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

export const raw: Protocol = {
  name: 'raw',
  print: (p, at, length) => {
    p.protocol = 'raw';
    if (p.options.linkHeader) p.text('ip: ');
    printIp(p, at, length);
  },
  dissect: dissectIp,
};

/** Prints an IP packet of either version. */
function printIp(p: Printer, at: number, length: number): void {
  p.protocol = 'ipn';
  if (length < 1) {
    p.text(`truncated-ip ${length}`);
    return;
  }
  const version = p.u8(at) >> 4;
  if (version === 4) p.etherType(ETHER_TYPE.IPV4, at, length);
  else if (version === 6) p.etherType(ETHER_TYPE.IPV6, at, length);
  else p.text(`unknown ip ${version}`);
}

function dissectIp(t: Tree, at: number, end: number): void {
  const { linkType } = t.packet;
  const version = linkType === LINK_TYPE.IPV4 ? 4 : linkType === LINK_TYPE.IPV6 ? 6 : t.peek8(at) >> 4;
  if (version === 4) t.etherType(ETHER_TYPE.IPV4, at, end);
  else if (version === 6) t.etherType(ETHER_TYPE.IPV6, at, end);
  else t.data(at, end);
}
