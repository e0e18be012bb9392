// Matches of iptables: words of a rule to questions of a packet (net/ipv4/netfilter/ip_tables.c, net/netfilter/xt_*.c, v6.18;
// the words are those of iptables-extensions(8)). What is not known here is kept: its answer is that it is not known.
import { formatMac, readU16, readU32 } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV4, IPV4_FRAGMENT, PACKET_TYPE, TCP, TCP_FLAG, UDP } from '../wire/index.ts';
import { addressOf, prefixMask, prefixOf } from './ipv4-address.ts';
import type { Net } from './net.ts';
import type { HookState } from './netfilter.ts';
import { ANSWER, type Answer, answer, not } from './rule-match.ts';
import type { SkBuff } from './sk-buff.ts';
import { connmarkMatch, conntrackMatch, stateMatch } from './xt-connection-matches.ts';
import { limitMatch, quotaMatch, recentMatch, statisticMatch } from './xt-rate-matches.ts';
import type { Words } from './xt-words.ts';

/** A match that cannot be made drops the packet: xt_action_param.hotdrop. */
export const HOTDROP = 3;
type MatchAnswer = Answer | typeof HOTDROP;
export type Match = (skb: SkBuff, state: HookState) => MatchAnswer;

export const PROTOCOLS: Readonly<Record<string, number>> = {
  all: 0,
  icmp: IP_PROTOCOL.ICMP,
  igmp: IP_PROTOCOL.IGMP,
  ipencap: IP_PROTOCOL.IPIP,
  tcp: IP_PROTOCOL.TCP,
  udp: IP_PROTOCOL.UDP,
  gre: IP_PROTOCOL.GRE,
  esp: IP_PROTOCOL.ESP,
  ah: IP_PROTOCOL.AH,
  ospf: IP_PROTOCOL.OSPF,
  ospfigp: IP_PROTOCOL.OSPF,
  pim: IP_PROTOCOL.PIM,
  sctp: IP_PROTOCOL.SCTP,
  udplite: 136,
};

const invert = (is: boolean, match: Match): Match =>
  is
    ? (skb, state) => {
        const found = match(skb, state);
        return found === HOTDROP ? found : not(found);
      }
    : match;

export const unknown: Match = () => ANSWER.UNKNOWN;

const headerAt = (skb: SkBuff, offset: number) => skb.networkHeader + offset;
const protocolOf = (skb: SkBuff) => skb.head[headerAt(skb, IPV4.protocol)]!;
const fragmentOffset = (skb: SkBuff) => readU16(skb.head, headerAt(skb, IPV4.flagsAndOffset)) & IPV4_FRAGMENT.OFFSET;
/** Where what IP carries begins; hooks see sk_buffs whose transport header is set, or is right behind. */
const transportAt = (skb: SkBuff) => skb.networkHeader + 4 * (skb.head[skb.networkHeader]! & 15);

// --- the packet itself: struct ipt_ip

/** One of the options that need no -m; undefined when the word is none. */
export function packetMatch(option: string, words: Words, negated: boolean): Match | undefined {
  switch (option) {
    case '-s':
    case '--source':
      return addresses(words.next(), negated, IPV4.source);
    case '-d':
    case '--destination':
      return addresses(words.next(), negated, IPV4.destination);
    case '-i':
    case '--in-interface':
      return device(words.next(), negated, 'in');
    case '-o':
    case '--out-interface':
      return device(words.next(), negated, 'out');
    case '-p':
    case '--protocol':
      return protocol(words.next(), negated);
    case '-f':
    case '--fragment':
      return (skb) => answer((fragmentOffset(skb) !== 0) !== negated);
    default:
      return undefined;
  }
}

