// pcapng blocks that are not packets, as values: read from a file, written back (draft-ietf-opsawg-pcapng, section 4).
// What does not fit its block's layout is kept raw.
import { copyBytes } from '../bytes/index.ts';
import type { RawOption } from '../packet/index.ts';
import type { Clock } from './clock.ts';
import { type InterfaceDescription, readSection, type SectionDescription } from './interface-description.ts';
import { NAME_OPTIONS, type NameOptions, type NameRecord, readNameRecords } from './name-resolution.ts';
import { COMMENTS, type OptionTable, readOptions } from './options.ts';
import { BLOCK, BLOCK_TYPE, CUSTOM, SECRETS, SECTION, STATISTICS } from './pcapng.ts';
import { readStatistics, type StatisticsOptions } from './statistics.ts';

export type Block =
  | SectionBlock
  | InterfaceBlock
  | NameResolutionBlock
  | StatisticsBlock
  | SecretsBlock
  | JournalBlock
  | CustomBlock
  | OtherBlock;

/** Begins a section: interfaces count from 0 again, and the byte order may change. */
export interface SectionBlock {
  kind: 'section';
  byteOrder: 'little' | 'big';
  majorVersion: number;
  minorVersion: number;
  /** Bytes of the section behind this block; undefined when not told. */
  length: bigint | undefined;
  description: SectionDescription;
}

export interface InterfaceBlock {
  kind: 'interface';
  /** The interface's number within its section. */
  index: number;
  description: InterfaceDescription;
}

export interface NameResolutionBlock {
  kind: 'names';
  records: readonly NameRecord[];
  options: NameOptions;
}

export interface StatisticsBlock {
  kind: 'statistics';
  interfaceIndex: number;
  seconds: number;
  nanoseconds: number;
  options: StatisticsOptions;
}

/** Keys to decrypt what follows. `type` says in which form, as 0x544c534b (TLSK) for a TLS key log. */
export interface SecretsBlock {
  kind: 'secrets';
  type: number;
  data: Uint8Array;
  options: BlockOptions;
}

/** One entry in systemd's journal export format. */
export interface JournalBlock {
  kind: 'journal';
  entry: Uint8Array;
}

/** A block of an enterprise's own; where its data ends and options begin only that enterprise knows. */
export interface CustomBlock {
  kind: 'custom';
  /** False when the block is not to be copied into other files. */
  copy: boolean;
  /** IANA private enterprise number. */
  enterprise: number;
  data: Uint8Array;
}

/** Any block without a name here. */
export interface OtherBlock {
  kind: 'other';
  type: number;
  body: Uint8Array;
}

/** Options of blocks that have none of their own. */
export interface BlockOptions {
  comments?: readonly string[];
  others?: readonly RawOption[];
}

export const BLOCK_OPTIONS: OptionTable = [COMMENTS];

/** A whole block in a chunk, with what is needed to understand it. */
export interface RawBlock {
  type: number;
  bytes: Uint8Array;
  view: DataView;
  /** Where the block begins, and its total length; both were checked. */
  at: number;
  length: number;
  littleEndian: boolean;
  /** The clock of an interface of the section. */
  clockOf(interfaceIndex: number): Clock;
}

/** A block that is neither packet nor interface as a value; it owns all its bytes. */
export function readBlock(raw: RawBlock): Block {
  return readKnown(raw) ?? { kind: 'other', type: raw.type, body: bodyOf(raw) };
}

function readKnown(raw: RawBlock): Block | undefined {
  switch (raw.type) {
    case BLOCK_TYPE.SECTION_HEADER:
      return readSectionBlock(raw);
    case BLOCK_TYPE.NAME_RESOLUTION:
      return readNames(raw);
    case BLOCK_TYPE.INTERFACE_STATISTICS:
      return readStatisticsBlock(raw);
    case BLOCK_TYPE.DECRYPTION_SECRETS:
      return readSecrets(raw);
    case BLOCK_TYPE.SYSTEMD_JOURNAL_EXPORT:
      return { kind: 'journal', entry: bodyOf(raw) };
    case BLOCK_TYPE.CUSTOM:
    case BLOCK_TYPE.CUSTOM_NO_COPY:
      return readCustom(raw);
    default:
      return undefined;
  }
}

function bodyEnd(raw: RawBlock): number {
  return raw.at + raw.length - BLOCK.trailer;
}

function bodyOf(raw: RawBlock): Uint8Array {
  return copyBytes(raw.bytes, raw.at + BLOCK.body, bodyEnd(raw));
}

/** True when the body reaches at least to `offset`. */
function reaches(raw: RawBlock, offset: number): boolean {
  return raw.at + offset <= bodyEnd(raw);
}

function readSectionBlock(raw: RawBlock): SectionBlock {
  const { at, view, littleEndian } = raw;
  const length = view.getBigInt64(at + SECTION.length, littleEndian);
  return {
    kind: 'section',
    byteOrder: littleEndian ? 'little' : 'big',
    majorVersion: view.getUint16(at + SECTION.majorVersion, littleEndian),
    minorVersion: view.getUint16(at + SECTION.minorVersion, littleEndian),
    length: length < 0n ? undefined : length,
    description: readSection(raw),
  };
}

function readNames(raw: RawBlock): NameResolutionBlock | undefined {
  const names = readNameRecords(raw.bytes, raw.at + BLOCK.body, bodyEnd(raw), raw.littleEndian);
  if (names === undefined) return undefined;
  const options = readOptions<NameOptions>(NAME_OPTIONS, raw.bytes, names.end, bodyEnd(raw), raw.littleEndian);
  return { kind: 'names', records: names.records, options };
}

function readStatisticsBlock(raw: RawBlock): StatisticsBlock | undefined {
  if (!reaches(raw, STATISTICS.options)) return undefined;
  const { at, view, littleEndian } = raw;
  const interfaceIndex = view.getUint32(at + STATISTICS.interfaceIndex, littleEndian);
  const clock = raw.clockOf(interfaceIndex);
  const time = { seconds: 0, nanoseconds: 0 };
  const high = view.getUint32(at + STATISTICS.timestampHigh, littleEndian);
  clock.read(high, view.getUint32(at + STATISTICS.timestampLow, littleEndian), time);
  const options = readStatistics(raw.bytes, at + STATISTICS.options, bodyEnd(raw), littleEndian, clock);
  return { kind: 'statistics', interfaceIndex, ...time, options };
}

function readSecrets(raw: RawBlock): SecretsBlock | undefined {
  if (!reaches(raw, SECRETS.data)) return undefined;
  const { at, view, bytes, littleEndian } = raw;
  const length = view.getUint32(at + SECRETS.length, littleEndian);
  const end = at + SECRETS.data + length;
  if (end > bodyEnd(raw)) return undefined;
  return {
    kind: 'secrets',
    type: view.getUint32(at + SECRETS.type, littleEndian),
    data: copyBytes(bytes, at + SECRETS.data, end),
    options: readOptions(BLOCK_OPTIONS, bytes, end + (-length & 3), bodyEnd(raw), littleEndian),
  };
}

function readCustom(raw: RawBlock): CustomBlock | undefined {
  if (!reaches(raw, CUSTOM.data)) return undefined;
  return {
    kind: 'custom',
    copy: raw.type === BLOCK_TYPE.CUSTOM,
    enterprise: raw.view.getUint32(raw.at + CUSTOM.enterprise, raw.littleEndian),
    data: copyBytes(raw.bytes, raw.at + CUSTOM.data, bodyEnd(raw)),
  };
}
