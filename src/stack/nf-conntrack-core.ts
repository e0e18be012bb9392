// Which connection a packet belongs to: net/netfilter/nf_conntrack_core.c (nf_conntrack_in, __nf_conntrack_confirm),
// nf_conntrack_proto.c (the hooks) and the trackers of UDP and ICMP, v6.18. A connection is in the table from its confirmation
// on, last of all hooks: what a rule drops leaves nothing there.
import { readU16, readU32 } from '../bytes/index.ts';
import { ICMP, ICMP_TYPE, IP_PROTOCOL, IPV4, IPV4_FRAGMENT, UDP } from '../wire/index.ts';
import type { Net } from './net.ts';
import { HOOK, type Hook, type HookFunction, PRIORITY, VERDICT, type Verdict } from './netfilter.ts';
import { transportChecksumIsRight } from './nf-checksum.ts';
import { Connection, ConntrackTable, CT_INFO, CT_STATUS, isReply } from './nf-conntrack.ts';
import { TcpSettings, TRACKED, type Tracked, trackTcp } from './nf-conntrack-tcp.ts';
import { invertTuple, isEqualTuple, newTuple, readTuple } from './nf-conntrack-tuple.ts';
import type { SkBuff } from './sk-buff.ts';

const NS_PER_SECOND = 1e9;

/** Conntrack of a network namespace; only where something asks for it. */
export class Conntrack {
  readonly table = new ConntrackTable();
  readonly tcp: TcpSettings;
  readonly checksChecksums: boolean;
  private readonly net: Net;
  private readonly most: number;
  /** Seconds. */
  private readonly udpTimeout: number;
  private readonly udpStreamTimeout: number;
  private readonly icmpTimeout: number;
  private readonly genericTimeout: number;

  constructor(net: Net) {
    const { sysctls } = net;
    const timeout = (name: string, seconds: number) => sysctls.numberOr(`net.netfilter.nf_conntrack_${name}`, seconds);
    this.net = net;
    this.tcp = new TcpSettings(sysctls);
    this.checksChecksums = sysctls.number('net.netfilter.nf_conntrack_checksum') !== 0;
    this.most = sysctls.number('net.netfilter.nf_conntrack_max');
    this.udpTimeout = timeout('udp_timeout', 30);
    this.udpStreamTimeout = timeout('udp_timeout_stream', 120);
    this.icmpTimeout = timeout('icmp_timeout', 30);
    this.genericTimeout = timeout('generic_timeout', 600);
  }

  /** nf_ct_refresh: it lives from now on for so many seconds; before it is confirmed, from then on. */
  refresh(connection: Connection, seconds: number): void {
    connection.timeoutNs = seconds * NS_PER_SECOND + (connection.isConfirmed ? this.net.nowNs : 0);
  }

  /** nf_conntrack_in. */
  enter(skb: SkBuff, hook: Hook): Verdict {
    // Seen before, on lo; or not to be tracked.
    if (skb.nfct !== undefined || skb.nfctInfo === CT_INFO.UNTRACKED) return VERDICT.ACCEPT;
    const { head, networkHeader: at, tail } = skb;
    if (readU16(head, at + IPV4.flagsAndOffset) & IPV4_FRAGMENT.OFFSET) return VERDICT.ACCEPT;
    if (head[at + IPV4.protocol] === IP_PROTOCOL.ICMP) {
      if (!this.icmpError(skb, hook)) return VERDICT.ACCEPT;
      if (skb.nfct !== undefined) return VERDICT.ACCEPT;
    }
    for (;;) {
      if (!readTuple(head, at, tail, tuple)) return VERDICT.ACCEPT;
      const found = this.resolve(skb);
      if (found !== undefined) return found;
      const connection = skb.nfct as Connection | undefined;
      if (connection === undefined) return VERDICT.ACCEPT;
      const tracked = this.track(connection, skb, hook);
      if (tracked === TRACKED.ACCEPT) {
        if (skb.nfctInfo === CT_INFO.ESTABLISHED_REPLY) connection.status |= CT_STATUS.SEEN_REPLY;
        return VERDICT.ACCEPT;
      }
      skb.nfct = undefined;
      skb.nfctInfo = CT_INFO.ESTABLISHED;
      if (tracked === TRACKED.INVALID) return VERDICT.ACCEPT;
    }
  }

