// The Multipath TCP option as tcpdump prints it (print-mptcp.c); RFC 8684 section 3, RFC 6824.
import { readU64 } from '../bytes/index.ts';
import type { Printer } from './printer.ts';

/** Within the option: the subtype is in the upper half of its byte, flags or a version in the lower. */
const OPTION = { subtype: 2, flags: 3, identifier: 3, data: 4 } as const;

const CAPABLE = { senderKey: 4, receiverKey: 12 } as const;
const CAPABLE_CHECKSUM = 0x80;

const JOIN = { token: 4, nonce: 8, mac: 4, nonceBehindMac: 12, wholeMacSize: 20 } as const;
const BACKUP = 0x01;

/** Flags of a data sequence signal. */
const SIGNAL = { FIN: 0x10, LONG_SEQUENCE: 0x08, SEQUENCE: 0x04, LONG_ACK: 0x02, ACK: 0x01 } as const;

type SubtypePrinter = (p: Printer, at: number, size: number, syn: boolean, ack: boolean) => boolean;

const SUBTYPES: readonly (readonly [string, SubtypePrinter])[] = [
  [' capable', printCapable],
  [' join', printJoin],
  [' dss', printSignal],
  [' add-addr', printAddAddress],
  [' rem-addr', printRemoveAddress],
  [' prio', printPriority],
  [' fail', printFail],
  [' fast-close', printFastClose],
];

/** Prints the option at `at`, `size` bytes with its kind and length; false when it cannot be read. */
export function printMultipath(p: Printer, at: number, size: number, syn: boolean, ack: boolean): boolean {
  p.protocol = 'mptcp';
  if (size < OPTION.flags) return false;
  const subtype = SUBTYPES[p.u8(at + OPTION.subtype) >> 4];
  p.text(` ${size}${subtype?.[0] ?? ' unknown'}`);
  return subtype === undefined || subtype[1](p, at, size, syn, ack);
}

function printCapable(p: Printer, at: number, size: number, syn: boolean, ack: boolean): boolean {
  const opening = syn && (size === 12 || size === 4);
  const last = !syn && ack && (size === 20 || size === 22);
  if (!opening && !last) return false;
  const version = p.u8(at + OPTION.subtype) & 15;
  p.text(version > 1 ? ` Unknown Version (${version})` : ` v${version}`);
  if (version > 1) return true;
  if (p.u8(at + OPTION.flags) & CAPABLE_CHECKSUM) p.text(' csum');
  if (size === 4) return true;
  p.text(` {0x${hex64(p, at + CAPABLE.senderKey)}`);
  if (last) p.text(`,0x${hex64(p, at + CAPABLE.receiverKey)}`);
  p.text('}');
  return true;
}

function hex64(p: Printer, at: number): string {
  p.need(at, 8);
  return readU64(p.bytes, at).toString(16);
}

function printJoin(p: Printer, at: number, size: number, syn: boolean, ack: boolean): boolean {
  const possible = (size === 12 && syn) || (size === 16 && syn && ack) || (size === 24 && ack);
  if (!possible) return false;
  if (size === 24) {
    p.text(' hmac 0x');
    p.need(at, size);
    p.out.hexBytes(p.bytes, at + JOIN.mac, JOIN.wholeMacSize, 0);
    return true;
  }
  if (p.u8(at + OPTION.subtype) & BACKUP) p.text(' backup');
  p.text(` id ${p.u8(at + OPTION.identifier)}`);
  if (size === 12)
    p.text(` token 0x${p.u32(at + JOIN.token).toString(16)} nonce 0x${p.u32(at + JOIN.nonce).toString(16)}`);
  else p.text(` hmac 0x${hex64(p, at + JOIN.mac)} nonce 0x${p.u32(at + JOIN.nonceBehindMac).toString(16)}`);
  return true;
}

