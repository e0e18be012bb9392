// ICMP received: net/ipv4/icmp.c (icmp_rcv, icmp_echo, icmp_unreach), v6.18.
import { internetChecksum, readU32, writeU16, writeU32 } from '../bytes/index.ts';
import { ICMP, ICMP_TYPE, IP_PROTOCOL, IPV4 } from '../wire/index.ts';
import { CHECK, type Check } from './checks.ts';
import { inetSelectAddr, ipSend } from './ip-output.ts';
import type { Net } from './net.ts';
import { pskbMayPull, type SkBuff } from './sk-buff.ts';

/** NR_ICMP_TYPES. */
const LAST_TYPE = 18;

/** Echo of RFC 8335, which the kernel answers with probes. */
const EXT_ECHO = 42;
const EXT_ECHO_REPLY = 43;

export function icmpRcv(net: Net, skb: SkBuff): void {
  net.step(skb, 'icmp');
  net.count('IcmpInMsgs');
  const { head, data } = skb;
  if (internetChecksum(head, data, skb.len) !== 0) {
    net.kfreeSkb(skb, CHECK.icmpChecksum);
    return;
  }
  if (!pskbMayPull(skb, ICMP.size)) {
    net.kfreeSkb(skb, CHECK.icmpShort);
    return;
  }
  const type = head[data + ICMP.type]!;
  const wrong = typeCheck(net, skb, type);
  if (wrong !== undefined) {
    net.kfreeSkb(skb, wrong);
    return;
  }
  handle(net, skb, type);
}

/** What may be sent to many at a time; then, which types there are. */
function typeCheck(net: Net, { dst }: SkBuff, type: number): Check | undefined {
  if (dst!.kind === 'broadcast' || dst!.kind === 'multicast') {
    const isEcho = type === ICMP_TYPE.ECHO || type === ICMP_TYPE.TIMESTAMP;
    if (isEcho && net.sysctls.number('net.ipv4.icmp_echo_ignore_broadcasts') !== 0) return CHECK.icmpBroadcast;
    if (!isEcho && type !== ICMP_TYPE.ADDRESS_MASK && type !== ICMP_TYPE.ADDRESS_MASK_REPLY) return CHECK.icmpBroadcast;
  }
  return type > LAST_TYPE && type !== EXT_ECHO && type !== EXT_ECHO_REPLY ? CHECK.icmpUnknown : undefined;
}

function handle(net: Net, skb: SkBuff, type: number): void {
  switch (type) {
    case ICMP_TYPE.ECHO:
      echo(net, skb);
      return;
    case ICMP_TYPE.ECHO_REPLY:
      net.kfreeSkb(skb, CHECK.icmpNoPing);
      return;
    case ICMP_TYPE.TIMESTAMP:
      timestamp(net, skb);
      return;
    case ICMP_TYPE.REDIRECT:
      if (pskbMayPull(skb, ICMP.size + IPV4.size)) used(net, skb, 'icmp_rcv');
      else net.kfreeSkb(skb, CHECK.icmpRedirectShort);
      return;
    case ICMP_TYPE.UNREACHABLE:
    case ICMP_TYPE.TIME_EXCEEDED:
    case ICMP_TYPE.PARAMETER_PROBLEM:
    case ICMP_TYPE.SOURCE_QUENCH:
      error(net, skb);
      return;
    default:
      used(net, skb, 'icmp_rcv');
  }
}

function used(net: Net, skb: SkBuff, by: string): void {
  net.consumeSkb(skb, { kind: 'consumed', point: 'icmp', by });
}

/** An error must quote a packet, whose owner is told. */
function error(net: Net, skb: SkBuff): void {
  const quote = skb.data + ICMP.size;
  if (!pskbMayPull(skb, ICMP.size + IPV4.size)) net.kfreeSkb(skb, CHECK.icmpQuoteShort);
  else if ((skb.head[quote]! & 15) < IPV4.size / 4) net.kfreeSkb(skb, CHECK.icmpQuote);
  else used(net, skb, 'icmp_rcv');
}

function echo(net: Net, skb: SkBuff): void {
  const { head, data, tail } = skb;
  if (net.sysctls.number('net.ipv4.icmp_echo_ignore_all') === 0) {
    const payload = head.slice(data, tail);
    payload[0] = ICMP_TYPE.ECHO_REPLY;
    reply(net, skb, payload);
  }
  used(net, skb, 'icmp_rcv');
}

const MS_PER_DAY = 86_400_000;

/** Three times behind the header: theirs, and ours twice. */
function timestamp(net: Net, skb: SkBuff): void {
  const { head, data } = skb;
  if (!pskbMayPull(skb, ICMP.originateTime + 4)) {
    net.kfreeSkb(skb, CHECK.icmpTimestampShort);
    return;
  }
  const payload = new Uint8Array(ICMP.transmitTime + 4);
  payload.set(head.subarray(data, data + ICMP.originateTime + 4));
  payload[0] = ICMP_TYPE.TIMESTAMP_REPLY;
  payload[1] = 0;
  const now = Math.floor(net.nowNs / 1e6) % MS_PER_DAY;
  writeU32(payload, ICMP.receiveTime, now);
  writeU32(payload, ICMP.transmitTime, now);
  reply(net, skb, payload);
  used(net, skb, 'icmp_rcv');
}

/** icmp_reply: from the address that was asked, unless many were. */
function reply(net: Net, skb: SkBuff, payload: Uint8Array): void {
  const { head, networkHeader: at, journey, dst } = skb;
  if (journey === undefined) return;
  writeU16(payload, ICMP.checksum, 0);
  writeU16(payload, ICMP.checksum, internetChecksum(payload, 0, payload.length));
  const destination = readU32(head, at + IPV4.source);
  const own = readU32(head, at + IPV4.destination);
  const source = dst?.kind === 'local' ? own : inetSelectAddr(skb.dev!, destination);
  const tos = head[at + IPV4.typeOfService]!;
  journey.last.detail = { answer: `ICMP ${payload[0]}/0` };
  const origin = { number: journey.number, how: 'answer' } as const;
  ipSend(net, { source, destination, protocol: IP_PROTOCOL.ICMP, tos, payload, dontFragment: false, origin });
}
