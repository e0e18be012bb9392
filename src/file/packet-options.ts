// Options of a packet in pcapng (draft-ietf-opsawg-pcapng, section 4.3.1).
import type { PacketOptions } from '../packet/index.ts';
import { bytesOf, COMMENTS, KIND_AND_DATA, type OptionTable, readOptions, U32, U64 } from './options.ts';
import { PACKET_OPTION } from './pcapng.ts';

export const PACKET_OPTIONS: OptionTable = [
  COMMENTS,
  { code: PACKET_OPTION.FLAGS, field: 'flags', codec: U32 },
  { code: PACKET_OPTION.HASH, field: 'hashes', codec: bytesOf(), many: true },
  { code: PACKET_OPTION.DROP_COUNT, field: 'dropCount', codec: U64 },
  { code: PACKET_OPTION.PACKET_ID, field: 'packetId', codec: U64 },
  { code: PACKET_OPTION.QUEUE, field: 'queue', codec: U32 },
  { code: PACKET_OPTION.VERDICT, field: 'verdicts', codec: KIND_AND_DATA, many: true },
];

export function readPacketOptions(bytes: Uint8Array, from: number, to: number, littleEndian: boolean): PacketOptions {
  return readOptions<PacketOptions>(PACKET_OPTIONS, bytes, from, to, littleEndian);
}
