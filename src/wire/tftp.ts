// TFTP packets: RFC 1350 section 5, options RFC 2347. Behind the opcode stand zero-ended texts, or a block number
// or error code and what belongs to it.

export const TFTP = { opcode: 0, rest: 2, block: 2, errorCode: 2, data: 4, message: 4 } as const;

export const TFTP_OPCODE = {
  RRQ: 1,
  WRQ: 2,
  DATA: 3,
  ACK: 4,
  ERROR: 5,
  /** Option acknowledgement. */
  OACK: 6,
} as const;
