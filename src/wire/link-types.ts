// Link types: LINKTYPE_ values of the pcap registry (tcpdump.org/linktypes.html), with their DLT_ names.

/** A LINKTYPE_ value; unknown ones are kept as they come. */
export type LinkType = number;

export const LINK_TYPE = {
  NULL: 0,
  ETHERNET: 1,
  PPP: 9,
  RAW: 101,
  LOOP: 108,
  LINUX_SLL: 113,
  IPV4: 228,
  IPV6: 229,
  LINUX_SLL2: 276,
} as const;
