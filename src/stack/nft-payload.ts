// Fields of headers that a packet's bytes are loaded from: net/netfilter/nft_payload.c (nft_payload_eval), v6.18. The fields'
// names are those of nftables (src/proto.c of 1.0.6). What lies beyond the packet, or belongs to another protocol, BREAKs.
import { readU16, readU32 } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV4, IPV4_FRAGMENT } from '../wire/index.ts';
import { ARPHRD } from './net-device.ts';
import type { HookState } from './netfilter.ts';
import { type DataType, INTEGER, TYPES } from './nft-types.ts';
import type { SkBuff } from './sk-buff.ts';

/** Instead of a value: the rule does not match; nobody knows. */
export const BREAK = -1;
export const UNKNOWN = -2;

type Base = 'll' | 'nh' | 'th';

interface Field {
  /** Bits from the header's beginning on. */
  readonly offset: number;
  readonly bits: number;
  readonly type: DataType;
}

interface Header {
  readonly base: Base;
  /** Of the transport: what IP says. */
  readonly protocol?: number;
  readonly fields: Readonly<Record<string, Field>>;
}

const field = (offset: number, bits: number, type: DataType = INTEGER): Field => ({ offset, bits, type });
const PORTS = { sport: field(0, 16, TYPES.inet_service), dport: field(16, 16, TYPES.inet_service) };

const HEADERS: Readonly<Record<string, Header>> = {
  ether: {
    base: 'll',
    fields: {
      daddr: field(0, 48, TYPES.ether_addr),
      saddr: field(48, 48, TYPES.ether_addr),
      type: field(96, 16, TYPES.ether_type),
    },
  },
  ip: {
    base: 'nh',
    fields: {
      version: field(0, 4),
      hdrlength: field(4, 4),
      dscp: field(8, 6, TYPES.dscp),
      ecn: field(14, 2, TYPES.ecn),
      length: field(16, 16),
      id: field(32, 16),
      'frag-off': field(48, 16),
      ttl: field(64, 8),
      protocol: field(72, 8, TYPES.inet_proto),
      checksum: field(80, 16),
      saddr: field(96, 32, TYPES.ipv4_addr),
      daddr: field(128, 32, TYPES.ipv4_addr),
    },
  },
  tcp: {
    base: 'th',
    protocol: IP_PROTOCOL.TCP,
    fields: {
      ...PORTS,
      sequence: field(32, 32),
      ackseq: field(64, 32),
      doff: field(96, 4),
      reserved: field(100, 4),
      flags: field(104, 8, TYPES.tcp_flag),
      window: field(112, 16),
      checksum: field(128, 16),
      urgptr: field(144, 16),
    },
  },
  udp: {
    base: 'th',
    protocol: IP_PROTOCOL.UDP,
    fields: { ...PORTS, length: field(32, 16), checksum: field(48, 16) },
  },
  udplite: {
    base: 'th',
    protocol: 136,
    fields: { ...PORTS, csumcov: field(32, 16), checksum: field(48, 16) },
  },
  sctp: {
    base: 'th',
    protocol: IP_PROTOCOL.SCTP,
    fields: { ...PORTS, vtag: field(32, 32), checksum: field(64, 32) },
  },
  dccp: { base: 'th', protocol: IP_PROTOCOL.DCCP, fields: PORTS },
  icmp: {
    base: 'th',
    protocol: IP_PROTOCOL.ICMP,
    fields: {
      type: field(0, 8, TYPES.icmp_type),
      code: field(8, 8, TYPES.icmp_code),
      checksum: field(16, 16),
      id: field(32, 16),
      sequence: field(48, 16),
    },
  },
  igmp: {
    base: 'th',
    protocol: IP_PROTOCOL.IGMP,
    fields: { type: field(0, 8), checksum: field(16, 16), group: field(32, 32, TYPES.ipv4_addr) },
  },
  esp: { base: 'th', protocol: IP_PROTOCOL.ESP, fields: { spi: field(0, 32), sequence: field(32, 32) } },
  ah: { base: 'th', protocol: IP_PROTOCOL.AH, fields: { spi: field(32, 32), sequence: field(64, 32) } },
  icmpv6: { base: 'th', protocol: IP_PROTOCOL.ICMPV6, fields: { type: field(0, 8), code: field(8, 8) } },
  th: { base: 'th', fields: PORTS },
};

