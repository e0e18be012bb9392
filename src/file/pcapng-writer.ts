// Writes the pcapng format: draft-ietf-opsawg-pcapng. One section; an interface block before the first packet of each interface.
import { LINK_TYPE, type LinkType, type SourceStatistics } from '../packet/index.ts';
import { BLOCK_OPTIONS, type Block, type StatisticsBlock } from './blocks.ts';
import {
  type CaptureEncoder,
  type DescribedPacket,
  VLAN_TAG_SIZE,
  vlanTagOffset,
  writeData,
} from './capture-encoder.ts';
import { MICROSECOND_RESOLUTION, NANOSECOND_RESOLUTION, writeTicks } from './clock.ts';
import {
  type InterfaceDescription,
  type SectionDescription,
  writeInterface,
  writeSection,
} from './interface-description.ts';
import { DEFAULT_SNAP_LENGTH } from './limits.ts';
import { NAME_OPTIONS, writeNameRecords } from './name-resolution.ts';
import { writeOptions } from './options.ts';
import { OutputBuffer } from './output-buffer.ts';
import { flagsFor } from './packet-flags.ts';
import { PACKET_OPTIONS } from './packet-options.ts';
import {
  BLOCK,
  BLOCK_TYPE,
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET,
  OPTION,
  OPTION_HEADER,
  PACKET_OPTION,
} from './pcapng.ts';
import { STATISTICS_OPTIONS, type StatisticsOptions, withTicks } from './statistics.ts';

const MAJOR_VERSION = 1;
const MINOR_VERSION = 0;
const UNKNOWN_LENGTH = -1n;

/** The one option of a packet whose only news is its direction: flags, then the end mark. */
const FLAGS_ROOM = 3 * OPTION_HEADER.size;

export interface PcapngWriterOptions {
  /** Of packets whose interface no one described, and of the one interface of a file without packets. Default: Ethernet. */
  linkType?: LinkType;
  /** Longer packets are cut to it, bytes. Default: 262,144. */
  snapLength?: number;
  /** Nanoseconds instead of microseconds. Default: true. */
  nanoseconds?: boolean;
  /** Default: little. */
  byteOrder?: 'little' | 'big';
  section?: SectionDescription;
  /** Interfaces described ahead of their first packet. Packets are of the one with their name and link type. */
  interfaces?: readonly InterfaceDescription[];
}

/** An interface that was written, and what its packets look like. */
interface WrittenInterface {
  /** How the packet's source described it; undefined when it did not. */
  described: InterfaceDescription | undefined;
  linkType: LinkType;
  interfaceIndex: number;
  name: string | undefined;
  packetCount: number;
}

export class PcapngWriter implements CaptureEncoder {
  readonly output: OutputBuffer;
  private readonly options: PcapngWriterOptions;
  private readonly snapLength: number;
  private readonly unitsPerSecond: number;
  private readonly nanosecondsPerUnit: number;
  private interfaces: WrittenInterface[] = [];
  /** Number of the interface of the last packet. */
  private last = 0;
  private lastSeconds = 0;
  private lastNanoseconds = 0;

  constructor(options: PcapngWriterOptions = {}) {
    this.options = options;
    this.output = new OutputBuffer(options.byteOrder !== 'big');
    this.snapLength = options.snapLength || DEFAULT_SNAP_LENGTH;
    this.nanosecondsPerUnit = (options.nanoseconds ?? true) ? 1 : 1000;
    this.unitsPerSecond = 1e9 / this.nanosecondsPerUnit;
  }

  begin(): void {
    this.beginSection(this.options.section ?? {});
    for (const description of this.options.interfaces ?? []) this.interface(description);
  }

  packet(packet: DescribedPacket): void {
    const index = this.interfaceOf(packet);
    const tagAt = vlanTagOffset(packet);
    const tag = tagAt < 0 ? 0 : VLAN_TAG_SIZE;
    const captured = Math.min(packet.capturedLength + tag, this.snapLength);
    const at = this.open(BLOCK_TYPE.ENHANCED_PACKET);
    this.packetFields(at, index, packet, captured, packet.originalLength + tag);
    writeData(this.output, packet, captured, tagAt);
    this.output.padTo4();
    this.packetOptions(packet);
    this.close(at);
    this.interfaces[index]!.packetCount++;
    this.lastSeconds = packet.seconds;
    this.lastNanoseconds = packet.nanoseconds;
  }

