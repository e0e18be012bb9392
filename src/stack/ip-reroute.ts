// The way of a packet of this host anew, since a hook changed it: net/ipv4/netfilter.c (ip_route_me_harder), v6.18, and the
// hooks that ask for it.
import { readU32 } from '../bytes/index.ts';
import { IPV4 } from '../wire/index.ts';
import { ipRouteOutput } from './ip-output.ts';
import type { Net } from './net.ts';
import { type HookFunction, VERDICT } from './netfilter.ts';
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

/**
 * ipt_mangle_out (net/ipv4/netfilter/iptable_mangle.c) and nf_route_table_hook4 (net/netfilter/nft_chain_route.c): what the host
 * sends takes another way when the hook changed what routing asks about.
 */
export function rerouting(net: Net, one: HookFunction): HookFunction {
  const run: HookFunction['run'] = (skb, state) => {
    const { head, networkHeader: at, mark } = skb;
    const was = [readU32(head, at + IPV4.source), readU32(head, at + IPV4.destination), head[at + IPV4.typeOfService]];
    const verdict = one.run(skb, state);
    if (verdict !== VERDICT.ACCEPT) return verdict;
    const now = skb.head;
    const isSame =
      skb.mark === mark &&
      readU32(now, at + IPV4.source) === was[0] &&
      readU32(now, at + IPV4.destination) === was[1] &&
      now[at + IPV4.typeOfService] === was[2];
    return isSame || ipRouteMeHarder(net, skb) ? verdict : VERDICT.DROP;
  };
  return { ...one, run };
}
