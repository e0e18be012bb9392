// Hosts and networks: IPv4 and IPv6, in ARP and RARP, DECnet, and the addresses of link layers. Follows libpcap 1.10's
// gen_host, gen_hostop, gen_hostop6, gen_dnhostop, gen_ehostop and its kin (gencode.c).
import { readU32 } from '../bytes/index.ts';
import { allOf, anyOf, type Condition, not } from './condition.ts';
import type { AddressScheme } from './link-layers.ts';
import { carries, insideCheck } from './link-type-test.ts';
import type { Lowering } from './lowering.ts';
import type { Primitive, Words } from './resolve.ts';
import type { Direction } from './tree.ts';
import { PROTOCOL_TYPE as TYPE } from './type-names.ts';

type Ipv4 = Extract<Primitive, { kind: 'ipv4' }>;
type Ipv6 = Extract<Primitive, { kind: 'ipv6' }>;
type NamedHost = Extract<Primitive, { kind: 'named host' }>;
type Addressed = Pick<Ipv4, 'protocol' | 'direction' | 'type'>;

/** Source, destination, either or both of them. */
export function inDirection(
  lowering: Lowering,
  direction: Direction | undefined,
  one: (end: 'src' | 'dst') => Condition,
): Condition {
  switch (direction) {
    case 'src':
    case 'dst':
      return one(direction);
    case 'src and dst':
      return allOf(one('src'), one('dst'));
    case 'src or dst':
    case undefined:
      return anyOf(one('src'), one('dst'));
    default:
      throw lowering.error(`"${direction}" goes with 802.11 addresses only`);
  }
}

/** Where the addresses stand after the start of the network header, by protocol. */
const IPV4_ENDS = {
  ip: { protocol: TYPE.IP, src: 12, dst: 16 },
  arp: { protocol: TYPE.ARP, src: 14, dst: 24 },
  rarp: { protocol: TYPE.RARP, src: 14, dst: 24 },
} as const;

/** A host or network of IPv4: in IP, ARP and RARP unless one of them is named. */
export function lowerIpv4(lowering: Lowering, primitive: Ipv4): Condition {
  const { protocol } = primitive;
  if (protocol !== undefined) {
    if (!Object.hasOwn(IPV4_ENDS, protocol)) throw noAddresses(lowering, primitive, 'IPv4');
    return ipv4In(lowering, primitive, protocol as keyof typeof IPV4_ENDS);
  }
  const inIp = ipv4In(lowering, primitive, 'ip');
  if (lowering.labelDepth > 0) return inIp;
  return anyOf(inIp, ipv4In(lowering, primitive, 'arp'), ipv4In(lowering, primitive, 'rarp'));
}

function noAddresses(lowering: Lowering, { protocol, type }: Addressed, family: 'IPv4' | 'IPv6') {
  const which = family === 'IPv4' ? 'ip, arp and rarp do' : 'ip6 does';
  return lowering.error(`"${protocol} ${type}" does not go with an ${family} address: ${which}`);
}

function ipv4In(
  lowering: Lowering,
  { address, mask, direction }: Pick<Ipv4, 'address' | 'mask' | 'direction'>,
  name: keyof typeof IPV4_ENDS,
): Condition {
  const { protocol, ...ends } = IPV4_ENDS[name];
  return inDirection(lowering, direction, (end) => {
    const isProtocol = carries(lowering, protocol);
    return mask === 0 ? isProtocol : allOf(isProtocol, lowering.bits('network', ends[end], 4, mask, address));
  });
}

const IPV6_ENDS = { src: 8, dst: 24 } as const;

export function lowerIpv6(lowering: Lowering, primitive: Ipv6): Condition {
  const { protocol, direction, address, mask } = primitive;
  if (protocol !== undefined && protocol !== 'ip6') throw noAddresses(lowering, primitive, 'IPv6');
  // libpcap loads words under a mask of zeros too; its optimiser drops them.
  const words = [0, 1, 2, 3].filter((word) => mask[word] !== 0);
  return inDirection(lowering, direction, (end) =>
    allOf(
      carries(lowering, TYPE.IPV6),
      ...words.map((word) => lowering.bits('network', IPV6_ENDS[end] + 4 * word, 4, mask[word]!, address[word]!)),
    ),
  );
}

