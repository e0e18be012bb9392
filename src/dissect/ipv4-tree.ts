// The fields of an IPv4 header, named as in Wireshark's packet-ip.c; RFC 791.
import { IPV4, IPV4_FRAGMENT, IPV4_OPTION } from '../wire/index.ts';
import type { Tree } from './tree.ts';

/** Parts of the type of service (RFC 2474, RFC 3168). */
const DIFFERENTIATED = { SERVICE: 0xfc, CONGESTION: 0x03 } as const;

/** Parts of an option's type. */
const OPTION_TYPE = { COPY: 0x80, CLASS: 0x60, NUMBER: 0x1f } as const;

export function dissectIpv4(t: Tree, at: number, end: number): void {
  const layer = t.layer('ip', at, IPV4.size);
  const version = t.bits('ip.version', at, 1, 0xf0);
  if (version !== 4) {
    t.stop('ip', at, `version ${version} is not 4`);
    return;
  }
  const headerLength = 4 * (t.peek8(at) & 15);
  t.add('ip.hdr_len', at, 1, headerLength);
  if (headerLength < IPV4.size) {
    t.stop('ip', at, `a header length of ${headerLength} is too short`);
    return;
  }
  layer.length = Math.min(headerLength, t.end - at);
  const totalLength = dissectFixed(t, at);
  if (totalLength !== 0 && totalLength < headerLength) {
    t.stop('ip', at + IPV4.totalLength, `a total length of ${totalLength} is shorter than the header`);
    return;
  }
  if (headerLength > IPV4.size) dissectOptions(t, at + IPV4.options, at + headerLength);
  t.need(at, headerLength);
  dissectPayload(t, at, headerLength, totalLength === 0 ? end : Math.min(end, at + totalLength));
}

/** The twenty bytes that are always there; returns the total length. */
function dissectFixed(t: Tree, at: number): number {
  t.open('ip.dsfield', at + IPV4.typeOfService, 1, t.peek8(at + IPV4.typeOfService));
  t.bits('ip.dsfield.dscp', at + IPV4.typeOfService, 1, DIFFERENTIATED.SERVICE);
  t.bits('ip.dsfield.ecn', at + IPV4.typeOfService, 1, DIFFERENTIATED.CONGESTION);
  t.shut();
  const totalLength = t.u16('ip.len', at + IPV4.totalLength);
  t.u16('ip.id', at + IPV4.identification);
  const flags = at + IPV4.flagsAndOffset;
  t.open('ip.flags', flags, 1, t.peek8(flags) >> 5);
  t.flag('ip.flags.rb', flags, 1, IPV4_FRAGMENT.RESERVED >> 8);
  t.flag('ip.flags.df', flags, 1, IPV4_FRAGMENT.DONT >> 8);
  t.flag('ip.flags.mf', flags, 1, IPV4_FRAGMENT.MORE >> 8);
  t.shut();
  // In units of eight bytes, as Wireshark has it.
  t.add('ip.frag_offset', flags, 2, t.peek16(flags) & IPV4_FRAGMENT.OFFSET);
  t.u8('ip.ttl', at + IPV4.timeToLive);
  t.u8('ip.proto', at + IPV4.protocol);
  t.u16('ip.checksum', at + IPV4.checksum);
  t.ipv4('ip.src', at + IPV4.source);
  t.ipv4('ip.dst', at + IPV4.destination);
  return totalLength;
}

/** Type and length of each option, and the addresses of those that record or prescribe a route. */
function dissectOptions(t: Tree, from: number, until: number): void {
  for (let at = from; at < until; ) {
    const kind = t.peek8(at);
    const single = kind === IPV4_OPTION.EOL || kind === IPV4_OPTION.NOP;
    const size = single ? 1 : t.peek8(at + 1);
    if (at + size > until || (!single && size < 2)) {
      t.stop('ip', at, `an option's length of ${size} cannot be`);
      return;
    }
    t.open('ip.opt.type', at, 1, kind);
    t.flag('ip.opt.type.copy', at, 1, OPTION_TYPE.COPY);
    t.bits('ip.opt.type.class', at, 1, OPTION_TYPE.CLASS);
    t.bits('ip.opt.type.number', at, 1, OPTION_TYPE.NUMBER);
    t.shut();
    if (kind === IPV4_OPTION.EOL) return;
    if (!single) dissectOption(t, kind, at, size);
    at += size;
  }
}

function dissectOption(t: Tree, kind: number, at: number, size: number): void {
  t.u8('ip.opt.len', at + 1);
  if (kind === IPV4_OPTION.ROUTER_ALERT && size === 4) t.u16('ip.opt.ra', at + 2);
  const route =
    kind === IPV4_OPTION.RECORD_ROUTE || kind === IPV4_OPTION.LOOSE_ROUTE || kind === IPV4_OPTION.STRICT_ROUTE;
  if ((route || kind === IPV4_OPTION.TIMESTAMP) && size > 2) t.u8('ip.opt.ptr', at + 2);
}

function dissectPayload(t: Tree, at: number, headerLength: number, end: number): void {
  const { end: outerEnd, ipAt, ipVersion } = t;
  t.end = Math.min(t.end, end);
  t.ipAt = at;
  t.ipVersion = 4;
  const offset = t.peek16(at + IPV4.flagsAndOffset) & IPV4_FRAGMENT.OFFSET;
  if (offset === 0) t.ipProtocol(t.peek8(at + IPV4.protocol), at + headerLength, end);
  else t.data(at + headerLength, end);
  t.end = outerEnd;
  t.ipAt = ipAt;
  t.ipVersion = ipVersion;
}
