// The fields of IGMP messages, named as in Wireshark's packet-igmp.c.
import { IGMP, IGMP_RECORD, IGMP_TYPE } from '../wire/index.ts';
import { fromFloat8 } from './listener-times.ts';
import type { Tree } from './tree.ts';

/** Queries of version 3 are at least this long. */
const QUERY_V3_SIZE = 12;

const QUERY_FLAGS = { SUPPRESS: 0x08, ROBUSTNESS: 0x07 } as const;

export function dissectIgmp(t: Tree, at: number, end: number): void {
  t.layer('igmp', at, end - at);
  const type = t.u8('igmp.type', at + IGMP.type);
  if (type === IGMP_TYPE.REPORT_V3) dissectReport(t, at, end);
  else {
    if (type === IGMP_TYPE.QUERY || type === IGMP_TYPE.REPORT_V2 || type === IGMP_TYPE.LEAVE)
      t.add('igmp.max_resp', at + IGMP.maxResponse, 1, fromFloat8(t.peek8(at + IGMP.maxResponse)));
    t.u16('igmp.checksum', at + IGMP.checksum);
    t.ipv4('igmp.maddr', at + IGMP.group);
    if (type === IGMP_TYPE.QUERY && end - at >= QUERY_V3_SIZE) dissectQueryV3(t, at, end);
  }
}

function dissectQueryV3(t: Tree, at: number, end: number): void {
  t.flag('igmp.s', at + IGMP.flags, 1, QUERY_FLAGS.SUPPRESS);
  t.bits('igmp.qrv', at + IGMP.flags, 1, QUERY_FLAGS.ROBUSTNESS);
  t.u8('igmp.qqic', at + IGMP.interval);
  const count = t.u16('igmp.num_src', at + IGMP.sourceCount);
  dissectSources(t, at + IGMP.sources, count, end);
}

function dissectSources(t: Tree, at: number, count: number, end: number): void {
  for (let i = 0; i < count; i++) {
    if (at + 4 * (i + 1) > end) {
      t.stop('igmp', at + 4 * i, `there is no room for ${count} sources`);
      return;
    }
    t.ipv4('igmp.saddr', at + 4 * i);
  }
}

function dissectReport(t: Tree, at: number, end: number): void {
  t.u16('igmp.checksum', at + IGMP.checksum);
  const count = t.u16('igmp.num_grp_recs', at + IGMP.recordCount);
  let record = at + IGMP.records;
  for (let i = 0; i < count; i++) {
    if (record + IGMP_RECORD.size > end) {
      t.stop('igmp', record, `there is no room for ${count} group records`);
      return;
    }
    const sources = t.peek16(record + IGMP_RECORD.sourceCount);
    const size = IGMP_RECORD.size + 4 * sources;
    t.open('', record, size);
    t.u8('igmp.record_type', record + IGMP_RECORD.type);
    t.u8('igmp.aux_data_len', record + IGMP_RECORD.auxiliary);
    t.u16('igmp.num_src', record + IGMP_RECORD.sourceCount);
    t.ipv4('igmp.maddr', record + IGMP_RECORD.group);
    dissectSources(t, record + IGMP_RECORD.sources, sources, end);
    t.shut();
    record += size;
  }
}