const ALL_ONES: Words = [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff];

/** A host by name: any of its addresses that the protocol allows. */
export function lowerNamedHost(lowering: Lowering, host: NamedHost): Condition {
  // Where the link layer has no type field there is no ARP either.
  const onlyIp = host.protocol === undefined && !lowering.hasType();
  const conditions = host.addresses.flatMap((bytes): Condition[] => {
    const family = bytes.length === 4 ? 'ip' : 'ip6';
    const protocol = onlyIp ? family : host.protocol;
    if (protocol === (family === 'ip' ? 'ip6' : 'ip')) return [];
    if (family === 'ip') {
      return [lowerIpv4(lowering, { ...host, kind: 'ipv4', protocol, address: readU32(bytes, 0), mask: 0xffff_ffff })];
    }
    const address = [0, 4, 8, 12].map((at) => readU32(bytes, at)) as unknown as Words;
    return [lowerIpv6(lowering, { ...host, kind: 'ipv6', protocol, address, mask: ALL_ONES })];
  });
  const [first, ...rest] = conditions;
  if (first === undefined) throw lowering.error(`the host "${host.name}" has no address of this family`);
  return anyOf(first, ...rest);
}

/** DECnet phase IV: the address is little-endian; long and short headers, with and without a byte of padding. */
export function lowerDecnet(
  lowering: Lowering,
  { direction, address }: Extract<Primitive, { kind: 'decnet host' }>,
): Condition {
  const value = ((address & 0xff) << 8) | (address >> 8);
  return inDirection(lowering, direction, (end) => {
    const long = end === 'dst' ? 7 : 15;
    const short = end === 'dst' ? 1 : 3;
    const at = (offset: number) => lowering.field('network', offset, 2, value);
    const longPadded = allOf(lowering.bits('network', 2, 2, 0xff07, 0x8106), at(3 + long));
    const longPlain = allOf(lowering.bits('network', 2, 1, 0x07, 0x06), at(2 + long));
    const shortPadded = allOf(lowering.bits('network', 2, 2, 0xff07, 0x8102), at(3 + short));
    const shortPlain = allOf(lowering.bits('network', 2, 1, 0x07, 0x02), at(2 + short));
    const any = anyOf(shortPlain, anyOf(shortPadded, anyOf(longPlain, longPadded)));
    return allOf(carries(lowering, TYPE.DECNET), any);
  });
}

/** Where fixed link layers keep their addresses. */
const LINK_ENDS: Readonly<Record<Exclude<AddressScheme, 'wlan'>, { src: number; dst: number }>> = {
  ethernet: { src: 6, dst: 0 },
  fddi: { src: 7, dst: 1 },
  'token ring': { src: 8, dst: 2 },
  'fibre channel': { src: 10, dst: 2 },
  arcnet: { src: 0, dst: 1 },
};

export function lowerLinkAddress(
  lowering: Lowering,
  { direction, bytes }: Extract<Primitive, { kind: 'link address' }>,
): Condition {
  const { addresses } = lowering.layer;
  if (addresses === undefined || addresses === 'arcnet') {
    throw lowering.error(`there are no Ethernet addresses on ${lowering.linkTypeText()}`);
  }
  if (addresses === 'wlan') return wlanAddress(lowering, direction, bytes);
  const outside = addresses === 'ethernet' ? insideCheck(lowering) : undefined;
  const here = fixedAddress(lowering, addresses, direction, bytes);
  return outside === undefined ? here : allOf(outside, here);
}

export function lowerArcnetAddress(
  lowering: Lowering,
  { direction, bytes }: Extract<Primitive, { kind: 'arcnet address' }>,
): Condition {
  if (lowering.layer.addresses !== 'arcnet') throw lowering.error('"$" addresses are those of ARCnet only');
  return fixedAddress(lowering, 'arcnet', direction, bytes);
}

