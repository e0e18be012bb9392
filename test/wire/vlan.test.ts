// Putting the VLAN tag from a packet's metadata back into its frame.
import { describe, expect, it } from 'vitest';
import {
  arp,
  ethernet,
  frame,
  insertVlanTag,
  LINK_TYPE,
  OwnedPacket,
  type Packet,
  sll,
  sll2,
  vlan,
} from '../../src/wire/index.ts';

const MACS = { destination: '02:00:00:00:00:0a', source: '02:00:00:00:00:0b' };
const whoHas = arp({ senderHardware: MACS.source, senderProtocol: '192.0.2.1', targetProtocol: '192.0.2.2' });
const tag = { tpid: 0x88a8, tci: 0xb005 };
const tagged = vlan({ id: 5, priority: 5, dropEligible: true, tpid: 0x88a8 });

describe('insertVlanTag', () => {
  it('makes the frame that was on the wire, four bytes longer', () => {
    const bytes = frame(ethernet(MACS), whoHas);
    const packet = insertVlanTag(
      new OwnedPacket(bytes, { linkType: LINK_TYPE.ETHERNET, vlan: tag, originalLength: 100 }),
    );
    expect(packet.data).toEqual(frame(ethernet(MACS), tagged, whoHas));
    expect(packet).toMatchObject({ capturedLength: bytes.length + 4, originalLength: 104, vlan: undefined });
  });

  it('knows where cooked headers have their type', () => {
    const bytes = frame(sll(), whoHas);
    const packet = insertVlanTag(new OwnedPacket(bytes, { linkType: LINK_TYPE.LINUX_SLL, vlan: tag }));
    expect(packet.data).toEqual(frame(sll(), tagged, whoHas));
  });

  it('keeps what else is known of the packet', () => {
    const about = { linkType: 1, seconds: 7, nanoseconds: 8, interfaceIndex: 9, interfaceName: 'eth0', packetType: 4 };
    const packet = insertVlanTag(new OwnedPacket(frame(ethernet(MACS), whoHas), { ...about, vlan: tag }));
    expect(packet).toMatchObject(about);
  });

  it('reads a packet that lies somewhere in a larger array, whose fields are getters', () => {
    const bytes = frame(ethernet(MACS), whoHas);
    const array = new Uint8Array(500).fill(0xee);
    array.set(bytes, 100);
    class Borrowed {
      get bytes() {
        return array;
      }
      get offset() {
        return 100;
      }
      get capturedLength() {
        return bytes.length;
      }
      get originalLength() {
        return bytes.length;
      }
      get linkType() {
        return LINK_TYPE.ETHERNET;
      }
      get vlan() {
        return tag;
      }
    }
    const packet = insertVlanTag(new Borrowed() as unknown as Packet);
    expect(packet.data).toEqual(frame(ethernet(MACS), tagged, whoHas));
    expect(packet.originalLength).toBe(bytes.length + 4);
  });

  it('copies packets that have no tag, or no place for one', () => {
    const bytes = frame(ethernet(MACS), whoHas);
    for (const about of [
      { linkType: LINK_TYPE.ETHERNET },
      { linkType: LINK_TYPE.LINUX_SLL2, vlan: tag },
      { linkType: LINK_TYPE.RAW, vlan: tag },
    ]) {
      const packet = insertVlanTag(new OwnedPacket(bytes, about));
      expect(packet.data).toEqual(bytes);
      expect(packet.data).not.toBe(bytes);
      expect(packet.vlan).toBeUndefined();
    }
    const short = frame(sll2(), '').slice(0, 11);
    expect(insertVlanTag(new OwnedPacket(short, { linkType: LINK_TYPE.ETHERNET, vlan: tag })).data).toEqual(short);
  });

  it('works on a frame cut off right before its type', () => {
    const bytes = frame(ethernet(MACS), '').slice(0, 12);
    const packet = insertVlanTag(
      new OwnedPacket(bytes, { linkType: LINK_TYPE.ETHERNET, vlan: tag, originalLength: 60 }),
    );
    expect([...packet.data.slice(12)]).toEqual([0x88, 0xa8, 0xb0, 0x05]);
  });
});
