// What a test needs of the machine. Without it the test is skipped with the reason; with CI=true that is a failure.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Need = 'root' | 'linux' | `tool:${string}`;

/** The first need that is not met, in words; undefined when all are. */
function missing(...needs: Need[]): string | undefined {
  for (const need of needs) {
    if (need === 'linux') {
      if (process.platform !== 'linux') return 'needs Linux';
    } else if (need === 'root') {
      if (process.getuid?.() !== 0) return 'needs root';
    } else if (!findTool(need.slice(5))) return `needs ${need.slice(5)} (on Debian: npm test as root installs it)`;
  }
  return undefined;
}

/**
 * True when the needs are met: `describe.skipIf(!has('root', 'tool:tcpdump'))`. Says why not; throws under CI=true,
 * where nothing may be skipped for want of a tool or privilege.
 */
export function has(...needs: Need[]): boolean {
  const reason = missing(...needs);
  if (reason === undefined) return true;
  if (process.env.CI === 'true') throw new Error(`this test must not be skipped in CI: ${reason}`);
  console.warn(`skipped: ${reason}`);
  return false;
}

/** The path of a program on PATH or in the system folders; one given with its path is looked for there. */
export function findTool(name: string): string | undefined {
  const folders = name.startsWith('/') ? ['/'] : [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}
