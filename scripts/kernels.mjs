// npm run test:kernels: tests in other kernels than the running one. Boots Debian's 6.1 and 6.12 under qemu, both at once, and
// runs in each the test files that look at a kernel. Needs no privilege, once the programs are installed.
//
//   npm run test:kernels -- [--kernel 6.1] [--name "part of a name"] [--verbose] [--cpus 1] [--timeout SECONDS] [--no-build] [files ...]
//
// The last line is the count: `N passed, N failed, N skipped`.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findProgram, installDebianPackages, KERNEL_PROGRAMS } from './debian-packages.mjs';
import { bundleTests } from './kernels-bundle.mjs';
import { GuestRun } from './kernels-guest.mjs';
import { SERIES } from './kernels-packages.mjs';
import { prepare, root } from './setup.mjs';

/** The test files that are run when none are named: what depends on the kernel, and what only guests have (*.guest.ts). */
const FILES = [
  /^test\/kernels\/\w+\.guest\.ts$/,
  /^test\/linux\/(kernel-btf|namespace|netlink|ring-buffer)\.test\.ts$/,
  /^test\/trace\/(drop-reasons|drops|scenes|xdp)\.test\.ts$/,
];

/** Messages of the last run's kernels, and folders of runs under way: there may be several. */
const FOLDER = join(root, '.build', 'kernels');

/** Emulation is ten to twenty times slower than the machine. */
const TEST_TIMEOUT_MS = 120_000;
const MACHINE_TIMEOUT_S = 400;

const TOOLS = { qemu: 'qemu-system-x86_64', busybox: 'busybox', setpriv: 'setpriv' };

/** What tests may read of this process' environment. */
const HANDED_ON = ['CI', 'PATH', 'PATHCAP_SEED'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kernel: { type: 'string', multiple: true, default: Object.keys(SERIES) },
    name: { type: 'string' },
    cpus: { type: 'string', default: '2' },
    timeout: { type: 'string', default: String(MACHINE_TIMEOUT_S) },
    verbose: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
});

/** What this machine lacks for guests; undefined when it can run them. */
function whatIsMissing() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return "guests share this machine's programs: x86-64 only";
  const absent = Object.values(TOOLS).filter((program) => findProgram(program) === undefined);
  return absent.length === 0 ? undefined : `not on this machine: ${absent.join(', ')}`;
}

function skipKernels(reason) {
  const count = values.kernel.length;
  console.error(`cannot test other kernels: ${reason}`);
  if (process.env.CI === 'true') process.exitCode = 1;
  console.log(process.exitCode === 1 ? `0 passed, ${count} failed, 0 skipped` : `0 passed, 0 failed, ${count} skipped`);
}

async function testKernels() {
  const { name } = values;
  const folder = join(FOLDER, String(process.pid));
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(FOLDER)) if (isOver(name)) rmSync(join(FOLDER, name), { recursive: true });
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
  const options = { timeoutMs: TEST_TIMEOUT_MS, ...(name === undefined ? {} : { name }) };
  const program = await bundleTests({ root, files: testFiles(), options, folder: join(folder, 'tests') });
  const machine = {
    tools: Object.fromEntries(Object.entries(TOOLS).map(([key, tool]) => [key, findProgram(tool)])),
    next: (series) => ['/bin/sh', join(root, 'test', 'kernels', 'start.sh'), root, ...command(series, program)],
    cpus: Number(values.cpus),
    timeoutMs: Number(values.timeout) * 1000,
  };
  const runs = values.kernel.map(
    (series) => new GuestRun(series, { folder, log: join(FOLDER, `${series}.log`), verbose: values.verbose }),
  );
  await Promise.all(runs.map((run) => run.run(machine)));
  const sum = (state) => runs.reduce((total, { counts }) => total + counts[state], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}

/** Tests learn from PATHCAP_GUEST that they run in a guest, and in which. */
function command(series, program) {
  const environment = HANDED_ON.filter((key) => process.env[key] !== undefined);
  const settings = environment.map((key) => `${key}=${process.env[key]}`);
  return ['env', `PATHCAP_GUEST=${series}`, ...settings, process.execPath, '--enable-source-maps', program];
}

/** Whether it is the folder of a run that was killed. */
function isOver(name) {
  return /^\d+$/.test(name) && !existsSync(`/proc/${name}`);
}

function testFiles() {
  if (positionals.length > 0) return positionals.map((path) => relative(root, resolve(path)));
  const all = readdirSync(join(root, 'test'), { recursive: true }).map((path) => `test/${path}`);
  return all.filter((path) => FILES.some((pattern) => pattern.test(path))).sort();
}

if (!values['no-build']) await prepare();
installDebianPackages(KERNEL_PROGRAMS);
const missing = whatIsMissing();
if (missing === undefined) await testKernels();
else skipKernels(missing);
