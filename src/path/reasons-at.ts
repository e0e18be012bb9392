// Drop reasons that mean something more definite at one point: the kernel uses some names for many causes, and NOT_SPECIFIED
// where it gives none. What they mean is read in the functions of the point (points.ts) at v6.18.
import type { PointName } from './point-names.ts';
import type { ReasonRow } from './reasons.ts';

export type ReasonAtPoint = Omit<ReasonRow, 'points'>;

const LINK = 'ip -s -s link show dev {device}';
const ROUTE_IN = 'ip route get {destination} from {source} iif {device}';

/** By reason, then by point. */
export const REASONS_AT: Readonly<Record<string, Partial<Record<PointName, ReasonAtPoint>>>> = {
  NO_SOCKET: {
    udp: {
      means: 'No UDP socket on this host takes this datagram; the sender is told (ICMP port unreachable).',
      check:
        'See whether the program runs, in this network namespace, and which address it listens on: 127.0.0.1 is not reached from outside.',
      commands: ["ss -ulnp 'sport = :{destinationPort}'", "nstat -az 'Udp*NoPorts'"],
    },
    tcp: {
      means: 'No connection and no listener on this host takes this segment; the sender gets a reset.',
      check:
        'See whether the program listens, in this network namespace and on this address; for a connection that was there, who closed it.',
      commands: ["ss -tanp 'sport = :{destinationPort}'", 'nstat -az TcpOutRsts'],
    },
    icmp: {
      means:
        'No ping socket waits for this echo reply. A raw socket, as many versions of ping have, got a copy of its own before.',
      check: 'Nothing is wrong when the program that pings has its answer.',
      commands: ['ss -wanp', 'sysctl net.ipv4.ping_group_range'],
    },
  },
  IP_INHDR: {
    'ip.forward': {
      means: 'The TTL (hop limit) was used up when the packet was to be forwarded; the sender gets ICMP time exceeded.',
      check: 'Either traceroute, or a routing loop: see whether this host and the next send the packet to each other.',
      commands: ['ip route get {destination}', 'traceroute -n {destination}', "nstat -az 'Ip*InHdrErrors'"],
    },
    route: {
      means: 'The options of the IPv4 header are malformed.',
      check: 'Look at the options: the sender, or something on the way, writes them wrongly.',
      commands: ['pathcap -c 5 -vv -XX host {source}', 'nstat -az IpInHdrErrors'],
    },
  },
  IP_INADDRERRORS: {
    'ip.forward': {
      means:
        'The IPv6 packet is not for this host, and may not be forwarded: forwarding is off, or its source is of this link only.',
      check: 'If this host shall be a router, switch forwarding on; else see why packets for others are sent to it.',
      commands: ['sysctl net.ipv6.conf.all.forwarding', 'nstat -az Ip6InAddrErrors', ROUTE_IN],
    },
  },
  NOT_SPECIFIED: {
    xdp: {
      means: 'An XDP program in generic mode dropped the packet: the kernel gives no reason for that.',
      check: 'See which program is attached to the device.',
      commands: ['bpftool net show dev {device}', 'ip -d link show dev {device}'],
    },
    vlan: {
      means: 'The VLAN device of the tag is down, or the tag is malformed.',
      check: 'Look at the VLAN device of this tag.',
      commands: ['ip -d link show type vlan', LINK],
    },
    rx_handler: {
      means:
        'The bridge (or what else the device belongs to) does not let the frame in: VLAN filter, locked port, or a device that is down.',
      check: 'Compare the VLAN of the frame with those of the port.',
      commands: ['bridge vlan show dev {device}', 'bridge -d link show dev {device}'],
    },
    arp: {
      means: 'The ARP message is malformed, or not for this kind of device.',
      check: 'Look at the message and find its sender by its MAC address.',
      commands: ['pathcap -e -vv -c 5 -i {device} arp'],
    },
    route: {
      means:
        'The route does not allow it: unreachable, prohibit or blackhole, a multicast group that nobody here has joined, or a device without IPv4.',
      check: 'Ask for the route as this packet would.',
      commands: [ROUTE_IN, 'ip route show table all type blackhole', 'ip maddr show dev {device}'],
    },
    'ip.deliver': {
      means:
        'A fragment that cannot be used (it overlaps, or the memory for reassembly is full), or IPv6 that nobody here wants.',
      check: 'See which counter of reassembly grows.',
      commands: [
        "nstat -az 'Ip*Reasm*' 'Ip*InDiscards'",
        'sysctl net.ipv4.ipfrag_high_thresh',
        'ip maddr show dev {device}',
      ],
    },
    'ip.forward': {
      means:
        'The packet may not be forwarded: the frame was not addressed to this host, or a header could not be changed.',
      check: 'A host that sends to a group or broadcast MAC what is to be routed is at fault.',
      commands: ['pathcap -e -c 5 -i {device} host {destination}', "nstat -az 'Ip*InDiscards' 'Ip*OutDiscards'"],
    },
    icmp: {
      means: 'The ICMP message is too short, of a type that this host ignores, or its reply may not be sent.',
      check: 'See whether echo is switched off on purpose.',
      commands: ["nstat -az 'Icmp*InErrors'", 'sysctl net.ipv4.icmp_echo_ignore_all net.ipv6.icmp.echo_ignore_all'],
    },
    udp: {
      means:
        'The datagram is shorter than a UDP header, or went to a group or broadcast address that no socket here has joined.',
      check: 'See which counter grows: InErrors for a bad one, IgnoredMulti for one that nobody wanted.',
      commands: ["nstat -az 'Udp*InErrors' 'Udp*IgnoredMulti'", 'ip maddr show dev {device}'],
    },
    tcp: {
      means:
        'The segment is shorter than a TCP header, came to a group or broadcast address, or to a connection that is just ending.',
      check: 'See whether InErrs grows; a segment for a connection in TIME_WAIT is harmless.',
      commands: ['nstat -az TcpInErrs', "ss -tanp 'sport = :{destinationPort}'"],
    },
    transmit: {
      means: 'The driver did not take the packet: on veth the other end is down, or the packet is longer than its MTU.',
      check: 'Look at both ends of the pair, and at the counters of the device.',
      commands: ['ip -d link show dev {device}', LINK],
    },
    'ip.output': {
      means: 'The packet could not be sent: it is too long and must not be cut, or there was no memory.',
      check: 'See which counter grows, and the MTU of the way out.',
      commands: ["nstat -az 'Ip*FragFails' 'Ip*OutDiscards'", 'ip route get {destination}'],
    },
  },
};
