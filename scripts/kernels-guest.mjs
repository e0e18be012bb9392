// One kernel's run for `npm run test:kernels`: starts the guest, says what its tests report, and counts. A guest that does not
// come to its end is one failed test, shown with the kernel's last messages.
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { startMachine } from './kernels-machine.mjs';
import { findKernel } from './kernels-packages.mjs';

const LAST_MESSAGES = 40;

const MARKS = { passed: '✓', failed: '×', skipped: '↓' };

export class GuestRun {
  counts = { passed: 0, failed: 0, skipped: 0 };
  #series;
  #folder;
  #keptLog;
  #verbose;
  #began = performance.now();
  /** What became of the tests of the file that is being run. */
  #results = [];
  #current = 'start of the kernel';
  #ended = false;

  /** `folder` is this run's own; the kernel's messages are kept at `log`. `verbose` shows every test. */
  constructor(series, { folder, log, verbose }) {
    this.#series = series;
    this.#folder = folder;
    this.#keptLog = log;
    this.#verbose = verbose;
  }

  /** Runs the command that `next` makes for a series as the guest's first process. Resolves when the guest is gone. */
  async run({ tools, next, cpus, timeoutMs }) {
    const log = join(this.#folder, `${this.#series}.log`);
    try {
      const kernel = findKernel(this.#series);
      const archive = join(this.#folder, `${this.#series}.cpio`);
      const onLine = (line) => this.#take(line);
      const why = await endOf(
        startMachine({ kernel, tools, next: next(this.#series), archive, log, cpus, onLine }),
        timeoutMs,
      );
      if (!this.#ended) this.#fail(`${why} in: ${this.#current}\n${lastMessages(log)}`);
    } catch (error) {
      this.#fail(error.message);
    }
    if (existsSync(log)) renameSync(log, this.#keptLog);
  }

  /** What test/kernels/guest.ts tells. */
  #take(line) {
    const report = parse(line);
    if (report !== undefined) this.#takers[report.kind](report);
  }

  #takers = {
    booted: ({ release, uptimeMs }) => {
      const own = (uptimeMs / 1000).toFixed(1);
      this.#say(' ', `Linux ${release}, ready after ${this.#seconds()} (${own} s by its own clock)`);
    },
    test: ({ name }) => {
      this.#current = name;
    },
    result: ({ name, state, ms, errors }) => {
      this.counts[state]++;
      this.#results.push(state);
      if (this.#verbose || state === 'failed') this.#say(MARKS[state], [`${name} ${ms} ms`, ...errors].join('\n'));
    },
    file: ({ file, ms }) => {
      const count = (state) => this.#results.filter((one) => one === state).length;
      const besides = ['failed', 'skipped']
        .filter((state) => count(state) > 0)
        .map((state) => `, ${count(state)} ${state}`);
      const text = `${file} (${this.#results.length} tests${besides.join('')}) ${ms} ms`;
      this.#say(count('failed') === 0 ? MARKS.passed : MARKS.failed, text);
      this.#results = [];
    },
    end: () => {
      this.#ended = true;
      this.#say(' ', `ended after ${this.#seconds()}`);
    },
  };

  #fail(text) {
    this.counts.failed++;
    this.#say(MARKS.failed, text);
  }

  #seconds() {
    return `${((performance.now() - this.#began) / 1000).toFixed(1)} s`;
  }

  #say(mark, text) {
    console.log(`${mark} ${this.#series} ${text}`);
  }
}

/** Waits for the end of a machine, and brings it about when it takes too long. Resolves to what is to be said of it. */
async function endOf({ child, ended }, timeoutMs) {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const complaint = await ended;
  clearTimeout(timer);
  return isLate ? `not ended after ${timeoutMs / 1000} s` : complaint || 'ended too early';
}

/** Undefined for lines that are none of ours: a BIOS may write too. */
function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function lastMessages(log) {
  try {
    return readFileSync(log, 'utf8').split('\n').slice(-LAST_MESSAGES).join('\n');
  } catch {
    return 'no messages of the kernel';
  }
}
