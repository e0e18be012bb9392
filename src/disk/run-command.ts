// The program that -z names, run on a file that is done with: no shell, no waiting, the lowest priority.
import { causeOf } from './file-error.ts';

const LOWEST_PRIORITY = 19;

export function runOnFile(command: string, path: string, warn: (message: string) => void): void {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn(command, [path], { stdio: 'inherit' });
  child.on('error', (error: NodeJS.ErrnoException) => {
    warn(`cannot run ${command} ${path}: ${causeOf(error)}`);
  });
  if (child.pid !== undefined) lower(child.pid);
  child.unref();
}

function lower(pid: number): void {
  try {
    process.getBuiltinModule('node:os').setPriority(pid, LOWEST_PRIORITY);
  } catch {
    // it has just ended
  }
}
