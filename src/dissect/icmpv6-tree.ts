// The fields of ICMPv6, neighbour discovery and multicast listener discovery, named as in Wireshark's packet-icmpv6.c.
import {
  ETHER_TYPE,
  ICMPV6,
  ICMPV6_TYPE,
  MLD,
  MLD_RECORD,
  ND_DNS,
  ND_MTU,
  ND_NEIGHBOR,
  ND_OPTION,
  ND_OPTION_TYPE,
  ND_PREFIX,
  ND_REDIRECT,
  ND_ROUTE,
  ND_ROUTER,
  ND_SOLICITATION,
} from '../wire/index.ts';
import { fromFloat8 } from './listener-times.ts';
import type { Tree } from './tree.ts';

type BodyDissector = (t: Tree, at: number, end: number) => void;

const BODIES: Readonly<Record<number, BodyDissector>> = {
  [ICMPV6_TYPE.UNREACHABLE]: dissectOriginal,
  [ICMPV6_TYPE.TIME_EXCEEDED]: dissectOriginal,
  [ICMPV6_TYPE.PACKET_TOO_BIG]: (t, at, end) => {
    t.u32('icmpv6.mtu', at + ICMPV6.mtu);
    dissectOriginal(t, at, end);
  },
  [ICMPV6_TYPE.PARAMETER_PROBLEM]: (t, at, end) => {
    t.u32('icmpv6.pointer', at + ICMPV6.pointer);
    dissectOriginal(t, at, end);
  },
  [ICMPV6_TYPE.ECHO]: dissectEcho,
  [ICMPV6_TYPE.ECHO_REPLY]: dissectEcho,
  [ICMPV6_TYPE.LISTENER_QUERY]: dissectMld,
  [ICMPV6_TYPE.LISTENER_REPORT]: dissectMld,
  [ICMPV6_TYPE.LISTENER_DONE]: dissectMld,
  [ICMPV6_TYPE.LISTENER_REPORT_V2]: dissectReport,
  [ICMPV6_TYPE.ROUTER_SOLICITATION]: (t, at, end) => dissectOptions(t, at + ND_SOLICITATION.options, end),
  [ICMPV6_TYPE.ROUTER_ADVERTISEMENT]: dissectRouter,
  [ICMPV6_TYPE.NEIGHBOR_SOLICITATION]: (t, at, end) => {
    t.ipv6('icmpv6.nd.ns.target_address', at + ND_NEIGHBOR.target);
    dissectOptions(t, at + ND_NEIGHBOR.options, end);
  },
  [ICMPV6_TYPE.NEIGHBOR_ADVERTISEMENT]: dissectAdvertisement,
  [ICMPV6_TYPE.REDIRECT]: (t, at, end) => {
    t.ipv6('icmpv6.nd.rd.target_address', at + ND_REDIRECT.target);
    t.ipv6('icmpv6.rd.na.destination_address', at + ND_REDIRECT.destination);
    dissectOptions(t, at + ND_REDIRECT.options, end);
  },
};

export function dissectIcmpv6(t: Tree, at: number, end: number): void {
  t.layer('icmpv6', at, end - at);
  const type = t.u8('icmpv6.type', at + ICMPV6.type);
  t.u8('icmpv6.code', at + ICMPV6.code);
  t.u16('icmpv6.checksum', at + ICMPV6.checksum);
  BODIES[type]?.(t, at, end);
}

function dissectOriginal(t: Tree, at: number, end: number): void {
  t.etherType(ETHER_TYPE.IPV6, at + ICMPV6.data, end);
}

function dissectEcho(t: Tree, at: number, end: number): void {
  t.u16('icmpv6.echo.identifier', at + ICMPV6.identifier);
  t.u16('icmpv6.echo.sequence_number', at + ICMPV6.sequence);
  t.data(at + ICMPV6.data, end);
}

function dissectMld(t: Tree, at: number, end: number): void {
  const version2 = end - at > MLD.size;
  t.u16(`icmpv6.mld.maximum_response_${version2 ? 'code' : 'delay'}`, at + MLD.maxResponse);
  t.ipv6('icmpv6.mld.multicast_address', at + MLD.group);
  if (!version2) return;
  t.flag('icmpv6.mld.flag.s', at + MLD.flags, 1, 0x08);
  t.bits('icmpv6.mld.flag.qrv', at + MLD.flags, 1, 0x07);
  t.add('icmpv6.mld.qqi', at + MLD.interval, 1, fromFloat8(t.peek8(at + MLD.interval)));
  const count = t.u16('icmpv6.mld.nb_sources', at + MLD.sourceCount);
  dissectSources(t, 'icmpv6.mld.source_address', at + MLD.sources, count, end);
}

function dissectSources(t: Tree, name: string, at: number, count: number, end: number): void {
  for (let i = 0; i < count; i++) {
    if (at + 16 * (i + 1) > end) {
      t.stop('icmpv6', at + 16 * i, `there is no room for ${count} sources`);
      return;
    }
    t.ipv6(name, at + 16 * i);
  }
}

function dissectReport(t: Tree, at: number, end: number): void {
  const count = t.u16('icmpv6.mldr.nb_mcast_records', at + MLD.recordCount);
  let record = at + MLD.records;
  for (let i = 0; i < count; i++) {
    if (record + MLD_RECORD.size > end) {
      t.stop('icmpv6', record, `there is no room for ${count} records`);
      return;
    }
    const sources = t.peek16(record + MLD_RECORD.sourceCount);
    const size = MLD_RECORD.size + 16 * sources;
    t.open('icmpv6.mldr.mar', record, size);
    t.u8('icmpv6.mldr.mar.record_type', record + MLD_RECORD.type);
    t.u8('icmpv6.mldr.mar.aux_data_len', record + MLD_RECORD.auxiliary);
    t.u16('icmpv6.mldr.mar.nb_sources', record + MLD_RECORD.sourceCount);
    t.ipv6('icmpv6.mldr.mar.multicast_address', record + MLD_RECORD.group);
    dissectSources(t, 'icmpv6.mldr.mar.source_address', record + MLD_RECORD.sources, sources, end);
    t.shut();
    record += size;
  }
}

