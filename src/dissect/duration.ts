// Seconds as tcpdump writes spans of time: 1d2h3s (util-print.c, unsigned_relts_print).
import type { Printer } from './printer.ts';

const UNITS = [
  [31536000, 'y'],
  [604800, 'w'],
  [86400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const;

export function printDuration(p: Printer, seconds: number): void {
  if (seconds === 0) p.text('0s');
  let left = seconds;
  for (const [unit, letter] of UNITS) {
    if (left < unit) continue;
    p.decimal(Math.floor(left / unit));
    p.text(letter);
    left %= unit;
  }
}
