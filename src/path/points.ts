// The points of a packet's way, one row each: what the kernel decides there, in which functions, where a packet may go from
// there, and how it can be seen. Functions and files are those of Linux 6.18; which drop reasons belong to a point stands
// with the reasons (reasons.ts), where else a packet may be dropped at a point in drop-points.ts.
import type { PointName } from './point-names.ts';

/** The layers of the path, from the wire inwards, and out again. */
export const BANDS = ['device', 'core', 'network', 'transport', 'socket', 'output'] as const;
export type Band = (typeof BANDS)[number];

/** How a kernel lets a point be seen. */
export type ObservationMechanism = 'tracepoint' | 'netfilter' | 'tcx' | 'clsact' | 'fentry' | 'cgroup' | 'xdp';

/** One way of seeing a point. */
export interface Observation {
  readonly mechanism: ObservationMechanism;
  /** The tracepoint, hook or function that is attached to. */
  readonly at: string;
  /** First kernel release that has it, for our kind of program: 5.5 has typed tracepoints. */
  readonly since: string;
  /** What is learned, beyond that the packet is there. */
  readonly tells?: string;
}

export interface PointRow {
  readonly name: PointName;
  readonly band: Band;
  /** What the kernel does and decides there, one or two sentences. */
  readonly decides: string;
  /** The kernel's functions by file, at v6.18. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
  /** The points that may follow. A packet may also end at each. */
  readonly next: readonly PointName[];
  /** Best first. */
  readonly observed: readonly Observation[];
  /** What is never seen there, whatever the kernel offers. */
  readonly blind?: string;
}

const FIRST_AND_LAST = 'priority -2147483647 and 2147483646, before and behind everybody else';

/** A hook of netfilter for IPv4 and IPv6, as programs of ours see it. */
function hook(at: string): readonly Observation[] {
  return [
    { mechanism: 'netfilter', at, since: '6.4', tells: `entered, left, and what changed: ${FIRST_AND_LAST}` },
    { mechanism: 'fentry', at: 'nf_hook_slow', since: '5.5', tells: 'entered, and the verdict of all hook functions' },
  ];
}

const HOOK_BLIND =
  'Which rule decided is not told by the kernel to anybody but nft monitor trace and the TRACE target; a packet that enters ' +
  'the hook and does not leave it was dropped, stolen or queued there.';

