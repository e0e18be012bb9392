// Tracers under a flood, measured from inside a network namespace made for it: `unshare -n node journeys-world.js`. The
// flood, and the kernel's work for it, on processor 0; the tracer on processor 1. Prints one JSON object of rounds.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RouteSocket } from '../src/linux/index.ts';

export interface TracerRound {
  readonly packetsPerSecond: number;
  readonly sent: number;
  /** From the start of the process to its "listening". */
  readonly readyMs: number;
  /** What it said to standard error. */
  readonly messages: string;
}

/** Where the frames end: in ip_rcv_core, since the MAC is nobody's; or at a UDP port without a socket. */
export type Flood = 'not our MAC' | 'closed port';
export type TracerRounds = Record<Flood, Record<string, TracerRound[]>>;

const here = dirname(fileURLToPath(import.meta.url));
const FLOOD = join(here, 'flood.js');
const ROUNDS = Number(process.argv[2] ?? 5);
const SECONDS = 4;
const FRAME_BYTES = 64;
/** bpftrace does not say when it has attached. */
const BPFTRACE_SETTLE_MS = 700;
const SETTLE_MS = 200;
const INSIST_MS = 500;

const SERVER = { name: 'v1', mac: '02:00:00:00:00:11', address: '10.77.0.2/24' } as const;
const MACS: Readonly<Record<Flood, string>> = { 'not our MAC': '02:ff:ff:ff:ff:ff', 'closed port': SERVER.mac };

interface Tracer {
  readonly command: readonly string[];
  /** What it says once it watches. */
  readonly ready: string;
  readonly settleMs: number;
}

const pathcap = (...words: string[]): Tracer => ({
  command: [process.execPath, 'bin/pathcap', ...words],
  ready: 'listening',
  settleMs: SETTLE_MS,
});

const TRACEFS = 'mount -t tracefs none /sys/kernel/tracing && exec bpftrace -e "$0"';
const TRACERS: Readonly<Record<string, Tracer | undefined>> = {
  none: undefined,
  'path, nothing matches': pathcap('path', '--summary', 'tcp port 9'),
  'path, every packet': pathcap('path', '--summary'),
  drops: pathcap('drops'),
  bpftrace: {
    command: ['unshare', '-m', 'sh', '-c', TRACEFS, 'tracepoint:skb:kfree_skb { @[args->reason] = count(); }'],
    ready: 'Attaching',
    settleMs: BPFTRACE_SETTLE_MS,
  },
};

function makeVeth(): void {
  using routes = new RouteSocket();
  routes.createLink({ name: 'v0', kind: 'veth', peer: { name: SERVER.name, address: SERVER.mac } });
  for (const name of ['v0', SERVER.name]) routes.setLink(name, { linkLocal: false, up: true });
  routes.addAddress(SERVER.name, SERVER.address);
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A tracer on processor 1, its output thrown away; resolves when it watches. */
async function start({ command, ready, settleMs }: Tracer) {
  const from = performance.now();
  const nowhere = openSync('/dev/null', 'w');
  // bpftrace says what it attaches on standard output.
  const output = ready === 'Attaching' ? 'pipe' : nowhere;
  const child = spawn('taskset', ['-c', '1', ...command], { stdio: ['ignore', output, 'pipe'] });
  closeSync(nowhere);
  let messages = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text) => {
        messages += text;
        if (messages.includes(ready)) resolve();
      });
    }
    child.on('exit', (code) => reject(new Error(`${command.join(' ')}: exit code ${code}\n${messages}`)));
  });
  const readyMs = performance.now() - from;
  await sleep(settleMs);
  const ended = new Promise<void>((resolve) => child.removeAllListeners('exit').on('close', () => resolve()));
  // bpftrace does not always hear the first.
  const end = async () => {
    const insist = setInterval(() => child.kill('SIGINT'), INSIST_MS);
    child.kill('SIGINT');
    await ended;
    clearInterval(insist);
  };
  return { readyMs, end, messages: () => messages };
}

async function flood(mac: string): Promise<{ sent: number; packetsPerSecond: number }> {
  const args = ['-c', '0', process.execPath, FLOOD, 'v0', String(FRAME_BYTES), String(SECONDS), mac];
  const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  await new Promise((resolve) => child.on('close', resolve));
  return JSON.parse(output);
}

async function round(tracer: Tracer | undefined, mac: string): Promise<TracerRound> {
  const running = tracer && (await start(tracer));
  const { sent, packetsPerSecond } = await flood(mac);
  await running?.end();
  return { sent, packetsPerSecond, readyMs: running?.readyMs ?? 0, messages: running?.messages() ?? '' };
}

makeVeth();
const rounds = Object.fromEntries(
  Object.keys(MACS).map((name) => [name, Object.fromEntries(Object.keys(TRACERS).map((tracer) => [tracer, []]))]),
) as unknown as TracerRounds;
for (let i = 0; i < ROUNDS; i++) {
  for (const [name, mac] of Object.entries(MACS) as [Flood, string][]) {
    for (const [tracer, how] of Object.entries(TRACERS)) rounds[name][tracer]!.push(await round(how, mac));
  }
}
console.log(JSON.stringify(rounds));