  private packetFields(at: number, index: number, packet: DescribedPacket, captured: number, original: number): void {
    const { output, unitsPerSecond } = this;
    output.reserve(ENHANCED_PACKET.data);
    const { view, littleEndian } = output;
    const fraction = Math.floor(packet.nanoseconds / this.nanosecondsPerUnit);
    view.setUint32(at + ENHANCED_PACKET.interfaceIndex, index, littleEndian);
    writeTicks(view, at + ENHANCED_PACKET.timestampHigh, packet.seconds, fraction, unitsPerSecond, littleEndian);
    view.setUint32(at + ENHANCED_PACKET.capturedLength, captured, littleEndian);
    view.setUint32(at + ENHANCED_PACKET.originalLength, original, littleEndian);
    output.length = at + ENHANCED_PACKET.data;
  }

  private packetOptions(packet: DescribedPacket): void {
    const { options, packetType } = packet;
    const flags = packetType === undefined ? 0 : flagsFor(packetType);
    if (options !== undefined) {
      const set = options.flags === undefined && flags !== 0 ? { ...options, flags } : options;
      writeOptions(PACKET_OPTIONS, set, this.output);
    } else if (flags !== 0) this.onlyFlags(flags);
  }

  private onlyFlags(flags: number): void {
    const { output } = this;
    output.reserve(FLAGS_ROOM);
    output.u16(PACKET_OPTION.FLAGS);
    output.u16(4);
    output.u32(flags);
    output.u32(OPTION.END);
  }

  /** The number of the packet's interface, which is written first when it is new. */
  private interfaceOf(packet: DescribedPacket): number {
    if (this.isOf(this.interfaces[this.last], packet)) return this.last;
    const known = this.interfaces.findIndex((candidate) => this.isOf(candidate, packet));
    this.last = known >= 0 ? known : this.newInterface(packet);
    return this.last;
  }

  private isOf(known: WrittenInterface | undefined, packet: DescribedPacket): boolean {
    if (known === undefined) return false;
    if (packet.captureInterface !== undefined) return packet.captureInterface === known.described;
    if (packet.linkType !== known.linkType) return false;
    if (packet.interfaceName !== undefined) return packet.interfaceName === known.name;
    return packet.interfaceIndex === known.interfaceIndex;
  }

  private newInterface(packet: DescribedPacket): number {
    const { linkType, interfaceName: name, interfaceIndex } = packet;
    const about: InterfaceDescription = { linkType, snapLength: this.snapLength };
    const description = packet.captureInterface ?? (name === undefined ? about : { ...about, name });
    const index = this.interface(description);
    Object.assign(this.interfaces[index]!, { described: packet.captureInterface, interfaceIndex, name });
    return index;
  }

  /** Describes an interface; returns its number. Its times are written in the writer's own unit. */
  interface(description: InterfaceDescription): number {
    const { timestampOffset: _, ...about } = description;
    const timestampResolution = this.nanosecondsPerUnit === 1 ? NANOSECOND_RESOLUTION : MICROSECOND_RESOLUTION;
    const at = this.open(BLOCK_TYPE.INTERFACE_DESCRIPTION);
    writeInterface({ ...about, timestampResolution }, this.output);
    this.close(at);
    const { linkType, name } = description;
    const interfaceIndex = this.interfaces.length;
    this.interfaces.push({ described: description, linkType, name, interfaceIndex, packetCount: 0 });
    return interfaceIndex;
  }

  /** Writes a block that is not a packet. A section begins anew; its own byte order is the writer's. */
  block(block: Block): void {
    if (block.kind === 'section') this.beginSection(block.description);
    else if (block.kind === 'interface') this.interface(block.description);
    else {
      const at = this.open(blockTypeOf(block));
      this.body(block);
      this.output.padTo4();
      this.close(at);
    }
  }

