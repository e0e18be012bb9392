// AF_PACKET sockets: numbers and structures of include/uapi/linux/if_packet.h, if_ether.h and if.h (v6.18).
import { writeU16, writeU16LE, writeU32LE } from '../bytes/index.ts';
import { AF, getSocketOption, ioctl, SOCK, setSocketOption, socket } from './ffi.ts';
import { ERRNO, SystemError } from './system-error.ts';

export const SOL_PACKET = 263;

export const PACKET = {
  ADD_MEMBERSHIP: 1,
  RX_RING: 5,
  STATISTICS: 6,
  VERSION: 10,
  RESERVE: 12,
  TIMESTAMP: 17,
  FANOUT: 18,
  QDISC_BYPASS: 20,
} as const;

export const TPACKET_V3 = 2;
const ETH_P_ALL = 3;
const PACKET_MR_PROMISC = 1;

/** struct sockaddr_ll. */
export const SOCKADDR_LL = {
  family: 0,
  protocol: 2,
  interfaceIndex: 4,
  hardwareType: 8,
  packetType: 10,
  addressLength: 11,
  address: 12,
  size: 20,
} as const;

/** struct packet_mreq. */
const PACKET_MREQ = { interfaceIndex: 0, type: 4, size: 16 } as const;

/** struct tpacket_stats_v3. */
const TPACKET_STATS = { packets: 0, drops: 4, freezes: 8, size: 12 } as const;

/** struct ifreq: the name, then a union. */
const IFREQ = { name: 0, nameSize: 16, value: 16, size: 40 } as const;

const SIOCGIFNAME = 0x8910;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;

const NEEDS_NET_RAW =
  'needs CAP_NET_RAW: run as root, give the user that capability (setpriv --ambient-caps +net_raw ...), or try it in a namespace of your own (unshare -Urn)';

/** A socket that gets nothing until it is bound: protocol 0. `cooked` leaves the link header to the kernel. */
export function openPacketSocket(cooked: boolean, what = 'open a packet socket'): number {
  return socket(AF.PACKET, cooked ? SOCK.DGRAM : SOCK.RAW, 0, what, NEEDS_NET_RAW);
}

/** struct sockaddr_ll for bind and sendto: protocol in network order. Interface 0 stands for all. */
export function linkLayerAddress(interfaceIndex: number, protocol = ETH_P_ALL): Uint8Array {
  const address = new Uint8Array(SOCKADDR_LL.size);
  writeU16LE(address, SOCKADDR_LL.family, AF.PACKET);
  writeU16(address, SOCKADDR_LL.protocol, protocol);
  writeU32LE(address, SOCKADDR_LL.interfaceIndex, interfaceIndex);
  return address;
}

/** Asks for every frame on the interface; ends with the socket. */
export function addPromiscuousMembership(fd: number, interfaceIndex: number, what: string): void {
  const request = new Uint8Array(PACKET_MREQ.size);
  writeU32LE(request, PACKET_MREQ.interfaceIndex, interfaceIndex);
  writeU16LE(request, PACKET_MREQ.type, PACKET_MR_PROMISC);
  setSocketOption(fd, SOL_PACKET, PACKET.ADD_MEMBERSHIP, request, what);
}

export interface PacketStatistics {
  /** Packets that passed the filter, the dropped ones included. */
  packets: number;
  drops: number;
  freezes: number;
}

/** What the kernel counted since the last call: reading clears (packet_getsockopt, net/packet/af_packet.c). */
export function takeStatistics(fd: number): PacketStatistics {
  const bytes = new Uint8Array(TPACKET_STATS.size);
  getSocketOption(fd, SOL_PACKET, PACKET.STATISTICS, bytes);
  const view = new DataView(bytes.buffer);
  return {
    packets: view.getUint32(TPACKET_STATS.packets, true),
    drops: view.getUint32(TPACKET_STATS.drops, true),
    freezes: view.getUint32(TPACKET_STATS.freezes, true),
  };
}

/** struct ifreq with the name filled in. */
export function interfaceRequest(name: string): Uint8Array {
  const request = new Uint8Array(IFREQ.size);
  for (let i = 0; i < Math.min(name.length, IFREQ.nameSize - 1); i++) request[i] = name.charCodeAt(i);
  return request;
}

/** The number of the interface with that name; undefined when there is none. */
export function interfaceIndexOf(fd: number, name: string): number | undefined {
  const request = interfaceRequest(name);
  if (name.length >= IFREQ.nameSize || !answers(fd, SIOCGIFINDEX, request)) return undefined;
  return new DataView(request.buffer).getInt32(IFREQ.value, true);
}

/** The name of the interface with that number; undefined when there is none (any more). */
export function interfaceNameOf(fd: number, index: number): string | undefined {
  const request = new Uint8Array(IFREQ.size);
  writeU32LE(request, IFREQ.value, index);
  if (!answers(fd, SIOCGIFNAME, request)) return undefined;
  const end = request.indexOf(0);
  return String.fromCharCode(...request.subarray(0, end < 0 ? IFREQ.nameSize : Math.min(end, IFREQ.nameSize)));
}

/** ARPHRD_ value of the interface, as 1 for Ethernet. */
export function hardwareTypeOf(fd: number, name: string): number | undefined {
  const request = interfaceRequest(name);
  if (!answers(fd, SIOCGIFHWADDR, request)) return undefined;
  return new DataView(request.buffer).getUint16(IFREQ.value, true);
}

/** Performs an interface ioctl; false when there is no such interface. */
function answers(fd: number, request: number, argument: Uint8Array): boolean {
  try {
    ioctl(fd, request, argument, 'ask about the interface');
    return true;
  } catch (error) {
    if (error instanceof SystemError && [ERRNO.ENODEV, ERRNO.ENXIO].includes(error.errno as 19 | 6)) return false;
    throw error;
  }
}
