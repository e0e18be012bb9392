// RADIUS packets: RFC 2865 section 3, attributes section 5; vendor-specific ones section 5.26.
import { encodeUtf8, writeU16 } from '../bytes/index.ts';
import { concatenate } from './build.ts';

export const RADIUS = { code: 0, identifier: 1, length: 2, authenticator: 4, size: 20 } as const;

export const RADIUS_ATTRIBUTE = { type: 0, length: 1, value: 2, size: 2 } as const;

/** In a vendor-specific attribute's value: attributes of the vendor's own follow the number. */
export const RADIUS_VENDOR = { id: 0, attributes: 4 } as const;

export interface RadiusFields {
  code: number;
  identifier?: number;
  /** 16 bytes; zeros by default. */
  authenticator?: Uint8Array;
  /** By default that of the whole packet. */
  length?: number;
}

/** A packet with attributes built by `radiusAttribute`. */
export function radius(fields: RadiusFields, ...attributes: readonly Uint8Array[]): Uint8Array {
  const packet = concatenate(new Uint8Array(RADIUS.size), ...attributes);
  packet[RADIUS.code] = fields.code;
  packet[RADIUS.identifier] = fields.identifier ?? 0;
  writeU16(packet, RADIUS.length, fields.length ?? packet.length);
  packet.set(fields.authenticator ?? new Uint8Array(16), RADIUS.authenticator);
  return packet;
}

export function radiusAttribute(type: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === 'string' ? encodeUtf8(value) : value;
  return concatenate(Uint8Array.of(type, RADIUS_ATTRIBUTE.size + bytes.length), bytes);
}
