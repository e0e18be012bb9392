// Which sink the options ask for.
import { createPrinter } from '../dissect/index.ts';
import { Failure } from './failure.ts';
import { FileSink, type SavedFrom } from './file-sink.ts';
import { JsonPrinter } from './json-lines.ts';
import { NamedTextSink } from './named-text-sink.ts';
import type { CaptureOptions } from './options.ts';
import { BothSinks, NoSink, type PacketSink } from './packet-sink.ts';
import { printOptions } from './print-options.ts';
import { StandardOutput } from './standard-output.ts';
import { TextOutput } from './text-output.ts';
import { TextSink } from './text-sink.ts';

/** `from` is asked for when a file is written, which is then created. */
export function createSink(options: CaptureOptions, from: () => SavedFrom): PacketSink {
  const { writeFile } = options;
  if (writeFile === undefined) return printingSink(options);
  if (!options.print) return new FileSink(writeFile, options, from());
  if (writeFile === '-') throw new Failure('cannot print packets and write them both to standard output');
  return new BothSinks(new FileSink(writeFile, options, from()), printingSink(options));
}

function printingSink(options: CaptureOptions): PacketSink {
  if (options.countOnly) return new NoSink();
  const output = new StandardOutput();
  const text = new TextOutput(output, options.lineBuffered || output.isTerminal);
  if (options.json) return new TextSink(text, (out) => new JsonPrinter(out, options.verbose > 0));
  if (options.numeric > 0) return new TextSink(text, (out) => createPrinter(printOptions(options, undefined), out));
  return new NamedTextSink(text, options.hostOnly, (names, out) => createPrinter(printOptions(options, names), out));
}

/** True when packets are printed, not only counted or written. */
export function isPrinting({ writeFile, print, countOnly }: CaptureOptions): boolean {
  return (writeFile === undefined || print) && !countOnly;
}
