// Names of drop reasons, from the types of the running kernel: enum skb_drop_reason (include/net/dropreason-core.h, v6.18),
// and those of subsystems, whose number stands in the upper half of a reason (include/net/dropreason.h).
import type { Btf } from '../ebpf/index.ts';
import { kernelBtf, moduleBtf } from '../linux/index.ts';

const SUBSYSTEM_SHIFT = 16;

/** By the kernel's name for the subsystem: the module, and its enumeration, in which the upper half is there too. */
const SUBSYSTEMS: Readonly<Record<string, readonly [module: string, enumeration: string]>> = {
  MAC80211_UNUSABLE: ['mac80211', 'mac80211_drop_reason'],
  OPENVSWITCH: ['openvswitch', 'ovs_drop_reason'],
};

/** Reasons that mean that a packet was not dropped. */
const NO_DROPS = ['SKB_NOT_DROPPED_YET', 'SKB_CONSUMED'];

/**
 * The reasons of this kernel, by number.
 *
 *   new DropReasons().nameOf(3); // 'NO_SOCKET' on Linux 6.18
 */
export class DropReasons {
  private readonly core: ReadonlyMap<number, string>;
  private readonly subsystems: ReadonlyMap<number, string>;
  private readonly known = new Map<number, string>();

  /** `btf`: the kernel's types. */
  constructor(btf: Btf = kernelBtf()) {
    this.core = btf.enumerators('skb_drop_reason') ?? new Map();
    this.subsystems = btf.enumerators('skb_drop_reason_subsys') ?? new Map();
  }

  /** The kernel's name without SKB_DROP_REASON_, `openvswitch.OVS_DROP_METER` of a subsystem; the number where it has none. */
  nameOf(reason: number): string {
    let name = this.known.get(reason);
    if (name === undefined) {
      name = reason >>> SUBSYSTEM_SHIFT === 0 ? this.ofCore(reason) : this.ofSubsystem(reason);
      this.known.set(reason, name);
    }
    return name;
  }

  /** Numbers of the reasons that mean that a packet was not dropped. */
  get noDrops(): number[] {
    return [...this.core].filter(([, name]) => NO_DROPS.includes(name)).map(([reason]) => reason);
  }

  /** Of all but those of subsystems. */
  get names(): Set<string> {
    return new Set([...this.core.keys()].map((reason) => this.ofCore(reason)));
  }

  /** undefined for a name that this kernel has not got. */
  numberOf(name: string): number | undefined {
    return [...this.core.keys()].find((reason) => this.ofCore(reason) === name);
  }

  private ofCore(reason: number): string {
    return this.core.get(reason)?.replace(/^SKB_(DROP_REASON_)?/, '') ?? String(reason);
  }

  private ofSubsystem(reason: number): string {
    const number = reason >>> SUBSYSTEM_SHIFT;
    const subsystem = this.subsystems.get(number)?.replace('SKB_DROP_REASON_SUBSYS_', '') ?? String(number);
    const [module, enumeration] = SUBSYSTEMS[subsystem] ?? [];
    const names = enumeration && (kernelBtf().enumerators(enumeration) ?? moduleBtf(module!)?.enumerators(enumeration));
    return `${subsystem.toLowerCase()}.${(names && nameIn(names, reason)) ?? reason & 0xffff}`;
  }
}

/** Values are kept signed in BTF, or not. */
function nameIn(names: ReadonlyMap<number, string>, reason: number): string | undefined {
  return names.get(reason) ?? names.get(reason | 0);
}
