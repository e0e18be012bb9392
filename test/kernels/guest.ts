// What runs in a guest: test files, one after the other, by vitest's own runner and with its expectations, but without the rest
// of vitest, which would need most of a minute to start in emulation. What becomes of each test is told line by line, as JSON,
// on the first serial line (scripts/kernels.mjs reads it).
import { closeSync, openSync, writeSync } from 'node:fs';
import { release, uptime } from 'node:os';
import { startTests, type Task, type Test, type VitestRunner } from '@vitest/runner';
import '../support/properties.ts';

export interface GuestOptions {
  /** Only tests whose full name has it in it. */
  readonly name?: string;
  readonly timeoutMs: number;
}

export type TestFiles = Readonly<Record<string, () => Promise<unknown>>>;

/** What is told, each a line. */
type Report =
  | { readonly kind: 'booted'; readonly release: string; readonly uptimeMs: number }
  | { readonly kind: 'test'; readonly name: string }
  | ({ readonly kind: 'result' } & Result)
  | { readonly kind: 'file'; readonly file: string; readonly ms: number }
  | { readonly kind: 'end' };

interface Result {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly ms: number;
  readonly errors: readonly string[];
}

const SERIAL_LINE = '/dev/ttyS0';

export async function runTests(files: TestFiles, options: GuestOptions): Promise<void> {
  const line = openSync(SERIAL_LINE, 'w');
  const tell = (report: Report) => writeSync(line, `${JSON.stringify(report)}\n`);
  tell({ kind: 'booted', release: release(), uptimeMs: Math.round(uptime() * 1000) });
  for (const file of Object.keys(files)) {
    const began = performance.now();
    const told = new Set<Task>();
    const runner = createRunner(files, options, {
      begin: (test) => tell({ kind: 'test', name: test.fullTestName }),
      end: (test) => {
        told.add(test);
        tell({ kind: 'result', ...resultOf(test) });
      },
    });
    for (const run of await startTests([file], runner)) {
      for (const task of tasksIn(run)) if (!told.has(task)) tell({ kind: 'result', ...resultOf(task) });
    }
    tell({ kind: 'file', file, ms: Math.round(performance.now() - began) });
  }
  tell({ kind: 'end' });
  closeSync(line);
}

interface Watcher {
  begin(test: Test): void;
  /** Not called for tests that are skipped. */
  end(test: Test): void;
}

function createRunner(files: TestFiles, { name, timeoutMs }: GuestOptions, watcher: Watcher): VitestRunner {
  return {
    config: {
      root: '/',
      name: undefined,
      setupFiles: [],
      passWithNoTests: true,
      testNamePattern: name === undefined ? undefined : new RegExp(name),
      allowOnly: true,
      sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
      chaiConfig: undefined,
      maxConcurrency: 1,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      retry: 0,
      includeTaskLocation: false,
      tags: [],
      tagsFilter: undefined,
      strictTags: false,
    },
    importFile: (path) => files[path.replace(/^\//, '')]!(),
    onBeforeRunTask: (test) => watcher.begin(test),
    onAfterRunTask: (test) => watcher.end(test),
  };
}

/** Every test below; and a file or a group that failed by itself, which counts as a test that failed. */
function* tasksIn(task: Task): Generator<Task> {
  if (task.type === 'test' || (task.result?.errors ?? []).length > 0) yield task;
  if (task.type === 'suite') for (const one of task.tasks) yield* tasksIn(one);
}

function resultOf(task: Task): Result {
  const errors = (task.result?.errors ?? []).map(({ stack, message, diff }) =>
    [ourLines(stack ?? message), diff].join('\n'),
  );
  return {
    name: task.fullTestName ?? task.name,
    state: stateOf(task),
    ms: Math.round(task.result?.duration ?? 0),
    errors,
  };
}

/** Without the places that lie in vitest or in Node itself. */
function ourLines(stack: string): string {
  const isOurs = (line: string) => !/^\s+at .*(\/node_modules\/|node:|Promise \()/.test(line);
  return stack.split('\n').filter(isOurs).join('\n');
}

function stateOf({ mode, result }: Task): Result['state'] {
  if (result?.state === 'pass') return 'passed';
  return result?.state === 'skip' || (result === undefined && mode !== 'run') ? 'skipped' : 'failed';
}
