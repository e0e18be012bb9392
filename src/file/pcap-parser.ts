// Reads the pcap format: draft-ietf-opsawg-pcap, with the magics, versions and limits of libpcap 1.10.3 (sf-pcap.c).
import type { PacketFilter } from '../bpf/index.ts';
import { LINK_TYPE, type LinkType, linkTypeFromFile, type PacketHandler } from '../packet/index.ts';
import { type CaptureParser, cutOff, type FilterFor } from './capture-parser.ts';
import type { Damage } from './damage.ts';
import { FilePacket } from './file-packet.ts';
import type { InterfaceDescription } from './interface-description.ts';
import { DEFAULT_SNAP_LENGTH, largestPacket } from './limits.ts';
import { fcsBitsOf, KUZNETZOV_RECORD, LINK_TYPE_WORD, PCAP_HEADER, PCAP_MAGIC, PCAP_RECORD } from './pcap.ts';

const LARGEST_SIGNED = 0x7fffffff;
const NANOSECOND_RESOLUTION = 9;
const MICROSECOND_RESOLUTION = 6;

/** What Kuznetzov's patch may have added to an Ethernet packet beyond the snap length: a made-up Ethernet header. */
const COOKED_HEADER = 14;

/** Until version 2.2 the two lengths stood the other way round; of 2.3 there are both kinds (sf-pcap.c:pcap_check_header). */
type LengthOrder = 'captured first' | 'original first' | 'smaller is captured';

/** The versions that libpcap reads; 543.0 is DG/UX. */
function lengthOrderOf(major: number, minor: number): LengthOrder | undefined {
  if (major === 543) return minor === 0 ? 'original first' : undefined;
  if (major !== 2 || minor > 4) return undefined;
  if (minor === 4) return 'captured first';
  return minor === 3 ? 'smaller is captured' : 'original first';
}

export class PcapParser implements CaptureParser {
  readonly format = 'pcap';
  byteOrder: 'little' | 'big' = 'little';
  readonly interfaces: InterfaceDescription[] = [];
  packetCount = 0;
  matchCount = 0;
  position = 0;
  needed: number = PCAP_HEADER.size;
  stopped = false;
  damage: Damage | undefined;

  private readonly packet = new FilePacket();
  private view: DataView = new DataView(new ArrayBuffer(0));
  private littleEndian = true;
  private recordSize: number = PCAP_RECORD.size;
  private capturedLengthAt: number = PCAP_RECORD.capturedLength;
  private originalLengthAt: number = PCAP_RECORD.originalLength;
  private lengthsUnsure = false;
  private nanosecondsPerUnit = 1000;
  /** Longer packets are cut to this, as libpcap does. */
  private snapLength = DEFAULT_SNAP_LENGTH;
  private limit = DEFAULT_SNAP_LENGTH;

  begin(bytes: Uint8Array, start: number, end: number): number {
    return this.walk(bytes, start, end, undefined, 0);
  }

  parse(bytes: Uint8Array, start: number, end: number, handler: PacketHandler): number {
    return this.walk(bytes, start, end, handler, Number.POSITIVE_INFINITY);
  }

  count(bytes: Uint8Array, start: number, end: number, limit = Number.POSITIVE_INFINITY): number {
    return this.walk(bytes, start, end, undefined, limit);
  }

  countMatches(bytes: Uint8Array, start: number, end: number, limit: number, filterFor: FilterFor): number {
    this.stopped = false;
    if (this.damage !== undefined) return 0;
    this.use(bytes);
    const from = this.passHeader(start, end);
    if (from === undefined) return 0;
    const at = this.walkMatches(from, end, limit, filterFor(this.packet.linkType), start);
    this.position += at - start;
    return at - start;
  }

  stop(): void {
    this.stopped = true;
  }

  finish(left: number): void {
    if (left === 0 && this.position > 0) return;
    const what = this.interfaces.length === 0 ? 'its header' : 'a packet';
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
    const from = this.passHeader(start, end);
    if (from === undefined) return 0;
    const at = this.walkRecords(from, end, handler, limit, start);
    this.position += at - start;
    return at - start;
  }

  /** Where the first record begins; undefined when the header is not there yet, or damaged. */
  private passHeader(start: number, end: number): number | undefined {
    if (this.interfaces.length > 0) return start;
    return end - start >= PCAP_HEADER.size && this.readHeader(start) ? start + PCAP_HEADER.size : undefined;
  }

