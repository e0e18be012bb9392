// `pathcap path`: journeys of the running kernel, until a signal, -c or --duration; then the counts.
import { namesIn, parseFilter } from '../filter/index.ts';
import { type Journey, JourneySummary } from '../path/index.ts';
import type { JourneyTrace, JourneyTraceOptions } from '../trace/index.ts';
import { Failure } from './failure.ts';
import { lookUpNames } from './filter-names.ts';
import { note, tell } from './messages.ts';
import { countLines, listening } from './path-counts.ts';
import { lookUntil } from './path-loop.ts';
import type { PathOptions } from './path-options.ts';
import { checkPrivilege } from './path-privilege.ts';
import type { JourneySink } from './path-sink.ts';
import { createJourneySink } from './path-sinks.ts';
import { openTrace } from './path-trace.ts';
import { Signals } from './signals.ts';

export async function watchJourneys(options: PathOptions, expression: string | undefined): Promise<number> {
  if (process.platform !== 'linux') throw new Failure('cannot observe the kernel: journeys are those of Linux');
  const filter = expression === undefined ? {} : await filterOptions(expression, options.deep);
  checkPrivilege();
  // Journeys of which only the number is wanted need not be made.
  const summary = options.summary && options.count === undefined ? new JourneySummary() : undefined;
  using trace = openTrace(options, { ...filter, ...(summary && { summary }) }, (journey) => watch.take(journey));
  const sink = await createJourneySink(options, summary);
  using watch = new Watch(options, trace, sink, summary !== undefined);
  tell(listening(trace.trace, performance.now()));
  await Promise.all([watch.run(), trace.prepare()]);
  for (const line of watch.counts) note(line);
  return 0;
}

async function filterOptions(
  filter: string,
  deep: boolean,
): Promise<Pick<JourneyTraceOptions, 'filter' | 'names' | 'deep'>> {
  return { filter, deep, names: await lookUpNames(filter, namesIn(parseFilter(filter))) };
}

const LEAN = 'the finer points are left out while so much passes by that was not asked for (--every-point keeps them)';

/** Read in one turn of the event loop; between turns signals are heard and output goes on. */
const BYTES_PER_LOOK = 1 << 20;

/** Journeys from a trace to a sink, until they are over. */
class Watch {
  private readonly trace: JourneyTrace;
  private readonly sink: JourneySink;
  /** Journeys do not come here: the trace only counts them. */
  private readonly counting: boolean;
  private readonly limit: number;
  private readonly endsAt: number;
  private readonly signals: Signals;
  /** Journeys handed to the sink. */
  private shown = 0;
  private stopped = false;
  private wasLean = false;

  constructor({ count, duration }: PathOptions, trace: JourneyTrace, sink: JourneySink, counting: boolean) {
    this.trace = trace;
    this.sink = sink;
    this.counting = counting;
    this.limit = count ?? Number.POSITIVE_INFINITY;
    this.endsAt = performance.now() + (duration ?? Number.POSITIVE_INFINITY) * 1000;
    const stop = () => {
      this.stopped = true;
    };
    this.signals = new Signals({ stop, flush: () => sink.flush() }, () => tell(this.counts.join(', ')));
  }

  get counts(): readonly string[] {
    const counts = this.trace.statistics();
    return countLines(this.counting ? counts.journeys : this.shown, counts);
  }

  /** One look may end more journeys than -c asks for. */
  take(journey: Journey): void {
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
  }
}
