// Matches of iptables that ask about a packet's connection (net/netfilter/xt_conntrack.c, xt_state.c, xt_connmark.c, v6.18).
import type { Net } from './net.ts';
import { CT_INFO, CT_STATUS, isReply } from './nf-conntrack.ts';
import { conntrackOf } from './nf-conntrack-core.ts';
import type { Tuple } from './nf-conntrack-tuple.ts';
import { answer } from './rule-match.ts';
import type { SkBuff } from './sk-buff.ts';
import { addressSet, type Match, options, PROTOCOLS, portRange, unknown } from './xt-matches.ts';
import type { Words } from './xt-words.ts';

/** XT_CONNTRACK_STATE_*. */
const STATE: Readonly<Record<string, number>> = {
  INVALID: 1,
  ESTABLISHED: 2,
  RELATED: 4,
  NEW: 8,
  SNAT: 16,
  DNAT: 32,
  UNTRACKED: 64,
};

const BY_INFO: Readonly<Record<number, number>> = {
  [CT_INFO.ESTABLISHED]: STATE.ESTABLISHED!,
  [CT_INFO.ESTABLISHED_REPLY]: STATE.ESTABLISHED!,
  [CT_INFO.RELATED]: STATE.RELATED!,
  [CT_INFO.RELATED_REPLY]: STATE.RELATED!,
  [CT_INFO.NEW]: STATE.NEW!,
};

/** The states of a packet as bits. */
function statesOf({ nfct, nfctInfo }: SkBuff): number {
  if (nfct === undefined) return nfctInfo === CT_INFO.UNTRACKED ? STATE.UNTRACKED! : STATE.INVALID!;
  const nat = ((nfct.status & CT_STATUS.SRC_NAT) !== 0 ? 16 : 0) | ((nfct.status & CT_STATUS.DST_NAT) !== 0 ? 32 : 0);
  return BY_INFO[nfctInfo]! | nat;
}

function bitsOf(text: string, names: Readonly<Record<string, number>>, what: string): number {
  return text.split(',').reduce((sum, name) => {
    const bit = names[name.toUpperCase()];
    if (bit === undefined) throw new SyntaxError(`${name} is no ${what}`);
    return sum | bit;
  }, 0);
}

const states = (words: Words) => (negated: boolean) => {
  const wanted = bitsOf(words.next(), STATE, 'state of a connection');
  return (skb: SkBuff) => answer(((statesOf(skb) & wanted) !== 0) !== negated);
};

export function stateMatch(words: Words, net: Net): Match {
  conntrackOf(net);
  return options(words, { '--state': states(words) });
}

const STATUS: Readonly<Record<string, number>> = {
  NONE: 0,
  EXPECTED: CT_STATUS.EXPECTED,
  SEEN_REPLY: CT_STATUS.SEEN_REPLY,
  ASSURED: CT_STATUS.ASSURED,
  CONFIRMED: CT_STATUS.CONFIRMED,
};

const NS_PER_SECOND = 1e9;

export function conntrackMatch(words: Words, net: Net): Match {
  conntrackOf(net);
  /** Asked of a connection; a packet without one does not match. */
  const ofConnection = (is: (connection: NonNullable<SkBuff['nfct']>, skb: SkBuff) => boolean, negated: boolean) => {
    return (skb: SkBuff) => answer(skb.nfct !== undefined && is(skb.nfct, skb) !== negated);
  };
  const address = (which: 'original' | 'reply', field: 'source' | 'destination') => (negated: boolean) => {
    const has = addressSet(words.next());
    return ofConnection((connection) => has(connection[which][field]), negated);
  };
  const port = (which: 'original' | 'reply', field: keyof Tuple) => (negated: boolean) => {
    const [low, high] = portRange(words.next());
    return ofConnection((connection) => connection[which][field] >= low && connection[which][field] <= high, negated);
  };
  return options(words, {
    '--ctstate': states(words),
    '--ctproto': (negated) => {
      const word = words.next();
      const number = PROTOCOLS[word.toLowerCase()] ?? Number(word);
      if (!Number.isInteger(number)) return unknown;
      return ofConnection(({ original }) => original.protocol === number, negated);
    },
    '--ctorigsrc': address('original', 'source'),
    '--ctorigdst': address('original', 'destination'),
    '--ctreplsrc': address('reply', 'source'),
    '--ctrepldst': address('reply', 'destination'),
    '--ctorigsrcport': port('original', 'sourcePort'),
    '--ctorigdstport': port('original', 'destinationPort'),
    '--ctreplsrcport': port('reply', 'sourcePort'),
    '--ctrepldstport': port('reply', 'destinationPort'),
    '--ctstatus': (negated) => {
      const wanted = bitsOf(words.next(), STATUS, 'status of a connection');
      return ofConnection(({ status }) => (status & wanted) !== 0, negated);
    },
    '--ctexpire': (negated) => {
      const [low, high] = portRange(words.next(), Number.MAX_SAFE_INTEGER);
      return ofConnection(({ timeoutNs, isConfirmed }) => {
        const left = Math.floor(Math.max(timeoutNs - (isConfirmed ? net.nowNs : 0), 0) / NS_PER_SECOND);
        return left >= low && left <= high;
      }, negated);
    },
    '--ctdir': (negated) => {
      const wantsReply = words.next().toUpperCase() === 'REPLY';
      return ofConnection((_, { nfctInfo }) => isReply(nfctInfo) === wantsReply, negated);
    },
  });
}

export function connmarkMatch(words: Words, net: Net): Match {
  conntrackOf(net);
  return options(words, {
    '--mark': (negated) => {
      const [value = 0, mask = 0xffff_ffff] = words.next().split('/').map(Number);
      return ({ nfct }) => answer(nfct !== undefined && (((nfct.mark ^ value) & mask) === 0) !== negated);
    },
  });
}
