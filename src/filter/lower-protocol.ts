// Protocols and ports: tcp, ip proto, protochain, port, portrange, broadcast, multicast and llc. Follows libpcap 1.10's
// gen_proto, gen_proto_abbrev, gen_protochain, gen_port, gen_portrange, gen_broadcast, gen_multicast, gen_llc (gencode.c).
import { ALWAYS, allOf, anyOf, type Condition, not } from './condition.ts';
import { carries, FRAME_RELAY_UI, hasLength, insideCheck, isAtmLlc, isWlanData, RAW_IPX } from './link-type-test.ts';
import { fixedAddress, inDirection, toDsOr, wlanAddress, wlanEnd } from './lower-address.ts';
import type { Lowering } from './lowering.ts';
import type { Primitive, Transport } from './resolve.ts';
import type { ProtocolName } from './tree.ts';
import { ISO_PROTOCOLS, PROTOCOL_TYPE as TYPE } from './type-names.ts';
import type { Value } from './value.ts';

/** Names that stand for an EtherType or an address of LLC. */
export const LINK_PROTOCOLS: Partial<Record<ProtocolName, number>> = {
  ip: TYPE.IP,
  arp: TYPE.ARP,
  rarp: TYPE.RARP,
  ip6: TYPE.IPV6,
  atalk: TYPE.ATALK,
  aarp: TYPE.AARP,
  decnet: TYPE.DECNET,
  sca: TYPE.SCA,
  lat: TYPE.LAT,
  mopdl: TYPE.MOPDL,
  moprc: TYPE.MOPRC,
  iso: TYPE.LLC_ISO,
  stp: TYPE.LLC_STP,
  ipx: TYPE.LLC_IPX,
  netbeui: TYPE.LLC_NETBEUI,
};

/** Names that stand for a protocol number, and over what: undefined is IPv4 or IPv6. */
export const INNER_PROTOCOLS: Partial<Record<ProtocolName, readonly [number, 'ip' | 'ip6' | 'iso' | undefined]>> = {
  sctp: [132, undefined],
  tcp: [6, undefined],
  udp: [17, undefined],
  pim: [103, undefined],
  ah: [51, undefined],
  esp: [50, undefined],
  icmp: [1, 'ip'],
  igmp: [2, 'ip'],
  igrp: [9, 'ip'],
  vrrp: [112, 'ip'],
  carp: [112, 'ip'],
  icmp6: [58, 'ip6'],
  esis: [ISO_PROTOCOLS.get('esis')!, 'iso'],
  isis: [ISO_PROTOCOLS.get('isis')!, 'iso'],
  clnp: [ISO_PROTOCOLS.get('clnp')!, 'iso'],
};

/** Types of IS-IS packets (ISO 10589), in the order in which they are asked for. */
const ISIS_TYPES: Partial<Record<ProtocolName, readonly [number, ...number[]]>> = {
  l1: [26, 24, 18, 15, 17],
  l2: [27, 25, 20, 16, 17],
  iih: [17, 15, 16],
  lsp: [18, 20],
  snp: [27, 26, 24, 25],
  csnp: [24, 25],
  psnp: [26, 27],
};

/** Whether the packet carries a protocol named by itself: "tcp", "arp", "isis". */
export function lowerProtocol(lowering: Lowering, protocol: ProtocolName): Condition {
  const linkProtocol = LINK_PROTOCOLS[protocol];
  if (linkProtocol !== undefined) return carries(lowering, linkProtocol);
  const inner = INNER_PROTOCOLS[protocol];
  if (inner !== undefined) return lowerProto(lowering, inner[1], inner[0]);
  const types = ISIS_TYPES[protocol];
  if (types === undefined) throw lowering.error(`"${protocol}" needs something after it`);
  const [first, ...rest] = types.map((type) => isis(lowering, type));
  return anyOf(first!, ...rest);
}

/** Where the protocol's number stands in the network header. */
const NEXT = { ip: 9, ip6: 6 } as const;
const FRAGMENT = 44;
const IPV6_HEADER = 40;

