// Errors of opening, reading and writing capture files.
import { getSystemErrorMap } from 'node:util';

/** A file that cannot be read or written; the message names it and says why. */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly path: string;
  /** The system's name of the cause, as ENOENT; undefined when the file itself is the cause. */
  readonly code: string | undefined;

  constructor(message: string, path: string, code?: string) {
    super(message);
    this.path = path;
    this.code = code;
  }
}

type Doing = 'read' | 'write';

const STANDARD: Readonly<Record<Doing, string>> = { read: 'standard input', write: 'standard output' };

/** How messages name a path. */
function nameOf(doing: Doing, path: string): string {
  return path === '-' ? STANDARD[doing] : path;
}

/** What the file itself is to blame for. */
export function badFile(doing: Doing, path: string, cause: string): FileError {
  return new FileError(`cannot ${doing} ${nameOf(doing, path)}: ${cause}`, path);
}

/** A failed system call on a file. */
export function systemFailure(doing: Doing, path: string, error: unknown): FileError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return new FileError(`cannot ${doing} ${nameOf(doing, path)}: ${causeOf(error)}`, path, code);
}

/** Why a system call failed, in the system's words: "no such file or directory". */
export function causeOf(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || message;
}
