// Expressions of nftables: what is loaded of a packet, as functions of it (net/netfilter/nft_payload.c, nft_meta.c, nft_ct.c,
// nft_bitwise.c, nft_numgen.c, nft_fib.c, v6.18). A value that cannot be loaded is BREAK, one that the model has not, UNKNOWN.
import { readU16 } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV4, IPV4_FRAGMENT } from '../wire/index.ts';
import type { HookState } from './netfilter.ts';
import { type Connection, CT_INFO, isReply } from './nf-conntrack.ts';
import { conntrackOf } from './nf-conntrack-core.ts';
import type { Tuple } from './nf-conntrack-tuple.ts';
import { fibLoader } from './nft-fib.ts';
import { keyOf, mapLookup } from './nft-keys.ts';
import { BREAK, payloadField, rawPayload, UNKNOWN } from './nft-payload.ts';
import type { NftContext } from './nft-rule.ts';
import { isObject, type Json } from './nft-ruleset.ts';
import { CT_STATE_BITS, type DataType, INTEGER, NEVER, numberOf, TYPES, UnknownWord, type Value } from './nft-types.ts';
import type { SkBuff } from './sk-buff.ts';

export type Load = (skb: SkBuff, state: HookState) => Value;

export interface Loader {
  readonly type: DataType;
  readonly load: Load;
}

/** `wanted`: the type of what a map maps to. Throws UnknownWord. */
export function expressionOf(json: unknown, context: NftContext, wanted: DataType = INTEGER): Loader {
  if (!isObject(json)) throw new UnknownWord(JSON.stringify(json));
  const [kind = ''] = Object.keys(json);
  const make = EXPRESSIONS[kind];
  const body = json[kind];
  if (make === undefined) throw new UnknownWord(`the expression ${kind}`);
  return make(isObject(body) ? body : { args: body }, context, wanted);
}

type Maker = (body: Json, context: NftContext, wanted: DataType) => Loader;

const notKnown: Loader = { type: INTEGER, load: () => UNKNOWN };

const EXPRESSIONS: Readonly<Record<string, Maker>> = {
  payload: (body) => {
    const { base, offset, len, protocol, field } = body;
    const found =
      typeof base === 'string'
        ? rawPayload(base, Number(offset), Number(len))
        : payloadField(String(protocol), String(field));
    return found ?? notKnown;
  },
  meta: ({ key }, context) => metaLoader(String(key), context),
  ct: (body, context) => ctLoader(body, context),
  fib: (body, context) => fibLoader(body, context.net),
  numgen: (body, context) => numgenLoader(body, context),
  map: (body, context, wanted) => mapLookup(keyOf(body.key, context), body.data, context, wanted),
  jhash: () => notKnown,
  symhash: () => notKnown,
  socket: () => notKnown,
  rt: () => notKnown,
  osf: () => notKnown,
  ipsec: () => notKnown,
  exthdr: () => notKnown,
  'ip option': () => notKnown,
  'tcp option': () => ({
    type: INTEGER,
    load: ({ head, networkHeader: at }) => {
      const isLater = (readU16(head, at + IPV4.flagsAndOffset) & IPV4_FRAGMENT.OFFSET) !== 0;
      return isLater || head[at + IPV4.protocol] !== IP_PROTOCOL.TCP ? BREAK : UNKNOWN;
    },
  }),
  '&': bitwise((a, b) => a & b),
  '|': bitwise((a, b) => a | b),
  '^': bitwise((a, b) => a ^ b),
  '<<': bitwise((a, b) => a << b, true),
  '>>': bitwise((a, b) => a >>> b, true),
};

// --- bitwise

/** The operands behind the first are numbers, or loaded themselves. */
function bitwise(apply: (a: number, b: number) => number, isShift = false): Maker {
  return ({ args }, context, wanted) => {
    if (!Array.isArray(args) || args.length < 2) throw new UnknownWord(JSON.stringify(args));
    const [first, ...others] = args as readonly unknown[];
    let one = expressionOf(first, context, wanted);
    if (one.type.bits > 32) throw new UnknownWord('bits of so many');
    for (const other of others) {
      const isLoaded = isObject(other) && EXPRESSIONS[Object.keys(other)[0] ?? ''] !== undefined && !isFlags(other);
      one = isLoaded
        ? both(one, expressionOf(other, context, wanted), apply)
        : withNumber(one, numberOf(other, isShift ? INTEGER : one.type), apply);
    }
    return one;
  };
}

const isFlags = (json: Json) => Array.isArray(json['|']) && json['|'].every((one) => typeof one !== 'object');

function withNumber({ type, load }: Loader, number: number, apply: (a: number, b: number) => number): Loader {
  return {
    type,
    load: (skb, state) => {
      const value = load(skb, state) as number;
      return value < 0 ? value : apply(value, number) >>> 0;
    },
  };
}

