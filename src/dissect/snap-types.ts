// Organisations in SNAP whose types have a meaning here, and those types (tcpdump's oui.h and llc.h, RFC 2684).

export const ORGANISATION = {
  ETHERNET: 0x000000,
  CISCO: 0x00000c,
  CISCO_BRIDGED: 0x0000f8,
  BRIDGED: 0x0080c2,
  APPLETALK: 0x080007,
} as const;

export const CISCO_TYPE = { PVST: 0x010b, VLAN_BRIDGE: 0x010c } as const;

export const BRIDGED_TYPE = { ETHERNET_FCS: 0x0001, ETHERNET: 0x0007, BPDU: 0x000e } as const;

/** Bytes of padding before a frame bridged over something else (RFC 2684 section 5.2). */
export const BRIDGE_PADDING = 2;
