// PPP over Ethernet, RFC 2516; the tag of RFC 4638.
import { encodeUtf8, writeU16 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { ETHER_TYPE } from './ether-types.ts';

export const PPPOE = { versionAndType: 0, code: 1, session: 2, length: 4, size: 6 } as const;

export const PPPOE_TAG = { type: 0, length: 2, size: 4 } as const;

export const PPPOE_CODE = { SESSION: 0x00, PADO: 0x07, PADI: 0x09, PADR: 0x19, PADS: 0x65, PADT: 0xa7 } as const;

export const PPPOE_TAG_TYPE = {
  END_OF_LIST: 0x0000,
  SERVICE_NAME: 0x0101,
  AC_NAME: 0x0102,
  HOST_UNIQ: 0x0103,
  AC_COOKIE: 0x0104,
  VENDOR_SPECIFIC: 0x0105,
  RELAY_SESSION_ID: 0x0110,
  PPP_MAX_PAYLOAD: 0x0120,
  SERVICE_NAME_ERROR: 0x0201,
  AC_SYSTEM_ERROR: 0x0202,
  GENERIC_ERROR: 0x0203,
} as const;

export interface PppoeFields {
  version?: number;
  type?: number;
  /** PPPOE_CODE value; the session stage (0) by default. */
  code?: number;
  session?: number;
  length?: number;
  /** Tags of the discovery stage, before any payload. */
  tags?: readonly PppoeTag[];
}

export interface PppoeTag {
  type: number;
  value?: Uint8Array | string;
  length?: number;
}

export function pppoe(fields: PppoeFields = {}): Layer {
  const code = fields.code ?? PPPOE_CODE.SESSION;
  return {
    etherType: code === PPPOE_CODE.SESSION ? ETHER_TYPE.PPPOE_SESSION : ETHER_TYPE.PPPOE_DISCOVERY,
    build(payload) {
      const body = concatenate(...(fields.tags ?? []).map(tagBytes), payload);
      const header = new Uint8Array(PPPOE.size);
      header[PPPOE.versionAndType] = ((fields.version ?? 1) << 4) | (fields.type ?? 1);
      header[PPPOE.code] = code;
      writeU16(header, PPPOE.session, fields.session ?? 0);
      writeU16(header, PPPOE.length, fields.length ?? body.length);
      return concatenate(header, body);
    },
  };
}

function tagBytes(tag: PppoeTag): Uint8Array {
  const value = typeof tag.value === 'string' ? encodeUtf8(tag.value) : (tag.value ?? new Uint8Array(0));
  const header = new Uint8Array(PPPOE_TAG.size);
  writeU16(header, PPPOE_TAG.type, tag.type);
  writeU16(header, PPPOE_TAG.length, tag.length ?? value.length);
  return concatenate(header, value);
}
