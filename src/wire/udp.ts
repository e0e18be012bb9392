// UDP header, RFC 768.
import { internetChecksum, sumPseudoHeader, writeU16 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { IP_PROTOCOL } from './ip-protocols.ts';

export const UDP = { sourcePort: 0, destinationPort: 2, length: 4, checksum: 6, size: 8 } as const;

export interface UdpFields {
  sourcePort: number;
  destinationPort: number;
  length?: number;
  /** By default computed over the pseudo header of the IP layer below; zero when there is none. */
  checksum?: number;
}

export function udp(fields: UdpFields): Layer {
  return {
    ipProtocol: IP_PROTOCOL.UDP,
    build(payload, _inner, outer) {
      const datagram = concatenate(new Uint8Array(UDP.size), payload);
      writeU16(datagram, UDP.sourcePort, fields.sourcePort);
      writeU16(datagram, UDP.destinationPort, fields.destinationPort);
      writeU16(datagram, UDP.length, fields.length ?? datagram.length);
      writeU16(datagram, UDP.checksum, fields.checksum ?? udpChecksum(datagram, outer?.addresses));
      return datagram;
    },
  };
}

/** A computed zero is sent as all ones (RFC 768). */
function udpChecksum(datagram: Uint8Array, addresses: Uint8Array | undefined): number {
  return transportChecksum(datagram, IP_PROTOCOL.UDP, addresses) || (addresses ? 0xffff : 0);
}

/** Checksum of a segment whose own checksum bytes are zero, over the pseudo header; 0 without addresses. */
export function transportChecksum(segment: Uint8Array, protocol: number, addresses: Uint8Array | undefined): number {
  if (!addresses) return 0;
  const addressLength = addresses.length === 8 ? 4 : 16;
  const sum = sumPseudoHeader(addresses, 0, addressLength, protocol, segment.length);
  return internetChecksum(segment, 0, segment.length, sum);
}
