// The kernel's drop reasons by name, in plain words: what each means, and what to look at next. Names and their meaning follow
// enum skb_drop_reason (include/net/dropreason-core.h) up to v6.18, with names that only other releases have. There are
// no numbers here, since they change from release to release: they come from the BTF of the running kernel.
import type { PointName } from './point-names.ts';
import { REASONS_AT } from './reasons-at.ts';

export interface ReasonRow {
  /** Where packets are dropped for it, the usual place first. Empty: anywhere. */
  readonly points: readonly PointName[];
  /** What happened, one sentence. */
  readonly means: string;
  /** What to look at, or to change, next. */
  readonly check: string;
  /**
   * Commands that show it. {source}, {destination}, {sourcePort}, {destinationPort} and {device} stand for what the packet
   * has: `commandsFor` puts it in.
   */
  readonly commands: readonly string[];
}

/** Hooks of netfilter that IP packets pass. */
const HOOKS = ['nf.prerouting', 'nf.input', 'nf.forward', 'nf.output', 'nf.postrouting'] as const;

const ROUTE_IN = 'ip route get {destination} from {source} iif {device}';
const ROUTE_OUT = 'ip route get {destination}';
const UDP_SOCKETS = "ss -ulnpm 'sport = :{destinationPort}'";
const TCP_SOCKETS = "ss -tnpmi 'sport = :{destinationPort}'";
const TCP_LISTENERS = "ss -tlnp 'sport = :{destinationPort}'";
const LINK = 'ip -s -s link show dev {device}';
const QDISC = 'tc -s qdisc show dev {device}';
const CHECKSUM_WHERE =
  'When all packets of this sender are affected, look for a device or tunnel that changes packets, or for checksum offload between virtual machines (switch it off at the sender to try); single ones are damage on the way.';

