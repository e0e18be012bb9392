// Checksums over captured packets: what the receiver would compute, source routes and routing headers included
// (RFC 791 section 3.1, RFC 8200 sections 4.4 and 8.1). The last destination counts, as in tcpdump's print-ip.c and
// print-ip6.c.
import { internetChecksum, sumPseudoHeader, sumWords } from '../bytes/index.ts';
import {
  IP_PROTOCOL,
  IPV4,
  IPV4_OPTION,
  IPV6,
  IPV6_EXTENSION,
  IPV6_ROUTING,
  IPV6_ROUTING_TYPE,
} from '../wire/index.ts';

/** What the checksum functions need of a Printer or a Tree. */
export interface Enclosed {
  readonly bytes: Uint8Array;
  /** Where the captured bytes end. */
  readonly end: number;
  readonly ipAt: number;
  readonly ipVersion: 0 | 4 | 6;
}

/**
 * Checksum of a transport segment over its pseudo header, its own checksum field counted in: 0 when that is right.
 * All `length` bytes must have been captured.
 */
export function transportRemainder(p: Enclosed, at: number, length: number, protocol: number): number {
  const { bytes, ipAt } = p;
  const addressLength = p.ipVersion === 6 ? 16 : 4;
  const sourceAt = ipAt + (p.ipVersion === 6 ? IPV6.source : IPV4.source);
  const destinationAt = p.ipVersion === 6 ? finalDestination6(p) : finalDestination4(p);
  if (destinationAt === sourceAt + addressLength)
    return internetChecksum(bytes, at, length, sumPseudoHeader(bytes, sourceAt, addressLength, protocol, length));
  let sum = protocol + (length >>> 16) + (length & 0xffff);
  sum = sumWords(bytes, sourceAt, addressLength, sum);
  sum = sumWords(bytes, destinationAt, addressLength, sum);
  return internetChecksum(bytes, at, length, sum);
}

/** The value a checksum field should have had, from the one it has and the remainder over everything. */
export function checksumShouldBe(field: number, remainder: number): number {
  const sum = field + remainder;
  return (sum & 0xffff) + (sum >> 16);
}

/** Where the last destination of an IPv4 header stands: the end of a source route, or the header's own field. */
function finalDestination4({ bytes, end, ipAt }: Enclosed): number {
  const own = ipAt + IPV4.destination;
  const until = ipAt + 4 * (bytes[ipAt]! & 15);
  for (let at = ipAt + IPV4.options; at < until; ) {
    const kind = bytes[at]!;
    if (kind === IPV4_OPTION.EOL) return own;
    const length = kind === IPV4_OPTION.NOP ? 1 : bytes[at + 1]!;
    if (length === 0 || (length === 1 && kind !== IPV4_OPTION.NOP)) return own;
    if (at + length > until || at + length > end) return own;
    if ((kind === IPV4_OPTION.STRICT_ROUTE || kind === IPV4_OPTION.LOOSE_ROUTE) && length >= 7) return at + length - 4;
    at += length;
  }
  return own;
}

/** The last address of a routing header, when one comes before the payload. */
function finalDestination6(p: Enclosed): number {
  const { bytes, end, ipAt } = p;
  const own = ipAt + IPV6.destination;
  let next = bytes[ipAt + IPV6.nextHeader]!;
  let at = ipAt + IPV6.size;
  while (at < end) {
    switch (next) {
      case IP_PROTOCOL.ROUTING:
        return routedDestination(p, at) ?? own;
      case IP_PROTOCOL.HOPOPTS:
      case IP_PROTOCOL.DSTOPTS:
      case IP_PROTOCOL.MOBILITY:
      case IP_PROTOCOL.MOBILITY_OLD:
        next = bytes[at]!;
        at += 8 * (bytes[at + IPV6_EXTENSION.length]! + 1);
        break;
      case IP_PROTOCOL.FRAGMENT:
        next = bytes[at]!;
        at += 8;
        break;
      default:
        return own;
    }
  }
  return own;
}

function routedDestination({ bytes, end }: Enclosed, at: number): number | undefined {
  const length = bytes[at + IPV6_EXTENSION.length]!;
  const type = bytes[at + IPV6_ROUTING.type]!;
  const first = at + IPV6_ROUTING.addresses;
  if (length % 2 === 1) return undefined;
  if (type === IPV6_ROUTING_TYPE.SEGMENT_ROUTING) return first + 16 <= end ? first : undefined;
  if (type !== IPV6_ROUTING_TYPE.SOURCE_ROUTE && type !== IPV6_ROUTING_TYPE.MOBILE) return undefined;
  const captured = Math.floor((end - first) / 16);
  const last = Math.min(length / 2, captured) - 1;
  return last < 0 ? undefined : first + 16 * last;
}
