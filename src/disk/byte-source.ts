// Where a capture file's bytes come from: a descriptor that never waits (a regular file), or a stream that does (a pipe).
import { closeSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';

export interface ByteSource {
  /** Bytes read from the file so far. */
  readonly bytesRead: number;
  /** The file's size; undefined when it has none. */
  readonly bytesTotal: number | undefined;
  /** Why the bytes ended before their time; known after `read` gave 0. */
  readonly fault: string | undefined;
  /** Fills bytes[at ..) with at least one byte and says how many; 0 at the end. A promise when there is something to wait for. */
  read(bytes: Uint8Array, at: number): number | Promise<number>;
  /** Reads bytes again, from a position of the file; only where that is possible. */
  readAt?(bytes: Uint8Array, position: number): number;
  /** Ends a read that waits, and all later ones. */
  cancel(): void;
  close(): void;
}

/** A regular file. Reading in the page cache is a copy, so there is nothing to wait for. */
export class DescriptorSource implements ByteSource {
  bytesRead = 0;
  readonly bytesTotal: number;
  readonly fault = undefined;
  private readonly descriptor: number;
  private open = true;

  constructor(descriptor: number, size: number) {
    this.descriptor = descriptor;
    this.bytesTotal = size;
  }

  read(bytes: Uint8Array, at: number): number {
    if (!this.open) return 0;
    const count = readSync(this.descriptor, bytes, at, bytes.length - at, null);
    this.bytesRead += count;
    return count;
  }

  readAt(bytes: Uint8Array, position: number): number {
    return readSync(this.descriptor, bytes, 0, bytes.length, position);
  }

  cancel(): void {}

  close(): void {
    if (this.open && this.descriptor > 2) closeSync(this.descriptor);
    this.open = false;
  }
}

/** A pipe, FIFO, socket or device: chunks come when they come. */
export class StreamSource implements ByteSource {
  bytesRead = 0;
  readonly bytesTotal = undefined;
  readonly fault = undefined;
  private readonly stream: Readable;
  private chunk: Uint8Array | undefined;
  private used = 0;
  private ended = false;
  private error: Error | undefined;
  private wake: (() => void) | undefined;

  constructor(stream: Readable) {
    this.stream = stream;
    stream.on('data', (chunk: Uint8Array) => {
      stream.pause();
      this.chunk = chunk;
      this.used = 0;
      this.wake?.();
    });
    stream.on('error', (error) => {
      this.error = error;
      this.end();
    });
    stream.on('end', () => this.end());
    stream.on('close', () => this.end());
    stream.pause();
  }

  private end(): void {
    this.ended = true;
    this.wake?.();
  }

  async read(bytes: Uint8Array, at: number): Promise<number> {
    if (this.chunk === undefined && !this.ended) await this.next();
    if (this.chunk === undefined) {
      if (this.error) throw this.error;
      return 0;
    }
    const part = this.chunk.subarray(this.used, this.used + bytes.length - at);
    bytes.set(part, at);
    this.used += part.length;
    this.bytesRead += part.length;
    if (this.used === this.chunk.length) this.chunk = undefined;
    return part.length;
  }

  private async next(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.stream.resume();
    await woken;
    this.wake = undefined;
  }

  cancel(): void {
    this.end();
  }

  close(): void {
    this.end();
    this.stream.destroy();
  }
}
