// Journeys: what became of a packet, as data. Two engines make them: src/trace observes them in the running kernel, and a
// model can predict them. They are plain values that JSON carries; schema/journey.schema.json describes them to others.
import type { PointName } from './point-names.ts';

export interface Endpoint {
  /** As text: 192.0.2.1, 2001:db8::1, 02:00:00:00:00:01. */
  readonly address: string;
  readonly port?: number;
}

/** What the packet was when it was first seen. */
export interface PacketSummary {
  /** Name of the device at the first point that has one. */
  readonly interface?: string;
  /** Length at the first point, bytes, without the link-layer header. */
  readonly length: number;
  /** tcp, udp, icmp, icmp6, igmp, sctp ..., the number of the IP protocol otherwise; arp; or the EtherType as 0x88b5. */
  readonly protocol: string;
  readonly source?: Endpoint;
  readonly destination?: Endpoint;
  /** EtherType. */
  readonly etherType: number;
  /** From the network header on, as far as they were copied; base64. */
  readonly bytes: string;
  /** The link-layer header, when the first point had one; base64. */
  readonly link?: string;
}

/**
 * A field that differs from what it was at the step before: `source`, `destination`, `sourcePort`, `destinationPort`, `ttl`,
 * `mark`, `length`, `vlan` ... Saved files carry the first five into the packet's bytes.
 */
export interface FieldChange {
  readonly field: string;
  readonly from: string | number;
  readonly to: string | number;
}

export interface Step {
  readonly point: PointName;
  /** Since the first step. */
  readonly sinceStartNs: number;
  /** The device that the packet has there. */
  readonly device?: string;
  /** Network namespace, by the inode number of /proc/PID/ns/net. */
  readonly namespace?: number;
  readonly cpu?: number;
  /** What was decided: accept, drop, queued, stolen, redirect ... */
  readonly verdict?: string;
  readonly changed?: readonly FieldChange[];
  /** What the point knows besides: the route found, the answer sent, bytes read. Short words, numbers. */
  readonly detail?: Readonly<Record<string, string | number>>;
}

export interface SocketInfo {
  readonly protocol: string;
  readonly local: Endpoint;
  readonly remote?: Endpoint;
  readonly inode?: number;
  readonly cookie?: string;
}

export interface ProcessInfo {
  readonly pid: number;
  readonly name: string;
  /** Path in the cgroup file system. */
  readonly cgroup?: string;
  /** Id of the container, when the cgroup's path has one. */
  readonly container?: string;
}

/** A rule that is said to have decided, and who says so. */
export interface RuleInfo {
  readonly by: 'model' | 'kernel';
  readonly family?: string;
  readonly table?: string;
  readonly chain?: string;
  readonly line?: number;
  readonly handle?: number;
  readonly text?: string;
}

export interface Delivered {
  readonly kind: 'delivered';
  readonly point: PointName;
  readonly socket?: SocketInfo;
  readonly process?: ProcessInfo;
  /** Whether a process has read it by now; unknown where that cannot be seen. */
  readonly read?: boolean;
}

/** Left by a device: a packet that was received before, or one of this host's own. */
export interface Forwarded {
  readonly kind: 'forwarded';
  readonly point: PointName;
  readonly device: string;
  readonly nextHop?: string;
}

export interface Dropped {
  readonly kind: 'dropped';
  readonly point: PointName;
  /** The kernel's name without SKB_DROP_REASON_; of a subsystem with it in front: `mac80211_unusable.…`. */
  readonly reason: string;
  /** The kernel's function that dropped it, when /proc/kallsyms can be read. */
  readonly function?: string;
  /** Address of the instruction, hexadecimal. */
  readonly location?: string;
  readonly device?: string;
  readonly socket?: SocketInfo;
  /** Netfilter hook functions or chain, as far as observed. */
  readonly rule?: RuleInfo;
}

/** Used up by the kernel itself: ARP, ICMP, an acknowledgement, a fragment that became part of a packet. */
export interface Consumed {
  readonly kind: 'consumed';
  readonly point: PointName;
  readonly by?: string;
}

/** Waits in the kernel, when the journey was written. */
export interface Queued {
  readonly kind: 'queued';
  readonly point: PointName;
  /** For what: reassembly, neighbour, qdisc, backlog, user space. */
  readonly waitsFor: string;
}

export interface Unknown {
  readonly kind: 'unknown';
  /** Last point that saw it. */
  readonly point: PointName;
  readonly why: string;
}

export type Outcome = Delivered | Forwarded | Dropped | Consumed | Queued | Unknown;
export type OutcomeKind = Outcome['kind'];

/** Where a packet came from that is not on the wire by itself: a clone, a fragment, a segment, an answer. */
export interface Origin {
  readonly id: string;
  readonly how: 'clone' | 'fragment' | 'reassembly' | 'segment' | 'merge' | 'answer';
}

export interface Journey {
  /** Unique within what one run wrote. */
  readonly id: string;
  readonly engine: 'kernel' | 'model';
  readonly host: string;
  /** Release: 6.18.44. */
  readonly kernel: string;
  /** Of the first step: 2026-11-23T06:42:55.123456789Z. */
  readonly time: string;
  readonly packet: PacketSummary;
  /** In the order passed; never empty. */
  readonly steps: readonly Step[];
  readonly outcome: Outcome;
  readonly origin?: Origin;
  /** What was lost or cannot be observed here, in words. */
  readonly incomplete?: string;
}
