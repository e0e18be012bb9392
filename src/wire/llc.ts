// IEEE 802.2 LLC header (ISO/IEC 8802-2 section 5) and SNAP behind it (IEEE Std 802-2014 section 9.2).
import { writeU16, writeU16LE, writeU24 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';

/** An unnumbered frame has one byte of control, others have two, the lower one first. */
export const LLC = { dsap: 0, ssap: 1, control: 2, size: 3, longSize: 4 } as const;

export const SNAP = { oui: 0, type: 3, size: 5 } as const;

/** Service access points, with tcpdump's names (llc.h). */
export const LLC_SAP = {
  NULL: 0x00,
  STP: 0x42,
  IP: 0x06,
  SNAP: 0xaa,
  IPX: 0xe0,
  NETBEUI: 0xf0,
  ISO: 0xfe,
  GLOBAL: 0xff,
} as const;

/** Bits of the address and control fields. */
export const LLC_BITS = {
  GROUP: 0x01,
  RESPONSE: 0x01,
  UNNUMBERED: 0x03,
  SUPERVISORY: 0x01,
  POLL: 0x10,
  LONG_POLL: 0x0100,
} as const;

/** Unnumbered commands and responses, without the poll bit. */
export const LLC_COMMAND = {
  UI: 0x03,
  DM: 0x0f,
  DISC: 0x43,
  UA: 0x63,
  SABME: 0x6f,
  FRMR: 0x87,
  XID: 0xaf,
  TEST: 0xe3,
} as const;

export interface LlcFields {
  dsap: number;
  ssap?: number;
  /** One byte when unnumbered (both low bits set), else two; UI by default. */
  control?: number;
}

export function llc(fields: LlcFields): Layer {
  const control = fields.control ?? LLC_COMMAND.UI;
  return {
    build(payload) {
      const short = (control & LLC_BITS.UNNUMBERED) === LLC_BITS.UNNUMBERED;
      const header = new Uint8Array(short ? LLC.size : LLC.longSize);
      header[LLC.dsap] = fields.dsap;
      header[LLC.ssap] = fields.ssap ?? fields.dsap;
      if (short) header[LLC.control] = control;
      else writeU16LE(header, LLC.control, control);
      return concatenate(header, payload);
    },
  };
}

export interface SnapFields {
  /** Organisation, 24 bits; 0 by default, which makes `type` an EtherType. */
  oui?: number;
  /** EtherType or the organisation's number; by default the EtherType of the layer carried. */
  type?: number;
}

/** SNAP with the LLC header that announces it. */
export function snap(fields: SnapFields = {}): Layer {
  const below = llc({ dsap: LLC_SAP.SNAP });
  return {
    build(payload, inner, outer) {
      const header = new Uint8Array(SNAP.size);
      writeU24(header, SNAP.oui, fields.oui ?? 0);
      writeU16(header, SNAP.type, fields.type ?? inner?.etherType ?? 0);
      return below.build(concatenate(header, payload), inner, outer);
    },
  };
}
