// What a probe tells: one record of the ring buffer, written by the programs in the kernel (probe-program.ts) and read by the
// joiner (joiner.ts). The layout is ours; numbers are in the machine's order, little endian.

/** Offsets in bytes. */
export const EVENT = {
  /** bpf_ktime_get_ns: CLOCK_MONOTONIC, nanoseconds. u64. */
  time: 0,
  /** Address of the sk_buff. u64. */
  skb: 8,
  /** sk_buff.head: clones share it. u64. */
  head: 16,
  /** By probe: location of a drop, address of a socket, pid << 32 | tid ... u64. */
  value: 24,
  /** By probe: drop reason, return code, ICMP type << 8 | code ... u32. */
  code: 32,
  /** Number of the device that the sk_buff has, 0 for none. u32. */
  device: 36,
  /** Inode number of the device's or socket's network namespace, 0 for none. u32. */
  namespace: 40,
  /** sk_buff.len. u32. */
  length: 44,
  /** sk_buff.mark. u32. */
  mark: 48,
  /** Which probe, by its place in the list of those attached. u16. */
  probe: 52,
  /** EtherType, in host order. u16. */
  etherType: 54,
  /** Counts the events of each CPU, those that were lost included: a gap says how many. u32. */
  sequence: 56,
  /** u16. */
  cpu: 60,
  /** Bytes of the copy that are valid. u8: at most COPY_BYTES. */
  copied: 62,
  /** EVENT_FLAG. u8. */
  flags: 63,
  /** Of records with one: bytes of the packet. */
  copy: 64,
} as const;

/** A record without, and with, a copy of the headers. */
export const EVENT_BYTES = 64;
/** The link-layer header (2 bytes empty, then 14), then 96 from the network header on. */
export const COPY_LINK_BYTES = 16;
export const COPY_BYTES = 96;
export const EVENT_WITH_COPY_BYTES = EVENT_BYTES + COPY_LINK_BYTES + COPY_BYTES;

export const EVENT_FLAG = {
  /** The copy's first 16 bytes hold 2 empty ones and the Ethernet header. */
  link: 1,
  /** First event of this sk_buff's life as far as the probes know: it was not being followed. */
  first: 2,
  /** sk_buff.cloned. */
  cloned: 4,
} as const;