  /** resolve_normal_ct: the connection is the sk_buff's afterwards. A verdict where the table is full. */
  private resolve(skb: SkBuff): Verdict | undefined {
    const { net } = this;
    const entry = this.table.find(tuple, skb.nfctZone, net.nowNs);
    if (entry === undefined) return this.begin(skb);
    const { connection } = entry;
    skb.nfct = connection;
    if (entry.isReply) skb.nfctInfo = CT_INFO.ESTABLISHED_REPLY;
    else skb.nfctInfo = (connection.status & CT_STATUS.SEEN_REPLY) !== 0 ? CT_INFO.ESTABLISHED : CT_INFO.NEW;
    return undefined;
  }

  /** init_conntrack. */
  private begin(skb: SkBuff): Verdict | undefined {
    const reply = invertTuple(tuple);
    if (reply === undefined) return undefined;
    if (this.most > 0 && this.table.count >= this.most && !this.table.earlyDrop(tuple, skb.nfctZone))
      return VERDICT.DROP;
    skb.nfct = new Connection({ ...tuple }, reply, skb.nfctZone);
    skb.nfctInfo = CT_INFO.NEW;
    return undefined;
  }

  /** nf_conntrack_handle_packet. */
  private track(connection: Connection, skb: SkBuff, hook: Hook): Tracked {
    const { net } = this;
    const transport = skb.networkHeader + 4 * (skb.head[skb.networkHeader]! & 15);
    switch (connection.original.protocol) {
      case IP_PROTOCOL.TCP:
        return trackTcp(net, connection, skb, transport, isReply(skb.nfctInfo) ? 1 : 0, hook);
      case IP_PROTOCOL.UDP:
        return this.trackUdp(connection, skb, transport, hook);
      case IP_PROTOCOL.ICMP:
        if (!ASKS.has(connection.original.destinationPort >>> 8)) return TRACKED.INVALID;
        this.refresh(connection, this.icmpTimeout);
        return TRACKED.ACCEPT;
      default:
        this.refresh(connection, this.genericTimeout);
        return TRACKED.ACCEPT;
    }
  }

  /** nf_conntrack_udp_packet. */
  private trackUdp(connection: Connection, skb: SkBuff, at: number, hook: Hook): Tracked {
    const { head, tail } = skb;
    const { nowNs } = this.net;
    if (at + UDP.size > tail) return TRACKED.INVALID;
    const length = readU16(head, at + UDP.length);
    if (length > tail - at || length < UDP.size) return TRACKED.INVALID;
    if (hook === HOOK.PRE_ROUTING && this.checksChecksums && !transportChecksumIsRight(skb)) {
      skb.hasBadChecksum = true;
      return TRACKED.INVALID;
    }
    if (!connection.isConfirmed) connection.streamFromNs = nowNs + 2 * NS_PER_SECOND;
    const isStream = (connection.status & CT_STATUS.SEEN_REPLY) !== 0 && nowNs > connection.streamFromNs;
    if (isStream) connection.status |= CT_STATUS.ASSURED;
    this.refresh(connection, isStream ? this.udpStreamTimeout : this.udpTimeout);
    return TRACKED.ACCEPT;
  }

  /** nf_conntrack_icmpv4_error: an error belongs to the connection that it quotes. False for what is INVALID. */
  private icmpError(skb: SkBuff, hook: Hook): boolean {
    const { head, networkHeader, tail } = skb;
    const at = networkHeader + 4 * (head[networkHeader]! & 15);
    if (at + ICMP.size > tail) return false;
    if (hook === HOOK.PRE_ROUTING && this.checksChecksums && !transportChecksumIsRight(skb)) return false;
    const type = head[at]!;
    if (type > LAST_TYPE) return false;
    if (!ERRORS.has(type)) return true;
    if (!readTuple(head, at + ICMP.size, tail, tuple)) return false;
    const quoted = invertTuple(tuple);
    const entry = quoted === undefined ? undefined : this.table.find(quoted, skb.nfctZone, this.net.nowNs);
    if (entry === undefined || quoted === undefined) return false;
    if (readU32(head, networkHeader + IPV4.destination) !== entry.tuple.destination) return false;
    skb.nfct = entry.connection;
    skb.nfctInfo = entry.isReply ? CT_INFO.RELATED_REPLY : CT_INFO.RELATED;
    return true;
  }

