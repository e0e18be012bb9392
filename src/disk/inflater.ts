// zlib's gunzip, driven slice by slice: what each slice gives is there before the next one is asked for.
import type { Gunzip } from 'node:zlib';

const CHUNK = 256 << 10;

/** What zlib's codes mean to a reader. */
const FAULTS: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'the gzip data ends early',
  Z_DATA_ERROR: 'the gzip data is damaged',
};

export class Inflater {
  /** Uncompressed bytes that were not taken yet. */
  readonly chunks: Uint8Array[] = [];
  /** Uncompressed bytes so far. */
  produced = 0;
  ended = false;
  fault: string | undefined;
  private readonly gunzip: Gunzip;
  private wake: (() => void) | undefined;

  constructor() {
    this.gunzip = process.getBuiltinModule('node:zlib').createGunzip({ chunkSize: CHUNK });
    this.gunzip.on('data', (chunk: Uint8Array) => {
      this.chunks.push(chunk);
      this.produced += chunk.length;
    });
    this.gunzip.on('end', () => this.end());
    this.gunzip.on('error', (error: NodeJS.ErrnoException) => {
      this.fault = FAULTS[error.code ?? ''] ?? `the gzip data cannot be read (${error.message})`;
      this.end();
    });
  }

  /**
   * Gives zlib a slice, or tells it that there are no more, and waits until that is dealt with. The end is told on its
   * own: zlib drops what it wrote in a call that fails.
   */
  async give(slice: Uint8Array | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      if (slice === undefined) this.gunzip.end();
      else this.gunzip.write(slice, () => resolve());
    });
  }

  /** Throws away what was not taken; returns how many bytes came up to here. */
  forget(): number {
    this.chunks.length = 0;
    return this.produced;
  }

  private end(): void {
    this.ended = true;
    this.wake?.();
  }

  close(): void {
    this.end();
    this.gunzip.destroy();
  }
}