/** 10.0.0.0/8, or 10.0.0.0/255.0.0.0. */
function valueAndMask(text: string): readonly [number, number] {
  const prefix = prefixOf(text);
  const [quad = '', maskText = ''] = text.split('/');
  const value = prefix?.address ?? addressOf(quad);
  const mask = prefix === undefined ? addressOf(maskText) : prefixMask(prefix.length);
  if (value === undefined || mask === undefined) throw new SyntaxError(`${text} is no IPv4 address`);
  return [value, mask];
}

/** Whether an address is in a network. */
export function addressSet(text: string): (address: number) => boolean {
  const [value, mask] = valueAndMask(text);
  return (address) => ((address ^ value) & mask) === 0;
}

function addresses(text: string, negated: boolean, field: number): Match {
  const [value, mask] = valueAndMask(text);
  return (skb) => {
    const is = ((readU32(skb.head, skb.networkHeader + field) ^ value) & mask) === 0;
    return is === negated ? ANSWER.NO : ANSWER.YES;
  };
}

/** A name, or with + the beginning of one. */
function device(pattern: string, negated: boolean, which: 'in' | 'out'): Match {
  const isPrefix = pattern.endsWith('+');
  const name = isPrefix ? pattern.slice(0, -1) : pattern;
  return (_, state) => {
    const own = state[which]?.name ?? '';
    return answer((isPrefix ? own.startsWith(name) : own === name) !== negated);
  };
}

function protocol(text: string, negated: boolean): Match {
  const number = PROTOCOLS[text.toLowerCase()] ?? Number(text);
  if (!Number.isInteger(number) || number > 255) return unknown;
  if (number === 0) return () => answer(!negated);
  return (skb) => answer((protocolOf(skb) === number) !== negated);
}

// --- -m

type Maker = (words: Words, net: Net) => Match;

/** By the name behind -m; each takes its own options. */
const MATCHES: Readonly<Record<string, Maker>> = {
  tcp: tcpMatch,
  udp: udpMatch,
  icmp: icmpMatch,
  multiport: multiport,
  comment: (words) => {
    words.next();
    words.next();
    return () => ANSWER.YES;
  },
  mark: markMatch,
  addrtype: addrtype,
  iprange: iprange,
  mac: macMatch,
  pkttype: pkttype,
  ttl: ttlMatch,
  length: lengthMatch,
  conntrack: conntrackMatch,
  state: stateMatch,
  connmark: connmarkMatch,
  limit: limitMatch,
  quota: quotaMatch,
  recent: recentMatch,
  statistic: statisticMatch,
};

/** Matches that ask for what the model does not know say so. */
export function moduleMatch(name: string, words: Words, net: Net): Match {
  const make = MATCHES[name];
  if (make !== undefined) return make(words, net);
  while (!words.isOver && !/^(-m|--match|-j|--jump|-g|--goto)$/.test(words.peek()!)) words.next();
  return unknown;
}

/** All must be so. */
function every(matches: readonly Match[]): Match {
  return (skb, state) => {
    let known: MatchAnswer = ANSWER.YES;
    for (const match of matches) {
      const found = match(skb, state);
      if (found === ANSWER.NO || found === HOTDROP) return found;
      if (found === ANSWER.UNKNOWN) known = found;
    }
    return known;
  };
}

/** Options of a match, one after the other, until a word that is none of them. */
export function options(words: Words, table: Readonly<Record<string, (negated: boolean) => Match>>): Match {
  const matches: Match[] = [];
  for (;;) {
    const isNot = words.peek() === '!';
    const ahead = isNot ? words.ahead() : words.peek();
    const make = ahead === undefined ? undefined : table[ahead];
    if (make === undefined) return every(matches);
    if (isNot) words.takeNot();
    words.next();
    matches.push(make(isNot));
  }
}

/** 80, or 1024:65535, with either end left out. */
export function portRange(text: string, most = 65_535): readonly [number, number] {
  const [from = '', to] = text.split(':');
  const low = from === '' ? 0 : Number(from);
  const high = to === undefined ? low : to === '' ? most : Number(to);
  if (!Number.isInteger(low) || !Number.isInteger(high)) throw new SyntaxError(`${text} is no port`);
  return [low, high];
}

