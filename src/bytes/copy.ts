// Bytes of one's own, out of bytes that are borrowed.

/** A copy of a range. Not slice(): of a Node Buffer that gives a view. */
export function copyBytes(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.subarray(from, to));
}
