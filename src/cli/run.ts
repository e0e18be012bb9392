// One run: packets from one source after another to a sink, until there are no more, enough were seen, or a signal came.
import type { CaptureFile } from '../disk/index.ts';
import type { FilterFor } from '../file/index.ts';
import type { Packet, PacketSource, SourceStatistics } from '../packet/index.ts';
import type { PacketSink } from './packet-sink.ts';

/** True for packets that are wanted. */
export type IsWanted = (packet: Packet) => boolean;

export class Run {
  /** Packets handed to the sink. */
  captured = 0;
  private readonly sink: PacketSink;
  private readonly isWanted: IsWanted | undefined;
  /** -c, or Infinity. */
  private readonly limit: number;
  /** Files can wait for the sink; a ring cannot, since the packets go on coming. */
  private readonly canPause: boolean;
  private source: PacketSource | undefined;
  private stopping = false;
  /** True while the source waits for the sink. */
  private paused = false;

  constructor(
    sink: PacketSink,
    isWanted: IsWanted | undefined,
    { limit = Number.POSITIVE_INFINITY, canPause }: { limit: number | undefined; canPause: boolean },
  ) {
    this.sink = sink;
    this.isWanted = isWanted;
    this.limit = limit;
    this.canPause = canPause;
  }

  /** True when no more packets are wanted. */
  get isOver(): boolean {
    return this.stopping || this.sink.finished || this.captured >= this.limit;
  }

  /** Takes the packets of a source, to its end or the run's. */
  async take(source: PacketSource): Promise<void> {
    this.source = source;
    do {
      this.paused = false;
      await source.packets(this.handle);
      await this.sink.ready?.();
    } while (this.paused && !this.isOver);
  }

  /** Only counts the packets of a file (with a filter, those that are wanted), which is faster than taking them. */
  async count(file: CaptureFile, filterFor: FilterFor | undefined): Promise<void> {
    this.source = file;
    this.captured += await file.countPackets(this.limit - this.captured, filterFor);
  }

  private readonly handle = (packet: Packet): boolean => {
    if (this.isWanted !== undefined && !this.isWanted(packet)) return true;
    this.captured++;
    if (this.sink.packet(packet)) return this.captured < this.limit;
    this.paused = this.canPause;
    return !this.paused && !this.isOver;
  };

  /** Ends the run soon: what the source has captured already is delivered first. */
  stop(): void {
    this.stopping = true;
    this.source?.stop();
  }

  flush(): void {
    this.sink.flush();
  }

  /** Until all packets so far are out, so that a message may follow. */
  async settle(): Promise<void> {
    await this.sink.ready?.(0);
    this.sink.flush();
  }

  async close(statistics: SourceStatistics): Promise<void> {
    await this.sink.close(statistics);
  }
}
