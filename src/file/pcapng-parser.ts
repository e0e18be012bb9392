// Reads the pcapng format: draft-ietf-opsawg-pcapng. Sections, byte orders, interfaces and link types may change within a file.
import type { PacketFilter } from '../bpf/index.ts';
import type { PacketHandler } from '../packet/index.ts';
import { type Block, type RawBlock, readBlock } from './blocks.ts';
import { type BlockHandler, type CaptureParser, cutOff, type FilterFor } from './capture-parser.ts';
import { Clock } from './clock.ts';
import type { Damage } from './damage.ts';
import { FilePacket } from './file-packet.ts';
import { type InterfaceDescription, interfaceFault, readInterface } from './interface-description.ts';
import { largestBlock } from './limits.ts';
import {
  BLOCK,
  BLOCK_TYPE,
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET,
  INTERFACE,
  OBSOLETE_PACKET,
  paddedTo4,
  SECTION,
  SIMPLE_PACKET,
} from './pcapng.ts';

const SUPPORTED_VERSION = 1;
const NO_DROPS = 0xffff;
const UNKNOWN_CLOCK = new Clock();

/** The filter that counts, for the interface that the last packet was of. */
interface Wanted {
  readonly filterFor: FilterFor;
  /** Ends when `matchCount` is this. */
  readonly last: number;
  description: InterfaceDescription | undefined;
  matches: PacketFilter | undefined;
}

/** An interface of the section being read. */
interface Interface {
  description: InterfaceDescription;
  clock: Clock;
}

export class PcapngParser implements CaptureParser {
  readonly format = 'pcapng';
  byteOrder: 'little' | 'big' = 'little';
  readonly interfaces: InterfaceDescription[] = [];
  packetCount = 0;
  matchCount = 0;
  position = 0;
  needed: number = BLOCK.smallest;
  stopped = false;
  damage: Damage | undefined;

  private readonly packet = new FilePacket();
  private readonly onBlock: BlockHandler | undefined;
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(this.bytes.buffer);
  private littleEndian = true;
  private inSection = false;
  /** True within `begin`: the first interface stops. */
  private beginning = false;
  /** Interfaces of this section. */
  private section: Interface[] = [];
  private largestBlock = largestBlock(0);
  /** Within `countMatches`: what is wanted. */
  private wanted: Wanted | undefined;
  /** What is wrong with the block being read. */
  private fault: string | undefined;

  constructor(onBlock?: BlockHandler) {
    this.onBlock = onBlock;
  }

  begin(bytes: Uint8Array, start: number, end: number): number {
    this.beginning = true;
    const used = this.walk(bytes, start, end, undefined, 1);
    this.beginning = false;
    return used;
  }

  parse(bytes: Uint8Array, start: number, end: number, handler: PacketHandler): number {
    return this.walk(bytes, start, end, handler, Number.POSITIVE_INFINITY);
  }

  count(bytes: Uint8Array, start: number, end: number, limit = Number.POSITIVE_INFINITY): number {
    return this.walk(bytes, start, end, undefined, limit);
  }

  countMatches(bytes: Uint8Array, start: number, end: number, limit: number, filterFor: FilterFor): number {
    const last = this.matchCount + limit;
    this.wanted = { filterFor, last, description: undefined, matches: undefined };
    const used = this.walk(bytes, start, end, undefined, Number.POSITIVE_INFINITY);
    this.wanted = undefined;
    return used;
  }

  stop(): void {
    this.stopped = true;
  }

  finish(left: number): void {
    if (left === 0 && this.position > 0) return;
    const what = this.inSection ? 'a block' : 'its first block';
    this.damage ??= { offset: this.position, reason: cutOff(what, left, this.needed) };
  }

  private walk(
    bytes: Uint8Array,
    start: number,
    end: number,
    handler: PacketHandler | undefined,
    limit: number,
  ): number {
    this.stopped = false;
    if (this.damage !== undefined) return 0;
    this.use(bytes);
    const last = this.packetCount + limit;
    let at = start;
    this.needed = BLOCK.smallest;
    while (end - at >= BLOCK.smallest && this.packetCount < last) {
      const length = this.lengthOfBlock(at, end);
      if (length > end - at) {
        this.needed = length;
        break;
      }
      if (length === 0 || !this.takeBlock(at, length, handler)) {
        this.damage = { offset: this.position + at - start, reason: this.fault! };
        break;
      }
      at += length;
      if (this.stopped) break;
    }
    if (this.packetCount === last) this.stopped = true;
    this.position += at - start;
    return at - start;
  }

  private use(bytes: Uint8Array): void {
    if (this.bytes === bytes) return;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.packet.bytes = bytes;
  }