/** By the kernel's name, without SKB_DROP_REASON_. In the order of the kernel's list. */
const REASONS = {
  NOT_DROPPED_YET: {
    points: [],
    means: 'The packet was freed by a function that drops packets, but with the value that means "not dropped".',
    check: 'This is an oversight in the kernel or a driver; the function that freed it tells which one.',
    commands: ['uname -r'],
  },
  CONSUMED: {
    points: [],
    means: 'The packet was used up as intended: it is no drop.',
    check: 'Nothing is wrong with this packet.',
    commands: [],
  },
  NOT_SPECIFIED: {
    points: [],
    means: 'The packet was dropped by code that gives no reason.',
    check:
      'The function in which it was dropped says what was being done; the counters of the device and of the protocol often tell the rest.',
    commands: [LINK, "nstat -az | grep -E 'Discards|Drop|Err|Fail'"],
  },
  NO_SOCKET: {
    points: ['udp', 'tcp', 'icmp', 'raw'],
    means:
      'No socket on this host takes this packet: nothing listens on the port, or not on this address, device or namespace.',
    check:
      'See whether the program runs, in the same network namespace, and which address it listens on: 127.0.0.1 is not reached from outside.',
    commands: ["ss -ltunp 'sport = :{destinationPort}'", "nstat -az 'Udp*NoPorts' TcpOutRsts"],
  },
  SOCKET_CLOSE: {
    points: ['socket.queue', 'tcp', 'udp'],
    means: 'The socket was closed while the packet still waited in its queue.',
    check: 'The program ended, or closed the socket before it had read everything: see its log.',
    commands: ["ss -anp 'sport = :{destinationPort}'"],
  },
  SOCKET_FILTER: {
    points: ['socket.filter', 'tap'],
    means:
      'A filter of the socket (SO_ATTACH_FILTER, SO_ATTACH_BPF) or a BPF program of its cgroup refused the packet.',
    check:
      'List the filters of the sockets and the programs of the cgroup; ping and DHCP clients filter like this on purpose.',
    commands: ['ss -0anbp', 'bpftool cgroup tree'],
  },
  SOCKET_RCVBUFF: {
    points: ['socket.queue', 'raw'],
    means: 'The receive buffer of the socket is full: the program reads more slowly than packets arrive.',
    check:
      'Compare skmem r (used) with rb (limit). Make the program read faster or its buffer larger (SO_RCVBUF, up to net.core.rmem_max).',
    commands: [UDP_SOCKETS, "nstat -az 'Udp*RcvbufErrors'", 'sysctl net.core.rmem_default net.core.rmem_max'],
  },
  UNIX_DISCONNECT: {
    points: ['socket.queue'],
    means:
      'A Unix datagram socket was connected elsewhere, or its peer closed, and what was queued from the old peer was thrown away.',
    check: 'No network packet is involved; see which program reconnects its Unix socket.',
    commands: ['ss -xanp'],
  },
  UNIX_SKIP_OOB: {
    points: ['socket.read'],
    means: 'Out-of-band data of a Unix stream socket was passed over by a read that did not ask for it.',
    check: 'No network packet is involved; the program reads without MSG_OOB what its peer sent with it.',
    commands: ['ss -xanp'],
  },
  PKT_TOO_SMALL: {
    points: ['ip.receive', 'udp', 'tcp', 'icmp', 'arp', 'rx_handler'],
    means: 'The packet is shorter than its headers say, or too short for the header that should follow.',
    check:
      'Compare the length in the IP or UDP header with what arrived: the sender, or a device that cuts packets, is at fault.',
    commands: [
      "nstat -az 'IpExtInTruncatedPkts' 'Ip6InTruncatedPkts' 'Udp*InErrors' TcpInErrs",
      'pathcap -c 5 -vv -XX host {source}',
    ],
  },
  TCP_CSUM: {
    points: ['tcp', 'socket.queue'],
    means: 'The checksum of the TCP segment is wrong.',
    check: CHECKSUM_WHERE,
    commands: ['nstat -az TcpInCsumErrors TcpInErrs', 'ethtool -k {device}', 'pathcap -c 5 -vv host {source} and tcp'],
  },
  UDP_CSUM: {
    points: ['udp', 'socket.read'],
    means: 'The checksum of the UDP datagram is wrong, or missing where IPv6 demands one.',
    check: CHECKSUM_WHERE,
    commands: ["nstat -az 'Udp*InCsumErrors'", 'ethtool -k {device}', 'pathcap -c 5 -vv host {source} and udp'],
  },
  NETFILTER_DROP: {
    points: [...HOOKS, 'nf.ingress', 'nf.egress', 'rx_handler', 'arp'],
    means:
      'A rule, a chain policy or connection tracking refused the packet on this hook of netfilter (iptables, nftables).',
    check:
      'Look at the rules of this hook with their counters, or let nftables tell which rule decides; a full connection table drops as well.',
    commands: [
      'nft -a list ruleset',
      'iptables-save -c; ip6tables-save -c',
      'nft monitor trace   # needs a rule: meta nftrace set 1',
      'conntrack -S; sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max',
    ],
  },
  OTHERHOST: {
    points: ['ip.receive'],
    means:
      'The frame was addressed to the MAC address of another host: it was only seen because the device listens to everything, or a switch floods it.',
    check:
      'Compare the destination MAC with that of the device. If it should be ours, the sender has a stale neighbour entry; a VLAN tag that no device here takes ends like this too.',
    commands: [
      'ip -d link show dev {device}',
      'ip neigh show   # on the sender',
      'pathcap -e -c 5 -i {device} host {destination}',
    ],
  },
  IP_CSUM: {
    points: ['ip.receive'],
    means: 'The checksum of the IPv4 header is wrong.',
    check:
      'A router or program on the way writes bad headers, or the frame was damaged: see whether the device counts errors as well.',
    commands: ['nstat -az IpExtInCsumErrors IpInHdrErrors', LINK],
  },
  IP_INHDR: {
    points: ['ip.receive', 'ip.forward', 'route', 'ip.deliver', 'icmp', 'rx_handler'],
    means:
      'Something is wrong with the IP header: version, length, options, an address that must not arrive from outside, or a TTL used up when forwarding.',
    check:
      'At ip.forward it is the TTL (or hop limit): a routing loop or traceroute, and the sender gets ICMP time exceeded. Elsewhere look at the header itself.',
    commands: ["nstat -az 'Ip*InHdrErrors'", 'pathcap -c 5 -vv host {source}', ROUTE_OUT],
  },
  IP_RPFILTER: {
    points: ['route'],
    means:
      'The reverse path filter refused the source address: an answer to it would not leave by the device that the packet came in on.',
    check:
      'See the way back to the source. If asymmetric routing is wanted, set rp_filter to 2 (loose) on the device; the larger of "all" and the device counts.',
    commands: [
      'ip route get {source}',
      'sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.{device}.rp_filter',
      'nstat -az TcpExtIPReversePathFilter',
    ],
  },
  UNICAST_IN_L2_MULTICAST: {
    points: ['route', 'ip.receive'],
    means:
      'An IP packet to a single host came in a frame to a group or to everybody, and drop_unicast_in_l2_multicast forbids that.',
    check: 'Find the sender that uses a group MAC for a unicast address, or allow it.',
    commands: ["sysctl -a --pattern 'drop_unicast_in_l2_multicast'", 'pathcap -e -c 5 -i {device} ether multicast'],
  },
  XFRM_POLICY: {
    points: ['ip.deliver', 'ip.forward', 'udp', 'tcp', 'icmp', 'raw'],
    means: 'An IPsec policy demands that such packets come encrypted, or blocks them, and this one does not comply.',
    check: 'Compare the policies with the addresses of the packet, and see which counter of XFRM grows.',
    commands: ['ip xfrm policy', 'ip -s xfrm state', 'cat /proc/net/xfrm_stat'],
  },
  IP_NOPROTO: {
    points: ['ip.deliver'],
    means: 'No handler on this host for this IP protocol; the sender is told (ICMP protocol unreachable).',
    check:
      'A module may be missing, as for SCTP, GRE or an IPsec protocol; or a packet socket should have been a raw one.',
    commands: ["nstat -az 'Ip*InUnknownProtos'", 'cat /proc/net/protocols', 'lsmod'],
  },
  PROTO_MEM: {
    points: ['socket.queue'],
    means: 'All sockets of the protocol together use as much memory as they may, or the host is short of memory.',
    check:
      'Compare the pages in use with the limits (third value of udp_mem, tcp_mem), and find the sockets with long queues.',
    commands: [
      'cat /proc/net/sockstat',
      'sysctl net.ipv4.udp_mem net.ipv4.tcp_mem',
      "nstat -az 'Udp*MemErrors' TcpExtTCPRcvQDrop",
    ],
  },
  TCP_AUTH_HDR: {
    points: ['tcp'],
    means: 'The TCP options for authentication (MD5 or AO) are there twice, both at once, or malformed.',
    check: 'Look at the options that the peer sends; a middlebox may have changed them.',
    commands: ['pathcap -c 5 -vv host {source} and tcp port {destinationPort}'],
  },
  TCP_MD5NOTFOUND: {
    points: ['tcp'],
    means: 'The socket expects segments of this peer signed with MD5 (as for BGP), and this one is not.',
    check: 'Set the same key on both sides, or none on either.',
    commands: ['nstat -az TcpExtTCPMD5NotFound', TCP_SOCKETS],
  },
  TCP_MD5UNEXPECTED: {
    points: ['tcp'],
    means: 'The segment is signed with MD5, and the socket has no key for this peer.',
    check: 'Give the socket the key of this peer (address and prefix must fit), or take it from the peer.',
    commands: ['nstat -az TcpExtTCPMD5Unexpected', TCP_SOCKETS],
  },
  TCP_MD5FAILURE: {
    points: ['tcp'],
    means: 'The MD5 signature of the segment is wrong: the keys differ, or something on the way changed the segment.',
    check: 'Compare the keys of both sides; NAT between the two breaks the signature.',
    commands: ['nstat -az TcpExtTCPMD5Failure', TCP_SOCKETS],
  },
  TCP_AONOTFOUND: {
    points: ['tcp'],
    means: 'The socket demands TCP-AO (authentication) of this peer, and the segment carries none.',
    check: 'Set up keys on the peer, or do not require AO on the socket.',
    commands: ['nstat -az TcpExtTCPAORequired', TCP_SOCKETS],
  },
  TCP_AOUNEXPECTED: {
    points: ['tcp'],
    means: 'The segment carries TCP-AO, and the socket has no key for this peer.',
    check: 'Give the socket a key for this peer, or take AO from the peer.',
    commands: ['nstat -az TcpExtTCPAOKeyNotFound', TCP_SOCKETS],
  },
  TCP_AOKEYNOTFOUND: {
    points: ['tcp'],
    means: 'The segment names a TCP-AO key (by its id) that the socket does not have.',
    check: 'Compare the key ids of both sides: send id there is receive id here.',
    commands: ['nstat -az TcpExtTCPAOKeyNotFound', TCP_SOCKETS],
  },
  TCP_AOFAILURE: {
    points: ['tcp'],
    means:
      'The TCP-AO signature of the segment is wrong: the keys or algorithms differ, or something on the way changed the segment.',
    check: 'Compare keys and algorithms of both sides; NAT between the two breaks the signature.',
    commands: ['nstat -az TcpExtTCPAOBad', TCP_SOCKETS],
  },
  SOCKET_BACKLOG: {
    points: ['socket.queue', 'tcp'],
    means: 'A program was working with the socket, and the queue of packets that wait meanwhile (backlog) is full.',
    check:
      'The program sends or receives more than one CPU can do on this socket: look at its CPU and at the buffers of the socket.',
    commands: ['nstat -az TcpExtTCPBacklogDrop', TCP_SOCKETS],
  },
  TCP_FLAGS: {
    points: ['tcp'],
    means:
      'The flags of the segment make no sense in the state of the socket, as an ACK to a listener that has no such connection.',
    check:
      'Usually a leftover of a connection that this host has forgotten (restart, fail-over, asymmetric path), or a port scan.',
    commands: [
      TCP_LISTENERS,
      'nstat -az TcpOutRsts TcpExtSyncookiesFailed',
      'pathcap -c 10 -n host {source} and tcp port {destinationPort}',
    ],
  },
  TCP_ABORT_ON_DATA: {
    points: ['tcp'],
    means: 'Data came for a connection that the program had closed already: it is answered by a reset.',
    check: 'The program closed the socket before it had read all that its peer sends.',
    commands: ['nstat -az TcpExtTCPAbortOnData TcpExtTCPAbortOnClose', TCP_SOCKETS],
  },
  TCP_ZEROWINDOW: {
    points: ['tcp', 'socket.queue'],
    means:
      'Data came although the window is closed: the receive buffer is full and the peer was told so (often a probe).',
    check: 'The program does not read: see Recv-Q and skmem of the socket.',
    commands: [TCP_SOCKETS, 'nstat -az TcpExtTCPZeroWindowDrop TcpExtTCPFromZeroWindowAdv'],
  },
  TCP_OLD_DATA: {
    points: ['tcp', 'socket.queue'],
    means: 'All data of the segment was received before: a retransmission that was not needed.',
    check: 'Harmless by itself. Many of them mean that acknowledgements get lost or come late on the way back.',
    commands: ['nstat -az TcpExtDelayedACKLost TcpExtTCPDSACKOldSent', TCP_SOCKETS],
  },
  TCP_OVERWINDOW: {
    points: ['tcp', 'socket.queue'],
    means: 'The data lies beyond the window that this host has announced.',
    check: 'The peer ignores the window, or the segment belongs to an older connection with the same ports.',
    commands: [TCP_SOCKETS, 'nstat -az TcpExtTCPRcvQDrop TcpExtTCPZeroWindowDrop'],
  },
  TCP_OFOMERGE: {
    points: ['tcp', 'socket.queue'],
    means: 'The data waits already among the segments that came out of order: a duplicate.',
    check: 'Harmless by itself. Many of them mean loss or reordering on the way.',
    commands: ['nstat -az TcpExtTCPOFOMerge TcpExtTCPOFOQueue', TCP_SOCKETS],
  },
  TCP_RFC7323_PAWS: {
    points: ['tcp'],
    means:
      'The timestamp of the segment is older than the last one seen: it is taken for a leftover of an old connection (PAWS).',
    check:
      'Several hosts behind one NAT address with different clocks, or a load balancer that mixes timestamps, look like this.',
    commands: ['nstat -az TcpExtPAWSActive TcpExtPAWSEstab', 'sysctl net.ipv4.tcp_timestamps'],
  },
  TCP_RFC7323_PAWS_ACK: {
    points: ['tcp'],
    means: 'A pure acknowledgement with an old timestamp, overtaken by a newer one on the way.',
    check: 'Harmless: acknowledgements were reordered on the way.',
    commands: ["nstat -az 'TcpExt*PAWS*'"],
  },
  TCP_RFC7323_TW_PAWS: {
    points: ['tcp'],
    means: 'A new connection reuses the ports of one that is in TIME_WAIT, with an older timestamp.',
    check: 'Typical of many clients behind one NAT address: let the NAT use more ports or addresses.',
    commands: ["nstat -az 'TcpExt*PAWS*'", "ss -tan state time-wait 'sport = :{destinationPort}'"],
  },
  TCP_RFC7323_TSECR: {
    points: ['tcp'],
    means: 'The timestamp that the segment echoes was never sent by this host.',
    check: 'A middlebox changes timestamps, or somebody guesses segments.',
    commands: ["nstat -az 'TcpExtTSEcr*'", 'pathcap -c 10 -n host {source} and tcp port {destinationPort}'],
  },
  TCP_LISTEN_OVERFLOW: {
    points: ['tcp'],
    means: 'The accept queue of the listener is full: the program does not accept connections fast enough.',
    check:
      'Compare Recv-Q with Send-Q of the listener. Accept faster, or enlarge the backlog of listen() and net.core.somaxconn.',
    commands: [TCP_LISTENERS, 'nstat -az TcpExtListenOverflows TcpExtListenDrops', 'sysctl net.core.somaxconn'],
  },
  TCP_OLD_SEQUENCE: {
    points: ['tcp'],
    means: 'The segment lies wholly before the window: an old duplicate. It is answered by an acknowledgement.',
    check: 'Harmless by itself: retransmissions that were not needed, or keep-alive probes.',
    commands: ["nstat -az 'TcpExtTCPDSACK*' TcpExtDelayedACKLost", TCP_SOCKETS],
  },
  TCP_INVALID_SEQUENCE: {
    points: ['tcp'],
    means: 'The sequence number lies beyond the window.',
    check:
      'The segment belongs to another connection with the same ports, a middlebox rewrites sequence numbers, or somebody guesses.',
    commands: [
      TCP_SOCKETS,
      'nstat -az TcpExtTCPChallengeACK',
      'pathcap -c 10 -nS host {source} and tcp port {destinationPort}',
    ],
  },
  TCP_INVALID_END_SEQUENCE: {
    points: ['tcp'],
    means: 'The segment begins inside the window and ends beyond it.',
    check: 'The peer sends more than the window allows: compare the window that was announced with what is in flight.',
    commands: ["nstat -az 'TcpExtBeyondWindow'", TCP_SOCKETS],
  },
  TCP_INVALID_ACK_SEQUENCE: {
    points: ['tcp'],
    means: 'While connecting, the answer acknowledges something that was not sent.',
    check:
      'The answer belongs to an earlier attempt, or another host answers for the address (duplicate address, bad NAT).',
    commands: ['ss -tan state syn-sent', 'pathcap -c 10 -nS host {source} and tcp port {sourcePort}'],
  },
  TCP_RESET: {
    points: ['tcp'],
    means: 'A reset ended the connection or attempt, or came with a sequence number that does not fit and was ignored.',
    check: 'Ask who sent it and why: the peer closed or crashed, or a firewall on the way rejects.',
    commands: [
      'nstat -az TcpEstabResets TcpAttemptFails TcpExtTCPChallengeACK',
      'pathcap -c 10 -nv host {source} and tcp port {destinationPort}',
    ],
  },
  TCP_INVALID_SYN: {
    points: ['tcp'],
    means: 'A SYN came inside an existing connection. It is answered by a challenge acknowledgement.',
    check: 'The peer restarted and reuses its port, or somebody tries to reset the connection.',
    commands: ['nstat -az TcpExtTCPSYNChallenge TcpExtTCPChallengeACK', TCP_SOCKETS],
  },
  TCP_CLOSE: {
    points: ['tcp'],
    means: 'The segment reached a socket that is closed.',
    check: 'The connection ended on this side shortly before: late segments of the peer end like this.',
    commands: ["ss -tanp 'sport = :{destinationPort}'", 'nstat -az TcpOutRsts'],
  },
  TCP_FASTOPEN: {
    points: ['tcp'],
    means:
      'The segment does not fit a connection that TCP Fast Open has begun and the handshake has not completed yet.',
    check: 'See whether Fast Open works on the way at all: some middleboxes drop it.',
    commands: ["nstat -az 'TcpExtTCPFastOpen*'", 'sysctl net.ipv4.tcp_fastopen'],
  },
  TCP_OLD_ACK: {
    points: ['tcp'],
    means: 'The acknowledgement is older than what was acknowledged before, but still believable.',
    check: 'Harmless: acknowledgements were reordered or delayed on the way.',
    commands: [TCP_SOCKETS],
  },
  TCP_TOO_OLD_ACK: {
    points: ['tcp'],
    means: 'The acknowledgement is far older than what this host has sent: it is answered by a challenge.',
    check: 'A leftover of an old connection with the same ports, or somebody guesses segments.',
    commands: ['nstat -az TcpExtTCPChallengeACK', TCP_SOCKETS],
  },
  TCP_ACK_UNSENT_DATA: {
    points: ['tcp'],
    means: 'The segment acknowledges data that this host has not sent.',
    check: 'A middlebox rewrites sequence numbers, or the segment belongs to another connection with the same ports.',
    commands: [TCP_SOCKETS, 'pathcap -c 10 -nS host {source} and tcp port {destinationPort}'],
  },
  TCP_OFO_QUEUE_PRUNE: {
    points: ['socket.queue', 'tcp'],
    means: 'Segments that came out of order were thrown away, since the receive buffer or the memory of TCP is full.',
    check: 'The missing segment keeps the rest waiting: look for loss on the way, and at the buffer of the socket.',
    commands: [
      'nstat -az TcpExtOfoPruned TcpExtRcvPruned TcpExtPruneCalled',
      TCP_SOCKETS,
      'sysctl net.ipv4.tcp_rmem net.ipv4.tcp_mem',
    ],
  },
  TCP_OFO_DROP: {
    points: ['socket.queue', 'tcp'],
    means: 'A segment that waited out of order turned out to be in the receive queue already: a duplicate.',
    check: 'Harmless by itself. Many of them mean loss or reordering on the way.',
    commands: ['nstat -az TcpExtTCPOFODrop TcpExtTCPOFOMerge'],
  },
  IP_OUTNOROUTES: {
    points: ['ip.output', 'tcp', 'route'],
    means: 'This host has no route to where it wanted to send the packet.',
    check: 'Ask for the route as the program would; a policy rule or a device that is down may hide it.',
    commands: [ROUTE_OUT, 'ip rule', "nstat -az 'Ip*OutNoRoutes'"],
  },
  BPF_CGROUP_EGRESS: {
    points: ['ip.output'],
    means: 'A BPF program of the cgroup of the sending process refused the packet.',
    check: 'List the programs by cgroup: container runtimes and systemd (IPAddressDeny=) attach such programs.',
    commands: ['bpftool cgroup tree', "systemctl show -p IPAddressDeny -p IPAddressAllow '*.service'"],
  },
  IPV6DISABLED: {
    points: ['ip.receive', 'ip.output', 'rx_handler'],
    means: 'IPv6 is switched off on this device.',
    check: 'Allow it on the device, or stop the sender from using IPv6.',
    commands: ['sysctl net.ipv6.conf.all.disable_ipv6 net.ipv6.conf.{device}.disable_ipv6'],
  },
  NEIGH_CREATEFAIL: {
    points: ['neighbour'],
    means: 'No neighbour entry could be made for the next hop: the table is full, or there is no memory.',
    check: 'Compare the number of entries with gc_thresh3, and look for scans of large networks.',
    commands: ['ip neigh | wc -l', "sysctl -a --pattern 'neigh.default.gc_thresh'", 'cat /proc/net/stat/arp_cache'],
  },
  NEIGH_FAILED: {
    points: ['neighbour'],
    means: 'The next hop does not answer ARP or neighbour discovery; the sender is told that the host is unreachable.',
    check: 'See whether the next hop is up and in the same network, and whether its answers arrive.',
    commands: ['ip neigh show', ROUTE_OUT, 'pathcap -e -i {device} arp or icmp6'],
  },
  NEIGH_QUEUEFULL: {
    points: ['neighbour'],
    means: 'Too many packets wait for the link-layer address of the next hop: the oldest was dropped.',
    check: 'Normal for a burst to a new neighbour; see whether the neighbour answers at all.',
    commands: ['ip neigh show', 'sysctl net.ipv4.neigh.default.unres_qlen_bytes', 'cat /proc/net/stat/arp_cache'],
  },
  NEIGH_DEAD: {
    points: ['neighbour'],
    means: 'The neighbour entry was removed while the packet was on its way to it.',
    check: 'Harmless when rare: a device went down, or the entry was flushed.',
    commands: ['ip monitor neigh link'],
  },
  NEIGH_HH_FILLFAIL: {
    points: ['neighbour'],
    means: 'The link-layer header could not be written in front of the packet.',
    check: 'The device gives no header for this protocol or address: look at its type and at the tunnel above it.',
    commands: ['ip -d link show dev {device}', 'ip neigh show dev {device}'],
  },
  TC_EGRESS: {
    points: ['tc.egress'],
    means: 'A tc filter or BPF program on the way out of this device dropped the packet.',
    check: 'List filters with their counters, and BPF programs: network plugins of containers attach them.',
    commands: ['tc -s filter show dev {device} egress', 'bpftool net show dev {device}'],
  },
  SECURITY_HOOK: {
    points: ['socket.filter', 'tcp'],
    means: 'The security module (SELinux, AppArmor, Smack) does not allow the socket to have this packet.',
    check: 'Look for the denial in the audit log.',
    commands: ['ausearch -m avc -ts recent', 'cat /sys/kernel/security/lsm'],
  },
  QDISC_DROP: {
    points: ['qdisc'],
    means: 'The queueing discipline of the device refused the packet: its queue is full, or it is shut down.',
    check: 'See which class or queue drops: a limit too small, or more traffic than the rate allows.',
    commands: [QDISC, 'tc -s class show dev {device}'],
  },
  QDISC_BURST_DROP: {
    points: ['qdisc'],
    means: 'More packets arrived at once for the queueing discipline than net.core.qdisc_max_burst allows.',
    check: 'Raise the limit, spread the senders over more queues, or look for the one that floods.',
    commands: ['sysctl net.core.qdisc_max_burst', QDISC],
  },
  QDISC_OVERLIMIT: {
    points: ['qdisc'],
    means: 'The queueing discipline holds as many packets or bytes as it may.',
    check: 'More is sent than the device or its rate can take: enlarge the limit for bursts, or slow the sender.',
    commands: [QDISC, 'ip -d link show dev {device}   # txqueuelen'],
  },
  QDISC_CONGESTED: {
    points: ['qdisc'],
    means: 'Active queue management (CoDel, PIE, RED ...) dropped the packet to tell the sender of congestion.',
    check: 'That is its work. If it is too much, compare its target with the delay that the link needs.',
    commands: [QDISC],
  },
  CAKE_FLOOD: {
    points: ['qdisc'],
    means: 'CAKE dropped the packet as part of a flow that does not slow down (BLUE).',
    check: 'Find the flow that floods.',
    commands: [QDISC],
  },
  FQ_BAND_LIMIT: {
    points: ['qdisc'],
    means: 'The priority band of the fq queueing discipline holds as many packets as its limit allows.',
    check: 'See band_drops; raise limit of fq, or slow the sender.',
    commands: [QDISC],
  },
  FQ_HORIZON_LIMIT: {
    points: ['qdisc'],
    means: 'The packet asks to be sent later than the horizon of the fq queueing discipline allows.',
    check: 'The program that sets times of sending (SO_TXTIME, pacing) looks too far ahead, or uses another clock.',
    commands: [QDISC],
  },
  FQ_FLOW_LIMIT: {
    points: ['qdisc'],
    means: 'This one flow has as many packets in the fq queueing discipline as flow_limit allows.',
    check: 'See flows_plimit; one socket sends much faster than the device does.',
    commands: [QDISC],
  },
  CPU_BACKLOG: {
    points: ['backlog'],
    means:
      'The queue of the CPU for received packets is full, or its flow limit struck: packets arrive faster than this CPU handles them.',
    check:
      'The second column of softnet_stat counts it. Spread the load over CPUs (RPS, more device queues), or raise netdev_max_backlog for bursts.',
    commands: [
      'cat /proc/net/softnet_stat',
      'sysctl net.core.netdev_max_backlog',
      'cat /sys/class/net/{device}/queues/rx-0/rps_cpus',
    ],
  },
  XDP: {
    points: ['xdp'],
    means: 'An XDP program, or the redirect that it asked for, ended the way of the packet.',
    check: 'See which program is attached to the device, and its maps and counters.',
    commands: ['bpftool net show dev {device}', 'ip -d link show dev {device}'],
  },
  TC_INGRESS: {
    points: ['tc.ingress'],
    means: 'A tc filter or BPF program on the way into this device dropped the packet.',
    check: 'List filters with their counters, and BPF programs: network plugins of containers attach them.',
    commands: ['tc -s filter show dev {device} ingress', 'bpftool net show dev {device}'],
  },
  UNHANDLED_PROTO: {
    points: ['protocol', 'ip.receive', 'icmp'],
    means: 'Nothing on this host handles the protocol of the packet: its EtherType, or the ICMP type.',
    check:
      'Usually somebody else’s traffic (LLDP, STP, vendor protocols). If it should be handled, the module or daemon for it is not there.',
    commands: ['cat /proc/net/ptype', 'pathcap -e -c 5 -i {device} not ip and not ip6 and not arp', LINK],
  },
  SKB_CSUM: {
    points: ['raw', 'rx_handler', 'transmit'],
    means: 'A checksum could not be computed, or was found wrong where the packet was copied.',
    check: 'Look at the checksum offload of the devices on the way.',
    commands: ['ethtool -k {device}'],
  },
  SKB_GSO_SEG: {
    points: ['transmit', 'rx_handler'],
    means: 'A large packet could not be cut into segments.',
    check: 'Its headers do not fit its offload type: try with segmentation offload switched off on the device.',
    commands: ['ethtool -k {device}', 'ethtool -K {device} tso off gso off gro off'],
  },
  SKB_BAD_GSO: {
    points: ['transmit'],
    means: 'The packet says of itself that it is large and to be cut, with values that are impossible.',
    check: 'A virtual machine, a program with a tun device or a packet socket gave bad offload values.',
    commands: ['ethtool -k {device}', 'dmesg | tail'],
  },
  SKB_UCOPY_FAULT: {
    points: ['driver', 'transmit'],
    means: 'Data could not be copied from the memory of a process (tun, tap, zero copy).',
    check: 'The program that writes the packets, often a hypervisor or VPN, passed bad memory, or memory is short.',
    commands: ['dmesg | tail', 'free -m'],
  },
  DEV_HDR: {
    points: ['driver', 'transmit'],
    means: 'The header that the driver puts in front of packets (virtio_net_hdr of tun and tap) is invalid.',
    check: 'The program at the other side of the tun or tap device disagrees on the header length or offloads.',
    commands: ['ip -d link show dev {device}', 'ip -d tuntap'],
  },
  DEV_READY: {
    points: ['backlog', 'transmit', 'rx_handler', 'udp', 'driver'],
    means: 'The device is not up, is being removed, or has no process behind it (tun, tap).',
    check: 'Look at the state of the device, and whether the program that owns it runs.',
    commands: ['ip -d link show dev {device}', 'ip monitor link'],
  },
  FULL_RING: {
    points: ['transmit', 'rx_handler', 'driver'],
    means: 'The queue between the kernel and the program behind a tun or tap device is full.',
    check:
      'The program (VPN, hypervisor) does not read fast enough: look at its CPU; a longer txqueuelen helps for bursts.',
    commands: [LINK, 'ip -d tuntap'],
  },
  NOMEM: {
    points: [],
    means: 'There was no memory for what had to be done with the packet.',
    check: 'Look at the memory of the host; for packets the kernel needs free memory at once and cannot wait.',
    commands: ['free -m', 'sysctl vm.min_free_kbytes', 'dmesg | grep -i -E "allocation failure|out of memory"'],
  },
  HDR_TRUNC: {
    points: ['driver', 'transmit', 'ip.receive'],
    means: 'A header could not be taken from the packet: the packet ends before it.',
    check: 'The program that writes to the tun or tap device, or the sender, sends packets that are cut.',
    commands: ['pathcap -c 5 -XX -i {device}', LINK],
  },
  TAP_FILTER: {
    points: ['transmit'],
    means: 'The BPF filter that a program has attached to its tun or tap device (TUNSETFILTEREBPF) refused the packet.',
    check: 'Ask the program that owns the device, usually a hypervisor.',
    commands: ['ip -d tuntap', 'bpftool prog show'],
  },
  TAP_TXFILTER: {
    points: ['transmit'],
    means: 'The MAC filter of the tun or tap device (TUNSETTXFILTER) does not want frames to this address.',
    check:
      'Compare the destination MAC with what the program behind the device, usually a virtual machine, has asked for.',
    commands: ['ip -d tuntap', 'pathcap -e -c 5 -i {device}'],
  },
  ICMP_CSUM: {
    points: ['icmp'],
    means: 'The checksum of the ICMP message is wrong.',
    check: CHECKSUM_WHERE,
    commands: ["nstat -az 'Icmp*InCsumErrors'", 'pathcap -c 5 -vv host {source} and (icmp or icmp6)'],
  },
  INVALID_PROTO: {
    points: ['icmp', 'route', 'ip.receive'],
    means:
      'The packet breaks a rule of its protocol, such as an ICMP request to a broadcast address, which is not answered.',
    check: 'Answers to broadcast pings are off by default, as they help attackers.',
    commands: ['sysctl net.ipv4.icmp_echo_ignore_broadcasts'],
  },
  IP_INADDRERRORS: {
    points: ['route', 'ip.forward', 'ip.deliver'],
    means: 'The destination is not an address of this host, and the packet may not be forwarded to it.',
    check: 'See whether the address should be on this host, or whether forwarding should be on for the device.',
    commands: [
      ROUTE_IN,
      'sysctl net.ipv4.conf.{device}.forwarding net.ipv6.conf.all.forwarding',
      "nstat -az 'Ip*InAddrErrors'",
    ],
  },
  IP_INNOROUTES: {
    points: ['route'],
    means: 'There is no route to the destination (or it is declared unreachable).',
    check: 'Ask for the route as this packet would; look at the rules, and at routes that vanished with a device.',
    commands: [ROUTE_IN, 'ip rule', 'nstat -az IpExtInNoRoutes Ip6InNoRoutes'],
  },
  IP_LOCAL_SOURCE: {
    points: ['route'],
    means: 'The packet came in from outside with an address of this host as its source.',
    check:
      'A loop in the network, a duplicate address or spoofing. If it is wanted (tests, load balancers), accept_local allows it.',
    commands: ['ip addr show to {source}', 'sysctl net.ipv4.conf.all.accept_local net.ipv4.conf.{device}.accept_local'],
  },
  IP_INVALID_SOURCE: {
    points: ['route'],
    means: 'The source address can be no sender: multicast, broadcast or zero ("martian source").',
    check: 'Find the sender by its MAC address; log_martians writes such packets to the kernel log.',
    commands: [
      'pathcap -e -c 5 -i {device} host {source}',
      'sysctl net.ipv4.conf.all.log_martians',
      'ip route get {source}',
    ],
  },
  IP_LOCALNET: {
    points: ['route'],
    means: 'An address of 127.0.0.0/8 came in from outside, as source or destination.',
    check:
      'A NAT rule to 127.0.0.1 looks like this: it needs route_localnet on the device that the packet comes in on.',
    commands: ['sysctl net.ipv4.conf.all.route_localnet net.ipv4.conf.{device}.route_localnet', 'nft list ruleset'],
  },
  IP_INVALID_DEST: {
    points: ['route'],
    means: 'The destination address can be no destination, such as 0.0.0.0.',
    check: 'Find the sender by its MAC address, or the NAT rule that wrote the address.',
    commands: ['pathcap -e -c 5 -i {device} host {source}'],
  },
  PKT_TOO_BIG: {
    points: ['ip.forward', 'rx_handler', 'ip.output'],
    means:
      'The packet is longer than the MTU of the way out and must not be cut; the sender is told (ICMP fragmentation needed, packet too big).',
    check: 'Let that ICMP message through to the sender, clamp the MSS, or make the MTUs alike.',
    commands: [ROUTE_OUT, 'ip link show', 'nstat -az IpFragFails Ip6InTooBigErrors'],
  },
  DUP_FRAG: {
    points: ['ip.deliver', 'nf.prerouting'],
    means: 'The fragment came twice.',
    check: 'Something on the way duplicates packets; the datagram itself is not lost by it.',
    commands: ["nstat -az 'Ip*Reasm*'", 'pathcap -c 10 -nv host {source} and (ip[6:2] & 0x3fff != 0)'],
  },
  FRAG_REASM_TIMEOUT: {
    points: ['ip.deliver', 'nf.prerouting'],
    means: 'The other fragments of the datagram did not come in time: what had come was thrown away.',
    check:
      'Find where fragments get lost: firewalls often drop all but the first. Better avoid fragments: a smaller datagram or MTU.',
    commands: [
      "nstat -az 'Ip*ReasmTimeout' 'Ip*ReasmFails'",
      'sysctl net.ipv4.ipfrag_time',
      'pathcap -c 10 -nv host {source} and (ip[6:2] & 0x3fff != 0)',
    ],
  },
  FRAG_TOO_FAR: {
    points: ['ip.deliver', 'nf.prerouting'],
    means:
      'Too many other fragments of the same sender came in between: the id may have been used again, so the datagram was given up.',
    check:
      'Fragments are badly reordered or lost on the way; ipfrag_max_dist sets the distance, 0 switches the check off.',
    commands: ['sysctl net.ipv4.ipfrag_max_dist', "nstat -az 'Ip*ReasmFails'"],
  },
  TCP_MINTTL: {
    points: ['tcp'],
    means: 'The TTL of the segment is below what the socket demands (IP_MINTTL, as BGP uses it against spoofing).',
    check: 'The peer is further away than configured (ttl-security), or the segment is forged.',
    commands: ['nstat -az TcpExtTCPMinTTLDrop', 'pathcap -c 5 -nv host {source} and tcp port {destinationPort}'],
  },
  IPV6_BAD_EXTHDR: {
    points: ['ip.deliver', 'icmp'],
    means: 'An IPv6 extension header is malformed, or the packet ends inside the chain.',
    check: 'Look at the chain of headers: the sender, or something that cuts packets, is at fault.',
    commands: ['nstat -az Ip6InHdrErrors', 'pathcap -c 5 -vv -XX ip6 host {source}'],
  },
  IPV6_NDISC_FRAG: {
    points: ['icmp'],
    means: 'A neighbour discovery message came in fragments, which is not accepted.',
    check: 'Nobody has a good reason to do so: an attack or a bad implementation. suppress_frag_ndisc decides.',
    commands: ['sysctl net.ipv6.conf.{device}.suppress_frag_ndisc', 'pathcap -e -c 5 -i {device} icmp6'],
  },
  IPV6_NDISC_HOP_LIMIT: {
    points: ['icmp'],
    means: 'A neighbour discovery message has a hop limit other than 255: it may have come from another network.',
    check: 'Messages from the own link always have 255: the sender is elsewhere, or wrong.',
    commands: ['pathcap -e -vv -c 5 -i {device} icmp6'],
  },
  IPV6_NDISC_BAD_CODE: {
    points: ['icmp'],
    means: 'A neighbour discovery message has an ICMPv6 code other than 0.',
    check: 'The sender is wrong: find it by its MAC address.',
    commands: ['pathcap -e -vv -c 5 -i {device} icmp6'],
  },
  IPV6_NDISC_BAD_OPTIONS: {
    points: ['icmp'],
    means: 'The options of a neighbour discovery message are malformed.',
    check: 'The sender is wrong: find it by its MAC address.',
    commands: ['pathcap -e -vv -c 5 -i {device} icmp6', 'nstat -az Icmp6InErrors'],
  },
  IPV6_NDISC_NS_OTHERHOST: {
    points: ['icmp'],
    means:
      'A neighbour solicitation that asks for the address of another host, and that this host does not answer for it.',
    check: 'Normal where solicitations are flooded; proxy_ndp would answer.',
    commands: ['ip -6 neigh show proxy', 'sysctl net.ipv6.conf.{device}.proxy_ndp'],
  },
  QUEUE_PURGE: {
    points: ['socket.queue', 'qdisc', 'neighbour'],
    means: 'A whole queue was emptied: a socket was closed, a device taken down, a queueing discipline replaced.',
    check: 'See what was closed or changed at that time.',
    commands: ['ip monitor link qdisc'],
  },
  TC_COOKIE_ERROR: {
    points: ['tc.ingress', 'tc.egress'],
    means: 'Traffic control could not go on where hardware offload had stopped: its cookie is unknown.',
    check: 'Filters in hardware and software disagree, as while they are being changed.',
    commands: ['tc -s filter show dev {device} ingress', 'ethtool -k {device}   # hw-tc-offload'],
  },
  TC_ERROR: {
    points: ['tc.ingress', 'tc.egress'],
    means:
      'Traffic control met an error inside: a chain that does not exist, a loop, or no memory (kernel 6.7 and 6.8).',
    check: 'Look at the filters that go to another chain or reclassify.',
    commands: ['tc -s filter show dev {device} ingress', 'tc chain show dev {device} ingress'],
  },
  PACKET_SOCK_ERROR: {
    points: ['tap'],
    means:
      'A packet socket (a capture) wanted a copy and could not get it: its ring or buffer is full. Only the copy is lost, the packet goes on.',
    check: 'The capture is too slow: a larger buffer (pathcap -B), a tighter filter, or less printing.',
    commands: ['ss -0anpm', 'cat /proc/net/packet'],
  },
  TC_CHAIN_NOTFOUND: {
    points: ['tc.ingress', 'tc.egress'],
    means: 'A tc filter sent the packet to a chain that does not exist.',
    check: 'List the chains, and the filters with "goto chain".',
    commands: ['tc chain show dev {device} ingress', 'tc -s filter show dev {device} ingress'],
  },
  TC_RECLASSIFY_LOOP: {
    points: ['tc.ingress', 'tc.egress'],
    means: 'Filters of traffic control sent the packet back to the beginning again and again.',
    check: 'Find the filters with the action "reclassify" that match again.',
    commands: ['tc -s filter show dev {device} ingress'],
  },
  VXLAN_INVALID_HDR: {
    points: ['udp'],
    means: 'The VXLAN header is invalid: the flag for the network id is missing, or reserved bits are set.',
    check: 'Look whether both ends use the same extensions (GBP, GPE), and whether the port carries VXLAN at all.',
    commands: ['ip -d link show type vxlan', LINK],
  },
  VXLAN_VNI_NOT_FOUND: {
    points: ['udp', 'transmit'],
    means: 'No VXLAN device on this host has the network id (VNI) of the packet.',
    check: 'Compare the VNI with that of the devices; the peer sends a network here that this host does not have.',
    commands: ['ip -d link show type vxlan', 'pathcap -c 5 -vv udp port {destinationPort}'],
  },
  MAC_INVALID_SOURCE: {
    points: ['rx_handler', 'udp'],
    means:
      'The source MAC address is no sender: a group address, or zero; or the frame came from one of our own addresses.',
    check: 'Find what writes such frames on that port of the bridge or tunnel.',
    commands: ['pathcap -e -c 5 -i {device}', 'bridge link show'],
  },
  VXLAN_ENTRY_EXISTS: {
    points: ['udp'],
    means: 'A MAC address came from another tunnel end than its fixed entry in the forwarding table says.',
    check: 'Compare the static entry with where the host is now.',
    commands: ['bridge fdb show dev {device}'],
  },
  NO_TX_TARGET: {
    points: ['rx_handler', 'transmit'],
    means: 'The bridge or tunnel found no port or peer to send the frame to.',
    check: 'All other ports are down, blocked or isolated, or flooding is off for unknown destinations.',
    commands: ['bridge -d link show', 'bridge fdb show', 'ip -d link show dev {device}'],
  },
  IP_TUNNEL_ECN: {
    points: ['udp', 'ip.deliver'],
    means: 'The congestion bits of the outer and inner header of a tunnel contradict each other (RFC 6040).',
    check: 'A router marked a packet whose sender does not do ECN: look at the outer and inner TOS.',
    commands: ['pathcap -c 5 -vv host {source}', LINK],
  },
  TUNNEL_TXINFO: {
    points: ['transmit'],
    means: 'A packet without tunnel data reached a tunnel device that takes it from outside ("external" mode).',
    check: 'A route, tc rule or Open vSwitch flow must give the tunnel its key and remote address.',
    commands: ['ip -d link show dev {device}', 'ip route show', 'tc -s filter show dev {device} egress'],
  },
  LOCAL_MAC: {
    points: ['udp', 'rx_handler'],
    means: 'The source MAC address is that of our own device: the frame came back to us.',
    check: 'A loop in the network, or two devices with one MAC address.',
    commands: ['ip link show', 'bridge fdb show'],
  },
  ARP_PVLAN_DISABLE: {
    points: ['route'],
    means:
      'A packet other than IP would leave by the device that it came in on, and proxy_arp_pvlan does not allow that.',
    check: 'Set proxy_arp_pvlan on the device if hosts of one network shall talk through this one.',
    commands: ['sysctl net.ipv4.conf.{device}.proxy_arp_pvlan'],
  },
  MAC_IEEE_MAC_CONTROL: {
    points: ['rx_handler'],
    means: 'A pause frame (01:80:c2:00:00:01) reached the bridge: these are never forwarded.',
    check: 'Harmless. The device should have used it up: see its flow control.',
    commands: ['ethtool -a {device}'],
  },
  BRIDGE_INGRESS_STP_STATE: {
    points: ['rx_handler'],
    means: 'The bridge port that the frame came in on is blocking, listening, learning or disabled.',
    check: 'Right after a port comes up it waits for the forward delay; otherwise spanning tree has cut a loop there.',
    commands: ['bridge -d link show dev {device}', 'ip -d link show dev {device}'],
  },
  CAN_RX_INVALID_FRAME: {
    points: ['protocol'],
    means: 'A frame of the CAN bus is malformed, or the device is no CAN device.',
    check: 'Look at the program or driver that makes the frames.',
    commands: [LINK],
  },
  CANFD_RX_INVALID_FRAME: {
    points: ['protocol'],
    means: 'A CAN FD frame is malformed, or the device is no CAN device.',
    check: 'Look at the program or driver that makes the frames.',
    commands: [LINK],
  },
  CANXL_RX_INVALID_FRAME: {
    points: ['protocol'],
    means: 'A CAN XL frame is malformed, or the device is no CAN device.',
    check: 'Look at the program or driver that makes the frames.',
    commands: [LINK],
  },
  PFMEMALLOC: {
    points: ['protocol', 'socket.filter'],
    means: 'Memory is so short that the packet came in on the reserve, which is kept for swapping over the network.',
    check: 'The host is out of memory: free some, or raise vm.min_free_kbytes.',
    commands: ['free -m', 'nstat -az TcpExtPFMemallocDrop', 'sysctl vm.min_free_kbytes'],
  },
  DUALPI2_STEP_DROP: {
    points: ['qdisc'],
    means:
      'The DualPI2 queueing discipline dropped the packet: it waited longer than the step of the low-latency queue.',
    check: 'The sender uses the low-latency queue without slowing down: see its congestion control.',
    commands: [QDISC],
  },
  PSP_INPUT: {
    points: ['tcp'],
    means: 'The connection is protected by PSP, and the segment is not, or with another key.',
    check: 'Compare the PSP state of both sides: key rotation, or a peer that sends in the clear.',
    commands: [TCP_SOCKETS, 'nstat -az TcpInErrs'],
  },
  PSP_OUTPUT: {
    points: ['transmit'],
    means: 'The connection is protected by PSP, and the packet would have left by a device that cannot encrypt it.',
    check: 'The route has moved to a device without PSP.',
    commands: [ROUTE_OUT, 'ip -d link show dev {device}'],
  },
  RECURSION_LIMIT: {
    points: ['transmit', 'rx_handler', 'tc.egress'],
    means: 'The packet went from device to device in a circle, and the kernel stopped it.',
    check: 'Tunnels, bridges or redirects are stacked in a loop: the kernel log names the device.',
    commands: ['dmesg | grep -i "dead loop"', 'ip -d link show', 'ip route get {destination}'],
  },
} as const satisfies Record<string, ReasonRow>;

