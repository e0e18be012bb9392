// The answers of REJECT: net/ipv4/netfilter/nf_reject_ipv4.c (nf_send_unreach, nf_send_reset), v6.18. What is damaged is not
// answered.
import { internetChecksum, readU16, sumPseudoHeader } from '../bytes/index.ts';
import { ICMP_TYPE, IP_PROTOCOL, IPV4, IPV4_FRAGMENT, UDP } from '../wire/index.ts';
import { icmpSend } from './icmp-send.ts';
import type { Net } from './net.ts';
import type { SkBuff } from './sk-buff.ts';
import { sendReset } from './tcp-reset.ts';

/** ICMP destination unreachable. */
export function nfSendUnreach(net: Net, skb: SkBuff, code: number): void {
  if (!isFragment(skb) && checksumIsRight(skb)) icmpSend(net, skb, ICMP_TYPE.UNREACHABLE, code);
}

export function nfSendReset(net: Net, skb: SkBuff): void {
  if (isFragment(skb) || !checksumIsRight(skb)) return;
  if (skb.dst?.kind === 'broadcast' || skb.dst?.kind === 'multicast') return;
  sendReset(net, skb);
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

/** nf_ip_checksum: any other protocol is summed up as ICMP is. */
function checksumIsRight({ head, networkHeader, tail }: SkBuff): boolean {
  const at = networkHeader + 4 * (head[networkHeader]! & 15);
  const protocol = head[networkHeader + IPV4.protocol]!;
  const length = tail - at;
  if (UNCHECKED.has(protocol)) return true;
  if (protocol === IP_PROTOCOL.UDP && length >= UDP.size && readU16(head, at + UDP.checksum) === 0) return true;
  const hasPseudo = protocol === IP_PROTOCOL.TCP || protocol === IP_PROTOCOL.UDP;
  const pseudo = hasPseudo ? sumPseudoHeader(head, networkHeader + IPV4.source, 4, protocol, length) : 0;
  return internetChecksum(head, at, length, pseudo) === 0;
}
