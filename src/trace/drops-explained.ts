// The kernel's counters held against the drops that were seen: "seen N of M". A counter that rose by more than there were
// packets to explain it tells of drops that no packet passed kfree_skb for: in the device, in a driver, or before there was
// a packet. Which drops raise which counter was read in the places where the kernel counts (net/core/dev.c, net/ipv4,
// net/ipv6, v6.18).
import type { PointName } from '../path/index.ts';
import { ETHER_TYPE, IP_PROTOCOL } from '../wire/index.ts';
import type { DeviceCounters, KernelCounters } from './drops-counters.ts';

/** What is known of the drops of one kind. */
export interface SeenDrop {
  /** The kernel's name without SKB_DROP_REASON_. */
  readonly reason: string;
  readonly point: PointName;
  readonly device: number;
  readonly namespace: number;
  readonly etherType: number;
  readonly protocol: number;
  readonly count: number;
}

/** A counter that rose. */
export interface ExplainedCounter {
  /** rx_dropped of a device; UdpNoPorts of the namespace; softnet dropped of the machine. */
  readonly name: string;
  readonly device?: string;
  readonly increase: number;
  /** Drops that were seen and raised it, at most `increase`. */
  readonly seen: number;
  /** What is left, means this, */
  readonly means: string;
  /** and can be looked into so; {device} is put in. */
  readonly commands: readonly string[];
}

interface CounterRow {
  /** Drops that raise it, by reason ... */
  readonly reasons: readonly string[];
  /** ... or, whatever their reason, by point. */
  readonly points?: readonly PointName[];
  readonly etherType?: number;
  readonly protocol?: number;
  readonly means: string;
  readonly commands: readonly string[];
}

const DRIVER = ['ethtool -S {device}', 'ip -s -s link show dev {device}'] as const;

const DEVICES = {
  rx_dropped: {
    reasons: ['UNHANDLED_PROTO', 'CPU_BACKLOG', 'DEV_READY'],
    points: ['driver', 'xdp', 'gro', 'backlog'],
    means:
      'The driver dropped received packets itself, or an XDP program did: they never became packets of the kernel.',
    commands: [...DRIVER, 'ip -d link show dev {device}'],
  },
  rx_missed_errors: {
    reasons: [],
    means: 'The device had no free buffer to receive into: the host is too slow for it, or its ring too small.',
    commands: [...DRIVER, 'ethtool -g {device}', 'cat /proc/interrupts'],
  },
  rx_nohandler: {
    reasons: ['UNHANDLED_PROTO'],
    means: 'Packets came in on the inactive port of a bond or team, which takes none.',
    commands: ['ip -d link show dev {device}', 'cat /proc/net/bonding/*'],
  },
  rx_otherhost_dropped: {
    reasons: ['OTHERHOST'],
    means: 'Frames for other MAC addresses were dropped.',
    commands: ['ip -d link show dev {device}'],
  },
  tx_dropped: {
    reasons: [],
    points: ['transmit', 'qdisc', 'tc.egress', 'nf.egress'],
    means: 'The driver dropped packets that it was to send: no room in its ring, or the other end does not take them.',
    commands: [...DRIVER, 'tc -s qdisc show dev {device}'],
  },
} as const satisfies Record<string, CounterRow>;

/** What the other end of a veth pair refuses is counted as tx_dropped at this one (veth_xmit, drivers/net/veth.c). */
const REFUSED_BY_PEER: readonly string[] = ['CPU_BACKLOG', 'DEV_READY'];

const BACKLOG: CounterRow = {
  reasons: ['CPU_BACKLOG'],
  means: 'Packets found the backlog of a CPU full.',
  commands: ['cat /proc/net/softnet_stat', 'sysctl net.core.netdev_max_backlog'],
};

const V4 = { etherType: ETHER_TYPE.IPV4 } as const;
const V6 = { etherType: ETHER_TYPE.IPV6 } as const;
const UDP4 = { ...V4, protocol: IP_PROTOCOL.UDP } as const;
const UDP6 = { ...V6, protocol: IP_PROTOCOL.UDP } as const;

const NSTAT = ['nstat -az'] as const;
const LISTENERS = [
  'ss -tln',
  'nstat -az TcpExtListenOverflows TcpExtListenDrops',
  'sysctl net.core.somaxconn',
] as const;

