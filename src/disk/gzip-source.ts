// The uncompressed bytes of a gzip file (RFC 1952), out of another source of bytes.
import type { Gunzip } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';

/** ID1, ID2, CM of RFC 1952: deflate is the only method. */
const GZIP_MAGIC = [0x1f, 0x8b, 0x08] as const;

/**
 * Compressed bytes given to zlib at a time. zlib loses what it wrote before an error in the same call, so this bounds what
 * of the good part before a damaged place is lost; smaller slices cost time.
 */
const SLICE = 8 << 10;
const CHUNK = 256 << 10;

export function isGzip(bytes: Uint8Array, length: number): boolean {
  return length >= GZIP_MAGIC.length && GZIP_MAGIC.every((value, i) => bytes[i] === value);
}

/** What zlib's codes mean to a reader. */
const FAULTS: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'the gzip data ends early',
  Z_DATA_ERROR: 'the gzip data is damaged',
};

export class GzipSource implements ByteSource {
  fault: string | undefined;
  private readonly inner: ByteSource;
  private readonly gunzip: Gunzip;
  private readonly slice = new Uint8Array(SLICE);
  /** Compressed bytes that were read to find out what the file is. */
  private first: Uint8Array | undefined;
  private chunks: Uint8Array[] = [];
  private used = 0;
  private ended = false;
  private wake: (() => void) | undefined;

  constructor(inner: ByteSource, first: Uint8Array) {
    this.inner = inner;
    this.first = first;
    this.gunzip = process.getBuiltinModule('node:zlib').createGunzip({ chunkSize: CHUNK });
    this.gunzip.on('data', (chunk: Uint8Array) => this.chunks.push(chunk));
    this.gunzip.on('end', () => this.end());
    this.gunzip.on('error', (error: NodeJS.ErrnoException) => {
      this.fault = FAULTS[error.code ?? ''] ?? `the gzip data cannot be read (${error.message})`;
      this.end();
    });
  }

  get bytesRead(): number {
    return this.inner.bytesRead;
  }

  get bytesTotal(): number | undefined {
    return this.inner.bytesTotal;
  }

  private end(): void {
    this.ended = true;
    this.wake?.();
  }

  async read(bytes: Uint8Array, at: number): Promise<number> {
    while (this.chunks.length === 0 && !this.ended) await this.inflate();
    const chunk = this.chunks[0];
    if (chunk === undefined) return 0;
    const part = chunk.subarray(this.used, this.used + bytes.length - at);
    bytes.set(part, at);
    this.used += part.length;
    if (this.used === chunk.length) {
      this.chunks.shift();
      this.used = 0;
    }
    return part.length;
  }

  /** Gives zlib one more slice and waits until it is used up. The end is told on its own, so that no output is lost with it. */
  private async inflate(): Promise<void> {
    const slice = await this.compressed();
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      if (slice === undefined) this.gunzip.end();
      else this.gunzip.write(slice, () => resolve());
    });
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

  cancel(): void {
    this.inner.cancel();
    this.end();
  }

  close(): void {
    this.end();
    this.gunzip.destroy();
    this.inner.close();
  }
}
