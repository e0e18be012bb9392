// Data types of nftables: the words that `nft -j` prints for values, as numbers (src/datatype.c, src/proto.c and src/ct.c of
// nftables 1.0.6; the numbers are those of include/uapi/linux/netfilter/nf_tables.h and nf_conntrack_common.h, v6.18).
import { parseMac, readU48 } from '../bytes/index.ts';
import { ETHER_TYPE, PACKET_TYPE, TCP_FLAG } from '../wire/index.ts';
import type { RouteType } from './fib.ts';
import { addressOf } from './ipv4-address.ts';
import { ARPHRD } from './net-device.ts';
import { CT_STATUS } from './nf-conntrack.ts';

export interface DataType {
  readonly bits: number;
  /** Names of devices: the only values that are texts. */
  readonly isText?: boolean;
  readonly words?: Readonly<Record<string, number>>;
  readonly parse?: (text: string) => number | undefined;
  /** Packets of IPv4 have no such values. */
  readonly isForeign?: boolean;
}

export type Value = number | string;

/** Equal to no value that is loaded. */
export const NEVER = -3;

const CT_STATE = { invalid: 1, established: 2, related: 4, new: 8, untracked: 64 } as const;

/** NF_CT_STATE_BIT, by ip_conntrack_info. */
export const CT_STATE_BITS: readonly number[] = [2, 4, 8, 2, 4, 0, 0, 64];

/** RTN_*. */
export const ADDRESS_TYPES: Readonly<Record<RouteType, number>> = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
  nat: 10,
};

const PROTOCOL_WORDS: Readonly<Record<string, number>> = {
  ip: 0,
  icmp: 1,
  igmp: 2,
  ggp: 3,
  ipencap: 4,
  tcp: 6,
  egp: 8,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  rsvp: 46,
  gre: 47,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  icmpv6: 58,
  'ipv6-nonxt': 59,
  eigrp: 88,
  ospf: 89,
  ospfigp: 89,
  pim: 103,
  comp: 108,
  ipcomp: 108,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
  udplite: 136,
};

const ICMP_TYPES = {
  'echo-reply': 0,
  'destination-unreachable': 3,
  'source-quench': 4,
  redirect: 5,
  'echo-request': 8,
  'router-advertisement': 9,
  'router-solicitation': 10,
  'time-exceeded': 11,
  'parameter-problem': 12,
  'timestamp-request': 13,
  'timestamp-reply': 14,
  'info-request': 15,
  'info-reply': 16,
  'address-mask-request': 17,
  'address-mask-reply': 18,
};

/** Codes of ICMP destination unreachable. */
export const ICMP_CODES: Readonly<Record<string, number>> = {
  'net-unreachable': 0,
  'host-unreachable': 1,
  'prot-unreachable': 2,
  'port-unreachable': 3,
  'frag-needed': 4,
  'net-prohibited': 9,
  'host-prohibited': 10,
  'admin-prohibited': 13,
};

/** NFT_REJECT_ICMPX_*, as the codes that they are of IPv4: icmp_code_v4 of net/netfilter/nft_reject.c. */
export const ICMPX_CODES: Readonly<Record<string, number>> = {
  'no-route': 0,
  'port-unreachable': 3,
  'host-unreachable': 1,
  'admin-prohibited': 13,
};

const DSCP: Readonly<Record<string, number>> = {
  cs0: 0,
  cs1: 8,
  cs2: 16,
  cs3: 24,
  cs4: 32,
  cs5: 40,
  cs6: 48,
  cs7: 56,
  df: 0,
  be: 0,
  lephb: 1,
  af11: 10,
  af12: 12,
  af13: 14,
  af21: 18,
  af22: 20,
  af23: 22,
  af31: 26,
  af32: 28,
  af33: 30,
  af41: 34,
  af42: 36,
  af43: 38,
  va: 44,
  ef: 46,
};

const lowerCase = (words: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(words).map(([name, value]) => [name.toLowerCase(), value]));

function macOf(text: string): number | undefined {
  const bytes = parseMac(text);
  return bytes === undefined ? undefined : readU48(bytes, 0);
}

