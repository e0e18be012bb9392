// Room 1: reading and writing binary data, checksums, addresses as text.
export * from './address.ts';
export * from './base64.ts';
export * from './checksum.ts';
export * from './copy.ts';
export * from './read.ts';
export { type ReadyText, readyText, TextWriter } from './text-writer.ts';
export * from './utf8.ts';
export * from './write.ts';
