// Out of the host: net/core/dev.c (__dev_queue_xmit, dev_hard_start_xmit), v6.18. Queueing disciplines let everything pass
// here. What lo is given to send comes back in.
import { PACKET_TYPE } from '../wire/index.ts';
import { ethTypeTrans, netifRx } from './dev-input.ts';
import { addressText } from './ipv4-address.ts';
import type { Net } from './net.ts';
import type { NetDevice } from './net-device.ts';
import type { SkBuff } from './sk-buff.ts';
import { schHandle } from './traffic-control.ts';

/** `nextHop`: for the journey; undefined where there is none. */
export function devQueueXmit(net: Net, skb: SkBuff, nextHop: number | undefined): void {
  const dev = skb.dev!;
  skb.macHeader = skb.data;
  if (!schHandle(net, skb, 'tc.egress', dev.tcEgress)) return;
  net.step(skb, 'qdisc');
  for (const handler of [...net.ptypeAll, ...dev.ptypeAll]) {
    const seen = net.skbs.skbClone(skb);
    seen.pktType = PACKET_TYPE.OUTGOING;
    handler.func(seen, dev, dev);
  }
  devStartXmit(net, skb, nextHop);
}

/** generic_xdp_tx: a frame that came in leaves by `dev`, past queueing disciplines and taps. */
export function devDirectXmit(net: Net, skb: SkBuff, dev: NetDevice): void {
  skb.data = skb.macHeader;
  skb.dev = dev;
  devStartXmit(net, skb, undefined);
}

/** netdev_start_xmit. */
function devStartXmit(net: Net, skb: SkBuff, nextHop: number | undefined): void {
  const dev = skb.dev!;
  net.step(skb, 'transmit');
  dev.statistics.txPackets++;
  dev.statistics.txBytes += skb.len;
  if (dev.isLoopback) {
    loopbackXmit(net, skb);
    return;
  }
  net.onTransmit?.(dev, skb.head.subarray(skb.data, skb.tail), skb);
  const next = nextHop === undefined ? {} : { nextHop: addressText(nextHop) };
  net.consumeSkb(skb, { kind: 'forwarded', point: 'transmit', device: dev.name, ...next });
}

/** loopback_xmit, drivers/net/loopback.c: the packet keeps its route. */
function loopbackXmit(net: Net, skb: SkBuff): void {
  const dev = skb.dev!;
  ethTypeTrans(skb, dev);
  dev.statistics.rxPackets++;
  dev.statistics.rxBytes += skb.len;
  netifRx(net, skb);
}
