// The Internet checksum (RFC 1071) and CRC-32c as SCTP uses it (RFC 9260, appendix A).

/** Ones' complement sum of 16-bit words, carried on from `sum`; an odd last byte counts as if padded with zero. */
export function sumWords(bytes: Uint8Array, at: number, length: number, sum = 0): number {
  const even = at + (length & ~1);
  let total = sum;
  for (let i = at; i < even; i += 2) {
    total += (bytes[i]! << 8) | bytes[i + 1]!;
  }
  if (length & 1) total += bytes[even]! << 8;
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}

/** The checksum field's value for a range whose checksum bytes are zero; 0 when the range already holds a right one. */
export function internetChecksum(bytes: Uint8Array, at: number, length: number, sum = 0): number {
  return ~sumWords(bytes, at, length, sum) & 0xffff;
}

/** Sum of the pseudo header (RFC 793 section 3.1, RFC 8200 section 8.1); `addressesAt` points at source then destination. */
export function sumPseudoHeader(
  bytes: Uint8Array,
  addressesAt: number,
  addressLength: 4 | 16,
  protocol: number,
  length: number,
): number {
  return sumWords(bytes, addressesAt, 2 * addressLength, protocol + (length >>> 16) + (length & 0xffff));
}

const CRC32C = (() => {
  const table = new Uint32Array(256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
    table[n] = c;
  }
  return table;
})();

/** CRC-32c of a range, as a number whose little-endian bytes stand in an SCTP header. */
export function crc32c(bytes: Uint8Array, at: number, length: number): number {
  let crc = 0xffffffff;
  for (let i = at; i < at + length; i++) crc = CRC32C[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
