// Filters where no code may be made from text, as under a Content-Security-Policy: the same packets.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { PATHCAP, pathcap } from '../support/pathcap.ts';
import { writeTraffic } from '../support/traffic.ts';

const file = temporaryFolder()('traffic.pcap');
writeTraffic(file);

test.each(['udp port 53', 'tcp', 'not ip', 'ip protochain 17'])('"%s" takes the same packets', (filter) => {
  const args = ['-nn', '-r', file, filter];
  const { stdout } = spawnSync(process.execPath, ['--disallow-code-generation-from-strings', PATHCAP, ...args], {
    encoding: 'latin1',
    env: { ...process.env, TZ: 'UTC' },
  });
  expect(stdout).toBe(pathcap(args).stdout);
  expect(stdout).not.toBe('');
});
