// The probes, as facts: where each is attached, what it says of a packet, and what its program has to read. Tracepoints are
// those of include/trace/events (v6.18), functions those that BTF knows; which arguments there are is read from BTF when
// a probe is loaded, since they change between versions.
import type { Probe } from './probe.ts';

/** Where the network header begins: at sk_buff.data before netif_receive_skb has set sk_buff.network_header. */
type Start = 'data' | 'network';

/** Which device an event names: the sk_buff's, that of the hook, none where sk_buff.dev may hold something else by then. */
type Device = 'skb' | 'checked' | 'hook' | 'none';

/** What `value`, `code` and the copy area are: one of the fragments in probe-details.ts. */
export type Detail =
  | 'drop'
  | 'consume'
  | 'read'
  | 'socket'
  | 'offered'
  | 'refused'
  | 'icmp'
  | 'reset'
  | 'route4'
  | 'route6'
  | 'neighbour';

/** What probes of every mechanism have. */
export interface ProbeRow extends Probe {
  readonly start: Start;
  readonly device: Device;
  /** Headers are copied: the link-layer header too, where there is one. */
  readonly copy: 'link' | 'network' | 'none';
  /** Packets go out here: what `outbound` means in a filter. */
  readonly outgoing: boolean;
  readonly detail?: Detail;
  /** The packet is no longer followed: nothing comes after this. */
  readonly end: boolean;
  /**
   * Left out while much passes by that nobody asked for: the outcome is known without it. 'covered': where a tcx link is on
   * each device that needs one, which sees the same packets for a third of the cost. 'network': where IP is asked for only,
   * which is asked at the hooks of netfilter and of drops; on ports of bridges and the like it stays.
   */
  readonly fine: boolean | 'covered' | 'network';
  /** The first kernel that has it, with what the row says of it. */
  readonly since: string;
}

const PASS = {
  role: 'pass',
  origin: false,
  start: 'network',
  device: 'skb',
  copy: 'none',
  outgoing: false,
  end: false,
  fine: false,
  since: '5.5',
} as const satisfies Partial<ProbeRow>;

const TRACEPOINT = { ...PASS, mechanism: 'tracepoint' } as const;
const ARRIVING = { ...TRACEPOINT, origin: true, start: 'data', copy: 'link' } as const;
const LEAVING = { ...TRACEPOINT, origin: true, copy: 'link', outgoing: true } as const;
const BESIDE = { ...TRACEPOINT, role: 'beside', device: 'none', fine: true } as const;
const END = { ...TRACEPOINT, end: true } as const;

/**
 * Typed tracepoints. net_dev_xmit is not among them: it comes when the sk_buff may be somebody else's by now, and what it
 * knows, the driver's answer, is seen as well by what follows.
 */
export const TRACEPOINTS: readonly ProbeRow[] = [
  { ...ARRIVING, name: 'napi_gro_receive_entry', point: 'gro', fine: true },
  // The headers are still in a fragment: nothing to copy, nothing to ask.
  { ...TRACEPOINT, name: 'napi_gro_frags_entry', point: 'gro', fine: true },
  // veth and lo hand over what they were given to send.
  { ...ARRIVING, name: 'netif_rx', point: 'backlog', fine: true },
  { ...ARRIVING, name: 'netif_receive_skb', point: 'receive', fine: 'covered' },
  { ...LEAVING, name: 'net_dev_queue', point: 'qdisc', fine: 'network' },
  { ...LEAVING, name: 'net_dev_start_xmit', point: 'transmit', fine: true },
  {
    ...END,
    name: 'kfree_skb',
    point: 'protocol',
    role: 'drop',
    origin: true,
    device: 'checked',
    copy: 'link',
    detail: 'drop',
    since: '5.17',
  },
  { ...END, name: 'consume_skb', point: 'protocol', role: 'consume', device: 'none', detail: 'consume' },
  {
    ...TRACEPOINT,
    name: 'skb_copy_datagram_iovec',
    point: 'socket.read',
    role: 'read',
    device: 'none',
    detail: 'read',
  },
  { ...TRACEPOINT, name: 'sock_rcvqueue_full', point: 'socket.queue', role: 'refused', detail: 'refused' },
  {
    ...TRACEPOINT,
    name: 'udp_fail_queue_rcv_skb',
    point: 'socket.queue',
    role: 'refused',
    detail: 'refused',
    since: '6.10',
  },
  { ...TRACEPOINT, name: 'tcp_bad_csum', point: 'tcp' },
  { ...TRACEPOINT, name: 'tcp_probe', point: 'tcp', fine: true },
  { ...TRACEPOINT, name: 'tcp_send_reset', point: 'tcp', role: 'answer', detail: 'reset' },
  { ...TRACEPOINT, name: 'icmp_send', point: 'icmp', role: 'answer', detail: 'icmp', since: '6.10' },
  { ...BESIDE, name: 'fib_table_lookup', point: 'route', family: 4, beside: 'route', detail: 'route4' },
  { ...BESIDE, name: 'fib6_table_lookup', point: 'route', family: 6, beside: 'route', detail: 'route6' },
  { ...BESIDE, name: 'neigh_event_send_done', point: 'neighbour', beside: 'neighbour', detail: 'neighbour' },
  { ...BESIDE, name: 'neigh_event_send_dead', point: 'neighbour', beside: 'neighbour', detail: 'neighbour' },
];

