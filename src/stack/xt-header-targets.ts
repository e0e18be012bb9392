// Targets of iptables that write into a packet's headers: TTL, TOS, DSCP, TCPMSS (net/netfilter/xt_HL.c, xt_DSCP.c, xt_TCPMSS.c,
// v6.18).
import { internetChecksum, readU16, readU32, sumPseudoHeader, writeU16 } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV4, IPV4_FRAGMENT, TCP, TCP_OPTION } from '../wire/index.ts';
import { ipRouteOutput } from './ip-output.ts';
import type { Net } from './net.ts';
import type { HookState } from './netfilter.ts';
import { replaceChecksum16 } from './nf-checksum.ts';
import { type SkBuff, skbPut } from './sk-buff.ts';
import type { Target } from './xt-target.ts';
import type { Words } from './xt-words.ts';

export function writeByte(net: Net, skb: SkBuff, state: HookState, field: string, offset: number, value: number): void {
  const at = skb.networkHeader + offset;
  const was = skb.head[at]!;
  if (was === value) return;
  net.skbs.skbUnclone(skb);
  const { head } = skb;
  const word = skb.networkHeader + (offset & ~1);
  const before = readU16(head, word);
  head[at] = value;
  replaceChecksum16(head, skb.networkHeader + IPV4.checksum, before, readU16(head, word));
  state.changed ??= [];
  state.changed.push({ field, from: was, to: value });
}

/** --NAME VALUE or VALUE/MASK. */
function optionOf(words: Words): readonly [option: string, value: number, mask: number | undefined] {
  const option = words.next();
  const [value, mask] = words.next().split('/').map(Number);
  if (value === undefined || !Number.isInteger(value)) throw new SyntaxError(`${option} needs a number`);
  return [option, value, mask];
}

export const HEADER_TARGETS: Readonly<Record<string, (words: Words, net: Net) => Target>> = {
  TTL: (words, net) => {
    const [option, value] = optionOf(words);
    return {
      kind: 'continue',
      act: (skb, state) => {
        const was = skb.head[skb.networkHeader + IPV4.timeToLive]!;
        const to = option === '--ttl-set' ? value : option === '--ttl-inc' ? was + value : was - value;
        writeByte(net, skb, state, 'ttl', IPV4.timeToLive, Math.min(Math.max(to, 0), 255));
      },
    };
  },
  TOS: (words, net) => {
    const [option, value, mask = 0xff] = optionOf(words);
    if (option !== '--set-tos' && option !== '--or-tos' && option !== '--and-tos' && option !== '--xor-tos') {
      throw new SyntaxError(`${option} is no option of TOS`);
    }
    return {
      kind: 'continue',
      act: (skb, state) => {
        const was = skb.head[skb.networkHeader + IPV4.typeOfService]!;
        const to = {
          '--set-tos': (was & ~mask) ^ value,
          '--or-tos': was | value,
          '--and-tos': was & value,
          '--xor-tos': was ^ value,
        }[option];
        writeByte(net, skb, state, 'tos', IPV4.typeOfService, to & 0xff);
      },
    };
  },
  DSCP: (words, net) => {
    const [option, value] = optionOf(words);
    if (option !== '--set-dscp') throw new SyntaxError(`${option} is not known of DSCP`);
    return {
      kind: 'continue',
      act: (skb, state) => {
        const was = skb.head[skb.networkHeader + IPV4.typeOfService]!;
        writeByte(net, skb, state, 'tos', IPV4.typeOfService, (was & 3) | ((value & 0x3f) << 2));
      },
    };
  },
  TCPMSS: (words, net) => {
    const option = words.next();
    const fixed = option === '--set-mss' ? Number(words.next()) : undefined;
    return { kind: 'mangle', act: (skb, state) => clampMss(net, skb, fixed, state) };
  },
};

/** What IPv4 and TCP need of the MTU. */
const HEADERS = 40;

/**
 * tcpmss_mangle_packet: the option of SYN segments, which the rule asks for. It is made smaller only, and added where there is
 * none and no data. False for a header that is not all there.
 */
