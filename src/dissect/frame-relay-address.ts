// Frame Relay addresses: two to four bytes of data link connection identifier (ITU-T Q.922 section 3.3).
import type { Printer } from './printer.ts';

/** The lowest bit of the last byte. */
const LAST = 0x01;

/** Prints the address in the `size` bytes at `at` as tcpdump's print-fr.c does. */
export function printFrameRelayAddress(p: Printer, at: number, size: number): void {
  const dlci = readAddress(p.bytes.subarray(at, at + size));
  p.text(typeof dlci === 'number' ? `DLCI ${dlci}` : dlci);
}

function readAddress(bytes: Uint8Array): number | '<Truncated>' | '<Invalid DLCI>' {
  if (bytes.length < 1) return '<Truncated>';
  if (bytes[0]! & LAST) return '<Invalid DLCI>';
  if (bytes.length < 2) return '<Truncated>';
  let dlci = ((bytes[0]! & 0xfc) << 2) | (bytes[1]! >> 4);
  if (bytes[1]! & LAST) return dlci;
  if (bytes.length < 3) return '<Truncated>';
  let last = bytes[2]!;
  if ((last & LAST) === 0) {
    dlci = (dlci << 7) | (last >> 1);
    if (bytes.length < 4) return '<Truncated>';
    last = bytes[3]!;
  }
  return last & LAST ? (dlci << 6) | (last >> 2) : '<Invalid DLCI>';
}
