// Records of a name resolution block: an address and its names (draft-ietf-opsawg-pcapng, section 4.5).
import { copyBytes, decodeUtf8, encodeUtf8 } from '../bytes/index.ts';
import type { RawOption } from '../packet/index.ts';
import { bytesOf, COMMENTS, type OptionTable, TEXT } from './options.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { NAME_OPTION, NAME_RECORD, OPTION_HEADER, paddedTo4 } from './pcapng.ts';

/** An address with its names. The address is IPv4 (4 bytes), IPv6 (16), EUI-48 (6) or EUI-64 (8). */
export interface NameRecord {
  type: 'ipv4' | 'ipv6' | 'eui48' | 'eui64';
  address: Uint8Array;
  names: readonly string[];
}

/** Options of a name resolution block: which server the names come from. */
export interface NameOptions {
  comments?: readonly string[];
  dnsName?: string;
  dnsIpv4Address?: Uint8Array;
  dnsIpv6Address?: Uint8Array;
  others?: readonly RawOption[];
}

export const NAME_OPTIONS: OptionTable = [
  COMMENTS,
  { code: NAME_OPTION.DNS_NAME, field: 'dnsName', codec: TEXT },
  { code: NAME_OPTION.DNS_IPV4, field: 'dnsIpv4Address', codec: bytesOf(4) },
  { code: NAME_OPTION.DNS_IPV6, field: 'dnsIpv6Address', codec: bytesOf(16) },
];

const RECORD_TYPES = [
  { code: NAME_RECORD.IPV4, type: 'ipv4', addressLength: 4 },
  { code: NAME_RECORD.IPV6, type: 'ipv6', addressLength: 16 },
  { code: NAME_RECORD.EUI48, type: 'eui48', addressLength: 6 },
  { code: NAME_RECORD.EUI64, type: 'eui64', addressLength: 8 },
] as const;

/** The records of a range and where they end; undefined when they do not fit it. Records of unknown types are left out. */
export function readNameRecords(
  bytes: Uint8Array,
  from: number,
  to: number,
  littleEndian: boolean,
): { records: NameRecord[]; end: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: NameRecord[] = [];
  let at = from;
  while (at + OPTION_HEADER.size <= to) {
    const code = view.getUint16(at + OPTION_HEADER.code, littleEndian);
    const length = view.getUint16(at + OPTION_HEADER.length, littleEndian);
    at += OPTION_HEADER.size;
    if (code === NAME_RECORD.END) return { records, end: at };
    if (at + length > to) return undefined;
    const record = readRecord(code, bytes.subarray(at, at + length));
    if (record) records.push(record);
    at += paddedTo4(length);
  }
  return at === to ? { records, end: at } : undefined;
}

function readRecord(code: number, value: Uint8Array): NameRecord | undefined {
  const row = RECORD_TYPES.find((candidate) => candidate.code === code);
  if (row === undefined || value.length < row.addressLength) return undefined;
  const names: string[] = [];
  for (let from = row.addressLength; from < value.length; ) {
    const zero = value.indexOf(0, from);
    const end = zero < 0 ? value.length : zero;
    names.push(decodeUtf8(value, from, end));
    from = end + 1;
  }
  return { type: row.type, address: copyBytes(value, 0, row.addressLength), names };
}

export function writeNameRecords(records: readonly NameRecord[], out: OutputBuffer): void {
  for (const record of records) {
    const names = record.names.map((name) => [...encodeUtf8(name), 0]);
    const value = Uint8Array.from([...record.address, ...names.flat()]);
    out.u16(RECORD_TYPES.find((row) => row.type === record.type)!.code);
    out.u16(value.length);
    out.raw(value, 0, value.length);
    out.padTo4();
  }
  out.u32(NAME_RECORD.END);
}
