// Writes the pcap format: draft-ietf-opsawg-pcap.
import { LINK_TYPE, type LinkType } from '../packet/index.ts';
import {
  type CaptureEncoder,
  type DescribedPacket,
  VLAN_TAG_SIZE,
  vlanTagOffset,
  writeData,
} from './capture-encoder.ts';
import { DEFAULT_SNAP_LENGTH } from './limits.ts';
import { OutputBuffer } from './output-buffer.ts';
import { linkTypeWord, PCAP_HEADER, PCAP_MAGIC } from './pcap.ts';

const MAJOR_VERSION = 2;
const MINOR_VERSION = 4;

export interface PcapWriterOptions {
  /** Default: Ethernet. */
  linkType?: LinkType;
  /** Longer packets are cut to it, bytes. Default: 262,144. */
  snapLength?: number;
  /** Nanoseconds instead of microseconds. */
  nanoseconds?: boolean;
  /** Default: little. */
  byteOrder?: 'little' | 'big';
  /** Length of the frame check sequence at the end of each packet, bits. */
  fcsLength?: number;
}

export class PcapWriter implements CaptureEncoder {
  readonly output: OutputBuffer;
  readonly linkType: LinkType;
  private readonly snapLength: number;
  private readonly nanoseconds: boolean;
  private readonly fcsLength: number | undefined;

  constructor(options: PcapWriterOptions = {}) {
    this.output = new OutputBuffer(options.byteOrder !== 'big');
    this.linkType = options.linkType ?? LINK_TYPE.ETHERNET;
    this.snapLength = options.snapLength || DEFAULT_SNAP_LENGTH;
    this.nanoseconds = options.nanoseconds ?? false;
    this.fcsLength = options.fcsLength;
  }

  begin(): void {
    const { output } = this;
    output.reserve(PCAP_HEADER.size);
    output.u32(this.nanoseconds ? PCAP_MAGIC.NANOSECONDS : PCAP_MAGIC.MICROSECONDS);
    output.u16(MAJOR_VERSION);
    output.u16(MINOR_VERSION);
    output.u32(0);
    output.u32(0);
    output.u32(this.snapLength);
    output.u32(linkTypeWord(this.linkType, this.fcsLength));
  }

  /** Throws for a packet of another link type than the file's: pcap knows only one. */
  packet(packet: DescribedPacket): void {
    if (packet.linkType !== this.linkType) this.refuse(packet.linkType);
    const tagAt = vlanTagOffset(packet);
    const tag = tagAt < 0 ? 0 : VLAN_TAG_SIZE;
    const captured = Math.min(packet.capturedLength + tag, this.snapLength);
    const { output, nanoseconds } = this;
    const fraction = nanoseconds ? packet.nanoseconds : (packet.nanoseconds / 1000) | 0;
    output.u32x4(packet.seconds, fraction, captured, packet.originalLength + tag);
    writeData(output, packet, captured, tagAt);
  }

  end(): void {}

  private refuse(linkType: LinkType): never {
    throw new Error(
      `cannot write the packet: its link type is ${linkType}, the pcap file's is ${this.linkType} (pcapng holds several)`,
    );
  }
}