function portIn(text: string, offset: number): Match {
  const [low, high] = portRange(text);
  return (skb) => {
    const port = readU16(skb.head, transportAt(skb) + offset);
    return answer(port >= low && port <= high);
  };
}

/** Of later fragments no match of a transport header is true; of a header that is cut short the packet is dropped. */
function ofTransport(bytes: number, match: Match, isTcp = false): Match {
  return (skb, state) => {
    const offset = fragmentOffset(skb);
    if (offset !== 0) return isTcp && offset === 1 ? HOTDROP : ANSWER.NO;
    return transportAt(skb) + bytes > skb.tail ? HOTDROP : match(skb, state);
  };
}

function udpMatch(words: Words): Match {
  const port = (offset: number) => (negated: boolean) => invert(negated, portIn(words.next(), offset));
  const match = options(words, {
    '--sport': port(0),
    '--source-port': port(0),
    '--dport': port(2),
    '--destination-port': port(2),
  });
  return ofTransport(UDP.size, match);
}

const FLAG_NAMES: Readonly<Record<string, number>> = { ...TCP_FLAG, ALL: 0x3f, NONE: 0 };

function flagsOf(text: string): number {
  return text.split(',').reduce((sum, name) => {
    const flag = FLAG_NAMES[name];
    if (flag === undefined) throw new SyntaxError(`${name} is no flag of TCP`);
    return sum | flag;
  }, 0);
}

function tcpMatch(words: Words): Match {
  const port = (offset: number) => (negated: boolean) => invert(negated, portIn(words.next(), offset));
  const flags =
    (mask: number, value: number): Match =>
    (skb) =>
      answer((skb.head[transportAt(skb) + TCP.flags]! & mask) === value);
  const match = options(words, {
    '--sport': port(0),
    '--source-port': port(0),
    '--dport': port(2),
    '--destination-port': port(2),
    '--tcp-flags': (negated) => invert(negated, flags(flagsOf(words.next()), flagsOf(words.next()))),
    '--syn': (negated) =>
      invert(negated, flags(TCP_FLAG.FIN | TCP_FLAG.SYN | TCP_FLAG.RST | TCP_FLAG.ACK, TCP_FLAG.SYN)),
    '--tcp-option': () => {
      words.next();
      return unknown;
    },
  });
  return ofTransport(TCP.size, match, true);
}

/** Names of iptables -p icmp -h that are one code of a type; iptables-save prints numbers. */
const ICMP_NAMES: Readonly<Record<string, string>> = {
  any: 'any',
  'echo-reply': '0',
  'destination-unreachable': '3',
  'port-unreachable': '3/3',
  'fragmentation-needed': '3/4',
  'source-quench': '4',
  redirect: '5',
  'echo-request': '8',
  'time-exceeded': '11',
  'ttl-exceeded': '11',
  'parameter-problem': '12',
};

function icmpMatch(words: Words): Match {
  const type = (negated: boolean) => {
    const word = words.next();
    const text = ICMP_NAMES[word] ?? word;
    if (text === 'any' || text === '255') return () => answer(!negated);
    const [wanted, code] = text.split('/').map(Number) as [number, number?];
    if (!Number.isInteger(wanted)) return unknown;
    return (skb: SkBuff) => {
      const at = transportAt(skb);
      const is = skb.head[at] === wanted && (code === undefined || skb.head[at + 1] === code);
      return answer(is !== negated);
    };
  };
  return ofTransport(4, options(words, { '--icmp-type': type }));
}

