// npm test: sets a fresh clone up (Debian packages too, as root), then runs the tests. Arguments after -- go to vitest.
// The last line is the count: `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDebianPackages } from './debian-packages.mjs';
import { prepare, root } from './setup.mjs';

await prepare();
installDebianPackages();

const folder = mkdtempSync(join(tmpdir(), 'pathcap-results-'));
const results = join(folder, 'results.json');
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);
console.log(count(results));
rmSync(folder, { recursive: true });
process.exitCode = status ?? 1;

function count(path) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(path, 'utf8'));
    return `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`;
  } catch (error) {
    return `cannot count the tests: ${error.message}`;
  }
}
