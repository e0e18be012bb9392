// What a benchmark found, as a line on the terminal and a row of bench/RESULTS.md.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

export interface Result {
  work: string;
  /** What it is compared with, or '-'. */
  peer: string;
  ours: string;
  theirs: string;
  /** The figure that the bar is about, as "5.2 times". */
  figure: string;
  bar: string;
  met: boolean;
}

export function report(result: Result): Result {
  console.log(
    `${result.met ? 'met   ' : 'MISSED'} ${result.work}: ${result.figure} (bar: ${result.bar}); ours ${result.ours}, ${result.peer} ${result.theirs}`,
  );
  return result;
}

export function writeResults(path: string, results: readonly Result[]): void {
  const rows = results.map(
    ({ work, peer, ours, theirs, figure, bar, met }) =>
      `| ${work} | ${ours} | ${peer} | ${theirs} | ${figure} | ${bar} | ${met ? 'yes' : '**no**'} |`,
  );
  writeFileSync(
    path,
    [
      '# Benchmark results',
      '',
      'Written by `npm run bench`: every figure is from one run of it, peers measured side by side in the same run, in turn,',
      'medians of the runs. Whole processes, start-up included, unless the row says otherwise.',
      '',
      ...machine().map((line) => `- ${line}`),
      '',
      '| work | pathcap | peer | peer | figure | bar | met |',
      '|---|---|---|---|---|---|---|',
      ...rows,
      '',
    ].join('\n'),
  );
}

function machine(): string[] {
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  return [
    `machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${kernel}`,
    `Node ${process.version}, pathcap ${JSON.parse(readFileSync('package.json', 'utf8')).version}`,
    `peers: ${firstLine('tcpdump', '--version')}`,
  ];
}

function firstLine(command: string, argument: string): string {
  return (
    execFileSync(command, [argument], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).split('\n')[0] ?? ''
  );
}
