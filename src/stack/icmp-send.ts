// ICMP errors that the host answers with: net/ipv4/icmp.c (__icmp_send), v6.18.
import { internetChecksum, readU16, readU32, writeU16 } from '../bytes/index.ts';
import { ICMP, ICMP_TYPE, IP_PROTOCOL, IPV4, IPV4_FRAGMENT, PACKET_TYPE } from '../wire/index.ts';
import { inetSelectAddr, ipRouteOutput, ipSend } from './ip-output.ts';
import type { Net } from './net.ts';
import type { SkBuff } from './sk-buff.ts';

/** As many bytes of an answer to an error are sent at most: 576 with all headers. */
const MOST_BYTES = 576;

/** NR_ICMP_TYPES: what is above is taken for an error. */
const LAST_TYPE = 18;

/** Errors are not answered by errors. */
const ERRORS: ReadonlySet<number> = new Set([
  ICMP_TYPE.UNREACHABLE,
  ICMP_TYPE.SOURCE_QUENCH,
  ICMP_TYPE.REDIRECT,
  ICMP_TYPE.TIME_EXCEEDED,
  ICMP_TYPE.PARAMETER_PROBLEM,
]);

/** `info`: the second word of the message, as the MTU. The answer has a journey of its own; nothing where none may be sent. */
export function icmpSend(net: Net, skb: SkBuff, type: number, code: number, info = 0): void {
  const { head, networkHeader: at, journey } = skb;
  if (!mayAnswer(skb)) return;
  const payload = new Uint8Array(ICMP.size + Math.min(skb.tail - at, MOST_BYTES - IPV4.size - ICMP.size));
  payload[0] = type;
  payload[1] = code;
  writeU16(payload, 6, info);
  payload.set(head.subarray(at, at + payload.length - ICMP.size), ICMP.size);
  writeU16(payload, ICMP.checksum, internetChecksum(payload, 0, payload.length));
  const destination = readU32(head, at + IPV4.source);
  const source = sourceOf(net, skb, destination);
  if (source === undefined || journey === undefined) return;
  journey.last.detail = { ...journey.last.detail, answer: `ICMP ${type}/${code}` };
  net.count('IcmpOutMsgs');
  // RTO_CONN and the precedence of the packet: IPTOS_PREC_INTERNETCONTROL for errors.
  const tos = (head[at + IPV4.typeOfService]! & TOS_MASK) | INTERNET_CONTROL;
  const origin = { number: journey.number, how: 'answer' } as const;
  ipSend(net, {
    source,
    destination,
    protocol: IP_PROTOCOL.ICMP,
    tos,
    payload,
    dontFragment: false,
    attachedTo: skb,
    origin,
  });
}

const TOS_MASK = 0x1e;
const INTERNET_CONTROL = 0xc0;

/** Not to broadcasts, not of later fragments, not of errors, not to nobody. */
function mayAnswer({ head, networkHeader: at, pktType, dst }: SkBuff): boolean {
  if (pktType !== PACKET_TYPE.HOST) return false;
  if (dst?.kind === 'broadcast' || dst?.kind === 'multicast') return false;
  if ((readU16(head, at + IPV4.flagsAndOffset) & IPV4_FRAGMENT.OFFSET) !== 0) return false;
  if (head[at + IPV4.protocol] === IP_PROTOCOL.ICMP) {
    const type = head[at + 4 * (head[at]! & 15)]!;
    if (ERRORS.has(type) || type > LAST_TYPE) return false;
  }
  return true;
}

/** The address that the packet was for, when it is ours; otherwise one of the device that it came in by, or leaves by. */
function sourceOf(net: Net, skb: SkBuff, destination: number): number | undefined {
  if (skb.dst?.kind === 'local') return readU32(skb.head, skb.networkHeader + IPV4.destination);
  const route = ipRouteOutput(net, { daddr: destination });
  if (typeof route === 'string') return undefined;
  const dev = route.dev.isLoopback ? (skb.dev ?? route.dev) : route.dev;
  return inetSelectAddr(dev, route.gateway ?? destination) || undefined;
}
