// What a rule of iptables does with a packet that it matches.
import type { Net } from './net.ts';
import type { HookState, Verdict } from './netfilter.ts';
import type { SkBuff } from './sk-buff.ts';

export type Target =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'jump'; readonly chain: string; readonly isGoto: boolean }
  | { readonly kind: 'return' }
  /** The next rule is tried. */
  | { readonly kind: 'continue'; readonly act?: (skb: SkBuff, state: HookState) => void }
  /** The next rule is tried, unless the packet could not be changed: false, and it is dropped. */
  | { readonly kind: 'mangle'; readonly act: (skb: SkBuff, state: HookState) => boolean }
  | { readonly kind: 'reject'; readonly answer: (net: Net, skb: SkBuff) => void }
  /** What a chain of nat comes to: a mapping is chosen, which ends the chain where it is not dropped. */
  | { readonly kind: 'nat'; readonly map: (skb: SkBuff, state: HookState) => Verdict }
  | { readonly kind: 'unknown'; readonly why: string };
