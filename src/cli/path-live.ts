// `pathcap path`: journeys of the running kernel, until a signal, -c or --duration; then the counts.
import { fstatSync } from 'node:fs';
import { type Names, namesIn, parseFilter } from '../filter/index.ts';
import { inNamespace, openNetworkNamespace } from '../linux/index.ts';
import type { Journey } from '../path/index.ts';
import { JourneyTrace, type JourneyTraceOptions } from '../trace/index.ts';
import { Failure } from './failure.ts';
import { lookUpNames } from './filter-names.ts';
import { chosenInterfaces } from './interface-choice.ts';
import { note, tell } from './messages.ts';
import { countLines, listening } from './path-counts.ts';
import { lookUntil } from './path-loop.ts';
import type { PathOptions } from './path-options.ts';
import { checkPrivilege } from './path-privilege.ts';
import type { JourneySink } from './path-sink.ts';
import { createJourneySink } from './path-sinks.ts';
import { Signals } from './signals.ts';

const BYTES_PER_KIBIBYTE = 1024;
/** Holds what comes while the processor is somebody else's: half a second of 500,000 events. */
const BUFFER_KIBIBYTES = 32768;
const ANY = 'any';

export async function watchJourneys(options: PathOptions, expression: string | undefined): Promise<number> {
  if (process.platform !== 'linux')
    throw new Failure('cannot observe the kernel: journeys are those of the Linux kernel');
  const names = expression && (await lookUpNames(expression, namesIn(parseFilter(expression))));
  checkPrivilege();
  const sink = await createJourneySink(options);
  using watch = new Watch(options, sink, {
    ...(expression && names && { filter: expression, names: names as Names, deep: options.deep }),
  });
  tell(listening(watch.trace.trace, performance.now()));
  await watch.run();
  for (const line of watch.counts) note(line);
  return 0;
}

/** Journeys from the kernel to a sink, until they are over. */
class Watch {
  readonly trace: JourneyTrace;
  /** Journeys handed to the sink. */
  private shown = 0;
  /** Journeys are only counted, and not made for it. */
  private readonly counting: boolean;
  private readonly sink: JourneySink;
  private readonly limit: number;
  private readonly endsAt: number;
  private readonly signals: Signals;
  private stopped = false;
  private wasLean = false;

  constructor(options: PathOptions, sink: JourneySink, filter: Pick<JourneyTraceOptions, 'filter' | 'names' | 'deep'>) {
    const { count, duration, bufferKibibytes, everyPoint } = options;
    this.sink = sink;
    this.limit = count ?? Number.POSITIVE_INFINITY;
    this.counting = sink.summary !== undefined && count === undefined;
    this.trace = openTrace(options, (journey) => this.take(journey), {
      ...filter,
      always: everyPoint,
      bufferBytes: powerOfTwo((bufferKibibytes ?? BUFFER_KIBIBYTES) * BYTES_PER_KIBIBYTE),
      ...(this.counting && sink.summary && { summary: sink.summary }),
    });
    this.endsAt = performance.now() + (duration ?? Number.POSITIVE_INFINITY) * 1000;
    const stoppable = { stop: () => this.stop(), flush: () => sink.flush() };
    this.signals = new Signals(stoppable, () => tell(this.counts.join(', ')));
  }

  get counts(): readonly string[] {
    const counts = this.trace.statistics();
    return countLines(this.counting ? counts.journeys : this.shown, counts);
  }

  private stop(): void {
    this.stopped = true;
  }

  /** One look may end more journeys than -c asks for. */
  private take(journey: Journey): void {
    if (this.shown >= this.limit) return;
    this.shown++;
    this.sink.journey(journey);
  }

  async run(): Promise<void> {
    try {
      await lookUntil(
        () => this.isOver(),
        () => this.look(),
      );
      this.trace.finish();
    } finally {
      this.sink.close();
    }
  }

  private look(): number {
    const events = this.trace.poll(BYTES_PER_LOOK);
    const { lean } = this.trace.trace;
    if (lean !== this.wasLean) tell(lean ? LEAN : 'all points are observed again');
    this.wasLean = lean;
    return events;
  }

  private isOver(): boolean {
    return this.stopped || this.sink.finished || this.shown >= this.limit || performance.now() >= this.endsAt;
  }

  [Symbol.dispose](): void {
    this.signals[Symbol.dispose]();
    this.trace[Symbol.dispose]();
  }
}

const LEAN = 'the finer points are left out while so much passes by that was not asked for (--every-point keeps them)';

/** Read in one turn of the event loop; between turns signals are heard and output goes on. */
const BYTES_PER_LOOK = 1 << 20;

/** Interfaces of -i are those of the namespace of --netns. */
function openTrace(
  { interfaces, namespace }: PathOptions,
  deliver: (journey: Journey) => void,
  options: JourneyTraceOptions,
): JourneyTrace {
  const given = interfaces.includes(ANY) ? [] : interfaces;
  const open = () =>
    JourneyTrace.open({ ...options, ...(given.length > 0 && { interfaces: chosenInterfaces(given) }) }, deliver);
  if (namespace === undefined) return open();
  using there = openNetworkNamespace(/^\d+$/.test(namespace) ? Number(namespace) : namespace);
  if (given.length > 0) return inNamespace(there, open);
  return JourneyTrace.open({ ...options, namespace: fstatSync(there.fd).ino }, deliver);
}

function powerOfTwo(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
