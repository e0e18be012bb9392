// How long a packet in a file may say it is before the file counts as damaged: libpcap's limits
// (pcap-common.c:max_snaplen_for_dlt, sf-pcapng.c, 1.10.3).
import type { LinkType } from '../packet/index.ts';

/** MAXIMUM_SNAPLEN: also what a snap length of 0 stands for. */
export const DEFAULT_SNAP_LENGTH = 262_144;

/** A header may raise the limit for its own packets, but not beyond this. */
const LARGEST_SNAP_LENGTH = 16 << 20;

const LINK_TYPE_LIMITS: ReadonlyMap<LinkType, number> = new Map([
  [231, 128 << 20], // DBUS, by its specification's largest message
  [279, 8 << 20], // EBHSCR
  [249, 1 << 20], // USBPCAP
]);

/** The largest pcapng block that is believed, where no link type asks for more. */
const LARGEST_BLOCK = 16 << 20;
/** Beyond the packet itself. */
const ROOM_FOR_OPTIONS = 128 << 10;

function largestPacketOf(linkType: LinkType): number {
  return LINK_TYPE_LIMITS.get(linkType) ?? DEFAULT_SNAP_LENGTH;
}

/** The largest captured length that is believed, bytes. */
export function largestPacket(linkType: LinkType, snapLength: number): number {
  return Math.max(largestPacketOf(linkType), Math.min(snapLength, LARGEST_SNAP_LENGTH));
}

/** The largest block that is believed in a section with interfaces of such a link type, bytes. */
export function largestBlock(linkType: LinkType): number {
  return Math.max(LARGEST_BLOCK, largestPacketOf(linkType) + ROOM_FOR_OPTIONS);
}
