// Matches of iptables that remember: limit, recent, quota, statistic (net/netfilter/xt_limit.c, xt_recent.c, xt_quota.c,
// xt_statistic.c, v6.18). Their time is the virtual clock's.
import { readU32 } from '../bytes/index.ts';
import { IPV4 } from '../wire/index.ts';
import { addressOf } from './ipv4-address.ts';
import type { Net } from './net.ts';
import { ANSWER, answer } from './rule-match.ts';
import type { SkBuff } from './sk-buff.ts';
import { type Match, options, unknown } from './xt-matches.ts';
import type { Words } from './xt-words.ts';

const NS_PER_SECOND = 1e9;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** 3/min as nanoseconds for one. */
function nsPerPacket(text: string): number {
  const found = /^(\d+)(?:\/(s|m|h|d)[a-z]*)?$/.exec(text);
  if (found === null || Number(found[1]) === 0) throw new SyntaxError(`${text} is no rate`);
  return (UNITS[found[2] ?? 's']! * NS_PER_SECOND) / Number(found[1]);
}

/** One bucket for all packets of the rule: full at first, a credit for each packet, and credit by time. */
export function limitMatch(words: Words, net: Net): Match {
  let costNs = nsPerPacket('3/hour');
  let burst = 5;
  for (;;) {
    if (words.peek() === '--limit') {
      words.next();
      costNs = nsPerPacket(words.next());
    } else if (words.peek() === '--limit-burst') {
      words.next();
      burst = Number(words.next());
    } else break;
  }
  const mostNs = costNs * burst;
  let creditNs = mostNs;
  let lastNs = net.nowNs;
  return () => {
    creditNs = Math.min(creditNs + net.nowNs - lastNs, mostNs);
    lastNs = net.nowNs;
    if (creditNs < costNs) return ANSWER.NO;
    creditNs -= costNs;
    return ANSWER.YES;
  };
}

/** Bytes, as IP has them. */
export function quotaMatch(words: Words): Match {
  return options(words, {
    '--quota': (negated) => {
      let left = Number(words.next());
      return (skb) => {
        const isLeft = left >= skb.len;
        left = isLeft ? left - skb.len : 0;
        return answer(isLeft !== negated);
      };
    },
  });
}

/** Every nth is counted; by chance nobody knows. */
export function statisticMatch(words: Words): Match {
  const values = new Map<string, string>();
  let isNegated = false;
  while (words.peek()?.startsWith('--') || words.peek() === '!') {
    isNegated = words.takeNot() || isNegated;
    values.set(words.next(), words.next());
  }
  if (values.get('--mode') !== 'nth') return unknown;
  const every = Number(values.get('--every'));
  let count = Number(values.get('--packet') ?? 0);
  // nth_init: the count begins so that the packet of that number is the first to match.
  count = every - 1 - count;
  const negated = isNegated;
  return () => {
    const is = count === every - 1;
    count = is ? 0 : count + 1;
    return answer(is !== negated);
  };
}

/** A list of addresses, with when each was last seen. Shared by all rules that name it. */
interface RecentEntry {
  readonly stampsNs: number[];
  ttl: number;
}

const DEFAULT_LIST = 'DEFAULT';

/** ip_pkt_list_tot, rounded up to a power of two. */
const MOST_STAMPS = 32;
/** ip_list_tot: the oldest entry goes when there are more. */
const MOST_ENTRIES = 100;

export function recentMatch(words: Words, net: Net): Match {
  let action: '--set' | '--rcheck' | '--update' | '--remove' | undefined;
  let isNegated = false;
  let name = DEFAULT_LIST;
  let seconds = 0;
  let hits = 0;
  let reaps = false;
  let asksTtl = false;
  let field: number = IPV4.source;
  let mask = 0xffff_ffff;
  for (let word = words.peek(); word === '!' || word?.startsWith('--'); word = words.peek()) {
    if (words.takeNot()) isNegated = true;
    const option = words.next();
    switch (option) {
      case '--set':
      case '--rcheck':
      case '--update':
      case '--remove':
        action = option;
        break;
      case '--name':
        name = words.next();
        break;
      case '--seconds':
        seconds = Number(words.next());
        break;
      case '--hitcount':
        hits = Number(words.next());
        break;
      case '--reap':
        reaps = true;
        break;
      case '--rttl':
        asksTtl = true;
        break;
      case '--rsource':
        field = IPV4.source;
        break;
      case '--rdest':
        field = IPV4.destination;
        break;
      case '--mask':
        mask = addressOf(words.next()) ?? mask;
        break;
      default:
        throw new SyntaxError(`${option} is no option of recent`);
    }
  }
  if (action === undefined) throw new SyntaxError('recent needs --set, --rcheck, --update or --remove');
  const wanted = action;
  const list = listOf(net, name);
  const negated = isNegated;
  return (skb: SkBuff) => {
    const { head, networkHeader: at } = skb;
    const address = (readU32(head, at + field) & mask) >>> 0;
    const ttl = head[at + IPV4.timeToLive]!;
    return answer(ask(address, ttl) !== negated);
  };

  function ask(address: number, ttl: number): boolean {
    let entry = list.get(address);
    if (entry !== undefined && asksTtl && entry.ttl !== ttl) entry = undefined;
    if (entry === undefined) {
      if (wanted !== '--set') return false;
      if (list.size >= MOST_ENTRIES) list.delete(list.keys().next().value!);
      list.set(address, { stampsNs: [net.nowNs], ttl });
      return true;
    }
    let is = false;
    if (wanted === '--set') is = true;
    else if (wanted === '--remove') {
      list.delete(address);
      return true;
    } else {
      const since = seconds === 0 ? Number.NEGATIVE_INFINITY : net.nowNs - seconds * NS_PER_SECOND;
      const recent = entry.stampsNs.filter((stamp) => stamp >= since);
      is = recent.length >= Math.max(hits, 1);
      if (reaps) {
        entry.stampsNs.splice(0, entry.stampsNs.length - recent.length);
        if (recent.length === 0) list.delete(address);
      }
    }
    if (wanted === '--set' || (wanted === '--update' && is)) {
      entry.stampsNs.push(net.nowNs);
      if (entry.stampsNs.length > MOST_STAMPS) entry.stampsNs.shift();
      entry.ttl = ttl;
      // The newest is the last to go.
      list.delete(address);
      list.set(address, entry);
    }
    return is;
  }
}

const lists = new WeakMap<Net, Map<string, Map<number, RecentEntry>>>();

function listOf(net: Net, name: string): Map<number, RecentEntry> {
  let ofNet = lists.get(net);
  if (ofNet === undefined) {
    ofNet = new Map();
    lists.set(net, ofNet);
  }
  let list = ofNet.get(name);
  if (list === undefined) {
    list = new Map();
    ofNet.set(name, list);
  }
  return list;
}
