// Targets of iptables that have to do with connections: NAT, CT, CONNMARK (net/netfilter/xt_nat.c, xt_MASQUERADE.c,
// xt_REDIRECT.c, xt_NETMAP.c, xt_CT.c, xt_connmark.c, v6.18).
import { readU32 } from '../bytes/index.ts';
import { IPV4 } from '../wire/index.ts';
import { addressOf, prefixMask, prefixOf } from './ipv4-address.ts';
import type { Net } from './net.ts';
import { HOOK } from './netfilter.ts';
import { CT_INFO } from './nf-conntrack.ts';
import { conntrackOf } from './nf-conntrack-core.ts';
import { type NatRange, natForRules } from './nf-nat.ts';
import { MANIP } from './nf-nat-packet.ts';
import type { Target } from './xt-target.ts';
import type { Words } from './xt-words.ts';

export const skip = (words: Words): void => {
  while (!words.isOver) words.next();
};

/** A value and its mask in numbers: 0x1/0xff. */
const numbersOf = (text: string): number[] =>
  text.split('/').map((part) => {
    const number = Number(part);
    if (!Number.isInteger(number)) throw new SyntaxError(`${part} is no number`);
    return number;
  });

/** What MARK and CONNMARK do to a mark. */
export function markSetter(words: Words): (mark: number) => number {
  const option = words.next();
  const set = MARK_OPERATIONS[option];
  if (set === undefined) throw new SyntaxError(`${option} is no option of MARK`);
  const [value = 0, mask = 0xffff_ffff] = numbersOf(words.next());
  return (mark) => set(mark, value, mask) >>> 0;
}

const MARK_OPERATIONS: Readonly<Record<string, (mark: number, value: number, mask: number) => number>> = {
  '--set-xmark': (mark, value, mask) => (mark & ~mask) ^ value,
  '--set-mark': (mark, value, mask) => (mark & ~(mask | value)) | value,
  '--or-mark': (mark, value) => mark | value,
  '--and-mark': (mark, value) => mark & value,
  '--xor-mark': (mark, value) => mark ^ value,
};

function port(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65_535) throw new SyntaxError(`${text} is no port`);
  return number;
}

/** 80, 80-90, or 80-90/1000. */
function portsOf(text: string): NatRange {
  const [range = '', base] = text.split('/');
  const [from = '', to = from] = range.split('-');
  return { minPort: port(from), maxPort: port(to), ...(base === undefined ? {} : { basePort: port(base) }) };
}

/** 10.0.0.1, 10.0.0.1-10.0.0.9, each with :PORTS or not; or only the ports. */
function addressesOf(text: string): NatRange {
  const at = text.indexOf(':');
  const ports = at < 0 ? {} : portsOf(text.slice(at + 1));
  const addresses = at < 0 ? text : text.slice(0, at);
  if (addresses === '') return ports;
  const [from = '', to = from] = addresses.split('-');
  const [minAddress, maxAddress] = [addressOf(from), addressOf(to)];
  if (minAddress === undefined || maxAddress === undefined) throw new SyntaxError(`${addresses} is no IPv4 address`);
  return { minAddress, maxAddress, ...ports };
}

/** The options of a target of NAT. */
function rangeOf(words: Words, target: string, own: Readonly<Record<string, (text: string) => NatRange>>): NatRange {
  let range: NatRange = {};
  while (!words.isOver) {
    const option = words.next();
    const read = own[option];
    if (read !== undefined) range = { ...range, ...read(words.next()) };
    else if (option === '--random' || option === '--random-fully') range = { ...range, isRandom: true };
    else if (option === '--persistent') range = { ...range, isPersistent: true };
    else throw new SyntaxError(`${option} is no option of ${target}`);
  }
  return range;
}

