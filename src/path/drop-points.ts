// Where a packet was dropped: from the kernel function that freed it, the reason it gave, and the last point that was seen.
// A function or reason may belong to several points; what both allow, and the last point, choose among them.
import { POINT_NAMES, type PointName } from './point-names.ts';
import { POINTS } from './points.ts';
import { explainReason } from './reasons.ts';

/** Hooks of netfilter, the usual ones first. */
const NETFILTER: readonly PointName[] = [
  'nf.prerouting',
  'nf.input',
  'nf.forward',
  'nf.output',
  'nf.postrouting',
  'nf.ingress',
  'nf.egress',
];

/** Functions that serve several points, or other ones than the file they stand in lets expect: the usual point first. */
const SHARED: Readonly<Record<string, readonly PointName[]>> = {
  nf_hook_slow: NETFILTER,
  nf_hook_slow_list: NETFILTER,
  nft_do_chain: NETFILTER,
  __netif_receive_skb_core: ['protocol', 'vlan', 'tc.ingress', 'nf.ingress', 'rx_handler', 'xdp', 'tap'],
  __dev_queue_xmit: ['qdisc', 'transmit', 'tc.egress', 'nf.egress'],
  ip_finish_output2: ['neighbour', 'ip.output'],
  ip6_finish_output2: ['neighbour', 'ip.output'],
  ip_rcv_finish_core: ['route'],
  udp_queue_rcv_one_skb: ['udp', 'socket.filter', 'socket.queue'],
  udpv6_queue_rcv_one_skb: ['udp', 'socket.filter', 'socket.queue'],
  udp_unicast_rcv_skb: ['udp', 'socket.filter', 'socket.queue'],
  __udp_queue_rcv_skb: ['socket.queue', 'udp'],
  tcp_v4_rcv: ['tcp', 'socket.filter', 'socket.queue'],
  tcp_v6_rcv: ['tcp', 'socket.filter', 'socket.queue'],
  tcp_v4_do_rcv: ['tcp', 'socket.queue'],
  tcp_v6_do_rcv: ['tcp', 'socket.queue'],
  tcp_rcv_established: ['tcp', 'socket.queue'],
  tcp_rcv_state_process: ['tcp', 'socket.queue'],
  tcp_drop_reason: ['tcp', 'socket.queue'],
  tcp_data_queue: ['socket.queue', 'tcp'],
  __sk_receive_skb: ['socket.queue', 'socket.filter', 'tcp'],
  sock_queue_rcv_skb_reason: ['socket.queue', 'socket.filter'],
  raw_rcv: ['raw', 'socket.filter', 'socket.queue'],
  raw_rcv_skb: ['raw', 'socket.filter', 'socket.queue'],
  rawv6_rcv: ['raw', 'socket.filter', 'socket.queue'],
  rawv6_rcv_skb: ['raw', 'socket.filter', 'socket.queue'],
  __ping_queue_rcv_skb: ['icmp', 'socket.filter', 'socket.queue'],
  ping_rcv: ['icmp'],
  tpacket_rcv: ['tap'],
  packet_rcv: ['tap'],
  ip_defrag: ['ip.deliver', 'nf.prerouting', 'nf.output'],
  ip_expire: ['ip.deliver', 'nf.prerouting', 'nf.output'],
  ip_frag_queue: ['ip.deliver', 'nf.prerouting', 'nf.output'],
  ip_frag_reinit: ['ip.deliver', 'nf.prerouting', 'nf.output'],
  inet_frag_destroy: ['ip.deliver', 'nf.prerouting', 'nf.output'],
  inet_frag_queue_flush: ['ip.deliver', 'nf.prerouting', 'nf.output'],
  inet_frag_rbtree_purge: ['ip.deliver', 'nf.prerouting', 'nf.output'],
  nf_ct_frag6_queue: ['nf.prerouting', 'nf.output'],
  ip6_pkt_drop: ['route', 'ip.output'],
  dst_discard: ['route'],
  dst_discard_out: ['ip.output', 'route'],
  tcf_mirred_act: ['tc.ingress', 'tc.egress'],
  tcf_classify: ['tc.ingress', 'tc.egress', 'qdisc'],
  __dev_forward_skb: ['transmit', 'tc.ingress'],
  skb_queue_purge_reason: ['socket.queue', 'neighbour', 'qdisc'],
  skb_rbtree_purge: ['socket.queue', 'qdisc'],
  sk_stream_kill_queues: ['socket.queue'],
  unix_release_sock: ['socket.queue'],
  unix_dgram_disconnected: ['socket.queue'],
};