/** "ip proto 6" and its like; without a protocol: of IPv4 or IPv6. */
export function lowerProto(lowering: Lowering, protocol: ProtocolName | undefined, number: number): Condition {
  switch (protocol) {
    case undefined:
      return anyOf(lowerProto(lowering, 'ip', number), lowerProto(lowering, 'ip6', number));
    case 'link':
      return carries(lowering, number);
    case 'ip':
      return allOf(carries(lowering, TYPE.IP), lowering.field('network', NEXT.ip, 1, number));
    case 'ip6': {
      const fragment = allOf(
        lowering.field('network', NEXT.ip6, 1, FRAGMENT),
        lowering.field('network', IPV6_HEADER, 1, number),
      );
      return allOf(carries(lowering, TYPE.IPV6), anyOf(lowering.field('network', NEXT.ip6, 1, number), fragment));
    }
    case 'iso':
      return iso(lowering, number);
    case 'isis':
      return isis(lowering, number);
    default:
      throw lowering.error(`"${protocol}" carries no protocol that a number names`);
  }
}

/** LINKTYPE_FRELAY, LINKTYPE_C_HDLC and DLT_HDLC: no LLC before the network layer's identifier. */
const FRELAY = 107;
const HDLC: ReadonlySet<number> = new Set([104, 112]);

function iso(lowering: Lowering, number: number): Condition {
  if (lowering.linkType === FRELAY) return lowering.field('link', 2, 2, FRAME_RELAY_UI | number);
  const bothSaps = (TYPE.LLC_ISO << 8) | TYPE.LLC_ISO;
  if (HDLC.has(lowering.linkType)) {
    return allOf(carries(lowering, bothSaps), lowering.field('network without snap', 1, 1, number));
  }
  return allOf(carries(lowering, TYPE.LLC_ISO), lowering.field('network without snap', 0, 1, number));
}

function isis(lowering: Lowering, type: number): Condition {
  const isIsis = iso(lowering, ISO_PROTOCOLS.get('isis')!);
  return allOf(isIsis, lowering.field('network without snap', 4, 1, type));
}

const AH = 51;
const NO_NEXT_HEADER = 59;
/** Hop-by-hop options, destination options, routing, fragment: all but the last have a length field. */
const IPV6_EXTENSIONS = [0, 60, 43, FRAGMENT] as const;

type Chain = Pick<Extract<Primitive, { kind: 'proto' | 'protochain' }>, 'protocol' | 'number'>;

/** Whether a chain of headers leads to the protocol. As libpcap's: it takes every extension header to have a length. */
export function lowerProtochain(lowering: Lowering, { protocol, number }: Chain): Condition {
  lowering.takeRegister();
  if (protocol === undefined) {
    // The register stays taken, as in libpcap.
    return anyOf(
      lowerProtochain(lowering, { protocol: 'ip', number }),
      lowerProtochain(lowering, { protocol: 'ip6', number }),
    );
  }
  if (protocol !== 'ip' && protocol !== 'ip6') throw lowering.error('"protochain" goes with ip and ip6 only');
  if (lowering.payload.variable !== undefined) {
    throw lowering.error('"protochain" does not work where the length of a header before varies');
  }
  const linkProtocol = protocol === 'ip' ? TYPE.IP : TYPE.IPV6;
  const condition = allOf(carries(lowering, linkProtocol), chain(lowering, protocol, number));
  lowering.freeRegister();
  return condition;
}

function chain(lowering: Lowering, family: 'ip' | 'ip6', number: number): Condition {
  const { values, chain } = lowering;
  const network = lowering.payload.constant + lowering.network;
  const is = (value: number) => lowering.test('eq', values.variable(chain.protocol), value);
  const steps =
    family === 'ip6' ? anyOf(passExtension(lowering), passAuthentication(lowering)) : passAuthentication(lowering);
  return allOf(
    lowering.set(chain.protocol, values.load(1, network + NEXT[family])),
    lowering.set(chain.offset, family === 'ip' ? values.headerLength(network) : values.constant(IPV6_HEADER)),
    { kind: 'repeat', again: allOf(not(is(number)), not(is(NO_NEXT_HEADER)), steps) },
    is(number),
  );
}

