// One TPACKET_V3 ring: a packet socket whose blocks of packets are mapped and read where the kernel put them.
// Layout: include/uapi/linux/if_packet.h; filled by tpacket_rcv and prb_* in net/packet/af_packet.c (v6.18).
//
// Nothing is allocated per packet: one RingPacket is filled anew for each. A block goes back to the kernel when its
// last packet was handled. Reading ends where the handler ends it, by false or by an error, and goes on from there.
import type { Metadata, PacketFilter } from '../bpf/index.ts';
import { writeU16, writeU32, writeU32LE } from '../bytes/index.ts';
import { LINK_TYPE, type LinkType, type Packet, type PacketHandler, type VlanTag } from '../packet/index.ts';
import { SLL, SLL2 } from '../wire/index.ts';
import { attachFilter, closeDescriptor, type Mapping, map, setSocketOption } from './ffi.ts';
import { PACKET, SOCKADDR_LL, SOL_PACKET, TPACKET_V3 } from './packet-socket.ts';

/** struct tpacket_req3. */
const TPACKET_REQ3 = {
  blockSize: 0,
  blockCount: 4,
  frameSize: 8,
  frameCount: 12,
  retireTimeout: 16,
  size: 28,
} as const;

/** struct tpacket_block_desc with its tpacket_hdr_v1. */
const BLOCK = { status: 8, packetCount: 12, firstPacket: 16 } as const;

/** struct tpacket3_hdr, with the sockaddr_ll behind it. Frames are aligned to 8 bytes: words are read as such. */
const FRAME = {
  nextOffset: 0,
  seconds: 4,
  nanoseconds: 8,
  capturedLength: 12,
  originalLength: 16,
  status: 20,
  /** Offsets of the link and the network header from the frame's start, 16 bits each. */
  headers: 24,
  vlanTci: 32,
  vlanTpid: 36,
  address: 48,
} as const;

const TP_STATUS_USER = 1;
const TP_STATUS_VLAN_VALID = 0x10;
const TP_STATUS_VLAN_TPID_VALID = 0x40;
const ETH_P_8021Q = 0x8100;

/** More room before each packet: an Ethernet header then begins at a multiple of eight, which makes copying it faster. */
const HEADROOM = 6;

/** Cooked headers: they fit into the 34 bytes that lie unused between a packet's address and its data. */
const COOKED_LENGTH: Readonly<Record<LinkType, number>> = {
  [LINK_TYPE.LINUX_SLL]: SLL.size,
  [LINK_TYPE.LINUX_SLL2]: SLL2.size,
};

/** Only a unit of account in version 3: any divisor of the block will do. */
const FRAME_SIZE = 2048;

export interface RingGeometry {
  blockSize: number;
  blockCount: number;
  /** A block that is not full is handed over after this time. */
  retireTimeoutMs: number;
}

export interface RingInterface {
  name: string;
  /** 0 for `any`. */
  index: number;
  linkType: LinkType;
  cooked: boolean;
}

/** The packet that a ring hands out, filled anew for each. */
class RingPacket implements Packet {
  bytes: Uint8Array = new Uint8Array(0);
  offset = 0;
  capturedLength = 0;
  originalLength = 0;
  seconds = 0;
  nanoseconds = 0;
  linkType: LinkType = 0;
  interfaceIndex = 0;
  interfaceName: string | undefined = undefined;
  packetType: number | undefined = 0;
  vlan: VlanTag | undefined = undefined;
  readonly options = undefined;

  get data(): Uint8Array {
    return this.bytes.subarray(this.offset, this.offset + this.capturedLength);
  }
}

export class Ring {
  readonly fd: number;
  readonly on: RingInterface;
  private readonly mapping: Mapping;
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly view: DataView;
  private readonly geometry: RingGeometry;
  private readonly nameOf: (index: number) => string | undefined;
  private readonly packet = new RingPacket();
  private readonly tag = { tpid: 0, tci: 0 };
  /** The filter, when the kernel does not run it. */
  private matches: PacketFilter | undefined;
  /** Why it does not. */
  refusal: string | undefined;
  private readonly metadata: Metadata = { type: 0, ifidx: 0, vlan_tci: 0, vlanp: 0, vlan_tpid: 0 };
  /** The block that the kernel fills next, or has filled. */
  private block = 0;
  /** Where the next frame of that block begins; 0 before its first. */
  private frame = 0;
  /** Frames of that block which were not handed out yet. */
  private left = 0;

