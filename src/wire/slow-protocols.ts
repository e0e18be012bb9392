// Slow protocols: IEEE Std 802.3 annex 57A; LACP and Marker, IEEE Std 802.1AX section 6.4.2 and 6.5.3; OAM, IEEE Std
// 802.3 section 57.4.

export const SLOW = { subtype: 0, version: 1, oam: 1, tlvs: 2 } as const;

export const SLOW_SUBTYPE = { LACP: 1, MARKER: 2, OAM: 3 } as const;

/** Lengths count the type and length bytes. */
export const SLOW_TLV = { type: 0, length: 1, value: 2, size: 2 } as const;

export const LACP_TLV = { TERMINATOR: 0, ACTOR: 1, PARTNER: 2, COLLECTOR: 3 } as const;

/** In a TLV of actor or partner. */
export const LACP_PORT = {
  systemPriority: 2,
  system: 4,
  key: 10,
  portPriority: 12,
  port: 14,
  state: 16,
  reserved: 17,
  size: 20,
} as const;

export const LACP_COLLECTOR = { maxDelay: 2, reserved: 4, size: 16 } as const;

export const MARKER_TLV = { TERMINATOR: 0, INFORMATION: 1 } as const;

export const MARKER = { port: 2, system: 4, transaction: 10, pad: 14, size: 16 } as const;

export const OAM = { flags: 0, code: 2, size: 3 } as const;

export const OAM_CODE = { INFORMATION: 0, EVENT: 1, LOOPBACK: 4 } as const;

/** In a TLV of local or remote information. */
export const OAM_INFORMATION = {
  version: 2,
  revision: 3,
  state: 5,
  configuration: 6,
  pduConfiguration: 7,
  oui: 9,
  vendor: 12,
  size: 16,
} as const;

/** In a TLV of a link event. */
export const OAM_EVENT = {
  timestamp: 2,
  window: 4,
  threshold: 12,
  errors: 20,
  errorTotal: 28,
  eventTotal: 36,
  size: 40,
} as const;