const UDP_CLOSED = 'Datagrams came for ports that no socket has.';
const UDP_BUFFER = 'Receive buffers of UDP sockets were full.';
const CHECKSUMS = 'Packets with a wrong checksum came in.';
const HEADERS = 'Packets with something wrong in their IP header came in.';
const NO_ROUTE_OUT = 'Programs sent to where no route leads: they got an error, and no packet was made.';
const REASSEMBLY =
  'Fragments did not become packets: each packet that failed counts once, each of its fragments is a drop.';

/** By nstat's names. */
const PROTOCOLS: Readonly<Record<string, CounterRow>> = {
  IpInHdrErrors: { ...V4, reasons: ['IP_CSUM', 'IP_INHDR'], means: HEADERS, commands: NSTAT },
  IpExtInCsumErrors: { ...V4, reasons: ['IP_CSUM'], means: CHECKSUMS, commands: NSTAT },
  IpExtInTruncatedPkts: { ...V4, reasons: ['PKT_TOO_SMALL'], means: HEADERS, commands: NSTAT },
  IpInAddrErrors: {
    ...V4,
    reasons: ['IP_INADDRERRORS'],
    points: ['route', 'ip.forward'],
    means: 'Packets came in for addresses that are not ours, and this host does not forward.',
    commands: ['ip address', 'sysctl net.ipv4.ip_forward'],
  },
  IpExtInNoRoutes: {
    ...V4,
    reasons: ['IP_INNOROUTES'],
    points: ['route'],
    means: 'Packets came in for which there is no route.',
    commands: ['ip route', 'ip rule'],
  },
  TcpExtIPReversePathFilter: {
    ...V4,
    reasons: ['IP_RPFILTER'],
    means: 'Packets came in from where their source is not reached.',
    commands: ['sysctl -a -r "rp_filter$"', 'ip route'],
  },
  IpInUnknownProtos: {
    ...V4,
    reasons: ['IP_NOPROTO'],
    means: 'Packets of IP protocols that nobody takes came in.',
    commands: ['cat /proc/net/protocols'],
  },
  IpInDiscards: {
    ...V4,
    reasons: ['XFRM_POLICY'],
    points: ['ip.receive', 'ip.deliver'],
    means: 'Good packets were thrown away on the way in: no memory, or a policy of IPsec.',
    commands: ['free -m', 'ip xfrm policy'],
  },
  IpOutDiscards: {
    ...V4,
    reasons: ['XFRM_POLICY'],
    points: ['ip.output'],
    means: 'Good packets were thrown away on the way out: no memory, or no room in a socket.',
    commands: ['free -m', 'ss -m'],
  },
  IpOutNoRoutes: { ...V4, reasons: ['IP_OUTNOROUTES'], means: NO_ROUTE_OUT, commands: ['ip route', 'ip rule'] },
  IpFragFails: {
    ...V4,
    reasons: ['PKT_TOO_BIG'],
    means: 'Packets that must not be fragmented were too big for the way on.',
    commands: ['ip link', 'ip route get ADDRESS'],
  },
  IpReasmFails: {
    ...V4,
    reasons: ['FRAG_REASM_TIMEOUT', 'FRAG_TOO_FAR', 'DUP_FRAG'],
    means: REASSEMBLY,
    commands: ["nstat -az 'IpReasm*'"],
  },
  UdpNoPorts: { ...UDP4, reasons: ['NO_SOCKET'], means: UDP_CLOSED, commands: ['ss -ulnp'] },
  UdpInCsumErrors: { ...UDP4, reasons: ['UDP_CSUM'], means: CHECKSUMS, commands: NSTAT },
  UdpRcvbufErrors: { ...UDP4, reasons: ['SOCKET_RCVBUFF'], means: UDP_BUFFER, commands: ['ss -ulnpm'] },
  UdpMemErrors: { ...UDP4, reasons: ['PROTO_MEM'], means: UDP_BUFFER, commands: ['sysctl net.ipv4.udp_mem'] },
  Udp6NoPorts: { ...UDP6, reasons: ['NO_SOCKET'], means: UDP_CLOSED, commands: ['ss -ulnp'] },
  Udp6InCsumErrors: { ...UDP6, reasons: ['UDP_CSUM'], means: CHECKSUMS, commands: NSTAT },
  Udp6RcvbufErrors: { ...UDP6, reasons: ['SOCKET_RCVBUFF'], means: UDP_BUFFER, commands: ['ss -ulnpm'] },
  Udp6MemErrors: { ...UDP6, reasons: ['PROTO_MEM'], means: UDP_BUFFER, commands: ['sysctl net.ipv4.udp_mem'] },
  IcmpInCsumErrors: { ...V4, reasons: ['ICMP_CSUM'], means: CHECKSUMS, commands: NSTAT },
  Icmp6InCsumErrors: { ...V6, reasons: ['ICMP_CSUM'], means: CHECKSUMS, commands: NSTAT },
  TcpInCsumErrors: { reasons: ['TCP_CSUM'], means: CHECKSUMS, commands: NSTAT },
  TcpExtListenDrops: {
    reasons: [],
    means:
      'Listening sockets refused connections, mostly because their queue was full: the program accepts too slowly. The kernel frees such a SYN as used up, not as dropped.',
    commands: LISTENERS,
  },
  TcpExtTCPReqQFullDrop: {
    reasons: [],
    means: 'Queues of half-open connections were full, and SYN cookies are off.',
    commands: ['sysctl net.ipv4.tcp_syncookies net.ipv4.tcp_max_syn_backlog', ...LISTENERS],
  },
  TcpExtTCPBacklogDrop: {
    reasons: ['SOCKET_BACKLOG'],
    means: 'Sockets were busy while packets came in for them, and their backlogs were full.',
    commands: ['ss -tnm'],
  },
  TcpExtTCPRcvQDrop: {
    reasons: ['PROTO_MEM', 'SOCKET_RCVBUFF'],
    means: 'Receive queues of TCP sockets were full.',
    commands: ['ss -tnm', 'sysctl net.ipv4.tcp_mem'],
  },
  TcpExtTCPZeroWindowDrop: {
    reasons: ['TCP_ZEROWINDOW'],
    means: 'Data came for sockets that had said that they take none.',
    commands: ['ss -tnm'],
  },
  TcpExtTCPMinTTLDrop: { reasons: ['TCP_MINTTL'], means: 'The TTL was below what a socket wants.', commands: NSTAT },
  TcpExtPFMemallocDrop: { reasons: ['PFMEMALLOC'], means: 'The host was out of memory.', commands: ['free -m'] },
  Ip6InHdrErrors: { ...V6, reasons: ['IP_INHDR'], means: HEADERS, commands: NSTAT },
  Ip6InTruncatedPkts: { ...V6, reasons: ['PKT_TOO_SMALL'], means: HEADERS, commands: NSTAT },
  Ip6InTooBigErrors: {
    ...V6,
    reasons: ['PKT_TOO_BIG'],
    means: 'Packets were too big for the way on.',
    commands: ['ip link', 'ip -6 route get ADDRESS'],
  },
  Ip6InAddrErrors: {
    ...V6,
    reasons: ['IP_INADDRERRORS'],
    points: ['route', 'ip.forward'],
    means: 'Packets came in for addresses that cannot be taken or passed on.',
    commands: ['ip -6 address', 'sysctl net.ipv6.conf.all.forwarding'],
  },
  Ip6InNoRoutes: {
    ...V6,
    reasons: ['IP_INNOROUTES'],
    points: ['route'],
    means: 'Packets came in for which there is no route.',
    commands: ['ip -6 route', 'ip -6 rule'],
  },
  Ip6InUnknownProtos: {
    ...V6,
    reasons: ['IP_NOPROTO'],
    means: 'Packets with a next header that nobody takes came in.',
    commands: ['cat /proc/net/protocols'],
  },
  Ip6InDiscards: {
    ...V6,
    reasons: ['IPV6DISABLED', 'XFRM_POLICY'],
    points: ['ip.receive', 'ip.deliver'],
    means: 'Packets were thrown away on the way in: IPv6 is off on the device, no memory, or a policy of IPsec.',
    commands: ['sysctl -a -r "disable_ipv6$"', 'free -m'],
  },
  Ip6OutDiscards: {
    ...V6,
    reasons: ['IPV6DISABLED', 'XFRM_POLICY'],
    points: ['ip.output'],
    means: 'Packets were thrown away on the way out.',
    commands: ['sysctl -a -r "disable_ipv6$"', 'free -m'],
  },
  Ip6OutNoRoutes: { ...V6, reasons: ['IP_OUTNOROUTES'], means: NO_ROUTE_OUT, commands: ['ip -6 route'] },
  Ip6ReasmFails: {
    ...V6,
    reasons: ['FRAG_REASM_TIMEOUT', 'FRAG_TOO_FAR', 'DUP_FRAG', 'IPV6_NDISC_FRAG'],
    means: REASSEMBLY,
    commands: ["nstat -az 'Ip6Reasm*'"],
  },
};

