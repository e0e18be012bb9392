// Reading capture files: counting, printing, many flows, and the memory it takes, beside tcpdump on the same file.
import { benchCapture } from './capture-files.ts';
import { inTurn, median, type ProcessRun, runProcess } from './measure.ts';
import { type Result, report } from './results.ts';

const ROUNDS = 5;
const PRINTED = 1_000_000;
const MANY_FLOWS = 1_000_000;
const MEMORY_BAR = 150e6;

const PATHCAP = ['bin/pathcap'];

const pathcap = (...args: string[]) => runProcess(process.execPath, [...PATHCAP, ...args]);
const tcpdump = (...args: string[]) => runProcess('tcpdump', args);

const seconds = (runs: readonly ProcessRun[]) => median(runs.map((run) => run.seconds));
const peak = (runs: readonly ProcessRun[]) => Math.max(...runs.map((run) => run.residentBytes));
const time = (value: number) => `${value.toFixed(3)} s`;
const megabytes = (value: number) => `${Math.round(value / 1e6)} MB`;

export async function fileBenchmarks(): Promise<Result[]> {
  const few = benchCapture();
  const many = benchCapture(PRINTED, MANY_FLOWS);
  await pathcap('-r', few, '--count'); // into the page cache
  await pathcap('-r', many, '--count');

  const [count, theirCount] = await inTurn(
    ROUNDS,
    () => pathcap('-r', few, '--count'),
    () => tcpdump('-r', few, '--count'),
  );
  const print = ['-nn', '-c', String(PRINTED), '-r'];
  const [lines, theirLines, manyLines] = await inTurn(
    ROUNDS,
    () => pathcap(...print, few),
    () => tcpdump(...print, few),
    () => pathcap(...print, many),
  );
  const resident = peak([...count!, ...lines!, ...manyLines!]);
  return [
    faster('read and count 4,000,000 packets, 1.4 GB', '`tcpdump -r FILE --count`', count!, theirCount!, 2),
    faster('print 1,000,000 packets with `-nn` to /dev/null', '`tcpdump -nn -r`', lines!, theirLines!, 4),
    report({
      work: 'the same with 1,000,000 flows',
      peer: 'itself, 256 flows',
      ours: time(seconds(manyLines!)),
      theirs: time(seconds(lines!)),
      figure: `${(seconds(lines!) / seconds(manyLines!)).toFixed(2)} of that speed`,
      bar: '0.6',
      met: seconds(lines!) / seconds(manyLines!) >= 0.6,
    }),
    report({
      work: 'resident memory while doing so, most of all runs',
      peer: '-',
      ours: megabytes(resident),
      theirs: '-',
      figure: megabytes(resident),
      bar: 'under 150 MB',
      met: resident < MEMORY_BAR,
    }),
  ];
}

function faster(work: string, peer: string, ours: ProcessRun[], theirs: ProcessRun[], bar: number): Result {
  const ratio = seconds(theirs) / seconds(ours);
  return report({
    work,
    peer,
    ours: time(seconds(ours)),
    theirs: time(seconds(theirs)),
    figure: `${ratio.toFixed(1)} times as fast`,
    bar: `${bar} times`,
    met: ratio >= bar,
  });
}
