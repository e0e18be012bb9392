// Room 3: pcap and pcapng as streams of bytes, read and written.
export type * from './blocks.ts';
export type { CaptureEncoder, DescribedPacket } from './capture-encoder.ts';
export type { BlockHandler, CaptureParser, FilterFor } from './capture-parser.ts';
export { isFinerThanMicroseconds, MICROSECOND_RESOLUTION } from './clock.ts';
export { createParser, MAGIC_SIZE } from './create-parser.ts';
export type { Damage } from './damage.ts';
export { FilePacket } from './file-packet.ts';
export type { CaptureFilter, InterfaceDescription, SectionDescription } from './interface-description.ts';
export { DEFAULT_SNAP_LENGTH } from './limits.ts';
export type { NameOptions, NameRecord } from './name-resolution.ts';
export { OutputBuffer } from './output-buffer.ts';
export { PcapParser } from './pcap-parser.ts';
export { PcapWriter, type PcapWriterOptions } from './pcap-writer.ts';
export { BLOCK_TYPE } from './pcapng.ts';
export { PcapngParser } from './pcapng-parser.ts';
export { PcapngWriter, type PcapngWriterOptions } from './pcapng-writer.ts';
export type { StatisticsOptions } from './statistics.ts';
