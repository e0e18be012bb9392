// Scenes played and watched: a trace follows the packets of the stage's own devices, and hands over the journeys of each scene.
import { availableParallelism, release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Journey } from '../path/index.ts';
import { DropReasons, type JourneyCounts, JourneyTrace, type JourneyTraceOptions } from '../trace/index.ts';
import { type Ground, isComplete, isOlder } from './demo-expectation.ts';
import { findTool } from './demo-rules.ts';
import type { Scene, Tool } from './demo-scene.ts';
import { SceneStage } from './demo-scene-stage.ts';

/** Between two looks at the events. */
const LOOK_MS = 5;

/** What was sent before, and what setting a scene up makes the kernels send, is over after this time. */
const QUIET_MS = 40;

/** No scene takes longer: one waits for a second (fragments), and what ends without an event for the joiner to see that. */
const SCENE_MS = 4_000;

/** All nodes on the link: what is sent to such groups is the kernels' own business (RFC 4291 section 2.7.1). */
const LINK_GROUP = /^ff02:/;

export interface PlayOptions {
  /** To wait for journeys that are not expected. */
  lingerMs?: number;
  /** Done before the stage is cleared. */
  look?: () => void;
}

export class SceneWatch {
  readonly stage: SceneStage;
  readonly ground: Ground;
  private readonly trace: JourneyTrace;
  private readonly own: ReadonlySet<number | undefined>;
  private journeys: Journey[] = [];

  /** Throws SystemError where namespaces or programs in the kernel are not allowed. */
  constructor(options: Omit<JourneyTraceOptions, 'devices' | 'leanAbove'> = {}) {
    this.stage = new SceneStage();
    try {
      const { devices, inodes } = this.stage;
      this.own = new Set(Object.values(inodes));
      this.trace = JourneyTrace.open({ ...options, devices, leanAbove: Number.POSITIVE_INFINITY }, (journey) =>
        this.take(journey),
      );
      const seen = this.trace.observed.filter((one) => one.seen).map(({ probe }) => probe);
      const kernel = release();
      this.ground = {
        kernel,
        inodes,
        seen: new Set(seen.map(({ point }) => point)),
        reasons: new DropReasons().names,
        tellsConsumer: !isOlder(kernel, '6.4') || seen.some(({ mechanism }) => mechanism === 'fentry'),
      };
    } catch (error) {
      this.stage[Symbol.dispose]();
      throw error;
    }
  }

  private take(journey: Journey): void {
    const { packet, steps } = journey;
    if (!steps.some(({ namespace }) => this.own.has(namespace))) return;
    if (packet.protocol === 'icmp6' && LINK_GROUP.test(packet.destination?.address ?? '')) return;
    this.journeys.push(journey);
  }

  /** Why a scene cannot be played here, in words; undefined when it can. */
  lacks({ needs = {} }: Scene): string | undefined {
    const { tools = [], cpus = 1, kernel } = needs;
    const tool = tools.find((name) => findTool(name) === undefined);
    if (tool !== undefined) return `${PROGRAM[tool]} is not on this machine`;
    if (cpus > availableParallelism()) return `it takes ${cpus} CPUs`;
    if (kernel !== undefined && isOlder(release(), kernel)) return `it takes Linux ${kernel}`;
    return undefined;
  }

  /** All journeys of a scene, in the order in which they began. Throws Failure when it cannot be set up. */
  async play(scene: Scene, { lingerMs = 0, look }: PlayOptions = {}): Promise<readonly Journey[]> {
    try {
      scene.setup?.(this.stage);
      await this.pollUntil(() => false, QUIET_MS);
      this.journeys = [];
      scene.send(this.stage);
      const isOver = () => this.journeys.length >= this.stage.sent && isComplete(scene, this.journeys, this.ground);
      await this.pollUntil(isOver, SCENE_MS);
      await this.pollUntil(() => false, lingerMs);
      look?.();
      return this.journeys.sort((a, b) => (a.time < b.time ? -1 : 1));
    } finally {
      this.stage.clear();
      this.journeys = [];
    }
  }

  private async pollUntil(isOver: () => boolean, longestMs: number): Promise<void> {
    const deadline = performance.now() + longestMs;
    for (;;) {
      this.trace.poll();
      if (isOver() || performance.now() >= deadline) return;
      await sleep(LOOK_MS);
    }
  }

  statistics(): JourneyCounts {
    return this.trace.statistics();
  }

  [Symbol.dispose](): void {
    this.trace[Symbol.dispose]();
    this.stage[Symbol.dispose]();
  }
}

/** What the programs belong to. */
const PROGRAM: Readonly<Record<Tool, string>> = {
  iptables: 'iptables',
  ip6tables: 'ip6tables',
  nft: 'nft (nftables)',
  tc: 'tc (iproute2)',
  ip: 'ip (iproute2)',
  unshare: 'unshare (util-linux)',
};