/** Reasons of subsystems, which come as `subsystem.NAME`. The longest beginning counts. */
const SUBSYSTEMS: readonly { readonly prefix: string; readonly row: ReasonRow }[] = [
  {
    prefix: 'mac80211',
    row: {
      points: ['driver', 'receive'],
      means:
        'The Wi-Fi stack (mac80211) found the frame unusable: a duplicate, a replay, wrongly encrypted or malformed.',
      check:
        'The name says which check failed. Decryption and replay failures after roaming are normal for a moment; many mean a key or driver problem.',
      commands: ['iw dev {device} station dump', 'dmesg | grep -i -E "wlan|ieee80211"'],
    },
  },
  {
    prefix: 'openvswitch',
    row: {
      points: ['rx_handler', 'transmit'],
      means: 'Open vSwitch dropped the packet: a flow says so, has no action, or an action failed.',
      check:
        'The name says which. Let Open vSwitch explain the packet by its tables, and look at flows without output.',
      commands: ['ovs-appctl dpctl/dump-flows -m', 'ovs-appctl ofproto/trace BRIDGE FLOW', 'ovs-dpctl show -s'],
    },
  },
];

const UNKNOWN: ReasonRow = {
  points: [],
  means: 'This kernel gives a reason that this version of pathcap does not know.',
  check:
    'Look the name up in include/net/dropreason-core.h of the kernel; the function in which it was dropped says what was being done.',
  commands: ['uname -r', LINK],
};

