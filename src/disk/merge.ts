// Several capture files as one source, in the order of their packets' time.
import type { PacketSource } from '../wire/index.ts';
import type { CaptureFile } from './capture-file.ts';

/** Packets of several files by time; of equal times the one of the earlier file first. */
export function mergeCaptures(_files: readonly CaptureFile[]): PacketSource {
  throw new Error('cannot merge files: not written yet');
}
