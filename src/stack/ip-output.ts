// IPv4 on its way out: net/ipv4/ip_output.c (ip_local_out, ip_output, ip_finish_output2) and the routing of what the host
// sends, net/ipv4/route.c (ip_route_output_key_hash), v6.18.
import { internetChecksum, writeU16, writeU32 } from '../bytes/index.ts';
import { ETHER_TYPE, ETHERNET, IPV4, PACKET_TYPE } from '../wire/index.ts';
import { CHECK } from './checks.ts';
import { devQueueXmit } from './dev-output.ts';
import type { FibError, Flow } from './fib.ts';
import { addressText, isLimitedBroadcast, isMulticast, prefixMask } from './ipv4-address.ts';
import type { OpenJourney } from './journey-log.ts';
import type { Net } from './net.ts';
import type { NetDevice } from './net-device.ts';
import { HOOK } from './netfilter.ts';
import { attachedInfo } from './nf-conntrack.ts';
import type { Route } from './route.ts';
import { type SkBuff, skbPush, skbPut, skbReserve, skbResetNetworkHeader, skbResetTransportHeader } from './sk-buff.ts';

const TTL_OF_HOST = 'net.ipv4.ip_default_ttl';
const HEADROOM = 64;

/** Which it is, a hash of the flow tells in the kernel. */
export const SEVERAL_HOPS = 'of several next hops the first is taken';

/** Where the host sends something. */
export function ipRouteOutput(net: Net, flow: Partial<Flow> & { readonly daddr: number }): Route | FibError {
  const whole: Flow = {
    saddr: 0,
    iif: net.loopback.ifindex,
    oif: 0,
    tos: 0,
    mark: 0,
    protocol: 0,
    sourcePort: 0,
    destinationPort: 0,
    ...flow,
  };
  const found = net.fib.lookUp(whole, net.deviceName);
  if (typeof found === 'string') return found;
  if (found.type === 'local') return { kind: 'output', dev: net.loopback, fib: found };
  const hop = found.nextHops.find(({ dev }) => dev.isUp);
  if (hop === undefined) return 'ENETUNREACH';
  if (found.nextHops.length > 1) net.assumptions.add(SEVERAL_HOPS);
  const mtu = found.mtu === undefined ? {} : { mtu: found.mtu };
  return {
    kind: 'output',
    dev: hop.dev,
    fib: found,
    ...mtu,
    ...(hop.gateway === undefined ? {} : { gateway: hop.gateway }),
  };
}

/** The address that the host sends from by a device to somebody: inet_select_addr, net/ipv4/devinet.c. */
export function inetSelectAddr(dev: NetDevice, destination: number): number {
  const near = dev.addresses.find(
    ({ local, prefixLength }) => ((local ^ destination) & prefixMask(prefixLength)) === 0,
  );
  return (near ?? dev.addresses[0])?.local ?? 0;
}

export interface Answer {
  readonly source: number;
  readonly destination: number;
  readonly protocol: number;
  readonly tos: number;
  /** What IP carries. */
  readonly payload: Uint8Array;
  readonly dontFragment: boolean;
  readonly mark?: number;
  /** The packet whose connection it belongs to, the other way: nf_ct_attach. */
  readonly attachedTo?: SkBuff;
  /** Of the packet that is answered. */
  readonly origin: NonNullable<OpenJourney['origin']>;
}

/** A packet of the host's own, which answers another; where there is a way to send it. */
export function ipSend(net: Net, answer: Answer): void {
  const { source, destination, protocol, payload, tos, mark = 0 } = answer;
  const route = ipRouteOutput(net, { daddr: destination, saddr: source, protocol, tos, mark });
  if (typeof route === 'string') return;
  const skb = net.skbs.allocSkb(HEADROOM + IPV4.size + payload.length);
  skbReserve(skb, HEADROOM);
  const at = skbPut(skb, IPV4.size + payload.length);
  writeHeader(skb.head, at, answer, net.sysctls.number(TTL_OF_HOST));
  skb.head.set(payload, at + IPV4.size);
  skb.protocol = ETHER_TYPE.IPV4;
  skb.pktType = PACKET_TYPE.OUTGOING;
  skb.macHeader = skb.data;
  skbResetNetworkHeader(skb);
  skb.data += IPV4.size;
  skbResetTransportHeader(skb);
  skb.data -= IPV4.size;
  skb.dst = route;
  skb.mark = mark;
  skb.dev = route.dev;
  const { attachedTo } = answer;
  if (attachedTo?.nfct !== undefined) {
    skb.nfct = attachedTo.nfct;
    skb.nfctInfo = attachedInfo(attachedTo);
  }
  net.begin(skb, answer.origin);
  if (net.nfHook(HOOK.LOCAL_OUT, skb, undefined, route.dev)) ipOutput(net, skb);
}

