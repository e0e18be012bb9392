// TCP received: net/ipv4/tcp_ipv4.c (tcp_v4_rcv) and, of listeners, net/ipv4/tcp_input.c
// (tcp_rcv_state_process), v6.18. Sockets of connections take what comes: their sequence numbers are in no saved state.
import { internetChecksum, sumPseudoHeader } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV4, PACKET_TYPE, TCP, TCP_FLAG } from '../wire/index.ts';
import { CHECK, type Check } from './checks.ts';
import type { Net } from './net.ts';
import { pskbMayPull, type SkBuff } from './sk-buff.ts';
import type { Socket } from './socket.ts';
import { sendReset } from './tcp-reset.ts';
import { CHECKSUM_BREAK, endsOf } from './udp.ts';

export function tcpV4Rcv(net: Net, skb: SkBuff): void {
  net.step(skb, 'tcp');
  const wrong = tcpCheck(net, skb);
  if (wrong !== undefined) {
    net.kfreeSkb(skb, wrong);
    return;
  }
  const socket = net.sockets.tcpSocket(endsOf(skb), skb.dev!);
  if (socket === undefined) noSocket(net, skb);
  else if (socket.options.isListening) listenerRcv(net, skb, socket);
  else deliver(net, skb, socket);
}

function tcpCheck(net: Net, skb: SkBuff): Check | undefined {
  if (skb.pktType !== PACKET_TYPE.HOST) return CHECK.tcpNotHost;
  net.count('TcpInSegs');
  if (!pskbMayPull(skb, TCP.size)) return CHECK.tcpShort;
  const length = 4 * (skb.head[skb.data + TCP.dataOffset]! >> 4);
  if (length < TCP.size) return CHECK.tcpOffset;
  if (!pskbMayPull(skb, length)) return CHECK.tcpShort;
  return skb.len <= CHECKSUM_BREAK && !checksumIsRight(skb) ? CHECK.tcpChecksum : undefined;
}

function checksumIsRight({ head, data, networkHeader, tail }: SkBuff): boolean {
  const length = tail - data;
  const pseudo = sumPseudoHeader(head, networkHeader + IPV4.source, 4, IP_PROTOCOL.TCP, length);
  return internetChecksum(head, data, length, pseudo) === 0;
}

function noSocket(net: Net, skb: SkBuff): void {
  if (net.sockets.isUnknown) {
    net.unknown(skb, 'tcp', 'it is not known which sockets there are');
    return;
  }
  if (!checksumIsRight(skb)) {
    net.kfreeSkb(skb, CHECK.tcpChecksum);
    return;
  }
  tcpV4SendReset(net, skb);
  net.kfreeSkb(skb, CHECK.tcpNoSocket);
}

/** LISTEN, in the kernel's order. What the full queues of a listener refuse is not seen here: how full they are changes. */
function listenerRcv(net: Net, skb: SkBuff, socket: Socket): void {
  net.step(skb, 'socket.filter').verdict = 'accept';
  if (!checksumIsRight(skb)) {
    net.kfreeSkb(skb, CHECK.tcpChecksum);
    return;
  }
  const flags = skb.head[skb.data + TCP.flags]!;
  const wrong = listenCheck(flags);
  if (wrong !== undefined) {
    if (wrong === CHECK.tcpListenAck) tcpV4SendReset(net, skb);
    net.kfreeSkb(skb, wrong);
    return;
  }
  net.consumeSkb(skb, { kind: 'delivered', point: 'socket.filter', socket: socket.info });
}

/** Only where a socket could be. */
function tcpV4SendReset(net: Net, skb: SkBuff): void {
  if (skb.dst?.kind === 'local') sendReset(net, skb);
}

function listenCheck(flags: number): Check | undefined {
  if (flags & TCP_FLAG.ACK) return CHECK.tcpListenAck;
  if (flags & TCP_FLAG.RST) return CHECK.tcpListenReset;
  if (!(flags & TCP_FLAG.SYN)) return CHECK.tcpListenNoSyn;
  return flags & TCP_FLAG.FIN ? CHECK.tcpListenFin : undefined;
}

function deliver(net: Net, skb: SkBuff, socket: Socket): void {
  net.step(skb, 'socket.filter').verdict = 'accept';
  net.consumeSkb(skb, { kind: 'delivered', point: 'socket.filter', socket: socket.info });
}
