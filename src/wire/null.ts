// BSD loopback headers: LINKTYPE_NULL (host byte order) and LINKTYPE_LOOP (network byte order) of the pcap registry.
import { writeU32, writeU32LE } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { ETHER_TYPE } from './ether-types.ts';

export const NULL_HEADER = { family: 0, size: 4 } as const;

/** Address families of the BSDs; each has its own number for IPv6. */
export const BSD_FAMILY = {
  IPV4: 2,
  NS: 6,
  ISO: 7,
  APPLETALK: 16,
  IPX: 23,
  IPV6_BSD: 24,
  IPV6_FREEBSD: 28,
  IPV6_DARWIN: 30,
} as const;

export interface NullFields {
  /** BSD_FAMILY value; by default that of the layer carried, with FreeBSD's number for IPv6. */
  family?: number;
  /** As LINKTYPE_LOOP has it, and LINKTYPE_NULL from a big-endian machine. */
  bigEndian?: boolean;
}

export function nullHeader(fields: NullFields = {}): Layer {
  return {
    build(payload, inner) {
      const header = new Uint8Array(NULL_HEADER.size);
      const carried = inner?.etherType === ETHER_TYPE.IPV6 ? BSD_FAMILY.IPV6_FREEBSD : BSD_FAMILY.IPV4;
      (fields.bigEndian ? writeU32 : writeU32LE)(header, NULL_HEADER.family, fields.family ?? carried);
      return concatenate(header, payload);
    },
  };
}