/** Reasons and points that the tables name. */
export const COUNTER_REASONS: readonly string[] = [
  ...Object.values(DEVICES),
  ...Object.values(PROTOCOLS),
  BACKLOG,
].flatMap((row: CounterRow) => row.reasons);

export interface Reconciliation {
  readonly before: KernelCounters;
  readonly now: KernelCounters;
  /** All that were seen meanwhile, anywhere. */
  readonly seen: readonly SeenDrop[];
  /** Inode number of the namespace whose counters these are. */
  readonly namespace: number;
  /** Only the counters of these devices, by number; all, and those of protocols and backlogs, without. */
  readonly devices?: readonly number[] | undefined;
}

/** The counters that rose, those with the most that is unexplained first. */
export function explainCounters({ before, now, seen, namespace, devices }: Reconciliation): ExplainedCounter[] {
  const here = seen.filter((drop) => drop.namespace === namespace);
  const chosen = now.devices.filter(({ index }) => devices?.includes(index) ?? true);
  const counters = chosen.flatMap((device) => {
    const earlier = before.devices.find(({ index, name }) => index === device.index && name === device.name);
    return deviceRows(device, earlier, here, seen);
  });
  if (devices === undefined) counters.push(...protocolRows(before, now, here), ...backlogRow(before, now, seen));
  return counters.toSorted((a, b) => b.increase - b.seen - (a.increase - a.seen));
}

