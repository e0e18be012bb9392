// IPsec headers: Authentication Header, RFC 4302 section 2; Encapsulating Security Payload, RFC 4303 section 2.
import { writeU16, writeU32 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { IP_PROTOCOL } from './ip-protocols.ts';

/** The length counts four-byte units, less two. */
export const AH = { nextHeader: 0, length: 1, reserved: 2, spi: 4, sequence: 8, icv: 12, size: 12 } as const;

export const ESP = { spi: 0, sequence: 4, data: 8, size: 8 } as const;

export interface AuthenticationFields {
  nextHeader?: number;
  length?: number;
  reserved?: number;
  spi?: number;
  sequence?: number;
  /** Integrity check value, a multiple of four bytes. */
  icv?: Uint8Array;
}

export function authenticationHeader(fields: AuthenticationFields): Layer {
  return {
    ipProtocol: IP_PROTOCOL.AH,
    build(payload, inner) {
      const icv = fields.icv ?? new Uint8Array(12);
      const header = concatenate(new Uint8Array(AH.size), icv);
      header[AH.nextHeader] = fields.nextHeader ?? inner?.ipProtocol ?? IP_PROTOCOL.NONE;
      header[AH.length] = fields.length ?? header.length / 4 - 2;
      writeU16(header, AH.reserved, fields.reserved ?? 0);
      writeU32(header, AH.spi, fields.spi ?? 0);
      writeU32(header, AH.sequence, fields.sequence ?? 0);
      return concatenate(header, payload);
    },
  };
}

/** The payload is taken as it is: nothing is encrypted here. */
export function esp(fields: { spi?: number; sequence?: number }): Layer {
  return {
    ipProtocol: IP_PROTOCOL.ESP,
    build(payload) {
      const header = new Uint8Array(ESP.size);
      writeU32(header, ESP.spi, fields.spi ?? 0);
      writeU32(header, ESP.sequence, fields.sequence ?? 0);
      return concatenate(header, payload);
    },
  };
}
