// Sinks that print: tcpdump's lines with names or without, or lines of JSON.
import { createPrinter } from '../dissect/index.ts';
import type { CaptureOptions } from './options.ts';
import type { PacketSink } from './packet-sink.ts';
import { printOptions } from './print-options.ts';
import { StandardOutput } from './standard-output.ts';
import { TextOutput } from './text-output.ts';
import { TextSink } from './text-sink.ts';

export async function createPrintingSink(options: CaptureOptions): Promise<PacketSink> {
  const output = new StandardOutput();
  const text = new TextOutput(output, options.lineBuffered || output.isTerminal);
  if (options.json) return jsonSink(options, text);
  if (options.numeric === 0) return namedSink(options, text);
  return new TextSink(text, (out) => createPrinter(printOptions(options, undefined), out));
}

async function jsonSink(options: CaptureOptions, text: TextOutput): Promise<PacketSink> {
  const { JsonPrinter } = await import('./json-lines.ts');
  return new TextSink(text, (out) => new JsonPrinter(out, options.verbose > 0));
}

async function namedSink(options: CaptureOptions, text: TextOutput): Promise<PacketSink> {
  const { NamedTextSink } = await import('./named-text-sink.ts');
  return new NamedTextSink(text, options.hostOnly, (names, out) => createPrinter(printOptions(options, names), out));
}
