// Journeys on standard output as they come: a block of text each, or a line of JSON each.
import { type Journey, journeyText } from '../path/index.ts';
import { ascii } from './ascii.ts';
import type { JourneySink } from './path-sink.ts';
import { journeyTextOptions } from './path-terminal.ts';
import { StandardOutput } from './standard-output.ts';
import { TextOutput } from './text-output.ts';

abstract class PrintingSink implements JourneySink {
  protected readonly output = new StandardOutput();
  private readonly text = new TextOutput(this.output, this.output.isTerminal);

  protected abstract textOf(journey: Journey): string;

  journey(journey: Journey): void {
    const bytes = Buffer.from(this.textOf(journey));
    this.text.out.raw(bytes, 0, bytes.length);
    this.text.packetDone();
  }

  flush(): void {
    this.text.flush();
  }

  get finished(): boolean {
    return this.text.closed;
  }

  close(): void {
    this.text.end();
  }
}

export class JsonSink extends PrintingSink {
  protected override textOf(journey: Journey): string {
    return `${ascii(JSON.stringify(journey))}\n`;
  }
}

export class TextSink extends PrintingSink {
  private readonly options = journeyTextOptions(this.output.isTerminal);

  protected override textOf(journey: Journey): string {
    return `${journeyText(journey, this.options)}\n`;
  }
}
