// What names one direction of a connection (struct nf_conntrack_tuple, include/net/netfilter/nf_conntrack_tuple.h, v6.18), how it
// is read out of a packet (nf_ct_get_tuple, net/netfilter/nf_conntrack_core.c), and which tuple an answer has (nf_ct_invert_tuple).
import { readU16, readU32 } from '../bytes/index.ts';
import { ICMP, ICMP_TYPE, IP_PROTOCOL, IPV4, IPV4_FRAGMENT } from '../wire/index.ts';

export interface Tuple {
  /** IPv4 addresses. */
  source: number;
  destination: number;
  protocol: number;
  /** Of TCP, UDP and their like; of ICMP the identifier here, and type and code as one number below. */
  sourcePort: number;
  destinationPort: number;
}

export function newTuple(): Tuple {
  return { source: 0, destination: 0, protocol: 0, sourcePort: 0, destinationPort: 0 };
}

export function isEqualTuple(a: Tuple, b: Tuple): boolean {
  return (
    a.source === b.source &&
    a.destination === b.destination &&
    a.sourcePort === b.sourcePort &&
    a.destinationPort === b.destinationPort &&
    a.protocol === b.protocol
  );
}

/** Those whose first four bytes are ports. */
export function hasPorts(protocol: number): boolean {
  switch (protocol) {
    case IP_PROTOCOL.TCP:
    case IP_PROTOCOL.UDP:
    case IP_PROTOCOL.SCTP:
    case UDPLITE:
      return true;
    default:
      return false;
  }
}

const UDPLITE = 136;

/**
 * Reads the tuple of the IPv4 packet whose header is at `at`. False where there is none: it ends before its ports, or is a
 * later fragment (ipv4_get_l4proto).
 */
export function readTuple(bytes: Uint8Array, at: number, end: number, tuple: Tuple): boolean {
  if (at + IPV4.size > end) return false;
  if ((readU16(bytes, at + IPV4.flagsAndOffset) & IPV4_FRAGMENT.OFFSET) !== 0) return false;
  const transport = at + 4 * (bytes[at]! & 15);
  if (transport > end) return false;
  const protocol = bytes[at + IPV4.protocol]!;
  tuple.source = readU32(bytes, at + IPV4.source);
  tuple.destination = readU32(bytes, at + IPV4.destination);
  tuple.protocol = protocol;
  tuple.sourcePort = tuple.destinationPort = 0;
  if (protocol === IP_PROTOCOL.ICMP) {
    if (transport + ICMP.size > end) return false;
    tuple.sourcePort = readU16(bytes, transport + 4);
    tuple.destinationPort = readU16(bytes, transport);
  } else if (hasPorts(protocol)) {
    if (transport + 4 > end) return false;
    tuple.sourcePort = readU16(bytes, transport);
    tuple.destinationPort = readU16(bytes, transport + 2);
  }
  return true;
}

/** Types of ICMP that ask, with those that answer, both ways. */
const ANSWERS: ReadonlyMap<number, number> = new Map(
  [
    [ICMP_TYPE.ECHO, ICMP_TYPE.ECHO_REPLY],
    [ICMP_TYPE.TIMESTAMP, ICMP_TYPE.TIMESTAMP_REPLY],
    [ICMP_TYPE.INFORMATION, ICMP_TYPE.INFORMATION_REPLY],
    [ICMP_TYPE.ADDRESS_MASK, ICMP_TYPE.ADDRESS_MASK_REPLY],
  ].flatMap(([ask = 0, answer = 0]) => [
    [ask, answer],
    [answer, ask],
  ]),
);

/** The tuple of answers; undefined where nothing answers this. */
export function invertTuple(tuple: Tuple): Tuple | undefined {
  const { source, destination, protocol, sourcePort, destinationPort } = tuple;
  if (protocol !== IP_PROTOCOL.ICMP) {
    return {
      source: destination,
      destination: source,
      protocol,
      sourcePort: destinationPort,
      destinationPort: sourcePort,
    };
  }
  const answer = ANSWERS.get(destinationPort >>> 8);
  if (answer === undefined) return undefined;
  return {
    source: destination,
    destination: source,
    protocol,
    sourcePort,
    destinationPort: (answer << 8) | (destinationPort & 0xff),
  };
}
