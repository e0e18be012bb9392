// The way of a packet of this host anew, since a hook changed it: net/ipv4/netfilter.c (ip_route_me_harder), v6.18.
import { readU32 } from '../bytes/index.ts';
import { IPV4 } from '../wire/index.ts';
import { ipRouteOutput } from './ip-output.ts';
import type { Net } from './net.ts';
import type { SkBuff } from './sk-buff.ts';

const TOS_RT_MASK = 0xfc;

/** False where there is none. */
export function ipRouteMeHarder(net: Net, skb: SkBuff): boolean {
  const { head, networkHeader: at, mark } = skb;
  const source = readU32(head, at + IPV4.source);
  const route = ipRouteOutput(net, {
    daddr: readU32(head, at + IPV4.destination),
    saddr: net.addressType(source) === 'local' ? source : 0,
    tos: head[at + IPV4.typeOfService]! & TOS_RT_MASK,
    protocol: head[at + IPV4.protocol]!,
    mark,
  });
  if (typeof route === 'string') return false;
  skb.dst = route;
  skb.dev = route.dev;
  return true;
}
