// The packet of a journey as a frame: with its Ethernet header where one was seen, as raw IP where not, and behind a cooked
// header (LINKTYPE_LINUX_SLL) when it is neither.
import { decodeBase64 } from '../bytes/index.ts';
import { LINK_TYPE, type LinkType } from '../packet/index.ts';
import { ETHER_TYPE, ETHERNET, frame, sll } from '../wire/index.ts';
import type { PacketSummary } from './journey.ts';

export interface PacketFrame {
  readonly bytes: Uint8Array;
  readonly linkType: LinkType;
  /** Bytes in front of the network header. */
  readonly linkLength: number;
  /** Length of the whole packet, bytes, the header in front included. */
  readonly originalLength: number;
}

/** The bytes that a journey has of its packet, as a capture would have them. */
export function frameOf(packet: PacketSummary): PacketFrame {
  const network = decodeBase64(packet.bytes);
  const link = decodeBase64(packet.link ?? '');
  if (link.length === ETHERNET.size) return join(link, network, packet, LINK_TYPE.ETHERNET);
  if (isIp(packet)) return join(new Uint8Array(0), network, packet, LINK_TYPE.RAW);
  const cooked = frame(sll({ protocol: packet.etherType }));
  return join(cooked, network, packet, LINK_TYPE.LINUX_SLL);
}

function isIp({ etherType }: PacketSummary): boolean {
  return etherType === ETHER_TYPE.IPV4 || etherType === ETHER_TYPE.IPV6;
}

function join(front: Uint8Array, network: Uint8Array, { length }: PacketSummary, linkType: LinkType): PacketFrame {
  const bytes = new Uint8Array(front.length + network.length);
  bytes.set(front);
  bytes.set(network, front.length);
  const originalLength = front.length + Math.max(length, network.length);
  return { bytes, linkType, linkLength: front.length, originalLength };
}
