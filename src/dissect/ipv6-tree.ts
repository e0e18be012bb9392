// The fields of IPv6 and its extension headers, named as in Wireshark's packet-ipv6.c; RFC 8200.
import {
  IP_PROTOCOL,
  IPV6,
  IPV6_EXTENSION,
  IPV6_FRAGMENT,
  IPV6_FRAGMENT_HEADER,
  IPV6_OPTION,
  IPV6_ROUTING,
  IPV6_ROUTING_TYPE,
} from '../wire/index.ts';
import type { Protocol } from './protocol.ts';
import type { Tree } from './tree.ts';

/** Parts of the first word. */
const FIRST_WORD = {
  VERSION: 0xf0000000,
  CLASS: 0x0ff00000,
  SERVICE: 0x0fc00000,
  CONGESTION: 0x00300000,
  FLOW: 0x000fffff,
} as const;

export function dissectIpv6(t: Tree, at: number, end: number): void {
  t.layer('ipv6', at, IPV6.size);
  // As in Wireshark, the version's field covers its byte, and the others the whole word.
  const version = t.bits('ipv6.version', at, 1, 0xf0);
  if (version !== 6) {
    t.stop('ipv6', at, `version ${version} is not 6`);
    return;
  }
  t.open('ipv6.tclass', at, 4, (t.peek32(at) & FIRST_WORD.CLASS) >>> 20);
  t.bits('ipv6.tclass.dscp', at, 4, FIRST_WORD.SERVICE);
  t.bits('ipv6.tclass.ecn', at, 4, FIRST_WORD.CONGESTION);
  t.shut();
  t.add('ipv6.flow', at + 1, 3, t.peek32(at) & FIRST_WORD.FLOW);
  const payloadLength = t.u16('ipv6.plen', at + IPV6.payloadLength);
  const next = t.u8('ipv6.nxt', at + IPV6.nextHeader);
  t.u8('ipv6.hlim', at + IPV6.hopLimit);
  t.ipv6('ipv6.src', at + IPV6.source);
  t.ipv6('ipv6.dst', at + IPV6.destination);
  const { end: outerEnd, ipAt, ipVersion } = t;
  const last = payloadLength === 0 ? end : Math.min(end, at + IPV6.size + payloadLength);
  t.end = Math.min(t.end, last);
  t.ipAt = at;
  t.ipVersion = 6;
  t.ipProtocol(next, at + IPV6.size, last);
  t.end = outerEnd;
  t.ipAt = ipAt;
  t.ipVersion = ipVersion;
}

/** By protocol number, since any header may carry them: AH does so before the destination's options (RFC 8200 section 4.1). */
export const IPV6_EXTENSIONS: readonly (readonly [number, Protocol])[] = [
  [IP_PROTOCOL.HOPOPTS, { name: 'ipv6.hopopts', dissect: dissectOptionHeader('ipv6.hopopts') }],
  [IP_PROTOCOL.ROUTING, { name: 'ipv6.routing', dissect: dissectRouting }],
  [IP_PROTOCOL.FRAGMENT, { name: 'ipv6.fraghdr', dissect: dissectFragment }],
  [IP_PROTOCOL.DSTOPTS, { name: 'ipv6.dstopts', dissect: dissectOptionHeader('ipv6.dstopts') }],
];

/** Next header and length, for which Wireshark has a name for each header; the header's size. */
function dissectStart(t: Tree, name: string, at: number): number {
  const size = 8 * (t.peek8(at + IPV6_EXTENSION.length) + 1);
  t.layer(name, at, size);
  t.u8(`${name}.nxt`, at + IPV6_EXTENSION.nextHeader);
  t.u8(`${name}.len`, at + IPV6_EXTENSION.length);
  return size;
}

/** What the extension header of `size` bytes at `at` carries. */
function dissectNext(t: Tree, at: number, size: number, end: number): void {
  t.ipProtocol(t.peek8(at + IPV6_EXTENSION.nextHeader), at + size, end);
}

function dissectOptionHeader(name: string): Protocol['dissect'] {
  return (t, at, end) => {
    const size = dissectStart(t, name, at);
    dissectOptions(t, at + IPV6_EXTENSION.data, at + size);
    dissectNext(t, at, size, end);
  };
}

