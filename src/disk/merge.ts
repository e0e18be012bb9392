// Several capture files as one source, in the order of their packets' time.
import type { Packet, PacketHandler, PacketSource, SourceStatistics } from '../packet/index.ts';
import type { CaptureFile } from './capture-file.ts';

/** The event loop gets its turn at least so often; the clock is looked at every so many packets. */
const TURN_MS = 20;
const PACKETS_BETWEEN_LOOKS = 256;

/**
 * Packets of several files by time; of equal times those of the earlier file first. Each file is taken to be in order
 * itself. Link types may differ: each packet tells its own. Damage stands in each file, once its packets are through.
 */
export function mergeCaptures(files: readonly CaptureFile[]): PacketSource {
  return new MergedCaptures(files);
}

class MergedCaptures implements PacketSource {
  private readonly files: readonly CaptureFile[];
  /** The next packet of each file, once `packets` has begun. */
  private heads: (Packet | undefined)[] | undefined;
  private stopping = false;

  constructor(files: readonly CaptureFile[]) {
    this.files = files;
  }

  async packets(handler: PacketHandler): Promise<void> {
    this.heads ??= await this.firstPackets();
    let turnEnds = performance.now() + TURN_MS;
    for (let count = 1; !this.stopping; count++) {
      const index = earliest(this.heads);
      if (index < 0) return;
      const wanted = handler(this.heads[index]!);
      const next = this.files[index]!.next();
      this.heads[index] = next instanceof Promise ? await next : next;
      if (wanted === false) return;
      if (count % PACKETS_BETWEEN_LOOKS === 0 && performance.now() > turnEnds) {
        await new Promise((resolve) => setImmediate(resolve));
        turnEnds = performance.now() + TURN_MS;
      }
    }
  }

  private async firstPackets(): Promise<(Packet | undefined)[]> {
    const heads: (Packet | undefined)[] = [];
    for (const file of this.files) heads.push(await file.next());
    return heads;
  }

  stop(): void {
    this.stopping = true;
    for (const file of this.files) file.stop();
  }

  /** Counts what the files delivered, the packets that wait for their turn included. */
  statistics(): SourceStatistics {
    return { received: this.files.reduce((sum, file) => sum + file.statistics().received, 0) };
  }

  [Symbol.dispose](): void {
    for (const file of this.files) file[Symbol.dispose]();
  }
}

/** The number of the file whose packet comes first; -1 when all are at their end. */
function earliest(heads: readonly (Packet | undefined)[]): number {
  let best = -1;
  let bestHead: Packet | undefined;
  for (let i = 0; i < heads.length; i++) {
    const head = heads[i];
    if (head === undefined || (bestHead !== undefined && !isBefore(head, bestHead))) continue;
    best = i;
    bestHead = head;
  }
  return best;
}

function isBefore(a: Packet, b: Packet): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanoseconds < b.nanoseconds);
}
