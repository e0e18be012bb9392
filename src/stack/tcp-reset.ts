// Resets that the host sends: net/ipv4/tcp_ipv4.c (tcp_v4_send_reset), and for rules net/ipv4/netfilter/nf_reject_ipv4.c
// (nf_send_reset), v6.18.
import { internetChecksum, readU16, readU32, sumPseudoHeader, writeU16, writeU32 } from '../bytes/index.ts';
import { IP_PROTOCOL, IPV4, PACKET_TYPE, TCP, TCP_FLAG } from '../wire/index.ts';
import { ipSend } from './ip-output.ts';
import type { Net } from './net.ts';
import type { SkBuff } from './sk-buff.ts';

/** A reset is never answered by one. `attachedTo`: the packet whose connection it belongs to. */
export function sendReset(net: Net, skb: SkBuff, attachedTo?: SkBuff): void {
  const { head, networkHeader: at, journey, pktType } = skb;
  const data = at + 4 * (head[at]! & 15);
  if (data + TCP.size > skb.tail) return;
  const flags = head[data + TCP.flags]!;
  if (flags & TCP_FLAG.RST || pktType !== PACKET_TYPE.HOST || journey === undefined) return;
  const reset = new Uint8Array(TCP.size);
  writeU16(reset, TCP.sourcePort, readU16(head, data + TCP.destinationPort));
  writeU16(reset, TCP.destinationPort, readU16(head, data + TCP.sourcePort));
  reset[TCP.dataOffset] = (TCP.size / 4) << 4;
  reset[TCP.flags] = TCP_FLAG.RST;
  if (flags & TCP_FLAG.ACK) writeU32(reset, TCP.sequence, readU32(head, data + TCP.acknowledgment));
  else {
    reset[TCP.flags] = TCP_FLAG.RST | TCP_FLAG.ACK;
    writeU32(reset, TCP.acknowledgment, acknowledged(skb, data, flags));
  }
  const source = readU32(head, at + IPV4.destination);
  const destination = readU32(head, at + IPV4.source);
  const addresses = new Uint8Array(8);
  writeU32(addresses, 0, source);
  writeU32(addresses, 4, destination);
  const pseudo = sumPseudoHeader(addresses, 0, 4, IP_PROTOCOL.TCP, TCP.size);
  writeU16(reset, TCP.checksum, internetChecksum(reset, 0, TCP.size, pseudo));
  journey.last.detail = { ...journey.last.detail, answer: 'TCP reset' };
  const attached = attachedTo === undefined ? {} : { attachedTo };
  const origin = { number: journey.number, how: 'answer' } as const;
  ipSend(net, {
    source,
    destination,
    protocol: IP_PROTOCOL.TCP,
    tos: 0,
    payload: reset,
    dontFragment: true,
    ...attached,
    origin,
  });
}

/** All that it has: SYN and FIN count as a byte each. */
function acknowledged({ head, tail }: SkBuff, data: number, flags: number): number {
  const header = 4 * (head[data + TCP.dataOffset]! >> 4);
  const syn = flags & TCP_FLAG.SYN ? 1 : 0;
  const fin = flags & TCP_FLAG.FIN ? 1 : 0;
  return (readU32(head, data + TCP.sequence) + (tail - data - header) + syn + fin) >>> 0;
}
