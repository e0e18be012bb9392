// IEEE 802.1Q tag, IEEE Std 802.1Q section 9.6, and the tag that Linux takes out of a frame into metadata
// (skb_vlan_untag, net/core/skbuff.c at v6.18).
import { writeU16 } from '../bytes/index.ts';
import { LINK_TYPE, OwnedPacket, type Packet } from '../packet/index.ts';
import { concatenate, type Layer } from './build.ts';
import { ETHER_TYPE } from './ether-types.ts';
import { ETHERNET } from './ethernet.ts';

import { SLL } from './sll.ts';

/** The tag behind its own type field: control information, then the type of what follows. */
export const VLAN = { control: 0, type: 2, size: 4 } as const;

/** Bits of the control information. */
export const VLAN_CONTROL = { PRIORITY: 0xe000, DROP_ELIGIBLE: 0x1000, ID: 0x0fff } as const;

export interface VlanFields {
  id: number;
  /** Priority code point, 0 to 7. */
  priority?: number;
  dropEligible?: boolean;
  /** How the header below names this tag: 0x8100 by default, 0x88a8 for a service tag. */
  tpid?: number;
  /** EtherType or 802.3 length of what follows; by default that of the layer carried. */
  type?: number;
}

export function vlan(fields: VlanFields): Layer {
  return {
    etherType: fields.tpid ?? ETHER_TYPE.VLAN,
    build(payload, inner) {
      const tag = new Uint8Array(VLAN.size);
      const priority = ((fields.priority ?? 0) << 13) | (fields.dropEligible ? VLAN_CONTROL.DROP_ELIGIBLE : 0);
      writeU16(tag, VLAN.control, priority | (fields.id & VLAN_CONTROL.ID));
      writeU16(tag, VLAN.type, fields.type ?? inner?.etherType ?? payload.length);
      return concatenate(tag, payload);
    },
  };
}

/** The type field that the tag goes before, by link type. Cooked v2 has no place for a tag: libpcap loses it there. */
const TAG_AT: Readonly<Record<number, number>> = {
  [LINK_TYPE.ETHERNET]: ETHERNET.type,
  [LINK_TYPE.LINUX_SLL]: SLL.protocol,
};

/**
 * The packet with the tag from its metadata put back into the frame, as libpcap hands it out
 * (pcap-linux.c, pcap_handle_packet_mmap); both lengths grow by the tag. A packet without a tag, with a link header
 * that has no place for one, or cut off before that place comes back as a plain copy.
 */
export function insertVlanTag(packet: Packet): OwnedPacket {
  const { bytes, offset, capturedLength, vlan: tag } = packet;
  const at = TAG_AT[packet.linkType];
  if (tag === undefined || at === undefined || capturedLength < at) {
    return new OwnedPacket(bytes.slice(offset, offset + capturedLength), { ...about(packet), vlan: undefined });
  }
  const frame = new Uint8Array(capturedLength + VLAN.size);
  frame.set(bytes.subarray(offset, offset + at));
  writeU16(frame, at, tag.tpid);
  writeU16(frame, at + 2, tag.tci);
  frame.set(bytes.subarray(offset + at, offset + capturedLength), at + VLAN.size);
  return new OwnedPacket(frame, {
    ...about(packet),
    originalLength: packet.originalLength + VLAN.size,
    vlan: undefined,
  });
}

/** What a packet says of itself besides its bytes; written out, since the fields may be getters of a borrowed packet. */
function about(packet: Packet): Omit<Packet, 'data' | 'bytes' | 'offset' | 'capturedLength'> {
  const { originalLength, seconds, nanoseconds, linkType, interfaceIndex, interfaceName, packetType } = packet;
  const { vlan, options } = packet;
  return { originalLength, seconds, nanoseconds, linkType, interfaceIndex, interfaceName, packetType, vlan, options };
}
