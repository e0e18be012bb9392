// What the packets of a run are handed to: text on standard output, a capture file, or both.
import type { Packet, SourceStatistics } from '../wire/index.ts';

export interface PacketSink {
  /** Takes a packet. False when it wants no more for now (then `ready` is awaited) or for good (then it is `finished`). */
  packet(packet: Packet): boolean;
  /** Hands on what is held back. */
  flush(): void;
  /** Fulfilled when packets may come again; with 0, when nothing is held back any more. */
  ready?(most?: number): Promise<void>;
  /** True when there is no point in more packets. */
  readonly finished: boolean;
  /** After the last packet. */
  close(statistics: SourceStatistics): void | Promise<void>;
}

/** Packets that are only counted. */
export class NoSink implements PacketSink {
  readonly finished = false;

  packet(): boolean {
    return true;
  }

  flush(): void {}

  close(): void {}
}

/** --print: written and printed. */
export class BothSinks implements PacketSink {
  private readonly first: PacketSink;
  private readonly second: PacketSink;

  constructor(first: PacketSink, second: PacketSink) {
    this.first = first;
    this.second = second;
  }

  packet(packet: Packet): boolean {
    const first = this.first.packet(packet);
    return this.second.packet(packet) && first;
  }

  flush(): void {
    this.first.flush();
    this.second.flush();
  }

  async ready(most?: number): Promise<void> {
    await this.first.ready?.(most);
    await this.second.ready?.(most);
  }

  get finished(): boolean {
    return this.first.finished || this.second.finished;
  }

  async close(statistics: SourceStatistics): Promise<void> {
    await this.first.close(statistics);
    await this.second.close(statistics);
  }
}
