// The C programs that the benchmarks compare with: built when they are needed, by gcc -O2, in a folder of their own.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

export interface Peers {
  readonly countMatches: string;
  readonly filterLoop: string;
  /** Removes them. */
  [Symbol.dispose](): void;
}

export function buildPeers(): Peers {
  const folder = mkdtempSync(join(tmpdir(), 'pathcap-peers-'));
  const build = (name: string) => {
    const program = join(folder, name);
    execFileSync('gcc', ['-O2', '-o', program, join('bench', 'peers', `${name}.c`), '-lpcap']);
    return program;
  };
  return {
    countMatches: build('count-matches'),
    filterLoop: build('filter-loop'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** One pass of a filter over all packets. */
export interface Pass {
  /** A packet. */
  nanoseconds: number;
  /** Packets that it took. */
  taken: number;
}

/** bench/peers/filter-loop.c at work on a file. */
export class FilterPeer {
  private readonly child: ChildProcess;
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string>;

  constructor(program: string, file: string) {
    this.child = spawn(program, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface(this.child.stdout!);
    this.answers = this.lines[Symbol.asyncIterator]();
  }

  async pass(expression: string): Promise<Pass> {
    this.child.stdin!.write(`${expression}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`cannot run libpcap's filter "${expression}"`);
    const [nanoseconds, taken] = value.split(' ').map(Number);
    return { nanoseconds: nanoseconds!, taken: taken! };
  }

  [Symbol.dispose](): void {
    this.child.stdin!.end();
    this.lines.close();
  }
}
