// Messages go to standard error, written at once, so that they stand in the right place between lines of packets.
import { writeSync } from 'node:fs';

const STANDARD_ERROR = 2;

/** Text as it is, without a line end. */
export function raw(text: string): void {
  write(text);
}

/** A line as it is, without the program's name. */
export function note(text: string): void {
  write(`${text}\n`);
}

/** A line with the program's name before it. */
export function tell(text: string): void {
  write(`pathcap: ${text}\n`);
}

/** Overwrites the current line of a terminal; an empty text clears it. */
export function status(text: string): void {
  write(`\r${text}\x1b[K`);
}

/** Nobody is left to be told when standard error is closed. */
function write(text: string): void {
  try {
    writeSync(STANDARD_ERROR, text);
  } catch {
    // nothing can be done about it
  }
}
