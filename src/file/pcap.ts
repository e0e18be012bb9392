// The pcap file format: draft-ietf-opsawg-pcap, and what libpcap 1.10.3 reads beyond it (sf-pcap.c).

/** First word of a file; it tells byte order, resolution and the shape of the records. */
export const PCAP_MAGIC = {
  MICROSECONDS: 0xa1b2c3d4,
  NANOSECONDS: 0xa1b23c4d,
  /** A. Kuznetzov's patched libpcap (Red Hat 6.1): longer record headers with interface, protocol and packet type. */
  KUZNETZOV: 0xa1b2cd34,
} as const;

export const PCAP_HEADER = {
  magic: 0,
  majorVersion: 4,
  minorVersion: 6,
  timeZone: 8,
  accuracy: 12,
  snapLength: 16,
  linkType: 20,
  size: 24,
} as const;

export const PCAP_RECORD = { seconds: 0, fraction: 4, capturedLength: 8, originalLength: 12, size: 16 } as const;

/** What follows the usual record header in Kuznetzov's files. */
export const KUZNETZOV_RECORD = { interfaceIndex: 16, protocol: 20, packetType: 22, size: 24 } as const;

/** The upper six bits of the link type word: whether packets end in a frame check sequence, and in how many 16-bit words. */
export const LINK_TYPE_WORD = {
  linkType: 0x03ffffff,
  fcsPresent: 0x04000000,
  fcsLengthShift: 28,
} as const;
const FCS_WORD_BITS = 16;

/** Length of the frame check sequence that a link type word tells, bits; undefined when it tells none. */
export function fcsBitsOf(word: number): number | undefined {
  if ((word & LINK_TYPE_WORD.fcsPresent) === 0) return undefined;
  return (word >>> LINK_TYPE_WORD.fcsLengthShift) * FCS_WORD_BITS;
}

/** The link type word for a link type and a frame check sequence of so many bits. */
export function linkTypeWord(linkType: number, fcsBits: number | undefined): number {
  if (fcsBits === undefined) return linkType;
  const length = (fcsBits / FCS_WORD_BITS) << LINK_TYPE_WORD.fcsLengthShift;
  return (linkType | LINK_TYPE_WORD.fcsPresent | length) >>> 0;
}
