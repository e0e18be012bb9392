// Live capture of a flood of 64-byte frames over veth, beside tcpdump: packets lost, processor time a packet.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LiveRound, LiveRounds } from './live-world.ts';
import { CLEAN_ENVIRONMENT, median } from './measure.ts';
import { type Result, report } from './results.ts';

const WORLD = join(dirname(fileURLToPath(import.meta.url)), 'live-world.js');
const MAX_OUTPUT = 1 << 24;

const lost = (rounds: readonly LiveRound[]) => rounds.reduce((sum, { sent, captured }) => sum + sent - captured, 0);
const share = (rounds: readonly LiveRound[]) => lost(rounds) / rounds.reduce((sum, { sent }) => sum + sent, 0);
const nanoseconds = (rounds: readonly LiveRound[], key: 'cpuNanoseconds' | 'cpuWithStartUp' = 'cpuNanoseconds') =>
  median(rounds.map((round) => round[key] / round.captured));
const rate = (rounds: readonly LiveRound[]) => median(rounds.map(({ packetsPerSecond }) => packetsPerSecond)) / 1e6;

export async function liveBenchmarks(): Promise<Result[]> {
  if (process.getuid?.() !== 0) {
    console.error('the live benchmarks need root: left out');
    return [];
  }
  const output = execFileSync('unshare', ['-n', process.execPath, WORLD], {
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT,
    env: CLEAN_ENVIRONMENT,
  });
  const rounds: LiveRounds = JSON.parse(output);
  return [
    ...writing(rounds['pathcap -w']!, rounds['tcpdump -w']!),
    printing(rounds['pathcap -nn']!, rounds['tcpdump -nn']!),
  ];
}

function writing(ours: LiveRound[], theirs: LiveRound[]): Result[] {
  const flood = `live, 64-byte flood (${rate(ours).toFixed(2)} M/s), write to /dev/null`;
  const ratio = nanoseconds(ours) / nanoseconds(theirs);
  return [
    report({ ...losses(`${flood}: packets lost`, '`tcpdump -w /dev/null`', ours, theirs) }),
    report({
      work: `${flood}: processor time a packet`,
      peer: '`tcpdump -w /dev/null`',
      ours: costs(ours),
      theirs: costs(theirs),
      figure: `${ratio.toFixed(2)} of it`,
      bar: 'not above',
      met: ratio <= 1,
    }),
  ];
}

/** While packets come; in parentheses with the start of the process spread over them. */
function costs(rounds: readonly LiveRound[]): string {
  return `${nanoseconds(rounds).toFixed(0)} ns (${nanoseconds(rounds, 'cpuWithStartUp').toFixed(0)} with start-up)`;
}

function printing(ours: LiveRound[], theirs: LiveRound[]): Result {
  const work = `live, 64-byte flood (${rate(ours).toFixed(2)} M/s), print with \`-nn\` to /dev/null: packets lost`;
  return report(losses(work, '`tcpdump -nn`', ours, theirs));
}

function losses(work: string, peer: string, ours: LiveRound[], theirs: LiveRound[]): Result {
  const percent = (rounds: LiveRound[]) => `${lost(rounds)} (${(100 * share(rounds)).toFixed(1)} %)`;
  return {
    work,
    peer,
    ours: percent(ours),
    theirs: percent(theirs),
    figure: `${lost(ours)} lost`,
    bar: 'none',
    met: lost(ours) === 0,
  };
}
