// Packets as lines on standard output, when all names are known at once.
import type { TextWriter } from '../bytes/index.ts';
import type { Packet } from '../wire/index.ts';
import type { PacketSink } from './packet-sink.ts';
import type { TextOutput } from './text-output.ts';

/** What turns a packet into text: a Printer of tcpdump's lines, or of JSON. */
export interface LinePrinter {
  packet(packet: Packet): void;
}

export class TextSink implements PacketSink {
  private readonly text: TextOutput;
  private readonly printer: LinePrinter;

  /** `createPrinter` makes the printer that writes into the given text. */
  constructor(text: TextOutput, createPrinter: (out: TextWriter) => LinePrinter) {
    this.text = text;
    this.printer = createPrinter(text.out);
  }

  packet(packet: Packet): boolean {
    this.printer.packet(packet);
    return this.text.packetDone();
  }

  flush(): void {
    this.text.flush();
  }

  get finished(): boolean {
    return this.text.closed;
  }

  close(): void {
    this.text.end();
  }
}
