// Memory that the drop counter's program writes in the kernel (drops-program.ts) and user space reads through a mapping
// (drops-table.ts): one value of an array map. The layout is ours; numbers are in the machine's order, little endian.
//
// Each CPU has a part of its own, so that counting takes neither locks nor atomic instructions: a table in sets of rows, in
// which a row's set follows from its key. Rows are never removed.

/** Offsets in bytes from the beginning of the value. */
export const DROPS = {
  /** Increased by user space when it wants new examples: each row takes one when its number is another. u32. */
  asked: 0,
  /** The parts of the CPUs, one behind the other. */
  cpus: 64,
} as const;

/** The part of a CPU. */
export const DROPS_CPU = {
  /** Drops that found no room in the table. u64. */
  full: 0,
  /** Drops of packets of which the filter must know more than was copied; they are not in the table. u64. */
  undecided: 8,
  /** Headers for the filter. */
  copy: 64,
  rows: 448,
  size: 448 + 1024 * 192,
} as const;

/** For the filter, from the Ethernet header on, or from the network header on. */
export const FILTER_COPY_BYTES = DROPS_CPU.rows - DROPS_CPU.copy;

/** One kind of drop: the key in three words, its count, and the last example that was asked for. */
export const DROPS_ROW = {
  /** Address of the instruction behind the call that freed the packet. u64. */
  location: 0,
  /** enum skb_drop_reason, a subsystem's number in the upper half. u32. */
  reason: 8,
  /** Number of the device, 0 when the packet had none. u32. */
  device: 12,
  /** Inode number of the network namespace, 0 when it could not be told. u32. */
  namespace: 16,
  /** In host order. u16. */
  etherType: 20,
  /** The IPv4 header's protocol or the IPv6 header's next header. u8. */
  protocol: 22,
  /** Bit 0 once the row holds a key; above it the DROP_HOOK. u8. */
  hookAndUsed: 23,
  /** u64. */
  count: 24,
  /** DROPS.asked when the example was taken. u32. */
  asked: 32,
  /** Odd while an example is being written. u32. */
  version: 36,
  /** CLOCK_MONOTONIC, nanoseconds. u64. */
  time: 40,
  /** Of the packet, from the network header on. u32. */
  length: 48,
  /** Bytes at `network` that are the packet's. u8. */
  copied: 52,
  /** 1 when there is an Ethernet header at `link`. u8. */
  linked: 53,
  /** sk_buff.skb_iif: number of the device it was received on. u32. */
  receivedOn: 56,
  /** The Ethernet header. 14 bytes. */
  link: 64,
  /** From the network header on. */
  network: 80,
  size: 192,
} as const;

/** Bit 0 of `hookAndUsed`. */
export const ROW_USED = 1;

/** On which hook netfilter dropped the packet, as far as the packet shows: by its route, and by its devices. */
export const DROP_HOOK = { none: 0, prerouting: 1, input: 2, forward: 3, output: 4, postrouting: 5 } as const;

export const ETHERNET_BYTES = 14;
/** Of an example. */
export const EXAMPLE_BYTES = 96;

export const ROWS_PER_SET = 8;
/** A power of two. */
export const SETS = (DROPS_CPU.size - DROPS_CPU.rows) / DROPS_ROW.size / ROWS_PER_SET;

/** Bytes of the map's value. */
export function dropsBytes(cpus: number): number {
  return DROPS.cpus + cpus * DROPS_CPU.size;
}
