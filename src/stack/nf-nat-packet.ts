// What NAT writes into packets: net/netfilter/nf_nat_proto.c (nf_nat_ipv4_manip_pkt, l4proto_manip_pkt,
// nf_nat_icmp_reply_translation), v6.18. Checksums are changed by the difference: wrong ones stay wrong.
import { internetChecksum, readU16, readU32, writeU16, writeU32 } from '../bytes/index.ts';
import type { FieldChange } from '../path/index.ts';
import { ICMP, ICMP_TYPE, IP_PROTOCOL, IPV4, TCP, UDP } from '../wire/index.ts';
import { addressText } from './ipv4-address.ts';
import type { Net } from './net.ts';
import type { HookState } from './netfilter.ts';
import { replaceChecksum16, replaceChecksum32, transportChecksumIsRight } from './nf-checksum.ts';
import { CT_STATUS, isReply } from './nf-conntrack.ts';
import { invertTuple, type Tuple } from './nf-conntrack-tuple.ts';
import type { SkBuff } from './sk-buff.ts';

/** enum nf_nat_manip_type: which end of a packet is changed. */
export const MANIP = { SOURCE: 0, DESTINATION: 1 } as const;
export type Manip = (typeof MANIP)[keyof typeof MANIP];

/** Types of ICMP that have an identifier. */
const HAVE_IDENTIFIERS: ReadonlySet<number> = new Set([
  ICMP_TYPE.ECHO,
  ICMP_TYPE.ECHO_REPLY,
  ICMP_TYPE.TIMESTAMP,
  ICMP_TYPE.TIMESTAMP_REPLY,
  ICMP_TYPE.INFORMATION,
  ICMP_TYPE.INFORMATION_REPLY,
  ICMP_TYPE.ADDRESS_MASK,
  ICMP_TYPE.ADDRESS_MASK_REPLY,
]);

/** Writes one end of `target` into the IPv4 packet at `at`; false where that cannot be done. `state`: what changed is noted there. */
export function manipPacket(
  net: Net,
  skb: SkBuff,
  at: number,
  target: Tuple,
  manip: Manip,
  state: HookState | undefined,
): boolean {
  net.skbs.skbUnclone(skb);
  const { head, tail } = skb;
  const addressAt = at + (manip === MANIP.SOURCE ? IPV4.source : IPV4.destination);
  const from = readU32(head, addressAt);
  const to = manip === MANIP.SOURCE ? target.source : target.destination;
  const transport = at + 4 * (head[at]! & 15);
  if (!manipTransport(head, transport, tail, head[at + IPV4.protocol]!, target, manip, from, to, state)) return false;
  replaceChecksum32(head, at + IPV4.checksum, from, to);
  writeU32(head, addressAt, to);
  if (from !== to) note(state, manip === MANIP.SOURCE ? 'source' : 'destination', addressText(from), addressText(to));
  return true;
}

function note(state: HookState | undefined, field: string, from: FieldChange['from'], to: FieldChange['to']): void {
  if (state === undefined) return;
  state.changed ??= [];
  state.changed.push({ field, from, to });
}

function manipTransport(
  bytes: Uint8Array,
  at: number,
  end: number,
  protocol: number,
  target: Tuple,
  manip: Manip,
  fromAddress: number,
  toAddress: number,
  state: HookState | undefined,
): boolean {
  const isSource = manip === MANIP.SOURCE;
  if (protocol === IP_PROTOCOL.ICMP) {
    if (at + ICMP.size > end) return false;
    if (!HAVE_IDENTIFIERS.has(bytes[at]!)) return true;
    const was = readU16(bytes, at + ICMP.identifier);
    replaceChecksum16(bytes, at + ICMP.checksum, was, target.sourcePort);
    writeU16(bytes, at + ICMP.identifier, target.sourcePort);
    return true;
  }
  if (protocol !== IP_PROTOCOL.TCP && protocol !== IP_PROTOCOL.UDP) return true;
  const isTcp = protocol === IP_PROTOCOL.TCP;
  // Errors quote as few as eight bytes.
  if (at + (isTcp ? 8 : UDP.size) > end) return false;
  const portAt = at + (isSource ? 0 : 2);
  const was = readU16(bytes, portAt);
  const port = isSource ? target.sourcePort : target.destinationPort;
  writeU16(bytes, portAt, port);
  if (was !== port) note(state, isSource ? 'sourcePort' : 'destinationPort', was, port);
  const checksumAt = at + (isTcp ? TCP.checksum : UDP.checksum);
  if (isTcp && at + TCP.size > end) return true;
  if (!isTcp && readU16(bytes, checksumAt) === 0) return true;
  replaceChecksum32(bytes, checksumAt, fromAddress, toAddress);
  replaceChecksum16(bytes, checksumAt, was, port);
  if (!isTcp && readU16(bytes, checksumAt) === 0) writeU16(bytes, checksumAt, 0xffff);
  return true;
}

/** nf_nat_icmp_reply_translation: an error, and the packet that it quotes. False where it has to be dropped. */
export function icmpReplyTranslation(net: Net, skb: SkBuff, manip: Manip, state: HookState): boolean {
  const connection = skb.nfct!;
  const at = skb.networkHeader + 4 * (skb.head[skb.networkHeader]! & 15);
  if (at + ICMP.size + IPV4.size > skb.tail || !transportChecksumIsRight(skb)) return false;
  const { status } = connection;
  if (skb.head[at] === ICMP_TYPE.REDIRECT) {
    const done = CT_STATUS.SRC_NAT_DONE | CT_STATUS.DST_NAT_DONE;
    if ((status & done) !== done || (status & NAT_MASK) !== 0) return false;
  }
  const reply = isReply(skb.nfctInfo);
  const own = manip === MANIP.SOURCE ? CT_STATUS.SRC_NAT : CT_STATUS.DST_NAT;
  if ((status & (reply ? own ^ NAT_MASK : own)) === 0) return true;
  const other = reply ? connection.original : connection.reply;
  const inner = manip === MANIP.SOURCE ? MANIP.DESTINATION : MANIP.SOURCE;
  if (!manipPacket(net, skb, at + ICMP.size, other, inner, undefined)) return false;
  writeU16(skb.head, at + ICMP.checksum, 0);
  writeU16(skb.head, at + ICMP.checksum, internetChecksum(skb.head, at, skb.tail - at));
  const target = invertTuple(other);
  return target !== undefined && manipPacket(net, skb, skb.networkHeader, target, manip, state);
}

const NAT_MASK = CT_STATUS.SRC_NAT | CT_STATUS.DST_NAT;
