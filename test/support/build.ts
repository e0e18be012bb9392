// Builds dist before the tests, once, since those of the command run bin/pathcap as its users do. Type errors are for
// `npm run types` to report: what was emitted is tested all the same.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Folders whose tests run what was built. */
const NEED_BUILD = /test\/(cli|disk|examples|linux|trace)/;

export default function setup(): void {
  const named = process.argv.slice(2).filter((word) => word.includes('test/'));
  if (named.length > 0 && !named.some((word) => NEED_BUILD.test(word))) return;
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'ignore' });
}
