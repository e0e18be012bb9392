// Statements of NAT: net/netfilter/nft_nat.c, nft_masq.c, nft_redir.c, v6.18. Addresses and ports stand in the rule, are loaded,
// or come out of a map, which may give both.
import { readU32 } from '../bytes/index.ts';
import { IPV4 } from '../wire/index.ts';
import { type HookState, VERDICT } from './netfilter.ts';
import { type NatRange, natForRules } from './nf-nat.ts';
import { MANIP } from './nf-nat-packet.ts';
import { expressionOf } from './nft-expressions.ts';
import { find, keyOf, partOf, setOf } from './nft-keys.ts';
import type { Run } from './nft-matches.ts';
import { BREAK } from './nft-payload.ts';
import { ACCEPTS, BREAKS, DROPS, type MapData, type NftContext, NOT_KNOWN, type Outcome } from './nft-rule.ts';
import { isObject, type Json, listIn } from './nft-ruleset.ts';
import { type DataType, TYPES, UnknownWord, type Value } from './nft-types.ts';
import type { SkBuff } from './sk-buff.ts';

interface Ends {
  readonly low: readonly Value[];
  readonly high: readonly Value[];
}

/** What is translated to; BREAK or UNKNOWN where that cannot be said. */
type Target = (skb: SkBuff, state: HookState) => Ends | number;

const OUTCOMES: Readonly<Record<number, Outcome>> = { [VERDICT.ACCEPT]: ACCEPTS, [VERDICT.DROP]: DROPS };

export function natOutcome(kind: string, body: Json, context: NftContext): Run {
  const nat = natForRules(context.net);
  const flags = listIn(body, 'flags');
  const fixed: NatRange = {
    ...(flags.includes('random') || flags.includes('fully-random') ? { isRandom: true } : {}),
    ...(flags.includes('persistent') ? { isPersistent: true } : {}),
  };
  const isNetmap = flags.includes('netmap');
  const address = targetOf(body.addr, [TYPES.ipv4_addr, TYPES.inet_service], context);
  const port = targetOf(body.port, [TYPES.inet_service], context);
  if (kind === 'tproxy' || body.family === 'ip6') throw new UnknownWord(kind);
  const isSource = kind === 'snat';
  return (skb, state) => {
    const to = address?.(skb, state);
    const ports = port?.(skb, state);
    const failed = typeof to === 'number' ? to : typeof ports === 'number' ? ports : 0;
    if (failed !== 0) return failed === BREAK ? BREAKS : NOT_KNOWN;
    const range = rangeOf(fixed, to as Ends | undefined, ports as Ends | undefined);
    if (skb.nfct === undefined) return ACCEPTS;
    switch (kind) {
      case 'masquerade':
        return OUTCOMES[nat.masquerade(skb, range, state.out!)]!;
      case 'redirect':
        return OUTCOMES[nat.redirect(skb, range, state.hook)]!;
      default: {
        const chosen = isNetmap ? netmapped(range, skb, isSource) : range;
        return OUTCOMES[nat.setup(skb, chosen, isSource ? MANIP.SOURCE : MANIP.DESTINATION)]!;
      }
    }
  };
}

/** A map's value of two fields is an address and a port. */
function rangeOf(fixed: NatRange, address: Ends | undefined, port: Ends | undefined): NatRange {
  const range: { -readonly [Name in keyof NatRange]: NatRange[Name] } = { ...fixed };
  if (address !== undefined) {
    range.minAddress = address.low[0] as number;
    range.maxAddress = address.high[0] as number;
  }
  const minPort = port?.low[0] ?? address?.low[1];
  const maxPort = port?.high[0] ?? address?.high[1];
  if (minPort !== undefined) range.minPort = minPort as number;
  if (maxPort !== undefined) range.maxPort = maxPort as number;
  return range;
}

/** nft_nat_setup_netmap: the bits behind the prefix stay. */
function netmapped(range: NatRange, skb: SkBuff, isSource: boolean): NatRange {
  const { minAddress = 0, maxAddress = 0 } = range;
  const mask = ~(minAddress ^ maxAddress);
  const own = readU32(skb.head, skb.networkHeader + (isSource ? IPV4.source : IPV4.destination));
  const address = ((minAddress & mask) | (own & ~mask)) >>> 0;
  return { ...range, minAddress: address, maxAddress: address };
}

function targetOf(json: unknown, types: readonly DataType[], context: NftContext): Target | undefined {
  if (json === undefined || json === null) return undefined;
  if (isObject(json) && isObject(json.map)) return mapTarget(json.map, types, context);
  const isValue = !isObject(json) || 'range' in json || 'prefix' in json;
  if (isValue) {
    const part = partOf(json, types[0]!);
    if (part.kind === 'beginning') throw new UnknownWord(part.text);
    const ends =
      part.kind === 'range' ? { low: [part.low], high: [part.high] } : { low: [part.value], high: [part.value] };
    return () => ends;
  }
  const { load } = expressionOf(json, context, types[0]);
  return (skb, state) => {
    const value = load(skb, state);
    return typeof value === 'number' && value < 0 ? value : { low: [value], high: [value] };
  };
}

function mapTarget({ key, data }: Json, types: readonly DataType[], context: NftContext): Target {
  const looked = keyOf(key, context);
  const set = setOf(data, looked.types, context, types);
  const { net } = context;
  return (skb, state) => {
    const found = find(looked, set, skb, state, net.nowNs);
    return typeof found === 'number' ? found : (found.data as MapData);
  };
}
