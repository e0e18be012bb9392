// Drops of the running kernel, counted in the kernel: the program (drops-program.ts) attached, its memory mapped, and what it
// counted told with names.

import { encodeBase64 } from '../bytes/index.ts';
import {
  ATTACH_TYPE,
  compileProbeFilter,
  type FragmentStart,
  MAP_FLAG,
  MAP_TYPE,
  PROGRAM_TYPE,
} from '../ebpf/index.ts';
import { FilterError, type Names } from '../filter/index.ts';
import {
  BpfLink,
  BpfMap,
  BpfProgram,
  KERNEL_REFERENCES,
  kernelBtf,
  type Mapping,
  possibleCpus,
} from '../linux/index.ts';
import { headerWords, type PacketSummary, type PointName, pointOfDrop } from '../path/index.ts';
import { dropsBytes } from './drops-layout.ts';
import {
  DROPS_MAP,
  type DropsChoice,
  type DropsFilter,
  type DropsKernel,
  dropsProgram,
  FILTER_LAYOUT,
} from './drops-program.ts';
import { DropReasons } from './drops-reasons.ts';
import { type DropExample, type DropHook, DropsTable, type KernelDrop } from './drops-table.ts';

import { Machine } from './machine.ts';

export interface DropCounterOptions {
  /** Only packets that match this filter expression; all without. */
  readonly filter?: string | undefined;
  /** What the names in it stand for. */
  readonly names?: Names | undefined;
  /** The filter looks into tunnels too. */
  readonly deep?: boolean | undefined;
  /** Numbers of devices: only packets that are on one of them, or were received on one. */
  readonly devices?: readonly number[] | undefined;
  /** Only packets of the network namespace with this inode number. */
  readonly namespace?: number | undefined;
}

/** Drops of one kind, with names. */
export interface CountedDrop extends Omit<KernelDrop, 'reason'> {
  /** The kernel's name without SKB_DROP_REASON_. */
  readonly reason: string;
  readonly point: PointName;
  /** The kernel's function, where /proc/kallsyms tells it. */
  readonly function?: string | undefined;
  readonly deviceName?: string | undefined;
  /** The example in words, and its time: 2026-11-23T06:42:55.123456789Z. */
  readonly packet?: PacketSummary | undefined;
  readonly time?: string | undefined;
}

/** Drops that were not counted by kind. */
export interface LostDrops {
  /** There was no room for another kind. */
  readonly full: number;
  /** The filter must know more of the packet than was copied. */
  readonly undecided: number;
  /** The kernel did not run the program, since it was running on that CPU already. */
  readonly missed: number;
}

/**
 * Counts from `open` on, until it is disposed. Needs CAP_BPF, CAP_PERFMON and, for the names of functions, CAP_SYSLOG.
 *
 *   using counter = DropCounter.open({ filter: 'udp port 53' });
 *   for (const { reason, function: name, count } of counter.drops()) console.log(reason, name, count);
 */
export class DropCounter {
  /** False when packets without a link-layer header cannot match the filter, since it asks for one. */
  readonly seesNetworkLayer: boolean;
  private readonly parts: readonly Disposable[];
  private readonly program: BpfProgram;
  private readonly memory: Mapping;
  private readonly table: DropsTable;
  private readonly machine = new Machine();

  private constructor(map: BpfMap, memory: Mapping, program: BpfProgram, link: BpfLink, seesNetworkLayer: boolean) {
    this.parts = [link, program, map];
    this.program = program;
    this.memory = memory;
    this.table = new DropsTable(memory.buffer, possibleCpus());
    this.seesNetworkLayer = seesNetworkLayer;
  }

  /** Throws FilterError for a filter that is wrong, SystemError where the kernel does not let it count. */
  static open(options: DropCounterOptions = {}): DropCounter {
    const filter = options.filter === undefined ? undefined : compileFor(options.filter, options);
    const map = BpfMap.create({
      name: DROPS_MAP,
      type: MAP_TYPE.ARRAY,
      keyBytes: 4,
      valueBytes: dropsBytes(possibleCpus()),
      entries: 1,
      flags: MAP_FLAG.MMAPABLE,
    });
    const opened: Disposable[] = [map];
    try {
      const memory = map.memory();
      opened.push({ [Symbol.dispose]: () => memory.unmap() });
      const program = load(map, { ...options, filter });
      opened.push(program);
      const link = BpfLink.tracing(program);
      return new DropCounter(map, memory, program, link, filter === undefined || filter.network !== undefined);
    } catch (error) {
      for (const part of opened) part[Symbol.dispose]();
      throw error;
    }
  }

