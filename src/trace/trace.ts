// A trace: probes attached in the running kernel, their events read from one ring buffer, and the counts that say what was
// lost on the way. What the events mean is joiner.ts.
import { statSync } from 'node:fs';
import type { Names } from '../filter/index.ts';
import {
  BpfMap,
  type Mapping,
  missingCapabilities,
  possibleCpus,
  type RecordHandler,
  RingBuffer,
  RouteSocket,
  SystemError,
  type XdpMode,
} from '../linux/index.ts';
import { Attachments, type PointObservation } from './attach.ts';
import { CPU, cpusMap, FOLLOWED_MAP } from './follow.ts';
import { findNamespaces } from './namespaces.ts';
import type { Mechanism, Probe } from './probe.ts';
import { compileForProbes, type FilterText } from './probe-filter.ts';
import { isRestricted, type Wanted } from './probe-program.ts';

export interface TraceOptions {
  /** A pcap-filter expression: only packets that match it are followed, from where they match on. */
  filter?: string;
  names?: Names;
  /** As `deep` of compileFilter: looks behind more headers. */
  deep?: boolean;
  /** Names of devices of this thread's namespace: packets are followed from where they are on one of them on. */
  interfaces?: readonly string[];
  /** Devices of any namespace, by its inode number and their number there: as `interfaces`. */
  devices?: readonly { readonly namespace: number; readonly index: number }[];
  /** Inode number of a network namespace, as /proc/PID/ns/net has: as `interfaces`. */
  namespace?: number;
  /** Of the ring buffer; a power of two, 8 MiB when not given. */
  bufferBytes?: number;
  /** Never leaves out fine probes, however much passes by that nobody asked for. */
  always?: boolean;
  /** Packets a second that nobody asked for: while more pass by, fine probes are left out. 100,000 when not given. */
  leanAbove?: number;
  /**
   * A program of our own at XDP of `interfaces` and `devices`: frames are then seen before there are sk_buffs. It passes all of
   * them on. SystemError where the kernel is older than 6.2, or a device has an XDP program.
   */
  xdp?: boolean;
  /** Mechanisms to do without, as if the kernel had not got them. */
  without?: readonly Mechanism[];
}

/** What one CPU has counted. events = records read + records still in the buffer + lost. */
export interface CpuCounts {
  readonly cpu: number;
  /** Events tried. */
  readonly events: number;
  /** Events for which the ring buffer had no room. */
  readonly lost: number;
  /** Packets that matched and could not be followed. */
  readonly untracked: number;
  /** How often a packet was found not to be asked for: once at each place where it could have been followed from. */
  readonly refused: number;
}

export interface TraceCounts {
  readonly cpus: readonly CpuCounts[];
  readonly events: number;
  readonly lost: number;
  readonly untracked: number;
  /** Records handed to the handlers of `poll`. */
  readonly read: number;
  /** How often a program was not run, since the CPU was running it already: what happened then was not seen. */
  readonly missedRuns: number;
}

const BUFFER_BYTES = 1 << 23;

/**
 * A packet that is not asked for takes 0.4 microseconds with all probes, 0.2 without the fine ones: received over veth and
 * dropped by ip_rcv_core, on one CPU that takes 1.3 for it without any. They are attached again when for some time a fifth
 * of the packets pass by.
 */
const LEAN = { above: 100_000, belowPart: 0.2, afterMs: 2000, lookMs: 20 } as const;

/** How often namespaces and devices that have come are looked for. */
const LOOK_MS = 500;
const TCX_LOOK_MS = 20;

/**
 * Throws SystemError, with the capabilities that are needed; FilterError for a filter.
 *
 *   using trace = Trace.open({ filter: 'udp port 53' });
 *   setInterval(() => trace.poll((data, at, length) => console.log(data.getUint16(at + EVENT.probe, true))), 10);
 */
