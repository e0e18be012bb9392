// Statements of nftables: what a rule does, step by step (net/netfilter/nft_meta.c, nft_ct.c, nft_counter.c, nft_limit.c,
// nft_quota.c, nft_reject.c, nft_dynset.c, nft_lookup.c, v6.18). What the model does not know says so when a packet gets there.
import { IP_PROTOCOL, IPV4 } from '../wire/index.ts';
import type { Net } from './net.ts';
import { CT_INFO } from './nf-conntrack.ts';
import { conntrackOf } from './nf-conntrack-core.ts';
import { expressionOf, type Load } from './nft-expressions.ts';
import { optionWrite, payloadWrite } from './nft-header-writes.ts';
import { find, keyOf, setOf } from './nft-keys.ts';
import { matchOf, type Run } from './nft-matches.ts';
import { natOutcome } from './nft-nat.ts';
import { BREAK, UNKNOWN } from './nft-payload.ts';
import { limitOf, type Pass, passOf, quotaOf } from './nft-rates.ts';
import { BREAKS, DROPS, GO_ON, type MapData, type NftContext, NOT_KNOWN, type Outcome, type Step } from './nft-rule.ts';
import { isObject, type Json, listIn } from './nft-ruleset.ts';
import { NftSet } from './nft-sets.ts';
import { type DataType, ICMP_CODES, ICMPX_CODES, TYPES, UnknownWord, valueIn } from './nft-types.ts';
import { verdictOf } from './nft-verdicts.ts';
import { nfSendReset, nfSendUnreach } from './reject.ts';
import type { SkBuff } from './sk-buff.ts';

/** Throws SyntaxError for what is malformed. */
export function stepOf(json: Json, context: NftContext): Step {
  const [kind = ''] = Object.keys(json);
  const value = json[kind];
  context.counts = false;
  try {
    const verdict = verdictOf(json, context);
    if (verdict !== undefined) return { run: () => verdict, whenTried: 'run' };
    const make = STATEMENTS[kind];
    if (make === undefined) return stuck(`${kind} is not modelled`);
    const step = make(isObject(value) ? value : { name: value }, context);
    return context.counts ? { ...step, whenTried: 'stop' } : step;
  } catch (error) {
    if (!(error instanceof UnknownWord)) throw error;
    if (kind === 'match' && isObject(value)) return tried(unknownMatch(value, context));
    return stuck(`${kind} is not modelled: ${error.message}`);
  }
}

/** Against a word that is not known. What cannot be loaded does not match in any case. */
function unknownMatch({ left }: Json, context: NftContext): Run {
  try {
    const key = keyOf(left, context);
    return (skb, state) => (key.load(skb, state) === BREAK ? BREAKS : NOT_KNOWN);
  } catch (error) {
    if (!(error instanceof UnknownWord)) throw error;
    return () => NOT_KNOWN;
  }
}

const tried = (run: Run): Step => ({ run, whenTried: 'run' });
const acting = (run: Run): Step => ({ run, whenTried: 'stop' });
const skipped: Step = { run: () => GO_ON, whenTried: 'skip' };

function stuck(why: string): Step {
  const outcome: Outcome = { kind: 'stuck', why };
  return tried(() => outcome);
}

const passing = (pass: Pass): Step => acting(({ len }) => (pass(len) ? GO_ON : BREAKS));

type Maker = (body: Json, context: NftContext) => Step;

const nat =
  (kind: string): Maker =>
  (body, context) =>
    acting(natOutcome(kind, body, context));

const STATEMENTS: Readonly<Record<string, Maker>> = {
  match: (body, context) => tried(matchOf(body, context)),
  vmap: (body, context) => tried(vmap(body, context)),
  counter: ({ name }, context) => {
    // A name that comes out of a map is none.
    if (isObject(name)) throw new UnknownWord('a counter by a map');
    return typeof name === 'string' ? context.object(`counter ${name}`, () => skipped) : skipped;
  },
  limit: (body, context) => shared('limit', body, context, (json) => passing(limitOf(json, context.net))),
  quota: (body, context) => shared('quota', body, context, (json) => passing(quotaOf(json))),
  log: () => skipped,
  last: () => skipped,
  secmark: () => skipped,
  'ct helper': () => skipped,
  'ct timeout': () => skipped,
  'ct expectation': () => skipped,
  'ct count': () => tried(() => NOT_KNOWN),
  xt: () => stuck('an extension of iptables is not modelled here'),
  notrack: () =>
    acting((skb) => {
      if (skb.nfct === undefined) skb.nfctInfo = CT_INFO.UNTRACKED;
      return GO_ON;
    }),
  reject: (body, { net }) => acting(reject(body, net)),
  masquerade: nat('masquerade'),
  redirect: nat('redirect'),
  snat: nat('snat'),
  dnat: nat('dnat'),
  mangle: (body, context) => mangle(body, context),
  set: (body, context) => acting(dynamic(body, String(body.set), context)),
  map: (body, context) => acting(dynamic(body, String(body.map), context)),
  meter: (body, context) => meter(body, context),
};

/** One in the rule, or a named one that rules share. */
function shared(kind: string, body: Json, context: NftContext, make: (json: Json) => Step): Step {
  if ('rate' in body || 'val' in body) return make(body);
  const { name } = body;
  if (typeof name !== 'string') throw new UnknownWord(`a ${kind} by a map`);
  const key = `${kind} ${name}`;
  const saved = context.table.objects.get(key);
  if (saved === undefined) throw new SyntaxError(`there is no ${kind} ${name}`);
  return context.object(key, () => make(saved));
}

// --- vmap

