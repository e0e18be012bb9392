// Opens a path for reading without ever blocking the event loop: regular files by descriptor, all else as streams.
import { closeSync, constants, createReadStream, fstatSync, openSync, type Stats, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type ByteSource, DescriptorSource, StreamSource } from './byte-source.ts';
import { badFile, FileError, systemFailure } from './file-error.ts';

const STANDARD_INPUT = 0;

/** Opens a path, or standard input for '-'. */
export function openSource(path: string): ByteSource {
  try {
    return path === '-' ? sourceOf(STANDARD_INPUT, path) : sourceOf(openDescriptor(path), path);
  } catch (error) {
    throw error instanceof FileError ? error : systemFailure('read', path, error);
  }
}

/** A FIFO is opened without waiting for its writer: the stream waits for it, and can be told to stop. */
function openDescriptor(path: string): number {
  const waits = statSync(path).isFIFO();
  return openSync(path, waits ? constants.O_RDONLY | constants.O_NONBLOCK : constants.O_RDONLY);
}

function sourceOf(descriptor: number, path: string): ByteSource {
  const stats = fstatSync(descriptor);
  if (stats.isFile()) return new DescriptorSource(descriptor, stats.size);
  if (stats.isDirectory()) {
    closeSync(descriptor);
    throw badFile('read', path, 'it is a directory');
  }
  return new StreamSource(streamOf(descriptor, stats));
}

function streamOf(descriptor: number, stats: Stats): Readable {
  if (!stats.isFIFO() && !stats.isSocket()) return createReadStream('', { fd: descriptor });
  const { Socket } = process.getBuiltinModule('node:net');
  return new Socket({ fd: descriptor, readable: true, writable: false });
}