function multiport(words: Words): Match {
  const list = (offsets: readonly number[]) => (negated: boolean) => {
    const ranges = words
      .next()
      .split(',')
      .map((range) => portRange(range));
    const isAmong = (port: number) => ranges.some(([low, high]) => port >= low && port <= high);
    return (skb: SkBuff) => {
      const at = transportAt(skb);
      return answer(offsets.some((offset) => isAmong(readU16(skb.head, at + offset))) !== negated);
    };
  };
  const match = options(words, {
    '--dports': list([2]),
    '--destination-ports': list([2]),
    '--sports': list([0]),
    '--source-ports': list([0]),
    '--ports': list([0, 2]),
  });
  return ofTransport(4, match);
}

function markMatch(words: Words): Match {
  return options(words, {
    '--mark': (negated) => {
      const [value = 0, mask = 0xffff_ffff] = words.next().split('/').map(Number);
      return (skb) => answer((((skb.mark ^ value) & mask) === 0) !== negated);
    },
  });
}

const ADDRESS_TYPES = ['LOCAL', 'UNICAST', 'BROADCAST', 'MULTICAST', 'BLACKHOLE', 'UNREACHABLE', 'PROHIBIT'] as const;

/** xt_addrtype: what the routing tables say of an address. */
function addrtype(words: Words, net: Net): Match {
  const types = (field: number) => (negated: boolean) => {
    const wanted = words.next().toUpperCase().split(',');
    const isKnown = wanted.every((type) => (ADDRESS_TYPES as readonly string[]).includes(type));
    if (!isKnown) return unknown;
    return (skb: SkBuff) =>
      answer(wanted.includes(net.addressType(readU32(skb.head, skb.networkHeader + field)).toUpperCase()) !== negated);
  };
  const limit = () => unknown;
  return options(words, {
    '--dst-type': types(IPV4.destination),
    '--src-type': types(IPV4.source),
    '--limit-iface-in': limit,
    '--limit-iface-out': limit,
  });
}

function iprange(words: Words): Match {
  const range = (field: number) => (negated: boolean) => {
    const [from = '', to = from] = words.next().split('-');
    const [low, high] = [addressOf(from), addressOf(to)];
    if (low === undefined || high === undefined) throw new SyntaxError(`${from}-${to} is no range of addresses`);
    return (skb: SkBuff) => {
      const address = readU32(skb.head, skb.networkHeader + field);
      return answer((address >= low && address <= high) !== negated);
    };
  };
  return options(words, { '--src-range': range(IPV4.source), '--dst-range': range(IPV4.destination) });
}

function macMatch(words: Words): Match {
  return options(words, {
    '--mac-source': (negated) => {
      const wanted = words.next().toLowerCase();
      return (skb) => {
        if (skb.networkHeader - skb.macHeader < 14) return ANSWER.NO;
        return answer((formatMac(skb.head, skb.macHeader + 6) === wanted) !== negated);
      };
    },
  });
}

function pkttype(words: Words): Match {
  return options(words, {
    '--pkt-type': (negated) => {
      const wanted = PACKET_TYPE[words.next().toUpperCase().replace('UNICAST', 'HOST') as keyof typeof PACKET_TYPE];
      return (skb) => answer((skb.pktType === wanted) !== negated);
    },
  });
}

function ttlMatch(words: Words): Match {
  const compare = (is: (ttl: number, than: number) => boolean) => (negated: boolean) => {
    const than = Number(words.next());
    return (skb: SkBuff) => answer(is(skb.head[headerAt(skb, IPV4.timeToLive)]!, than) !== negated);
  };
  return options(words, {
    '--ttl-eq': compare((ttl, than) => ttl === than),
    '--ttl': compare((ttl, than) => ttl === than),
    '--ttl-lt': compare((ttl, than) => ttl < than),
    '--ttl-gt': compare((ttl, than) => ttl > than),
  });
}

/** xt_length: the total length of the header. */
function lengthMatch(words: Words): Match {
  return options(words, {
    '--length': (negated) => {
      const [low, high] = portRange(words.next());
      return (skb) => {
        const length = readU16(skb.head, headerAt(skb, IPV4.totalLength));
        return answer((length >= low && length <= high) !== negated);
      };
    },
  });
}