  private body(block: Exclude<Block, { kind: 'section' | 'interface' }>): void {
    const { output } = this;
    switch (block.kind) {
      case 'names':
        writeNameRecords(block.records, output);
        writeOptions(NAME_OPTIONS, block.options, output);
        break;
      case 'statistics':
        this.statisticsBody(block);
        break;
      case 'secrets':
        output.u32(block.type);
        output.u32(block.data.length);
        output.raw(block.data, 0, block.data.length);
        output.padTo4();
        writeOptions(BLOCK_OPTIONS, block.options, output);
        break;
      case 'journal':
        output.raw(block.entry, 0, block.entry.length);
        break;
      case 'custom':
        output.u32(block.enterprise);
        output.raw(block.data, 0, block.data.length);
        break;
      case 'other':
        output.raw(block.body, 0, block.body.length);
    }
  }

  private statisticsBody({ interfaceIndex, seconds, nanoseconds, options }: StatisticsBlock): void {
    const { output, unitsPerSecond } = this;
    output.u32(interfaceIndex);
    output.reserve(8);
    const fraction = Math.floor(nanoseconds / this.nanosecondsPerUnit);
    writeTicks(output.view, output.length, seconds, fraction, unitsPerSecond, output.littleEndian);
    output.length += 8;
    writeOptions(STATISTICS_OPTIONS, withTicks(options, unitsPerSecond), output);
  }

  /** Writes the statistics of each interface; with a single one also what the source counted. */
  end(statistics?: SourceStatistics): void {
    const { linkType = LINK_TYPE.ETHERNET } = this.options;
    if (this.interfaces.length === 0) this.interface({ linkType, snapLength: this.snapLength });
    if (statistics === undefined) return;
    const time = { seconds: this.lastSeconds, nanoseconds: this.lastNanoseconds };
    const counted = this.interfaces.length === 1 ? statisticsOptions(statistics) : {};
    this.interfaces.forEach(({ packetCount }, interfaceIndex) => {
      const options = { ...counted, delivered: BigInt(packetCount) };
      this.block({ kind: 'statistics', interfaceIndex, ...time, options });
    });
  }

  private beginSection(description: SectionDescription): void {
    const at = this.open(BLOCK_TYPE.SECTION_HEADER);
    this.output.u32(BYTE_ORDER_MAGIC);
    this.output.u16(MAJOR_VERSION);
    this.output.u16(MINOR_VERSION);
    this.output.u64(UNKNOWN_LENGTH);
    writeSection(description, this.output);
    this.close(at);
    this.interfaces = [];
    this.last = 0;
  }

  /** Begins a block; its length is filled in by `close`. */
  private open(type: number): number {
    const at = this.output.length;
    this.output.u32(type);
    this.output.u32(0);
    return at;
  }

  private close(at: number): void {
    const { output } = this;
    const totalLength = output.length - at + BLOCK.trailer;
    output.u32(totalLength);
    output.view.setUint32(at + BLOCK.totalLength, totalLength, output.littleEndian);
  }
}

function blockTypeOf(block: Exclude<Block, { kind: 'section' | 'interface' }>): number {
  switch (block.kind) {
    case 'names':
      return BLOCK_TYPE.NAME_RESOLUTION;
    case 'statistics':
      return BLOCK_TYPE.INTERFACE_STATISTICS;
    case 'secrets':
      return BLOCK_TYPE.DECRYPTION_SECRETS;
    case 'journal':
      return BLOCK_TYPE.SYSTEMD_JOURNAL_EXPORT;
    case 'custom':
      return block.copy ? BLOCK_TYPE.CUSTOM : BLOCK_TYPE.CUSTOM_NO_COPY;
    case 'other':
      return block.type;
  }
}

function statisticsOptions({ received, dropped, interfaceDropped }: SourceStatistics): StatisticsOptions {
  const options: StatisticsOptions = { received: BigInt(received) };
  if (interfaceDropped !== undefined) options.interfaceDropped = BigInt(interfaceDropped);
  if (dropped !== undefined) options.systemDropped = BigInt(dropped);
  return options;
}