  /** The block's total length once its beginning was checked; 0 with `fault` set when it is impossible. */
  private lengthOfBlock(at: number, end: number): number {
    const type = this.view.getUint32(at + BLOCK.type, this.littleEndian);
    if (type === BLOCK_TYPE.SECTION_HEADER) {
      if (!this.takeByteOrder(at)) return 0;
    } else if (!this.inSection) return this.fail('it does not begin with a section header');
    const length = this.view.getUint32(at + BLOCK.totalLength, this.littleEndian);
    if (length < BLOCK.smallest)
      return this.fail(`a block of ${length} bytes is impossible, the least is ${BLOCK.smallest}`);
    if ((length & 3) !== 0) return this.fail(`a block of ${length} bytes is impossible, it is no multiple of 4`);
    if (length > this.largestBlock) {
      return this.fail(`a block of ${length} bytes is impossible, the limit is ${this.largestBlock}`);
    }
    if (length > end - at) return length;
    const trailer = this.view.getUint32(at + length - BLOCK.trailer, this.littleEndian);
    return trailer === length ? length : this.fail(`a block's length is ${length} before and ${trailer} behind it`);
  }

  private fail(reason: string): 0 {
    this.fault = reason;
    return 0;
  }

  /** A section header tells its byte order itself. The type of the block reads the same both ways. */
  private takeByteOrder(at: number): boolean {
    const little = this.view.getUint32(at + SECTION.byteOrder, true) === BYTE_ORDER_MAGIC;
    if (!little && this.view.getUint32(at + SECTION.byteOrder, false) !== BYTE_ORDER_MAGIC) {
      this.fault = 'a section header has no byte order magic';
      return false;
    }
    this.littleEndian = little;
    this.byteOrder = little ? 'little' : 'big';
    this.packet.littleEndian = little;
    return true;
  }

  /** Uses a whole block; false with `fault` set when it is damaged. */
  private takeBlock(at: number, length: number, handler: PacketHandler | undefined): boolean {
    const type = this.view.getUint32(at + BLOCK.type, this.littleEndian);
    switch (type) {
      case BLOCK_TYPE.ENHANCED_PACKET:
        return this.takeEnhanced(at, length, handler);
      case BLOCK_TYPE.SIMPLE_PACKET:
        return this.takeSimple(at, length, handler);
      case BLOCK_TYPE.PACKET:
        return this.takeObsolete(at, length, handler);
      default:
        return this.takeOther(type, at, length);
    }
  }

  private takeEnhanced(at: number, length: number, handler: PacketHandler | undefined): boolean {
    if (!this.isLongEnough(length, ENHANCED_PACKET.data)) return false;
    const index = this.view.getUint32(at + ENHANCED_PACKET.interfaceIndex, this.littleEndian);
    return this.takeTimed(at, length, index, NO_DROPS, handler);
  }

  private takeObsolete(at: number, length: number, handler: PacketHandler | undefined): boolean {
    if (!this.isLongEnough(length, OBSOLETE_PACKET.data)) return false;
    const index = this.view.getUint16(at + OBSOLETE_PACKET.interfaceIndex, this.littleEndian);
    const drops = this.view.getUint16(at + OBSOLETE_PACKET.dropCount, this.littleEndian);
    return this.takeTimed(at, length, index, drops, handler);
  }

  /** What enhanced and obsolete packet blocks have in common, from the timestamp on. */
  private takeTimed(
    at: number,
    length: number,
    index: number,
    drops: number,
    handler: PacketHandler | undefined,
  ): boolean {
    const { view, littleEndian, packet } = this;
    const captured = view.getUint32(at + ENHANCED_PACKET.capturedLength, littleEndian);
    if (!this.fits(captured, length - ENHANCED_PACKET.data) || !this.isKnown(index)) return false;
    this.packetCount++;
    if (handler === undefined) {
      if (this.wanted !== undefined) this.countIfWanted(this.wanted, at, captured, index);
      return true;
    }
    this.useInterface(index);
    const high = view.getUint32(at + ENHANCED_PACKET.timestampHigh, littleEndian);
    const low = view.getUint32(at + ENHANCED_PACKET.timestampLow, littleEndian);
    this.section[index]!.clock.read(high, low, packet);
    packet.originalLength = view.getUint32(at + ENHANCED_PACKET.originalLength, littleEndian);
    packet.optionsEnd = at + length - BLOCK.trailer;
    packet.drops = drops;
    return this.deliver(at + ENHANCED_PACKET.data, captured, handler);
  }

