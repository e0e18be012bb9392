// Live capture under a flood, measured from inside a network namespace made for it: `unshare -n node live-world.js`.
// Sender on processor 0, capture on processor 1. Prints one JSON array of rounds.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RouteSocket } from '../src/linux/index.ts';

export interface LiveRound {
  sent: number;
  packetsPerSecond: number;
  captured: number;
  dropped: number;
  /** Processor time of the capture process from when it listens to when it has everything, and from its start. */
  cpuNanoseconds: number;
  cpuWithStartUp: number;
}

export type LiveRounds = Record<string, LiveRound[]>;

const here = dirname(fileURLToPath(import.meta.url));
const FLOOD = join(here, 'flood.js');
const ROUNDS = Number(process.argv[2] ?? 5);
/** Long enough that warming up does not decide what a packet costs. */
const WRITING_SECONDS = 10;
const PRINTING_SECONDS = 3;
const FRAME_BYTES = 64;

const PATHCAP = [process.execPath, 'bin/pathcap'];
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'pathcap -w': [...PATHCAP, '-i', 'v1', '-w', '/dev/null'],
  'tcpdump -w': ['tcpdump', '-i', 'v1', '-w', '/dev/null'],
  'pathcap -nn': [...PATHCAP, '-i', 'v1', '-nn'],
  'tcpdump -nn': ['tcpdump', '-i', 'v1', '-nn'],
};

function makeVeth(): void {
  using routes = new RouteSocket();
  routes.createLink({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
  for (const name of ['v0', 'v1']) routes.setLink(name, { linkLocal: false, up: true });
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A capture on processor 1, its text thrown away; resolves when it listens. */
async function startCapture(command: readonly string[]) {
  const nowhere = openSync('/dev/null', 'w');
  const child = spawn('taskset', ['-c', '1', ...command], { stdio: ['ignore', nowhere, 'pipe'] });
  closeSync(nowhere);
  let messages = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr!.on('data', (text) => {
      messages += text;
      if (messages.includes('listening on')) resolve();
    });
    child.on('exit', (code) => reject(new Error(`${command.join(' ')}: exit code ${code}\n${messages}`)));
  });
  const end = new Promise<void>((resolve) => child.removeAllListeners('exit').on('exit', () => resolve()));
  return { child, end, messages: () => messages };
}

async function flood(seconds: number): Promise<{ sent: number; packetsPerSecond: number }> {
  const args = ['-c', '0', process.execPath, FLOOD, 'v0', String(FRAME_BYTES), String(seconds)];
  const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  await new Promise((resolve) => child.on('close', resolve));
  return JSON.parse(output);
}

/** Time on a processor of all threads, /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats.rst). */
function cpuNanoseconds(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).reduce((sum, task) => {
    return sum + Number(readFileSync(`${tasks}/${task}/schedstat`, 'latin1').split(' ')[0]);
  }, 0);
}

const count = (messages: string, what: string) =>
  Number(new RegExp(`(\\d+) packets? ${what}`).exec(messages)?.[1] ?? Number.NaN);

async function round(command: readonly string[]): Promise<LiveRound> {
  const capture = await startCapture(command);
  await sleep(300);
  const before = cpuNanoseconds(capture.child.pid!);
  const { sent, packetsPerSecond } = await flood(command.includes('-w') ? WRITING_SECONDS : PRINTING_SECONDS);
  await sleep(1200); // tcpdump hands its last block over after a second
  const after = cpuNanoseconds(capture.child.pid!);
  capture.child.kill('SIGINT');
  await capture.end;
  const messages = capture.messages();
  return {
    sent,
    packetsPerSecond,
    captured: count(messages, 'captured'),
    dropped: count(messages, 'dropped by kernel'),
    cpuNanoseconds: after - before,
    cpuWithStartUp: after,
  };
}

makeVeth();
const rounds: LiveRounds = Object.fromEntries(Object.keys(COMMANDS).map((name) => [name, []]));
for (let i = 0; i < ROUNDS; i++) {
  for (const [name, command] of Object.entries(COMMANDS)) rounds[name]!.push(await round(command));
}
console.log(JSON.stringify(rounds));
