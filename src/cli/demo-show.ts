// The demo's course: a step is sent, its packets are waited for and printed under a heading, then comes the next.
import { readU16 } from '../bytes/index.ts';
import { createPrinter, type PrintOptions } from '../dissect/index.ts';
import type { CaptureRing } from '../linux/index.ts';
import { copyPacket, ETHER_TYPE, ETHERNET, IP_PROTOCOL, IPV6, type Packet } from '../wire/index.ts';
import type { DemoStage } from './demo-stage.ts';
import { DEMO_STEPS, type DemoStep, FILTERED_STEP } from './demo-steps.ts';
import { Failure } from './failure.ts';
import { JsonPrinter } from './json-lines.ts';
import { note } from './messages.ts';
import { utcOffset } from './print-options.ts';
import { StandardOutput } from './standard-output.ts';
import { countLines } from './statistics.ts';
import { TextOutput } from './text-output.ts';
import type { LinePrinter } from './text-sink.ts';

/** How long a step's packets may take; they are there within milliseconds. */
const STEP_MS = 3_000;

const LETTERS: Readonly<Record<NonNullable<DemoStep['letters']>, Partial<PrintOptions>>> = {
  v: { verbosity: 1 },
  e: { linkHeader: true },
};

export class DemoShow {
  private readonly stage: DemoStage;
  /** The capture under way. */
  private ring: CaptureRing;
  /** Packets that passed the filters of captures that have ended, and those lost. */
  private received = 0;
  private dropped = 0;
  private readonly json: LinePrinter | undefined;
  private readonly text = new TextOutput(new StandardOutput(), true);
  /** Packets of the step under way. */
  private seen: Packet[] = [];
  /** What the kernel sent by itself. */
  private readonly besides: Packet[] = [];
  private captured = 0;
  private stopped = false;
  private onPacket: () => void = () => undefined;

  constructor(stage: DemoStage, ring: CaptureRing, json: boolean) {
    this.stage = stage;
    this.ring = ring;
    this.json = json ? new JsonPrinter(this.text.out, false) : undefined;
  }

  /** Ends soon, in good order. */
  stop(): void {
    this.stopped = true;
    this.ring.stop();
  }

  async run(): Promise<void> {
    const capture = this.begin();
    for (const [index, step] of DEMO_STEPS.entries()) await this.play(index + 1, step, capture);
    await this.end(capture);
    await this.playFiltered();
    this.tellBesides();
    if (this.json === undefined) this.text.out.text('\n');
    this.text.flush();
    for (const line of countLines(this.captured, { received: this.received, dropped: this.dropped })) note(line);
  }

  private begin(): Promise<void> {
    const capture = this.ring.packets((packet) => this.take(copyPacket(packet)));
    capture.catch(() => undefined); // when something else fails first, nobody waits for it any more
    return capture;
  }

  private async end(capture: Promise<void>): Promise<void> {
    this.ring.stop();
    await capture;
    const { received, dropped = 0 } = this.ring.statistics();
    this.received += received;
    this.dropped += dropped;
  }

  private async play(number: number, step: DemoStep, capture: Promise<void>): Promise<void> {
    if (this.stopped) return;
    this.heading(`${number}. ${step.heading}`);
    step.send(this.stage);
    await Promise.race([this.complete(step), capture]);
    this.print(this.seen.splice(0), step);
  }

  /** The last step has a capture of its own. */
  private async playFiltered(): Promise<void> {
    if (this.stopped) return;
    using ring = this.stage.capture(FILTERED_STEP.filter);
    this.ring = ring;
    const capture = this.begin();
    await this.play(DEMO_STEPS.length + 1, FILTERED_STEP, capture);
    await this.end(capture);
  }

  private take(packet: Packet): void {
    this.captured++;
    (isListenerReport(packet) ? this.besides : this.seen).push(packet);
    this.onPacket();
  }

  /** Resolves when all packets of the step have come. */
  private complete({ packets, heading }: DemoStep): Promise<void> {
    const isComplete = () => (typeof packets === 'number' ? this.seen.length >= packets : packets(this.seen));
    return new Promise((resolve, reject) => {
      const late = new Failure(`cannot go on with the demo: packets are missing of: ${heading}`);
      const timer = setTimeout(() => reject(late), STEP_MS);
      this.onPacket = () => {
        if (!isComplete()) return;
        clearTimeout(timer);
        resolve();
      };
      this.onPacket();
    });
  }

  private heading(text: string): void {
    if (this.json === undefined) this.text.out.text(`\n${text}\n`);
  }

  private print(packets: readonly Packet[], { letters }: Pick<DemoStep, 'letters'>): void {
    const options = letters === undefined ? {} : LETTERS[letters];
    const printer = this.json ?? createPrinter({ ...options, utcOffset }, this.text.out);
    for (const packet of packets) printer.packet(packet);
    this.text.flush();
  }

  private tellBesides(): void {
    if (this.besides.length > 0) this.heading("Besides, the server's kernel told which group it listens to.");
    this.print(this.besides.splice(0), {});
  }
}

/** Multicast Listener Discovery, the only protocol here that comes with a hop-by-hop header. */
function isListenerReport({ bytes, offset }: Packet): boolean {
  return (
    readU16(bytes, offset + ETHERNET.type) === ETHER_TYPE.IPV6 &&
    bytes[offset + ETHERNET.size + IPV6.nextHeader] === IP_PROTOCOL.HOPOPTS
  );
}
