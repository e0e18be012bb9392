// One network namespace of a host, as the model keeps it (struct net, include/net/net_namespace.h, v6.18): devices, routes,
// sockets, hooks, switches, counters, the virtual clock, and what passes. The functions of the path are in files of their
// own and are given it.
import type { PointName } from '../path/index.ts';
import { CHECK, type Check } from './checks.ts';
import { processBacklog } from './dev-input.ts';
import { Fib, type FibRule, type RouteType } from './fib.ts';
import { type End, JourneyLog, type JourneyLogOptions, type OpenJourney } from './journey-log.ts';
import type { NetDevice } from './net-device.ts';
import {
  HOOK_POINTS,
  type Hook,
  type HookFunction,
  type HookState,
  NetfilterHooks,
  VERDICT,
  type Verdict,
} from './netfilter.ts';
import { connectionDetail } from './nf-conntrack.ts';
import type { Conntrack } from './nf-conntrack-core.ts';
import type { Nat } from './nf-nat.ts';
import type { PacketHandler } from './packet-handler.ts';
import { type SkBuff, SkBuffCache } from './sk-buff.ts';
import { SocketTable } from './socket.ts';
import { SoftnetData } from './softnet.ts';
import { Sysctls } from './sysctls.ts';

export interface NetOptions extends JourneyLogOptions {
  readonly sysctls?: Sysctls;
  readonly rules?: readonly FibRule[];
  /** How many CPUs receive; default 1. */
  readonly cpus?: number;
}

/** An entry of the neighbour table. */
export interface Neighbour {
  readonly linkAddress: Uint8Array | undefined;
  /** NUD_FAILED, or one that may be sent to. */
  readonly state: 'reachable' | 'failed';
}

/** A frame that left by a device. */
export type TransmitHandler = (dev: NetDevice, frame: Uint8Array, skb: SkBuff) => void;

export class Net {
  readonly sysctls: Sysctls;
  readonly fib: Fib;
  readonly hooks = new NetfilterHooks();
  readonly sockets = new SocketTable();
  /** Where something asks for connections. */
  conntrack: Conntrack | undefined;
  nat: Nat | undefined;
  readonly journeys: JourneyLog;
  readonly skbs = new SkBuffCache();
  readonly ptypeAll: PacketHandler[] = [];
  readonly ptypeBase = new Map<number, PacketHandler[]>();
  readonly cpus: readonly SoftnetData[];
  /** The one that runs. */
  cpu: SoftnetData;
  /** Virtual time that a packet takes from the receive function on, nanoseconds. */
  packetNs = 0;
  /** nstat's names. */
  readonly counters = new Map<string, number>();
  /** Virtual time, nanoseconds. */
  nowNs = 0;
  onTransmit: TransmitHandler | undefined;
  /** What was taken for granted, in words. */
  readonly assumptions = new Set<string>();
  private readonly hookStates: HookState[] = [];
  private hookDepth = 0;
  private readonly byIndex = new Map<number, NetDevice>();
  private readonly byName = new Map<string, NetDevice>();
  /** By device and address. */
  private readonly neighbours = new Map<number, Map<number, Neighbour>>();
  readonly deviceName = (index: number): string | undefined => this.byIndex.get(index)?.name;

  constructor({ sysctls = new Sysctls(), rules, cpus = 1, ...log }: NetOptions) {
    this.sysctls = sysctls;
    this.fib = rules === undefined ? new Fib() : new Fib(rules);
    this.journeys = new JourneyLog(log);
    this.cpus = Array.from({ length: Math.max(1, cpus) }, (_, cpu) => new SoftnetData(cpu, processBacklog));
    this.cpu = this.cpus[0]!;
  }

  // --- devices and neighbours

  registerNetdev(dev: NetDevice): void {
    this.byIndex.set(dev.ifindex, dev);
    this.byName.set(dev.name, dev);
  }

  devGetByName(name: string): NetDevice | undefined {
    return this.byName.get(name);
  }

  devGetByIndex(index: number): NetDevice | undefined {
    return this.byIndex.get(index);
  }

  get devices(): Iterable<NetDevice> {
    return this.byIndex.values();
  }

  get loopback(): NetDevice {
    const lo = this.byName.get('lo');
    if (lo === undefined) throw new RangeError('cannot do without the device lo: register one');
    return lo;
  }

  /** inet_addr_type, inet_dev_addr_type: what the routes say of an address, of a device if given; unicast where there is none. */
  addressType(address: number, dev?: NetDevice): RouteType {
    if (address === 0 || address === 0xffff_ffff) return 'broadcast';
    if (address >>> 28 === 0xe) return 'multicast';
    return this.fib.typeOf(address, dev);
  }

  /** inet_lookup_ifaddr_rcu. */
  isLocalAddress(address: number): boolean {
    for (const dev of this.byIndex.values()) if (dev.addresses.some(({ local }) => local === address)) return true;
    return false;
  }

  setNeighbour(dev: NetDevice, address: number, neighbour: Neighbour): void {
    const there = this.neighbours.get(dev.ifindex);
    if (there === undefined) this.neighbours.set(dev.ifindex, new Map([[address, neighbour]]));
    else there.set(address, neighbour);
  }

  neighbour(dev: NetDevice, address: number): Neighbour | undefined {
    return this.neighbours.get(dev.ifindex)?.get(address);
  }

