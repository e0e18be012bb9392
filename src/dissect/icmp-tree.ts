// The fields of ICMP messages, named as in Wireshark's packet-icmp.c.
import { ETHER_TYPE, ICMP, ICMP_TYPE, ICMP_UNREACHABLE } from '../wire/index.ts';
import type { Tree } from './tree.ts';

type BodyDissector = (t: Tree, at: number, end: number, code: number) => void;

const BODIES: Readonly<Record<number, BodyDissector>> = {
  [ICMP_TYPE.ECHO]: dissectEcho,
  [ICMP_TYPE.ECHO_REPLY]: dissectEcho,
  [ICMP_TYPE.UNREACHABLE]: dissectUnreachable,
  [ICMP_TYPE.SOURCE_QUENCH]: dissectOriginal,
  [ICMP_TYPE.REDIRECT]: dissectRedirect,
  [ICMP_TYPE.TIME_EXCEEDED]: dissectExtended,
  [ICMP_TYPE.PARAMETER_PROBLEM]: dissectParameterProblem,
  [ICMP_TYPE.TIMESTAMP]: dissectTimestamp,
  [ICMP_TYPE.TIMESTAMP_REPLY]: dissectTimestamp,
  [ICMP_TYPE.INFORMATION]: dissectIdentifiers,
  [ICMP_TYPE.INFORMATION_REPLY]: dissectIdentifiers,
  [ICMP_TYPE.ADDRESS_MASK]: dissectAddressMask,
  [ICMP_TYPE.ADDRESS_MASK_REPLY]: dissectAddressMask,
  [ICMP_TYPE.ROUTER_ADVERTISEMENT]: dissectRouters,
};

export function dissectIcmp(t: Tree, at: number, end: number): void {
  t.layer('icmp', at, end - at);
  const type = t.u8('icmp.type', at + ICMP.type);
  const code = t.u8('icmp.code', at + ICMP.code);
  t.u16('icmp.checksum', at + ICMP.checksum);
  BODIES[type]?.(t, at, end, code);
}

/** Wireshark shows the words in both byte orders, since senders differ; these are in network order. */
function dissectIdentifiers(t: Tree, at: number): void {
  t.u16('icmp.ident', at + ICMP.identifier);
  t.u16('icmp.seq', at + ICMP.sequence);
}

function dissectEcho(t: Tree, at: number, end: number): void {
  dissectIdentifiers(t, at);
  t.data(at + ICMP.data, end);
}

function dissectUnreachable(t: Tree, at: number, end: number, code: number): void {
  dissectLength(t, at);
  if (code === ICMP_UNREACHABLE.NEEDS_FRAGMENTATION) t.u16('icmp.mtu', at + ICMP.nextHopMtu);
  dissectOriginal(t, at, end);
}

function dissectExtended(t: Tree, at: number, end: number): void {
  dissectLength(t, at);
  dissectOriginal(t, at, end);
}

/** Unused where it is zero (RFC 4884 section 5). */
function dissectLength(t: Tree, at: number): void {
  if (t.peek8(at + ICMP.originalLength) !== 0) t.u8('icmp.length', at + ICMP.originalLength);
}

function dissectRedirect(t: Tree, at: number, end: number): void {
  t.ipv4('icmp.redir_gw', at + ICMP.gateway);
  dissectOriginal(t, at, end);
}

function dissectParameterProblem(t: Tree, at: number, end: number): void {
  t.u8('icmp.pointer', at + ICMP.pointer);
  dissectExtended(t, at, end);
}

function dissectTimestamp(t: Tree, at: number): void {
  dissectIdentifiers(t, at);
  t.u32('icmp.originate_timestamp', at + ICMP.originateTime);
  t.u32('icmp.receive_timestamp', at + ICMP.receiveTime);
  t.u32('icmp.transmit_timestamp', at + ICMP.transmitTime);
}

function dissectAddressMask(t: Tree, at: number): void {
  dissectIdentifiers(t, at);
  t.ipv4('icmp.address_mask', at + ICMP.addressMask);
}

function dissectRouters(t: Tree, at: number): void {
  const count = t.u8('icmp.num_addrs', at + ICMP.addressCount);
  const words = t.u8('icmp.addr_entry_size', at + ICMP.addressSize);
  t.u16('icmp.lifetime', at + ICMP.lifetime);
  for (let i = 0; i < count && words === 2; i++) {
    t.ipv4('icmp.router_address', at + ICMP.data + 8 * i);
    // Signed, so that the lowest is never chosen (RFC 1256 section 4.3).
    t.add('icmp.pref_level', at + ICMP.data + 8 * i + 4, 4, t.peek32(at + ICMP.data + 8 * i + 4) | 0);
  }
}

/** The beginning of the packet at fault. */
function dissectOriginal(t: Tree, at: number, end: number): void {
  t.etherType(ETHER_TYPE.IPV4, at + ICMP.data, end);
}
