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
  /** By the probe's role: location of a drop, address of a socket, tgid << 32 | tid ... u64. */
  value: 24,
  /** By probe: drop reason, return code, ICMP type << 8 | code ... u32. */
  code: 32,
  /** Number of the device that the sk_buff has, 0 for none. u32. */
  device: 36,
  /** Inode number of the device's or socket's network namespace, 0 for none. u32. */
  namespace: 40,
  /** Bytes of the packet from the network header on: sk_buff.len counts from wherever its data begins by then. u32. */
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

/**
 * A record without, and with, a copy area: the length in the ring buffer's header tells which. The area holds headers of the
 * packet, or what EVENT_FLAG says. A record without one says that the headers are as in the last copy of this sk_buff.
 */
export const EVENT_BYTES = 64;
/** The link-layer header (2 bytes empty, then 14), then 96 from the network header on. */
export const COPY_LINK_BYTES = 16;
export const COPY_BYTES = 96;
export const EVENT_WITH_COPY_BYTES = EVENT_BYTES + COPY_LINK_BYTES + COPY_BYTES;

export const EVENT_FLAG = {
  /** The copy's first 16 bytes hold 2 empty ones and the Ethernet header. */
  link: 1,
  /** First event of this sk_buff's life as far as the probes know: it was not being followed. Only told with a filter. */
  first: 2,
  /** sk_buff.cloned. */
  cloned: 4,
  /** The copy area holds a SOCKET. */
  socket: 8,
  /** The copy area holds a ROUTE, a NEIGHBOUR or a READER: the probe says which. */
  beside: 16,
} as const;

/** A socket in the copy area; offsets in bytes from EVENT.copy. */
export const SOCKET = {
  /** AF_INET 2, AF_INET6 10, AF_PACKET 17 ... u16. */
  family: 0,
  /** IPPROTO_*. u16. */
  protocol: 2,
  /** Host order. u16. */
  localPort: 4,
  /** Host order, 0 when it is not connected. u16. */
  remotePort: 6,
  /** sock.__sk_common.skc_cookie: 0 when nobody asked for it yet. u64. */
  cookie: 8,
  /** 4 bytes of IPv4, the rest empty, or 16 of IPv6. */
  local: 16,
  remote: 32,
  /** TCP_ESTABLISHED 1, TCP_LISTEN 10 ... u8. */
  state: 48,
  /** SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_RAW 3 ... u16. */
  type: 50,
  size: 56,
} as const;

/** The process that runs, in the copy area of a 'read' record. */
export const READER = {
  /** task_struct.comm: zero-terminated, 16 bytes. */
  comm: 0,
  size: 16,
} as const;

/** An answer of the routing tables (fib_table_lookup, fib6_table_lookup), in the copy area. `code` is the error, signed. */
export const ROUTE = {
  /** AF_INET or AF_INET6. u16. */
  family: 0,
  /** Family of the gateway, 0 when there is none. u16. */
  gatewayFamily: 2,
  /** Number of the table: 254 main, 255 local. u32. */
  table: 4,
  /** Interfaces of the question and of the answer, 0 for none. u32. */
  inInterface: 8,
  outInterface: 12,
  /** Of the question, as SOCKET's addresses. */
  source: 16,
  destination: 32,
  gateway: 48,
  size: 64,
} as const;

/** A neighbour that was asked for (neigh_event_send_done), in the copy area. `code` is 0 when it may be sent to at once. */
export const NEIGHBOUR = {
  /** AF_INET or AF_INET6. u16. */
  family: 0,
  /** NUD_INCOMPLETE 1, NUD_REACHABLE 2, NUD_STALE 4, NUD_FAILED 32 ... u8. */
  state: 2,
  /** Number of its device. u32. */
  device: 4,
  /** Its link-layer address, 6 bytes. */
  linkAddress: 8,
  address: 16,
  size: 32,
} as const;
