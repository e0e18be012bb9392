// What a scene of the demo is: packets that are sent, and the journeys that a kernel should make of them.
import type { Endpoint, OutcomeKind, PointName } from '../path/index.ts';
import type { SceneStage, Side } from './demo-scene-stage.ts';

/** Programs that make a firewall's rules; a scene says which it takes. */
export type Tool = 'iptables' | 'ip6tables' | 'nft' | 'tc' | 'ip' | 'unshare';

interface Needs {
  /** All of these programs must be there. */
  readonly tools?: readonly Tool[];
  /** That many CPUs. */
  readonly cpus?: number;
  /** First kernel that behaves so: 6.8. */
  readonly kernel?: string;
}

export interface Scene {
  /** One word, as in --json. */
  readonly name: string;
  /** What is sent and what will become of it: a sentence or two. */
  readonly heading: string;
  readonly needs?: Needs;
  /** Before anything is sent: rules, routes, sockets. What it changes is undone when the scene ends (`SceneStage.keep`). */
  readonly setup?: (stage: SceneStage) => void;
  readonly send: (stage: SceneStage) => void;
  /** All journeys that follow from it, in any order. */
  readonly journeys: readonly ExpectedJourney[];
}

/**
 * A value that differs between kernels: by the first version that has it, oldest first.
 *
 *   { '6.1': 'NOT_SPECIFIED', '6.13': 'IP_INVALID_SOURCE' }
 */
export type ByKernel<T> = Readonly<Record<`${number}.${number}`, T>>;

export interface ExpectedPacket {
  /** '*' where it cannot be told from what is left of the packet. */
  readonly protocol: string;
  readonly source?: Partial<Endpoint>;
  readonly destination?: Partial<Endpoint>;
}

export interface ExpectedOutcome {
  readonly kind: OutcomeKind;
  /** Any, where a kernel does not tell. */
  readonly point?: PointName;
  /** NOT_SPECIFIED on kernels that do not have it. */
  readonly reason?: string | ByKernel<string>;
}

export interface ExpectedJourney {
  readonly packet: ExpectedPacket;
  /** Where it begins. */
  readonly from: Side;
  /** Where it ends. */
  readonly to: Side;
  /** Points that it passes, in this order, as far as the kernel lets them be seen. */
  readonly points: readonly PointName[];
  readonly outcome: ExpectedOutcome | ByKernel<ExpectedOutcome>;
  /** 1 by default; or at least and at most. */
  readonly count?: number | ByKernel<number> | readonly [atLeast: number, atMost: number];
  /** Fields that change on the way, from what to what: NAT. */
  readonly changed?: readonly {
    readonly field: string;
    readonly from: string | number;
    readonly to: string | number;
  }[];
}