function clampMss(net: Net, skb: SkBuff, fixed: number | undefined, state: HookState): boolean {
  const { networkHeader } = skb;
  if ((readU16(skb.head, networkHeader + IPV4.flagsAndOffset) & IPV4_FRAGMENT.OFFSET) !== 0) return true;
  const at = networkHeader + 4 * (skb.head[networkHeader]! & 15);
  if (at + TCP.size > skb.tail) return false;
  const end = at + 4 * (skb.head[at + TCP.dataOffset]! >> 4);
  if (end > skb.tail || end < at + TCP.size) return false;
  const most = fixed ?? mtuOf(net, skb, state) - HEADERS;
  if (lowerMss(net, skb, at, end, most, state)) return true;
  if (end === skb.tail && end - at < MOST_HEADER_BYTES) {
    addMss(net, skb, at, Math.min(most, MSS_WITHOUT_OPTION), state);
  }
  return true;
}

/** Where the segment's header, from `at` to `end`, has the option, it says no more than `most` afterwards. False where it has not. */
function lowerMss(net: Net, skb: SkBuff, at: number, end: number, most: number, state: HookState): boolean {
  const option = mssOptionAt(skb.head, at, end);
  if (option === undefined) return false;
  const was = readU16(skb.head, option + 2);
  if (was <= most) return true;
  net.skbs.skbUnclone(skb);
  writeU16(skb.head, option + 2, most);
  replaceChecksum16(skb.head, at + TCP.checksum, was, most);
  noteMss(state, was, most);
  return true;
}

/** nft_exthdr_tcp_set_eval (net/netfilter/nft_exthdr.c): only where the option is there. False for a header that is not all there. */
export function setMss(net: Net, skb: SkBuff, fixed: number | undefined, state: HookState): boolean {
  const { head, networkHeader, tail } = skb;
  const at = networkHeader + 4 * (head[networkHeader]! & 15);
  if ((readU16(head, networkHeader + IPV4.flagsAndOffset) & IPV4_FRAGMENT.OFFSET) !== 0) return false;
  if (at + TCP.size > tail) return false;
  const end = at + 4 * (head[at + TCP.dataOffset]! >> 4);
  if (end > tail || end < at + TCP.size) return false;
  lowerMss(net, skb, at, end, fixed ?? mtuOf(net, skb, state) - HEADERS, state);
  return true;
}

const MOST_HEADER_BYTES = 60;
/** TCP_MSS_DEFAULT: what a segment without the option says. */
const MSS_WITHOUT_OPTION = 536;

function mssOptionAt(head: Uint8Array, at: number, end: number): number | undefined {
  for (let i = at + TCP.size; i <= end - 4; ) {
    const kind = head[i]!;
    if (kind === TCP_OPTION.MSS && head[i + 1] === 4) return i;
    // optlen.
    i += kind <= TCP_OPTION.NOP || head[i + 1] === 0 ? 1 : head[i + 1]!;
  }
  return undefined;
}

function noteMss(state: HookState, from: number, to: number): void {
  state.changed ??= [];
  state.changed.push({ field: 'mss', from, to });
}

/** In front of the other options. */
function addMss(net: Net, skb: SkBuff, at: number, mss: number, state: HookState): void {
  const SIZE = 4;
  net.skbs.skbUnclone(skb);
  skbPut(skb, SIZE);
  const { head, networkHeader } = skb;
  const options = at + TCP.size;
  head.copyWithin(options + SIZE, options, skb.tail - SIZE);
  head[options] = TCP_OPTION.MSS;
  head[options + 1] = SIZE;
  writeU16(head, options + 2, mss);
  head[at + TCP.dataOffset]! += 0x10;
  const length = readU16(head, networkHeader + IPV4.totalLength);
  writeU16(head, networkHeader + IPV4.totalLength, length + SIZE);
  replaceChecksum16(head, networkHeader + IPV4.checksum, length, length + SIZE);
  const segment = skb.tail - at;
  const pseudo = sumPseudoHeader(head, networkHeader + IPV4.source, 4, IP_PROTOCOL.TCP, segment);
  writeU16(head, at + TCP.checksum, 0);
  writeU16(head, at + TCP.checksum, internetChecksum(head, at, segment, pseudo));
  noteMss(state, 0, mss);
}

/** The smaller one of the way there and of the way back. */
function mtuOf(net: Net, skb: SkBuff, { out }: HookState): number {
  const there = skb.dst?.mtu ?? out?.mtu ?? 1500;
  const back = ipRouteOutput(net, { daddr: readU32(skb.head, skb.networkHeader + IPV4.source) });
  return typeof back === 'string' ? there : Math.min(there, back.mtu ?? back.dev.mtu);
}
