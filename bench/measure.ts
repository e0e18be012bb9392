// Measuring whole processes side by side: runs in turn, medians, resident memory.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessRun {
  seconds: number;
  /** Highest resident memory seen, bytes (VmHWM of /proc/PID/status, read while it runs). */
  residentBytes: number;
}

const MEMORY_POLL_MS = 10;

/** Without what this machine's environment has every Node program load: NODE_EXTRA_CA_CERTS costs 35 ms a start. */
export const CLEAN_ENVIRONMENT: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name !== 'NODE_EXTRA_CA_CERTS' && name !== 'NODE_OPTIONS'),
);

/** Runs a program to its end with its output thrown away. */
export async function runProcess(command: string, args: readonly string[]): Promise<ProcessRun> {
  const from = process.hrtime.bigint();
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: CLEAN_ENVIRONMENT });
  let messages = '';
  child.stderr.on('data', (text) => {
    messages += text;
  });
  let residentBytes = 0;
  const poll = setInterval(() => {
    residentBytes = Math.max(residentBytes, residentOf(child.pid!));
  }, MEMORY_POLL_MS);
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  const seconds = Number(process.hrtime.bigint() - from) / 1e9;
  clearInterval(poll);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${code}\n${messages}`);
  return { seconds, residentBytes };
}

function residentOf(pid: number): number {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0; // it has just ended
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs each of the given measurements in turn, `rounds` times over, and gives each one's results in order. */
export async function inTurn<T>(rounds: number, ...measurements: (() => Promise<T>)[]): Promise<T[][]> {
  const results: T[][] = measurements.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, measure] of measurements.entries()) results[i]!.push(await measure());
  }
  return results;
}
