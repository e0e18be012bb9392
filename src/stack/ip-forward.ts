// IPv4 for somebody else: net/ipv4/ip_forward.c (ip_forward), v6.18. Time to live and MTU come before the rules.
import { internetChecksum, readU16, writeU16 } from '../bytes/index.ts';
import { ICMP_TYPE, IPV4, IPV4_FRAGMENT, PACKET_TYPE } from '../wire/index.ts';
import { CHECK } from './checks.ts';
import { icmpSend } from './icmp-send.ts';
import { ipOutput } from './ip-output.ts';
import type { Net } from './net.ts';
import { HOOK } from './netfilter.ts';
import type { SkBuff } from './sk-buff.ts';

export function ipForward(net: Net, skb: SkBuff): void {
  const step = net.step(skb, 'ip.forward');
  if (skb.pktType !== PACKET_TYPE.HOST) {
    net.kfreeSkb(skb, CHECK.forwardNotHost);
    return;
  }
  const at = skb.networkHeader;
  const ttl = skb.head[at + IPV4.timeToLive]!;
  if (ttl <= 1) {
    icmpSend(net, skb, ICMP_TYPE.TIME_EXCEEDED, 0);
    net.kfreeSkb(skb, CHECK.forwardTtl);
    return;
  }
  net.count('IpForwDatagrams');
  const route = skb.dst!;
  const mtu = route.mtu ?? route.dev.mtu;
  if (skb.len > mtu && (readU16(skb.head, at + IPV4.flagsAndOffset) & IPV4_FRAGMENT.DONT) !== 0) {
    icmpSend(net, skb, ICMP_TYPE.UNREACHABLE, 4, mtu);
    net.kfreeSkb(skb, CHECK.forwardTooBig);
    return;
  }
  net.skbs.skbUnclone(skb);
  decreaseTtl(skb.head, at, ttl);
  step.changed = [{ field: 'ttl', from: ttl, to: ttl - 1 }];
  const from = skb.dev;
  if (net.nfHook(HOOK.FORWARD, skb, from, route.dev)) ipOutput(net, skb);
}

/** ip_decrease_ttl. */
function decreaseTtl(head: Uint8Array, at: number, ttl: number): void {
  head[at + IPV4.timeToLive] = ttl - 1;
  const length = 4 * (head[at]! & 15);
  writeU16(head, at + IPV4.checksum, 0);
  writeU16(head, at + IPV4.checksum, internetChecksum(head, at, length));
}