/** enum nf_inet_hooks, include/uapi/linux/netfilter.h. */
const HOOKS = [
  { name: 'prerouting', point: 'nf.prerouting', number: 0 },
  { name: 'input', point: 'nf.input', number: 1 },
  { name: 'forward', point: 'nf.forward', number: 2 },
  { name: 'output', point: 'nf.output', number: 3 },
  { name: 'postrouting', point: 'nf.postrouting', number: 4 },
] as const;

/** Before and after everybody else: bpf_nf_check_pf_and_hooks (net/netfilter/nf_bpf_link.c) refuses the very first and last. */
const ENDS = [
  { name: 'first', role: 'enter', priority: -0x7fff_ffff },
  { name: 'last', role: 'leave', priority: 0x7fff_fffe },
] as const;

export interface NetfilterRow extends ProbeRow {
  readonly family: 4 | 6;
  /** enum nf_inet_hooks. */
  readonly hook: number;
  readonly priority: number;
}

/** What this host sends begins here; what is received on a device that is not watched yet, too. */
function isOrigin(hook: string, end: string): boolean {
  return (hook === 'prerouting' && end === 'last') || (hook === 'output' && end === 'first');
}

/** Netfilter links, of every network namespace that is watched. */
export const NETFILTER_HOOKS: readonly NetfilterRow[] = ([4, 6] as const).flatMap((family) =>
  HOOKS.flatMap(({ name, point, number }) =>
    ENDS.map(
      (end): NetfilterRow => ({
        ...PASS,
        name: `ip${family}.${name}.${end.name}`,
        point,
        role: end.role,
        mechanism: 'netfilter',
        family,
        hook: number,
        priority: end.priority,
        origin: isOrigin(name, end.name),
        device: 'hook',
        copy: 'network',
        outgoing: number >= 3,
        fine: !isOrigin(name, end.name),
        since: '6.4',
      }),
    ),
  ),
);

const TCX = { ...PASS, mechanism: 'tcx', fine: true, since: '6.6' } as const;

export interface TcxRow extends ProbeRow {
  readonly direction: 'ingress' | 'egress';
}

/** tcx links, of every device that is watched: before what others have there. */
export const TCX_HOOKS: readonly TcxRow[] = [
  {
    ...TCX,
    name: 'tcx.ingress',
    point: 'tc.ingress',
    direction: 'ingress',
    origin: true,
    fine: 'network',
    copy: 'link',
  },
  { ...TCX, name: 'tcx.egress', point: 'tc.egress', direction: 'egress', outgoing: true },
];

/** A cgroup program that every packet meets before it enters an IP socket (sk_filter_trim_cap, net/core/filter.c). */
export const CGROUP_HOOKS: readonly ProbeRow[] = [
  {
    ...PASS,
    name: 'cgroup.ingress',
    point: 'socket.filter',
    role: 'socket',
    mechanism: 'cgroup',
    detail: 'socket',
    since: '6.2',
  },
];

/** A program of our own, of the devices of -i, when it is asked for. */
export const XDP_HOOKS: readonly ProbeRow[] = [
  {
    ...PASS,
    name: 'xdp',
    point: 'xdp',
    role: 'frame',
    mechanism: 'xdp',
    origin: true,
    copy: 'link',
    since: '6.2',
  },
];

const ENTRY = { ...PASS, mechanism: 'fentry', fine: true } as const;

/** Functions, by fentry: the finer points, where the kernel lets them be traced. */
export const FUNCTIONS: readonly ProbeRow[] = [
  { ...ENTRY, name: 'packet_rcv', point: 'tap' },
  { ...ENTRY, name: 'tpacket_rcv', point: 'tap' },
  { ...ENTRY, name: 'arp_rcv', point: 'arp' },
  { ...ENTRY, name: 'ip_rcv_core', point: 'ip.receive', family: 4 },
  { ...ENTRY, name: 'ip6_rcv_core', point: 'ip.receive', family: 6 },
  { ...ENTRY, name: 'ip_rcv_finish_core', point: 'route', family: 4 },
  { ...ENTRY, name: 'ip_local_deliver', point: 'ip.deliver', family: 4 },
  { ...ENTRY, name: 'ip6_input', point: 'ip.deliver', family: 6 },
  { ...ENTRY, name: 'ip_forward', point: 'ip.forward', family: 4 },
  { ...ENTRY, name: 'ip6_forward', point: 'ip.forward', family: 6 },
  { ...ENTRY, name: 'icmp_rcv', point: 'icmp', family: 4 },
  { ...ENTRY, name: 'icmpv6_rcv', point: 'icmp', family: 6 },
  { ...ENTRY, name: 'tcp_v4_rcv', point: 'tcp', family: 4 },
  { ...ENTRY, name: 'tcp_v6_rcv', point: 'tcp', family: 6 },
  { ...ENTRY, name: '__udp4_lib_rcv', point: 'udp', family: 4 },
  { ...ENTRY, name: '__udp6_lib_rcv', point: 'udp', family: 6 },
  { ...ENTRY, name: 'raw_rcv', point: 'raw', family: 4 },
  { ...ENTRY, name: 'rawv6_rcv', point: 'raw', family: 6 },
  { ...ENTRY, name: '__udp_enqueue_schedule_skb', point: 'socket.queue', detail: 'offered' },
  { ...ENTRY, name: '__sock_queue_rcv_skb', point: 'socket.queue', detail: 'offered' },
  { ...ENTRY, name: 'ip_output', point: 'ip.output', family: 4 },
  { ...ENTRY, name: 'ip6_output', point: 'ip.output', family: 6 },
  { ...ENTRY, name: 'ip_finish_output2', point: 'neighbour', family: 4 },
  { ...ENTRY, name: 'ip6_finish_output2', point: 'neighbour', family: 6 },
];