/** Headers that no packet at a hook of IPv4 has. */
const OTHER_FAMILIES: ReadonlySet<string> = new Set(['ip6', 'arp']);

type LoadNumber = (skb: SkBuff, state: HookState) => number;

export interface NumberLoader {
  readonly type: DataType;
  readonly load: LoadNumber;
}

/** A named field; undefined for one that is not known here. */
export function payloadField(protocol: string, name: string): NumberLoader | undefined {
  if (OTHER_FAMILIES.has(protocol)) return { type: TYPES.ipv6_addr, load: () => BREAK };
  const header = HEADERS[protocol];
  const one = header?.fields[name];
  if (header === undefined || one === undefined) return undefined;
  const load = loaderOf(header.base, one.offset, one.bits);
  return { type: one.type.bits === one.bits ? one.type : { ...one.type, bits: one.bits }, load: guarded(header, load) };
}

/** Any bits, as @th,16,16; undefined where there are too many for a number, or of another base. */
export function rawPayload(base: string, offset: number, bits: number): NumberLoader | undefined {
  if ((base !== 'll' && base !== 'nh' && base !== 'th') || bits < 1 || (offset & 7) + bits > 48) return undefined;
  return { type: { bits }, load: loaderOf(base, offset, bits) };
}

/** nft puts a match of the protocol in front of a field, and does not print it. */
function guarded({ base, protocol }: Header, load: LoadNumber): LoadNumber {
  if (base === 'll') return (skb, state) => (state.in?.type === ARPHRD.ETHER ? load(skb, state) : BREAK);
  if (protocol === undefined) return load;
  return (skb, state) => (skb.head[skb.networkHeader + IPV4.protocol] === protocol ? load(skb, state) : BREAK);
}

function loaderOf(base: Base, offset: number, bits: number): LoadNumber {
  const first = offset >> 3;
  const bytes = ((offset + bits + 7) >> 3) - first;
  const read = readerOf(first, bytes, offset & 7, bits);
  switch (base) {
    case 'll':
      return (skb) => {
        const { macHeader, networkHeader } = skb;
        return networkHeader - macHeader < ETHERNET_BYTES ? BREAK : read(skb, macHeader);
      };
    case 'nh':
      return (skb) => read(skb, skb.networkHeader);
    case 'th':
      return (skb) => {
        const at = skb.networkHeader;
        if ((readU16(skb.head, at + IPV4.flagsAndOffset) & IPV4_FRAGMENT.OFFSET) !== 0) return BREAK;
        return read(skb, at + 4 * (skb.head[at]! & 15));
      };
  }
}

const ETHERNET_BYTES = 14;

/** Bits of as many bytes, from a header that begins at `at`. */
function readerOf(first: number, bytes: number, shift: number, bits: number): (skb: SkBuff, at: number) => number {
  if (shift === 0 && bits === 8 * bytes) {
    if (bytes === 1) return ({ head, tail }, at) => (at + first + 1 > tail ? BREAK : head[at + first]!);
    if (bytes === 2) return ({ head, tail }, at) => (at + first + 2 > tail ? BREAK : readU16(head, at + first));
    if (bytes === 4) return ({ head, tail }, at) => (at + first + 4 > tail ? BREAK : readU32(head, at + first));
  }
  const below = 2 ** (8 * bytes - shift - bits);
  const most = 2 ** bits;
  return ({ head, tail }, at) => {
    const from = at + first;
    if (from + bytes > tail) return BREAK;
    let value = 0;
    for (let i = 0; i < bytes; i++) value = value * 256 + head[from + i]!;
    return Math.floor(value / below) % most;
  };
}
