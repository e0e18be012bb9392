// Journeys saved as lines of JSON, read back: a file, a pipe, or standard input for '-'.
import { StringDecoder } from 'node:string_decoder';
import { type ByteSource, openSource } from '../disk/index.ts';
import { type Journey, JourneyError, parseJourney } from '../path/index.ts';
import { causeOf, Failure } from './failure.ts';

const READ_BYTES = 1 << 16;
/** A line of JSON is a few kilobytes; what has no end in so many characters is something else. */
const LONGEST_LINE = 1 << 20;

export class JourneyReader {
  private readonly name: string;
  private readonly source: ByteSource;
  private line = 0;
  private stopped = false;

  /** Throws FileError when it cannot be opened. */
  constructor(path: string) {
    this.name = path === '-' ? 'standard input' : path;
    this.source = openSource(path);
  }

  /** Until the end, `stop`, or the handler returns false. Throws Failure where the file cannot be read further. */
  async journeys(handler: (journey: Journey) => boolean): Promise<void> {
    for await (const lines of this.lines()) {
      for (const line of lines) {
        if (this.stopped) return;
        this.line++;
        if (line !== '' && !handler(this.parse(line))) this.stop();
      }
    }
  }

  /** Ends the reading soon. */
  stop(): void {
    this.stopped = true;
    this.source.cancel();
  }

  /** Whole lines, as many as came at once; the last of the file may lack its end. */
  private async *lines(): AsyncGenerator<string[]> {
    const bytes = new Uint8Array(READ_BYTES);
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for (;;) {
      const count = await this.read(bytes);
      const lines = (rest + decoder.write(bytes.subarray(0, count))).split('\n');
      rest = lines.pop()!;
      yield lines;
      if (count === 0 || rest.length > LONGEST_LINE) break;
    }
    yield [rest];
  }

  private async read(bytes: Uint8Array): Promise<number> {
    try {
      return await this.source.read(bytes, 0);
    } catch (error) {
      throw new Failure(`cannot read ${this.name}: ${causeOf(error)}`);
    }
  }

  private parse(line: string): Journey {
    try {
      return parseJourney(line);
    } catch (error) {
      if (!(error instanceof JourneyError)) throw error;
      const cause = error.message.replace('cannot read the journey: ', '');
      throw new Failure(`cannot read ${this.name} further than line ${this.line}: ${cause}`);
    }
  }

  [Symbol.dispose](): void {
    this.source.close();
  }
}
