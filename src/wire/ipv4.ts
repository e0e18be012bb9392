// IPv4 header, RFC 791 section 3.1.
import { internetChecksum, parseIpv4, writeU16 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { ETHER_TYPE } from './ether-types.ts';
import { IP_PROTOCOL } from './ip-protocols.ts';

export const IPV4 = {
  versionAndHeaderLength: 0,
  typeOfService: 1,
  totalLength: 2,
  identification: 4,
  flagsAndOffset: 6,
  timeToLive: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
  destination: 16,
  options: 20,
  size: 20,
} as const;

/** Bits of the flags-and-offset word; the offset counts units of eight bytes. */
export const IPV4_FRAGMENT = { RESERVED: 0x8000, DONT: 0x4000, MORE: 0x2000, OFFSET: 0x1fff } as const;

/** Option types (IANA "IP Parameters"). */
export const IPV4_OPTION = {
  EOL: 0,
  NOP: 1,
  RECORD_ROUTE: 7,
  TIMESTAMP: 68,
  TRACEROUTE: 82,
  SECURITY: 130,
  LOOSE_ROUTE: 131,
  STRICT_ROUTE: 137,
  ROUTER_ALERT: 148,
} as const;

/** Flag values of a timestamp option: what it records (RFC 791 section 3.1). */
export const IPV4_TIMESTAMP = { ONLY: 0, WITH_ADDRESS: 1, PRESPECIFIED: 3 } as const;

export interface Ipv4Fields {
  source: string | Uint8Array;
  destination: string | Uint8Array;
  protocol?: number;
  timeToLive?: number;
  typeOfService?: number;
  identification?: number;
  dontFragment?: boolean;
  moreFragments?: boolean;
  /** Offset of this fragment in bytes, a multiple of eight. */
  fragmentOffset?: number;
  /** Options, padded to a multiple of four with zeros. */
  options?: Uint8Array;
  version?: number;
  /** Header length in bytes, as written into the header. */
  headerLength?: number;
  totalLength?: number;
  checksum?: number;
}

export function ipv4(fields: Ipv4Fields): Layer {
  const addresses = concatenate(ipv4Bytes(fields.source), ipv4Bytes(fields.destination));
  return {
    etherType: ETHER_TYPE.IPV4,
    ipProtocol: IP_PROTOCOL.IPIP,
    addresses,
    build(payload, inner) {
      const options = fields.options ?? new Uint8Array(0);
      const header = new Uint8Array(IPV4.size + Math.ceil(options.length / 4) * 4);
      header[IPV4.versionAndHeaderLength] =
        ((fields.version ?? 4) << 4) | ((fields.headerLength ?? header.length) >> 2);
      header[IPV4.typeOfService] = fields.typeOfService ?? 0;
      writeU16(header, IPV4.totalLength, fields.totalLength ?? header.length + payload.length);
      writeU16(header, IPV4.identification, fields.identification ?? 0);
      writeU16(
        header,
        IPV4.flagsAndOffset,
        (fields.dontFragment ? IPV4_FRAGMENT.DONT : 0) |
          (fields.moreFragments ? IPV4_FRAGMENT.MORE : 0) |
          ((fields.fragmentOffset ?? 0) >> 3),
      );
      header[IPV4.timeToLive] = fields.timeToLive ?? 64;
      header[IPV4.protocol] = fields.protocol ?? inner?.ipProtocol ?? 0;
      header.set(addresses, IPV4.source);
      header.set(options, IPV4.options);
      writeU16(header, IPV4.checksum, fields.checksum ?? internetChecksum(header, 0, header.length));
      return concatenate(header, payload);
    },
  };
}

/** Four bytes from text or bytes; throws TypeError on text that is no IPv4 address. */
export function ipv4Bytes(address: string | Uint8Array): Uint8Array {
  const bytes = typeof address === 'string' ? parseIpv4(address) : address;
  if (bytes?.length !== 4) throw new TypeError(`cannot read the IPv4 address: ${address}`);
  return bytes;
}