const STUCK_MAP: Outcome = { kind: 'stuck', why: 'it is not known which element of a map it is' };

function vmap({ key, data }: Json, context: NftContext): Run {
  const looked = keyOf(key, context);
  const set = setOf(data, looked.types, context);
  const { net } = context;
  return (skb, state) => {
    const found = find(looked, set, skb, state, net.nowNs);
    if (typeof found === 'number') return found === BREAK ? BREAKS : STUCK_MAP;
    return found.data?.verdict ?? STUCK_MAP;
  };
}

// --- reject

function reject({ type, expr }: Json, net: Net): Run {
  if (type === 'tcp reset') {
    return (skb) => {
      if (skb.head[skb.networkHeader + IPV4.protocol] === IP_PROTOCOL.TCP) nfSendReset(net, skb);
      return DROPS;
    };
  }
  if (type === 'icmpv6') return () => BREAKS;
  const codes = type === 'icmp' ? ICMP_CODES : ICMPX_CODES;
  const code = expr === undefined ? ICMP_CODES['port-unreachable'] : (codes[String(expr)] ?? Number(expr));
  if (code === undefined || Number.isNaN(code)) throw new UnknownWord(String(expr));
  return (skb) => {
    nfSendUnreach(net, skb, code);
    return DROPS;
  };
}

// --- set

function mangle({ key, value }: Json, context: NftContext): Step {
  const [kind = ''] = isObject(key) ? Object.keys(key) : [];
  const body = isObject(key) && isObject(key[kind]) ? key[kind] : {};
  if (kind === 'meta') return setMeta(String(body.key), value, context);
  if (kind === 'ct') return setCt(String(body.key), value, context);
  if (kind === 'payload') return acting(payloadWrite(body, value, context));
  if (kind === 'tcp option') return acting(optionWrite(body, value, context));
  throw new UnknownWord(`writing to ${kind}`);
}

function loadOf(json: unknown, type: DataType, context: NftContext): Load {
  if (isObject(json)) return expressionOf(json, context, type).load;
  const value = valueIn(json, type);
  return () => value;
}

const STUCK_VALUE: Outcome = { kind: 'stuck', why: 'it is not known which value is set' };

/** `set` is given what was loaded. */
function setting(load: Load, set: (skb: SkBuff, value: number) => void): Step {
  return acting((skb, state) => {
    const value = load(skb, state);
    if (value === BREAK) return BREAKS;
    if (value === UNKNOWN) return STUCK_VALUE;
    set(skb, value as number);
    return GO_ON;
  });
}

function setMeta(key: string, value: unknown, context: NftContext): Step {
  switch (key) {
    case 'mark':
      return setting(loadOf(value, TYPES.mark, context), (skb, mark) => {
        skb.mark = mark;
      });
    case 'pkttype':
      return setting(loadOf(value, TYPES.pkt_type, context), (skb, pktType) => {
        skb.pktType = pktType;
      });
    default:
      // Priority, tracing and the like decide nothing here.
      return skipped;
  }
}

function setCt(key: string, value: unknown, context: NftContext): Step {
  conntrackOf(context.net);
  switch (key) {
    case 'mark':
      return setting(loadOf(value, TYPES.mark, context), ({ nfct }, mark) => {
        if (nfct !== undefined) nfct.mark = mark;
      });
    case 'zone':
      return setting(loadOf(value, { bits: 16 }, context), (skb, zone) => {
        if (skb.nfct === undefined && skb.nfctInfo !== CT_INFO.UNTRACKED) skb.nfctZone = zone;
      });
    default:
      return skipped;
  }
}

// --- elements that rules add

const NS_PER_SECOND = 1e9;

/** nft_dynset_eval. `name`: "@name". */
function dynamic({ op, elem, stmt }: Json, name: string, context: NftContext, own = context.set(name.slice(1))): Run {
  const settings = isObject(elem) && isObject(elem.elem) ? elem.elem : { val: elem };
  const timeoutNs = typeof settings.timeout === 'number' ? settings.timeout * NS_PER_SECOND : own.defaultTimeoutNs;
  const key = keyOf(settings.val, context);
  const { net } = context;
  const statements = listIn({ stmt }, 'stmt').filter(isObject);
  // Once, so that what is not known is told at load.
  passOf(statements, net);
  return (skb, state) => {
    const loaded = key.load(skb, state);
    if (loaded === BREAK) return BREAKS;
    if (loaded === UNKNOWN) {
      own.isUnknown = true;
      return NOT_KNOWN;
    }
    const there = own.find(key.values, net.nowNs);
    if (op === 'delete') {
      own.delete(key.values);
      return GO_ON;
    }
    const expiresNs = timeoutNs === 0 ? 0 : net.nowNs + timeoutNs;
    if (there !== undefined) {
      if (op === 'update' && there.timeoutNs !== 0) there.expiresNs = expiresNs;
      return there.passes === undefined || there.passes(skb.len) ? GO_ON : BREAKS;
    }
    own.delete(key.values);
    const passes = passOf(statements, net);
    const element = { data: undefined, expiresNs, timeoutNs, passes };
    if (!own.put(key.values, element, net.nowNs)) return BREAKS;
    return passes === undefined || passes(skb.len) ? GO_ON : BREAKS;
  };
}

/** A set of the rule's own, as older rulesets write it. */
function meter({ key, stmt, name }: Json, context: NftContext): Step {
  const own = context.table.sets.has(String(name)) ? undefined : new NftSet<MapData>([]);
  return acting(dynamic({ op: 'update', elem: key, stmt }, `@${String(name)}`, context, own));
}
