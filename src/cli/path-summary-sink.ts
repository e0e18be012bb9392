// --summary: nothing until the end, then each different path with its count and times.
import { type Journey, JourneySummary, summaryText } from '../path/index.ts';
import { ascii } from './ascii.ts';
import type { JourneySink } from './path-sink.ts';
import { terminalWidth } from './path-terminal.ts';
import { printText } from './standard-output.ts';

export class SummarySink implements JourneySink {
  readonly finished = false;
  private readonly summary: JourneySummary;
  private readonly json: boolean;

  constructor(json: boolean, summary = new JourneySummary()) {
    this.summary = summary;
    this.json = json;
  }

  journey(journey: Journey): void {
    this.summary.add(journey);
  }

  /** There is nothing to hand on before the end. */
  flush(): void {}

  close(): void {
    const paths = this.summary.paths();
    if (this.json) printText(paths.map((path) => `${ascii(JSON.stringify(path))}\n`).join(''));
    else printText(summaryText(paths, { width: terminalWidth() }));
  }
}
