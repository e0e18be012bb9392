// IPv4 for this host: net/ipv4/ip_input.c (ip_local_deliver, ip_protocol_deliver_rcu), v6.18.
import { readU16 } from '../bytes/index.ts';
import { ICMP_TYPE, IP_PROTOCOL, IPV4, IPV4_FRAGMENT } from '../wire/index.ts';
import { CHECK } from './checks.ts';
import { icmpRcv } from './icmp.ts';
import { icmpSend } from './icmp-send.ts';
import type { Net } from './net.ts';
import { HOOK } from './netfilter.ts';
import { rawLocalDeliver } from './raw.ts';
import type { SkBuff } from './sk-buff.ts';
import { tcpV4Rcv } from './tcp.ts';
import { udpRcv } from './udp.ts';

export function ipLocalDeliver(net: Net, skb: SkBuff): void {
  net.step(skb, 'ip.deliver');
  const { head, networkHeader: at } = skb;
  if ((readU16(head, at + IPV4.flagsAndOffset) & (IPV4_FRAGMENT.MORE | IPV4_FRAGMENT.OFFSET)) !== 0) {
    net.unknown(skb, 'ip.deliver', 'fragments are not put together yet');
    return;
  }
  if (net.nfHook(HOOK.LOCAL_IN, skb, skb.dev, undefined)) ipProtocolDeliver(net, skb);
}

type Protocol = (net: Net, skb: SkBuff) => void;

/** inet_protos. */
const PROTOCOLS: Readonly<Record<number, Protocol>> = {
  [IP_PROTOCOL.ICMP]: icmpRcv,
  [IP_PROTOCOL.TCP]: tcpV4Rcv,
  [IP_PROTOCOL.UDP]: udpRcv,
};

function ipProtocolDeliver(net: Net, skb: SkBuff): void {
  skb.data = skb.transportHeader;
  const protocol = skb.head[skb.networkHeader + IPV4.protocol]!;
  const raw = rawLocalDeliver(net, skb, protocol);
  const handler = PROTOCOLS[protocol];
  if (handler !== undefined) {
    handler(net, skb);
    return;
  }
  if (raw) {
    net.count('IpInDelivers');
    net.consumeSkb(skb, { kind: 'consumed', point: 'ip.deliver', by: 'ip_protocol_deliver_rcu' });
    return;
  }
  if (protocol === IP_PROTOCOL.IGMP) {
    net.consumeSkb(skb, { kind: 'consumed', point: 'ip.deliver', by: 'igmp_rcv' });
    return;
  }
  icmpSend(net, skb, ICMP_TYPE.UNREACHABLE, 2);
  net.kfreeSkb(skb, CHECK.noProtocol);
}
