// The fields of SCTP, named as in Wireshark's packet-sctp.c.
import { SCTP, SCTP_CHUNK, SCTP_CHUNK_TYPE, SCTP_DATA, SCTP_DATA_FLAG, SCTP_INIT, SCTP_SACK } from '../wire/index.ts';
import type { Tree } from './tree.ts';

export function dissectSctp(t: Tree, at: number, end: number): void {
  t.layer('sctp', at, end - at);
  t.u16('sctp.srcport', at + SCTP.sourcePort);
  t.u16('sctp.dstport', at + SCTP.destinationPort);
  t.u32('sctp.verification_tag', at + SCTP.verificationTag);
  t.u32('sctp.checksum', at + SCTP.checksum);
  for (let next = at + SCTP.size; next + SCTP_CHUNK.size <= end; ) {
    const size = t.peek16(next + SCTP_CHUNK.length);
    if (size < SCTP_CHUNK.size || next + size > end) {
      t.stop('sctp', next, `a chunk's length of ${size} cannot be`);
      return;
    }
    dissectChunk(t, next, size);
    next += size + (-size & 3);
  }
}

function dissectChunk(t: Tree, at: number, size: number): void {
  const type = t.u8('sctp.chunk_type', at + SCTP_CHUNK.type);
  t.u8('sctp.chunk_flags', at + SCTP_CHUNK.flags);
  t.u16('sctp.chunk_length', at + SCTP_CHUNK.length);
  const value = at + SCTP_CHUNK.value;
  const room = size - SCTP_CHUNK.size;
  if (type === SCTP_CHUNK_TYPE.DATA && room >= SCTP_DATA.size) dissectData(t, at, value, room);
  else if (type === SCTP_CHUNK_TYPE.INIT && room >= SCTP_INIT.size) dissectInit(t, 'init', value);
  else if (type === SCTP_CHUNK_TYPE.INIT_ACK && room >= SCTP_INIT.size) dissectInit(t, 'initack', value);
  else if (type === SCTP_CHUNK_TYPE.SACK && room >= SCTP_SACK.size) dissectSack(t, value);
}

function dissectData(t: Tree, at: number, value: number, room: number): void {
  t.flag('sctp.data_e_bit', at + SCTP_CHUNK.flags, 1, SCTP_DATA_FLAG.ENDING);
  t.flag('sctp.data_b_bit', at + SCTP_CHUNK.flags, 1, SCTP_DATA_FLAG.BEGINNING);
  t.flag('sctp.data_u_bit', at + SCTP_CHUNK.flags, 1, SCTP_DATA_FLAG.UNORDERED);
  t.u32('sctp.data_tsn_raw', value + SCTP_DATA.tsn);
  t.u16('sctp.data_sid', value + SCTP_DATA.stream);
  t.u16('sctp.data_ssn', value + SCTP_DATA.sequence);
  t.u32('sctp.data_payload_proto_id', value + SCTP_DATA.payloadProtocol);
  if (room > SCTP_DATA.size) t.add('sctp.data_payload', value + SCTP_DATA.size, room - SCTP_DATA.size, '');
}

function dissectInit(t: Tree, name: 'init' | 'initack', value: number): void {
  t.u32(`sctp.${name}_initiate_tag`, value + SCTP_INIT.tag);
  t.u32(`sctp.${name}_credit`, value + SCTP_INIT.window);
  t.u16(`sctp.${name}_nr_out_streams`, value + SCTP_INIT.outStreams);
  t.u16(`sctp.${name}_nr_in_streams`, value + SCTP_INIT.inStreams);
  t.u32(`sctp.${name}_initial_tsn`, value + SCTP_INIT.tsn);
}

function dissectSack(t: Tree, value: number): void {
  t.u32('sctp.sack_cumulative_tsn_ack_raw', value + SCTP_SACK.cumulativeTsn);
  t.u32('sctp.sack_a_rwnd', value + SCTP_SACK.window);
  t.u16('sctp.sack_number_of_gap_blocks', value + SCTP_SACK.gapCount);
  t.u16('sctp.sack_number_of_duplicated_tsns', value + SCTP_SACK.duplicateCount);
}
