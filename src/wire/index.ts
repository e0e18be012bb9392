// Room 2: one file per header (offset table and builder), names of types, and the Packet itself.
export * from './build.ts';
export * from './dhcp.ts';
export * from './dns.ts';
export * from './ether-types.ts';
export * from './ethernet.ts';
export * from './ip-protocols.ts';
export * from './ipv4.ts';
export * from './link-type-names.ts';
export * from './link-types.ts';
export * from './llc.ts';
export * from './packet.ts';
export * from './sll.ts';
export * from './stp.ts';
export * from './udp.ts';
export * from './vlan.ts';
