// ICMP messages, RFC 792; router discovery, RFC 1256; extensions, RFC 4884 and RFC 4950.
import { internetChecksum, writeU16, writeU32 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { IP_PROTOCOL } from './ip-protocols.ts';

export const ICMP = {
  type: 0,
  code: 1,
  checksum: 2,
  /** Echo, timestamp, information and address mask messages. */
  identifier: 4,
  sequence: 6,
  /** Destination unreachable, code 4 (RFC 1191). */
  nextHopMtu: 6,
  /** Redirect. */
  gateway: 4,
  /** Parameter problem. */
  pointer: 4,
  /** Length of the original datagram before the extensions, in four-byte units (RFC 4884). */
  originalLength: 5,
  /** The original datagram of an error message, or the data of another. */
  data: 8,
  addressMask: 8,
  originateTime: 8,
  receiveTime: 12,
  transmitTime: 16,
  /** Router advertisement. */
  addressCount: 4,
  addressSize: 5,
  lifetime: 6,
  /** Extensions begin here when the length does not say otherwise (RFC 4884 section 5.5). */
  extension: 136,
  size: 8,
} as const;

/** An extension structure, and each object in it. */
export const ICMP_EXTENSION = { version: 0, checksum: 2, objects: 4, size: 4 } as const;
export const ICMP_OBJECT = { length: 0, class: 2, type: 3, data: 4, size: 4 } as const;

export const ICMP_TYPE = {
  ECHO_REPLY: 0,
  UNREACHABLE: 3,
  SOURCE_QUENCH: 4,
  REDIRECT: 5,
  ECHO: 8,
  ROUTER_ADVERTISEMENT: 9,
  ROUTER_SOLICITATION: 10,
  TIME_EXCEEDED: 11,
  PARAMETER_PROBLEM: 12,
  TIMESTAMP: 13,
  TIMESTAMP_REPLY: 14,
  INFORMATION: 15,
  INFORMATION_REPLY: 16,
  ADDRESS_MASK: 17,
  ADDRESS_MASK_REPLY: 18,
} as const;

/** Codes of UNREACHABLE (RFC 792, RFC 1122, RFC 1812). */
export const ICMP_UNREACHABLE = {
  NET: 0,
  HOST: 1,
  PROTOCOL: 2,
  PORT: 3,
  NEEDS_FRAGMENTATION: 4,
  SOURCE_ROUTE_FAILED: 5,
  NET_UNKNOWN: 6,
  HOST_UNKNOWN: 7,
  HOST_ISOLATED: 8,
  NET_PROHIBITED: 9,
  HOST_PROHIBITED: 10,
  NET_SERVICE: 11,
  HOST_SERVICE: 12,
  FILTERED: 13,
  PRECEDENCE_VIOLATION: 14,
  PRECEDENCE_CUTOFF: 15,
} as const;

export interface IcmpFields {
  /** ICMP_TYPE value. */
  type: number;
  code?: number;
  /** Bytes 4 to 7 of the header as one word; identifier, sequence and the others below are parts of it. */
  word?: number;
  identifier?: number;
  sequence?: number;
  nextHopMtu?: number;
  checksum?: number;
}

/** icmp({ type: ICMP_TYPE.ECHO, identifier: 1, sequence: 7 }); an error message carries the packet at fault as its payload. */
export function icmp(fields: IcmpFields): Layer {
  return {
    ipProtocol: IP_PROTOCOL.ICMP,
    build(payload) {
      const message = concatenate(new Uint8Array(ICMP.size), payload);
      message[ICMP.type] = fields.type;
      message[ICMP.code] = fields.code ?? 0;
      if (fields.word !== undefined) writeU32(message, ICMP.identifier, fields.word);
      if (fields.identifier !== undefined) writeU16(message, ICMP.identifier, fields.identifier);
      if (fields.sequence !== undefined) writeU16(message, ICMP.sequence, fields.sequence);
      if (fields.nextHopMtu !== undefined) writeU16(message, ICMP.nextHopMtu, fields.nextHopMtu);
      writeU16(message, ICMP.checksum, fields.checksum ?? internetChecksum(message, 0, message.length));
      return message;
    },
  };
}

/**
 * The payload of an error message with extensions: the packet at fault cut or filled up to 128 bytes, then the
 * objects, each given by class, type and data.
 */
export function icmpExtended(
  original: Uint8Array,
  objects: readonly { class: number; type: number; data: Uint8Array }[],
): Uint8Array {
  const padded = new Uint8Array(ICMP.extension - ICMP.size);
  padded.set(original.subarray(0, padded.length));
  const extension = concatenate(Uint8Array.of(0x20, 0, 0, 0), ...objects.map(icmpObject));
  writeU16(extension, ICMP_EXTENSION.checksum, internetChecksum(extension, 0, extension.length));
  return concatenate(padded, extension);
}

function icmpObject(object: { class: number; type: number; data: Uint8Array }): Uint8Array {
  const header = new Uint8Array(ICMP_OBJECT.size);
  writeU16(header, ICMP_OBJECT.length, ICMP_OBJECT.size + object.data.length);
  header[ICMP_OBJECT.class] = object.class;
  header[ICMP_OBJECT.type] = object.type;
  return concatenate(header, object.data);
}
