// npm run bench: sets up, compiles bench/ and runs it. Arguments after -- name the suites to run.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installDebianPackages } from './debian-packages.mjs';
import { compile, prepare, root } from './setup.mjs';

await prepare();
installDebianPackages();
compile('tsconfig.tools.json');
const { status } = spawnSync(process.execPath, [join(root, '.build', 'bench', 'run.js'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