function both(a: Loader, b: Loader, apply: (a: number, b: number) => number): Loader {
  return {
    type: a.type,
    load: (skb, state) => {
      const left = a.load(skb, state) as number;
      if (left < 0) return left;
      const right = b.load(skb, state) as number;
      return right < 0 ? right : apply(left, right) >>> 0;
    },
  };
}

// --- meta

const loaded = (type: DataType, load: Load): Loader => ({ type, load });

function metaLoader(key: string, { net }: NftContext): Loader {
  const index: DataType = { bits: 32, parse: (name) => net.devGetByName(name)?.ifindex ?? (Number(name) || NEVER) };
  switch (key) {
    case 'l4proto':
      return loaded(TYPES.inet_proto, ({ head, networkHeader: at }) => head[at + IPV4.protocol]!);
    case 'protocol':
      return loaded(TYPES.ether_type, ({ protocol }) => protocol);
    case 'nfproto':
      return loaded(TYPES.nf_proto, () => TYPES.nf_proto.words.ipv4);
    case 'length':
      return loaded(INTEGER, ({ len }) => len);
    case 'mark':
      return loaded(TYPES.mark, ({ mark }) => mark);
    case 'pkttype':
      return loaded(TYPES.pkt_type, ({ pktType }) => (pktType === LOOPBACK ? UNKNOWN : pktType));
    case 'iif':
      return loaded(index, (_, state) => state.in?.ifindex ?? 0);
    case 'oif':
      return loaded(index, (_, { out }) => out?.ifindex ?? 0);
    case 'iifname':
      return loaded(TYPES.ifname, (_, state) => state.in?.name ?? '');
    case 'oifname':
      return loaded(TYPES.ifname, (_, { out }) => out?.name ?? '');
    case 'iiftype':
      return loaded(TYPES.iface_type, (_, state) => state.in?.type ?? BREAK);
    case 'oiftype':
      return loaded(TYPES.iface_type, (_, { out }) => out?.type ?? BREAK);
    default:
      return notKnown;
  }
}

/** PACKET_LOOPBACK. */
const LOOPBACK = 5;

// --- ct

type OfConnection = (connection: Connection, skb: SkBuff) => number;

const CT_KEYS: Readonly<Record<string, readonly [type: DataType, load: OfConnection]>> = {
  status: [TYPES.ct_status, ({ status }) => status],
  mark: [TYPES.mark, ({ mark }) => mark],
  direction: [TYPES.ct_dir, (_, { nfctInfo }) => (isReply(nfctInfo) ? 1 : 0)],
  l3proto: [TYPES.nf_proto, () => TYPES.nf_proto.words.ipv4],
  protocol: [TYPES.inet_proto, ({ original }) => original.protocol],
  zone: [INTEGER, ({ zone }) => zone],
};

const TUPLE_KEYS: Readonly<Record<string, readonly [type: DataType, field: keyof Tuple]>> = {
  saddr: [TYPES.ipv4_addr, 'source'],
  daddr: [TYPES.ipv4_addr, 'destination'],
  'ip saddr': [TYPES.ipv4_addr, 'source'],
  'ip daddr': [TYPES.ipv4_addr, 'destination'],
  'proto-src': [TYPES.inet_service, 'sourcePort'],
  'proto-dst': [TYPES.inet_service, 'destinationPort'],
};

function ctLoader({ key, dir }: Json, { net }: NftContext): Loader {
  conntrackOf(net);
  const name = String(key);
  if (name === 'state') return loaded(TYPES.ct_state, ctState);
  const ofTuple = TUPLE_KEYS[name];
  if (ofTuple !== undefined && dir !== undefined) {
    const [type, field] = ofTuple;
    const which = dir === 'reply' ? 'reply' : 'original';
    return loaded(type, ({ nfct }) => nfct?.[which][field] ?? BREAK);
  }
  const known = CT_KEYS[name];
  if (known === undefined) return loaded(INTEGER, ({ nfct }) => (nfct === undefined ? BREAK : UNKNOWN));
  const [type, load] = known;
  return loaded(type, (skb) => (skb.nfct === undefined ? BREAK : load(skb.nfct, skb)));
}

const INVALID = 1;

function ctState({ nfct, nfctInfo }: SkBuff): number {
  return nfct === undefined && nfctInfo !== CT_INFO.UNTRACKED ? INVALID : CT_STATE_BITS[nfctInfo]!;
}

// --- numgen

/** One counter for all packets, which begins so that the first gets zero: nft_ng_inc_init. */
function numgenLoader({ mode, mod, offset = 0 }: Json, context: NftContext): Loader {
  if (mode !== 'inc' || typeof mod !== 'number' || typeof offset !== 'number') return notKnown;
  let count = mod - 1;
  context.counts = true;
  return loaded(INTEGER, () => {
    count = count + 1 < mod ? count + 1 : 0;
    return count + offset;
  });
}
