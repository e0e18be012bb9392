// What is wrong with a capture file, and where.

/** Where and why a file cannot be read further. Every packet before it was delivered. */
export interface Damage {
  /** Where the record that cannot be read begins: bytes from the start of the (uncompressed) file. */
  offset: number;
  /** What is wrong there, in words without offset. */
  reason: string;
}