  // --- journeys

  begin(skb: SkBuff, origin?: OpenJourney['origin']): void {
    this.journeys.begin(skb, this.nowNs, origin);
  }

  step(skb: SkBuff, point: PointName, device?: NetDevice): ReturnType<JourneyLog['step']> {
    return this.journeys.step(skb, point, this.nowNs, device);
  }

  count(name: string): void {
    this.counters.set(name, (this.counters.get(name) ?? 0) + 1);
  }

  /** kfree_skb_reason: the packet is dropped, and its journey ends unless others hold the sk_buff. */
  kfreeSkb(
    skb: SkBuff,
    check: Check,
    more: { readonly point?: PointName; readonly rule?: HookState['rule'] } = {},
  ): void {
    for (const name of check.counters ?? []) this.count(name);
    const point = more.point ?? check.point;
    const last = skb.journey?.last;
    const step = last?.point === point && last.verdict !== 'accept' ? last : skb.journey && this.step(skb, point);
    if (step) {
      step.verdict = 'drop';
      if (more.rule === undefined) step.detail = { ...step.detail, check: check.says };
    }
    const { rule } = more;
    this.finish(skb, { kind: 'dropped', check, point, ...(rule === undefined ? {} : { rule }) });
  }

  /** consume_skb: it is used up, delivered or gone. */
  consumeSkb(skb: SkBuff, end: Exclude<End, { kind: 'dropped' }>): void {
    this.finish(skb, end);
  }

  private finish(skb: SkBuff, end: End): void {
    if (skb.users === 1) this.journeys.end(skb, end);
    this.skbs.release(skb);
  }

  /** Nothing more can be said of it, for what is not known decides. */
  unknown(skb: SkBuff, point: PointName, why: string): void {
    this.consumeSkb(skb, { kind: 'unknown', point, why });
  }

  // --- netfilter

  /**
   * nf_hook: true when all functions of the hook let the packet pass; otherwise it has gone.
   */
  nfHook(hook: Hook, skb: SkBuff, inDev: NetDevice | undefined, outDev: NetDevice | undefined): boolean {
    const point = HOOK_POINTS[hook];
    const step = skb.journey === undefined ? undefined : this.step(skb, point, inDev ?? outDev);
    const functions = this.hooks.at(hook);
    if (functions.length > 0) {
      const state = this.takeHookState(hook, inDev, outDev);
      const verdict = runAll(functions, skb, state);
      if (step !== undefined) step.changed = state.changed;
      this.hookDepth--;
      if (verdict !== VERDICT.ACCEPT) {
        this.stopAt(skb, point, verdict, state);
        return false;
      }
    }
    if (step !== undefined) {
      step.verdict = 'accept';
      if (this.conntrack !== undefined) step.detail ??= connectionDetail(skb);
    }
    return true;
  }

  /** Hooks are within hooks, when a rule answers: each has its own, which is used again. */
  private takeHookState(hook: Hook, inDev: NetDevice | undefined, outDev: NetDevice | undefined): HookState {
    let state = this.hookStates[this.hookDepth++];
    if (state === undefined) {
      state = { hook, in: inDev, out: outDev, rule: undefined, why: undefined, changed: undefined };
      this.hookStates.push(state);
      return state;
    }
    state.hook = hook;
    state.in = inDev;
    state.out = outDev;
    state.rule = state.why = state.changed = undefined;
    return state;
  }

  private stopAt(skb: SkBuff, point: PointName, verdict: number, { rule, why }: HookState): void {
    const known = rule === undefined ? {} : { rule };
    switch (verdict) {
      case VERDICT.DROP:
        this.kfreeSkb(skb, CHECK.netfilter, { point, ...known });
        return;
      case VERDICT.STOLEN:
        return;
      case VERDICT.QUEUE:
        this.consumeSkb(skb, { kind: 'queued', point, waitsFor: 'a program that takes packets from NFQUEUE' });
        return;
      default:
        this.unknown(skb, point, why ?? 'a rule asks for something that is not known');
    }
  }
}

/** Of all functions of a hook: the first that is not ACCEPT. */
function runAll(functions: readonly HookFunction[], skb: SkBuff, state: HookState): Verdict {
  for (let i = 0; i < functions.length; i++) {
    const verdict = functions[i]!.run(skb, state);
    if (verdict !== VERDICT.ACCEPT) return verdict;
  }
  return VERDICT.ACCEPT;
}

/** dev_add_pack. */
export function devAddPack(net: Net, handler: PacketHandler): void {
  handlersOf(net, handler).push(handler);
}

/** dev_remove_pack. */
export function devRemovePack(net: Net, handler: PacketHandler): void {
  const handlers = handlersOf(net, handler);
  const at = handlers.indexOf(handler);
  if (at >= 0) handlers.splice(at, 1);
}

const ALL = 0x0003;

/** ptype_head. */
function handlersOf(net: Net, { type, dev }: PacketHandler): PacketHandler[] {
  if (type === ALL) return dev === undefined ? net.ptypeAll : dev.ptypeAll;
  const table = dev === undefined ? net.ptypeBase : dev.ptypeSpecific;
  let handlers = table.get(type);
  if (handlers === undefined) {
    handlers = [];
    table.set(type, handlers);
  }
  return handlers;
}
