// epb_flags: direction and reception type of a packet (draft-ietf-opsawg-pcapng, section 4.3.1), to and from PACKET_ types.
import { PACKET_TYPE, type PacketType } from '../packet/index.ts';
import { OPTION_HEADER, PACKET_OPTION, paddedTo4 } from './pcapng.ts';

const DIRECTION = { mask: 3, INBOUND: 1, OUTBOUND: 2 } as const;
const RECEPTION = { mask: 0x1c, UNICAST: 1 << 2, MULTICAST: 2 << 2, BROADCAST: 3 << 2, PROMISCUOUS: 4 << 2 } as const;

/** The flags word among a packet's options; 0 when there is none. Allocates nothing. */
export function flagsOf(bytes: Uint8Array, from: number, to: number, littleEndian: boolean): number {
  for (let at = from; at + OPTION_HEADER.size <= to; ) {
    const code = readU16(bytes, at + OPTION_HEADER.code, littleEndian);
    const length = readU16(bytes, at + OPTION_HEADER.length, littleEndian);
    at += OPTION_HEADER.size;
    if (code === PACKET_OPTION.FLAGS && length === 4 && at + length <= to) return readU32(bytes, at, littleEndian);
    if (code === 0) return 0;
    at += paddedTo4(length);
  }
  return 0;
}

function readU16(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!;
}

function readU32(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const [low, high] = littleEndian ? [at, at + 2] : [at + 2, at];
  return (readU16(bytes, low, littleEndian) | (readU16(bytes, high, littleEndian) << 16)) >>> 0;
}

/** The packet type that flags tell; undefined when they do not tell the direction. */
export function packetTypeOf(flags: number): PacketType | undefined {
  const direction = flags & DIRECTION.mask;
  if (direction === DIRECTION.OUTBOUND) return PACKET_TYPE.OUTGOING;
  if (direction !== DIRECTION.INBOUND) return undefined;
  switch (flags & RECEPTION.mask) {
    case RECEPTION.MULTICAST:
      return PACKET_TYPE.MULTICAST;
    case RECEPTION.BROADCAST:
      return PACKET_TYPE.BROADCAST;
    case RECEPTION.PROMISCUOUS:
      return PACKET_TYPE.OTHERHOST;
    default:
      return PACKET_TYPE.HOST;
  }
}

const FLAGS: Readonly<Record<PacketType, number>> = {
  [PACKET_TYPE.HOST]: DIRECTION.INBOUND | RECEPTION.UNICAST,
  [PACKET_TYPE.BROADCAST]: DIRECTION.INBOUND | RECEPTION.BROADCAST,
  [PACKET_TYPE.MULTICAST]: DIRECTION.INBOUND | RECEPTION.MULTICAST,
  [PACKET_TYPE.OTHERHOST]: DIRECTION.INBOUND | RECEPTION.PROMISCUOUS,
  [PACKET_TYPE.OUTGOING]: DIRECTION.OUTBOUND,
};

/** The flags that tell a packet type; 0 for one they have no word for. */
export function flagsFor(packetType: PacketType): number {
  return FLAGS[packetType] ?? 0;
}
