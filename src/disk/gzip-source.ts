// The uncompressed bytes of a gzip file (RFC 1952), out of another source of bytes.
import type { ByteSource } from './byte-source.ts';
import { Inflater } from './inflater.ts';

/** ID1, ID2, CM of RFC 1952: deflate is the only method. */
const GZIP_MAGIC = [0x1f, 0x8b, 0x08] as const;

/** Compressed bytes given to zlib at a time. In a damaged pipe, so much may be lost before the damage. */
const SLICE = 8 << 10;

export function isGzip(bytes: Uint8Array, length: number): boolean {
  return length >= GZIP_MAGIC.length && GZIP_MAGIC.every((value, i) => bytes[i] === value);
}

export class GzipSource implements ByteSource {
  fault: string | undefined;
  private readonly inner: ByteSource;
  private readonly inflater = new Inflater();
  private readonly slice = new Uint8Array(SLICE);
  /** Compressed bytes that were read to find out what the file is. */
  private first: Uint8Array | undefined;
  /** Compressed bytes before the slice that zlib is at. */
  private given = 0;
  private used = 0;
  private ended = false;

  constructor(inner: ByteSource, first: Uint8Array) {
    this.inner = inner;
    this.first = first;
  }

  get bytesRead(): number {
    return this.inner.bytesRead;
  }

  get bytesTotal(): number | undefined {
    return this.inner.bytesTotal;
  }

  async read(bytes: Uint8Array, at: number): Promise<number> {
    const { chunks } = this.inflater;
    while (chunks.length === 0 && !this.ended) await this.inflate();
    const chunk = chunks[0];
    if (chunk === undefined) return 0;
    const part = chunk.subarray(this.used, this.used + bytes.length - at);
    bytes.set(part, at);
    this.used += part.length;
    if (this.used === chunk.length) {
      chunks.shift();
      this.used = 0;
    }
    return part.length;
  }

  private async inflate(): Promise<void> {
    const slice = await this.compressed();
    if (this.ended) return;
    await this.inflater.give(slice);
    if (this.inflater.fault !== undefined && slice !== undefined) await this.recover(slice.length);
    this.given += slice?.length ?? 0;
    this.fault = this.inflater.fault;
    this.ended ||= this.inflater.ended;
  }

  private async compressed(): Promise<Uint8Array | undefined> {
    if (this.first !== undefined) return this.takeFirst(this.first);
    const count = await this.inner.read(this.slice, 0);
    return count === 0 ? undefined : this.slice.subarray(0, count);
  }

  private takeFirst(first: Uint8Array): Uint8Array {
    this.first = first.length > SLICE ? first.subarray(SLICE) : undefined;
    return first.subarray(0, SLICE);
  }

  /**
   * zlib drops what it wrote in the call that failed. Where the file can be read again, a second zlib goes up to that
   * slice and through it byte by byte, so that every byte before the damage is had.
   */
  private async recover(sliceLength: number): Promise<void> {
    const { inner, inflater } = this;
    if (inner.readAt === undefined) return;
    const again = new Inflater();
    let forgotten = 0;
    for (let at = 0; at < this.given + sliceLength && !again.ended; ) {
      const most = at < this.given ? Math.min(SLICE, this.given - at) : 1;
      const count = inner.readAt(this.slice.subarray(0, most), at);
      if (count === 0) break;
      await again.give(this.slice.subarray(0, count));
      at += count;
      if (at <= this.given) forgotten = again.forget();
    }
    inflater.chunks.push(Buffer.concat(again.chunks).subarray(inflater.produced - forgotten));
    again.close();
  }

  cancel(): void {
    this.inner.cancel();
    this.ended = true;
  }

  close(): void {
    this.ended = true;
    this.inflater.close();
    this.inner.close();
  }
}
