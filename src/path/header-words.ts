// What a copy of headers says that a journey tells: addresses, ports, protocol, time to live. RFC 791, RFC 8200, RFC 826.
import { formatIpv4, formatIpv6, readU16 } from '../bytes/index.ts';

import {
  ETHER_TYPE,
  IP_PROTOCOL,
  IPV4,
  IPV4_FRAGMENT,
  IPV6,
  IPV6_FRAGMENT,
  IPV6_FRAGMENT_HEADER,
  TCP,
} from '../wire/index.ts';
import type { Endpoint } from './journey.ts';

export interface HeaderWords {
  readonly protocol: string;
  readonly source?: Endpoint;
  readonly destination?: Endpoint;
  /** Time to live or hop limit. */
  readonly ttl?: number;
  readonly fragment?: boolean;
  /** Of TCP: whether it carries data. */
  readonly hasData?: boolean;
}

/** As PacketSummary names them; others go by their number. */
const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  [IP_PROTOCOL.ICMP]: 'icmp',
  [IP_PROTOCOL.IGMP]: 'igmp',
  [IP_PROTOCOL.IPIP]: 'ipip',
  [IP_PROTOCOL.TCP]: 'tcp',
  [IP_PROTOCOL.UDP]: 'udp',
  [IP_PROTOCOL.DCCP]: 'dccp',
  [IP_PROTOCOL.IPV6]: 'ipv6',
  [IP_PROTOCOL.GRE]: 'gre',
  [IP_PROTOCOL.ESP]: 'esp',
  [IP_PROTOCOL.AH]: 'ah',
  [IP_PROTOCOL.ICMPV6]: 'icmp6',
  [IP_PROTOCOL.OSPF]: 'ospf',
  [IP_PROTOCOL.PIM]: 'pim',
  [IP_PROTOCOL.VRRP]: 'vrrp',
  [IP_PROTOCOL.SCTP]: 'sctp',
};

const WITH_PORTS: readonly number[] = [IP_PROTOCOL.TCP, IP_PROTOCOL.UDP, IP_PROTOCOL.DCCP, IP_PROTOCOL.SCTP];

/** Extension headers that are gone over to find the ports: hop-by-hop, routing, fragment, destination options. */
const EXTENSIONS: readonly number[] = [
  IP_PROTOCOL.HOPOPTS,
  IP_PROTOCOL.ROUTING,
  IP_PROTOCOL.FRAGMENT,
  IP_PROTOCOL.DSTOPTS,
];
const FRAGMENT_HEADER_BYTES = IPV6_FRAGMENT_HEADER.size;

/** Of the bytes from the network header on, as far as they were copied, of a packet of `length` bytes. */
export function headerWords(bytes: Uint8Array, length: number, etherType: number): HeaderWords {
  const version = bytes.length > 0 ? bytes[0]! >> 4 : 0;
  if (version === 4 && bytes.length >= IPV4.size && etherType !== ETHER_TYPE.ARP) return ipv4Words(bytes, length);
  if (version === 6 && bytes.length >= IPV6.size && etherType === ETHER_TYPE.IPV6) return ipv6Words(bytes, length);
  if (etherType === ETHER_TYPE.ARP) return arpWords(bytes);
  return { protocol: `0x${etherType.toString(16).padStart(4, '0')}` };
}

function ipv4Words(bytes: Uint8Array, length: number): HeaderWords {
  const number = bytes[IPV4.protocol]!;
  const flags = readU16(bytes, IPV4.flagsAndOffset);
  const offset = flags & IPV4_FRAGMENT.OFFSET;
  const at = offset === 0 ? 4 * (bytes[0]! & 15) : undefined;
  return {
    ...ends(bytes, length, number, at, formatIpv4(bytes, IPV4.source), formatIpv4(bytes, IPV4.destination)),
    ttl: bytes[IPV4.timeToLive]!,
    ...((flags & IPV4_FRAGMENT.MORE) !== 0 || offset !== 0 ? { fragment: true } : {}),
  };
}

function ipv6Words(bytes: Uint8Array, length: number): HeaderWords {
  let number = bytes[IPV6.nextHeader]!;
  let at: number | undefined = IPV6.size;
  let fragment = false;
  while (at !== undefined && EXTENSIONS.includes(number) && at + FRAGMENT_HEADER_BYTES <= bytes.length) {
    const isFragment = number === IP_PROTOCOL.FRAGMENT;
    const begins: boolean =
      !isFragment || (readU16(bytes, at + IPV6_FRAGMENT_HEADER.offsetAndFlags) & IPV6_FRAGMENT.OFFSET) === 0;
    fragment ||= isFragment;
    number = bytes[at]!;
    at = begins ? at + (isFragment ? FRAGMENT_HEADER_BYTES : 8 * (bytes[at + 1]! + 1)) : undefined;
  }
  return {
    ...ends(bytes, length, number, at, formatIpv6(bytes, IPV6.source), formatIpv6(bytes, IPV6.destination)),
    ttl: bytes[IPV6.hopLimit]!,
    ...(fragment ? { fragment } : {}),
  };
}

/** `at`: where the ports are, if anywhere. */
function ends(
  bytes: Uint8Array,
  length: number,
  number: number,
  at: number | undefined,
  source: string,
  destination: string,
): HeaderWords {
  const protocol = PROTOCOL_NAMES[number] ?? String(number);
  if (at === undefined || !WITH_PORTS.includes(number) || at + 4 > bytes.length) {
    return { protocol, source: { address: source }, destination: { address: destination } };
  }
  return {
    protocol,
    ...(number === IP_PROTOCOL.TCP && at + TCP.size <= bytes.length
      ? { hasData: length > at + 4 * (bytes[at + TCP.dataOffset]! >> 4) }
      : {}),
    source: { address: source, port: readU16(bytes, at) },
    destination: { address: destination, port: readU16(bytes, at + 2) },
  };
}

/** The addresses asked from and for, of Ethernet and IPv4. */
function arpWords(bytes: Uint8Array): HeaderWords {
  if (bytes.length < ARP_IPV4.size) return { protocol: 'arp' };
  const source = formatIpv4(bytes, ARP_IPV4.sender);
  const destination = formatIpv4(bytes, ARP_IPV4.target);
  return { protocol: 'arp', source: { address: source }, destination: { address: destination } };
}

const ARP_IPV4 = { sender: 14, target: 24, size: 28 } as const;
