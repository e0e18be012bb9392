// Which drop reasons the tests do not provoke, and why. docs/drop-reasons.md shows it, and
// test/path/drop-reasons-page.test.ts holds the page against this and against the cases of test/trace/drop-reasons-cases.ts.

const AUTHENTICATION = 'needs a kernel with TCP-AO (CONFIG_TCP_AO) and a program that sets keys';
const CAN = 'belongs to the CAN bus';
const PSP = 'needs a network card that encrypts PSP';
const SHORTAGE = 'needs a host that is short of memory at that moment';
const NO_PACKET = 'is about Unix sockets, not packets';
const NO_DROP = 'is a state that never reaches a drop';

const WHOLE_HOST = 'needs limits that hold for the whole host to be reached';
const NO_QDISC = 'needs a queueing discipline that the kernels of the tests lack';
const TUN = 'could be, with a tun or tap device; no test does so yet';
const QUEUES = 'could be, with queueing disciplines and tc filters; no test does so yet';
const TCP_STATES = 'could be, in a state of a connection that no test brings about yet';
const NEIGHBOURS = 'could be, with neighbours that do not answer; no test does so yet';
const LATER = 'could be; no test does so yet';

/** Reason to why no test provokes it. */
export const NOT_PROVOKED: Readonly<Record<string, string>> = {
  NOT_DROPPED_YET: NO_DROP,
  CONSUMED: NO_DROP,
  UNIX_DISCONNECT: NO_PACKET,
  UNIX_SKIP_OOB: NO_PACKET,
  TCP_AONOTFOUND: AUTHENTICATION,
  TCP_AOUNEXPECTED: AUTHENTICATION,
  TCP_AOKEYNOTFOUND: AUTHENTICATION,
  TCP_AOFAILURE: AUTHENTICATION,
  CAN_RX_INVALID_FRAME: CAN,
  CANFD_RX_INVALID_FRAME: CAN,
  CANXL_RX_INVALID_FRAME: CAN,
  PSP_INPUT: PSP,
  PSP_OUTPUT: PSP,
  PFMEMALLOC: SHORTAGE,
  NOMEM: SHORTAGE,
  SKB_UCOPY_FAULT: 'needs a program that frees its memory while the kernel copies it',
  SKB_BAD_GSO: 'needs a device that passes bad offload values to the kernel',
  TC_COOKIE_ERROR: 'needs a network card that runs tc filters in hardware',
  TC_ERROR: 'is only in Linux 6.7 and 6.8',
  NEIGH_DEAD: 'needs a neighbour entry to go within the microseconds in which a packet uses it',
  TCP_RFC7323_TSECR: 'needs a peer that echoes timestamps that were never sent',
  PROTO_MEM: WHOLE_HOST,
  CAKE_FLOOD: NO_QDISC,
  FQ_BAND_LIMIT: NO_QDISC,
  FQ_HORIZON_LIMIT: NO_QDISC,
  FQ_FLOW_LIMIT: NO_QDISC,
  DUALPI2_STEP_DROP: NO_QDISC,
  DEV_HDR: TUN,
  FULL_RING: TUN,
  HDR_TRUNC: TUN,
  TAP_FILTER: TUN,
  TAP_TXFILTER: TUN,
  DEV_READY: TUN,
  QDISC_DROP: QUEUES,
  QDISC_BURST_DROP: QUEUES,
  QDISC_OVERLIMIT: QUEUES,
  QDISC_CONGESTED: QUEUES,
  TC_EGRESS: QUEUES,
  TC_INGRESS: QUEUES,
  TC_CHAIN_NOTFOUND: QUEUES,
  TC_RECLASSIFY_LOOP: QUEUES,
  TCP_ABORT_ON_DATA: TCP_STATES,
  TCP_OVERWINDOW: TCP_STATES,
  TCP_OFOMERGE: TCP_STATES,
  TCP_RFC7323_PAWS: TCP_STATES,
  TCP_RFC7323_PAWS_ACK: TCP_STATES,
  TCP_RFC7323_TW_PAWS: TCP_STATES,
  TCP_LISTEN_OVERFLOW: TCP_STATES,
  TCP_INVALID_END_SEQUENCE: TCP_STATES,
  TCP_INVALID_ACK_SEQUENCE: TCP_STATES,
  TCP_CLOSE: TCP_STATES,
  TCP_FASTOPEN: TCP_STATES,
  TCP_OLD_ACK: TCP_STATES,
  TCP_OFO_QUEUE_PRUNE: TCP_STATES,
  TCP_OFO_DROP: TCP_STATES,
  SOCKET_BACKLOG: TCP_STATES,
  TCP_AUTH_HDR: TCP_STATES,
  NEIGH_CREATEFAIL: NEIGHBOURS,
  NEIGH_FAILED: NEIGHBOURS,
  NEIGH_QUEUEFULL: NEIGHBOURS,
  NEIGH_HH_FILLFAIL: NEIGHBOURS,
  SOCKET_CLOSE: LATER,
  IP_OUTNOROUTES: LATER,
  BPF_CGROUP_EGRESS: LATER,
  XDP: LATER,
  SKB_CSUM: LATER,
  SKB_GSO_SEG: LATER,
  IPV6_BAD_EXTHDR: LATER,
  IPV6_NDISC_FRAG: LATER,
  IPV6_NDISC_NS_OTHERHOST: LATER,
  QUEUE_PURGE: LATER,
  PACKET_SOCK_ERROR: LATER,
  VXLAN_ENTRY_EXISTS: LATER,
  NO_TX_TARGET: LATER,
  TUNNEL_TXINFO: LATER,
  ARP_PVLAN_DISABLE: LATER,
  BRIDGE_INGRESS_STP_STATE: LATER,
  RECURSION_LIMIT: LATER,
  SECURITY_HOOK: 'needs a security module with a policy (SELinux, Smack)',
  MAC_IEEE_MAC_CONTROL: 'could be, with a bridge; no test does so yet',
};
