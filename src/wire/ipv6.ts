// IPv6 header and extension headers, RFC 8200; segment routing header, RFC 8754.
import { parseIpv6, writeU16, writeU32 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { ETHER_TYPE } from './ether-types.ts';
import { IP_PROTOCOL } from './ip-protocols.ts';

export const IPV6 = {
  versionClassFlow: 0,
  payloadLength: 4,
  nextHeader: 6,
  hopLimit: 7,
  source: 8,
  destination: 24,
  size: 40,
} as const;

/** Start of all extension headers but the fragment header; the length counts eight-byte units after the first. */
export const IPV6_EXTENSION = { nextHeader: 0, length: 1, data: 2 } as const;

export const IPV6_FRAGMENT_HEADER = { nextHeader: 0, offsetAndFlags: 2, identification: 4, size: 8 } as const;

/** Bits of the offset-and-flags word; the offset counts bytes once masked. */
export const IPV6_FRAGMENT = { OFFSET: 0xfff8, RESERVED: 0x0006, MORE: 0x0001 } as const;

export const IPV6_ROUTING = {
  nextHeader: 0,
  length: 1,
  type: 2,
  segmentsLeft: 3,
  /** Types 0 and 2. */
  reserved: 4,
  /** Type 4. */
  lastEntry: 4,
  flags: 5,
  tag: 6,
  addresses: 8,
} as const;

/** Routing types (IANA "IPv6 Parameters"). */
export const IPV6_ROUTING_TYPE = { SOURCE_ROUTE: 0, MOBILE: 2, RPL: 3, SEGMENT_ROUTING: 4 } as const;

/** Destination and hop-by-hop option types (IANA "IPv6 Parameters"). */
export const IPV6_OPTION = {
  PAD1: 0x00,
  PADN: 0x01,
  ROUTER_ALERT: 0x05,
  JUMBO: 0xc2,
  HOME_ADDRESS: 0xc9,
} as const;

export interface Ipv6Fields {
  source: string | Uint8Array;
  destination: string | Uint8Array;
  trafficClass?: number;
  flowLabel?: number;
  hopLimit?: number;
  nextHeader?: number;
  version?: number;
  payloadLength?: number;
  /** Addresses for the checksums above, when a routing header makes the last destination another one. */
  finalDestination?: string | Uint8Array;
}

export function ipv6(fields: Ipv6Fields): Layer {
  const source = ipv6Bytes(fields.source);
  const destination = ipv6Bytes(fields.destination);
  return {
    etherType: ETHER_TYPE.IPV6,
    ipProtocol: IP_PROTOCOL.IPV6,
    addresses: concatenate(source, ipv6Bytes(fields.finalDestination ?? destination)),
    build(payload, inner) {
      const header = new Uint8Array(IPV6.size);
      const word =
        ((fields.version ?? 6) << 28) | ((fields.trafficClass ?? 0) << 20) | ((fields.flowLabel ?? 0) & 0xfffff);
      writeU32(header, IPV6.versionClassFlow, word >>> 0);
      writeU16(header, IPV6.payloadLength, fields.payloadLength ?? payload.length);
      header[IPV6.nextHeader] = fields.nextHeader ?? inner?.ipProtocol ?? IP_PROTOCOL.NONE;
      header[IPV6.hopLimit] = fields.hopLimit ?? 64;
      header.set(source, IPV6.source);
      header.set(destination, IPV6.destination);
      return concatenate(header, payload);
    },
  };
}

/** What all extension headers let be set wrong. */
interface ExtensionFields {
  nextHeader?: number;
  /** The length byte, in eight-byte units after the first. */
  length?: number;
}

/** An extension header of the usual shape around `data`, filled up with zeros to a multiple of eight bytes. */
function extension(ipProtocol: number, data: Uint8Array, fields: ExtensionFields): Layer {
  return {
    ipProtocol,
    build(payload, inner) {
      const header = new Uint8Array(Math.ceil((IPV6_EXTENSION.data + data.length) / 8) * 8);
      header[IPV6_EXTENSION.nextHeader] = fields.nextHeader ?? inner?.ipProtocol ?? IP_PROTOCOL.NONE;
      header[IPV6_EXTENSION.length] = fields.length ?? header.length / 8 - 1;
      header.set(data, IPV6_EXTENSION.data);
      return concatenate(header, payload);
    },
  };
}

/** hopByHop({ options: [ipv6Option(IPV6_OPTION.ROUTER_ALERT, Uint8Array.of(0, 0)), ipv6Padding(2)] }) */
export function hopByHop(fields: ExtensionFields & { options: readonly Uint8Array[] }): Layer {
  return extension(IP_PROTOCOL.HOPOPTS, concatenate(...fields.options), fields);
}

export function destinationOptions(fields: ExtensionFields & { options: readonly Uint8Array[] }): Layer {
  return extension(IP_PROTOCOL.DSTOPTS, concatenate(...fields.options), fields);
}

export function ipv6Option(type: number, data: Uint8Array): Uint8Array {
  return concatenate(Uint8Array.of(type, data.length), data);
}

/** `count` bytes of padding: Pad1 for one, PadN for more. */
export function ipv6Padding(count: number): Uint8Array {
  if (count < 2) return new Uint8Array(count);
  return ipv6Option(IPV6_OPTION.PADN, new Uint8Array(count - 2));
}

export interface RoutingFields extends ExtensionFields {
  /** IPV6_ROUTING_TYPE value; segment routing by default. */
  type?: number;
  segmentsLeft?: number;
  addresses: readonly (string | Uint8Array)[];
  /** Types 0 and 2. */
  reserved?: number;
  /** Segment routing. */
  lastEntry?: number;
  flags?: number;
  tag?: number;
  /** TLVs behind the segments. */
  tlvs?: Uint8Array;
}

export function routingHeader(fields: RoutingFields): Layer {
  const type = fields.type ?? IPV6_ROUTING_TYPE.SEGMENT_ROUTING;
  const header = new Uint8Array(IPV6_ROUTING.addresses);
  header[IPV6_ROUTING.type] = type;
  header[IPV6_ROUTING.segmentsLeft] = fields.segmentsLeft ?? 0;
  if (type === IPV6_ROUTING_TYPE.SEGMENT_ROUTING) {
    header[IPV6_ROUTING.lastEntry] = fields.lastEntry ?? fields.addresses.length - 1;
    header[IPV6_ROUTING.flags] = fields.flags ?? 0;
    writeU16(header, IPV6_ROUTING.tag, fields.tag ?? 0);
  } else {
    writeU32(header, IPV6_ROUTING.reserved, fields.reserved ?? 0);
  }
  const addresses = fields.addresses.map((address) => ipv6Bytes(address));
  const data = concatenate(header.subarray(IPV6_EXTENSION.data), ...addresses, fields.tlvs ?? new Uint8Array(0));
  return extension(IP_PROTOCOL.ROUTING, data, fields);
}

export interface Ipv6FragmentFields {
  nextHeader?: number;
  /** Offset of this fragment in bytes, a multiple of eight. */
  offset?: number;
  moreFragments?: boolean;
  identification?: number;
}

export function ipv6Fragment(fields: Ipv6FragmentFields): Layer {
  return {
    ipProtocol: IP_PROTOCOL.FRAGMENT,
    build(payload, inner) {
      const header = new Uint8Array(IPV6_FRAGMENT_HEADER.size);
      header[IPV6_FRAGMENT_HEADER.nextHeader] = fields.nextHeader ?? inner?.ipProtocol ?? IP_PROTOCOL.NONE;
      const word = ((fields.offset ?? 0) & IPV6_FRAGMENT.OFFSET) | (fields.moreFragments ? IPV6_FRAGMENT.MORE : 0);
      writeU16(header, IPV6_FRAGMENT_HEADER.offsetAndFlags, word);
      writeU32(header, IPV6_FRAGMENT_HEADER.identification, fields.identification ?? 0);
      return concatenate(header, payload);
    },
  };
}

/** Sixteen bytes from text or bytes; throws TypeError on text that is no IPv6 address. */
export function ipv6Bytes(address: string | Uint8Array): Uint8Array {
  const bytes = typeof address === 'string' ? parseIpv6(address) : address;
  if (bytes?.length !== 16) throw new TypeError(`cannot read the IPv6 address: ${address}`);
  return bytes;
}