/** True at an extension header of IPv6, which it steps over. */
function passExtension(lowering: Lowering): Condition {
  const { values, chain } = lowering;
  const at = values.variable(chain.offset);
  const [first, ...rest] = IPV6_EXTENSIONS.map((value) => lowering.test('eq', values.variable(chain.protocol), value));
  const length = times(lowering, chainByte(lowering, at, 1), 1, 8);
  return allOf(anyOf(first!, ...rest), goOn(lowering, values.operation('add', length, at)));
}

/** True at an authentication header, which it steps over; as libpcap, counting from the start of the network header. */
function passAuthentication(lowering: Lowering): Condition {
  const { values, chain } = lowering;
  const second = chainByte(lowering, values.operation('add', values.variable(chain.offset), values.constant(1)), 0);
  const isAuthentication = lowering.test('eq', values.variable(chain.protocol), AH);
  return allOf(isAuthentication, goOn(lowering, times(lowering, second, 2, 4)));
}

/** (value + add) * unit. */
function times({ values }: Lowering, value: Value, add: number, unit: number): Value {
  return values.operation('mul', values.operation('add', value, values.constant(add)), values.constant(unit));
}

function chainByte(lowering: Lowering, base: Value, offset: number): Value {
  return lowering.values.load(1, lowering.payload.constant + lowering.network + offset, base);
}

/** The next header's protocol is read here, before the offset moves on. */
function goOn(lowering: Lowering, to: Value): Condition {
  const { values, chain } = lowering;
  return allOf(
    lowering.set(chain.next, chainByte(lowering, values.variable(chain.offset), 0)),
    lowering.set(chain.offset, to),
    lowering.set(chain.protocol, values.variable(chain.next)),
  );
}

/** Not a later fragment of IPv4: those have no transport header. */
export function isFirstFragment(lowering: Lowering): Condition {
  return not(lowering.anyBit('network', 6, 2, 0x1fff));
}

export const TRANSPORTS: Readonly<Record<Transport, number>> = { tcp: 6, udp: 17, sctp: 132 };
const PORT = { src: 0, dst: 2 } as const;

type Ports = Pick<
  Extract<Primitive, { kind: 'port' | 'portrange' }>,
  'kind' | 'transport' | 'direction' | 'from' | 'to'
>;

/** A port or a range of them, over IPv4 and IPv6. */
export function lowerPorts(lowering: Lowering, ports: Ports): Condition {
  return anyOf(portsOver(lowering, ports, 'ip6'), portsOver(lowering, ports, 'ip'));
}

export function portsOver(lowering: Lowering, ports: Ports, family: 'ip' | 'ip6'): Condition {
  const isFamily = carries(lowering, family === 'ip' ? TYPE.IP : TYPE.IPV6);
  const over = (transport: Transport) => portsOf(lowering, ports, family, transport);
  if (ports.transport !== undefined) return allOf(isFamily, over(ports.transport));
  return allOf(isFamily, anyOf(over('sctp'), anyOf(over('tcp'), over('udp'))));
}

function portsOf(lowering: Lowering, ports: Ports, family: 'ip' | 'ip6', transport: Transport): Condition {
  const isTransport = lowering.field('network', NEXT[family], 1, TRANSPORTS[transport]);
  const match = inDirection(lowering, ports.direction, (end) => portAt(lowering, ports, family, PORT[end]));
  return family === 'ip' ? allOf(isTransport, isFirstFragment(lowering), match) : allOf(isTransport, match);
}

function portAt(lowering: Lowering, { kind, from, to }: Ports, family: 'ip' | 'ip6', offset: number): Condition {
  const origin = family === 'ip' ? 'transport over ipv4' : 'transport over ipv6';
  if (kind === 'port') return lowering.field(origin, offset, 2, from);
  const port = lowering.load(origin, offset, 2);
  return allOf(lowering.test('ge', port, Math.min(from, to)), not(lowering.test('gt', port, Math.max(from, to))));
}

const ALL_ONES = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const ARCNET_BROADCAST = Uint8Array.of(0);

