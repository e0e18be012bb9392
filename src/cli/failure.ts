// What ends the command with one line on standard error and exit code 1 (or another, where 1 means something else): bad
// options, what cannot be opened, what cannot be written. Errors of the other rooms come through as they are, since theirs are worded the same way.

import { getSystemErrorMap } from 'node:util';

/** A message for the user; not a bug. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Errors that only a mistake in the program itself raises: these are shown with their stack. */
const BUGS = [TypeError, RangeError, ReferenceError, SyntaxError];

/** What to write about an error that reached the top. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isBug = BUGS.some((kind) => error.constructor === kind) && !('code' in error);
  return isBug ? (error.stack ?? error.message) : error.message;
}

/** Why a call of Node's failed, in the system's words without the rest: "no such file or directory". */
export function causeOf(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || message;
}
