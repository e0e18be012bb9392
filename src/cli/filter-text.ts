// Where the filter's text comes from: -F, or the words after the options.
import { readFileSync } from 'node:fs';
import { causeOf, Failure } from './failure.ts';
import type { CaptureOptions } from './options.ts';

/** The filter's text; undefined when all packets are wanted. */
export function filterText(options: Pick<CaptureOptions, 'filterFile'>, words: readonly string[]): string | undefined {
  const text = (options.filterFile === undefined ? words.join(' ') : readFilterFile(options.filterFile))
    .replace(/\s+/g, ' ')
    .trim();
  return text === '' ? undefined : text;
}

/** In a file, what follows a # on a line is a comment. */
function readFilterFile(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8').replace(/#.*/g, '');
  } catch (error) {
    throw new Failure(`cannot read the filter file ${path}: ${causeOf(error)}`);
  }
}