export function lowerBroadcast(lowering: Lowering, protocol: ProtocolName | undefined): Condition {
  if (protocol === 'ip') return ipBroadcast(lowering);
  if (protocol !== undefined && protocol !== 'link') throw lowering.error('"broadcast" goes with ether and ip only');
  const { addresses } = lowering.layer;
  if (addresses === undefined) throw lowering.error(`there are no broadcasts on ${lowering.linkTypeText()}`);
  if (addresses === 'arcnet') return fixedAddress(lowering, addresses, 'dst', ARCNET_BROADCAST);
  if (addresses === 'wlan') return wlanAddress(lowering, 'dst', ALL_ONES);
  return inside(lowering, fixedAddress(lowering, addresses, 'dst', ALL_ONES));
}

/** On Ethernet, behind the question whether this is Ethernet at all. */
function inside(lowering: Lowering, condition: Condition): Condition {
  const check = lowering.layer.addresses === 'ethernet' ? insideCheck(lowering) : undefined;
  return check === undefined ? condition : allOf(check, condition);
}

/** The host part of the destination is all zeros or all ones. */
function ipBroadcast(lowering: Lowering): Condition {
  const { netmask } = lowering.options;
  if (netmask === undefined) {
    throw lowering.error('"ip broadcast" needs to know the netmask of the network, which is not known here');
  }
  const hosts = ~netmask >>> 0;
  const zeros = lowering.bits('network', 16, 4, hosts, 0);
  return allOf(carries(lowering, TYPE.IP), anyOf(zeros, lowering.bits('network', 16, 4, hosts, hosts)));
}

/** Where the first byte of the destination address stands; its lowest bit means a group. */
const GROUP_BIT = { ethernet: 0, fddi: 1, 'token ring': 2, 'fibre channel': 2 } as const;

export function lowerMulticast(lowering: Lowering, protocol: ProtocolName | undefined): Condition {
  if (protocol === 'ip') {
    return allOf(carries(lowering, TYPE.IP), lowering.test('ge', lowering.load('network', 16, 1), 224));
  }
  if (protocol === 'ip6') return allOf(carries(lowering, TYPE.IPV6), lowering.field('network', 24, 1, 255));
  if (protocol !== undefined && protocol !== 'link')
    throw lowering.error('"multicast" goes with ether, ip and ip6 only');
  return linkMulticast(lowering);
}

function linkMulticast(lowering: Lowering): Condition {
  const { addresses } = lowering.layer;
  const group = (offset: number) => lowering.anyBit('link', offset, 1, 0x01);
  if (addresses === undefined) throw lowering.error(`there are no multicasts on ${lowering.linkTypeText()}`);
  if (addresses === 'arcnet') return fixedAddress(lowering, addresses, 'dst', ARCNET_BROADCAST);
  if (addresses === 'wlan') return wlanEnd(lowering, group(4), toDsOr(lowering, group(16), group(4)));
  return inside(lowering, group(GROUP_BIT[addresses]));
}

/** LINKTYPE_ values whose frames always have LLC: Token Ring, FDDI, RFC 1483. */
const ALWAYS_LLC: ReadonlySet<number> = new Set([6, 10, 100]);

export function lowerLlc(lowering: Lowering, { control }: Extract<Primitive, { kind: 'llc' }>): Condition {
  const hasLlc = carriesLlc(lowering);
  if (control === undefined) return hasLlc;
  const { value, mask, clear } = control;
  const fits = clear ? not(lowering.anyBit('llc', 2, 1, mask)) : lowering.bits('llc', 2, 1, mask, value);
  return allOf(hasLlc, fits);
}

/** LINKTYPE_ETHERNET: its kin with a header before it is not asked for by libpcap. */
const ETHERNET = 1;

function carriesLlc(lowering: Lowering): Condition {
  const { layer, linkType } = lowering;
  if (linkType === ETHERNET) {
    return allOf(hasLength(lowering), not(lowering.field('llc', 0, 2, RAW_IPX)));
  }
  if (layer.scheme === 'sunatm') return isAtmLlc(lowering);
  if (layer.scheme === 'wlan') return isWlanData(lowering);
  if (ALWAYS_LLC.has(linkType)) return ALWAYS;
  throw lowering.error(`"llc" does not work on ${lowering.linkTypeText()}`);
}
