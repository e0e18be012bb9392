// The ring buffer that programs write to and this process reads, through its mapping: no system call per record, none per
// batch (kernel/bpf/ringbuf.c, v6.18). Records lie one behind the other, 8 bytes of header before each; the data is mapped
// twice in a row, so that a record that wraps reads as one piece.
import { MAP_TYPE } from '../ebpf/index.ts';
import { BpfMap } from './bpf-object.ts';
import { type Mapping, mapMemory } from './ffi.ts';

/** The consumer's position, writable, then the producers', then the data. */
const PAGE = 4096;

/** struct bpf_ringbuf_hdr: the length, with two flags above it. */
const BUSY = 0x8000_0000;
const DISCARDED = 0x4000_0000;
const LENGTH = 0x3fff_ffff;
export const RECORD_HEADER_BYTES = 8;

/** Gets records from `from` to `to`, each behind its header: see `RingBuffer.records`. */
export type RecordHandler = (data: DataView, at: number, length: number) => void;

/** Reads between stores of the position, so that programs find room again early. */
const BATCH_BYTES = 1 << 16;

/**
 * Throws SystemError.
 *
 *   using ring = RingBuffer.create('events', 1 << 20);
 *   ring.read((data, at, length) => console.log(data.getUint32(at, true), length));
 */
export class RingBuffer {
  readonly map: BpfMap;
  readonly bytes: number;
  private readonly consumer: Mapping;
  private readonly producer: Mapping;
  /** Positions count bytes since the beginning, in 64 bits. */
  private readonly consumed: BigUint64Array;
  private readonly produced: BigUint64Array;
  private readonly words: Int32Array;
  private readonly data: DataView;
  private position: number;
  /** The position within the data: kept beside it, since the remainder of large numbers is slow. */
  private at: number;
  private open = true;

  private constructor(map: BpfMap, bytes: number) {
    this.map = map;
    this.bytes = bytes;
    this.consumer = mapMemory(map.fd, PAGE, { writable: true });
    this.producer = mapMemory(map.fd, PAGE + 2 * bytes, { writable: false, offset: PAGE });
    this.consumed = new BigUint64Array(this.consumer.buffer, 0, 1);
    this.produced = new BigUint64Array(this.producer.buffer, 0, 1);
    this.words = new Int32Array(this.producer.buffer, PAGE);
    this.data = new DataView(this.producer.buffer, PAGE);
    this.position = Number(this.consumed[0]);
    this.at = this.position % bytes;
  }

  /** `bytes`: a power of two, at least a page. */
  static create(name: string, bytes: number): RingBuffer {
    const map = BpfMap.create({ name, type: MAP_TYPE.RINGBUF, keyBytes: 0, valueBytes: 0, entries: bytes });
    try {
      return new RingBuffer(map, bytes);
    } catch (error) {
      map[Symbol.dispose]();
      throw error;
    }
  }

  /** Bytes that programs have written and nobody has read. */
  get pending(): number {
    return this.open ? Number(Atomics.load(this.produced, 0)) - this.position : 0;
  }

  /**
   * Hands over what is there, in order, up to a record that is still being written, or until `limitBytes` are read; how many
   * records it were. The view is borrowed: what lies in it is overwritten once the handler has returned.
   */
  read(handler: RecordHandler, limitBytes: number = this.bytes): number {
    if (!this.open) return 0;
    const end = Math.min(Number(Atomics.load(this.produced, 0)), this.position + limitBytes);
    const mask = this.bytes - 1;
    let records = 0;
    let stored = this.position;
    while (this.position < end) {
      const header = Atomics.load(this.words, this.at >> 2);
      if (header & BUSY) break;
      const length = header & LENGTH;
      if ((header & DISCARDED) === 0) {
        handler(this.data, this.at + RECORD_HEADER_BYTES, length);
        records++;
      }
      const size = RECORD_HEADER_BYTES + ((length + 7) & ~7);
      this.position += size;
      this.at = (this.at + size) & mask;
      if (this.position - stored >= BATCH_BYTES) stored = this.store();
    }
    if (stored !== this.position) this.store();
    return records;
  }

  private store(): number {
    Atomics.store(this.consumed, 0, BigInt(this.position));
    return this.position;
  }

  [Symbol.dispose](): void {
    if (!this.open) return;
    this.open = false;
    this.consumer.unmap();
    this.producer.unmap();
    this.map[Symbol.dispose]();
  }
}