function printSignal(p: Printer, at: number, size: number, syn: boolean): boolean {
  if (size < OPTION.data || syn) return false;
  const flags = p.u8(at + OPTION.flags);
  const end = at + size;
  let next: number = at + OPTION.data;
  if (flags & SIGNAL.FIN) p.text(' fin');
  if (flags & SIGNAL.ACK) {
    p.text(' ack ');
    next = printSequence(p, next, end, (flags & SIGNAL.LONG_ACK) !== 0);
  }
  if (next >= 0 && flags & SIGNAL.SEQUENCE) {
    p.text(' seq ');
    next = printMapping(p, printSequence(p, next, end, (flags & SIGNAL.LONG_SEQUENCE) !== 0), end);
  }
  return next === end;
}

/** A sequence number of four or eight bytes. Returns where it ends, -1 when it does not fit. */
function printSequence(p: Printer, at: number, end: number, long: boolean): number {
  const size = long ? 8 : 4;
  if (at + size > end) return -1;
  p.text(String(long ? p.u64(at) : p.u32(at)));
  return at + size;
}

/** Subflow sequence number, length and, when there is room, the checksum. Returns where they end, -1 when they do not fit. */
function printMapping(p: Printer, at: number, end: number): number {
  if (at < 0 || at + 4 > end) return -1;
  p.text(` subseq ${p.u32(at)}`);
  if (at + 6 > end) return -1;
  p.text(` len ${p.u16(at + 4)}`);
  if (at + 8 > end) return at + 6;
  p.text(` csum 0x${p.u16(at + 6).toString(16)}`);
  return at + 8;
}

/** By the lower half of the subtype's byte: version 0 has the address's, version 1 says whether it is an echo. */
const ADDRESS_KINDS: Readonly<Record<number, string>> = { 6: 'v0-ip6', 4: 'v0-ip4', 1: 'v1-echo', 0: 'v1' };

/** Sizes with an IPv4 and with an IPv6 address: alone, with port, with code, with both. */
const ADDRESS_SIZES: Readonly<Record<4 | 6, readonly number[]>> = { 4: [8, 10, 16, 18], 6: [20, 22, 28, 30] };

function printAddAddress(p: Printer, at: number, size: number): boolean {
  const version = ADDRESS_SIZES[4].includes(size) ? 4 : 6;
  const parts = ADDRESS_SIZES[version].indexOf(size);
  if (parts < 0) return false;
  p.text(` ${ADDRESS_KINDS[p.u8(at + OPTION.subtype) & 15] ?? '[bad version/echo]'}`);
  p.text(` id ${p.u8(at + OPTION.identifier)} `);
  let next: number = at + OPTION.data;
  if (version === 4) p.ipv4(next);
  else p.ipv6(next);
  next += version === 4 ? 4 : 16;
  if (parts & 1) {
    p.text(`:${p.u16(next)}`);
    next += 2;
  }
  if (parts & 2) p.text(` hmac 0x${hex64(p, next)}`);
  return true;
}

function printRemoveAddress(p: Printer, at: number, size: number): boolean {
  if (size < OPTION.data) return false;
  p.text(' id');
  for (let i: number = OPTION.identifier; i < size; i++) p.text(` ${p.u8(at + i)}`);
  return true;
}

function printPriority(p: Printer, at: number, size: number): boolean {
  if (size !== 3 && size !== 4) return false;
  p.text(p.u8(at + OPTION.subtype) & BACKUP ? ' backup' : ' non-backup');
  if (size === 4) p.text(` id ${p.u8(at + OPTION.identifier)}`);
  return true;
}

function printFail(p: Printer, at: number, size: number): boolean {
  if (size !== 12) return false;
  p.text(` seq ${p.u64(at + OPTION.data)}`);
  return true;
}

function printFastClose(p: Printer, at: number, size: number): boolean {
  if (size !== 12) return false;
  p.text(` key 0x${hex64(p, at + OPTION.data)}`);
  return true;
}
