// Where the model drops packets: a row for each check of the kernel, with the name of the reason that it gives, the function
// and the point where it stands, what it asks in words, and the counters that tell of it (nstat's names). Read in the source
// of v6.18; the order of the rows is that of the path.
import type { PointName } from '../path/index.ts';

export interface Check {
  /** Reason as SKB_DROP_REASON_ has it. */
  readonly reason: string;
  readonly point: PointName;
  /** The kernel's function. */
  readonly function: string;
  /** What was found, as it completes "dropped, since ...". */
  readonly says: string;
  readonly counters?: readonly string[];
}

const row = (point: PointName, fn: string, reason: string, says: string, ...counters: string[]): Check => ({
  reason,
  point,
  function: fn,
  says,
  ...(counters.length === 0 ? {} : { counters }),
});

const NS = 'NOT_SPECIFIED';

export const CHECK = {
  // --- device and core
  backlogNotRunning: row('backlog', 'enqueue_to_backlog', 'DEV_READY', 'the device is down'),
  backlogFull: row(
    'backlog',
    'enqueue_to_backlog',
    'CPU_BACKLOG',
    "the CPU's queue holds more than netdev_max_backlog",
  ),
  xdpDrop: row('xdp', 'do_xdp_generic', NS, 'the program at XDP drops it'),
  xdpRedirect: row('xdp', 'do_xdp_generic', 'XDP', 'it cannot be redirected'),
  tcIngress: row('tc.ingress', 'sch_handle_ingress', 'TC_INGRESS', 'a program of tc drops it'),
  tcEgress: row('tc.egress', 'sch_handle_egress', 'TC_EGRESS', 'a program of tc drops it'),
  vlanMalformed: row('vlan', 'skb_vlan_untag', NS, 'the VLAN tag is cut short'),
  vlanDown: row('vlan', 'vlan_do_receive', NS, 'the VLAN device is down'),
  noHandler: row('protocol', '__netif_receive_skb_core', 'UNHANDLED_PROTO', 'no protocol takes this EtherType'),

  // --- ARP
  arpShort: row('arp', 'arp_rcv', 'PKT_TOO_SMALL', 'the ARP packet is cut short'),
  arpLengths: row('arp', 'arp_rcv', NS, 'the lengths of its addresses are not those of the device'),
  arpFields: row('arp', 'arp_process', NS, 'its fields are not acceptable'),

  // --- ip_rcv_core
  ipOtherhost: row('ip.receive', 'ip_rcv_core', 'OTHERHOST', 'the frame was for another MAC address'),
  ipShort: row('ip.receive', 'ip_rcv_core', 'IP_INHDR', 'there are fewer than 20 bytes', 'IpInHdrErrors'),
  ipVersion: row('ip.receive', 'ip_rcv_core', 'IP_INHDR', 'version or header length are wrong', 'IpInHdrErrors'),
  ipHeaderShort: row('ip.receive', 'ip_rcv_core', 'IP_INHDR', 'the header is not all there', 'IpInHdrErrors'),
  ipChecksum: row(
    'ip.receive',
    'ip_rcv_core',
    'IP_CSUM',
    "the header's checksum is wrong",
    'IpExtInCsumErrors',
    'IpInHdrErrors',
  ),
  ipTruncated: row(
    'ip.receive',
    'ip_rcv_core',
    'PKT_TOO_SMALL',
    'the packet is shorter than it says',
    'IpExtInTruncatedPkts',
  ),
  ipTotalLength: row(
    'ip.receive',
    'ip_rcv_core',
    'IP_INHDR',
    'its total length is less than its header',
    'IpInHdrErrors',
  ),

  // --- hooks
  netfilter: row('nf.prerouting', 'nf_hook_slow', 'NETFILTER_DROP', 'a rule drops it'),
  netfilterQueue: row('nf.prerouting', 'nf_queue', NS, 'a rule queues it, and nobody listens'),

  // --- routing
  optionsBad: row('route', 'ip_rcv_options', 'IP_INHDR', 'an option of the header is malformed', 'IpInHdrErrors'),
  optionsSourceRoute: row('route', 'ip_rcv_options', NS, 'source routes are not accepted'),
  unicastInL2Multicast: row(
    'route',
    'ip_rcv_finish_core',
    'UNICAST_IN_L2_MULTICAST',
    'the frame was for a group, the packet is for one host',
  ),
  noInDevice: row('route', 'ip_route_input_slow', NS, 'the device has no IPv4'),
  groupNotJoined: row('route', 'ip_route_input_rcu', NS, 'nobody here is in the group'),
  sourceInvalid: row(
    'route',
    'ip_route_input_slow',
    'IP_INVALID_SOURCE',
    'the source cannot be one (multicast, broadcast, zero)',
  ),
  destinationInvalid: row('route', 'ip_route_input_slow', 'IP_INVALID_DEST', 'the destination is 0.0.0.0'),
  destinationLocalnet: row(
    'route',
    'ip_route_input_slow',
    'IP_LOCALNET',
    'the destination is in 127.0.0.0/8, without route_localnet',
  ),
  sourceLocalnet: row(
    'route',
    'ip_route_input_slow',
    'IP_LOCALNET',
    'the source is in 127.0.0.0/8, without route_localnet',
  ),
  notIpProtocol: row('route', 'ip_route_input_rcu', 'INVALID_PROTO', 'a broadcast that did not come as IPv4'),
  destinationNotUnicast: row('route', 'ip_route_input_slow', 'IP_INVALID_DEST', 'the route is to no host'),
  rpFilter: row(
    'route',
    'fib_validate_source',
    'IP_RPFILTER',
    'an answer to the source would not leave by this device',
    'TcpExtIPReversePathFilter',
  ),
  sourceIsOurs: row('route', 'fib_validate_source', 'IP_LOCAL_SOURCE', 'the source is an address of this host'),
  sourceNotUnicast: row(
    'route',
    'fib_validate_source',
    'IP_INVALID_SOURCE',
    'the route back to the source is to no host',
  ),
  errorNotForwarding: row(
    'route',
    'ip_error',
    'IP_INADDRERRORS',
    'it is for another host, and forwarding is off',
    'IpInAddrErrors',
  ),
  errorNoRouteHost: row(
    'route',
    'ip_error',
    'IP_INNOROUTES',
    'there is no route, and forwarding is off',
    'IpInNoRoutes',
  ),
  errorNoRoute: row('route', 'ip_error', 'IP_INNOROUTES', 'there is no route', 'IpInNoRoutes'),
  errorUnreachable: row('route', 'ip_error', NS, 'the route says: unreachable'),
  errorProhibit: row('route', 'ip_error', NS, 'the route says: prohibited'),
  errorBlackhole: row('route', 'ip_error', NS, 'the route is a black hole'),

  // --- local delivery
  noProtocol: row(
    'ip.deliver',
    'ip_protocol_deliver_rcu',
    'IP_NOPROTO',
    'nobody here takes this protocol',
    'IpInUnknownProtos',
  ),
  icmpChecksum: row('icmp', 'icmp_rcv', 'ICMP_CSUM', 'the checksum is wrong', 'IcmpInCsumErrors', 'IcmpInErrors'),
  icmpShort: row('icmp', 'icmp_rcv', NS, 'the message is cut short', 'IcmpInErrors'),
  icmpBroadcast: row(
    'icmp',
    'icmp_rcv',
    'INVALID_PROTO',
    'it was sent to a broadcast or group address',
    'IcmpInErrors',
  ),
  icmpUnknown: row('icmp', 'icmp_rcv', 'UNHANDLED_PROTO', 'there is no such type', 'IcmpInErrors'),
  icmpQuoteShort: row('icmp', 'icmp_unreach', NS, 'the packet that it quotes is cut short', 'IcmpInErrors'),
  icmpQuote: row('icmp', 'icmp_unreach', 'IP_INHDR', 'the packet that it quotes is malformed', 'IcmpInErrors'),
  icmpTimestampShort: row('icmp', 'icmp_timestamp', 'PKT_TOO_SMALL', 'the time is cut short', 'IcmpInErrors'),
  icmpRedirectShort: row(
    'icmp',
    'icmp_redirect',
    'PKT_TOO_SMALL',
    'the packet that it quotes is cut short',
    'IcmpInErrors',
  ),
  icmpNoPing: row('icmp', 'ping_rcv', 'NO_SOCKET', 'no ping socket waits for this answer'),
  udpShort: row('udp', '__udp4_lib_rcv', NS, 'there are fewer than 8 bytes', 'UdpInErrors'),
  udpLength: row('udp', '__udp4_lib_rcv', 'PKT_TOO_SMALL', 'its length is wrong', 'UdpInErrors'),
  udpChecksum: row('udp', '__udp4_lib_rcv', 'UDP_CSUM', 'the checksum is wrong', 'UdpInCsumErrors', 'UdpInErrors'),
  udpNobody: row('udp', '__udp4_lib_mcast_deliver', NS, 'nobody takes this broadcast or multicast', 'UdpIgnoredMulti'),
  udpNoSocket: row('udp', '__udp4_lib_rcv', 'NO_SOCKET', 'no socket has this port', 'UdpNoPorts'),
  udpRcvbuf: row(
    'socket.queue',
    '__udp_enqueue_schedule_skb',
    'SOCKET_RCVBUFF',
    "the socket's receive buffer is full",
    'UdpRcvbufErrors',
    'UdpInErrors',
  ),
  tcpNotHost: row('tcp', 'tcp_v4_rcv', NS, 'the frame was not for this host alone'),
  tcpShort: row('tcp', 'tcp_v4_rcv', NS, 'there are fewer than 20 bytes'),
  tcpOffset: row('tcp', 'tcp_v4_rcv', 'PKT_TOO_SMALL', 'its data offset is less than 5', 'TcpInErrs'),
  tcpChecksum: row('tcp', 'tcp_v4_rcv', 'TCP_CSUM', 'the checksum is wrong', 'TcpInCsumErrors', 'TcpInErrs'),
  tcpNoSocket: row('tcp', 'tcp_v4_rcv', 'NO_SOCKET', 'no socket has this port'),
  tcpListenAck: row('tcp', 'tcp_rcv_state_process', 'TCP_FLAGS', 'the listener was sent an ACK without a connection'),
  tcpListenReset: row('tcp', 'tcp_rcv_state_process', 'TCP_RESET', 'the listener was sent a reset'),
  tcpListenFin: row('tcp', 'tcp_rcv_state_process', 'TCP_FLAGS', 'it has SYN and FIN'),
  tcpListenNoSyn: row('tcp', 'tcp_rcv_state_process', 'TCP_FLAGS', 'the listener was sent a segment without SYN'),

  // --- forwarding and output
  forwardNotHost: row('ip.forward', 'ip_forward', NS, 'the frame was not for this host alone'),
  forwardTtl: row('ip.forward', 'ip_forward', 'IP_INHDR', 'its time to live is used up', 'IpInHdrErrors'),
  forwardTooBig: row(
    'ip.forward',
    'ip_forward',
    'PKT_TOO_BIG',
    'it is longer than the MTU and may not be cut',
    'IpFragFails',
  ),
  neighbourFailed: row('neighbour', 'neigh_event_send_probe', 'NEIGH_FAILED', 'the next hop does not answer'),
} as const satisfies Record<string, Check>;

export type CheckName = keyof typeof CHECK;
