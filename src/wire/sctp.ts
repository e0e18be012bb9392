// SCTP common header and chunks, RFC 9260 section 3.
import { crc32c, writeU16, writeU32, writeU32LE } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { IP_PROTOCOL } from './ip-protocols.ts';

export const SCTP = { sourcePort: 0, destinationPort: 2, verificationTag: 4, checksum: 8, size: 12 } as const;

/** The length counts from the type on, without the padding to four bytes. */
export const SCTP_CHUNK = { type: 0, flags: 1, length: 2, value: 4, size: 4 } as const;

export const SCTP_CHUNK_TYPE = {
  DATA: 0,
  INIT: 1,
  INIT_ACK: 2,
  SACK: 3,
  HEARTBEAT: 4,
  HEARTBEAT_ACK: 5,
  ABORT: 6,
  SHUTDOWN: 7,
  SHUTDOWN_ACK: 8,
  ERROR: 9,
  COOKIE_ECHO: 10,
  COOKIE_ACK: 11,
  ECN_ECHO: 12,
  CWR: 13,
  SHUTDOWN_COMPLETE: 14,
  FORWARD_TSN: 0xc0,
  RELIABLE_CONTROL: 0xc1,
  RELIABLE_CONTROL_ACK: 0xc2,
} as const;

/** Within the value of a chunk. */
export const SCTP_DATA = { tsn: 0, stream: 4, sequence: 6, payloadProtocol: 8, size: 12 } as const;
export const SCTP_INIT = { tag: 0, window: 4, outStreams: 8, inStreams: 10, tsn: 12, size: 16 } as const;
export const SCTP_SACK = { cumulativeTsn: 0, window: 4, gapCount: 8, duplicateCount: 10, size: 12 } as const;
export const SCTP_GAP = { start: 0, end: 2, size: 4 } as const;

export const SCTP_DATA_FLAG = { UNORDERED: 4, BEGINNING: 2, ENDING: 1 } as const;

export interface SctpFields {
  sourcePort: number;
  destinationPort: number;
  verificationTag?: number;
  chunks?: readonly Uint8Array[];
  /** CRC-32c of the packet by default (RFC 9260 appendix A). */
  checksum?: number;
}

/** sctp({ sourcePort: 1025, destinationPort: 38412, chunks: [sctpInit({ tag: 1, tsn: 7 })] }) */
export function sctp(fields: SctpFields): Layer {
  return {
    ipProtocol: IP_PROTOCOL.SCTP,
    build(payload) {
      const packet = concatenate(new Uint8Array(SCTP.size), ...(fields.chunks ?? []), payload);
      writeU16(packet, SCTP.sourcePort, fields.sourcePort);
      writeU16(packet, SCTP.destinationPort, fields.destinationPort);
      writeU32(packet, SCTP.verificationTag, fields.verificationTag ?? 0);
      writeU32LE(packet, SCTP.checksum, fields.checksum ?? crc32c(packet, 0, packet.length));
      return packet;
    },
  };
}

/** A chunk with its padding. */
export function sctpChunk(type: number, flags: number, value: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(Math.ceil((SCTP_CHUNK.size + value.length) / 4) * 4);
  chunk[SCTP_CHUNK.type] = type;
  chunk[SCTP_CHUNK.flags] = flags;
  writeU16(chunk, SCTP_CHUNK.length, SCTP_CHUNK.size + value.length);
  chunk.set(value, SCTP_CHUNK.value);
  return chunk;
}

export interface SctpDataFields {
  tsn: number;
  stream?: number;
  sequence?: number;
  payloadProtocol?: number;
  /** SCTP_DATA_FLAG bits; a whole message by default. */
  flags?: number;
  data: Uint8Array;
}

export function sctpData(fields: SctpDataFields): Uint8Array {
  const head = new Uint8Array(SCTP_DATA.size);
  writeU32(head, SCTP_DATA.tsn, fields.tsn);
  writeU16(head, SCTP_DATA.stream, fields.stream ?? 0);
  writeU16(head, SCTP_DATA.sequence, fields.sequence ?? 0);
  writeU32(head, SCTP_DATA.payloadProtocol, fields.payloadProtocol ?? 0);
  const flags = fields.flags ?? SCTP_DATA_FLAG.BEGINNING | SCTP_DATA_FLAG.ENDING;
  return sctpChunk(SCTP_CHUNK_TYPE.DATA, flags, concatenate(head, fields.data));
}

export interface SctpInitFields {
  tag: number;
  tsn: number;
  window?: number;
  outStreams?: number;
  inStreams?: number;
  /** Parameters behind the fixed part. */
  parameters?: Uint8Array;
  /** Makes it an INIT ACK. */
  acknowledges?: boolean;
}

export function sctpInit(fields: SctpInitFields): Uint8Array {
  const head = new Uint8Array(SCTP_INIT.size);
  writeU32(head, SCTP_INIT.tag, fields.tag);
  writeU32(head, SCTP_INIT.window, fields.window ?? 65536);
  writeU16(head, SCTP_INIT.outStreams, fields.outStreams ?? 10);
  writeU16(head, SCTP_INIT.inStreams, fields.inStreams ?? 10);
  writeU32(head, SCTP_INIT.tsn, fields.tsn);
  const type = fields.acknowledges ? SCTP_CHUNK_TYPE.INIT_ACK : SCTP_CHUNK_TYPE.INIT;
  return sctpChunk(type, 0, concatenate(head, fields.parameters ?? new Uint8Array(0)));
}

export interface SctpSackFields {
  cumulativeTsn: number;
  window?: number;
  /** Start and end of each gap block, counted from the cumulative TSN. */
  gaps?: readonly (readonly [number, number])[];
  duplicates?: readonly number[];
}

export function sctpSack(fields: SctpSackFields): Uint8Array {
  const { gaps = [], duplicates = [] } = fields;
  const value = new Uint8Array(SCTP_SACK.size + SCTP_GAP.size * gaps.length + 4 * duplicates.length);
  writeU32(value, SCTP_SACK.cumulativeTsn, fields.cumulativeTsn);
  writeU32(value, SCTP_SACK.window, fields.window ?? 65536);
  writeU16(value, SCTP_SACK.gapCount, gaps.length);
  writeU16(value, SCTP_SACK.duplicateCount, duplicates.length);
  gaps.forEach(([start, end], i) => {
    writeU16(value, SCTP_SACK.size + SCTP_GAP.size * i + SCTP_GAP.start, start);
    writeU16(value, SCTP_SACK.size + SCTP_GAP.size * i + SCTP_GAP.end, end);
  });
  duplicates.forEach((tsn, i) => {
    writeU32(value, SCTP_SACK.size + SCTP_GAP.size * gaps.length + 4 * i, tsn);
  });
  return sctpChunk(SCTP_CHUNK_TYPE.SACK, 0, value);
}