  /** All kinds of drops since `open`. */
  drops(): CountedDrop[] {
    return this.table.read().map((drop) => this.named(drop));
  }

  /** From now on each kind takes its next packet as its example: the first of them all without. */
  askForExamples(): void {
    this.table.askForExamples();
  }

  get lost(): LostDrops {
    return { ...this.table.unlisted, missed: this.program.recursionMisses };
  }

  private named(drop: KernelDrop): CountedDrop {
    const { machine } = this;
    const reason = machine.reason(drop.reason);
    const name = machine.functionAt(drop.location);
    return {
      ...drop,
      reason,
      function: name,
      point: pointOfDrop({ reason, function: name, lastPoint: HOOK_POINTS[drop.hook] }),
      deviceName: machine.deviceName(drop.namespace, drop.device),
      ...(drop.example && { packet: this.summary(drop, drop.example), time: this.timeOf(drop.example) }),
    };
  }

  private summary(
    { namespace, etherType }: KernelDrop,
    { length, receivedOn, bytes, link }: DropExample,
  ): PacketSummary {
    const { protocol, source, destination } = headerWords(bytes, length, etherType);
    const device = this.machine.deviceName(namespace, receivedOn);
    return {
      ...(device !== undefined && { interface: device }),
      length,
      protocol,
      ...(source && { source }),
      ...(destination && { destination }),
      etherType,
      bytes: encodeBase64(bytes),
      ...(link && { link: encodeBase64(link) }),
    };
  }

  private timeOf({ monotonicNs }: DropExample): string {
    const ns = this.machine.realTime(Number(monotonicNs));
    const date = new Date(Number(ns / NS_PER_MS)).toISOString();
    return `${date.slice(0, -'000Z'.length)}${String(ns % NS_PER_SECOND).padStart(9, '0')}Z`;
  }

  [Symbol.dispose](): void {
    this.memory.unmap();
    for (const part of this.parts) part[Symbol.dispose]();
  }
}

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

const HOOK_POINTS: Readonly<Record<DropHook, PointName | undefined>> = {
  none: undefined,
  prerouting: 'nf.prerouting',
  input: 'nf.input',
  forward: 'nf.forward',
  output: 'nf.output',
  postrouting: 'nf.postrouting',
};

function load(map: BpfMap, choice: DropsChoice): BpfProgram {
  return BpfProgram.load(
    {
      name: 'drops',
      type: PROGRAM_TYPE.TRACING,
      attachType: ATTACH_TYPE.TRACE_RAW_TP,
      attachTo: { tracepoint: 'kfree_skb' },
      instructions: dropsProgram(kernelFacts(), choice),
    },
    { maps: [map], kernel: KERNEL_REFERENCES },
  );
}

function kernelFacts(): DropsKernel {
  const btf = kernelBtf();
  const parameters = btf.parameters('btf_trace_kfree_skb') ?? [];
  const reasons = new DropReasons(btf);
  const { shift = 0, count = 3 } = btf.field('sk_buff', 'pkt_type')?.bits ?? {};
  return {
    cpus: possibleCpus(),
    consumed: reasons.noDrops,
    netfilter: reasons.numberOf('NETFILTER_DROP'),
    ipHeader: btf.functionId('bpf_rdonly_cast') === undefined ? undefined : btf.typeId('struct', 'iphdr'),
    tellsSocket: parameters.some(({ name }) => name === 'rx_sk'),
    packetType: { shift, mask: (1 << count) - 1 },
  };
}

function compileFor(expression: string, { names, deep }: DropCounterOptions): DropsFilter {
  const compile = (start: FragmentStart) =>
    compileProbeFilter(expression, {
      ...FILTER_LAYOUT,
      start,
      prefix: start,
      ...(names && { names }),
      ...(deep !== undefined && { deep }),
    });
  return { link: compile('link'), network: orNone(() => compile('network')) };
}

/** The kernel goes on counting where packets have a link-layer header. */
function orNone<T>(compile: () => T): T | undefined {
  try {
    return compile();
  } catch (error) {
    if (error instanceof FilterError) return undefined;
    throw error;
  }
}