export interface Explanation extends ReasonRow {
  readonly reason: string;
  /** False for a name that is in no table: the texts then say so. */
  readonly known: boolean;
}

/** Names of all reasons of the core that have a text. */
export const REASON_NAMES: readonly string[] = Object.keys(REASONS);

function rowOf(reason: string): ReasonRow | undefined {
  if (Object.hasOwn(REASONS, reason)) return REASONS[reason as keyof typeof REASONS];
  return SUBSYSTEMS.find(({ prefix }) => reason.toLowerCase().startsWith(prefix))?.row;
}

/**
 * What a drop reason means and what to check next; where it means something definite at the point of the drop, that. Takes
 * names with or without SKB_DROP_REASON_, and those of subsystems (`openvswitch.OVS_DROP_METER`). Names from newer kernels
 * get a text that says that they are unknown.
 *
 *   explainReason('UDP_CSUM').means; // 'The checksum of the UDP datagram is wrong, ...'
 *   explainReason('IP_INHDR', 'ip.forward').means; // 'The TTL (hop limit) was used up ...'
 */
export function explainReason(name: string, point?: PointName): Explanation {
  const plain = name.replace(/^SKB_(DROP_REASON_)?/, '');
  const reason = rowOf(plain) === undefined && rowOf(name) !== undefined ? name : plain;
  const row = rowOf(reason);
  const definite = point === undefined || !Object.hasOwn(REASONS_AT, reason) ? undefined : REASONS_AT[reason]![point];
  return { reason, known: row !== undefined, ...(row ?? UNKNOWN), ...definite };
}

/** The points at which a reason means something more definite than elsewhere. */
export function pointsOfMeaning(name: string): readonly PointName[] {
  return Object.hasOwn(REASONS_AT, name) ? (Object.keys(REASONS_AT[name]!) as PointName[]) : [];
}

/** The drop reasons that belong to a point. */
export function reasonsAt(point: PointName): readonly string[] {
  return REASON_NAMES.filter((name) => (rowOf(name)!.points as readonly PointName[]).includes(point));
}
