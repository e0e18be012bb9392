// Targets of iptables that write into a packet's headers: TTL, TOS, DSCP, TCPMSS (net/netfilter/xt_HL.c, xt_DSCP.c, xt_TCPMSS.c,
// v6.18).
import { readU16, readU32, writeU16 } from '../bytes/index.ts';
import { IPV4, IPV4_FRAGMENT, TCP, TCP_FLAG, TCP_OPTION } from '../wire/index.ts';
import { ipRouteOutput } from './ip-output.ts';
import type { Net } from './net.ts';
import type { HookState } from './netfilter.ts';
import { replaceChecksum16 } from './nf-checksum.ts';
import type { SkBuff } from './sk-buff.ts';
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
    return { kind: 'continue', act: (skb, state) => clampMss(net, skb, fixed, state) };
  },
};

/** What IPv4 and TCP need of the MTU. */
const HEADERS = 40;

/** tcpmss_mangle_packet: the option of SYN segments that have no data; made smaller only. */
export function clampMss(net: Net, skb: SkBuff, fixed: number | undefined, state: HookState): void {
  const { networkHeader } = skb;
  if ((readU16(skb.head, networkHeader + IPV4.flagsAndOffset) & IPV4_FRAGMENT.OFFSET) !== 0) return;
  const at = networkHeader + 4 * (skb.head[networkHeader]! & 15);
  if (at + TCP.size > skb.tail || (skb.head[at + TCP.flags]! & TCP_FLAG.SYN) === 0) return;
  const end = at + 4 * (skb.head[at + TCP.dataOffset]! >> 4);
  if (end > skb.tail) return;
  const most = fixed ?? mtuOf(net, skb, state) - HEADERS;
  for (let i = at + TCP.size; i + 3 < end; ) {
    const kind = skb.head[i]!;
    const length = kind === TCP_OPTION.EOL || kind === TCP_OPTION.NOP ? 1 : skb.head[i + 1]!;
    if (kind === TCP_OPTION.MSS && length === 4) {
      const was = readU16(skb.head, i + 2);
      if (was <= most) return;
      net.skbs.skbUnclone(skb);
      writeU16(skb.head, i + 2, most);
      replaceChecksum16(skb.head, at + TCP.checksum, was, most);
      state.changed ??= [];
      state.changed.push({ field: 'mss', from: was, to: most });
      return;
    }
    if (length === 0) return;
    i += length;
  }
}

/** The smaller one of the way there and of the way back. */
function mtuOf(net: Net, skb: SkBuff, { out }: HookState): number {
  const there = skb.dst?.mtu ?? out?.mtu ?? 1500;
  const back = ipRouteOutput(net, { daddr: readU32(skb.head, skb.networkHeader + IPV4.source) });
  return typeof back === 'string' ? there : Math.min(there, back.mtu ?? back.dev.mtu);
}
