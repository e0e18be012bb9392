// IGMP messages: versions 1 and 2, RFC 2236; version 3, RFC 3376 section 4.
import { internetChecksum, writeU16 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { IP_PROTOCOL } from './ip-protocols.ts';
import { ipv4Bytes } from './ipv4.ts';

export const IGMP = {
  type: 0,
  maxResponse: 1,
  checksum: 2,
  group: 4,
  /** Version 3 query. */
  flags: 8,
  interval: 9,
  sourceCount: 10,
  sources: 12,
  /** Version 3 report. */
  recordCount: 6,
  records: 8,
  size: 8,
} as const;

/** A group record of a version 3 report. */
export const IGMP_RECORD = { type: 0, auxiliary: 1, sourceCount: 2, group: 4, sources: 8, size: 8 } as const;

export const IGMP_TYPE = {
  QUERY: 0x11,
  REPORT_V1: 0x12,
  DVMRP: 0x13,
  PIM_V1: 0x14,
  REPORT_V2: 0x16,
  LEAVE: 0x17,
  TRACE_RESPONSE: 0x1e,
  TRACE: 0x1f,
  REPORT_V3: 0x22,
} as const;

export interface IgmpRecord {
  /** 1 is_in, 2 is_ex, 3 to_in, 4 to_ex, 5 allow, 6 block. */
  type: number;
  group: string;
  sources?: readonly string[];
}

export interface IgmpFields {
  /** IGMP_TYPE value. */
  type: number;
  /** Tenths of a second, in the floating form above 127 (RFC 3376 section 4.1.1). */
  maxResponse?: number;
  group?: string;
  /** Makes a query one of version 3. */
  sources?: readonly string[];
  /** Of a version 3 report. */
  records?: readonly IgmpRecord[];
  checksum?: number;
}

export function igmp(fields: IgmpFields): Layer {
  return {
    ipProtocol: IP_PROTOCOL.IGMP,
    build(payload) {
      const start = new Uint8Array(IGMP.size);
      start[IGMP.type] = fields.type;
      start[IGMP.maxResponse] = fields.maxResponse ?? 0;
      if (fields.group !== undefined) start.set(ipv4Bytes(fields.group), IGMP.group);
      if (fields.records) writeU16(start, IGMP.recordCount, fields.records.length);
      const records = (fields.records ?? []).map(igmpRecord);
      const message = concatenate(start, querySources(fields.sources), ...records, payload);
      writeU16(message, IGMP.checksum, fields.checksum ?? internetChecksum(message, 0, message.length));
      return message;
    },
  };
}

function querySources(sources: readonly string[] | undefined): Uint8Array {
  if (sources === undefined) return new Uint8Array(0);
  const head = new Uint8Array(IGMP.sources - IGMP.flags);
  writeU16(head, IGMP.sourceCount - IGMP.flags, sources.length);
  return concatenate(head, ...sources.map((source) => ipv4Bytes(source)));
}

function igmpRecord(record: IgmpRecord): Uint8Array {
  const head = new Uint8Array(IGMP_RECORD.size);
  head[IGMP_RECORD.type] = record.type;
  writeU16(head, IGMP_RECORD.sourceCount, record.sources?.length ?? 0);
  head.set(ipv4Bytes(record.group), IGMP_RECORD.group);
  return concatenate(head, ...(record.sources ?? []).map((source) => ipv4Bytes(source)));
}
