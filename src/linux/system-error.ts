// A failed system call, in words: what could not be done, why, and what to do about it.
import { getSystemErrorMap } from 'node:util';

/** Names and texts of error numbers, from Node's own table: include/uapi/asm-generic/errno.h. */
const ERRORS = getSystemErrorMap();

export class SystemError extends Error {
  override readonly name = 'SystemError';
  /** Positive error number, as EPERM = 1. */
  readonly errno: number;
  /** Its name: 'EPERM'. */
  readonly code: string;
  /** What failed, as it completes "cannot ...". */
  readonly what: string;
  /** What to do about it. */
  readonly hint: string | undefined;

  /**
   * `detail` stands in place of the error number's text where the caller or the kernel (extended acknowledgement)
   * knows better.
   */
  constructor(
    what: string,
    errno: number,
    { detail, hint }: { detail?: string | undefined; hint?: string | undefined } = {},
  ) {
    const [code, text] = ERRORS.get(-errno) ?? [`errno ${errno}`, 'unknown error'];
    super(`cannot ${what}: ${detail ?? text} (${code})${hint === undefined ? '' : `; ${hint}`}`);
    this.errno = errno;
    this.code = code;
    this.what = what;
    this.hint = hint;
  }
}

/** Error numbers that code decides by, include/uapi/asm-generic/errno-base.h and errno.h (v6.18). */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  ENXIO: 6,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  ENODEV: 19,
  EINVAL: 22,
  ENOPROTOOPT: 92,
  EOPNOTSUPP: 95,
  ENETDOWN: 100,
  ENOBUFS: 105,
} as const;
