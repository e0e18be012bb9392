// IPv4 received: net/ipv4/ip_input.c (ip_rcv, ip_rcv_core, ip_rcv_finish), v6.18.
import { internetChecksum, readU16 } from '../bytes/index.ts';
import { ETHER_TYPE, ICMP_TYPE, IPV4, PACKET_TYPE } from '../wire/index.ts';
import { CHECK, type Check } from './checks.ts';
import { icmpSend } from './icmp-send.ts';
import { ipLocalDeliver } from './ip-deliver.ts';
import { ipForward } from './ip-forward.ts';
import { ipOptionsCompile } from './ip-options.ts';
import type { Net } from './net.ts';
import { HOOK } from './netfilter.ts';
import type { PacketHandler } from './packet-handler.ts';
import type { Route } from './route.ts';
import { ipRouteInput } from './route-input.ts';
import { pskbMayPull, type SkBuff, skbTrim } from './sk-buff.ts';

/** In place of ipv6_packet_type: IPv6 has a handler in every kernel, and none here. */
export function ipv6PacketType(net: Net): PacketHandler {
  return {
    type: ETHER_TYPE.IPV6,
    func: (skb) => {
      net.step(skb, 'ip.receive');
      net.unknown(skb, 'ip.receive', 'IPv6 is not modelled yet');
    },
  };
}

/** What ip_init registers: ip_packet_type. */
export function ipPacketType(net: Net): PacketHandler {
  return { type: ETHER_TYPE.IPV4, func: (skb, dev) => ipRcv(net, skb, dev) };
}

function ipRcv(net: Net, skb: SkBuff, dev: NonNullable<SkBuff['dev']>): void {
  net.step(skb, 'ip.receive');
  if (!ipRcvCore(net, skb)) return;
  if (net.nfHook(HOOK.PRE_ROUTING, skb, dev, undefined)) ipRcvFinish(net, skb);
}

/** False when the packet has gone. */
function ipRcvCore(net: Net, skb: SkBuff): boolean {
  const wrong = ipCheck(net, skb);
  if (wrong === undefined) return true;
  net.kfreeSkb(skb, wrong);
  return false;
}

/** ip_rcv_core. */
function ipCheck(net: Net, skb: SkBuff): Check | undefined {
  if (skb.pktType === PACKET_TYPE.OTHERHOST) return CHECK.ipOtherhost;
  net.count('IpInReceives');
  if (!pskbMayPull(skb, IPV4.size)) return CHECK.ipShort;
  const { head, data: at } = skb;
  const headerLength = 4 * (head[at]! & 15);
  if (headerLength < IPV4.size || head[at]! >> 4 !== 4) return CHECK.ipVersion;
  if (!pskbMayPull(skb, headerLength)) return CHECK.ipHeaderShort;
  if (internetChecksum(head, at, headerLength) !== 0) return CHECK.ipChecksum;
  const totalLength = readU16(head, at + IPV4.totalLength);
  if (skb.len < totalLength) return CHECK.ipTruncated;
  if (totalLength < headerLength) return CHECK.ipTotalLength;
  skbTrim(skb, totalLength);
  skb.transportHeader = at + headerLength;
  return undefined;
}

/** ip_rcv_finish_core, and what the route says then. */
function ipRcvFinish(net: Net, skb: SkBuff): void {
  const route = skb.dst ?? routeOf(net, skb);
  if (route === undefined) return;
  skb.dst = route;
  if (!optionsAreFine(net, skb)) return;
  if (isUnicastInGroup(net, skb, route)) {
    net.kfreeSkb(skb, CHECK.unicastInL2Multicast);
    return;
  }
  switch (route.kind) {
    case 'forward':
      ipForward(net, skb);
      return;
    case 'error':
      ipError(net, skb, route);
      return;
    default:
      ipLocalDeliver(net, skb);
  }
}

function routeOf(net: Net, skb: SkBuff): Route | undefined {
  const step = net.step(skb, 'route');
  const found = ipRouteInput(net, skb);
  if ('reason' in found) {
    net.kfreeSkb(skb, found);
    return undefined;
  }
  step.verdict = found.kind === 'error' ? 'unreachable' : 'found';
  step.route = found;
  return found;
}

/** ip_rcv_options. */
function optionsAreFine(net: Net, skb: SkBuff): boolean {
  const { head, networkHeader: at } = skb;
  const headerLength = 4 * (head[at]! & 15);
  if (headerLength === IPV4.size) return true;
  const { badAt, hasSourceRoute } = ipOptionsCompile(head, at, headerLength);
  if (badAt !== undefined) {
    icmpSend(net, skb, ICMP_TYPE.PARAMETER_PROBLEM, 0, badAt << 8);
    net.kfreeSkb(skb, CHECK.optionsBad);
    return false;
  }
  if (hasSourceRoute && !net.sysctls.confAnd(skb.dev!.name, 'accept_source_route')) {
    net.kfreeSkb(skb, CHECK.optionsSourceRoute);
    return false;
  }
  if (hasSourceRoute) {
    net.unknown(skb, 'route', 'source routes are not followed yet');
    return false;
  }
  return true;
}

function isUnicastInGroup(net: Net, { dev, pktType }: SkBuff, { kind }: Route): boolean {
  if (pktType !== PACKET_TYPE.BROADCAST && pktType !== PACKET_TYPE.MULTICAST) return false;
  if (kind === 'broadcast' || kind === 'multicast') return false;
  return net.sysctls.confOr(dev!.name, 'drop_unicast_in_l2_multicast');
}

/** dst.input of a route that is none. */
function ipError(net: Net, skb: SkBuff, { error }: Route): void {
  if (!net.sysctls.forwarding(skb.dev!.name)) {
    net.kfreeSkb(skb, error === 'ENETUNREACH' ? CHECK.errorNoRouteHost : CHECK.errorNotForwarding);
    return;
  }
  switch (error) {
    case 'EINVAL':
      net.kfreeSkb(skb, CHECK.errorBlackhole);
      return;
    case 'EHOSTUNREACH':
      icmpSend(net, skb, ICMP_TYPE.UNREACHABLE, 1);
      net.kfreeSkb(skb, CHECK.errorUnreachable);
      return;
    case 'EACCES':
      icmpSend(net, skb, ICMP_TYPE.UNREACHABLE, 13);
      net.kfreeSkb(skb, CHECK.errorProhibit);
      return;
    default:
      icmpSend(net, skb, ICMP_TYPE.UNREACHABLE, 0);
      net.kfreeSkb(skb, CHECK.errorNoRoute);
  }
}