  /** Takes the socket over: `close` closes it. `nameOf` tells interface names on `any`. */
  constructor(fd: number, on: RingInterface, geometry: RingGeometry, nameOf: (index: number) => string | undefined) {
    this.fd = fd;
    this.on = on;
    this.geometry = geometry;
    this.nameOf = nameOf;
    const what = `make a capture buffer of ${geometry.blockCount} blocks of ${geometry.blockSize} bytes on ${on.name}`;
    setSocketOption(fd, SOL_PACKET, PACKET.VERSION, TPACKET_V3, what);
    setSocketOption(fd, SOL_PACKET, PACKET.RESERVE, HEADROOM, what);
    setSocketOption(fd, SOL_PACKET, PACKET.RX_RING, encodeGeometry(geometry), what);
    this.mapping = map(fd, geometry.blockSize * geometry.blockCount, what);
    this.bytes = new Uint8Array(this.mapping.buffer);
    this.words = new Int32Array(this.mapping.buffer);
    this.view = new DataView(this.mapping.buffer);
    this.packet.bytes = this.bytes;
    this.packet.linkType = on.linkType;
    this.packet.interfaceName = on.name;
  }

  /** True when a block is ready to be read. */
  isReady(): boolean {
    return (Atomics.load(this.words, this.statusWord()) & TP_STATUS_USER) !== 0;
  }

  /** True when the block that the kernel fills now holds packets, or one is ready. */
  holdsPackets(): boolean {
    const at = this.block * this.geometry.blockSize;
    return this.isReady() || Atomics.load(this.words, (at + BLOCK.packetCount) >> 2) > 0;
  }

  /** Hands the packets of one ready block to the handler and gives the block back. False when the handler wants no more. */
  readBlock(handler: PacketHandler): boolean {
    if (this.frame === 0) this.beginBlock();
    const { words, packet } = this;
    let wanted = true;
    while (this.left > 0 && wanted) {
      const { frame } = this;
      this.fill(frame);
      this.frame = frame + words[(frame + FRAME.nextOffset) >> 2]!;
      this.left--;
      if (this.matches !== undefined && !this.isWanted(this.matches)) continue;
      wanted = handler(packet) !== false;
    }
    if (this.left === 0) this.giveBack();
    return wanted;
  }

  /** From now on the packets are filtered here, since the kernel cannot. */
  filterHere(matches: PacketFilter, refusal: string): void {
    this.matches = matches;
    this.refusal = refusal;
  }

  private isWanted(matches: PacketFilter): boolean {
    const { packet, metadata } = this;
    const { vlan } = packet;
    metadata.type = packet.packetType!;
    metadata.ifidx = packet.interfaceIndex;
    metadata.vlanp = vlan === undefined ? 0 : 1;
    metadata.vlan_tci = vlan?.tci ?? 0;
    metadata.vlan_tpid = vlan?.tpid ?? 0;
    return matches(packet.bytes, packet.offset, packet.capturedLength, packet.originalLength, metadata) !== 0;
  }

  private beginBlock(): void {
    const at = this.block * this.geometry.blockSize;
    this.frame = at + this.words[(at + BLOCK.firstPacket) >> 2]!;
    this.left = this.words[(at + BLOCK.packetCount) >> 2]!;
  }

  private giveBack(): void {
    Atomics.store(this.words, this.statusWord(), 0);
    this.block = (this.block + 1) % this.geometry.blockCount;
    this.frame = 0;
  }

  /** Lets no packet in any more: what is in the ring stays. */
  shut(): void {
    attachFilter(this.fd, DROP_ALL, 'end the capture');
  }

  /** The handler may call it: then the packet that it has in hand is the last. */
  close(): void {
    this.left = 0;
    this.mapping.unmap();
    closeDescriptor(this.fd);
  }

  private statusWord(): number {
    return (this.block * this.geometry.blockSize + BLOCK.status) >> 2;
  }

