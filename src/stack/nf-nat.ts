// Network address translation: net/netfilter/nf_nat_core.c (nf_nat_setup_info, get_unique_tuple, nf_nat_inet_fn),
// nf_nat_proto.c (nf_nat_ipv4_fn and the hooks), nf_nat_masquerade.c and nf_nat_redirect.c, v6.18. A mapping is chosen once, for
// the first packet of a connection; all others follow it, answers the other way round.
import { readU32 } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV4 } from '../wire/index.ts';
import { inetSelectAddr } from './ip-output.ts';
import { ipRouteMeHarder } from './ip-reroute.ts';
import type { Net } from './net.ts';
import type { NetDevice } from './net-device.ts';
import { HOOK, type Hook, type HookFunction, type HookState, PRIORITY, VERDICT, type Verdict } from './netfilter.ts';
import { type Connection, CT_INFO, CT_STATUS, isReply } from './nf-conntrack.ts';
import { conntrackOf } from './nf-conntrack-core.ts';
import { hasPorts, invertTuple, isEqualTuple, type Tuple } from './nf-conntrack-tuple.ts';
import { icmpReplyTranslation, MANIP, type Manip, manipPacket } from './nf-nat-packet.ts';
import type { SkBuff } from './sk-buff.ts';

/** struct nf_nat_range2. */
export interface NatRange {
  readonly minAddress?: number;
  readonly maxAddress?: number;
  readonly minPort?: number;
  readonly maxPort?: number;
  /** Ports are mapped one to one from here on. */
  readonly basePort?: number;
  /** The port is chosen at random in any case. */
  readonly isRandom?: boolean;
  readonly isPersistent?: boolean;
}

/** HOOK2MANIP. */
function manipOf(hook: Hook): Manip {
  return hook === HOOK.POST_ROUTING || hook === HOOK.LOCAL_IN ? MANIP.SOURCE : MANIP.DESTINATION;
}

const DONE = [CT_STATUS.SRC_NAT_DONE, CT_STATUS.DST_NAT_DONE] as const;
const CHANGED = [CT_STATUS.SRC_NAT, CT_STATUS.DST_NAT] as const;
const NAT_MASK = CT_STATUS.SRC_NAT | CT_STATUS.DST_NAT;

export class Nat {
  private readonly net: Net;
  /** Chains of type nat, by hook and priority: asked for first packets only. */
  private readonly lookups: HookFunction[][] = [[], [], [], [], []];

  constructor(net: Net) {
    this.net = net;
  }

  /** A table's base chain. Its priority orders chains of nat among themselves only. */
  register(one: HookFunction): void {
    const there = this.lookups[one.hook]!;
    const at = there.findIndex(({ priority }) => priority >= one.priority);
    there.splice(at < 0 ? there.length : at, 0, one);
  }

  /** nf_nat_ipv4_fn. */
  run(skb: SkBuff, state: HookState): Verdict {
    const connection = skb.nfct;
    if (connection === undefined) return VERDICT.ACCEPT;
    const manip = manipOf(state.hook);
    const { nfctInfo } = skb;
    if (nfctInfo === CT_INFO.RELATED || nfctInfo === CT_INFO.RELATED_REPLY) {
      if (skb.head[skb.networkHeader + IPV4.protocol] === IP_PROTOCOL.ICMP) {
        return icmpReplyTranslation(this.net, skb, manip, state) ? VERDICT.ACCEPT : VERDICT.DROP;
      }
    }
    if (nfctInfo !== CT_INFO.ESTABLISHED && nfctInfo !== CT_INFO.ESTABLISHED_REPLY) {
      if ((connection.status & DONE[manip]) === 0) {
        const verdict = this.choose(connection, manip, skb, state);
        if (verdict !== VERDICT.ACCEPT) return verdict;
      } else if (this.outChanged(connection, skb, state)) return VERDICT.DROP;
    } else if (this.outChanged(connection, skb, state)) return VERDICT.DROP;
    return this.apply(connection, manip, skb, state);
  }

