// Address Resolution Protocol, RFC 826; reverse (RFC 903) and inverse (RFC 2390) with the same header.
import { writeU16 } from '../bytes/index.ts';
import { concatenate, type Layer } from './build.ts';
import { ETHER_TYPE } from './ether-types.ts';
import { macBytes } from './ethernet.ts';
import { ipv4Bytes } from './ipv4.ts';

/** Behind it: sender hardware and protocol address, target hardware and protocol address. */
export const ARP = {
  hardwareType: 0,
  protocolType: 2,
  hardwareSize: 4,
  protocolSize: 5,
  operation: 6,
  size: 8,
} as const;

/** In ATM networks (RFC 2225 section 8.7) sizes of both ends and of subaddresses stand around the operation. */
export const ATM_ARP = {
  hardwareType: 0,
  protocolType: 2,
  senderNumberSize: 4,
  senderSubaddressSize: 5,
  operation: 6,
  senderProtocolSize: 8,
  targetNumberSize: 9,
  targetSubaddressSize: 10,
  targetProtocolSize: 11,
  size: 12,
  /** Bits of a size byte that count; another tells E.164 from NSAP. */
  sizeMask: 0x3f,
} as const;

export const ARP_OPERATION = {
  REQUEST: 1,
  REPLY: 2,
  REVERSE_REQUEST: 3,
  REVERSE_REPLY: 4,
  INVERSE_REQUEST: 8,
  INVERSE_REPLY: 9,
  NAK: 10,
} as const;

/** Hardware types of include/uapi/linux/if_arp.h (v6.18), and two that it does not have (IANA "Hardware Types"). */
export const ARP_HARDWARE = {
  ETHERNET: 1,
  IEEE802: 6,
  ARCNET: 7,
  FRAME_RELAY: 15,
  ATM_2225: 19,
  STRIP: 23,
  IEEE1394: 24,
  INFINIBAND: 32,
} as const;

export interface ArpFields {
  /** REQUEST by default. */
  operation?: number;
  senderHardware: string | Uint8Array;
  senderProtocol: string | Uint8Array;
  /** Zeros by default. */
  targetHardware?: string | Uint8Array;
  targetProtocol: string | Uint8Array;
  hardwareType?: number;
  protocolType?: number;
  hardwareSize?: number;
  protocolSize?: number;
  /** Goes by RARP's EtherType. */
  reverse?: boolean;
}

/** Addresses as text are MAC and IPv4 addresses, as bytes whatever they are. */
export function arp(fields: ArpFields): Layer {
  return {
    etherType: fields.reverse ? ETHER_TYPE.RARP : ETHER_TYPE.ARP,
    build(payload) {
      const senderHardware = hardwareBytes(fields.senderHardware);
      const senderProtocol = protocolBytes(fields.senderProtocol);
      const header = new Uint8Array(ARP.size);
      writeU16(header, ARP.hardwareType, fields.hardwareType ?? ARP_HARDWARE.ETHERNET);
      writeU16(header, ARP.protocolType, fields.protocolType ?? ETHER_TYPE.IPV4);
      header[ARP.hardwareSize] = fields.hardwareSize ?? senderHardware.length;
      header[ARP.protocolSize] = fields.protocolSize ?? senderProtocol.length;
      writeU16(header, ARP.operation, fields.operation ?? ARP_OPERATION.REQUEST);
      const targetHardware = hardwareBytes(fields.targetHardware ?? new Uint8Array(senderHardware.length));
      const targetProtocol = protocolBytes(fields.targetProtocol);
      return concatenate(header, senderHardware, senderProtocol, targetHardware, targetProtocol, payload);
    },
  };
}

function hardwareBytes(address: string | Uint8Array): Uint8Array {
  return typeof address === 'string' ? macBytes(address) : address;
}

function protocolBytes(address: string | Uint8Array): Uint8Array {
  return typeof address === 'string' ? ipv4Bytes(address) : address;
}