  /** A simple packet is of the first interface, without time, and as long as the snap length allows. */
  private takeSimple(at: number, length: number, handler: PacketHandler | undefined): boolean {
    const { view, littleEndian, packet } = this;
    if (!this.isLongEnough(length, SIMPLE_PACKET.data) || !this.isKnown(0)) return false;
    const original = view.getUint32(at + SIMPLE_PACKET.originalLength, littleEndian);
    const snapLength = this.section[0]!.description.snapLength || original;
    const captured = Math.min(original, snapLength);
    if (!this.fits(captured, length - SIMPLE_PACKET.data)) return false;
    this.packetCount++;
    if (handler === undefined) {
      if (this.wanted !== undefined) this.match(this.wanted, 0, at + SIMPLE_PACKET.data, captured, original);
      return true;
    }
    this.useInterface(0);
    packet.seconds = 0;
    packet.nanoseconds = 0;
    packet.originalLength = original;
    packet.optionsEnd = 0;
    packet.drops = NO_DROPS;
    return this.deliver(at + SIMPLE_PACKET.data, captured, handler);
  }

  private countIfWanted(wanted: Wanted, at: number, captured: number, index: number): void {
    const original = this.view.getUint32(at + ENHANCED_PACKET.originalLength, this.littleEndian);
    this.match(wanted, index, at + ENHANCED_PACKET.data, captured, original);
  }

  private match(wanted: Wanted, index: number, dataAt: number, captured: number, original: number): void {
    const { description } = this.section[index]!;
    if (wanted.description !== description) {
      wanted.description = description;
      wanted.matches = wanted.filterFor(description.linkType);
    }
    if (wanted.matches!(this.bytes, dataAt, captured, original) === 0) return;
    if (++this.matchCount === wanted.last) this.stopped = true;
  }

  private deliver(dataAt: number, captured: number, handler: PacketHandler): true {
    const { packet } = this;
    packet.offset = dataAt;
    packet.capturedLength = captured;
    packet.optionsOffset = dataAt + paddedTo4(captured);
    if (handler(packet) === false) this.stopped = true;
    return true;
  }

  private isLongEnough(length: number, fixedPart: number): boolean {
    if (length >= fixedPart + BLOCK.trailer) return true;
    this.fault = `a block of ${length} bytes is too short for its type`;
    return false;
  }

  private fits(captured: number, room: number): boolean {
    if (captured <= room - BLOCK.trailer) return true;
    this.fault = `a packet of ${captured} bytes does not fit its block of ${room - BLOCK.trailer}`;
    return false;
  }

  private isKnown(index: number): boolean {
    if (index < this.section.length) return true;
    this.fault = `a packet is of interface ${index}, which was not described`;
    return false;
  }

  private useInterface(index: number): void {
    const { description } = this.section[index]!;
    const { packet } = this;
    if (packet.captureInterface === description) return;
    packet.captureInterface = description;
    packet.interfaceIndex = index;
    packet.interfaceName = description.name;
    packet.linkType = description.linkType;
  }

  private takeOther(type: number, at: number, length: number): boolean {
    const { bytes, view, littleEndian } = this;
    const clockOf = (index: number) => this.section[index]?.clock ?? UNKNOWN_CLOCK;
    const raw: RawBlock = { type, bytes, view, at, length, littleEndian, clockOf };
    if (type === BLOCK_TYPE.SECTION_HEADER && !this.beginSection(raw)) return false;
    if (type === BLOCK_TYPE.INTERFACE_DESCRIPTION && !this.addInterface(raw)) return false;
    if (this.onBlock !== undefined && this.onBlock(this.blockOf(raw)) === false) this.stopped = true;
    return true;
  }

  private blockOf(raw: RawBlock): Block {
    if (raw.type !== BLOCK_TYPE.INTERFACE_DESCRIPTION) return readBlock(raw);
    const index = this.section.length - 1;
    return { kind: 'interface', index, description: this.section[index]!.description };
  }

  private beginSection({ view, at, length, littleEndian }: RawBlock): boolean {
    if (!this.isLongEnough(length, SECTION.options)) return false;
    const major = view.getUint16(at + SECTION.majorVersion, littleEndian);
    if (major !== SUPPORTED_VERSION) {
      const minor = view.getUint16(at + SECTION.minorVersion, littleEndian);
      this.fault = `pcapng version ${major}.${minor} is unknown`;
      return false;
    }
    this.inSection = true;
    this.section = [];
    return true;
  }

  private addInterface(raw: RawBlock): boolean {
    if (!this.isLongEnough(raw.length, INTERFACE.options)) return false;
    const fault = interfaceFault(raw);
    if (fault !== undefined) {
      this.fault = `an interface block is damaged: ${fault}`;
      return false;
    }
    const description = readInterface(raw);
    const clock = new Clock(description.timestampResolution, description.timestampOffset);
    this.section.push({ description, clock });
    this.interfaces.push(description);
    if (this.beginning) this.stopped = true;
    this.largestBlock = Math.max(this.largestBlock, largestBlock(description.linkType));
    return true;
  }
}
