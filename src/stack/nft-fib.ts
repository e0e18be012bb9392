// The expression fib: what the routes say of an address (net/ipv4/netfilter/nft_fib_ipv4.c, net/netfilter/nft_fib.c, v6.18).
import { readU32 } from '../bytes/index.ts';
import { IPV4, PACKET_TYPE } from '../wire/index.ts';
import type { Flow } from './fib.ts';
import { isLocalMulticast, isMulticast } from './ipv4-address.ts';
import type { Net } from './net.ts';
import type { NetDevice } from './net-device.ts';
import { HOOK, type HookState } from './netfilter.ts';
import type { Loader } from './nft-expressions.ts';
import type { Json } from './nft-ruleset.ts';
import { ADDRESS_TYPES, NEVER, TYPES } from './nft-types.ts';
import type { SkBuff } from './sk-buff.ts';

const BROADCAST = 0xffff_ffff;

export function fibLoader({ result, flags }: Json, net: Net): Loader {
  const names = new Set(Array.isArray(flags) ? flags : [flags]);
  if (result === 'type') return typeLoader(names, net);
  const find = oifFinder(names, net);
  if (result === 'oifname') return { type: TYPES.ifname, load: (skb, state) => find(skb, state)?.name ?? '' };
  const parse = (name: string) => net.devGetByName(name)?.ifindex ?? NEVER;
  return { type: { bits: 32, parse }, load: (skb, state) => find(skb, state)?.ifindex ?? 0 };
}

/** nft_fib4_eval_type. */
function typeLoader(flags: ReadonlySet<unknown>, net: Net): Loader {
  const field = flags.has('daddr') ? IPV4.destination : IPV4.source;
  const which = flags.has('iif') ? 'in' : flags.has('oif') ? 'out' : undefined;
  return {
    type: TYPES.fib_addrtype,
    load: (skb, state) => {
      const address = readU32(skb.head, skb.networkHeader + field);
      const dev = which === undefined ? undefined : state[which];
      return ADDRESS_TYPES[net.addressType(address, dev)];
    },
  };
}

/** nft_fib4_eval: the device by which the address is reached; with iif or oif, that device when the route is over it. */
function oifFinder(flags: ReadonlySet<unknown>, net: Net): (skb: SkBuff, state: HookState) => NetDevice | undefined {
  const asksDestination = flags.has('daddr');
  const which = flags.has('oif') ? 'out' : flags.has('iif') ? 'in' : undefined;
  const asksMark = flags.has('mark');
  const flow: Flow = {
    daddr: 0,
    saddr: 0,
    iif: 0,
    oif: 0,
    tos: 0,
    mark: 0,
    protocol: 0,
    sourcePort: 0,
    destinationPort: 0,
  };
  return (skb, state) => {
    const { head, networkHeader: at } = skb;
    const isIncoming = state.hook === HOOK.PRE_ROUTING || state.hook === HOOK.LOCAL_IN;
    if (isIncoming && (skb.pktType === PACKET_TYPE.LOOPBACK || state.in?.isLoopback === true)) return state.in;
    const source = readU32(head, at + IPV4.source);
    const destination = readU32(head, at + IPV4.destination);
    if (source === 0 && (destination === BROADCAST || isLocalMulticast(destination))) return skb.dev;
    const isBack = !asksDestination && state.hook === HOOK.FORWARD && flags.has('iif');
    flow.iif = isBack ? (state.out?.ifindex ?? 0) : net.loopback.ifindex;
    flow.daddr = asksDestination ? destination : source;
    flow.saddr = routable(asksDestination ? source : destination);
    flow.tos = head[at + IPV4.typeOfService]! & DSCP_MASK;
    flow.mark = asksMark ? skb.mark : 0;
    flow.protocol = head[at + IPV4.protocol]!;
    const route = net.fib.lookUp(flow, net.deviceName);
    if (typeof route === 'string' || route.type === 'local') return undefined;
    const wanted = which === undefined ? undefined : state[which];
    if (which === undefined) return route.nextHops[0]?.dev;
    return route.nextHops.some(({ dev }) => dev === wanted) ? wanted : undefined;
  };
}

const DSCP_MASK = 0xfc;

/** get_saddr. */
function routable(address: number): number {
  return isMulticast(address) || address === BROADCAST ? 0 : address;
}
