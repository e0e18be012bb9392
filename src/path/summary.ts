// Many journeys summed up: the ways that packets took, each with how many took it, how long it took, and where it ended.
import { formatDuration } from './duration.ts';
import type { Journey, Outcome } from './journey.ts';
import { type Latency, LatencyCounts } from './latency.ts';
import { mergeSteps } from './merge-steps.ts';
import type { PointName } from './point-names.ts';

/** A point, with the device where that is known. */
export interface PathPoint {
  readonly point: PointName;
  readonly device?: string;
}

/** What outcomes have in common that are counted together. */
export interface PathEnd {
  readonly kind: Outcome['kind'];
  readonly point: PointName;
  readonly reason?: string;
  readonly function?: string;
  readonly device?: string;
}

/** One way, and all that took it. As JSON it is one line of `pathcap path --summary --json`. */
export interface PathSummary {
  readonly count: number;
  readonly path: readonly PathPoint[];
  readonly outcome: PathEnd;
  /** From the first to the last point. */
  readonly latency: Latency;
  /** Journeys among them that may have lost a step. */
  readonly incomplete: number;
  /** Id of the first. */
  readonly example: string;
}

/** What counts journeys of one way. */
export interface Way {
  /** `spanNs`: from the first to the last point. */
  add(spanNs: number, isIncomplete: boolean): void;
}

interface Counted extends Omit<PathSummary, 'count' | 'latency' | 'incomplete'> {
  count: number;
  incomplete: number;
  readonly spans: LatencyCounts;
}

/**
 * Sums up journeys by the points and devices that they passed, and how they ended.
 *
 *   const summary = new JourneySummary();
 *   for (const journey of journeys) summary.add(journey);
 *   process.stdout.write(summaryText(summary.paths()));
 */
export class JourneySummary {
  private readonly byKey = new Map<string, Counted>();

  add(journey: Journey): void {
    this.wayOf(journey).add(journey.steps.at(-1)!.sinceStartNs, journey.incomplete !== undefined);
  }

  /** The way that a journey took, to count others that took it as well. */
  wayOf(journey: Journey): Way {
    const counted = this.countedFor(journey);
    return {
      add: (spanNs, isIncomplete) => {
        counted.count++;
        if (isIncomplete) counted.incomplete++;
        counted.spans.add(spanNs);
      },
    };
  }

  private countedFor(journey: Journey): Counted {
    const path = mergeSteps(journey).map(({ point, device }) => (device === undefined ? { point } : { point, device }));
    const outcome = endOf(journey.outcome);
    const key = JSON.stringify([path, outcome]);
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const fresh = { count: 0, path, outcome, incomplete: 0, example: journey.id, spans: new LatencyCounts() };
    this.byKey.set(key, fresh);
    return fresh;
  }

  /** The ways, most taken first. */
  paths(): readonly PathSummary[] {
    const all = [...this.byKey.values()].sort((a, b) => b.count - a.count);
    return all.map(({ count, path, outcome, spans, incomplete, example }) => ({
      count,
      path,
      outcome,
      latency: spans.latency,
      incomplete,
      example,
    }));
  }
}

function endOf(outcome: Outcome): PathEnd {
  const { kind, point } = outcome;
  if (outcome.kind === 'forwarded') return { kind, point, device: outcome.device };
  if (outcome.kind !== 'dropped') return { kind, point };
  const { reason, function: name } = outcome;
  return name === undefined ? { kind, point, reason } : { kind, point, reason, function: name };
}

const COUNT_WIDTH = 8;
const INDENT = ' '.repeat(COUNT_WIDTH + 2);
const DEFAULT_WIDTH = 100;

export interface SummaryTextOptions {
  /** Columns of a line. Default: 100. */
  readonly width?: number;
}

/** The ways as text: count, outcome and latency on a line, the points below it, devices where they change. */
export function summaryText(paths: readonly PathSummary[], { width = DEFAULT_WIDTH }: SummaryTextOptions = {}): string {
  return paths.map((path) => `${head(path)}\n${wrapPoints(pointWords(path.path), width)}`).join('');
}

function head({ count, outcome, latency, incomplete, example }: PathSummary): string {
  const { minNs, medianNs, p99Ns, maxNs } = latency;
  const times = [minNs, medianNs, p99Ns, maxNs].map(formatDuration);
  const spans = maxNs === 0 ? '' : `  min ${times[0]}, median ${times[1]}, p99 ${times[2]}, max ${times[3]}`;
  const lossy = incomplete === 0 ? '' : `  ${incomplete} incomplete`;
  return `${String(count).padStart(COUNT_WIDTH)}  ${endText(outcome)}${spans}${lossy}  as ${example}`;
}

function endText({ kind, point, reason, function: name, device }: PathEnd): string {
  if (kind === 'forwarded') return `forwarded out of ${device}`;
  const where = `${kind} at ${point}`;
  if (reason === undefined) return where;
  return `${where}: ${reason}${name === undefined ? '' : ` in ${name}`}`;
}

/** "v1: receive", "nf.prerouting" ...: the device in front of the first point that has it. */
function pointWords(path: readonly PathPoint[]): readonly string[] {
  return path.map(({ point, device }, index) =>
    device === undefined || device === path[index - 1]?.device ? point : `${device}: ${point}`,
  );
}

function wrapPoints(words: readonly string[], width: number): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const longer = `${last} > ${word}`;
    if (last !== undefined && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(`${INDENT}${last === undefined ? '' : '> '}${word}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}
