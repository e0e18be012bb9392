// Names of rotated files, as tcpdump 4.99 makes them (tcpdump.c: MakeFilename, getWflagChars).
import { strftime } from './strftime.ts';

/** Digits of the largest number in a ring of so many files. */
export function digitsFor(files: number): number {
  return files > 1 ? String(files - 1).length : 0;
}

/** The name of file `number`: the pattern's time filled in when there is one, then the number behind it. */
export function rotatedName(pattern: string, number: number, digits: number, time: Date | undefined): string {
  const name = time === undefined ? pattern : strftime(pattern, time);
  return number === 0 && digits === 0 ? name : name + String(number).padStart(digits, '0');
}
