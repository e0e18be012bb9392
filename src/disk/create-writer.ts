// Writing capture files.
import type { CaptureWriter, CaptureWriterOptions } from './capture-writer.ts';

/** Creates a capture file and writes its header; '-' is standard output. */
export function createCaptureWriter(path: string, _options: CaptureWriterOptions = {}): CaptureWriter {
  throw new Error(`cannot write ${path}: not written yet`);
}
