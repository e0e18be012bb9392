// Where a received packet goes: net/ipv4/route.c (ip_route_input_rcu, ip_route_input_slow, ip_error) and the validation of its
// source, net/ipv4/fib_frontend.c (fib_validate_source), v6.18. The order of the questions is the kernel's.
import { readU16, readU32 } from '../bytes/index.ts';
import { ETHER_TYPE, IP_PROTOCOL, IPV4 } from '../wire/index.ts';
import { CHECK, type Check } from './checks.ts';
import type { FibError, FibRoute, Flow } from './fib.ts';
import { SEVERAL_HOPS } from './ip-output.ts';
import { isLimitedBroadcast, isLocalMulticast, isLoopbackAddress, isMulticast } from './ipv4-address.ts';
import type { Net } from './net.ts';
import type { NetDevice } from './net-device.ts';
import type { Route } from './route.ts';
import type { SkBuff } from './sk-buff.ts';

/** A route, or the check that refused the packet. */
export function ipRouteInput(net: Net, skb: SkBuff): Route | Check {
  const flow = flowOf(skb);
  return isMulticast(flow.daddr) ? multicastInput(net, skb, flow) : inputSlow(net, skb, flow);
}

function isCheck(found: Route | Check | undefined): found is Check {
  return found !== undefined && 'reason' in found;
}

function flowOf({ head, networkHeader: at, transportHeader, dev, mark, tail }: SkBuff): Flow {
  const protocol = head[at + IPV4.protocol]!;
  const hasPorts = (protocol === IP_PROTOCOL.TCP || protocol === IP_PROTOCOL.UDP) && transportHeader + 4 <= tail;
  return {
    daddr: readU32(head, at + IPV4.destination),
    saddr: readU32(head, at + IPV4.source),
    iif: dev!.ifindex,
    oif: 0,
    tos: head[at + IPV4.typeOfService]! & TOS_RT_MASK,
    mark,
    protocol,
    sourcePort: hasPorts ? readU16(head, transportHeader) : 0,
    destinationPort: hasPorts ? readU16(head, transportHeader + 2) : 0,
  };
}

/** Every device has an in_device from its registration on, unless it is too small for IPv4 (inetdev_event, net/ipv4/devinet.c). */
const IPV4_MIN_MTU = 68;

/** INET_DSCP_MASK: the two bits of ECN are none of routing's. */
const TOS_RT_MASK = 0xfc;

function multicastInput(net: Net, skb: SkBuff, flow: Flow): Route | Check {
  const dev = skb.dev!;
  if (dev.addresses.length === 0 || !dev.groups.has(flow.daddr)) return CHECK.groupNotJoined;
  const { saddr } = flow;
  if (isMulticast(saddr) || isLimitedBroadcast(saddr)) return CHECK.sourceInvalid;
  if (skb.protocol !== ETHER_TYPE.IPV4) return CHECK.notIpProtocol;
  if (isLoopbackAddress(saddr) && !net.sysctls.confOr(dev.name, 'route_localnet')) return CHECK.sourceLocalnet;
  if (saddr === 0) {
    const isIgmp = skb.head[skb.networkHeader + IPV4.protocol] === IP_PROTOCOL.IGMP;
    if (!isLocalMulticast(flow.daddr) && !isIgmp) return CHECK.sourceInvalid;
  } else {
    const wrong = fibValidateSource(net, dev, flow, undefined);
    if (wrong !== undefined) return wrong;
  }
  return { kind: 'multicast', dev: net.loopback };
}

