// BFD control packets: RFC 5880 section 4.1; the authentication section, 4.2 to 4.4, follows when its flag is set.

export const BFD = {
  versionAndDiagnostic: 0,
  flags: 1,
  detectMultiplier: 2,
  length: 3,
  myDiscriminator: 4,
  yourDiscriminator: 8,
  desiredMinTx: 12,
  requiredMinRx: 16,
  requiredMinEchoRx: 20,
  size: 24,
} as const;

export const BFD_FLAG = {
  POLL: 0x20,
  FINAL: 0x10,
  CONTROL_PLANE_INDEPENDENT: 0x08,
  AUTHENTICATION: 0x04,
  DEMAND: 0x02,
  MULTIPOINT: 0x01,
} as const;

export const BFD_AUTHENTICATION = {
  type: 0,
  length: 1,
  keyId: 2,
  password: 3,
  /** Digests: one reserved byte, then these. */
  sequence: 4,
  digest: 8,
  minSize: 4,
} as const;

export const BFD_AUTHENTICATION_TYPE = { PASSWORD: 1, MD5: 2, METICULOUS_MD5: 3, SHA1: 4, METICULOUS_SHA1: 5 } as const;

/** RFC 5881, 5883 and 7130; what arrives there is BFD. */
export const BFD_PORT = { CONTROL: 3784, ECHO: 3785, MULTIHOP: 4784, LAG: 6784 } as const;
