// Rules of nftables as they run: chains of rules, rules of steps (net/netfilter/nf_tables_core.c, nft_do_chain, v6.18).
import type { RuleInfo } from '../path/index.ts';
import type { Net } from './net.ts';
import { type HookState, VERDICT, type Verdict } from './netfilter.ts';
import type { SavedNftTable } from './nft-ruleset.ts';
import type { Element, NftSet } from './nft-sets.ts';
import type { Value } from './nft-types.ts';
import type { SkBuff } from './sk-buff.ts';

export interface NftChain {
  readonly name: string;
  readonly rules: NftRule[];
}

export interface NftRule {
  readonly steps: readonly Step[];
  readonly info: RuleInfo;
}

/** What a step comes to. */
export type Outcome =
  | { readonly kind: 'continue' | 'break' | 'unknown' | 'return' }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'jump'; readonly chain: NftChain; readonly isGoto: boolean }
  /** Nothing more can be said of the packet. */
  | { readonly kind: 'stuck'; readonly why: string };

export interface Step {
  run(skb: SkBuff, state: HookState): Outcome;
  /**
   * What is done with it where both answers of an unknown match are followed, and nothing must be changed: it is run as it is,
   * left out, or ends the try.
   */
  readonly whenTried: 'run' | 'skip' | 'stop';
}

export const GO_ON: Outcome = { kind: 'continue' };
export const BREAKS: Outcome = { kind: 'break' };
export const NOT_KNOWN: Outcome = { kind: 'unknown' };
export const RETURNS: Outcome = { kind: 'return' };
export const ACCEPTS: Outcome = { kind: 'verdict', verdict: VERDICT.ACCEPT };
export const DROPS: Outcome = { kind: 'verdict', verdict: VERDICT.DROP };
export const QUEUES: Outcome = { kind: 'verdict', verdict: VERDICT.QUEUE };

/** What an element of a map stands for: a verdict, or values, which may be ranges. */
export interface MapData {
  readonly verdict: Outcome | undefined;
  readonly low: readonly Value[];
  readonly high: readonly Value[];
}

export type MapElement = Element<MapData>;
export type RuleSet = NftSet<MapData>;

/** What the parts of a rule are compiled with. */
export interface NftContext {
  readonly net: Net;
  readonly table: SavedNftTable;
  readonly chains: ReadonlyMap<string, NftChain>;
  /** Throws SyntaxError for one that is not there. */
  set(name: string): RuleSet;
  /** A counter, limit or quota that rules share, made once. */
  object(key: string, make: () => Step): Step;
  /** Set by an expression that counts: numgen inc. */
  counts: boolean;
}
