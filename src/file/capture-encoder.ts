// What the writers of both formats have in common. A writer fills `output`, which the caller drains and clears.
import { LINK_TYPE, type LinkType, type Packet, type SourceStatistics } from '../packet/index.ts';
import type { InterfaceDescription } from './interface-description.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** A packet that may know how a file described its interface. */
export interface DescribedPacket extends Packet {
  readonly captureInterface?: InterfaceDescription | undefined;
}

/**
 * A file being written.
 *
 *   const writer = new PcapWriter({ linkType: LINK_TYPE.ETHERNET });
 *   writer.begin();
 *   writer.packet(packet);
 *   save(writer.output.bytes.subarray(0, writer.output.length));
 *   writer.output.clear();
 */
export interface CaptureEncoder {
  readonly output: OutputBuffer;
  /** Writes what stands at the beginning of a file; for a next file too. */
  begin(): void;
  packet(packet: DescribedPacket): void;
  /** Writes what stands at the end of a file. */
  end(statistics?: SourceStatistics): void;
}

/** A tag: TPID, TCI. */
export const VLAN_TAG_SIZE = 4;

/** Where a tag that the kernel moved to metadata stood, by link type (pcap-linux.c:set_vlan_offset, libpcap 1.10.3). */
const VLAN_TAG_OFFSETS: ReadonlyMap<LinkType, number> = new Map([
  [LINK_TYPE.ETHERNET, 12],
  [LINK_TYPE.LINUX_SLL, 14],
]);

/** Where in a packet its tag is to be put back; -1 when it has none, or no place for one. */
export function vlanTagOffset(packet: Packet): number {
  if (packet.vlan === undefined) return -1;
  const offset = VLAN_TAG_OFFSETS.get(packet.linkType);
  return offset === undefined || packet.capturedLength < offset ? -1 : offset;
}

/** Copies `captured` bytes of a packet, its tag put back at `tagAt` when that is not -1. */
export function writeData(output: OutputBuffer, packet: Packet, captured: number, tagAt: number): void {
  if (tagAt < 0) {
    output.raw(packet.bytes, packet.offset, captured);
    return;
  }
  const from = output.length;
  const { tpid, tci } = packet.vlan!;
  output.raw(packet.bytes, packet.offset, tagAt);
  output.raw(Uint8Array.of(tpid >> 8, tpid, tci >> 8, tci), 0, VLAN_TAG_SIZE);
  output.raw(packet.bytes, packet.offset + tagAt, packet.capturedLength - tagAt);
  output.length = from + captured;
}
