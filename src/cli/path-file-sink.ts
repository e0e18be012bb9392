// -w: packets and their journeys into a pcapng file, or down a pipe. What came within one turn of the event loop is written
// at its end.
import { OutputFile } from '../disk/index.ts';
import { type Journey, JourneyFile } from '../path/index.ts';
import type { JourneySink } from './path-sink.ts';
import { isBrokenPipe } from './standard-output.ts';
import { version } from './version.ts';

const FLUSH_BYTES = 1 << 16;

export class JourneyFileSink implements JourneySink {
  /** True once the reader of a pipe has gone away. */
  finished = false;
  private readonly file: OutputFile;
  private readonly journeys = new JourneyFile({ application: `pathcap ${version()}` });
  private due = false;
  private failure: unknown;

  /** Throws FileError when the file cannot be created. */
  constructor(path: string) {
    this.file = new OutputFile(path);
    this.journeys.begin();
    this.flushSoon();
  }

  journey(journey: Journey): void {
    this.journeys.journey(journey);
    if (this.journeys.output.length > FLUSH_BYTES) this.flush();
    else if (!this.due) this.flushSoon();
  }

  private flushSoon(): void {
    this.due = true;
    setImmediate(() => {
      this.due = false;
      this.flush();
    });
  }

  /** Nobody catches what goes wrong between turns: it waits for `close`. */
  flush(): void {
    const { output } = this.journeys;
    try {
      if (!this.finished) this.file.write(output.bytes, output.length);
    } catch (error) {
      this.finished = true;
      if (!isBrokenPipe(error)) this.failure = error;
    }
    output.clear();
  }

  close(): void {
    this.journeys.end();
    this.flush();
    this.file.close();
    if (this.failure !== undefined) throw this.failure;
  }
}
