// GRE: RFC 2784 and RFC 2890 (version 0), RFC 1701 (routing), RFC 2637 section 4.1 (version 1, PPTP).
import { internetChecksum, writeU16, writeU32 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { ETHER_TYPE } from './ether-types.ts';
import { IP_PROTOCOL } from './ip-protocols.ts';

/** What is always there; then come, as the flags say: checksum and offset, key, sequence number, acknowledgment, routing. */
export const GRE = { flags: 0, protocol: 2, size: 4 } as const;

export const GRE_FLAG = {
  CHECKSUM: 0x8000,
  ROUTING: 0x4000,
  KEY: 0x2000,
  SEQUENCE: 0x1000,
  STRICT_ROUTE: 0x0800,
  RECURSION: 0x0700,
  /** Version 1. */
  ACKNOWLEDGMENT: 0x0080,
  VERSION: 0x0007,
} as const;

/** Version 1's key: length of the payload, and the call. */
export const GRE_KEY = { payloadLength: 0, call: 2, size: 4 } as const;

/** An entry of a source route; two bytes of address family and a length of zero end the list. */
export const GRE_ROUTE = { family: 0, offset: 2, length: 3, size: 4 } as const;

export interface GreFields {
  protocol?: number;
  /** True computes it, a number is written as it is. */
  checksum?: boolean | number;
  key?: number;
  sequence?: number;
  /** Makes it version 1. */
  acknowledgment?: number;
  version?: number;
  /** Source route entries, their end included. */
  routing?: Uint8Array;
  /** Flag bits besides those that the other fields set. */
  flags?: number;
}

/** A layer above that has no EtherType (an Ethernet frame) is named Transparent Ethernet Bridging. */
export function gre(fields: GreFields = {}): Layer {
  return {
    ipProtocol: IP_PROTOCOL.GRE,
    build(payload, inner) {
      const start = new Uint8Array(GRE.size);
      writeU16(start, GRE.flags, flagBits(fields));
      writeU16(start, GRE.protocol, fields.protocol ?? inner?.etherType ?? ETHER_TYPE.TRANSPARENT_ETHERNET);
      const checked = hasChecksum(fields) || fields.routing !== undefined;
      const whole = concatenate(
        start,
        new Uint8Array(checked ? 4 : 0),
        word(fields.key),
        word(fields.sequence),
        word(fields.acknowledgment),
        fields.routing ?? new Uint8Array(0),
        payload,
      );
      if (hasChecksum(fields)) {
        const checksum =
          typeof fields.checksum === 'number' ? fields.checksum : internetChecksum(whole, 0, whole.length);
        writeU16(whole, GRE.size, checksum);
      }
      return whole;
    },
  };
}

function hasChecksum({ checksum }: GreFields): boolean {
  return checksum !== undefined && checksum !== false;
}

function flagBits(fields: GreFields): number {
  return (
    (fields.flags ?? 0) |
    (hasChecksum(fields) ? GRE_FLAG.CHECKSUM : 0) |
    (fields.routing === undefined ? 0 : GRE_FLAG.ROUTING) |
    (fields.key === undefined ? 0 : GRE_FLAG.KEY) |
    (fields.sequence === undefined ? 0 : GRE_FLAG.SEQUENCE) |
    (fields.acknowledgment === undefined ? 0 : GRE_FLAG.ACKNOWLEDGMENT) |
    (fields.version ?? (fields.acknowledgment === undefined ? 0 : 1))
  );
}

function word(value: number | undefined): Uint8Array {
  if (value === undefined) return new Uint8Array(0);
  const bytes = new Uint8Array(4);
  writeU32(bytes, 0, value);
  return bytes;
}
