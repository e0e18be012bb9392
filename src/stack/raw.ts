// Raw sockets: net/ipv4/raw.c (raw_local_deliver, raw_v4_input), v6.18. Each that fits gets a copy.
import { readU32 } from '../bytes/index.ts';
import { IPV4 } from '../wire/index.ts';
import type { Net } from './net.ts';
import type { SkBuff } from './sk-buff.ts';

/** True when a socket got it. */
export function rawLocalDeliver(net: Net, skb: SkBuff, protocol: number): boolean {
  if (net.sockets.raw.length === 0) return false;
  const local = readU32(skb.head, skb.networkHeader + IPV4.destination);
  const remote = readU32(skb.head, skb.networkHeader + IPV4.source);
  let taken = false;
  for (const socket of net.sockets.raw) {
    const { options } = socket;
    if (options.ipProtocol !== protocol) continue;
    if (options.local !== 0 && options.local !== local) continue;
    if (options.remote !== undefined && options.remote !== 0 && options.remote !== remote) continue;
    if (options.device !== undefined && options.device !== skb.dev!.name) continue;
    taken = true;
    const clone = net.skbs.skbClone(skb);
    const number = skb.journey?.number;
    clone.journey = undefined;
    if (number !== undefined) net.begin(clone, { number, how: 'clone' });
    net.step(clone, 'raw');
    net.step(clone, 'socket.queue').verdict = 'accept';
    net.consumeSkb(clone, { kind: 'delivered', point: 'socket.queue', socket: socket.info });
  }
  return taken;
}