export class Trace {
  /** By their numbers in records. */
  readonly probes: readonly Probe[];
  /** Every probe there is, and why those that are not attached are not. */
  readonly observed: readonly PointObservation[];
  private readonly ring: RingBuffer;
  private readonly cpus: BpfMap;
  /** What programs have written there, read without a system call. */
  private readonly cpuMemory: Mapping;
  private readonly counted: BigUint64Array;
  private readonly followed: BpfMap;
  private readonly attachments: Attachments;
  private readCount = 0;
  private lookedAt: number;
  /** Infinity where everything is asked for. */
  private readonly leanAbove: number;
  private weighedAt: number;
  private busyAt = 0;
  private refused = 0;
  /** Of programs that are gone. */
  private missedBefore: number | undefined;
  private leanUntilNs = 0;

  private constructor(ring: RingBuffer, cpus: BpfMap, followed: BpfMap, attachments: Attachments, leanAbove: number) {
    this.ring = ring;
    this.cpus = cpus;
    this.cpuMemory = cpus.memory();
    this.counted = new BigUint64Array(this.cpuMemory.buffer);
    this.followed = followed;
    this.attachments = attachments;
    this.probes = attachments.probes;
    this.observed = attachments.observed;
    this.lookedAt = performance.now();
    this.weighedAt = this.lookedAt;
    this.leanAbove = leanAbove;
  }

  static open(options: TraceOptions = {}): Trace {
    checkCapabilities();
    const opened: Disposable[] = [];
    const keep = <T extends Disposable>(one: T): T => {
      opened.unshift(one);
      return one;
    };
    try {
      const namespaces = findNamespaces(true);
      const ring = keep(RingBuffer.create('events', options.bufferBytes ?? BUFFER_BYTES));
      const cpus = keep(BpfMap.create(cpusMap(possibleCpus())));
      const followed = keep(BpfMap.create(FOLLOWED_MAP));
      const maps = [ring.map, cpus, followed];
      const wanted = wantedBy(options);
      const attachments = new Attachments(
        { wanted, maps, cpus: cpus.spec, without: options.without ?? [], xdp: options.xdp ?? false },
        namespaces,
      );
      return new Trace(ring, cpus, followed, attachments, leanAbove(options, wanted));
    } catch (error) {
      for (const one of opened) one[Symbol.dispose]();
      throw error;
    }
  }

  /** Namespaces whose netfilter hooks and devices are watched, by inode number. In others only tracepoints see packets. */
  get namespaces(): ReadonlySet<number> {
    return this.attachments.namespaces;
  }

  /** Whether our XDP program runs in native or in generic mode, by the numbers of the devices. */
  get xdpModes(): ReadonlyMap<number, XdpMode> {
    return this.attachments.xdpModes;
  }

  /** Bytes of records that were written and not read yet. */
  get pending(): number {
    return this.ring.pending;
  }

  /** Why others are not, in words. */
  get unwatched(): ReadonlyMap<number, string> {
    return this.attachments.unwatched;
  }

  /** Events lost until now, on all CPUs. */
  get lost(): number {
    return this.sum(CPU.lost);
  }

  /** Hands over what there is, in the order in which it was written; how many records it were. See RingBuffer.read. */
  poll(handler: RecordHandler, limitBytes?: number): number {
    const records = this.ring.read(handler, limitBytes);
    this.readCount += records;
    const nowMs = performance.now();
    if (nowMs - this.lookedAt > LOOK_MS) this.look();
    if (nowMs - this.weighedAt > LEAN.lookMs) this.weigh(nowMs);
    return records;
  }

  /** Whether fine probes are left out now, for much passes by that nobody asked for. */
  get lean(): boolean {
    return this.attachments.lean;
  }

  /** Whether fine probes were left out at some time since then. */
  wasLeanSince(monotonicNs: number): boolean {
    return this.lean || monotonicNs < this.leanUntilNs;
  }