function deviceRows(
  device: DeviceCounters,
  earlier: DeviceCounters | undefined,
  here: readonly SeenDrop[],
  anywhere: readonly SeenDrop[],
): ExplainedCounter[] {
  const names = Object.keys(DEVICES) as (keyof typeof DEVICES)[];
  return names.flatMap((name) => {
    const row: CounterRow = DEVICES[name];
    const own = here.filter((drop) => drop.device === device.index && raises(drop, row));
    const drops = name === 'tx_dropped' ? [...own, ...refusedByPeer(device, anywhere)] : own;
    const increase = device.counts[name] - (earlier?.counts[name] ?? 0);
    return explained(name, row, increase, drops, device.name);
  });
}

/** The other end may be in another namespace, of which only the device's number is known. */
function refusedByPeer({ peer }: DeviceCounters, anywhere: readonly SeenDrop[]): SeenDrop[] {
  return anywhere.filter(({ device, reason }) => device === peer && REFUSED_BY_PEER.includes(reason));
}

function protocolRows(before: KernelCounters, now: KernelCounters, here: readonly SeenDrop[]): ExplainedCounter[] {
  return Object.entries(PROTOCOLS).flatMap(([name, row]) => {
    const increase = (now.protocols.get(name) ?? 0) - (before.protocols.get(name) ?? 0);
    return explained(
      name,
      row,
      increase,
      here.filter((drop) => raises(drop, row)),
    );
  });
}

/** Backlogs take packets of all namespaces. */
function backlogRow(before: KernelCounters, now: KernelCounters, anywhere: readonly SeenDrop[]): ExplainedCounter[] {
  const increase = sum(now.backlogs.values()) - sum(before.backlogs.values());
  const drops = anywhere.filter((drop) => raises(drop, BACKLOG));
  return explained('softnet dropped', BACKLOG, increase, drops);
}

function raises(drop: SeenDrop, { reasons, points, etherType, protocol }: CounterRow): boolean {
  if (etherType !== undefined && drop.etherType !== etherType) return false;
  if (protocol !== undefined && drop.protocol !== protocol) return false;
  return reasons.includes(drop.reason) || (points?.includes(drop.point) ?? false);
}

function explained(
  name: string,
  row: CounterRow,
  increase: number,
  drops: readonly SeenDrop[],
  device?: string,
): ExplainedCounter[] {
  if (!(increase > 0)) return [];
  const seen = Math.min(increase, sum(drops.map(({ count }) => count)));
  const commands = row.commands.map((command) => command.replaceAll('{device}', device ?? 'DEVICE'));
  return [{ name, ...(device !== undefined && { device }), increase, seen, means: row.means, commands }];
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
