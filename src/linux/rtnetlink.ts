// What rtnetlink messages are made of: types, fixed headers and attributes.
// include/uapi/linux/rtnetlink.h, if_link.h, if_addr.h, neighbour.h, veth.h, if_vlan.h (v6.18).
import { writeU16LE, writeU32LE } from '../bytes/index.ts';

export const RTM = {
  NEWLINK: 16,
  DELLINK: 17,
  GETLINK: 18,
  SETLINK: 19,
  NEWADDR: 20,
  NEWROUTE: 24,
  NEWNEIGH: 28,
} as const;

export const AF = { UNSPEC: 0, INET: 2, INET6: 10 } as const;

/** ifi_flags, include/uapi/linux/if.h. */
export const IFF = { UP: 0x1, LOOPBACK: 0x8, RUNNING: 0x40 } as const;

/** struct ifinfomsg. */
export const IFINFOMSG = { family: 0, type: 2, index: 4, flags: 8, change: 12, size: 16 } as const;

/** struct ifaddrmsg. */
const IFADDRMSG = { family: 0, prefixLength: 1, flags: 2, scope: 3, index: 4, size: 8 } as const;

/** struct rtmsg. */
const RTMSG = { family: 0, destinationLength: 1, table: 4, protocol: 5, scope: 6, type: 7, size: 12 } as const;

/** struct ndmsg. */
const NDMSG = { family: 0, index: 4, state: 8, size: 12 } as const;

/** IFA_F_NODAD: an IPv6 address is ready at once, without duplicate address detection. */
const IFA_F_NODAD = 0x02;
const NUD_PERMANENT = 0x80;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RT_SCOPE = { UNIVERSE: 0, LINK: 253 } as const;
const RTN_UNICAST = 1;

/** IFLA_: attributes of a link. Its kind's own settings (`data`) have a table of their own below. */
export const LINK = {
  address: [1, 'bytes'],
  name: [3, 'text'],
  mtu: [4, 'u32'],
  parent: [5, 'u32'],
  master: [10, 'u32'],
  info: [18, { kind: [1, 'text'], data: [2, 'bytes'] }],
  statistics: [23, 'bytes'],
  /** By address family: IPV4_DEVCONF_FORWARDING in IFLA_INET_CONF, IFLA_INET6_ADDR_GEN_MODE. */
  protocols: [
    26,
    { inet: [2, { settings: [1, { forwarding: [1, 'u32'] }] }], inet6: [10, { addressMode: [8, 'u8'] }] },
  ],
  namespaceFd: [28, 'u32'],
} as const;

/** struct rtnl_link_stats64 (IFLA_STATS64): 64-bit counters; older kernels leave out the last ones. */
export const LINK_STATISTICS = {
  receiveDropped: 48,
  transmitDropped: 56,
  fifoErrors: 112,
  missedErrors: 120,
  size: 184,
  /** Since 4.6. */
  noHandler: 184,
  /** Since 5.19. */
  otherHostDropped: 192,
} as const;

/** How the kernel makes IPv6 link-local addresses (IN6_ADDR_GEN_MODE_): from the MAC address, or not at all. */
export const ADDRESS_MODE = { EUI64: 0, NONE: 1 } as const;

/** VETH_INFO_PEER: the other end, as an ifinfomsg with attributes. */
export const VETH = { peer: [1, 'bytes'] } as const;

/** IFLA_VLAN_. */
export const VLAN = { id: [1, 'u16'], protocol: [5, 'u16be'] } as const;

/** IFA_. */
export const ADDRESS = { address: [1, 'bytes'], local: [2, 'bytes'] } as const;

/** RTA_. */
export const ROUTE = { destination: [1, 'bytes'], outInterface: [4, 'u32'], gateway: [5, 'bytes'] } as const;

/** NDA_. */
export const NEIGHBOUR = { address: [1, 'bytes'], linkAddress: [2, 'bytes'] } as const;

/** `change` says which of the flags count. */
export function linkHeader(index: number, flags = 0, change = 0): Uint8Array {
  const header = new Uint8Array(IFINFOMSG.size);
  writeU32LE(header, IFINFOMSG.index, index);
  writeU32LE(header, IFINFOMSG.flags, flags);
  writeU32LE(header, IFINFOMSG.change, change);
  return header;
}

export function addressHeader(family: number, prefixLength: number, index: number): Uint8Array {
  const header = new Uint8Array(IFADDRMSG.size);
  header[IFADDRMSG.family] = family;
  header[IFADDRMSG.prefixLength] = prefixLength;
  header[IFADDRMSG.flags] = family === AF.INET6 ? IFA_F_NODAD : 0;
  writeU32LE(header, IFADDRMSG.index, index);
  return header;
}

/** A unicast route of the main table; without a gateway its destination is on the link. */
export function routeHeader(family: number, prefixLength: number, gateway: boolean): Uint8Array {
  const header = new Uint8Array(RTMSG.size);
  header[RTMSG.family] = family;
  header[RTMSG.destinationLength] = prefixLength;
  header[RTMSG.table] = RT_TABLE_MAIN;
  header[RTMSG.protocol] = RTPROT_BOOT;
  header[RTMSG.scope] = gateway || family === AF.INET6 ? RT_SCOPE.UNIVERSE : RT_SCOPE.LINK;
  header[RTMSG.type] = RTN_UNICAST;
  return header;
}

export function neighbourHeader(family: number, index: number): Uint8Array {
  const header = new Uint8Array(NDMSG.size);
  header[NDMSG.family] = family;
  writeU32LE(header, NDMSG.index, index);
  writeU16LE(header, NDMSG.state, NUD_PERMANENT);
  return header;
}