export const INTEGER: DataType = { bits: 32 };

/** By the names that sets give. */
export const TYPES = {
  ipv4_addr: { bits: 32, parse: addressOf },
  ipv6_addr: { bits: 48, parse: () => NEVER, isForeign: true },
  ether_addr: { bits: 48, parse: macOf },
  inet_service: { bits: 16 },
  inet_proto: { bits: 8, words: PROTOCOL_WORDS },
  mark: { bits: 32 },
  ifname: { bits: 128, isText: true },
  ether_type: {
    bits: 16,
    words: { ip: ETHER_TYPE.IPV4, ip6: 0x86dd, arp: ETHER_TYPE.ARP, vlan: 0x8100, '8021q': 0x8100, '8021ad': 0x88a8 },
  },
  nf_proto: { bits: 8, words: { ipv4: 2, ipv6: 10 } },
  iface_type: { bits: 16, words: { ether: ARPHRD.ETHER, loopback: ARPHRD.LOOPBACK, ppp: 512, ipgre: 778 } },
  pkt_type: {
    bits: 8,
    words: { ...lowerCase(PACKET_TYPE), host: 0, unicast: 0, broadcast: 1, multicast: 2, other: 3 },
  },
  fib_addrtype: { bits: 32, words: { ...ADDRESS_TYPES, unspec: 0, anycast: 4 } },
  icmp_type: { bits: 8, words: ICMP_TYPES },
  icmp_code: { bits: 8, words: ICMP_CODES },
  tcp_flag: { bits: 8, words: { ...lowerCase(TCP_FLAG), ecn: TCP_FLAG.ECE } },
  dscp: { bits: 6, words: DSCP },
  ecn: { bits: 2, words: { 'not-ect': 0, ect1: 1, ect0: 2, ce: 3 } },
  ct_state: { bits: 32, words: CT_STATE },
  ct_status: {
    bits: 32,
    words: {
      expected: CT_STATUS.EXPECTED,
      'seen-reply': CT_STATUS.SEEN_REPLY,
      assured: CT_STATUS.ASSURED,
      confirmed: CT_STATUS.CONFIRMED,
      snat: CT_STATUS.SRC_NAT,
      dnat: CT_STATUS.DST_NAT,
      dying: CT_STATUS.DYING,
    },
  },
  ct_dir: { bits: 8, words: { original: 0, reply: 1 } },
  integer: INTEGER,
} as const satisfies Readonly<Record<string, DataType>>;

/** Throws SyntaxError for a type that is not known. */
export function typeNamed(name: string): DataType {
  const type = (TYPES as Readonly<Record<string, DataType>>)[name];
  if (type === undefined) throw new UnknownWord(`the type ${name}`);
  return type;
}

/** A word or a type that the model does not know: what has it cannot be answered. */
export class UnknownWord extends Error {}

/** Words of one value: 80, "10.0.0.1", "tcp", ["syn", "ack"], {"|": [...]}. Throws UnknownWord. */
export function valueIn(json: unknown, type: DataType): Value {
  if (typeof json === 'number') return json;
  if (typeof json === 'boolean') return json ? 1 : 0;
  if (Array.isArray(json)) return json.reduce((sum: number, one) => (sum | numberOf(one, type)) >>> 0, 0);
  if (typeof json === 'string') return type.isText === true ? json : wordOf(json, type);
  const flags = (json as Readonly<Record<string, unknown>> | null)?.['|'];
  if (Array.isArray(flags)) return valueIn(flags, type);
  throw new UnknownWord(JSON.stringify(json));
}

export function numberOf(json: unknown, type: DataType): number {
  const value = valueIn(json, type);
  if (typeof value === 'number') return value;
  throw new UnknownWord(value);
}

function wordOf(text: string, { words, parse }: DataType): number {
  const number = words?.[text] ?? parse?.(text) ?? (text.trim() === '' ? Number.NaN : Number(text));
  if (Number.isNaN(number)) throw new UnknownWord(text);
  return number;
}
