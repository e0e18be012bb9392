// Point-to-Point Protocol: RFC 1661 (frames, LCP), RFC 1662 (HDLC-like framing), RFC 1332 (IPCP), RFC 5072 (IPv6CP),
// RFC 1334 (PAP), RFC 1994 (CHAP), RFC 1962 (CCP).
import { writeU16 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { ETHER_TYPE } from './ether-types.ts';

/** Address and control field of HDLC-like framing; pppd's captures have the direction for the address. */
export const PPP_FRAMING = {
  ADDRESS: 0xff,
  CONTROL: 0x03,
  PPPD_IN: 0x00,
  PPPD_OUT: 0x01,
  ESCAPE: 0x7d,
  FLAG: 0x7e,
} as const;

/** PPP protocol numbers (IANA "PPP DLL Protocol Numbers"). */
export const PPP_PROTOCOL = {
  IPV4: 0x0021,
  OSI: 0x0023,
  IPX: 0x002b,
  VJ_COMPRESSED: 0x002d,
  VJ_UNCOMPRESSED: 0x002f,
  MULTILINK: 0x003d,
  IPV6: 0x0057,
  COMPRESSED: 0x00fd,
  MPLS: 0x0281,
  MPLS_MULTICAST: 0x0283,
  IPCP: 0x8021,
  OSICP: 0x8023,
  IPV6CP: 0x8057,
  CCP: 0x80fd,
  MPLSCP: 0x8281,
  LCP: 0xc021,
  PAP: 0xc023,
  LQR: 0xc025,
  SPAP: 0xc027,
  BACP: 0xc02b,
  BAP: 0xc02d,
  SPAP_OLD: 0xc123,
  CHAP: 0xc223,
  EAP: 0xc227,
} as const;

/** Header of LCP and all protocols made like it; options or data follow. */
export const PPP_CONTROL = { code: 0, identifier: 1, length: 2, size: 4 } as const;

export const PPP_OPTION = { type: 0, length: 1, size: 2 } as const;

export const PPP_CODE = {
  VENDOR_EXTENSION: 0,
  CONFIGURE_REQUEST: 1,
  CONFIGURE_ACK: 2,
  CONFIGURE_NAK: 3,
  CONFIGURE_REJECT: 4,
  TERMINATE_REQUEST: 5,
  TERMINATE_ACK: 6,
  CODE_REJECT: 7,
  PROTOCOL_REJECT: 8,
  ECHO_REQUEST: 9,
  ECHO_REPLY: 10,
  DISCARD_REQUEST: 11,
  IDENTIFICATION: 12,
  TIME_REMAINING: 13,
  RESET_REQUEST: 14,
  RESET_ACK: 15,
} as const;

export const PAP_CODE = { REQUEST: 1, ACK: 2, NAK: 3 } as const;
export const CHAP_CODE = { CHALLENGE: 1, RESPONSE: 2, SUCCESS: 3, FAILURE: 4 } as const;

export const LCP_OPTION = {
  VENDOR: 0,
  MRU: 1,
  ASYNC_MAP: 2,
  AUTHENTICATION: 3,
  QUALITY: 4,
  MAGIC: 5,
  PROTOCOL_COMPRESSION: 7,
  ADDRESS_COMPRESSION: 8,
  CALLBACK: 13,
  MULTILINK_MRU: 17,
  ENDPOINT: 19,
  LINK_DISCRIMINATOR: 23,
} as const;

/** Kinds of multilink endpoint discriminators, RFC 1990 section 5.1.3. */
export const LCP_ENDPOINT = { NULL: 0, LOCAL: 1, IPV4: 2, MAC: 3, MAGIC: 4, TELEPHONE: 5 } as const;

export const IPCP_OPTION = {
  ADDRESSES: 1,
  COMPRESSION: 2,
  ADDRESS: 3,
  MOBILE: 4,
  PRIMARY_DNS: 129,
  PRIMARY_NBNS: 130,
  SECONDARY_DNS: 131,
  SECONDARY_NBNS: 132,
} as const;

/** How PPP names the layers that Ethernet names by EtherType. */
const PROTOCOL_OF_ETHER_TYPE: Readonly<Record<number, number>> = {
  [ETHER_TYPE.IPV4]: PPP_PROTOCOL.IPV4,
  [ETHER_TYPE.IPV6]: PPP_PROTOCOL.IPV6,
  [ETHER_TYPE.MPLS]: PPP_PROTOCOL.MPLS,
};

export interface PppFields {
  /** PPP_PROTOCOL value; by default that of the layer carried. */
  protocol?: number;
  /** Writes address and control before the protocol: true for the address 0xff, or the address. */
  framing?: boolean | number;
  /** Writes protocols below 256 in one byte. */
  short?: boolean;
}

export function ppp(fields: PppFields = {}): Layer {
  return {
    build(payload, inner) {
      const protocol = fields.protocol ?? PROTOCOL_OF_ETHER_TYPE[inner?.etherType ?? -1] ?? 0;
      const framing = fields.framing === true ? PPP_FRAMING.ADDRESS : fields.framing;
      const before = typeof framing === 'number' ? Uint8Array.of(framing, PPP_FRAMING.CONTROL) : new Uint8Array(0);
      const number = new Uint8Array(2);
      writeU16(number, 0, protocol);
      return concatenate(before, fields.short && protocol < 256 ? number.subarray(1) : number, payload);
    },
  };
}

export interface PppControlFields {
  code: number;
  identifier?: number;
  length?: number;
  options?: readonly PppOption[];
}

export interface PppOption {
  type: number;
  value?: Uint8Array;
  length?: number;
}

/** A packet of LCP, IPCP and the like, or of PAP and CHAP with their data as payload. */
export function pppControl(fields: PppControlFields): Layer {
  return {
    build(payload) {
      const body = concatenate(...(fields.options ?? []).map(optionBytes), payload);
      const header = new Uint8Array(PPP_CONTROL.size);
      header[PPP_CONTROL.code] = fields.code;
      header[PPP_CONTROL.identifier] = fields.identifier ?? 1;
      writeU16(header, PPP_CONTROL.length, fields.length ?? header.length + body.length);
      return concatenate(header, body);
    },
  };
}

function optionBytes(option: PppOption): Uint8Array {
  const value = option.value ?? new Uint8Array(0);
  return concatenate(Uint8Array.of(option.type, option.length ?? PPP_OPTION.size + value.length), value);
}
