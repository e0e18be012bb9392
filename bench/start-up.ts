// How long `pathcap --version` takes, the whole process.
import { inTurn, median, runProcess } from './measure.ts';
import { type Result, report } from './results.ts';

const ROUNDS = 11;
const BAR_SECONDS = 0.1;

export async function startUpBenchmarks(): Promise<Result[]> {
  const [version, bare] = await inTurn(
    ROUNDS,
    () => runProcess(process.execPath, ['bin/pathcap', '--version']),
    () => runProcess(process.execPath, ['-e', '0']),
  );
  const ours = median(version!.map((run) => run.seconds));
  const theirs = median(bare!.map((run) => run.seconds));
  const milliseconds = (value: number) => `${Math.round(value * 1000)} ms`;
  return [
    report({
      work: '`pathcap --version`',
      peer: '`node -e 0`',
      ours: milliseconds(ours),
      theirs: milliseconds(theirs),
      figure: milliseconds(ours),
      bar: 'under 100 ms',
      met: ours < BAR_SECONDS,
    }),
  ];
}
