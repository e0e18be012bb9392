// A folder of a test file's own, gone when its tests are done.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Makes the folder at once; returns how to name a path in it. */
export function temporaryFolder(): (...parts: string[]) => string {
  const folder = mkdtempSync(join(tmpdir(), 'pathcap-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return (...parts) => join(folder, ...parts);
}