  private use(bytes: Uint8Array): void {
    if (this.packet.bytes === bytes) return;
    this.packet.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The hot loop: one look at a record's lengths, then, if there is a handler, the packet is filled and delivered. */
  private walkRecords(
    from: number,
    end: number,
    handler: PacketHandler | undefined,
    limit: number,
    start: number,
  ): number {
    const { view, littleEndian, recordSize, capturedLengthAt, lengthsUnsure } = this;
    let at = from;
    let count = 0;
    this.needed = recordSize;
    while (end - at >= recordSize && count < limit) {
      let captured = view.getUint32(at + capturedLengthAt, littleEndian);
      if (lengthsUnsure) captured = Math.min(captured, view.getUint32(at + this.originalLengthAt, littleEndian));
      if (captured > this.limit) {
        this.refuse(captured, at - start);
        break;
      }
      const next = at + recordSize + captured;
      if (next > end) {
        this.needed = next - at;
        break;
      }
      count++;
      if (handler !== undefined) {
        this.fill(at, captured);
        if (handler(this.packet) === false || this.stopped) {
          this.stopped = true;
          at = next;
          break;
        }
      }
      at = next;
    }
    if (count === limit) this.stopped = true;
    this.packetCount += count;
    return at;
  }

  /** As walkRecords, with a filter in place of a handler: no packet is filled, which halves the time. */
  private walkMatches(from: number, end: number, limit: number, matches: PacketFilter, start: number): number {
    const { view, littleEndian, recordSize, snapLength } = this;
    const { bytes } = this.packet;
    let at = from;
    let count = 0;
    let found = 0;
    this.needed = recordSize;
    while (end - at >= recordSize && found < limit) {
      let captured = view.getUint32(at + this.capturedLengthAt, littleEndian);
      let original = view.getUint32(at + this.originalLengthAt, littleEndian);
      if (this.lengthsUnsure && captured > original) [captured, original] = [original, captured];
      if (captured > this.limit) {
        this.refuse(captured, at - start);
        break;
      }
      const next = at + recordSize + captured;
      if (next > end) {
        this.needed = next - at;
        break;
      }
      count++;
      if (matches(bytes, at + recordSize, Math.min(captured, snapLength), original) !== 0) found++;
      at = next;
    }
    if (found === limit) this.stopped = true;
    this.packetCount += count;
    this.matchCount += found;
    return at;
  }

  private fill(at: number, captured: number): void {
    const { packet, view, littleEndian } = this;
    packet.offset = at + this.recordSize;
    packet.capturedLength = Math.min(captured, this.snapLength);
    packet.seconds = view.getUint32(at + PCAP_RECORD.seconds, littleEndian);
    packet.nanoseconds = view.getUint32(at + PCAP_RECORD.fraction, littleEndian) * this.nanosecondsPerUnit;
    packet.originalLength = view.getUint32(at + this.originalLengthAt, littleEndian);
    if (this.lengthsUnsure) {
      packet.originalLength = Math.max(packet.originalLength, view.getUint32(at + this.capturedLengthAt, littleEndian));
    }
    if (this.recordSize === KUZNETZOV_RECORD.size) {
      packet.interfaceIndex = view.getUint32(at + KUZNETZOV_RECORD.interfaceIndex, littleEndian);
      packet.recordedType = view.getUint8(at + KUZNETZOV_RECORD.packetType);
    }
  }

  private refuse(captured: number, ahead: number): void {
    const reason = `a packet of ${captured} bytes is impossible, the limit is ${this.limit}`;
    this.damage = { offset: this.position + ahead, reason };
  }

  private readHeader(at: number): boolean {
    const { view } = this;
    this.littleEndian = byteOrderOfPcap(view, at) === 'little';
    this.byteOrder = this.littleEndian ? 'little' : 'big';
    const magic = view.getUint32(at + PCAP_HEADER.magic, this.littleEndian);
    const major = view.getUint16(at + PCAP_HEADER.majorVersion, this.littleEndian);
    const minor = view.getUint16(at + PCAP_HEADER.minorVersion, this.littleEndian);
    const order = lengthOrderOf(major, minor);
    if (order === undefined) {
      this.damage = { offset: 0, reason: `pcap version ${major}.${minor} is unknown` };
      return false;
    }
    const word = view.getUint32(at + PCAP_HEADER.linkType, this.littleEndian);
    const linkType = linkTypeFromFile(word & LINK_TYPE_WORD.linkType);
    const snapLength = view.getUint32(at + PCAP_HEADER.snapLength, this.littleEndian);
    this.useMagic(magic);
    this.useLengths(order, linkType, snapLength, magic);
    this.describe(linkType, snapLength, magic, fcsBitsOf(word));
    return true;
  }

  private useMagic(magic: number): void {
    if (magic === PCAP_MAGIC.NANOSECONDS) this.nanosecondsPerUnit = 1;
    if (magic === PCAP_MAGIC.KUZNETZOV) this.recordSize = KUZNETZOV_RECORD.size;
  }

  private useLengths(order: LengthOrder, linkType: LinkType, snapLength: number, magic: number): void {
    this.lengthsUnsure = order === 'smaller is captured';
    if (order === 'original first') {
      this.capturedLengthAt = PCAP_RECORD.originalLength;
      this.originalLengthAt = PCAP_RECORD.capturedLength;
    }
    const unlimited = snapLength === 0 || snapLength > LARGEST_SIGNED;
    this.limit = largestPacket(linkType, unlimited ? 0 : snapLength);
    const cooked = magic === PCAP_MAGIC.KUZNETZOV && linkType === LINK_TYPE.ETHERNET ? COOKED_HEADER : 0;
    this.snapLength = unlimited ? this.limit : snapLength + cooked;
  }

  private describe(linkType: LinkType, snapLength: number, magic: number, fcsLength: number | undefined): void {
    const timestampResolution = magic === PCAP_MAGIC.NANOSECONDS ? NANOSECOND_RESOLUTION : MICROSECOND_RESOLUTION;
    const description: InterfaceDescription = { linkType, snapLength, timestampResolution };
    if (fcsLength !== undefined) description.fcsLength = fcsLength;
    this.interfaces.push(description);
    this.packet.linkType = linkType;
    this.packet.captureInterface = description;
  }
}

/** The byte order that a pcap file's first word tells; undefined when it is no pcap magic. */
export function byteOrderOfPcap(view: DataView, at: number): 'little' | 'big' | undefined {
  const magics: readonly number[] = Object.values(PCAP_MAGIC);
  if (magics.includes(view.getUint32(at, true))) return 'little';
  return magics.includes(view.getUint32(at, false)) ? 'big' : undefined;
}
