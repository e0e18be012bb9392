// EAP packets, RFC 3748 section 4, and the frames that carry them, IEEE Std 802.1X section 11.3.

export const EAPOL = { version: 0, type: 1, length: 2, size: 4 } as const;

export const EAPOL_TYPE = { PACKET: 0, START: 1, LOGOFF: 2, KEY: 3, ENCAPSULATED_ASF_ALERT: 4 } as const;

/** The type and what follows stand in requests and responses only. */
export const EAP = { code: 0, identifier: 1, length: 2, size: 4, type: 4, data: 5 } as const;

export const EAP_CODE = { REQUEST: 1, RESPONSE: 2, SUCCESS: 3, FAILURE: 4 } as const;

export const EAP_TYPE = {
  IDENTITY: 1,
  NOTIFICATION: 2,
  NAK: 3,
  MD5_CHALLENGE: 4,
  OTP: 5,
  GTC: 6,
  TLS: 13,
  SIM: 18,
  TTLS: 21,
  AKA: 23,
  FAST: 43,
  EXPANDED: 254,
  EXPERIMENTAL: 255,
} as const;

/** EAP-TLS and its kin: a byte of flags, then the length of the whole when the first is set (RFC 5216 section 3.1). */
export const EAP_TLS = { flags: 5, messageLength: 6, version: 0x07, withLength: 10 } as const;