const ROUTER_FIELDS = [
  ['icmpv6.nd.ra.flag.m', 0x80],
  ['icmpv6.nd.ra.flag.o', 0x40],
  ['icmpv6.nd.ra.flag.h', 0x20],
] as const;

function dissectRouter(t: Tree, at: number, end: number): void {
  t.u8('icmpv6.nd.ra.cur_hop_limit', at + ND_ROUTER.hopLimit);
  const flags = at + ND_ROUTER.flags;
  t.open('icmpv6.nd.ra.flag', flags, 1, t.peek8(flags));
  for (const [name, bit] of ROUTER_FIELDS) t.flag(name, flags, 1, bit);
  t.bits('icmpv6.nd.ra.flag.prf', flags, 1, 0x18);
  t.flag('icmpv6.nd.ra.flag.p', flags, 1, 0x04);
  t.shut();
  t.u16('icmpv6.nd.ra.router_lifetime', at + ND_ROUTER.lifetime);
  t.u32('icmpv6.nd.ra.reachable_time', at + ND_ROUTER.reachable);
  t.u32('icmpv6.nd.ra.retrans_timer', at + ND_ROUTER.retransmit);
  dissectOptions(t, at + ND_ROUTER.options, end);
}

function dissectAdvertisement(t: Tree, at: number, end: number): void {
  t.flag('icmpv6.nd.na.flag.r', at + ND_NEIGHBOR.flags, 4, 0x80000000);
  t.flag('icmpv6.nd.na.flag.s', at + ND_NEIGHBOR.flags, 4, 0x40000000);
  t.flag('icmpv6.nd.na.flag.o', at + ND_NEIGHBOR.flags, 4, 0x20000000);
  t.ipv6('icmpv6.nd.na.target_address', at + ND_NEIGHBOR.target);
  dissectOptions(t, at + ND_NEIGHBOR.options, end);
}

const OPTIONS: Readonly<Record<number, (t: Tree, at: number, size: number) => void>> = {
  [ND_OPTION_TYPE.SOURCE_LINK_ADDRESS]: dissectLinkAddress,
  [ND_OPTION_TYPE.TARGET_LINK_ADDRESS]: dissectLinkAddress,
  [ND_OPTION_TYPE.PREFIX]: dissectPrefix,
  [ND_OPTION_TYPE.MTU]: (t, at) => t.u32('icmpv6.opt.mtu', at + ND_MTU.mtu),
  [ND_OPTION_TYPE.ROUTE]: dissectRoute,
  [ND_OPTION_TYPE.DNS_SERVERS]: dissectDnsServers,
};

function dissectOptions(t: Tree, from: number, end: number): void {
  for (let at = from; at + ND_OPTION.data <= end; ) {
    const size = 8 * t.peek8(at + ND_OPTION.length);
    if (size === 0 || at + size > end) {
      t.stop('icmpv6', at, `an option's length of ${size} cannot be`);
      return;
    }
    t.open('icmpv6.opt', at, size);
    const type = t.u8('icmpv6.opt.type', at + ND_OPTION.type);
    t.u8('icmpv6.opt.length', at + ND_OPTION.length);
    OPTIONS[type]?.(t, at, size);
    t.shut();
    at += size;
  }
}

function dissectLinkAddress(t: Tree, at: number, size: number): void {
  if (size !== 8) return;
  t.mac('icmpv6.opt.linkaddr', at + ND_OPTION.data);
}

function dissectPrefix(t: Tree, at: number, size: number): void {
  if (size !== 32) return;
  t.u8('icmpv6.opt.prefix.length', at + ND_PREFIX.prefixLength);
  const flags = at + ND_PREFIX.flags;
  t.open('icmpv6.opt.prefix.flag', flags, 1, t.peek8(flags));
  t.flag('icmpv6.opt.prefix.flag.l', flags, 1, 0x80);
  t.flag('icmpv6.opt.prefix.flag.a', flags, 1, 0x40);
  t.flag('icmpv6.opt.prefix.flag.r', flags, 1, 0x20);
  t.shut();
  t.u32('icmpv6.opt.prefix.valid_lifetime', at + ND_PREFIX.valid);
  t.u32('icmpv6.opt.prefix.preferred_lifetime', at + ND_PREFIX.preferred);
  t.ipv6('icmpv6.opt.prefix', at + ND_PREFIX.prefix);
}

function dissectRoute(t: Tree, at: number, size: number): void {
  t.u8('icmpv6.opt.prefix.length', at + ND_ROUTE.prefixLength);
  t.bits('icmpv6.opt.route_info.flag.route_preference', at + ND_ROUTE.flags, 1, 0x18);
  t.u32('icmpv6.opt.route_lifetime', at + ND_ROUTE.lifetime);
  if (size === ND_ROUTE.prefix + 16) t.ipv6('icmpv6.opt.prefix', at + ND_ROUTE.prefix);
}

function dissectDnsServers(t: Tree, at: number, size: number): void {
  t.u32('icmpv6.opt.rdnss.lifetime', at + ND_DNS.lifetime);
  for (let server: number = at + ND_DNS.data; server + 16 <= at + size; server += 16)
    t.ipv6('icmpv6.opt.rdnss', server);
}