  /** nf_nat_packet. */
  private apply(connection: Connection, manip: Manip, skb: SkBuff, state: HookState): Verdict {
    const reply = isReply(skb.nfctInfo);
    const bit = reply ? CHANGED[manip] ^ NAT_MASK : CHANGED[manip];
    if ((connection.status & bit) === 0) return VERDICT.ACCEPT;
    const target = invertTuple(reply ? connection.original : connection.reply);
    if (target === undefined || !manipPacket(this.net, skb, skb.networkHeader, target, manip, state))
      return VERDICT.DROP;
    return VERDICT.ACCEPT;
  }

  private choose(connection: Connection, manip: Manip, skb: SkBuff, state: HookState): Verdict {
    for (const chain of this.lookups[state.hook]!) {
      const verdict = chain.run(skb, state);
      if (verdict !== VERDICT.ACCEPT) return verdict;
      if ((connection.status & DONE[manip]) !== 0) return VERDICT.ACCEPT;
    }
    // nf_nat_alloc_null_binding: the address that it has.
    const own = manip === MANIP.SOURCE ? connection.reply.destination : connection.reply.source;
    return this.setup(skb, { minAddress: own, maxAddress: own }, manip);
  }

  /** nf_nat_oif_changed: masqueraded with the address of another device than it leaves by now. */
  private outChanged(connection: Connection, skb: SkBuff, { hook, out }: HookState): boolean {
    const { masqueradeIndex } = connection;
    if (hook !== HOOK.POST_ROUTING || masqueradeIndex === 0 || isReply(skb.nfctInfo)) return false;
    if (masqueradeIndex === out?.ifindex) return false;
    this.net.conntrack!.table.remove(connection);
    return true;
  }

  /** nf_nat_setup_info: the connection's mapping from now on. */
  setup(skb: SkBuff, range: NatRange, manip: Manip): Verdict {
    const connection = skb.nfct!;
    if (connection.isConfirmed) return VERDICT.ACCEPT;
    const current = invertTuple(connection.reply)!;
    const chosen = this.uniqueTuple(current, range, connection, manip, skb);
    if (!isEqualTuple(chosen, current)) {
      connection.reply = invertTuple(chosen)!;
      connection.status |= CHANGED[manip];
    }
    if (manip === MANIP.SOURCE) this.net.conntrack!.table.addSource(connection);
    connection.status |= DONE[manip];
    return VERDICT.ACCEPT;
  }

  /** get_unique_tuple. */
  private uniqueTuple(original: Tuple, range: NatRange, own: Connection, manip: Manip, skb: SkBuff): Tuple {
    if (manip === MANIP.SOURCE && range.isRandom !== true) {
      if (isInRange(original, range)) {
        if (!this.isTaken(original, own)) return original;
      } else {
        const same = this.sameSource(original, range);
        if (same !== undefined && !this.isTaken(same, own)) return same;
      }
    }
    const chosen = { ...original };
    chooseAddress(chosen, range, manip);
    if (range.isRandom !== true) {
      if (range.minPort === undefined) {
        if (!this.isTaken(chosen, own)) return chosen;
      } else if (range.basePort === undefined && portInRange(chosen, manip, range)) {
        if (range.minPort === range.maxPort || !this.isTaken(chosen, own)) return chosen;
      }
    }
    this.choosePort(chosen, range, manip, own, skb);
    return chosen;
  }

  private isTaken(tuple: Tuple, own: Connection): boolean {
    const reply = invertTuple(tuple);
    return reply !== undefined && this.net.conntrack!.isTaken(reply, own);
  }

