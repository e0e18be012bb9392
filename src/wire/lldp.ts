// Link Layer Discovery Protocol, IEEE Std 802.1AB-2016 section 8; organisations' own parts in its annexes D and E,
// in IEEE Std 802.3 section 79 and in ANSI/TIA-1057.
import { encodeUtf8, writeU16, writeU24 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { ETHER_TYPE } from './ether-types.ts';

/** A type (7 bits) and length (9 bits) in one word, then the value. */
export const LLDP_TLV = { typeAndLength: 0, size: 2, LENGTH: 0x01ff } as const;

export const LLDP_TYPE = {
  END: 0,
  CHASSIS_ID: 1,
  PORT_ID: 2,
  TIME_TO_LIVE: 3,
  PORT_DESCRIPTION: 4,
  SYSTEM_NAME: 5,
  SYSTEM_DESCRIPTION: 6,
  SYSTEM_CAPABILITIES: 7,
  MANAGEMENT_ADDRESS: 8,
  ORGANIZATION: 127,
} as const;

export const LLDP_CHASSIS = {
  COMPONENT: 1,
  INTERFACE_ALIAS: 2,
  PORT_COMPONENT: 3,
  MAC: 4,
  NETWORK: 5,
  INTERFACE_NAME: 6,
  LOCAL: 7,
} as const;

export const LLDP_PORT = {
  INTERFACE_ALIAS: 1,
  COMPONENT: 2,
  MAC: 3,
  NETWORK: 4,
  INTERFACE_NAME: 5,
  CIRCUIT: 6,
  LOCAL: 7,
} as const;

/** A TLV of an organisation: its 24 bits and its own type, then the value. */
export const LLDP_ORGANIZATION_TLV = { oui: 0, subtype: 3, size: 4 } as const;

export const LLDP_ORGANIZATION = {
  IANA: 0x00005e,
  IEEE_802_1: 0x0080c2,
  IEEE_802_3: 0x00120f,
  TIA: 0x0012bb,
  DCBX: 0x001b21,
} as const;

/** Address families in network addresses (IANA "Address Family Numbers"). */
export const LLDP_FAMILY = { IPV4: 1, IPV6: 2, IEEE802: 6 } as const;

export interface LldpTlv {
  type: number;
  value?: Uint8Array | string;
  /** As written into the TLV. */
  length?: number;
}

/** The TLVs, and an end-of-LLDPDU behind them unless `end` is false. */
export function lldp(tlvs: readonly LldpTlv[], end = true): Layer {
  return {
    etherType: ETHER_TYPE.LLDP,
    build: (payload) =>
      concatenate(...tlvs.map(tlvBytes), ...(end ? [tlvBytes({ type: LLDP_TYPE.END })] : []), payload),
  };
}

function tlvBytes(tlv: LldpTlv): Uint8Array {
  const value = typeof tlv.value === 'string' ? encodeUtf8(tlv.value) : (tlv.value ?? new Uint8Array(0));
  const header = new Uint8Array(LLDP_TLV.size);
  writeU16(header, LLDP_TLV.typeAndLength, (tlv.type << 9) | ((tlv.length ?? value.length) & LLDP_TLV.LENGTH));
  return concatenate(header, value);
}

/** A chassis or port identifier, a network address and the like: one byte of kind before the value. */
export function lldpKind(type: number, kind: number, value: Uint8Array | string): LldpTlv {
  return { type, value: concatenate(Uint8Array.of(kind), typeof value === 'string' ? encodeUtf8(value) : value) };
}

export function lldpOrganization(oui: number, subtype: number, value: Uint8Array): LldpTlv {
  const header = new Uint8Array(LLDP_ORGANIZATION_TLV.size);
  writeU24(header, LLDP_ORGANIZATION_TLV.oui, oui);
  header[LLDP_ORGANIZATION_TLV.subtype] = subtype;
  return { type: LLDP_TYPE.ORGANIZATION, value: concatenate(header, value) };
}