/** In the order of POINT_NAMES. */
export const POINTS: readonly PointRow[] = [
  {
    name: 'driver',
    band: 'device',
    decides:
      'The device driver takes the frame from the hardware, from the other end of a pair, or from a process, and makes an sk_buff of it.',
    functions: {
      'net/core/skbuff.c': ['napi_build_skb', 'build_skb'],
      'net/ethernet/eth.c': ['eth_type_trans'],
      'drivers/net/tun.c': ['tun_get_user'],
      'drivers/net/tap.c': ['tap_get_user'],
    },
    next: ['napi', 'xdp', 'gro', 'backlog', 'receive'],
    observed: [
      {
        mechanism: 'fentry',
        at: 'eth_type_trans',
        since: '5.5',
        tells: 'for whom the frame is: this host, everybody, a group, another host',
      },
    ],
    blind:
      'Frames that the hardware drops never reach the kernel: only the counters of the device tell (ethtool -S, ip -s -s link).',
  },
  {
    name: 'napi',
    band: 'device',
    decides: 'The kernel polls the device for frames, as many as its budget allows.',
    functions: { 'net/core/dev.c': ['net_rx_action', '__napi_poll'] },
    next: ['xdp', 'gro', 'backlog', 'receive'],
    observed: [
      { mechanism: 'tracepoint', at: 'napi_poll', since: '5.5', tells: 'frames a poll; belongs to no one packet' },
    ],
    blind: 'A poll is not a packet: when the budget ran out only softnet_stat counts it (time_squeeze).',
  },
  {
    name: 'xdp',
    band: 'device',
    decides: 'XDP programs may drop the frame, change it, send it back or to another device, or pass it on.',
    functions: {
      'net/core/dev.c': ['do_xdp_generic', 'bpf_prog_run_generic_xdp', 'netif_receive_generic_xdp', 'generic_xdp_tx'],
      'net/core/filter.c': ['xdp_do_generic_redirect', 'xdp_do_redirect'],
      'drivers/net/veth.c': ['veth_xdp_rcv_skb', 'veth_xdp_rcv_one'],
    },
    next: ['gro', 'backlog', 'receive', 'transmit'],
    observed: [
      {
        mechanism: 'xdp',
        at: 'a program of our own (--xdp)',
        since: '6.2',
        tells: 'the frame before there is an sk_buff',
      },
      {
        mechanism: 'tracepoint',
        at: 'xdp_exception',
        since: '5.5',
        tells: 'programs that failed; belongs to no one packet',
      },
    ],
    blind:
      'What another XDP program in the driver dropped has no sk_buff and no drop reason; in generic XDP a drop has the reason NOT_SPECIFIED.',
  },
  {
    name: 'gro',
    band: 'device',
    decides: 'Segments of one flow that follow each other are merged into one large packet.',
    functions: {
      'net/core/gro.c': ['gro_receive_skb', 'dev_gro_receive', 'gro_complete', 'gro_skb_finish', 'napi_gro_frags'],
    },
    next: ['backlog', 'receive'],
    observed: [
      { mechanism: 'tracepoint', at: 'napi_gro_receive_entry', since: '5.5' },
      { mechanism: 'tracepoint', at: 'napi_gro_frags_entry', since: '5.5' },
    ],
    blind: 'A merged segment is freed as consumed: which packet it became part of is not told.',
  },
  {
    name: 'backlog',
    band: 'device',
    decides: 'The packet waits in the queue of a CPU, which is netdev_max_backlog long.',
    functions: {
      'net/core/dev.c': [
        'netif_rx_internal',
        '__netif_rx',
        'enqueue_to_backlog',
        'process_backlog',
        'flush_backlog',
        'get_rps_cpu',
      ],
    },
    next: ['xdp', 'receive'],
    observed: [
      { mechanism: 'tracepoint', at: 'netif_rx', since: '5.5', tells: 'about to be queued' },
      { mechanism: 'fentry', at: 'enqueue_to_backlog', since: '5.5', tells: 'for which CPU' },
    ],
  },
  {
    name: 'receive',
    band: 'core',
    decides: 'The packet enters the stack on its device; all that follows up to the protocol is one function.',
    functions: {
      'net/core/dev.c': [
        'netif_receive_skb',
        'netif_receive_skb_internal',
        '__netif_receive_skb',
        '__netif_receive_skb_one_core',
        '__netif_receive_skb_list_core',
      ],
    },
    next: ['xdp', 'tap', 'tc.ingress', 'nf.ingress', 'vlan', 'rx_handler', 'protocol', 'arp', 'ip.receive'],
    observed: [{ mechanism: 'tracepoint', at: 'netif_receive_skb', since: '5.5' }],
    blind:
      'A second round on another device (VLAN, bridge, macvlan) has no tracepoint of its own unless the device queues the packet anew.',
  },
  {
    name: 'tap',
    band: 'core',
    decides:
      'Packet sockets that capture everything get a copy each; their filter or a full ring may refuse it. The packet itself goes on.',
    functions: {
      'net/packet/af_packet.c': ['tpacket_rcv', 'packet_rcv', 'packet_rcv_spkt', 'packet_rcv_fanout', 'run_filter'],
      'net/core/dev.c': ['dev_queue_xmit_nit', 'deliver_skb'],
    },
    next: ['tc.ingress', 'nf.ingress', 'vlan', 'rx_handler', 'protocol', 'arp', 'ip.receive', 'transmit'],
    observed: [
      { mechanism: 'fentry', at: 'tpacket_rcv', since: '5.5', tells: 'which packet socket' },
      { mechanism: 'fentry', at: 'packet_rcv', since: '5.5', tells: 'which packet socket' },
    ],
    blind:
      'Without fentry only drops of copies are seen (PACKET_SOCK_ERROR), and their number in the statistics of the socket.',
  },
  {
    name: 'tc.ingress',
    band: 'core',
    decides: 'tc programs and filters of the device may drop, change, redirect or take the packet.',
    functions: {
      'net/core/dev.c': ['sch_handle_ingress', 'tcx_run', 'tc_run'],
      'net/sched/cls_api.c': ['tcf_classify'],
      'net/sched/act_mirred.c': ['tcf_mirred_act'],
      'net/sched/act_gact.c': ['tcf_gact_act'],
      'net/sched/act_police.c': ['tcf_police_act'],
    },
    next: ['receive', 'nf.ingress', 'vlan', 'rx_handler', 'protocol', 'arp', 'ip.receive', 'transmit'],
    observed: [
      { mechanism: 'tcx', at: 'ingress of a device', since: '6.6' },
      { mechanism: 'clsact', at: 'ingress of a device', since: '4.5' },
    ],
    blind: 'Which filter decided is not told: only its counters (tc -s filter show).',
  },
  {
    name: 'nf.ingress',
    band: 'core',
    decides: 'nftables chains of the families netdev and inet on the hook ingress, and flow tables, decide.',
    functions: {
      'include/linux/netfilter_netdev.h': ['nf_hook_ingress'],
      'net/netfilter/nft_chain_filter.c': ['nft_do_chain_netdev', 'nft_do_chain_inet_ingress'],
      'net/netfilter/nf_flow_table_ip.c': ['nf_flow_offload_ip_hook', 'nf_flow_offload_ipv6_hook'],
      'net/netfilter/nf_flow_table_inet.c': ['nf_flow_offload_inet_hook'],
    },
    next: ['vlan', 'rx_handler', 'protocol', 'arp', 'ip.receive', 'neighbour'],
    observed: [{ mechanism: 'fentry', at: 'nf_hook_slow', since: '5.5', tells: 'the verdict of all hook functions' }],
    blind:
      'Programs of the type netfilter cannot attach here; a packet that a flow table forwards passes none of the points up to neighbour.',
  },
  {
    name: 'vlan',
    band: 'core',
    decides: 'A VLAN tag chooses the VLAN device; the packet then is received once more, on that.',
    functions: { 'net/8021q/vlan_core.c': ['vlan_do_receive'], 'net/core/skbuff.c': ['skb_vlan_untag'] },
    next: ['receive', 'tap', 'tc.ingress', 'rx_handler', 'protocol', 'arp', 'ip.receive'],
    observed: [{ mechanism: 'fentry', at: 'vlan_do_receive', since: '5.5' }],
    blind: 'Without fentry seen only by the device that the next point has.',
  },
  {
    name: 'rx_handler',
    band: 'core',
    decides:
      'The device belongs to a bridge, bond, team, macvlan, ipvlan or Open vSwitch, which forwards the frame or receives it on its own device.',
    functions: {
      'net/bridge/br_input.c': ['br_handle_frame', 'br_handle_frame_finish', 'nf_hook_bridge_pre', 'br_pass_frame_up'],
      'net/bridge/br_forward.c': [
        'br_forward',
        '__br_forward',
        'br_flood',
        'br_multicast_flood',
        'br_dev_queue_push_xmit',
      ],
      'net/bridge/br_netfilter_hooks.c': ['br_nf_pre_routing', 'br_nf_forward', 'br_nf_post_routing'],
      'net/bridge/br_vlan.c': ['br_handle_vlan'],
      'drivers/net/macvlan.c': ['macvlan_handle_frame'],
      'drivers/net/ipvlan/ipvlan_core.c': ['ipvlan_handle_frame', 'ipvlan_rcv_frame'],
      'drivers/net/bonding/bond_main.c': ['bond_handle_frame'],
      'drivers/net/team/team_core.c': ['team_handle_frame'],
      'drivers/net/tap.c': ['tap_handle_frame'],
      'net/openvswitch/vport-netdev.c': ['netdev_frame_hook'],
      'net/openvswitch/actions.c': ['do_output', 'ovs_execute_actions'],
    },
    next: [
      'receive',
      'backlog',
      'tap',
      'nf.prerouting',
      'nf.forward',
      'protocol',
      'arp',
      'ip.receive',
      'qdisc',
      'transmit',
    ],
    observed: [
      { mechanism: 'fentry', at: 'br_handle_frame', since: '5.5' },
      { mechanism: 'fentry', at: 'macvlan_handle_frame', since: '5.5' },
    ],
    blind: 'Without fentry seen only by the device that the next point has.',
  },
  {
    name: 'protocol',
    band: 'core',
    decides: 'The handlers of its EtherType get the packet; one that nobody handles is dropped.',
    functions: {
      'net/core/dev.c': ['__netif_receive_skb_core', 'deliver_ptype_list_skb'],
      'net/llc/llc_input.c': ['llc_rcv'],
    },
    next: ['arp', 'ip.receive'],
    observed: [{ mechanism: 'tracepoint', at: 'kfree_skb', since: '5.17', tells: 'only what nobody handles' }],
    blind: 'While a capture of everything runs, the capture counts as a handler and no UNHANDLED_PROTO drop appears.',
  },
  {
    name: 'arp',
    band: 'network',
    decides: 'ARP is answered when the address asked for is ours (or proxied), and neighbours are learned.',
    functions: { 'net/ipv4/arp.c': ['arp_rcv', 'arp_process'] },
    next: ['nf.egress', 'qdisc', 'transmit'],
    observed: [
      { mechanism: 'fentry', at: 'arp_rcv', since: '5.5' },
      {
        mechanism: 'tracepoint',
        at: 'consume_skb',
        since: '5.5',
        tells: 'used up; where, from the location since 6.4',
      },
    ],
  },
  {
    name: 'ip.receive',
    band: 'network',
    decides: 'The header of the packet is checked: version, length, checksum, and that the frame was for this host.',
    functions: {
      'net/ipv4/ip_input.c': ['ip_rcv', 'ip_rcv_core', 'ip_list_rcv', 'ip_sublist_rcv'],
      'net/ipv6/ip6_input.c': ['ipv6_rcv', 'ip6_rcv_core', 'ipv6_list_rcv', 'ip6_sublist_rcv'],
      'net/ipv6/exthdrs.c': ['ipv6_parse_hopopts', 'ip6_parse_tlv', 'ip6_tlvopt_unknown', 'ipv6_hop_jumbo'],
    },
    next: ['nf.prerouting', 'route'],
    observed: [
      { mechanism: 'fentry', at: 'ip_rcv_core', since: '5.5' },
      { mechanism: 'fentry', at: 'ip6_rcv_core', since: '5.5' },
      { mechanism: 'netfilter', at: 'prerouting', since: '6.4', tells: 'that the header was accepted' },
    ],
  },
  {
    name: 'nf.prerouting',
    band: 'network',
    decides:
      'Netfilter before the route is looked up: defragmentation, raw, connection tracking, mangle, destination NAT.',
    functions: {
      'net/netfilter/nf_conntrack_core.c': ['nf_conntrack_in'],
      'net/netfilter/nf_conntrack_proto.c': ['ipv4_conntrack_in', 'ipv6_conntrack_in'],
      'net/ipv4/netfilter/nf_defrag_ipv4.c': ['ipv4_conntrack_defrag'],
      'net/ipv6/netfilter/nf_defrag_ipv6_hooks.c': ['ipv6_defrag'],
      'net/ipv6/netfilter/nf_conntrack_reasm.c': ['nf_ct_frag6_gather', 'nf_ct_frag6_queue'],
      'net/netfilter/nf_nat_proto.c': ['nf_nat_ipv4_pre_routing', 'nf_nat_ipv6_in'],
    },
    next: ['route'],
    observed: hook('prerouting'),
    blind: HOOK_BLIND,
  },
  {
    name: 'route',
    band: 'network',
    decides:
      'The source address is validated and the destination looked up: for this host, to be forwarded, or unreachable. IP options are read.',
    functions: {
      'net/ipv4/ip_input.c': ['ip_rcv_finish', 'ip_rcv_finish_core', 'ip_rcv_options', 'ip_list_rcv_finish'],
      'net/ipv4/route.c': [
        'ip_route_input_noref',
        'ip_route_input_rcu',
        'ip_route_input_slow',
        'ip_route_use_hint',
        'ip_mc_validate_source',
        'ip_error',
        '__mkroute_input',
      ],
      'net/ipv4/fib_frontend.c': ['fib_validate_source', '__fib_validate_source'],
      'net/ipv4/fib_trie.c': ['fib_table_lookup'],
      'net/ipv6/ip6_input.c': ['ip6_rcv_finish', 'ip6_rcv_finish_core', 'ip6_list_rcv_finish'],
      'net/ipv6/route.c': ['ip6_route_input', 'ip6_pkt_drop', 'ip6_pkt_discard', 'ip6_pkt_prohibit'],
      'net/core/dst.c': ['dst_discard_out'],
      'include/net/dst.h': ['dst_discard'],
    },
    next: ['ip.deliver', 'ip.forward'],
    observed: [
      { mechanism: 'tracepoint', at: 'fib_table_lookup', since: '5.5', tells: 'table, next hop, device, error' },
      { mechanism: 'tracepoint', at: 'fib6_table_lookup', since: '5.5', tells: 'table, next hop, device, error' },
      { mechanism: 'fentry', at: 'ip_rcv_finish_core', since: '5.5' },
    ],
    blind:
      'The lookup carries no packet: it is told by the CPU and the addresses. None is made for a flow with a connected socket (early demux), and none is seen on lo, where packets keep their route.',
  },
  {
    name: 'ip.deliver',
    band: 'network',
    decides:
      'Fragments are put together; after the hook, the packet goes to the raw sockets and the handler of its protocol.',
    functions: {
      'net/ipv4/ip_input.c': ['ip_local_deliver', 'ip_local_deliver_finish', 'ip_protocol_deliver_rcu'],
      'net/ipv4/ip_fragment.c': ['ip_defrag', 'ip_frag_queue', 'ip_frag_reasm', 'ip_frag_reinit', 'ip_expire'],
      'net/ipv4/inet_fragment.c': ['inet_frag_destroy', 'inet_frag_rbtree_purge', 'inet_frag_queue_flush'],
      'net/ipv6/ip6_input.c': ['ip6_input', 'ip6_input_finish', 'ip6_protocol_deliver_rcu', 'ip6_mc_input'],
      'net/ipv6/reassembly.c': ['ipv6_frag_rcv', 'ip6_frag_queue'],
      'include/net/ipv6_frag.h': ['ip6frag_expire_frag_queue'],
      'net/ipv6/exthdrs.c': ['ipv6_destopt_rcv', 'ipv6_rthdr_rcv', 'ipv6_srh_rcv', 'icmpv6_param_prob_reason'],
      'net/xfrm/xfrm_input.c': ['xfrm_input', 'xfrm_trans_reinject'],
    },
    next: ['nf.input', 'icmp', 'tcp', 'udp', 'raw'],
    observed: [
      { mechanism: 'fentry', at: 'ip_local_deliver', since: '5.5' },
      { mechanism: 'fentry', at: 'ip6_input', since: '5.5' },
      { mechanism: 'netfilter', at: 'input', since: '6.4', tells: 'that the packet is whole and for this host' },
    ],
    blind:
      'A fragment that waits is in no hands: it is seen again when it is dropped, or never when it becomes part of a packet.',
  },
  {
    name: 'nf.input',
    band: 'network',
    decides:
      'Netfilter for packets to this host: mangle, filter, security, source NAT, and connection tracking confirms new flows.',
    functions: {
      'net/netfilter/nf_conntrack_proto.c': ['nf_confirm'],
      'net/netfilter/nf_conntrack_core.c': ['__nf_conntrack_confirm'],
      'net/netfilter/nf_nat_proto.c': ['nf_nat_ipv4_local_in'],
    },
    next: ['icmp', 'tcp', 'udp', 'raw', 'ip.deliver'],
    observed: hook('input'),
    blind: HOOK_BLIND,
  },
  {
    name: 'ip.forward',
    band: 'network',
    decides: 'A packet for somebody else: forwarding allowed, TTL above 1, not longer than the MTU of the way out.',
    functions: {
      'net/ipv4/ip_forward.c': ['ip_forward', 'ip_forward_finish', 'ip_exceeds_mtu'],
      'net/ipv4/ipmr.c': ['ip_mr_input', 'ip_mr_forward'],
      'net/ipv6/ip6_output.c': ['ip6_forward', 'ip6_forward_finish', 'ip6_pkt_too_big'],
      'net/ipv6/ip6mr.c': ['ip6_mr_input', 'ip6_mr_forward'],
    },
    next: ['nf.forward'],
    observed: [
      { mechanism: 'fentry', at: 'ip_forward', since: '5.5' },
      { mechanism: 'fentry', at: 'ip6_forward', since: '5.5' },
      { mechanism: 'netfilter', at: 'forward', since: '6.4', tells: 'that TTL and length were accepted' },
    ],
  },
  {
    name: 'nf.forward',
    band: 'network',
    decides: 'Netfilter for forwarded packets: mangle, filter, security.',
    functions: { 'net/netfilter/nft_chain_filter.c': ['nft_do_chain_ipv4', 'nft_do_chain_ipv6', 'nft_do_chain_inet'] },
    next: ['ip.output'],
    observed: hook('forward'),
    blind: HOOK_BLIND,
  },
  {
    name: 'icmp',
    band: 'transport',
    decides:
      'ICMP is checked, answered, or told to the socket whose packet it quotes. Neighbour discovery is part of it in IPv6.',
    functions: {
      'net/ipv4/icmp.c': ['icmp_rcv', 'icmp_echo', 'icmp_unreach', 'icmp_redirect', 'icmp_timestamp'],
      'net/ipv4/ping.c': ['ping_rcv', '__ping_queue_rcv_skb'],
      'net/ipv6/icmp.c': ['icmpv6_rcv', 'icmpv6_notify', 'icmpv6_echo_reply'],
      'net/ipv6/ndisc.c': [
        'ndisc_rcv',
        'ndisc_recv_ns',
        'ndisc_recv_na',
        'ndisc_recv_rs',
        'ndisc_router_discovery',
        'ndisc_redirect_rcv',
      ],
      'net/ipv6/mcast.c': ['igmp6_event_query', 'igmp6_event_report'],
    },
    next: ['socket.filter', 'socket.queue', 'nf.output'],
    observed: [
      { mechanism: 'fentry', at: 'icmp_rcv', since: '5.5' },
      { mechanism: 'fentry', at: 'icmpv6_rcv', since: '5.5' },
      {
        mechanism: 'tracepoint',
        at: 'consume_skb',
        since: '5.5',
        tells: 'used up; where, from the location since 6.4',
      },
      { mechanism: 'tracepoint', at: 'icmp_send', since: '6.10', tells: 'which packet an ICMP error answers' },
    ],
    blind: 'Without fentry a packet that ICMP uses up is seen only at its end.',
  },
  {
    name: 'tcp',
    band: 'transport',
    decides:
      'The connection or listener is looked up, the segment checked against its state, window and sequence numbers.',
    functions: {
      'net/ipv4/tcp_ipv4.c': ['tcp_v4_rcv', 'tcp_v4_do_rcv', 'tcp_v4_send_reset'],
      'net/ipv6/tcp_ipv6.c': ['tcp_v6_rcv', 'tcp_v6_do_rcv', 'tcp_v6_send_reset'],
      'net/ipv4/tcp_input.c': [
        'tcp_rcv_established',
        'tcp_rcv_state_process',
        'tcp_validate_incoming',
        'tcp_ack',
        'tcp_drop_reason',
        'tcp_conn_request',
      ],
      'net/ipv4/tcp_minisocks.c': ['tcp_check_req', 'tcp_child_process', 'tcp_timewait_state_process'],
      'net/mptcp/options.c': ['mptcp_incoming_options'],
    },
    next: ['socket.filter', 'socket.queue', 'nf.output'],
    observed: [
      { mechanism: 'tracepoint', at: 'tcp_probe', since: '5.5', tells: 'the connection' },
      { mechanism: 'tracepoint', at: 'tcp_send_reset', since: '5.5', tells: 'that it was answered by a reset' },
      { mechanism: 'tracepoint', at: 'tcp_bad_csum', since: '5.14', tells: 'a wrong checksum' },
      { mechanism: 'fentry', at: 'tcp_v4_rcv', since: '5.5' },
      { mechanism: 'fentry', at: 'tcp_v6_rcv', since: '5.5' },
    ],
    blind:
      'A SYN that finds the accept queue full is freed as consumed: only ListenOverflows and ListenDrops count it. A segment may be merged with the one before in the queue of the socket.',
  },
  {
    name: 'udp',
    band: 'transport',
    decides: 'Length and checksum are checked and the socket is looked up; without one the sender is told by ICMP.',
    functions: {
      'net/ipv4/udp.c': [
        'udp_rcv',
        '__udp4_lib_rcv',
        '__udp4_lib_mcast_deliver',
        'udp_unicast_rcv_skb',
        'udp_queue_rcv_skb',
        'udp_queue_rcv_one_skb',
      ],
      'net/ipv6/udp.c': [
        'udpv6_rcv',
        '__udp6_lib_rcv',
        '__udp6_lib_mcast_deliver',
        'udp6_unicast_rcv_skb',
        'udpv6_queue_rcv_skb',
        'udpv6_queue_rcv_one_skb',
      ],
      'drivers/net/vxlan/vxlan_core.c': ['vxlan_rcv'],
      'drivers/net/geneve.c': ['geneve_udp_encap_recv'],
    },
    next: ['socket.filter', 'socket.queue', 'gro', 'backlog'],
    observed: [
      { mechanism: 'fentry', at: '__udp4_lib_rcv', since: '5.5' },
      { mechanism: 'fentry', at: '__udp6_lib_rcv', since: '5.5' },
      {
        mechanism: 'tracepoint',
        at: 'udp_fail_queue_rcv_skb',
        since: '5.5',
        tells: 'that the socket did not take it, and the error',
      },
    ],
    blind: 'Without fentry seen only by the socket that is offered the packet, or by the drop.',
  },
  {
    name: 'raw',
    band: 'transport',
    decides: 'Raw sockets of the protocol get a copy each. The packet itself goes on to the handler of its protocol.',
    functions: {
      'net/ipv4/raw.c': ['raw_local_deliver', 'raw_v4_input', 'raw_rcv', 'raw_rcv_skb'],
      'net/ipv6/raw.c': ['raw6_local_deliver', 'ipv6_raw_deliver', 'rawv6_rcv', 'rawv6_rcv_skb'],
    },
    next: ['icmp', 'tcp', 'udp', 'socket.filter', 'socket.queue'],
    observed: [
      { mechanism: 'fentry', at: 'raw_rcv', since: '5.5' },
      { mechanism: 'fentry', at: 'rawv6_rcv', since: '5.5' },
    ],
    blind: 'Without fentry seen only by the socket that is offered the copy, or by the drop of the copy.',
  },
  {
    name: 'socket.filter',
    band: 'socket',
    decides:
      'The filter of the socket, BPF programs of its cgroup and the security module may refuse the packet, or cut it.',
    functions: { 'net/core/filter.c': ['sk_filter_trim_cap'], 'net/ipv4/tcp_ipv4.c': ['tcp_filter'] },
    next: ['socket.queue', 'socket.read'],
    observed: [{ mechanism: 'cgroup', at: 'ingress of the root cgroup', since: '6.2', tells: 'the socket' }],
    blind:
      'Packet sockets have filters of their own that only fentry sees; on a system without cgroup v2 only drops are seen.',
  },
  {
    name: 'socket.queue',
    band: 'socket',
    decides:
      'The packet is put into the receive queue of the socket, if the receive buffer and the memory of the protocol have room.',
    functions: {
      'net/ipv4/udp.c': ['__udp_enqueue_schedule_skb', '__udp_queue_rcv_skb', 'udp_destruct_common'],
      'net/ipv6/udp.c': ['__udpv6_queue_rcv_skb'],
      'net/core/sock.c': ['sock_queue_rcv_skb_reason', '__sock_queue_rcv_skb', '__sk_receive_skb'],
      'net/ipv4/tcp_input.c': [
        'tcp_data_queue',
        'tcp_data_queue_ofo',
        'tcp_ofo_queue',
        'tcp_prune_ofo_queue',
        'tcp_collapse_one',
      ],
      'net/ipv4/tcp_ipv4.c': ['tcp_add_backlog'],
      'net/ipv4/af_inet.c': ['inet_sock_destruct'],
      'net/core/skbuff.c': ['skb_queue_purge_reason', 'skb_rbtree_purge'],
    },
    next: ['socket.read'],
    observed: [
      { mechanism: 'tracepoint', at: 'sock_rcvqueue_full', since: '5.5', tells: 'that the buffer is full' },
      { mechanism: 'tracepoint', at: 'udp_fail_queue_rcv_skb', since: '5.5', tells: 'that the socket did not take it' },
      { mechanism: 'fentry', at: '__udp_enqueue_schedule_skb', since: '5.5' },
      { mechanism: 'fentry', at: '__sock_queue_rcv_skb', since: '5.5' },
    ],
  },
  {
    name: 'socket.read',
    band: 'socket',
    decides: 'A process takes the data. Larger UDP datagrams have their checksum verified only now.',
    functions: {
      'net/core/datagram.c': ['skb_copy_datagram_iter', 'skb_copy_and_csum_datagram_msg', 'skb_kill_datagram'],
      'net/ipv4/udp.c': ['udp_recvmsg', '__first_packet_length'],
      'net/ipv6/udp.c': ['udpv6_recvmsg'],
      'net/ipv4/tcp.c': ['tcp_recvmsg', 'tcp_recvmsg_locked', 'tcp_read_sock', 'tcp_eat_recv_skb'],
    },
    next: [],
    observed: [
      {
        mechanism: 'tracepoint',
        at: 'skb_copy_datagram_iovec',
        since: '5.5',
        tells: 'the process that reads, and how much',
      },
    ],
    blind: 'Reading through splice, zero copy or a BPF program copies nothing and is not seen.',
  },
  {
    name: 'ip.output',
    band: 'output',
    decides:
      'The way out is known: the packet gets its header, or goes on as it came, and is cut into fragments when it is longer than the MTU.',
    functions: {
      'net/ipv4/ip_output.c': [
        'ip_output',
        'ip_finish_output',
        '__ip_queue_xmit',
        'ip_fragment',
        'ip_do_fragment',
        'ip_mc_output',
        'ip_send_skb',
        'ip_build_and_send_pkt',
      ],
      'net/ipv6/ip6_output.c': [
        'ip6_output',
        'ip6_finish_output',
        'ip6_fragment',
        'ip6_xmit',
        'ip6_finish_output_gso_slowpath_drop',
        'ip6_send_skb',
      ],
      'net/ipv4/udp.c': ['udp_send_skb'],
      'net/xfrm/xfrm_output.c': ['xfrm_output'],
    },
    next: ['nf.output', 'nf.postrouting', 'neighbour'],
    observed: [
      { mechanism: 'fentry', at: 'ip_output', since: '5.5' },
      { mechanism: 'fentry', at: 'ip6_output', since: '5.5' },
      { mechanism: 'cgroup', at: 'egress of the root cgroup', since: '4.10', tells: 'the socket that sends' },
    ],
  },
  {
    name: 'nf.output',
    band: 'output',
    decides: 'Netfilter for what this host sends: raw, connection tracking, mangle, destination NAT, filter.',
    functions: {
      'net/ipv4/ip_output.c': ['__ip_local_out', 'ip_local_out'],
      'net/ipv6/output_core.c': ['__ip6_local_out', 'ip6_local_out'],
      'net/netfilter/nf_nat_proto.c': ['nf_nat_ipv4_local_fn', 'nf_nat_ipv6_local_fn'],
    },
    next: ['ip.output', 'nf.postrouting'],
    observed: hook('output'),
    blind: HOOK_BLIND,
  },
  {
    name: 'nf.postrouting',
    band: 'output',
    decides: 'Netfilter for all that leaves: mangle, source NAT, and connection tracking confirms new flows.',
    functions: { 'net/netfilter/nf_nat_proto.c': ['nf_nat_ipv4_out', 'nf_nat_ipv6_out'] },
    next: ['neighbour', 'ip.output'],
    observed: hook('postrouting'),
    blind: HOOK_BLIND,
  },
  {
    name: 'neighbour',
    band: 'output',
    decides: 'The link-layer address of the next hop is found; until it is known a few packets wait.',
    functions: {
      'net/ipv4/ip_output.c': ['ip_finish_output2'],
      'net/ipv6/ip6_output.c': ['ip6_finish_output2'],
      'net/core/neighbour.c': [
        '__neigh_event_send',
        'neigh_resolve_output',
        'neigh_connected_output',
        'neigh_invalidate',
        'neigh_blackhole',
        'neigh_flush_dev',
      ],
      'net/ipv4/arp.c': ['arp_error_report'],
      'net/ipv6/ndisc.c': ['ndisc_error_report'],
    },
    next: ['nf.egress', 'tc.egress', 'qdisc', 'transmit'],
    observed: [
      { mechanism: 'tracepoint', at: 'neigh_event_send_done', since: '5.5', tells: 'that the packet waits' },
      {
        mechanism: 'tracepoint',
        at: 'neigh_event_send_dead',
        since: '5.5',
        tells: 'that there is no neighbour any more',
      },
      { mechanism: 'fentry', at: 'ip_finish_output2', since: '5.5' },
      { mechanism: 'fentry', at: 'ip6_finish_output2', since: '5.5' },
    ],
    blind:
      'These tracepoints carry no packet: it is told by the CPU and the address. A neighbour that is known leaves no event.',
  },
  {
    name: 'nf.egress',
    band: 'output',
    decides: 'nftables chains of the family netdev on the hook egress decide.',
    functions: {
      'include/linux/netfilter_netdev.h': ['nf_hook_egress'],
      'net/netfilter/nf_dup_netdev.c': ['nf_fwd_netdev_egress'],
    },
    next: ['tc.egress', 'qdisc', 'transmit'],
    observed: [{ mechanism: 'fentry', at: 'nf_hook_slow', since: '5.5', tells: 'the verdict of all hook functions' }],
    blind: 'Programs of the type netfilter cannot attach here; without fentry only drops are seen.',
  },
  {
    name: 'tc.egress',
    band: 'output',
    decides: 'tc programs and filters of the device may drop, change, redirect or take the packet.',
    functions: { 'net/core/dev.c': ['sch_handle_egress'] },
    next: ['qdisc', 'transmit', 'receive'],
    observed: [
      { mechanism: 'tcx', at: 'egress of a device', since: '6.6' },
      { mechanism: 'clsact', at: 'egress of a device', since: '4.5' },
    ],
    blind: 'Which filter decided is not told: only its counters (tc -s filter show).',
  },
  {
    name: 'qdisc',
    band: 'output',
    decides: 'The queueing discipline of the device queues, delays, orders or drops the packet.',
    functions: {
      'net/core/dev.c': ['__dev_queue_xmit', '__dev_xmit_skb', 'net_tx_action'],
      'net/sched/sch_generic.c': ['__qdisc_run', 'sch_direct_xmit', 'pfifo_fast_enqueue', 'qdisc_reset'],
      'net/sched/sch_tbf.c': ['tbf_enqueue', 'tbf_segment'],
      'net/sched/sch_htb.c': ['htb_enqueue'],
      'net/sched/sch_fq.c': ['fq_enqueue'],
      'net/sched/sch_fq_codel.c': ['fq_codel_enqueue', 'fq_codel_drop'],
      'net/sched/sch_cake.c': ['cake_enqueue', 'cake_drop'],
      'net/sched/sch_netem.c': ['netem_enqueue'],
    },
    next: ['transmit'],
    observed: [
      { mechanism: 'tracepoint', at: 'net_dev_queue', since: '5.5' },
      { mechanism: 'tracepoint', at: 'qdisc_enqueue', since: '5.15' },
      { mechanism: 'tracepoint', at: 'qdisc_dequeue', since: '5.5' },
    ],
  },
  {
    name: 'transmit',
    band: 'output',
    decides:
      'The driver takes the packet. On veth and lo it is received at the other end at once, as the same sk_buff.',
    functions: {
      'net/core/dev.c': [
        'dev_hard_start_xmit',
        'validate_xmit_skb',
        'validate_xmit_skb_list',
        '__dev_direct_xmit',
        '__dev_forward_skb',
      ],
      'drivers/net/veth.c': ['veth_xmit'],
      'drivers/net/loopback.c': ['loopback_xmit', 'blackhole_netdev_xmit'],
      'drivers/net/tun.c': ['tun_net_xmit', 'tun_do_read'],
      'drivers/net/dummy.c': ['dummy_xmit'],
      'drivers/net/vxlan/vxlan_core.c': ['vxlan_xmit', 'vxlan_xmit_one', 'vxlan_encap_bypass'],
      'drivers/net/macvlan.c': ['macvlan_start_xmit'],
    },
    next: ['tap', 'driver', 'gro', 'backlog', 'receive', 'ip.output', 'nf.output'],
    observed: [
      { mechanism: 'tracepoint', at: 'net_dev_start_xmit', since: '5.5' },
      { mechanism: 'tracepoint', at: 'net_dev_xmit', since: '5.5', tells: 'the answer of the driver' },
    ],
    blind: 'What the hardware does with it afterwards only the counters of the device tell.',
  },
];

const BY_NAME: ReadonlyMap<string, PointRow> = new Map(POINTS.map((row) => [row.name, row]));

/**
 * The row of a point.
 *
 *   pointOf('backlog').decides; // 'The packet waits in the queue of a CPU, ...'
 */
export function pointOf(name: PointName): PointRow {
  return BY_NAME.get(name)!;
}

/** Whether a text is the name of a point. */
export function isPointName(name: string): name is PointName {
  return BY_NAME.has(name);
}
