// Which sink the options ask for. Each is loaded only when it is asked for: the dissectors alone take 30 ms to load,
// which counting and copying need not wait for.
import { Failure } from './failure.ts';
import type { SavedFrom } from './file-sink.ts';
import type { CaptureOptions } from './options.ts';
import { BothSinks, NoSink, type PacketSink } from './packet-sink.ts';

/** `from` is asked for when a file is written, which is then created. */
export async function createSink(options: CaptureOptions, from: () => SavedFrom): Promise<PacketSink> {
  const { writeFile, print } = options;
  if (print && writeFile === '-') {
    throw new Failure('cannot print packets and write them both to standard output');
  }
  if (writeFile === undefined) return options.countOnly ? new NoSink() : printingSink(options);
  const { FileSink } = await import('./file-sink.ts');
  const fileSink = new FileSink(writeFile, options, from());
  return print ? new BothSinks(fileSink, await printingSink(options)) : fileSink;
}

async function printingSink(options: CaptureOptions): Promise<PacketSink> {
  return (await import('./printing-sinks.ts')).createPrintingSink(options);
}

/** True when packets are printed, not only counted or written. */
export function isPrinting({ writeFile, print, countOnly }: CaptureOptions): boolean {
  return print || (writeFile === undefined && !countOnly);
}
