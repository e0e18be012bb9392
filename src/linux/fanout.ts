// Capture on several processors: worker threads, each with a ring of its own in one PACKET_FANOUT group, so that the
// kernel shares the packets out among them (fanout_demux_* in net/packet/af_packet.c, v6.18).
import { Worker } from 'node:worker_threads';
import type { SourceStatistics } from '../wire/index.ts';
import type { FANOUT_MODE, RingOptions } from './capture-ring.ts';

export interface FanoutOptions extends Omit<RingOptions, 'fanout' | 'interfaces'> {
  /** One interface: a group cannot span several. */
  interface: string;
  /** Worker threads, each with a ring of `bufferBytes`. */
  workers: number;
  /** Which worker gets a packet: 'hash' keeps a flow together. */
  mode?: keyof typeof FANOUT_MODE;
  /**
   * A module that exports `handle(packet)`, called in the workers with each packet; it may export `finish()`, whose result
   * is handed back when the worker ends.
   */
  module: URL;
  /** Group number, 1 to 65535: taken from the process id by default. Processes that give the same one share packets. */
  group?: number;
}

/** What a worker gets, and what it tells. */
export interface FanoutTask {
  ring: RingOptions;
  module: string;
}

export type FanoutMessage =
  | { kind: 'listening' }
  | { kind: 'done'; statistics: SourceStatistics; result: unknown }
  | { kind: 'failed'; error: Error };

export interface FanoutResult {
  statistics: SourceStatistics;
  /** What each worker's `finish` returned. */
  results: unknown[];
}

/**
 * Starts the workers; resolves when all of them listen. Rejects with the first worker's error.
 *
 *   await using fanout = await openFanout({ interface: 'eth0', workers: 4, module: new URL('./count.js', import.meta.url) });
 *   setTimeout(() => fanout.stop(), 10_000);
 *   const { statistics, results } = await fanout.finished;
 */
export async function openFanout(options: FanoutOptions): Promise<Fanout> {
  const { interface: name, workers, mode = 'hash', module, group = process.pid & 0xffff || 1, ...rest } = options;
  const ring: RingOptions = { ...rest, interfaces: [name], fanout: { group, mode } };
  const fanout = new Fanout(workers, { ring, module: module.href });
  try {
    await fanout.listening;
    return fanout;
  } catch (error) {
    await fanout[Symbol.asyncDispose]();
    throw error;
  }
}

/** Beside this file once it is compiled: workers start from files that Node can run. */
const PROGRAM = new URL('./fanout-worker.js', import.meta.url);

export class Fanout {
  /** Resolves when every worker's ring is open. */
  readonly listening: Promise<unknown>;
  /** Resolves when every worker has ended, with the sums. */
  readonly finished: Promise<FanoutResult>;
  private readonly members: readonly Member[];

  constructor(workers: number, task: FanoutTask) {
    if (!Number.isInteger(workers) || workers < 1)
      throw new RangeError(`cannot start ${workers} workers: wants 1 or more`);
    this.members = Array.from({ length: workers }, () => new Member(task));
    this.listening = Promise.all(this.members.map(({ listening }) => listening));
    this.finished = Promise.all(this.members.map(({ done }) => done)).then(sum);
    this.finished.catch(() => this.stop()); // one that fails ends all; the caller sees the error on `finished`
  }

  /** Asks every worker to deliver what it has and end. */
  stop(): void {
    for (const { worker } of this.members) worker.postMessage('stop');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await Promise.allSettled(this.members.map(({ done }) => done));
    await Promise.all(this.members.map(({ worker }) => worker.terminate()));
  }
}

class Member {
  readonly worker: Worker;
  readonly listening: Promise<void>;
  readonly done: Promise<Extract<FanoutMessage, { kind: 'done' }>>;

  constructor(task: FanoutTask) {
    this.worker = new Worker(PROGRAM, { workerData: task });
    this.listening = this.until('listening').then(() => {});
    this.done = this.until('done');
    this.listening.catch(() => {});
  }

  private until<Kind extends FanoutMessage['kind']>(kind: Kind): Promise<Extract<FanoutMessage, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      this.worker.on('message', (message: FanoutMessage) => {
        if (message.kind === kind) resolve(message as Extract<FanoutMessage, { kind: Kind }>);
        if (message.kind === 'failed') reject(message.error);
      });
      this.worker.on('error', reject);
      this.worker.on('exit', () => reject(new Error('cannot go on capturing: a worker ended')));
    });
  }
}

function sum(done: readonly { statistics: SourceStatistics; result: unknown }[]): FanoutResult {
  const total = (key: keyof SourceStatistics) => done.reduce((all, { statistics }) => all + (statistics[key] ?? 0), 0);
  const statistics = {
    received: total('received'),
    dropped: total('dropped'),
    frozen: total('frozen'),
    // Every worker reads the same interface's counter.
    interfaceDropped: Math.max(...done.map(({ statistics }) => statistics.interfaceDropped ?? 0)),
  };
  return { statistics, results: done.map(({ result }) => result) };
}
