// What tracing costs: how much of its rate a flood of 64-byte frames over veth keeps while a tracer watches, beside no
// tracer and beside bpftrace; and how long it takes until all probes are attached.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { joinerBenchmarks } from './joiner.ts';
import type { Flood, TracerRound, TracerRounds } from './journeys-world.ts';
import { CLEAN_ENVIRONMENT, median } from './measure.ts';
import { type Result, report } from './results.ts';

const WORLD = join(dirname(fileURLToPath(import.meta.url)), 'journeys-world.js');
const MAX_OUTPUT = 1 << 24;
const START_BAR_MS = 1000;

interface Bar {
  readonly tracer: string;
  readonly base: string;
  readonly atLeast: number;
}

const BARS: readonly Bar[] = [
  { tracer: 'path, nothing matches', base: 'none', atLeast: 0.9 },
  { tracer: 'drops', base: 'bpftrace', atLeast: 1 },
  { tracer: 'path, every packet', base: 'none', atLeast: 0.55 },
];

const NAMES: Readonly<Record<string, string>> = {
  'path, nothing matches': '`pathcap path` with a filter that matches nothing',
  'path, every packet': '`pathcap path --summary`, every packet a journey',
  drops: '`pathcap drops`',
  none: 'no tracer',
  bpftrace: '`bpftrace`, count of kfree_skb by reason',
};

const rate = (rounds: readonly TracerRound[]) => median(rounds.map(({ packetsPerSecond }) => packetsPerSecond));
const millions = (rounds: readonly TracerRound[]) => `${(rate(rounds) / 1e6).toFixed(2)} M/s`;

export async function journeyBenchmarks(): Promise<Result[]> {
  const joined = joinerBenchmarks();
  if (process.getuid?.() !== 0) {
    console.error('the benchmarks of journeys need root: left out');
    return joined;
  }
  const output = execFileSync('unshare', ['-n', process.execPath, WORLD], {
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT,
    env: CLEAN_ENVIRONMENT,
  });
  const rounds: TracerRounds = JSON.parse(output);
  const floods = (Object.keys(rounds) as Flood[]).flatMap((flood) =>
    BARS.map((bar) => keptRate(flood, bar, rounds[flood])),
  );
  return [...joined, ...floods, starting(rounds['not our MAC']['path, every packet']!)];
}

function keptRate(flood: Flood, { tracer, base, atLeast }: Bar, rounds: Record<string, TracerRound[]>): Result {
  const ratio = rate(rounds[tracer]!) / rate(rounds[base]!);
  return report({
    work: `flood (64 bytes, ${flood}) with ${NAMES[tracer]}`,
    peer: NAMES[base]!,
    ours: `${millions(rounds[tracer]!)}${lossWords(rounds[tracer]!)}`,
    theirs: millions(rounds[base]!),
    figure: `${ratio.toFixed(2)} of it`,
    bar: `${atLeast.toFixed(2)} of it`,
    met: ratio >= atLeast,
  });
}

/** Events that the tracer says it lost, of all rounds. */
function lossWords(rounds: readonly TracerRound[]): string {
  const counts = rounds.flatMap(({ messages }) => {
    const [, events, lost] = /^(\d+) events: .* (\d+) lost$/m.exec(messages) ?? [];
    return events === undefined ? [] : [{ events: Number(events), lost: Number(lost) }];
  });
  const events = counts.reduce((sum, count) => sum + count.events, 0);
  const lost = counts.reduce((sum, count) => sum + count.lost, 0);
  return events === 0 ? '' : `, ${((100 * lost) / events).toFixed(1)} % of ${(events / 1e6).toFixed(0)} M events lost`;
}

function starting(rounds: readonly TracerRound[]): Result {
  const ms = median(rounds.map(({ readyMs }) => readyMs));
  return report({
    work: '`pathcap path`: from its start until all is attached',
    peer: '-',
    ours: `${ms.toFixed(0)} ms`,
    theirs: '-',
    figure: `${ms.toFixed(0)} ms`,
    bar: `under ${START_BAR_MS} ms`,
    met: ms < START_BAR_MS,
  });
}