export function fixedAddress(
  lowering: Lowering,
  scheme: Exclude<AddressScheme, 'wlan'>,
  direction: Direction | undefined,
  bytes: Uint8Array,
): Condition {
  return inDirection(lowering, direction, (end) => lowering.bytes('link', LINK_ENDS[scheme][end], bytes));
}

/** Offsets of the four addresses of 802.11. */
const WLAN_ADDRESS = { 1: 4, 2: 10, 3: 16, 4: 24 } as const;

/** Bits of 802.11's frame control: first byte and second byte. */
const FRAME = { TYPE: 0x0c, CONTROL: 0x04, DATA: 0x08, SUBTYPE: 0xf0, CTS: 0xc0, ACK: 0xd0 } as const;
const DS = { TO: 0x01, FROM: 0x02, BOTH: 0x03 } as const;

/** 802.11: which address is source and which destination depends on type and direction. */
export function wlanAddress(lowering: Lowering, direction: Direction | undefined, bytes: Uint8Array): Condition {
  const is = (which: keyof typeof WLAN_ADDRESS) => lowering.bytes('link', WLAN_ADDRESS[which], bytes);
  switch (direction) {
    case 'addr1':
      return is(1);
    case 'addr2':
      return allOf(hasSecondAddress(lowering), is(2));
    case 'addr3':
      return allOf(not(lowering.bits('link', 0, 1, FRAME.TYPE, FRAME.CONTROL)), is(3));
    case 'addr4':
      return allOf(lowering.bits('link', 1, 1, DS.BOTH, DS.BOTH), is(4));
    case 'ra':
      return allOf(isDataFrame(lowering), is(1));
    case 'ta':
      return allOf(isDataFrame(lowering), hasSecondAddress(lowering), is(2));
    default:
      return inDirection(lowering, direction, (end) =>
        end === 'src'
          ? wlanEnd(lowering, is(2), dataSource(lowering, is))
          : wlanEnd(lowering, is(1), toDsOr(lowering, is(3), is(1))),
      );
  }
}

const isDataFrame = (lowering: Lowering) => lowering.anyBit('link', 0, 1, FRAME.DATA);

/** Acknowledgements and clear-to-send frames have one address only. */
function hasSecondAddress(lowering: Lowering): Condition {
  const notSubtype = (subtype: number) => not(lowering.bits('link', 0, 1, FRAME.SUBTYPE, subtype));
  const notControl = not(lowering.bits('link', 0, 1, FRAME.TYPE, FRAME.CONTROL));
  return anyOf(notControl, allOf(notSubtype(FRAME.CTS), notSubtype(FRAME.ACK)));
}

/** Not a control frame, and: a management frame with the first, or a data frame with the second condition. */
export function wlanEnd(lowering: Lowering, management: Condition, data: Condition): Condition {
  return allOf(
    not(lowering.anyBit('link', 0, 1, FRAME.CONTROL)),
    anyOf(allOf(not(isDataFrame(lowering)), management), allOf(isDataFrame(lowering), data)),
  );
}

type AddressIs = (which: keyof typeof WLAN_ADDRESS) => Condition;

/** The source: address 2, but from the distribution system 3, and between access points 4. */
function dataSource(lowering: Lowering, is: AddressIs): Condition {
  const fromDs = () => lowering.anyBit('link', 1, 1, DS.FROM);
  return anyOf(allOf(not(fromDs()), is(2)), allOf(fromDs(), toDsOr(lowering, is(4), is(3))));
}

/** To the distribution system: the one condition, else the other. */
export function toDsOr(lowering: Lowering, toDs: Condition, otherwise: Condition): Condition {
  return anyOf(
    allOf(not(lowering.anyBit('link', 1, 1, DS.TO)), otherwise),
    allOf(lowering.anyBit('link', 1, 1, DS.TO), toDs),
  );
}