function dissectOptions(t: Tree, from: number, until: number): void {
  for (let at = from; at < until; ) {
    const type = t.peek8(at);
    const optionSize = type === IPV6_OPTION.PAD1 ? 1 : 2 + t.peek8(at + 1);
    if (at + optionSize > until) {
      t.stop('ipv6', at, `an option's length of ${optionSize - 2} cannot be`);
      return;
    }
    t.open('ipv6.opt', at, optionSize);
    dissectOption(t, type, at, optionSize);
    t.shut();
    at += optionSize;
  }
}

function dissectOption(t: Tree, type: number, at: number, size: number): void {
  t.u8('ipv6.opt.type', at);
  if (type === IPV6_OPTION.PAD1) return;
  t.u8('ipv6.opt.length', at + 1);
  if (type === IPV6_OPTION.ROUTER_ALERT && size === 4) t.u16('ipv6.opt.router_alert', at + 2);
  else if (type === IPV6_OPTION.JUMBO && size === 6) t.u32('ipv6.opt.jumbo', at + 2);
  else if (type === IPV6_OPTION.HOME_ADDRESS && size === 18) t.ipv6('ipv6.opt.mipv6.home_address', at + 2);
  else if (type === IPV6_OPTION.PADN && size > 2) t.raw('ipv6.opt.padn', at + 2, size - 2);
}

function dissectRouting(t: Tree, at: number, end: number): void {
  const size = dissectStart(t, 'ipv6.routing', at);
  const type = t.u8('ipv6.routing.type', at + IPV6_ROUTING.type);
  t.u8('ipv6.routing.segleft', at + IPV6_ROUTING.segmentsLeft);
  if (type === IPV6_ROUTING_TYPE.SEGMENT_ROUTING) dissectSegmentRouting(t, at, size);
  else if (type === IPV6_ROUTING_TYPE.SOURCE_ROUTE) dissectAddresses(t, 'ipv6.routing.src.addr', at, size);
  else if (type === IPV6_ROUTING_TYPE.MOBILE && size === 24)
    t.ipv6('ipv6.routing.mipv6.home_address', at + IPV6_ROUTING.addresses);
  dissectNext(t, at, size, end);
}

function dissectSegmentRouting(t: Tree, at: number, size: number): void {
  const last = t.u8('ipv6.routing.srh.last_entry', at + IPV6_ROUTING.lastEntry);
  t.u8('ipv6.routing.srh.flags', at + IPV6_ROUTING.flags);
  t.raw('ipv6.routing.srh.tag', at + IPV6_ROUTING.tag, 2);
  dissectAddresses(t, 'ipv6.routing.srh.addr', at, Math.min(size, IPV6_ROUTING.addresses + 16 * (last + 1)));
}

function dissectAddresses(t: Tree, name: string, at: number, size: number): void {
  for (let i: number = IPV6_ROUTING.addresses; i + 16 <= size; i += 16) t.ipv6(name, at + i);
}

function dissectFragment(t: Tree, at: number, end: number): void {
  t.layer('ipv6.fraghdr', at, IPV6_FRAGMENT_HEADER.size);
  t.u8('ipv6.fraghdr.nxt', at + IPV6_FRAGMENT_HEADER.nextHeader);
  t.u8('ipv6.fraghdr.reserved_octet', at + 1);
  const word = at + IPV6_FRAGMENT_HEADER.offsetAndFlags;
  const offset = t.bits('ipv6.fraghdr.offset', word, 2, IPV6_FRAGMENT.OFFSET);
  t.bits('ipv6.fraghdr.reserved_bits', word, 2, IPV6_FRAGMENT.RESERVED);
  t.flag('ipv6.fraghdr.more', word, 2, IPV6_FRAGMENT.MORE);
  t.u32('ipv6.fraghdr.ident', at + IPV6_FRAGMENT_HEADER.identification);
  // Only the first fragment has the next header.
  if (offset === 0) dissectNext(t, at, IPV6_FRAGMENT_HEADER.size, end);
  else t.data(at + IPV6_FRAGMENT_HEADER.size, end);
}
