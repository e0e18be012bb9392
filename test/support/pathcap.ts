// The built command, run as its users run it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTool } from './needs.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const PATHCAP = join(root, 'bin', 'pathcap');

export interface Ended {
  stdout: string;
  stderr: string;
  code: number | null;
}

export interface RunOptions {
  input?: Uint8Array | string;
  env?: Record<string, string>;
  cwd?: string;
}

/** Runs pathcap to its end. */
export function pathcap(args: readonly string[], options: RunOptions = {}): Ended {
  return runToEnd(process.execPath, [PATHCAP, ...args], options);
}

/** Runs tcpdump to its end. Debian's gives up root by itself, which pathcap does only when told: -Z root keeps it. */
export function tcpdump(args: readonly string[], options: RunOptions = {}): Ended {
  return runToEnd(findTool('tcpdump')!, ['-Z', 'root', ...args], options);
}

function runToEnd(command: string, args: readonly string[], { input = '', env = {}, cwd }: RunOptions): Ended {
  const { stdout, stderr, status } = spawnSync(command, args, {
    input,
    cwd,
    env: { ...process.env, TZ: 'UTC', ...env },
    encoding: 'latin1',
    maxBuffer: 1 << 30,
  });
  return { stdout, stderr, code: status };
}

/** A process that runs while the test goes on. */
export class Running {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  private readonly closed: Promise<number | null>;

  constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TZ: 'UTC', ...env },
    });
    this.child.stdout!.on('data', (bytes: Buffer) => {
      this.stdout += bytes.toString('latin1');
    });
    this.child.stderr!.on('data', (bytes: Buffer) => {
      this.stderr += bytes.toString('latin1');
    });
    this.closed = new Promise((resolve) => this.child.on('close', resolve));
  }

  /** Waits until a text stands on one of its outputs. */
  async until(stream: 'stdout' | 'stderr', text: string): Promise<void> {
    await until(
      () => this[stream].includes(text),
      () => `no "${text}" on ${stream}: ${this[stream]}`,
    );
  }

  /** Waits until standard output has so many lines. */
  async untilLines(count: number): Promise<void> {
    await until(
      () => this.stdout.split('\n').length > count,
      () => `no ${count} lines: ${this.stdout}`,
    );
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async end(): Promise<Ended> {
    const code = await this.closed;
    return { stdout: this.stdout, stderr: this.stderr, code };
  }
}

const PATIENCE_MS = 20_000;

/** Waits for a condition. */
export async function until(condition: () => boolean, complaint: () => string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS} ms in vain: ${complaint()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** An empty folder, for `removeFolder` afterwards. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'pathcap-test-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true });
}
