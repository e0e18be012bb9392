// What the model costs: packets of a file explained a second, summed up and as JSON, on a host with Docker's rules and many of
// its own; how long it takes to load them; and whether memory stays what it is. Whole runs of the command, start-up included.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keptCapture } from './capture-files.ts';
import { median, type ProcessRun, runProcess } from './measure.ts';
import { hostState, iptablesRules, writeFrames } from './model-host.ts';
import { type Result, report } from './results.ts';

const PATHCAP = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'bin', 'pathcap');
const ROUNDS = 3;
const PACKETS = 1_000_000;
const MANY = 10 * PACKETS;
const FEW = 100;

const capture = (count: number) =>
  keptCapture(`${count}-frames-for-the-model.pcap`, (path) => writeFrames(path, count));

export async function modelBenchmarks(): Promise<Result[]> {
  const directory = mkdtempSync(join(tmpdir(), 'pathcap-model-'));
  try {
    const host = (name: string, rules: number) => {
      const path = join(directory, name);
      writeFileSync(path, hostState(iptablesRules(rules)));
      return path;
    };
    const hundred = host('hundred.json', 100);
    const thousands = host('thousands.json', 10_000);
    return [
      await rate("`explain --summary`, Docker's rules and 100", hundred, PACKETS, ['--summary'], 500_000),
      await rate('`explain --json`, the same', hundred, PACKETS, ['--json'], 100_000),
      await rate('`explain --summary`, 10,000 rules in one chain', thousands, PACKETS, ['--summary'], 100_000),
      await loading(thousands),
      await memory(hundred),
    ];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function runs(host: string, packets: number, more: readonly string[], rounds = ROUNDS): Promise<ProcessRun[]> {
  const found: ProcessRun[] = [];
  const words = ['explain', '-r', capture(packets), '--host', host, '--in', 'eth0', ...more];
  for (let i = 0; i < rounds; i++) found.push(await runProcess(process.execPath, [PATHCAP, ...words]));
  return found;
}

async function rate(work: string, host: string, packets: number, more: string[], bar: number): Promise<Result> {
  const seconds = median((await runs(host, packets, more)).map((run) => run.seconds));
  const perSecond = packets / seconds;
  const words = `${Math.round(perSecond / 1000)},000 packets/s`;
  return report({
    work,
    peer: '-',
    ours: words,
    theirs: '-',
    figure: words,
    bar: `${bar / 1000},000 packets/s`,
    met: perSecond >= bar,
  });
}

/** One packet: all that is left is to load. */
async function loading(host: string): Promise<Result> {
  const seconds = median((await runs(host, PACKETS, ['--summary', '-c', '1'])).map((run) => run.seconds));
  const figure = `${Math.round(1000 * seconds)} ms`;
  const work = 'load 10,000 rules, and explain one packet';
  return report({ work, peer: '-', ours: figure, theirs: '-', figure, bar: 'under 1000 ms', met: seconds < 1 });
}

/** Ten million packets take no more memory than a tenth of them. */
async function memory(host: string): Promise<Result> {
  const [few] = await runs(host, PACKETS, ['--summary'], 1);
  const [many] = await runs(host, MANY, ['--summary'], 1);
  const megabytes = ({ residentBytes }: ProcessRun) => Math.round(residentBytes / 2 ** 20);
  const more = megabytes(many!) - megabytes(few!);
  return report({
    work: 'resident memory of 10,000,000 packets, beyond that of 1,000,000',
    peer: '-',
    ours: `${megabytes(many!)} MB`,
    theirs: `${megabytes(few!)} MB`,
    figure: `${more} MB more`,
    bar: `under ${FEW} MB more`,
    met: more < FEW,
  });
}