/** By name. */
export const CONNECTION_TARGETS: Readonly<Record<string, (words: Words, net: Net) => Target>> = {
  DNAT: (words, net) => {
    const nat = natForRules(net);
    const range = rangeOf(words, 'DNAT', { '--to-destination': addressesOf });
    return { kind: 'nat', map: (skb) => nat.setup(skb, range, MANIP.DESTINATION) };
  },
  SNAT: (words, net) => {
    const nat = natForRules(net);
    const range = rangeOf(words, 'SNAT', { '--to-source': addressesOf });
    return { kind: 'nat', map: (skb) => nat.setup(skb, range, MANIP.SOURCE) };
  },
  MASQUERADE: (words, net) => {
    const nat = natForRules(net);
    const range = rangeOf(words, 'MASQUERADE', { '--to-ports': portsOf });
    return { kind: 'nat', map: (skb, { out }) => nat.masquerade(skb, range, out!) };
  },
  REDIRECT: (words, net) => {
    const nat = natForRules(net);
    const range = rangeOf(words, 'REDIRECT', { '--to-ports': portsOf });
    return { kind: 'nat', map: (skb, { hook }) => nat.redirect(skb, range, hook) };
  },
  NETMAP: (words, net) => {
    const nat = natForRules(net);
    const option = words.next();
    const text = words.next();
    const to = prefixOf(text);
    if (option !== '--to' || to === undefined) throw new SyntaxError(`${option} ${text} is no network for NETMAP`);
    const mask = prefixMask(to.length);
    return {
      kind: 'nat',
      map: (skb, { hook }) => {
        const isSource = hook === HOOK.POST_ROUTING || hook === HOOK.LOCAL_IN;
        const own = readU32(skb.head, skb.networkHeader + (isSource ? IPV4.source : IPV4.destination));
        const address = ((to.address & mask) | (own & ~mask)) >>> 0;
        const range = { minAddress: address, maxAddress: address };
        return nat.setup(skb, range, isSource ? MANIP.SOURCE : MANIP.DESTINATION);
      },
    };
  },
  NOTRACK: () => untracked,
  CT: (words, net) => {
    let zone: number | undefined;
    while (!words.isOver) {
      const option = words.next();
      if (option === '--notrack') return untracked;
      if (option === '--zone') zone = Number(words.next());
      else if (option === '--zone-orig' || option === '--zone-reply') {
        skip(words);
        return { kind: 'unknown', why: 'zones of one direction are not modelled' };
      } else words.next();
    }
    conntrackOf(net);
    const chosen = zone;
    if (chosen === undefined) return { kind: 'continue' };
    return {
      kind: 'continue',
      act: (skb) => {
        if (skb.nfct === undefined && skb.nfctInfo !== CT_INFO.UNTRACKED) skb.nfctZone = chosen;
      },
    };
  },
  CONNMARK: connmarkTarget,
};

const untracked: Target = {
  kind: 'continue',
  act: (skb) => {
    if (skb.nfct === undefined) skb.nfctInfo = CT_INFO.UNTRACKED;
  },
};

function connmarkTarget(words: Words, net: Net): Target {
  conntrackOf(net);
  const option = words.peek();
  if (option !== '--save-mark' && option !== '--restore-mark') {
    const set = markSetter(words);
    return {
      kind: 'continue',
      act: ({ nfct }) => {
        if (nfct !== undefined) nfct.mark = set(nfct.mark);
      },
    };
  }
  words.next();
  let [ofPacket, ofConnection] = [0xffff_ffff, 0xffff_ffff];
  while (!words.isOver) {
    const name = words.next();
    const mask = numbersOf(words.next())[0]!;
    if (name === '--nfmask' || name === '--mask') ofPacket = mask;
    if (name === '--ctmask' || name === '--mask') ofConnection = mask;
  }
  return {
    kind: 'continue',
    act: (skb) => {
      const { nfct } = skb;
      if (nfct === undefined) return;
      if (option === '--save-mark') nfct.mark = ((nfct.mark & ~ofConnection) ^ (skb.mark & ofPacket)) >>> 0;
      else skb.mark = ((skb.mark & ~ofPacket) ^ (nfct.mark & ofConnection)) >>> 0;
    },
  };
}