  /** nf_conntrack_confirm. */
  confirm(skb: SkBuff): Verdict {
    const connection = skb.nfct;
    if (connection === undefined || connection.isConfirmed || isReply(skb.nfctInfo)) return VERDICT.ACCEPT;
    const { table, net } = this;
    const { original, reply, zone } = connection;
    const other = table.find(original, zone, net.nowNs) ?? table.find(reply, zone, net.nowNs);
    if (other !== undefined) return this.resolveClash(skb, other.connection);
    connection.timeoutNs += net.nowNs;
    connection.status |= CT_STATUS.CONFIRMED;
    table.insert(connection, net.nowNs);
    return VERDICT.ACCEPT;
  }

  /** nf_ct_resolve_clash: of the same flow, the packet is the other's. */
  private resolveClash(skb: SkBuff, other: Connection): Verdict {
    const own = skb.nfct!;
    if (!isEqualTuple(own.original, other.original) || !isEqualTuple(own.reply, other.reply)) return VERDICT.DROP;
    skb.nfct = other;
    return VERDICT.ACCEPT;
  }

  /** nf_conntrack_tuple_taken: whether another flow has it. */
  isTaken(reply: ReturnType<typeof newTuple>, own: Connection): boolean {
    const entry = this.table.find(reply, own.zone, this.net.nowNs);
    if (entry === undefined || entry.connection === own) return false;
    return !isEqualTuple(entry.connection.original, own.original);
  }
}

/** Read into, again and again. */
const tuple = newTuple();

/** NR_ICMP_TYPES. */
const LAST_TYPE = 18;

const ERRORS: ReadonlySet<number> = new Set([
  ICMP_TYPE.UNREACHABLE,
  ICMP_TYPE.SOURCE_QUENCH,
  ICMP_TYPE.REDIRECT,
  ICMP_TYPE.TIME_EXCEEDED,
  ICMP_TYPE.PARAMETER_PROBLEM,
]);

/** Types that a connection begins with. */
const ASKS: ReadonlySet<number> = new Set([
  ICMP_TYPE.ECHO,
  ICMP_TYPE.TIMESTAMP,
  ICMP_TYPE.INFORMATION,
  ICMP_TYPE.ADDRESS_MASK,
]);

/** nf_ct_netns_get: from now on connections are tracked. More calls do nothing. */
export function conntrackOf(net: Net): Conntrack {
  if (net.conntrack !== undefined) return net.conntrack;
  const conntrack = new Conntrack(net);
  net.conntrack = conntrack;
  const at = (hook: Hook, priority: number, run: HookFunction['run']) =>
    net.hooks.nfRegisterHook({ hook, priority, run });
  const defrag: HookFunction['run'] = (skb, state) => {
    const bits = readU16(skb.head, skb.networkHeader + IPV4.flagsAndOffset);
    if ((bits & (IPV4_FRAGMENT.MORE | IPV4_FRAGMENT.OFFSET)) === 0) return VERDICT.ACCEPT;
    state.why = 'fragments are not put together yet, as connection tracking does here';
    return VERDICT.UNKNOWN;
  };
  const enter: HookFunction['run'] = (skb, { hook }) => conntrack.enter(skb, hook);
  const confirm: HookFunction['run'] = (skb) => conntrack.confirm(skb);
  for (const hook of [HOOK.PRE_ROUTING, HOOK.LOCAL_OUT]) {
    at(hook, PRIORITY.DEFRAG, defrag);
    at(hook, PRIORITY.CONNTRACK, enter);
  }
  for (const hook of [HOOK.LOCAL_IN, HOOK.POST_ROUTING]) at(hook, PRIORITY.CONNTRACK_CONFIRM, confirm);
  return conntrack;
}
