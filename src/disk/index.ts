// Capture files on this machine: opening, gzip, pipes, merging, writing, rotation.
export type { CaptureFile, OpenOptions } from './capture-file.ts';
export type { CaptureWriter, CaptureWriterOptions, Rotation } from './capture-writer.ts';
export { createCaptureWriter } from './create-writer.ts';
export { FileError } from './file-error.ts';
export { mergeCaptures } from './merge.ts';
export { openCapture } from './open.ts';
export { strftime } from './strftime.ts';
