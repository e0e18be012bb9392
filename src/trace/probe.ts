// What a probe is to those who read its events: at which point of the path it stands, and what its record means. The table
// of probes is in probe-table.ts, the programs that they run in probe-program.ts, the records in event.ts.
import type { PointName } from '../path/index.ts';

/** How the kernel lets a point be seen. */
export type Mechanism = 'tracepoint' | 'netfilter' | 'tcx' | 'clsact' | 'fentry' | 'cgroup' | 'xdp';

/** What an event says of its packet, and what `value`, `code` and the copy area of its record hold. */
export type ProbeRole =
  /** The packet is at the point; with EVENT_FLAG.socket the copy area holds the SOCKET that is to take it. */
  | 'pass'
  /** First on a netfilter hook: before everybody else. */
  | 'enter'
  /** Last on a netfilter hook: everybody else let it through. */
  | 'leave'
  /** kfree_skb: `value` is the location, `code` the reason; with EVENT_FLAG.socket the copy area holds the SOCKET it was for. */
  | 'drop'
  /** consume_skb: `value` is the location where the kernel tells it (6.4 and newer), 0 otherwise. */
  | 'consume'
  /** Accepted for a socket: `value` is the address of struct sock or 0, the copy area holds the SOCKET. */
  | 'socket'
  /** A socket did not take it, a drop follows: `value` is the address of struct sock, `code` the error; copy area: SOCKET. */
  | 'refused'
  /** A process reads it: `value` is tgid << 32 | tid, `code` the bytes, the copy area holds the process's READER. */
  | 'read'
  /** The kernel answers this packet: `code` is ICMP type << 8 | code, or 0 for a TCP reset. */
  | 'answer'
  /** At XDP, before there is an sk_buff: `skb` and `head` are the frame's buffer, which the sk_buff made of it has for its head. */
  | 'frame'
  /** Carries no sk_buff: `skb` is the packet that this CPU worked on last, and may be wrong; the copy area says what was done. */
  | 'beside';

/** What the copy area of a 'beside' record holds. */
export type Beside = 'route' | 'neighbour';

export interface Probe {
  /** Of the tracepoint, hook or function: netif_receive_skb, ip4.prerouting.first, tcx.ingress ... */
  readonly name: string;
  readonly point: PointName;
  readonly role: ProbeRole;
  readonly mechanism: Mechanism;
  /** Where it only sees packets of one version of IP. */
  readonly family?: 4 | 6;
  /** A packet may be seen here for the first time. */
  readonly origin: boolean;
  /** Of role 'beside'. */
  readonly beside?: Beside;
}
