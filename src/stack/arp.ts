// ARP received: net/ipv4/arp.c (arp_rcv, arp_process), v6.18. What it teaches is not kept: the neighbours of a saved state
// stay as they are.
import { readU16 } from '../bytes/index.ts';
import { ARP, ETHER_TYPE, PACKET_TYPE } from '../wire/index.ts';
import { CHECK } from './checks.ts';
import type { Net } from './net.ts';
import { ARPHRD, IFF } from './net-device.ts';
import type { PacketHandler } from './packet-handler.ts';
import { pskbMayPull, type SkBuff } from './sk-buff.ts';

/** Two hardware and two IPv4 addresses behind the fixed part. */
const ARP_IPV4_BYTES = 28;
const OPERATION = { REQUEST: 1, REPLY: 2 } as const;

export function arpPacketType(net: Net): PacketHandler {
  return { type: ETHER_TYPE.ARP, func: (skb) => arpRcv(net, skb) };
}

function arpRcv(net: Net, skb: SkBuff): void {
  net.step(skb, 'arp');
  const dev = skb.dev!;
  const isIgnored =
    (dev.flags & IFF.NOARP) !== 0 ||
    skb.pktType === PACKET_TYPE.OTHERHOST ||
    skb.pktType === PACKET_TYPE.LOOPBACK ||
    dev.type === ARPHRD.LOOPBACK;
  if (isIgnored) {
    net.consumeSkb(skb, { kind: 'consumed', point: 'arp', by: 'arp_rcv' });
    return;
  }
  if (!pskbMayPull(skb, ARP_IPV4_BYTES)) {
    net.kfreeSkb(skb, CHECK.arpShort);
    return;
  }
  const { head, data: at } = skb;
  if (head[at + ARP.hardwareSize] !== 6 || head[at + ARP.protocolSize] !== 4) {
    net.kfreeSkb(skb, CHECK.arpLengths);
    return;
  }
  const operation = readU16(head, at + ARP.operation);
  const isIpv4 = readU16(head, at + ARP.protocolType) === ETHER_TYPE.IPV4;
  const isEthernet = readU16(head, at + ARP.hardwareType) === 1 || readU16(head, at + ARP.hardwareType) === 6;
  if (!isIpv4 || !isEthernet || (operation !== OPERATION.REQUEST && operation !== OPERATION.REPLY)) {
    net.kfreeSkb(skb, CHECK.arpFields);
    return;
  }
  net.consumeSkb(skb, { kind: 'consumed', point: 'arp', by: 'arp_process' });
}
