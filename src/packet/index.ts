// Room 2: what a packet is, where packets come from, and the names of link types. Apart from the headers (room 3), so
// that whoever only moves packets (files, counting) loads nothing else.
export * from './link-types.ts';
export * from './packet.ts';
