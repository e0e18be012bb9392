// The filter of a run: from -F or the words after the options.
import { readFileSync } from 'node:fs';
import type { Packet } from '../wire/index.ts';
import { causeOf, Failure } from './failure.ts';
import type { CaptureOptions } from './options.ts';

/** True for packets that are wanted. */
export type PacketFilter = (packet: Packet) => boolean;

/** The filter's text; undefined when all packets are wanted. */
export function filterText(options: CaptureOptions, words: readonly string[]): string | undefined {
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

/** The language comes later; until then a filter is refused. */
export function compileFilter(text: string | undefined): PacketFilter | undefined {
  if (text === undefined) return undefined;
  throw new Failure(`cannot filter yet: ${text}`);
}