  /** find_appropriate_src: what the same address and port was mapped to before. */
  private sameSource(tuple: Tuple, range: NatRange): Tuple | undefined {
    for (const connection of this.net.conntrack!.table.ofSource(tuple)) {
      const { source, sourcePort } = invertTuple(connection.reply)!;
      const found = { ...tuple, source, sourcePort };
      if (isInRange(found, range)) return found;
    }
    return undefined;
  }

  /** nf_nat_l4proto_unique_tuple. Where the kernel rolls dice the first that is free is taken, and the journey says so. */
  private choosePort(tuple: Tuple, range: NatRange, manip: Manip, own: Connection, skb: SkBuff): void {
    const isIcmp = tuple.protocol === IP_PROTOCOL.ICMP;
    if (!isIcmp && !hasPorts(tuple.protocol)) return;
    const field = manip === MANIP.SOURCE || isIcmp ? 'sourcePort' : 'destinationPort';
    const was = tuple[field];
    let [from, size] = [0, 65_536];
    if (range.minPort !== undefined) {
      from = Math.min(range.minPort, range.maxPort ?? range.minPort);
      size = Math.abs((range.maxPort ?? range.minPort) - range.minPort) + 1;
    } else if (!isIcmp) {
      if (manip === MANIP.DESTINATION) return;
      [from, size] = portsLike(was);
    }
    let offset = 0;
    if (range.basePort !== undefined) offset = (was - range.basePort) & 0xffff;
    else if ((range.isRandom === true || manip === MANIP.SOURCE) && size > 1) {
      skb.journey?.notes.push('the port that it is mapped to is chosen at random: the first free one is shown');
    }
    const attempts = Math.min(size, MOST_ATTEMPTS);
    for (let i = 0; i < attempts; i++) {
      tuple[field] = from + ((offset + i) % size);
      if (!this.isTaken(tuple, own)) return;
    }
  }

  /** nf_nat_masquerade_ipv4. */
  masquerade(skb: SkBuff, range: NatRange, out: NetDevice): Verdict {
    const connection = skb.nfct!;
    if (connection.original.source === 0) return VERDICT.ACCEPT;
    const hop = skb.dst?.gateway ?? readU32(skb.head, skb.networkHeader + IPV4.destination);
    const address = inetSelectAddr(out, hop);
    if (address === 0) return VERDICT.DROP;
    connection.masqueradeIndex = out.ifindex;
    return this.setup(skb, { ...range, minAddress: address, maxAddress: address }, MANIP.SOURCE);
  }

  /** nf_nat_redirect_ipv4: to the host itself. */
  redirect(skb: SkBuff, range: NatRange, hook: Hook): Verdict {
    const address = hook === HOOK.LOCAL_OUT ? LOOPBACK : (skb.dev?.addresses[0]?.local ?? 0);
    if (address === 0) return VERDICT.DROP;
    return this.setup(skb, { ...range, minAddress: address, maxAddress: address }, MANIP.DESTINATION);
  }
}

const LOOPBACK = 0x7f00_0001;

/** NF_NAT_MAX_ATTEMPTS. */
const MOST_ATTEMPTS = 128;

/** Where no range is given, ports of the same kind: privileged ones stay so. */
function portsLike(port: number): [from: number, size: number] {
  if (port >= 1024) return [1024, 65_535 - 1024 + 1];
  return port < 512 ? [1, 511] : [600, 1023 - 600 + 1];
}

/** nf_in_range. */
function isInRange(tuple: Tuple, range: NatRange): boolean {
  const { minAddress, maxAddress = minAddress } = range;
  if (minAddress !== undefined && (tuple.source < minAddress || tuple.source > maxAddress!)) return false;
  return range.minPort === undefined || portInRange(tuple, MANIP.SOURCE, range);
}

/** l4proto_in_range. */
function portInRange(tuple: Tuple, manip: Manip, { minPort = 0, maxPort = minPort }: NatRange): boolean {
  const isIcmp = tuple.protocol === IP_PROTOCOL.ICMP;
  if (!isIcmp && !hasPorts(tuple.protocol)) return true;
  const port = isIcmp || manip === MANIP.SOURCE ? tuple.sourcePort : tuple.destinationPort;
  return port >= minPort && port <= maxPort;
}

