// Rules of nftables that write into headers: net/netfilter/nft_payload.c (nft_payload_set_eval), nft_exthdr.c
// (nft_exthdr_tcp_set_eval), v6.18: the bytes of IPv4 that rules change, and the largest segment of TCP, made smaller only.
import { IP_PROTOCOL, IPV4 } from '../wire/index.ts';
import { expressionOf, type Load } from './nft-expressions.ts';
import type { Run } from './nft-matches.ts';
import { BREAK } from './nft-payload.ts';
import { BREAKS, GO_ON, type NftContext, NOT_KNOWN } from './nft-rule.ts';
import { isObject, type Json } from './nft-ruleset.ts';
import { type DataType, INTEGER, numberOf, TYPES, UnknownWord } from './nft-types.ts';
import { setMss, writeByte } from './xt-header-targets.ts';

interface Written {
  readonly name: string;
  readonly offset: number;
  readonly type: DataType;
  /** The byte, from what it was. */
  readonly byte: (was: number, value: number) => number;
}

/** By field of ip. */
const FIELDS: Readonly<Record<string, Written>> = {
  dscp: { name: 'tos', offset: IPV4.typeOfService, type: TYPES.dscp, byte: (was, value) => (was & 3) | (value << 2) },
  ecn: { name: 'tos', offset: IPV4.typeOfService, type: TYPES.ecn, byte: (was, value) => (was & ~3) | value },
  ttl: { name: 'ttl', offset: IPV4.timeToLive, type: INTEGER, byte: (_, value) => value },
};

/** Throws UnknownWord for other fields. */
export function payloadWrite({ protocol, field }: Json, value: unknown, context: NftContext): Run {
  const written = protocol === 'ip' ? FIELDS[String(field)] : undefined;
  if (written === undefined) throw new UnknownWord(`writing to ${String(protocol)} ${String(field)}`);
  const { name, offset, type, byte } = written;
  const load = loadOf(value, type, context);
  return (skb, state) => {
    const found = load(skb, state) as number;
    if (found < 0) return found === BREAK ? BREAKS : NOT_KNOWN;
    const was = skb.head[skb.networkHeader + offset]!;
    writeByte(context.net, skb, state, name, offset, byte(was, found) & 0xff);
    return GO_ON;
  };
}

function loadOf(value: unknown, type: DataType, context: NftContext): Load {
  if (isObject(value)) return expressionOf(value, context, type).load;
  const number = numberOf(value, type);
  return () => number;
}

/** tcp option maxseg size set 1400, or rt mtu. */
export function optionWrite({ name, field }: Json, value: unknown, { net }: NftContext): Run {
  const isOfRoute = isObject(value) && isObject(value.rt) && value.rt.key === 'mtu';
  if (name !== 'maxseg' || field !== 'size' || !(isOfRoute || typeof value === 'number')) {
    throw new UnknownWord(`writing to tcp option ${String(name)}`);
  }
  const size = typeof value === 'number' ? value : undefined;
  return (skb, state) => {
    if (skb.head[skb.networkHeader + IPV4.protocol] !== IP_PROTOCOL.TCP) return BREAKS;
    return setMss(net, skb, size, state) ? GO_ON : BREAKS;
  };
}
