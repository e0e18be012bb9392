// Netlink attributes (struct nlattr, include/uapi/linux/netlink.h, v6.18) between bytes and objects. A table says which
// attributes a message has: name, number and kind. Integers are in the machine's order, which is little-endian here.
import {
  readU16,
  readU16LE,
  readU32,
  readU32LE,
  readU64LE,
  writeU16,
  writeU16LE,
  writeU32,
  writeU32LE,
  writeU64LE,
} from '../bytes/index.ts';
import { concatenate } from '../wire/index.ts';

/** struct nlattr: the length counts this header, not the padding behind the value. */
const NLATTR = { length: 0, type: 2, size: 4 } as const;

/** NLA_F_NESTED, and the mask that takes it and NLA_F_NET_BYTEORDER off a type. */
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;

/** Messages and attributes begin at multiples of four (NLMSG_ALIGNTO, NLA_ALIGNTO). */
export function align(length: number): number {
  return (length + 3) & ~3;
}

/** How a value that is not nested is written: its size (0 = as long as the value), and both ways of conversion. */
interface Scalar<T> {
  readonly size: number;
  write(to: Uint8Array, at: number, value: T): void;
  read(from: Uint8Array, at: number, length: number): T;
  length?(value: T): number;
}

const SCALARS = {
  u8: {
    size: 1,
    write: (to, at, value) => {
      to[at] = value;
    },
    read: (from, at) => from[at]!,
  } satisfies Scalar<number>,
  u16: { size: 2, write: writeU16LE, read: readU16LE } satisfies Scalar<number>,
  /** Network order, as ports and EtherTypes are. */
  u16be: { size: 2, write: writeU16, read: readU16 } satisfies Scalar<number>,
  u32: { size: 4, write: writeU32LE, read: readU32LE } satisfies Scalar<number>,
  /** Network order, as netfilter's numbers are. */
  u32be: { size: 4, write: writeU32, read: readU32 } satisfies Scalar<number>,
  u64: { size: 8, write: writeU64LE, read: readU64LE } satisfies Scalar<bigint>,
  flag: { size: 0, write: () => undefined, read: () => true, length: () => 0 } satisfies Scalar<boolean>,
  bytes: {
    size: 0,
    write: (to, at, value) => to.set(value, at),
    read: (from, at, length): Uint8Array => new Uint8Array(from.subarray(at, at + length)),
    length: (value) => value.length,
  } satisfies Scalar<Uint8Array>,
  /** Text ends with a zero byte. */
  text: {
    size: 0,
    write: (to, at, value) => to.set(Buffer.from(value), at),
    read: (from, at, length): string =>
      Buffer.from(from.buffer, from.byteOffset + at, length)
        .toString()
        .replace(/\0.*$/s, ''),
    length: (value) => Buffer.byteLength(value) + 1,
  } satisfies Scalar<string>,
} as const;

type ScalarKind = keyof typeof SCALARS;

/** The attributes of a message, by the names they have in objects: number, and kind or the table of those nested in it. */
export interface AttributeTable {
  readonly [name: string]: readonly [type: number, kind: ScalarKind | AttributeTable];
}

type AttributeValue<Kind> = Kind extends ScalarKind
  ? ReturnType<(typeof SCALARS)[Kind]['read']>
  : Kind extends AttributeTable
    ? AttributeValues<Kind>
    : never;

/** The object that a table describes. Attributes that are undefined are left out. */
export type AttributeValues<T extends AttributeTable> = {
  -readonly [Name in keyof T]?: AttributeValue<T[Name][1]> | undefined;
};

export function encodeAttributes<T extends AttributeTable>(table: T, values: AttributeValues<T>): Uint8Array {
  const parts = Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const [type, kind] = table[name]!;
    if (typeof kind === 'string') return [attribute(type, encodeScalar(kind, value))];
    return [attribute(type | NESTED, encodeAttributes(kind, value as AttributeValues<AttributeTable>))];
  });
  return concatenate(...parts);
}

/** One attribute around its value, padded. */
function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(align(NLATTR.size + value.length));
  writeU16LE(bytes, NLATTR.length, NLATTR.size + value.length);
  writeU16LE(bytes, NLATTR.type, type);
  bytes.set(value, NLATTR.size);
  return bytes;
}

function encodeScalar(kind: ScalarKind, value: unknown): Uint8Array {
  const scalar: Scalar<unknown> = SCALARS[kind] as Scalar<unknown>;
  const bytes = new Uint8Array(scalar.length?.(value) ?? scalar.size);
  scalar.write(bytes, 0, value);
  return bytes;
}

/** Reads what the table knows between `at` and `end`; other attributes, and those too short for their kind, are left out. */
export function decodeAttributes<T extends AttributeTable>(
  table: T,
  bytes: Uint8Array,
  at: number,
  end: number,
): AttributeValues<T> {
  const values: Record<string, unknown> = {};
  for (let next = at; next + NLATTR.size <= end; ) {
    const length = readU16LE(bytes, next + NLATTR.length);
    if (length < NLATTR.size || next + length > end) break;
    const type = readU16LE(bytes, next + NLATTR.type) & TYPE_MASK;
    const row = Object.entries(table).find(([, [number]]) => number === type);
    if (row !== undefined) {
      const value = decodeValue(row[1][1], bytes, next + NLATTR.size, length - NLATTR.size);
      if (value !== undefined) values[row[0]] = value;
    }
    next += align(length);
  }
  return values as AttributeValues<T>;
}

function decodeValue(kind: ScalarKind | AttributeTable, bytes: Uint8Array, at: number, length: number): unknown {
  if (typeof kind !== 'string') return decodeAttributes(kind, bytes, at, at + length);
  const scalar = SCALARS[kind];
  return length < scalar.size ? undefined : scalar.read(bytes, at, length);
}
