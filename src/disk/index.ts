// Capture files on this machine: opening, gzip, pipes, merging, writing, rotation.
export type { ByteSource } from './byte-source.ts';
export type { CaptureFile, OpenOptions } from './capture-file.ts';
export type { CaptureWriter, CaptureWriterOptions, Rotation } from './capture-writer.ts';
export { createCaptureWriter } from './create-writer.ts';
export { FileError } from './file-error.ts';
export { mergeCaptures } from './merge.ts';
export { openCapture } from './open.ts';
export { openSource } from './open-source.ts';
export { OutputFile } from './output-file.ts';
export { strftime } from './strftime.ts';
