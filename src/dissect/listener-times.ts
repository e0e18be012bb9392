// Times of IGMPv3 and MLDv2 that are small floating point numbers when large: RFC 3376 section 4.1.1, RFC 3810
// sections 5.1.3 and 5.1.9.

/** A mantissa of four bits and an exponent of three, above 127. */
export function fromFloat8(code: number): number {
  return code < 0x80 ? code : ((code & 0x0f) | 0x10) << (((code >> 4) & 7) + 3);
}

/** A mantissa of twelve bits and an exponent of three, above 32767. */
export function fromFloat16(code: number): number {
  return code < 0x8000 ? code : ((code & 0x0fff) | 0x1000) << (((code >> 12) & 7) + 3);
}
