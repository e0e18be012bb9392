// Which format a capture file is written in.
import type { CaptureOptions } from './options.ts';

/** The format asked for, or the one that the name says. */
export function formatOf(path: string, { format }: Pick<CaptureOptions, 'format'>): 'pcap' | 'pcapng' {
  return format ?? (path.endsWith('.pcapng') ? 'pcapng' : 'pcap');
}
