// A capture file being read: bytes from a source through one buffer into a parser.
import {
  type CaptureParser,
  type Damage,
  type FilePacket,
  type FilterFor,
  type InterfaceDescription,
  isFinerThanMicroseconds,
  MICROSECOND_RESOLUTION,
} from '../file/index.ts';
import { LINK_TYPE, type LinkType, type PacketHandler, type SourceStatistics } from '../packet/index.ts';
import type { ByteSource } from './byte-source.ts';
import type { CaptureFile } from './capture-file.ts';
import { systemFailure } from './file-error.ts';

/** Bytes given to the parser between two looks at the clock: some 800 small packets. */
const SLICE = 64 << 10;

/** The event loop gets its turn at least so often. */
const TURN_MS = 20;

/** Parses or counts bytes[start .. end) and returns how many bytes that took. */
type Step = (bytes: Uint8Array, start: number, end: number) => number;

export class CaptureReader implements CaptureFile {
  readonly path: string;
  readonly format: 'pcap' | 'pcapng';
  readonly compressed: boolean;
  readonly byteOrder: 'little' | 'big';
  readonly linkType: LinkType;
  readonly snapLength: number;
  readonly nanoseconds: boolean;
  readonly interfaces: readonly InterfaceDescription[];
  private readonly source: ByteSource;
  private readonly parser: CaptureParser;
  private bytes: Uint8Array;
  private start: number;
  private end: number;
  private stopping = false;
  private faulty: Damage | undefined;
  private turnEnds = 0;
  private current: FilePacket | undefined;

  constructor(about: {
    path: string;
    compressed: boolean;
    source: ByteSource;
    parser: CaptureParser;
    bytes: Uint8Array;
    start: number;
    end: number;
  }) {
    const first = about.parser.interfaces[0];
    this.path = about.path;
    this.format = about.parser.format;
    this.compressed = about.compressed;
    this.byteOrder = about.parser.byteOrder;
    this.linkType = first?.linkType ?? LINK_TYPE.ETHERNET;
    this.snapLength = first?.snapLength ?? 0;
    this.nanoseconds = isFinerThanMicroseconds(first?.timestampResolution ?? MICROSECOND_RESOLUTION);
    this.interfaces = about.parser.interfaces;
    this.source = about.source;
    this.parser = about.parser;
    this.bytes = about.bytes;
    this.start = about.start;
    this.end = about.end;
  }

  get bytesRead(): number {
    return this.source.bytesRead;
  }

  get bytesTotal(): number | undefined {
    return this.source.bytesTotal;
  }

  get damage(): Damage | undefined {
    return this.faulty ?? this.parser.damage;
  }

  async packets(handler: PacketHandler): Promise<void> {
    await this.run((bytes, start, end) => this.parser.parse(bytes, start, end, handler));
  }

  async countPackets(limit = Number.POSITIVE_INFINITY, filterFor?: FilterFor): Promise<number> {
    return filterFor === undefined ? this.countAll(limit) : this.countMatches(limit, filterFor);
  }

  private async countMatches(limit: number, filterFor: FilterFor): Promise<number> {
    const before = this.parser.matchCount;
    await this.run((bytes, start, end) =>
      this.parser.countMatches(bytes, start, end, before + limit - this.parser.matchCount, filterFor),
    );
    return this.parser.matchCount - before;
  }

  private async countAll(limit: number): Promise<number> {
    const before = this.parser.packetCount;
    await this.run((bytes, start, end) =>
      this.parser.count(bytes, start, end, before + limit - this.parser.packetCount),
    );
    return this.parser.packetCount - before;
  }

  next(): FilePacket | undefined | Promise<FilePacket | undefined> {
    this.current = undefined;
    while (!this.stopping && this.parser.damage === undefined) {
      this.start += this.parser.parse(this.bytes, this.start, this.end, this.keep);
      if (this.current !== undefined) return this.current;
      const filled = this.fill();
      if (filled instanceof Promise) return filled.then((more) => (more ? this.next() : undefined));
      if (!filled) return undefined;
    }
    return undefined;
  }

  private readonly keep = (packet: unknown): false => {
    this.current = packet as FilePacket;
    return false;
  };

  /** Steps through the file until it ends or the step stops. */
  private async run(step: Step): Promise<void> {
    this.turnEnds = performance.now() + TURN_MS;
    while (!this.stopping && this.parser.damage === undefined) {
      const sliceEnd = Math.min(this.end, this.start + Math.max(SLICE, this.parser.needed));
      this.start += step(this.bytes, this.start, sliceEnd);
      if (this.parser.stopped || this.parser.damage !== undefined) return;
      if (this.end - this.start < this.parser.needed) {
        const filled = this.fill();
        if (!(filled instanceof Promise ? await filled : filled)) return;
      }
      if (performance.now() > this.turnEnds) await this.giveTurn();
    }
  }

  private async giveTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.turnEnds = performance.now() + TURN_MS;
  }

  /** Reads more behind what is left; false at the end of the file. */
  private fill(): boolean | Promise<boolean> {
    this.makeRoom();
    try {
      const count = this.source.read(this.bytes, this.end);
      return typeof count === 'number' ? this.filled(count) : this.wait(count);
    } catch (error) {
      throw systemFailure('read', this.path, error);
    }
  }

  private async wait(count: Promise<number>): Promise<boolean> {
    try {
      const filled = this.filled(await count);
      this.turnEnds = performance.now() + TURN_MS;
      return filled;
    } catch (error) {
      throw systemFailure('read', this.path, error);
    }
  }

  private filled(count: number): boolean {
    this.end += count;
    if (count === 0 && !this.stopping) this.finish();
    return count > 0;
  }

  private finish(): void {
    const { fault } = this.source;
    if (fault === undefined) this.parser.finish(this.end - this.start);
    else this.faulty ??= { offset: this.parser.position, reason: fault };
  }

  /** What is left goes to the front. The buffer only grows when it is full: never by what a length field says alone. */
  private makeRoom(): void {
    const left = this.end - this.start;
    if (left < this.bytes.length) this.bytes.copyWithin(0, this.start, this.end);
    else {
      const grown = new Uint8Array(2 * this.bytes.length);
      grown.set(this.bytes.subarray(this.start, this.end));
      this.bytes = grown;
    }
    this.start = 0;
    this.end = left;
  }

  stop(): void {
    this.stopping = true;
    this.parser.stop();
    this.source.cancel();
  }

  statistics(): SourceStatistics {
    return { received: this.parser.packetCount };
  }

  [Symbol.dispose](): void {
    this.stopping = true;
    this.source.close();
  }
}