  private weigh(nowMs: number): void {
    const refused = this.sum(CPU.refused);
    const perSecond = ((refused - this.refused) * 1000) / (nowMs - this.weighedAt);
    this.refused = refused;
    this.weighedAt = nowMs;
    if (perSecond > this.leanAbove * LEAN.belowPart) this.busyAt = nowMs;
    if (!this.lean && perSecond > this.leanAbove) this.setLean(true);
    else if (this.lean && nowMs - this.busyAt > LEAN.afterMs) this.setLean(false);
  }

  private setLean(lean: boolean): void {
    this.attachments.setLean(lean, findNamespaces(true));
    if (!lean) this.leanUntilNs = Number(process.hrtime.bigint());
  }

  /** Attaches to namespaces and devices that have come since. `poll` does so twice a second. */
  look(): void {
    this.attachments.watch(findNamespaces(), TCX_LOOK_MS);
    this.lookedAt = performance.now();
  }

  /** Ends the observing: what was recorded can still be read, and the counts stay as they are. */
  detach(): void {
    this.lookedAt = this.weighedAt = Number.POSITIVE_INFINITY;
    this.missedBefore ??= this.attachments.missedRuns;
    this.attachments[Symbol.dispose]();
  }

  statistics(): TraceCounts {
    const cpus = this.counts();
    const sum = (name: 'events' | 'lost' | 'untracked') => cpus.reduce((total, counts) => total + counts[name], 0);
    return {
      cpus,
      events: sum('events'),
      lost: sum('lost'),
      untracked: sum('untracked'),
      read: this.readCount,
      missedRuns: this.missedBefore ?? this.attachments.missedRuns,
    };
  }

  private sum(at: number): number {
    let sum = 0;
    for (let word = at / 8; word < this.counted.length; word += CPU.size / 8) sum += Number(this.counted[word]);
    return sum;
  }

  private counts(): CpuCounts[] {
    const count = (cpu: number, at: number) => Number(this.counted[(cpu * CPU.size + at) / 8]!);
    return Array.from({ length: this.cpus.valueBytes / CPU.size }, (_, cpu) => ({
      cpu,
      events: count(cpu, CPU.sequence),
      lost: count(cpu, CPU.lost),
      untracked: count(cpu, CPU.untracked),
      refused: count(cpu, CPU.refused),
    }));
  }

  [Symbol.dispose](): void {
    this.cpuMemory.unmap();
    for (const one of [this.attachments, this.followed, this.cpus, this.ring]) one[Symbol.dispose]();
  }
}

const EPERM = 1;

/** Programs and maps; the kernel's memory; netfilter and devices; other network namespaces. */
function checkCapabilities(): void {
  const missing = missingCapabilities(['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN', 'CAP_SYS_ADMIN']);
  if (missing.length === 0) return;
  throw new SystemError('observe the kernel', EPERM, { hint: `needs ${missing.join(', ')}: run as root` });
}

function leanAbove({ always, leanAbove: above = LEAN.above }: TraceOptions, wanted: Wanted): number {
  return always === true || !isRestricted(wanted) ? Number.POSITIVE_INFINITY : above;
}

function wantedBy({ filter, names, deep, interfaces, devices, namespace }: TraceOptions): Wanted {
  const places = [...(devices ?? []), ...(interfaces === undefined ? [] : devicesNamed(interfaces))];
  return {
    ...(filter === undefined || filter.trim() === '' ? {} : { filter: compileForProbes(text(filter, names, deep)) }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(devices === undefined && interfaces === undefined ? {} : { devices: places }),
  };
}

function text(filter: string, names: Names | undefined, deep: boolean | undefined): FilterText {
  return { filter, ...(names === undefined ? {} : { names }), ...(deep === undefined ? {} : { deep }) };
}

/** Throws SystemError when there is no such device here. */
function devicesNamed(names: readonly string[]): { namespace: number; index: number }[] {
  const namespace = statSync('/proc/thread-self/ns/net').ino;
  using routes = new RouteSocket();
  return names.map((name) => ({ namespace, index: routes.link(name).index }));
}