  /** Fills the packet from the frame that begins at byte `frame`: 8 ns, where reads through a DataView took 16. */
  private fill(frame: number): void {
    const { words, packet } = this;
    const at = frame >> 2;
    packet.seconds = words[at + (FRAME.seconds >> 2)]! >>> 0;
    packet.nanoseconds = words[at + (FRAME.nanoseconds >> 2)]!;
    packet.capturedLength = words[at + (FRAME.capturedLength >> 2)]!;
    packet.originalLength = words[at + (FRAME.originalLength >> 2)]!;
    packet.offset = frame + (words[at + (FRAME.headers >> 2)]! & 0xffff);
    packet.packetType = this.bytes[frame + FRAME.address + SOCKADDR_LL.packetType];
    packet.interfaceIndex = words[at + ((FRAME.address + SOCKADDR_LL.interfaceIndex) >> 2)]!;
    const status = words[at + (FRAME.status >> 2)]!;
    packet.vlan = (status & TP_STATUS_VLAN_VALID) === 0 ? undefined : this.vlanTag(frame, status);
    if (this.on.cooked) this.cook(frame);
  }

  private vlanTag(frame: number, status: number): VlanTag {
    const { tag, view } = this;
    tag.tci = view.getUint32(frame + FRAME.vlanTci, true) & 0xffff;
    const told = (status & TP_STATUS_VLAN_TPID_VALID) !== 0;
    tag.tpid = told ? view.getUint16(frame + FRAME.vlanTpid, true) : ETH_P_8021Q;
    return tag;
  }

  /** Writes the cooked header in front of the packet. */
  private cook(frame: number): void {
    const { packet, on } = this;
    const length = COOKED_LENGTH[on.linkType]!;
    packet.offset -= length; // without a link header of its own, the packet begins with the network header
    packet.capturedLength += length;
    packet.originalLength += length;
    if (on.linkType === LINK_TYPE.LINUX_SLL2) this.writeSll2(packet.offset, frame + FRAME.address);
    else this.writeSll(packet.offset, frame + FRAME.address);
    if (on.index === 0) packet.interfaceName = this.nameOf(packet.interfaceIndex);
  }

  private writeSll2(to: number, from: number): void {
    const { packet, bytes, view } = this;
    writeU16(bytes, to + SLL2.protocol, view.getUint16(from + SOCKADDR_LL.protocol, false));
    writeU16(bytes, to + SLL2.reserved, 0);
    writeU32(bytes, to + SLL2.interfaceIndex, packet.interfaceIndex);
    writeU16(bytes, to + SLL2.hardwareType, view.getUint16(from + SOCKADDR_LL.hardwareType, true));
    bytes[to + SLL2.packetType] = packet.packetType!;
    bytes[to + SLL2.addressLength] = view.getUint8(from + SOCKADDR_LL.addressLength);
    bytes.copyWithin(to + SLL2.address, from + SOCKADDR_LL.address, from + SOCKADDR_LL.size);
  }

  private writeSll(to: number, from: number): void {
    const { packet, bytes, view } = this;
    writeU16(bytes, to + SLL.packetType, packet.packetType!);
    writeU16(bytes, to + SLL.hardwareType, view.getUint16(from + SOCKADDR_LL.hardwareType, true));
    writeU16(bytes, to + SLL.addressLength, view.getUint8(from + SOCKADDR_LL.addressLength));
    bytes.copyWithin(to + SLL.address, from + SOCKADDR_LL.address, from + SOCKADDR_LL.size);
    writeU16(bytes, to + SLL.protocol, view.getUint16(from + SOCKADDR_LL.protocol, false));
  }
}

/** Bytes that a cooked header takes of the snap length; 0 where packets have a link header of their own. */
export function cookedLength({ cooked, linkType }: RingInterface): number {
  return cooked ? COOKED_LENGTH[linkType]! : 0;
}

/** ret #0 */
export const DROP_ALL = Uint8Array.of(0x06, 0, 0, 0, 0, 0, 0, 0);

function encodeGeometry({ blockSize, blockCount, retireTimeoutMs }: RingGeometry): Uint8Array {
  const request = new Uint8Array(TPACKET_REQ3.size);
  writeU32LE(request, TPACKET_REQ3.blockSize, blockSize);
  writeU32LE(request, TPACKET_REQ3.blockCount, blockCount);
  writeU32LE(request, TPACKET_REQ3.frameSize, FRAME_SIZE);
  writeU32LE(request, TPACKET_REQ3.frameCount, (blockSize / FRAME_SIZE) * blockCount);
  writeU32LE(request, TPACKET_REQ3.retireTimeout, retireTimeoutMs);
  return request;
}
