// The pcapng file format: block types, field offsets and option codes of draft-ietf-opsawg-pcapng. Offsets count from the
// beginning of the block.

export const BLOCK_TYPE = {
  SECTION_HEADER: 0x0a0d0d0a,
  INTERFACE_DESCRIPTION: 1,
  /** Obsolete. */
  PACKET: 2,
  SIMPLE_PACKET: 3,
  NAME_RESOLUTION: 4,
  INTERFACE_STATISTICS: 5,
  ENHANCED_PACKET: 6,
  SYSTEMD_JOURNAL_EXPORT: 9,
  DECRYPTION_SECRETS: 10,
  CUSTOM: 0x00000bad,
  /** Custom, not to be copied into other files. */
  CUSTOM_NO_COPY: 0x40000bad,
} as const;

/** Type and total length, then the body, then the total length again. */
export const BLOCK = { type: 0, totalLength: 4, body: 8, trailer: 4, smallest: 12 } as const;

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
export const SECTION = { byteOrder: 8, majorVersion: 12, minorVersion: 14, length: 16, options: 24 } as const;
export const INTERFACE = { linkType: 8, reserved: 10, snapLength: 12, options: 16 } as const;
export const ENHANCED_PACKET = {
  interfaceIndex: 8,
  timestampHigh: 12,
  timestampLow: 16,
  capturedLength: 20,
  originalLength: 24,
  data: 28,
} as const;
export const SIMPLE_PACKET = { originalLength: 8, data: 12 } as const;
export const OBSOLETE_PACKET = {
  interfaceIndex: 8,
  dropCount: 10,
  timestampHigh: 12,
  timestampLow: 16,
  capturedLength: 20,
  originalLength: 24,
  data: 28,
} as const;
export const STATISTICS = { interfaceIndex: 8, timestampHigh: 12, timestampLow: 16, options: 20 } as const;
export const SECRETS = { type: 8, length: 12, data: 16 } as const;
export const CUSTOM = { enterprise: 8, data: 12 } as const;

export const OPTION_HEADER = { code: 0, length: 2, size: 4 } as const;
export const OPTION = { END: 0, COMMENT: 1 } as const;
export const SECTION_OPTION = { HARDWARE: 2, OS: 3, APPLICATION: 4 } as const;
export const INTERFACE_OPTION = {
  NAME: 2,
  DESCRIPTION: 3,
  IPV4: 4,
  IPV6: 5,
  MAC: 6,
  EUI: 7,
  SPEED: 8,
  TIMESTAMP_RESOLUTION: 9,
  TIME_ZONE: 10,
  FILTER: 11,
  OS: 12,
  FCS_LENGTH: 13,
  TIMESTAMP_OFFSET: 14,
  HARDWARE: 15,
  TRANSMIT_SPEED: 16,
  RECEIVE_SPEED: 17,
  TIME_ZONE_NAME: 18,
} as const;
export const PACKET_OPTION = { FLAGS: 2, HASH: 3, DROP_COUNT: 4, PACKET_ID: 5, QUEUE: 6, VERDICT: 7 } as const;
export const NAME_OPTION = { DNS_NAME: 2, DNS_IPV4: 3, DNS_IPV6: 4 } as const;
export const STATISTICS_OPTION = {
  START: 2,
  END: 3,
  RECEIVED: 4,
  INTERFACE_DROPPED: 5,
  FILTER_ACCEPTED: 6,
  SYSTEM_DROPPED: 7,
  DELIVERED: 8,
} as const;

/** Types of the records of a name resolution block, with the length of their addresses, bytes. */
export const NAME_RECORD = { END: 0, IPV4: 1, IPV6: 2, EUI48: 3, EUI64: 4 } as const;

export function paddedTo4(length: number): number {
  return (length + 3) & ~3;
}
