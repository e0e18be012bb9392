// The counts at the end of a live capture, in tcpdump's words (tcpdump.c, info).
import type { SourceStatistics } from '../wire/index.ts';

/** One line for each count; `dropped by interface` only when there were any. */
export function countLines(captured: number, { received, dropped, interfaceDropped }: SourceStatistics): string[] {
  const lines = [
    `${packets(captured)} captured`,
    `${packets(received)} received by filter`,
    `${packets(dropped ?? 0)} dropped by kernel`,
  ];
  if (interfaceDropped) lines.push(`${packets(interfaceDropped)} dropped by interface`);
  return lines;
}

export function packets(count: number): string {
  return count === 1 ? '1 packet' : `${count} packets`;
}