function inputSlow(net: Net, skb: SkBuff, flow: Flow): Route | Check {
  const dev = skb.dev!;
  const { saddr, daddr } = flow;
  if (dev.mtu < IPV4_MIN_MTU) return CHECK.noInDevice;
  if (isMulticast(saddr) || isLimitedBroadcast(saddr)) return CHECK.sourceInvalid;
  if (isLimitedBroadcast(daddr) || (saddr === 0 && daddr === 0)) return broadcastInput(net, skb, flow);
  if (saddr === 0) return CHECK.sourceInvalid;
  if (daddr === 0) return CHECK.destinationInvalid;
  if (isLoopbackAddress(daddr)) {
    if (!net.sysctls.confOr(dev.name, 'route_localnet')) return CHECK.destinationLocalnet;
  } else if (isLoopbackAddress(saddr) && !net.sysctls.confOr(dev.name, 'route_localnet')) return CHECK.sourceLocalnet;
  const forwards = net.sysctls.forwarding(dev.name);
  const found = net.fib.lookUp(flow, net.deviceName);
  if (typeof found === 'string') return errorRoute(net, forwards ? found : 'EHOSTUNREACH');
  if (found.type === 'broadcast') {
    return net.sysctls.confAnd(dev.name, 'bc_forwarding')
      ? forwardRoute(net, dev, flow, found)
      : broadcastInput(net, skb, flow);
  }
  if (found.type === 'local') {
    return fibValidateSource(net, dev, flow, undefined) ?? { kind: 'local', dev: net.loopback, fib: found };
  }
  if (!forwards) return errorRoute(net, 'EHOSTUNREACH');
  if (found.type !== 'unicast') return CHECK.destinationNotUnicast;
  return forwardRoute(net, dev, flow, found);
}

function errorRoute(net: Net, error: FibError): Route {
  return { kind: 'error', dev: net.loopback, error };
}

function broadcastInput(net: Net, skb: SkBuff, flow: Flow): Route | Check {
  if (skb.protocol !== ETHER_TYPE.IPV4) return CHECK.notIpProtocol;
  if (flow.saddr !== 0) {
    const wrong = fibValidateSource(net, skb.dev!, flow, undefined);
    if (wrong !== undefined) return wrong;
  }
  return { kind: 'broadcast', dev: net.loopback };
}

/** __mkroute_input. */
function forwardRoute(net: Net, dev: NetDevice, flow: Flow, fib: FibRoute): Route | Check {
  const hop = fib.nextHops.find((one) => one.dev.isUp);
  if (hop === undefined) return errorRoute(net, 'ENETUNREACH');
  if (fib.nextHops.length > 1) net.assumptions.add(SEVERAL_HOPS);
  const wrong = fibValidateSource(net, dev, flow, hop.dev);
  if (isCheck(wrong)) return wrong;
  return {
    kind: 'forward',
    dev: hop.dev,
    fib,
    ...(hop.gateway === undefined ? {} : { gateway: hop.gateway }),
    ...(fib.mtu === undefined ? {} : { mtu: fib.mtu }),
  };
}

/** undefined: the source may be one. `out`: the device that the packet would leave by, when it is forwarded. */
function fibValidateSource(net: Net, dev: NetDevice, flow: Flow, out: NetDevice | undefined): Check | undefined {
  const { sysctls } = net;
  const rp = sysctls.confMax(dev.name, 'rp_filter');
  const acceptsLocal = sysctls.confOr(dev.name, 'accept_local');
  const mayRedirect = out === dev && sysctls.confOr(dev.name, 'send_redirects');
  if (rp === 0 && !mayRedirect) {
    if (acceptsLocal) return undefined;
    if (!net.fib.hasCustomLocalRoutes && !net.fib.hasCustomRules) {
      return net.isLocalAddress(flow.saddr) ? CHECK.sourceIsOurs : undefined;
    }
  }
  return validateSourceSlow(net, dev, flow, rp, acceptsLocal);
}

/** __fib_validate_source. */
function validateSourceSlow(
  net: Net,
  dev: NetDevice,
  flow: Flow,
  rp: number,
  acceptsLocal: boolean,
): Check | undefined {
  const usesMark = net.sysctls.confOr(dev.name, 'src_valid_mark');
  const back: Flow = {
    ...flow,
    daddr: flow.saddr,
    saddr: flow.daddr,
    // The device, or lo for those that have none: fl4.flowi4_iif = oif ? : LOOPBACK_IFINDEX.
    iif: net.loopback.ifindex,
    mark: usesMark ? flow.mark : 0,
    sourcePort: flow.destinationPort,
    destinationPort: flow.sourcePort,
  };
  const found = net.fib.lookUp(back, net.deviceName);
  if (typeof found === 'string') return rp === 0 ? undefined : CHECK.rpFilter;
  if (found.type !== 'unicast') {
    if (found.type !== 'local') return CHECK.sourceNotUnicast;
    if (!acceptsLocal) return CHECK.sourceIsOurs;
  }
  if (found.nextHops.some((hop) => hop.dev === dev)) return undefined;
  if (dev.addresses.length === 0) return rp === 0 ? undefined : CHECK.rpFilter;
  return rp === 1 ? CHECK.rpFilter : undefined;
}
