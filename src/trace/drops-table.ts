// What the drop counter's program has written (drops-layout.ts), read through the mapping without a system call: counts are
// summed over the CPUs, and of the examples the latest is kept.
import { DROP_HOOK, DROPS, DROPS_CPU, DROPS_ROW, ETHERNET_BYTES, EXAMPLE_BYTES, ROW_USED } from './drops-layout.ts';

/** What tells one kind of drop from another. */
export interface DropKey {
  /** Address of the instruction behind the call that freed the packet. */
  readonly location: bigint;
  /** Number of the reason, as the running kernel counts them. */
  readonly reason: number;
  /** Number of the device, 0 when the packet had none. */
  readonly device: number;
  /** Inode number of the network namespace, 0 when it could not be told. */
  readonly namespace: number;
  readonly etherType: number;
  /** The IPv4 header's protocol or the IPv6 header's next header; 0 for others. */
  readonly protocol: number;
  /** Where netfilter dropped it, as far as that shows. */
  readonly hook: DropHook;
}

export type DropHook = keyof typeof DROP_HOOK;

const HOOKS = Object.keys(DROP_HOOK) as DropHook[];

/** A packet that was dropped. */
export interface DropExample {
  /** CLOCK_MONOTONIC, nanoseconds. */
  readonly monotonicNs: bigint;
  /** From the network header on. */
  readonly length: number;
  /** Number of the device it was received on, 0 for a packet of this host's own. */
  readonly receivedOn: number;
  /** The Ethernet header, when there was one. */
  readonly link?: Uint8Array;
  /** From the network header on, as far as it was copied. */
  readonly bytes: Uint8Array;
}

export interface KernelDrop extends DropKey {
  /** Since the counter was opened. */
  readonly count: number;
  /** undefined while one is being written. */
  readonly example?: DropExample | undefined;
}

/** Drops that the table does not tell of. */
export interface UnlistedDrops {
  /** There was no room for another kind. */
  readonly full: number;
  /** The filter must know more of the packet than was copied. */
  readonly undecided: number;
}

type Kept = { -readonly [Name in keyof KernelDrop]: KernelDrop[Name] };

export class DropsTable {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly cpus: number;

  /** `memory`: the map's value, mapped; parts of as many CPUs. */
  constructor(memory: ArrayBuffer, cpus: number) {
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
    this.cpus = cpus;
  }

  /** All kinds of drops so far. */
  read(): KernelDrop[] {
    const drops = new Map<string, Kept>();
    for (const cpu of this.parts()) {
      for (let at = cpu + DROPS_CPU.rows; at < cpu + DROPS_CPU.size; at += DROPS_ROW.size) {
        if ((this.bytes[at + DROPS_ROW.hookAndUsed]! & ROW_USED) !== 0) this.add(drops, at);
      }
    }
    return [...drops.values()];
  }

  get unlisted(): UnlistedDrops {
    const sum = (place: number) => this.parts().reduce((total, cpu) => total + this.u64(cpu + place), 0);
    return { full: sum(DROPS_CPU.full), undecided: sum(DROPS_CPU.undecided) };
  }

  /** From now on each row takes the next packet as its example. */
  askForExamples(): void {
    this.view.setUint32(DROPS.asked, this.view.getUint32(DROPS.asked, true) + 1, true);
  }

  private parts(): number[] {
    return Array.from({ length: this.cpus }, (_, cpu) => DROPS.cpus + cpu * DROPS_CPU.size);
  }

  private add(drops: Map<string, Kept>, at: number): void {
    const key = this.key(at);
    const name = Object.values(key).join();
    const count = this.u64(at + DROPS_ROW.count);
    const example = this.example(at);
    const known = drops.get(name);
    if (known === undefined) drops.set(name, { ...key, count, example });
    else {
      known.count += count;
      known.example = later(known.example, example);
    }
  }

  private key(at: number): DropKey {
    const { view } = this;
    return {
      location: view.getBigUint64(at + DROPS_ROW.location, true),
      reason: view.getUint32(at + DROPS_ROW.reason, true),
      device: view.getUint32(at + DROPS_ROW.device, true),
      namespace: view.getUint32(at + DROPS_ROW.namespace, true),
      etherType: view.getUint16(at + DROPS_ROW.etherType, true),
      protocol: view.getUint8(at + DROPS_ROW.protocol),
      hook: HOOKS[view.getUint8(at + DROPS_ROW.hookAndUsed) >> 1] ?? 'none',
    };
  }

  /** undefined when it was being written meanwhile. */
  private example(at: number): DropExample | undefined {
    const { view } = this;
    const version = view.getUint32(at + DROPS_ROW.version, true);
    const copied = Math.min(view.getUint8(at + DROPS_ROW.copied), EXAMPLE_BYTES);
    const example = {
      monotonicNs: view.getBigUint64(at + DROPS_ROW.time, true),
      length: view.getUint32(at + DROPS_ROW.length, true),
      receivedOn: view.getUint32(at + DROPS_ROW.receivedOn, true),
      ...(view.getUint8(at + DROPS_ROW.linked) === 1 && { link: this.copy(at + DROPS_ROW.link, ETHERNET_BYTES) }),
      bytes: this.copy(at + DROPS_ROW.network, copied),
    };
    const whole = version !== 0 && version % 2 === 0 && view.getUint32(at + DROPS_ROW.version, true) === version;
    return whole ? example : undefined;
  }

  private copy(at: number, length: number): Uint8Array {
    return this.bytes.slice(at, at + length);
  }

  private u64(at: number): number {
    return Number(this.view.getBigUint64(at, true));
  }
}

function later(one: DropExample | undefined, other: DropExample | undefined): DropExample | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.monotonicNs > other.monotonicNs ? one : other;
}
