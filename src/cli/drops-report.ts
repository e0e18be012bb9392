// What `pathcap drops` tells, as data: `--json` writes it as a line each time. The names of its members are API, more may be
// added:
//
//   host, kernel, time    where and when: 6.18.44, 2026-11-23T06:42:55.123Z
//   seconds, interval     since the start, and of the time that `rate` is for: since the report before, in the last since the start
//   final                 true in the last one
//   dropped               packets dropped since the start: those in `drops`
//   drops                 what was dropped, the most first, by reason, kernel function, device, namespace and protocol
//   counters              counters of the kernel that rose: `seen` of `increase` are among the drops; not with a filter
//   lost                  packets that were dropped and are not in `drops`: no room for another kind (full), the filter could
//                         not be decided (undecided), the kernel did not run the program (missed)
import { hostname, release } from 'node:os';
import { explainReason, fillCommand, type PacketSummary, type PointName } from '../path/index.ts';
import type { CountedDrop, ExplainedCounter, LostDrops } from '../trace/index.ts';

export interface DropsReport {
  readonly host: string;
  readonly kernel: string;
  readonly time: string;
  readonly seconds: number;
  readonly interval: number;
  readonly final: boolean;
  readonly dropped: number;
  readonly drops: readonly DropRow[];
  readonly counters?: readonly ExplainedCounter[];
  readonly lost: LostDrops;
}

export interface DropRow {
  readonly reason: string;
  readonly point: PointName;
  readonly function?: string;
  /** Of the instruction behind the call that freed the packet, hexadecimal. */
  readonly location: string;
  readonly device?: string;
  /** Number of the device. */
  readonly interfaceIndex?: number;
  /** Inode number of /proc/PID/ns/net. */
  readonly namespace?: number;
  readonly etherType: number;
  /** IP protocol, of IPv6 the first next header. */
  readonly ipProtocol?: number;
  readonly count: number;
  /** Packets a second. */
  readonly rate: number;
  /** The last one that was kept: the first of its kind in each second. */
  readonly example?: PacketSummary & { readonly time: string };
  readonly means: string;
  readonly check: string;
  readonly commands: readonly string[];
}

/** Makes reports of what was counted so far. */
export class DropsReporter {
  private readonly startedMs: number;
  private reportedMs: number;
  private counts: ReadonlyMap<string, number> = new Map();

  /** `nowMs`: a clock that only goes forward. */
  constructor(nowMs: number) {
    this.startedMs = nowMs;
    this.reportedMs = nowMs;
  }

  report(
    nowMs: number,
    final: boolean,
    {
      drops,
      counters,
      lost,
    }: { drops: readonly CountedDrop[]; counters?: readonly ExplainedCounter[] | undefined; lost: LostDrops },
  ): DropsReport {
    const seconds = (nowMs - this.startedMs) / 1000;
    const interval = final ? seconds : (nowMs - this.reportedMs) / 1000;
    const before = final ? new Map<string, number>() : this.counts;
    this.reportedMs = nowMs;
    this.counts = new Map(drops.map((drop) => [keyOf(drop), drop.count]));
    const rate = (drop: CountedDrop) => rounded((drop.count - (before.get(keyOf(drop)) ?? 0)) / interval);
    return {
      ...{ host: hostname(), kernel: release(), time: new Date().toISOString() },
      ...{ seconds: rounded(seconds), interval: rounded(interval), final },
      dropped: drops.reduce((sum, { count }) => sum + count, 0),
      drops: drops.map((drop) => rowOf(drop, rate(drop))).toSorted((a, b) => b.count - a.count),
      ...(counters && { counters }),
      lost,
    };
  }
}

function keyOf({ location, reason, device, namespace, etherType, protocol, hook }: CountedDrop): string {
  return [location, reason, device, namespace, etherType, protocol, hook].join();
}

/** To the millisecond, or as many packets in a thousand seconds. */
function rounded(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : 0;
}

function rowOf(drop: CountedDrop, rate: number): DropRow {
  const { reason, point, device, namespace, etherType, protocol, count, deviceName, packet, time } = drop;
  const { means, check, commands } = explainReason(reason);
  return {
    ...{ reason, point },
    ...(drop.function !== undefined && { function: drop.function }),
    location: `0x${drop.location.toString(16)}`,
    ...(deviceName !== undefined && { device: deviceName }),
    ...(device !== 0 && { interfaceIndex: device }),
    ...(namespace !== 0 && { namespace }),
    etherType,
    ...(protocol !== 0 && { ipProtocol: protocol }),
    ...{ count, rate },
    ...(packet && time && { example: { time, ...packet } }),
    ...{ means, check },
    commands: commands.map((command) => fillCommand(command, valuesFor(drop))),
  };
}

/** What the commands to check with are made for. */
function valuesFor({ packet, deviceName }: CountedDrop): Record<string, string | number | undefined> {
  const { source, destination } = packet ?? {};
  return {
    source: source?.address,
    destination: destination?.address,
    sourcePort: source?.port,
    destinationPort: destination?.port,
    device: deviceName ?? packet?.interface,
  };
}
