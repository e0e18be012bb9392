// What `npm start`, `npm test` and `npm run bench` need on a fresh clone: the dependencies of package-lock.json and a build.
// Plain JavaScript on Node's own modules, since it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { joinRooms } from './join-rooms.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const OLDEST_NODE = [20, 19];
/** Copy of the lock file that was installed last. */
const INSTALLED = join(root, 'node_modules', '.pathcap-installed-lock.json');

/** Runs a program with its output shown; ends this process with its exit code when it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  });
  if (status === 0) return;
  console.error(`cannot run ${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}`);
  process.exit(status || 1);
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  console.error(`cannot run on Node ${process.versions.node}: pathcap needs Node ${OLDEST_NODE.join('.')} or newer`);
  process.exit(1);
}

/** Installs what the lock file names, unless that is installed already. */
export function installDependencies() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  if (existsSync(INSTALLED) && readFileSync(INSTALLED).equals(lock)) return;
  console.error('installing the dependencies (npm ci) ...');
  run('npm', ['ci', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  writeFileSync(INSTALLED, lock);
}

/** Compiles src to dist when a source is newer than the last build. */
export async function build() {
  const stamp = join(root, 'dist', '.built');
  const sources = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'scripts/join-rooms.mjs'].map((name) =>
    join(root, name),
  );
  if (existsSync(stamp) && newest([join(root, 'src'), ...sources]) <= statSync(stamp).mtimeMs) return;
  console.error('building (tsc) ...');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  compile('tsconfig.build.json');
  await joinRooms(join(root, 'dist'));
  writeFileSync(stamp, '');
}

/** Runs the TypeScript compiler on one of the project's configurations. */
export function compile(project) {
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', project]);
}

function newest(paths) {
  return Math.max(...paths.map((path) => (statSync(path).isDirectory() ? newestIn(path) : statSync(path).mtimeMs)));
}

function newestIn(folder) {
  const entries = readdirSync(folder).map((name) => join(folder, name));
  return Math.max(statSync(folder).mtimeMs, entries.length === 0 ? 0 : newest(entries));
}

export async function prepare() {
  checkNode();
  installDependencies();
  await build();
}