/** Beginnings of function names, for functions that are in no table. */
const FAMILIES: readonly (readonly [prefix: RegExp, points: readonly PointName[]])[] = [
  [/^(nf_|nft_|nfqnl_|ipt_|ip6t_|xt_|ip_vs_|ipv[46]_conntrack)/, NETFILTER],
  [/^(tcp_|tcp[46]_|__tcp|mptcp_|inet_csk|cookie_v[46])/, ['tcp', 'socket.queue']],
  [/^(udp|__udp)/, ['udp', 'socket.queue', 'socket.filter']],
  [/^(icmp|ping_|ndisc_|igmp6|mld_)/, ['icmp']],
  [/^(raw_|rawv6_|raw6_)/, ['raw']],
  [/^(br_|__br_|macvlan_handle|ipvlan_|bond_handle|team_handle|ovs_|macvlan_)/, ['rx_handler', 'transmit']],
  [/^arp_/, ['arp']],
  [/^(neigh_|__neigh|pneigh_)/, ['neighbour']],
  [
    /^(tun_|tap_|veth_|loopback_|dummy_|vxlan_|geneve_|ipgre|ip_tunnel|ip6_tnl|ip6gre|vti|sit_|ipip|vrf_|macsec_|validate_xmit|dev_hard)/,
    ['transmit', 'driver', 'udp'],
  ],
  [
    /^(fq_|cake_|codel|pfifo|bfifo|tbf_|htb_|hfsc_|red_|sfq_|sfb_|pie_|netem_|prio_|drr_|qfq_|dualpi2|taprio|etf_|qdisc_|sch_|__qdisc|choke_|cbs_|mqprio)/,
    ['qdisc'],
  ],
  [/^(tcf_|tc_|cls_|tcx_)/, ['tc.ingress', 'tc.egress']],
  [/^(xdp_|bpf_prog_run_generic|do_xdp|generic_xdp|netif_receive_generic_xdp)/, ['xdp']],
  [/^(gro_|dev_gro|napi_gro)/, ['gro']],
  [/^(packet_|tpacket_|prb_)/, ['tap']],
  [/^(xfrm|esp|ah_|ah4|ah6|ipcomp)/, ['ip.deliver', 'ip.output', 'ip.forward']],
  [/^(ipmr|ip6mr|ip_mr|ip6_mr|reg_vif|pim)/, ['ip.forward']],
  [/^(fib_|ip_route|rt_|ip6_route|rt6_)/, ['route']],
  [/^(ipv6_|ip6_input|seg6|ip6_parse|sctp|l2tp|gre_|igmp|tunnel4|tunnel6)/, ['ip.deliver', 'ip.receive']],
  [/^(unix_|skb_recv|__skb_recv|sock_|sk_|__sk_)/, ['socket.queue', 'socket.read', 'socket.filter']],
];

/** What the compiler adds to the names of parts and variants of a function. */
const COMPILER_SUFFIX = /\.(isra|constprop|part|cold|llvm|lto_priv)(\.|$).*$/;

const BY_FUNCTION: ReadonlyMap<string, readonly PointName[]> = functionTable();

function functionTable(): Map<string, readonly PointName[]> {
  const table = new Map<string, readonly PointName[]>();
  for (const { name, functions } of POINTS) {
    for (const one of Object.values(functions).flat()) table.set(one, [...(table.get(one) ?? []), name]);
  }
  for (const [one, points] of Object.entries(SHARED)) table.set(one, points);
  return table;
}

/** The points that a kernel function works for, the usual one first; empty when it tells nothing. */
export function pointsOfFunction(name: string): readonly PointName[] {
  const plain = name.replace(COMPILER_SUFFIX, '');
  return BY_FUNCTION.get(plain) ?? FAMILIES.find(([prefix]) => prefix.test(plain))?.[1] ?? [];
}

const ORDER: ReadonlyMap<PointName, number> = new Map(POINT_NAMES.map((name, place) => [name, place]));

/** Hooks of netfilter in the path of IP: programs can be attached to these. */
const IP_HOOKS: ReadonlySet<PointName | undefined> = new Set(NETFILTER.slice(0, 5));

function isHook(point: PointName | undefined): boolean {
  return IP_HOOKS.has(point);
}

/** The last point if it is among the candidates; else the first of them that lies behind it; else the first. */
function choose(candidates: readonly PointName[], lastPoint: PointName | undefined): PointName {
  if (lastPoint === undefined || candidates.includes(lastPoint)) return lastPoint ?? candidates[0]!;
  const place = ORDER.get(lastPoint)!;
  return candidates.find((candidate) => ORDER.get(candidate)! > place) ?? candidates[0]!;
}

export interface DropPlace {
  /** The kernel's name, with or without SKB_DROP_REASON_. */
  readonly reason: string;
  /** The function that freed the packet (kfree_skb's location through /proc/kallsyms), when that is known. */
  readonly function?: string | undefined;
  /** The last point at which the packet was seen. */
  readonly lastPoint?: PointName | undefined;
  /** Whether the hooks of IP are seen: a packet that came to none of them was dropped on another one. */
  readonly hooksSeen?: boolean;
}

/**
 * The point at which a packet was dropped.
 *
 *   pointOfDrop({ reason: 'NETFILTER_DROP', function: 'nf_hook_slow', lastPoint: 'nf.input' }); // 'nf.input'
 *   pointOfDrop({ reason: 'SOCKET_RCVBUFF', function: 'udp_queue_rcv_one_skb' }); // 'socket.queue'
 */
export function pointOfDrop({ reason, function: name, lastPoint, hooksSeen = false }: DropPlace): PointName {
  const byFunction = name === undefined ? [] : pointsOfFunction(name);
  const byReason = explainReason(reason).points;
  const byBoth = byFunction.filter((point) => byReason.includes(point));
  const candidates = [byBoth, byFunction, byReason].find((points) => points.length > 0);
  if (candidates === undefined) return lastPoint ?? 'receive';
  const others = hooksSeen && !isHook(lastPoint) ? candidates.filter((point) => !isHook(point)) : [];
  return choose(others.length > 0 ? others : candidates, lastPoint);
}
