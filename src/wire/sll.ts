// Linux cooked capture headers, version 1 and 2 (LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2 of the pcap registry).
import { parseMac, writeU16, writeU32 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';

export const SLL = {
  packetType: 0,
  hardwareType: 2,
  addressLength: 4,
  address: 6,
  protocol: 14,
  size: 16,
} as const;

export const SLL2 = {
  protocol: 0,
  reserved: 2,
  interfaceIndex: 4,
  hardwareType: 8,
  packetType: 10,
  addressLength: 11,
  address: 12,
  size: 20,
} as const;

/** Bytes of the address field in both versions; the length says how many of them count. */
export const SLL_ADDRESS_SIZE = 8;

/** Protocols that are no EtherTypes, include/uapi/linux/if_ether.h (v6.18). */
export const SLL_PROTOCOL = { NOVELL_802_3: 0x0001, LLC: 0x0004 } as const;

export interface SllFields {
  /** PACKET_TYPE value; 0 (to this host) by default. */
  packetType?: number;
  /** ARPHRD_ value; 1 (Ethernet) by default. */
  hardwareType?: number;
  /** The sender's address: a MAC address as text, or up to eight bytes; none by default. */
  address?: string | Uint8Array;
  addressLength?: number;
  /** EtherType or SLL_PROTOCOL; by default that of the layer carried. */
  protocol?: number;
}

export interface Sll2Fields extends SllFields {
  interfaceIndex?: number;
}

export function sll(fields: SllFields = {}): Layer {
  return {
    build(payload, inner) {
      const header = new Uint8Array(SLL.size);
      const address = addressBytes(fields.address);
      writeU16(header, SLL.packetType, fields.packetType ?? 0);
      writeU16(header, SLL.hardwareType, fields.hardwareType ?? 1);
      writeU16(header, SLL.addressLength, fields.addressLength ?? address.length);
      header.set(address, SLL.address);
      writeU16(header, SLL.protocol, fields.protocol ?? inner?.etherType ?? SLL_PROTOCOL.LLC);
      return concatenate(header, payload);
    },
  };
}

export function sll2(fields: Sll2Fields = {}): Layer {
  return {
    build(payload, inner) {
      const header = new Uint8Array(SLL2.size);
      const address = addressBytes(fields.address);
      writeU16(header, SLL2.protocol, fields.protocol ?? inner?.etherType ?? SLL_PROTOCOL.LLC);
      writeU32(header, SLL2.interfaceIndex, fields.interfaceIndex ?? 0);
      writeU16(header, SLL2.hardwareType, fields.hardwareType ?? 1);
      header[SLL2.packetType] = fields.packetType ?? 0;
      header[SLL2.addressLength] = fields.addressLength ?? address.length;
      header.set(address, SLL2.address);
      return concatenate(header, payload);
    },
  };
}

function addressBytes(address: string | Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = typeof address === 'string' ? parseMac(address) : address;
  if (bytes === undefined || bytes.length > SLL_ADDRESS_SIZE) {
    throw new TypeError(`cannot read the link-layer address: ${address}`);
  }
  return bytes;
}
