// UDP received: net/ipv4/udp.c (__udp4_lib_rcv, udp_unicast_rcv_skb, __udp_enqueue_schedule_skb), v6.18.
import { internetChecksum, readU16, readU32, sumPseudoHeader } from '../bytes/index.ts';
import { ICMP_TYPE, IP_PROTOCOL, IPV4, UDP } from '../wire/index.ts';
import { CHECK, type Check } from './checks.ts';
import { icmpSend } from './icmp-send.ts';
import type { Net } from './net.ts';
import { pskbMayPull, type SkBuff, skbTrim } from './sk-buff.ts';
import type { Ends, Socket } from './socket.ts';

/** CHECKSUM_BREAK: longer ones are checked when a process reads them (include/linux/skbuff.h). */
export const CHECKSUM_BREAK = 76;

export function udpRcv(net: Net, skb: SkBuff): void {
  net.step(skb, 'udp');
  const wrong = udpCheck(skb);
  if (wrong !== undefined) {
    net.kfreeSkb(skb, wrong);
    return;
  }
  const ends = endsOf(skb);
  const kind = skb.dst!.kind;
  if (kind === 'broadcast' || kind === 'multicast') {
    udpMcastDeliver(net, skb, ends);
    return;
  }
  const socket = net.sockets.udpSocket(ends, skb.dev!);
  if (socket !== undefined) {
    queueRcvSkb(net, skb, socket);
    return;
  }
  if (net.sockets.isUnknown) {
    net.unknown(skb, 'udp', 'it is not known which sockets there are');
    return;
  }
  if (!checksumIsRight(skb)) {
    net.kfreeSkb(skb, CHECK.udpChecksum);
    return;
  }
  icmpSend(net, skb, ICMP_TYPE.UNREACHABLE, 3);
  net.kfreeSkb(skb, CHECK.udpNoSocket);
}

function udpCheck(skb: SkBuff): Check | undefined {
  if (!pskbMayPull(skb, UDP.size)) return CHECK.udpShort;
  const length = readU16(skb.head, skb.data + UDP.length);
  if (length > skb.len || length < UDP.size) return CHECK.udpLength;
  skbTrim(skb, length);
  // udp4_csum_init: what netfilter has found out is not forgotten.
  if (skb.hasBadChecksum) return CHECK.udpChecksum;
  return length <= CHECKSUM_BREAK && !checksumIsRight(skb) ? CHECK.udpChecksum : undefined;
}

function checksumIsRight({ head, data, networkHeader, tail }: SkBuff): boolean {
  if (readU16(head, data + UDP.checksum) === 0) return true;
  const length = tail - data;
  const pseudo = sumPseudoHeader(head, networkHeader + IPV4.source, 4, IP_PROTOCOL.UDP, length);
  return internetChecksum(head, data, length, pseudo) === 0;
}

/** As the packet has them; its ports are the first four bytes. */
export function endsOf({ head, data, networkHeader: at }: SkBuff): Ends {
  return {
    local: readU32(head, at + IPV4.destination),
    localPort: readU16(head, data + 2),
    remote: readU32(head, at + IPV4.source),
    remotePort: readU16(head, data),
  };
}

function udpMcastDeliver(net: Net, skb: SkBuff, ends: Ends): void {
  const [first, ...others] = net.sockets.udpSockets(ends, skb.dev!);
  if (first === undefined) {
    if (net.sockets.isUnknown) net.unknown(skb, 'udp', 'it is not known which sockets there are');
    else net.kfreeSkb(skb, CHECK.udpNobody);
    return;
  }
  for (const socket of others) {
    const clone = net.skbs.skbClone(skb);
    const number = skb.journey?.number;
    clone.journey = undefined;
    if (number !== undefined) net.begin(clone, { number, how: 'clone' });
    queueRcvSkb(net, clone, socket);
  }
  queueRcvSkb(net, skb, first);
}

/** An sk_buff of the kernel takes as much besides its bytes: SKB_TRUESIZE of a small one. */
const TRUESIZE = 768;

function queueRcvSkb(net: Net, skb: SkBuff, socket: Socket): void {
  net.step(skb, 'socket.filter').verdict = 'accept';
  const { receiveBuffer = Number.POSITIVE_INFINITY } = socket.options;
  // An empty queue takes a packet whatever its size.
  if (socket.queuedBytes > 0 && socket.queuedBytes + TRUESIZE > receiveBuffer) {
    net.kfreeSkb(skb, CHECK.udpRcvbuf);
    return;
  }
  socket.queuedBytes += TRUESIZE;
  net.step(skb, 'socket.queue').verdict = 'accept';
  net.count('UdpInDatagrams');
  net.consumeSkb(skb, { kind: 'delivered', point: 'socket.queue', socket: socket.info });
}
