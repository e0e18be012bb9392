// Opening a capture file.
import type { CaptureFile, OpenOptions } from './capture-file.ts';

/** Opens a capture file, pcap or pcapng, gzip or not, a regular file, a pipe or ('-') standard input. */
export function openCapture(path: string, _options: OpenOptions = {}): Promise<CaptureFile> {
  return Promise.reject(new Error(`cannot read ${path}: not written yet`));
}
