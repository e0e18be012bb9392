// Text on its way to standard output: one growing array, which goes out when it holds enough, when the source has no
// more packets ready, or after each packet with -l and on a terminal.
import { TextWriter } from '../bytes/index.ts';
import type { StandardOutput } from './standard-output.ts';

const FLUSH_BYTES = 1 << 16;

export class TextOutput {
  readonly out = new TextWriter(2 * FLUSH_BYTES);
  private readonly output: StandardOutput;
  /** Text longer than this goes out. */
  private readonly most: number;
  /** True when a flush is due at the end of this turn of the event loop. */
  private due = false;

  constructor(output: StandardOutput, eachPacket: boolean) {
    this.output = output;
    this.most = eachPacket ? 0 : FLUSH_BYTES;
  }

  /** To be called after each packet. False when nobody reads any more. */
  packetDone(): boolean {
    if (this.out.length > this.most) this.flush();
    else if (!this.due) this.flushSoon();
    return !this.output.closed;
  }

  /** A source delivers what it has ready within one turn of the event loop. */
  private flushSoon(): void {
    this.due = true;
    setImmediate(this.flushDue);
  }

  private readonly flushDue = (): void => {
    this.due = false;
    this.flush();
  };

  flush(): void {
    if (this.out.length > 0) this.output.write(this.out.bytes, 0, this.out.length);
    this.out.clear();
  }

  /** After the last packet. Throws when not all could be written. */
  end(): void {
    this.flush();
    this.output.check();
  }

  get closed(): boolean {
    return this.output.closed;
  }
}
