// `pathcap drops`: what the running kernel drops, as a table that is redrawn on a terminal and printed elsewhere, until a
// signal or --duration; then the whole of it, and what was not seen.
import { fstatSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { namesIn, parseFilter } from '../filter/index.ts';
import { inNamespace, type NetworkNamespace, openNetworkNamespace, RouteSocket } from '../linux/index.ts';
import {
  DropCounter,
  type DropCounterOptions,
  type ExplainedCounter,
  explainCounters,
  type KernelCounters,
  readCounters,
} from '../trace/index.ts';
import { ascii } from './ascii.ts';
import type { DropsOptions } from './drops-options.ts';
import { type DropsReport, DropsReporter } from './drops-report.ts';
import { dropsText } from './drops-text.ts';
import { Failure } from './failure.ts';
import { lookUpNames } from './filter-names.ts';
import { filterText } from './filter-text.ts';
import { chosenInterfaces } from './interface-choice.ts';
import { note, tell } from './messages.ts';
import { namespaceNames } from './path-namespaces.ts';
import { checkPrivilege } from './path-privilege.ts';
import { terminalWidth } from './path-terminal.ts';
import { Signals } from './signals.ts';
import { StandardOutput } from './standard-output.ts';
import { packets } from './statistics.ts';

const ANY = 'any';
const OWN_NAMESPACE = '/proc/self/ns/net';
const REDRAW_SECONDS = 1;

export async function drops(options: DropsOptions, words: readonly string[]): Promise<number> {
  if (process.platform !== 'linux') throw new Failure('cannot observe the kernel: drops are those of the Linux kernel');
  const expression = filterText(options, words);
  const names = expression === undefined ? undefined : await lookUpNames(expression, namesIn(parseFilter(expression)));
  checkPrivilege();
  using place = openPlace(options);
  const devices = devicesOf(options, place);
  using watch = new DropsWatch(options, place, {
    ...(expression !== undefined && { filter: expression, names, deep: options.deep }),
    ...(devices && { devices }),
    ...((devices ?? options.namespace) !== undefined && { namespace: inodeOf(place) }),
  });
  tell(watch.listening);
  await watch.run();
  for (const line of watch.counts) note(line);
  return 0;
}

function openPlace({ namespace = OWN_NAMESPACE }: DropsOptions): NetworkNamespace {
  return openNetworkNamespace(/^\d+$/.test(namespace) ? Number(namespace) : namespace);
}

function inodeOf(namespace: NetworkNamespace): number {
  return fstatSync(namespace.fd).ino;
}

/** Numbers of the interfaces of -i in the namespace; undefined when all are meant. */
function devicesOf({ interfaces }: DropsOptions, place: NetworkNamespace): number[] | undefined {
  if (interfaces.length === 0 || interfaces.includes(ANY)) return undefined;
  return inNamespace(place, () => {
    using routes = new RouteSocket();
    return chosenInterfaces(interfaces).map((name) => routes.link(name).index);
  });
}

/** Drops from the kernel to standard output, until they are over. */
class DropsWatch {
  private readonly options: DropsOptions;
  private readonly place: NetworkNamespace;
  private readonly choice: DropCounterOptions;
  private readonly counter: DropCounter;
  /** As they stood when the counter was there: none with a filter, of which they know nothing. */
  private readonly before: KernelCounters | undefined;
  private readonly reporter: DropsReporter;
  private readonly output = new StandardOutput();
  private readonly end = new AbortController();
  private readonly signals: Signals;
  /** What was shown at the end: the counts are those, whatever is dropped meanwhile. */
  private last: DropsReport | undefined;
  /** Lines on the terminal that the next table takes the place of. */
  private drawn = 0;

  constructor(options: DropsOptions, place: NetworkNamespace, choice: DropCounterOptions) {
    this.options = options;
    this.place = place;
    this.choice = choice;
    this.counter = DropCounter.open(choice);
    this.reporter = new DropsReporter(performance.now());
    if (choice.filter === undefined) this.before = readCounters(place);
    const stoppable = { stop: () => this.end.abort(), flush: () => {} };
    this.signals = new Signals(stoppable, () => tell(this.counts.join(', ')));
  }

  get listening(): string {
    const { devices, namespace, filter } = this.choice;
    const where = devices ? ` on ${this.options.interfaces.join(', ')}` : '';
    const which = namespace === undefined ? 'in all network namespaces' : `in network namespace ${namespace}`;
    const besides =
      filter !== undefined && !this.counter.seesNetworkLayer
        ? '; the filter asks for link-layer headers, so packets without one do not match'
        : '';
    return `listening for drops${where} ${which}${besides}`;
  }

  get counts(): readonly string[] {
    const { dropped, lost } = this.last ?? this.countsNow();
    const { full, undecided, missed } = lost;
    return [
      `${packets(dropped)} dropped`,
      `${packets(full + undecided + missed)} more not listed: ${full} for want of room, ${undecided} that the filter could not decide, ${missed} that the kernel did not tell of`,
    ];
  }

  private countsNow(): Pick<DropsReport, 'dropped' | 'lost'> {
    const dropped = this.counter.drops().reduce((sum, { count }) => sum + count, 0);
    return { dropped, lost: this.counter.lost };
  }

  async run(): Promise<void> {
    const { duration, interval } = this.options;
    const endsMs = performance.now() + (duration ?? Number.POSITIVE_INFINITY) * 1000;
    const everyMs = 1000 * (interval ?? (this.isScreen ? REDRAW_SECONDS : Number.POSITIVE_INFINITY));
    let nextMs = performance.now() + everyMs;
    while (!this.isOver(endsMs)) {
      await this.sleepUntil(Math.min(nextMs, endsMs, performance.now() + EXAMPLES_EVERY_MS));
      this.counter.askForExamples();
      if (performance.now() < nextMs || this.isOver(endsMs)) continue;
      this.show(false);
      nextMs += everyMs;
    }
    this.show(true);
    this.output.check();
  }

  private isOver(endsMs: number): boolean {
    return this.end.signal.aborted || this.output.closed || performance.now() >= endsMs;
  }

  private get isScreen(): boolean {
    return this.output.isTerminal && !this.options.json;
  }

  /** Or until the end. */
  private async sleepUntil(timeMs: number): Promise<void> {
    const ms = Math.max(0, timeMs - performance.now());
    await sleep(ms, undefined, { signal: this.end.signal }).catch(() => {});
  }

  private show(final: boolean): void {
    const report = this.report(final);
    if (final) this.last = report;
    const text = this.options.json ? `${ascii(JSON.stringify(report))}\n` : this.textOf(report);
    const bytes = Buffer.from(this.isScreen ? this.inPlace(text, final) : text);
    this.output.write(bytes, 0, bytes.length);
  }

  /** Counters before the drops, so that no packet is counted that is not among the drops. */
  private report(final: boolean): DropsReport {
    const now = this.before && readCounters(this.place);
    const drops = this.counter.drops();
    const counters = this.before && now && this.explained(this.before, now, drops);
    return this.reporter.report(performance.now(), final, { drops, counters, lost: this.counter.lost });
  }

  private explained(
    before: KernelCounters,
    now: KernelCounters,
    seen: ReturnType<DropCounter['drops']>,
  ): readonly ExplainedCounter[] {
    const { devices } = this.choice;
    const counters = explainCounters({ before, now, seen, namespace: inodeOf(this.place), devices });
    return this.choice.namespace === undefined ? counters : counters.filter(({ name }) => name !== BACKLOGS);
  }

  private textOf(report: DropsReport): string {
    const names = namespaceNames();
    const height = this.isScreen && !report.final ? (process.stdout.rows ?? LOWEST) - 1 : undefined;
    return dropsText(report, {
      width: terminalWidth(),
      ...(height !== undefined && { height }),
      namespace: inodeOf(this.place),
      namespaceName: (inode) => names.get(inode),
    });
  }

  /** Goes back to where the table before began, and clears the screen from there. */
  private inPlace(text: string, final: boolean): string {
    const back = this.drawn === 0 ? '' : `\x1b[${this.drawn}A\r\x1b[J`;
    this.drawn = final ? 0 : text.split('\n').length - 1;
    return `${back}${text}`;
  }

  [Symbol.dispose](): void {
    this.signals[Symbol.dispose]();
    this.counter[Symbol.dispose]();
  }
}

/** Of all namespaces together: says nothing of one. */
const BACKLOGS = 'softnet dropped';

/** Of a terminal that does not tell its size. */
const LOWEST = 24;

/** How old the examples of a run that prints nothing yet may be. */
const EXAMPLES_EVERY_MS = 1000;
