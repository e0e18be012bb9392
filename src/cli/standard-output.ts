// Standard output as a file descriptor: written synchronously, in large pieces, since that is what keeps up with a
// ring. A reader that has gone away (`pathcap ... | head`) ends the run without a message.
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { causeOf, Failure } from './failure.ts';

export const STANDARD_OUTPUT = 1;

/** How long to wait for the reader of a pipe that somebody set non-blocking. */
const FULL_PIPE_WAIT_MS = 1;

const waiting = new Int32Array(new SharedArrayBuffer(4));

export class StandardOutput {
  readonly isTerminal = isatty(STANDARD_OUTPUT);
  /** True once nobody reads any more, or nothing can be written. */
  closed = false;
  private failure: Failure | undefined;

  /** Writes all of bytes[from .. to), waiting as long as it takes. */
  write(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to && !this.closed) at += this.attempt(bytes, at, to - at);
  }

  private attempt(bytes: Uint8Array, at: number, count: number): number {
    try {
      return writeSync(STANDARD_OUTPUT, bytes, at, count);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') Atomics.wait(waiting, 0, 0, FULL_PIPE_WAIT_MS);
      else this.fail(error);
      return 0;
    }
  }

  /** Writing also happens between packets, where nobody would catch an error: it waits for `check`. */
  private fail(error: unknown): void {
    this.closed = true;
    if (isBrokenPipe(error)) return;
    this.failure = new Failure(`cannot write to standard output: ${causeOf(error)}`);
  }

  /** Throws what went wrong, if anything did. */
  check(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

/** Writes text that comes at once: lists, help. Throws Failure when it cannot be written. */
export function printText(text: string): void {
  const output = new StandardOutput();
  const bytes = Buffer.from(text);
  output.write(bytes, 0, bytes.length);
  output.check();
}

/** The reader has gone away, which is its right. */
export function isBrokenPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EPIPE';
}
