// pcapng options: code, length, value, padding (draft-ietf-opsawg-pcapng, section 3.5). Which options a block knows stands
// in a table; what no row fits is kept as it came.
import { copyBytes, decodeUtf8, encodeUtf8 } from '../bytes/index.ts';
import type { RawOption } from '../packet/index.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { OPTION, OPTION_HEADER, paddedTo4 } from './pcapng.ts';

/** How an option's value is read and written. */
interface Codec {
  /** The value, out of bytes of its own; undefined when they are not of the right length. */
  read(value: Uint8Array, littleEndian: boolean): unknown;
  write(value: never, littleEndian: boolean): Uint8Array;
}

interface OptionRow {
  code: number;
  /** Where the value stands in the object that the options become. */
  field: string;
  codec: Codec;
  /** True when the option may come several times: the field is then a list. */
  many?: boolean;
}

export type OptionTable = readonly OptionRow[];

/** What every set of options has. */
interface OptionSet {
  others?: readonly RawOption[];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function integer(size: number, get: (view: DataView, littleEndian: boolean) => unknown, set: SetInteger): Codec {
  return {
    read: (value, littleEndian) => (value.length === size ? get(viewOf(value), littleEndian) : undefined),
    write(value, littleEndian) {
      const bytes = new Uint8Array(size);
      set(viewOf(bytes), value, littleEndian);
      return bytes;
    },
  };
}

type SetInteger = (view: DataView, value: never, littleEndian: boolean) => void;

export const TEXT: Codec = { read: (value) => decodeUtf8(value), write: (value: string) => encodeUtf8(value) };

/** Bytes as they are, of any length or of exactly `length`. */
export const bytesOf = (length?: number): Codec => ({
  read: (value) => (length === undefined || value.length === length ? value : undefined),
  write: (value: Uint8Array) => value,
});

export const U8 = integer(
  1,
  (view) => view.getUint8(0),
  (view, value: number) => view.setUint8(0, value),
);
export const U32 = integer(
  4,
  (view, little) => view.getUint32(0, little),
  (view, value: number, little) => view.setUint32(0, value, little),
);
export const U64 = integer(
  8,
  (view, little) => view.getBigUint64(0, little),
  (view, value: bigint, little) => view.setBigUint64(0, value, little),
);
export const I64 = integer(
  8,
  (view, little) => view.getBigInt64(0, little),
  (view, value: bigint, little) => view.setBigInt64(0, value, little),
);

/** A byte that says of what kind the rest is: if_filter and epb_verdict. */
export const KIND_AND_DATA: Codec = {
  read: (value) => (value.length === 0 ? undefined : { kind: value[0], data: value.subarray(1) }),
  write: (value: { kind: number; data: Uint8Array }) => Uint8Array.of(value.kind, ...value.data),
};

/** Every block may carry comments. */
export const COMMENTS: OptionRow = { code: OPTION.COMMENT, field: 'comments', codec: TEXT, many: true };

/** Reads options up to their end mark, the end of the range, or where they are cut off. */
export function readOptions<Set extends OptionSet>(
  table: OptionTable,
  bytes: Uint8Array,
  from: number,
  to: number,
  littleEndian: boolean,
): Set {
  const set: Record<string, unknown> = {};
  eachOption(bytes, from, to, littleEndian, (code, at, length) => {
    const value = copyBytes(bytes, at, at + length);
    const row = table.find((candidate) => candidate.code === code);
    const known = row?.codec.read(value, littleEndian);
    if (row === undefined || known === undefined) append(set, 'others', { code, value });
    else if (row.many) append(set, row.field, known);
    else set[row.field] ??= known;
  });
  return set as Set;
}

function append(set: Record<string, unknown>, field: string, value: unknown): void {
  const list = (set[field] ?? []) as unknown[];
  list.push(value);
  set[field] = list;
}

/** Calls `use` for each option; false when one is cut off by the end of the range. */
export function eachOption(
  bytes: Uint8Array,
  from: number,
  to: number,
  littleEndian: boolean,
  use: (code: number, at: number, length: number) => void,
): boolean {
  const view = viewOf(bytes);
  let at = from;
  while (at + OPTION_HEADER.size <= to) {
    const code = view.getUint16(at + OPTION_HEADER.code, littleEndian);
    const length = view.getUint16(at + OPTION_HEADER.length, littleEndian);
    at += OPTION_HEADER.size;
    if (code === OPTION.END) return true;
    if (at + length > to) return false;
    use(code, at, length);
    at += paddedTo4(length);
  }
  return at >= to;
}

/** Writes the options that a set has, in the table's order, then the others, then the end mark; nothing for none. */
export function writeOptions(table: OptionTable, set: OptionSet, out: OutputBuffer): void {
  const before = out.length;
  for (const { field, code, codec, many } of table) {
    const value = (set as Readonly<Record<string, unknown>>)[field];
    if (value === undefined) continue;
    for (const one of many ? (value as unknown[]) : [value]) {
      writeOption(out, code, codec.write(one as never, out.littleEndian));
    }
  }
  for (const { code, value } of set.others ?? []) writeOption(out, code, value);
  if (out.length > before) writeOption(out, OPTION.END, NO_VALUE);
}

const NO_VALUE = new Uint8Array(0);
const LONGEST_VALUE = 0xffff;

function writeOption(out: OutputBuffer, code: number, value: Uint8Array): void {
  const length = Math.min(value.length, LONGEST_VALUE);
  out.u16(code);
  out.u16(length);
  out.raw(value, 0, length);
  out.padTo4();
}