function writeHeader(bytes: Uint8Array, at: number, answer: Answer, ttl: number): void {
  bytes.fill(0, at, at + IPV4.size);
  bytes[at] = 0x45;
  bytes[at + IPV4.typeOfService] = answer.tos;
  writeU16(bytes, at + IPV4.totalLength, IPV4.size + answer.payload.length);
  if (answer.dontFragment) bytes[at + IPV4.flagsAndOffset] = 0x40;
  bytes[at + IPV4.timeToLive] = ttl;
  bytes[at + IPV4.protocol] = answer.protocol;
  writeU32(bytes, at + IPV4.source, answer.source);
  writeU32(bytes, at + IPV4.destination, answer.destination);
  writeU16(bytes, at + IPV4.checksum, internetChecksum(bytes, at, IPV4.size));
}

export function ipOutput(net: Net, skb: SkBuff): void {
  const { dev } = skb.dst!;
  const from = skb.dev;
  skb.dev = dev;
  net.step(skb, 'ip.output', dev);
  if (net.nfHook(HOOK.POST_ROUTING, skb, from === dev ? undefined : from, dev)) ipFinishOutput2(net, skb);
}

/** The next hop's address is looked up, and the link-layer header written. */
function ipFinishOutput2(net: Net, skb: SkBuff): void {
  const { dev, gateway, mtu = dev.mtu } = skb.dst!;
  if (skb.len > mtu) {
    net.unknown(skb, 'ip.output', 'packets are not cut into fragments yet');
    return;
  }
  const destination = readDestination(skb);
  const hop = gateway ?? destination;
  if (!pushLinkHeader(net, skb, dev, hop)) return;
  devQueueXmit(net, skb, dev.isLoopback ? undefined : hop);
}

function readDestination({ head, networkHeader }: SkBuff): number {
  const at = networkHeader + IPV4.destination;
  return ((head[at]! << 24) | (head[at + 1]! << 16) | (head[at + 2]! << 8) | head[at + 3]!) >>> 0;
}

/** neigh_output. False when the packet waits, or has gone. */
function pushLinkHeader(net: Net, skb: SkBuff, dev: NetDevice, hop: number): boolean {
  const to = linkAddressOf(net, skb, dev, hop);
  if (to === undefined) return false;
  const at = skbPush(skb, ETHERNET.size);
  skb.head.set(to, at);
  skb.head.set(dev.devAddr, at + ETHERNET.source);
  writeU16(skb.head, at + ETHERNET.type, ETHER_TYPE.IPV4);
  return true;
}

const NOBODY = new Uint8Array(6);
const EVERYBODY = new Uint8Array(6).fill(0xff);

function linkAddressOf(net: Net, skb: SkBuff, dev: NetDevice, hop: number): Uint8Array | undefined {
  if (dev.isLoopback || dev.type !== ETHER) return NOBODY;
  if (isLimitedBroadcast(hop) || skb.dst!.fib?.type === 'broadcast') return EVERYBODY;
  if (isMulticast(hop)) return Uint8Array.of(0x01, 0x00, 0x5e, (hop >>> 16) & 0x7f, (hop >>> 8) & 0xff, hop & 0xff);
  const known = net.neighbour(dev, hop);
  if (known?.linkAddress !== undefined && known.state === 'reachable') return known.linkAddress;
  const step = net.step(skb, 'neighbour', dev);
  step.detail = { address: addressText(hop) };
  if (known?.state === 'failed') {
    net.kfreeSkb(skb, CHECK.neighbourFailed);
    return undefined;
  }
  step.verdict = 'assumed';
  net.assumptions.add(`${addressText(hop)} answers when it is asked for its address on ${dev.name}`);
  return NOBODY;
}

/** ARPHRD_ETHER. */
const ETHER = 1;
