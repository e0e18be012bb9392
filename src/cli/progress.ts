// How far a long reading has come, on the last line of the terminal that messages go to.
import { isatty } from 'node:tty';
import { status } from './messages.ts';

const STANDARD_ERROR = 2;
const FIRST_AFTER_MS = 1000;
const EVERY_MS = 250;

export interface Reading {
  readonly bytesRead: number;
  readonly bytesTotal: number | undefined;
}

export class Progress {
  private readonly readings: () => readonly Reading[];
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly began = Date.now();
  private shown = false;

  /** Shows nothing unless `wanted` and standard error is a terminal. */
  constructor(wanted: boolean, readings: () => readonly Reading[]) {
    this.readings = readings;
    if (wanted && isatty(STANDARD_ERROR)) this.timer = setInterval(() => this.show(), EVERY_MS).unref();
  }

  private show(): void {
    if (Date.now() - this.began < FIRST_AFTER_MS) return;
    this.shown = true;
    status(progressText(this.readings()));
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
    if (this.shown) status('');
  }
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** "read 12.5 MB of 40.0 MB (31 %)"; without the rest where the size of a source is not known. */
export function progressText(readings: readonly Reading[]): string {
  const read = readings.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  const total = readings.reduce((sum, { bytesTotal }) => sum + (bytesTotal ?? Number.NaN), 0);
  if (!(total > 0)) return `read ${megabytes(read)}`;
  return `read ${megabytes(read)} of ${megabytes(total)} (${Math.floor((100 * read) / total)} %)`;
}