/** find_best_ips_proto: of several addresses, a hash of the packet's own tells. */
function chooseAddress(
  tuple: Tuple,
  { minAddress, maxAddress = minAddress, isPersistent }: NatRange,
  manip: Manip,
): void {
  if (minAddress === undefined) return;
  const field = manip === MANIP.SOURCE ? 'source' : 'destination';
  if (minAddress === maxAddress) {
    tuple[field] = minAddress;
    return;
  }
  const hash = hashOf(swap32(tuple.source), isPersistent === true ? 0 : swap32(tuple.destination));
  tuple[field] = (minAddress + Math.floor((hash * (maxAddress! - minAddress + 1)) / 2 ** 32)) >>> 0;
}

/** Words in network order, as a little-endian CPU reads them. */
function swap32(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

/** jhash2 (include/linux/jhash.h) of the four words of an nf_inet_addr, of which IPv4 uses the first. */
function hashOf(word: number, initial: number): number {
  const rol = (value: number, by: number) => (value << by) | (value >>> (32 - by));
  const begin = (0xdead_beef + (4 << 2) + initial) | 0;
  let [a, b, c] = [(begin + word) | 0, begin, begin];
  a = ((a - c) ^ rol(c, 4)) | 0;
  c = (c + b) | 0;
  b = ((b - a) ^ rol(a, 6)) | 0;
  a = (a + c) | 0;
  c = ((c - b) ^ rol(b, 8)) | 0;
  b = (b + a) | 0;
  a = ((a - c) ^ rol(c, 16)) | 0;
  c = (c + b) | 0;
  b = ((b - a) ^ rol(a, 19)) | 0;
  a = (a + c) | 0;
  c = ((c - b) ^ rol(b, 4)) | 0;
  b = (b + a) | 0;
  // The last word is zero: __jhash_final.
  c = ((c ^ b) - rol(b, 14)) | 0;
  a = ((a ^ c) - rol(c, 11)) | 0;
  b = ((b ^ a) - rol(a, 25)) | 0;
  c = ((c ^ b) - rol(b, 16)) | 0;
  a = ((a ^ c) - rol(c, 4)) | 0;
  b = ((b ^ a) - rol(a, 14)) | 0;
  c = ((c ^ b) - rol(b, 24)) | 0;
  return c >>> 0;
}

/** nf_nat_register_fn: from now on there is NAT; more calls give the same. Connections are tracked where a rule asks for it. */
export function natOf(net: Net): Nat {
  if (net.nat !== undefined) return net.nat;
  const nat = new Nat(net);
  net.nat = nat;
  const run: HookFunction['run'] = (skb, state) => nat.run(skb, state);
  const at = (hook: Hook, priority: number, one = run) => net.hooks.nfRegisterHook({ hook, priority, run: one });
  at(HOOK.PRE_ROUTING, PRIORITY.NAT_DST);
  at(HOOK.LOCAL_IN, PRIORITY.NAT_SRC);
  at(HOOK.POST_ROUTING, PRIORITY.NAT_SRC);
  at(HOOK.LOCAL_OUT, PRIORITY.NAT_DST, (skb, state) => {
    const verdict = nat.run(skb, state);
    const connection = skb.nfct;
    if (verdict !== VERDICT.ACCEPT || connection === undefined) return verdict;
    const reply = isReply(skb.nfctInfo);
    const [own, other] = reply ? [connection.reply, connection.original] : [connection.original, connection.reply];
    return own.destination === other.source || ipRouteMeHarder(net, skb) ? verdict : VERDICT.DROP;
  });
  return nat;
}

/** Rules that translate need connections. */
export function natForRules(net: Net): Nat {
  conntrackOf(net);
  return natOf(net);
}
