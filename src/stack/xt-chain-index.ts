// Which rules of a chain a packet cannot match is told without asking them one by one: rules that ask for one address, one
// network, one port or one protocol are found by it. What is left is asked in order, as without.
import { readU16, readU32 } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV4, IPV4_FRAGMENT, TCP, UDP } from '../wire/index.ts';
import { prefixMask, prefixOf } from './ipv4-address.ts';
import type { SkBuff } from './sk-buff.ts';

/** As many rules are asked faster one by one. */
const FEW_RULES = 8;

/** The rules that ask for the same thing, by what they ask for: their places in the chain, in order. */
interface Space {
  /** What of a packet it is; undefined where the packet has none, and all have to be asked. */
  readonly read: (skb: SkBuff) => number | undefined;
  readonly places: Map<number, number[]>;
}

interface Key {
  readonly space: string;
  readonly value: number;
  readonly read: Space['read'];
}

export class ChainIndex {
  private readonly spaces: readonly Space[];
  /** The next place at or behind each whose rule is in no space. */
  private readonly nextUnkeyed: Int32Array;

  private constructor(keys: readonly (Key | undefined)[]) {
    const spaces = new Map<string, Space>();
    this.nextUnkeyed = new Int32Array(keys.length + 1);
    this.nextUnkeyed[keys.length] = keys.length;
    for (let i = keys.length - 1; i >= 0; i--)
      this.nextUnkeyed[i] = keys[i] === undefined ? i : this.nextUnkeyed[i + 1]!;
    for (const [i, key] of keys.entries()) {
      if (key === undefined) continue;
      let space = spaces.get(key.space);
      if (space === undefined) {
        space = { read: key.read, places: new Map() };
        spaces.set(key.space, space);
      }
      const places = space.places.get(key.value);
      if (places === undefined) space.places.set(key.value, [i]);
      else places.push(i);
    }
    this.spaces = [...spaces.values()];
  }

  /** Of the words of the chain's rules; undefined where it would not help. */
  static of(rules: readonly (readonly string[])[]): ChainIndex | undefined {
    return rules.length < FEW_RULES ? undefined : new ChainIndex(rules.map(keyOf));
  }

  /** The first place from `at` on whose rule the packet may match; the chain's length when there is none. */
  next(at: number, skb: SkBuff): number {
    let first = this.nextUnkeyed[at]!;
    if (first === at) return at;
    for (let i = 0; i < this.spaces.length; i++) {
      const { read, places } = this.spaces[i]!;
      const value = read(skb);
      if (value === undefined) return at;
      const own = places.get(value);
      if (own === undefined) continue;
      const found = firstFrom(own, at);
      if (found < first) first = found;
    }
    return first;
  }
}

function firstFrom(places: readonly number[], at: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (places[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return places[low] ?? Number.MAX_SAFE_INTEGER;
}

// --- words

const PROTOCOLS: Readonly<Record<string, number>> = {
  tcp: IP_PROTOCOL.TCP,
  udp: IP_PROTOCOL.UDP,
  icmp: IP_PROTOCOL.ICMP,
};

const ARGUMENTS: Readonly<Record<string, number>> = { '-s': 1, '-d': 1, '-i': 1, '-o': 1, '-p': 1, '-f': 0 };

/** What a rule asks for that fewest packets have. Only questions that the kernel asks first, before any that remembers. */
function keyOf(words: readonly string[]): Key | undefined {
  const asked = new Map<string, string>();
  let i = 0;
  for (;;) {
    const isNot = words[i] === '!';
    const option = words[isNot ? i + 1 : i] ?? '';
    const count = ARGUMENTS[option];
    if (count === undefined) break;
    if (!isNot && count === 1) asked.set(option, words[i + 1]!);
    i += (isNot ? 1 : 0) + 1 + count;
  }
  while (words[i] === '-m' && words[i + 1] === 'comment') i += 4;
  const protocol = PROTOCOLS[asked.get('-p') ?? ''];
  const keys = [
    addressKey('destination', asked.get('-d'), IPV4.destination),
    addressKey('source', asked.get('-s'), IPV4.source),
  ].filter((key) => key !== undefined);
  const host = keys.find(({ length }) => length === 32);
  return host ?? portKey(protocol, words, i) ?? keys.sort((a, b) => b.length - a.length)[0] ?? protocolKey(protocol);
}

function addressKey(name: string, text: string | undefined, field: number): (Key & { length: number }) | undefined {
  const prefix = text === undefined ? undefined : prefixOf(text);
  if (prefix === undefined || prefix.length === 0) return undefined;
  const mask = prefixMask(prefix.length);
  return {
    space: `${name}/${prefix.length}`,
    length: prefix.length,
    value: (prefix.address & mask) >>> 0,
    read: ({ head, networkHeader }) => (readU32(head, networkHeader + field) & mask) >>> 0,
  };
}

function protocolKey(protocol: number | undefined): Key | undefined {
  if (protocol === undefined) return undefined;
  return {
    space: 'protocol',
    value: protocol,
    read: ({ head, networkHeader }) => head[networkHeader + IPV4.protocol]!,
  };
}

/** -m tcp --dport 80, where it is the rule's first match. */
function portKey(protocol: number | undefined, words: readonly string[], from: number): Key | undefined {
  if (protocol === undefined || words[from] !== '-m') return undefined;
  if (words[from + 1] !== 'tcp' && words[from + 1] !== 'udp') return undefined;
  for (let i = from + 2; i < words.length && !/^-[mjg]$/.test(words[i]!); i++) {
    if (words[i] !== '--dport' || words[i - 1] === '!' || !/^\d+$/.test(words[i + 1] ?? '')) continue;
    return { space: 'port', value: (protocol << 16) | Number(words[i + 1]), read: portOf };
  }
  return undefined;
}

/** Of headers that are cut short, and of later fragments, the matches themselves are asked. */
function portOf({ head, networkHeader: at, tail }: SkBuff): number | undefined {
  const protocol = head[at + IPV4.protocol]!;
  if (protocol !== IP_PROTOCOL.TCP && protocol !== IP_PROTOCOL.UDP) return -1;
  const transport = at + 4 * (head[at]! & 15);
  const size = protocol === IP_PROTOCOL.TCP ? TCP.size : UDP.size;
  if (transport + size > tail) return undefined;
  if ((readU16(head, at + IPV4.flagsAndOffset) & IPV4_FRAGMENT.OFFSET) !== 0) return undefined;
  return (protocol << 16) | readU16(head, transport + 2);
}
