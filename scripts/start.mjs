// npm start: sets a fresh clone up, then runs `pathcap demo`. Arguments after -- are handed on.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './setup.mjs';

await prepare();
const command = spawn(process.execPath, [join(root, 'bin', 'pathcap'), 'demo', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// The terminal sends Ctrl-C to the child as well: it ends in its own way, and its exit code is ours.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => command.kill('SIGTERM'));
command.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
