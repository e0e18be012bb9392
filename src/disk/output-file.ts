// One file being written: a descriptor, written to its last byte or with an error that says why not.
import { closeSync, openSync, writeSync } from 'node:fs';
import { systemFailure } from './file-error.ts';

const STANDARD_OUTPUT = 1;

/** How long to wait when a pipe that someone made non-blocking is full. */
const FULL_PIPE_MS = 1;
const SLEEPER = new Int32Array(new SharedArrayBuffer(4));

export class OutputFile {
  readonly path: string;
  private readonly descriptor: number;

  /** Creates the file, or empties it. '-' is standard output. */
  constructor(path: string) {
    this.path = path;
    try {
      this.descriptor = path === '-' ? STANDARD_OUTPUT : openSync(path, 'w');
    } catch (error) {
      throw systemFailure('write', path, error);
    }
  }

  write(bytes: Uint8Array, length: number): void {
    for (let at = 0; at < length; ) at += this.writeSome(bytes, at, length - at);
  }

  private writeSome(bytes: Uint8Array, at: number, count: number): number {
    try {
      return writeSync(this.descriptor, bytes, at, count);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw systemFailure('write', this.path, error);
      Atomics.wait(SLEEPER, 0, 0, FULL_PIPE_MS);
      return 0;
    }
  }

  close(): void {
    if (this.descriptor === STANDARD_OUTPUT) return;
    try {
      closeSync(this.descriptor);
    } catch (error) {
      throw systemFailure('write', this.path, error);
    }
  }
}
