// The answers of REJECT: net/ipv4/netfilter/nf_reject_ipv4.c (nf_send_unreach, nf_send_reset), v6.18. What is damaged is not
// answered.
import { readU16 } from '../bytes/index.ts';
import { ICMP_TYPE, IP_PROTOCOL, IPV4, IPV4_FRAGMENT } from '../wire/index.ts';
import { icmpSend } from './icmp-send.ts';
import type { Net } from './net.ts';
import { transportChecksumIsRight } from './nf-checksum.ts';
import { setTcpClosing } from './nf-conntrack-tcp.ts';
import type { SkBuff } from './sk-buff.ts';
import { sendReset } from './tcp-reset.ts';

/** ICMP destination unreachable. */
export function nfSendUnreach(net: Net, skb: SkBuff, code: number): void {
  if (!isFragment(skb) && checksumIsRight(skb)) icmpSend(net, skb, ICMP_TYPE.UNREACHABLE, code);
}

export function nfSendReset(net: Net, skb: SkBuff): void {
  if (isFragment(skb) || !checksumIsRight(skb)) return;
  if (skb.dst?.kind === 'broadcast' || skb.dst?.kind === 'multicast') return;
  sendReset(net, skb, skb);
  if (skb.nfct !== undefined) setTcpClosing(net, skb.nfct);
}

function isFragment({ head, networkHeader }: SkBuff): boolean {
  return (readU16(head, networkHeader + IPV4.flagsAndOffset) & IPV4_FRAGMENT.OFFSET) !== 0;
}

/** nf_reject_verify_csum: protocols whose checksum is none of the whole payload. */
const UNCHECKED: ReadonlySet<number> = new Set([
  IP_PROTOCOL.GRE,
  IP_PROTOCOL.AH,
  IP_PROTOCOL.ESP,
  IP_PROTOCOL.SCTP,
  IP_PROTOCOL.DCCP,
  136,
]);

function checksumIsRight(skb: SkBuff): boolean {
  return UNCHECKED.has(skb.head[skb.networkHeader + IPV4.protocol]!) || transportChecksumIsRight(skb);
}
