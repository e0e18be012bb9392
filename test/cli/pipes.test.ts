// Standard output as a pipe: a reader that goes away, one that is slow, and one that set it non-blocking; and a
// terminal.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { progressText } from '../../src/cli/progress.ts';
import { findTool } from '../support/needs.ts';
import { makeFolder, PATHCAP, pathcap, Running, removeFolder } from '../support/pathcap.ts';
import { timed, timedPcap, traffic, writeTraffic } from '../support/traffic.ts';

const folder = makeFolder();
const small = join(folder, 'small.pcap');
const long = join(folder, 'long.pcap');
writeTraffic(small);
writeFileSync(long, timedPcap(timed(Array.from({ length: 5000 }, () => traffic()).flat())));

afterAll(() => removeFolder(folder));

function shell(script: string) {
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script], { encoding: 'latin1', maxBuffer: 1 << 30 });
  return { stdout, stderr: stderr.replace(/^reading from .*\n/, ''), code: status };
}

const command = `${process.execPath} ${PATHCAP}`;

test('a reader that goes away ends it quietly', () => {
  for (const letters of ['-nn', '-nnl', '--json', '-t', '-w -']) {
    const { stdout, stderr, code } = shell(`${command} ${letters} -r ${long} | head -c 5; exit \${PIPESTATUS[0]}`);
    expect([stdout.length, stderr, code]).toEqual([5, '', 0]);
  }
});

test('a slow reader gets everything', () => {
  const whole = pathcap(['-nn', '-r', long]).stdout;
  expect(shell(`${command} -nn -r ${long} | { sleep 0.3; cat; }`)).toEqual({ stdout: whole, stderr: '', code: 0 });
});

test.skipIf(!findTool('python3'))('a pipe that is non-blocking gets everything', () => {
  const nonBlocking = 'import os,sys; os.set_blocking(1, False); os.execvp(sys.argv[1], sys.argv[1:])';
  const { stdout } = shell(`python3 -c '${nonBlocking}' ${command} -nn -r ${long} | { sleep 0.3; cat; }`);
  expect(stdout).toBe(pathcap(['-nn', '-r', long]).stdout);
});

test('a full disk is an error', () => {
  expect(shell(`${command} -nn -r ${long} > /dev/full`)).toEqual({
    stdout: '',
    stderr: 'pathcap: cannot write to standard output: no space left on device\n',
    code: 1,
  });
});

test.each(['-D', '--version', 'version', '--help', 'manual', 'completion bash', `--count -r ${small}`])(
  'a full disk is an error, and a reader that is gone is none: %s',
  (words) => {
    const failed = {
      stdout: '',
      stderr: 'pathcap: cannot write to standard output: no space left on device\n',
      code: 1,
    };
    expect(shell(`${command} ${words} > /dev/full`)).toEqual(failed);
    // The sleep sees to it that the reader has ended.
    const gone = `(sleep 0.1; ${command} ${words}) | true; exit \${PIPESTATUS[0]}`;
    expect(shell(gone)).toEqual({ stdout: '', stderr: '', code: 0 });
  },
);

test.skipIf(!findTool('script'))('on a terminal, a long reading shows how far it is', () => {
  const reading = `(cat ${small}; sleep 1.6) | ${command} -nn -r - >/dev/null`;
  const { stdout } = spawnSync('script', ['-qec', reading, '/dev/null'], { encoding: 'latin1' });
  expect(stdout).toMatch(/^reading from file -, [^\r]*\r\n(\rread 0.0 MB\x1b\[K)+\r\x1b\[K$/);
});

test('progress in words', () => {
  const megabyte = (bytesRead: number, bytesTotal: number | undefined) => ({
    bytesRead: bytesRead * 1e6,
    bytesTotal: bytesTotal === undefined ? undefined : bytesTotal * 1e6,
  });
  expect(progressText([megabyte(12.5, 40)])).toBe('read 12.5 MB of 40.0 MB (31 %)');
  expect(progressText([megabyte(1, 2), megabyte(1, 2)])).toBe('read 2.0 MB of 4.0 MB (50 %)');
  expect(progressText([megabyte(1, 2), megabyte(1, undefined)])).toBe('read 2.0 MB');
  expect(progressText([megabyte(0, 0)])).toBe('read 0.0 MB');
});

test('a signal ends the reading of a pipe that stays open, after what was there', async () => {
  const fifo = join(folder, 'fifo');
  spawnSync('mkfifo', [fifo]);
  const writer = new Running('bash', ['-c', `exec > ${fifo}; cat ${small}; exec sleep 20`]);
  const reader = new Running(process.execPath, [PATHCAP, '-nnt', '-r', fifo]);
  await reader.until('stdout', '192.0.2.1.40003');
  reader.kill('SIGUSR1');
  await reader.until('stderr', 'pathcap: 9 packets read\n');
  reader.kill('SIGINT');
  const { stdout, code } = await reader.end();
  expect([stdout, code]).toEqual([pathcap(['-nnt', '-r', small]).stdout, 0]);
  writer.kill('SIGKILL');
  await writer.end();
});

test.skipIf(!findTool('script'))('on a terminal, messages and lines stand in order', () => {
  const { stdout, status } = spawnSync('script', ['-qec', `${command} -nnt -r ${small}`, '/dev/null'], {
    encoding: 'latin1',
  });
  expect(status).toBe(0);
  expect(stdout.replaceAll('\r\n', '\n')).toBe(
    `reading from file ${small}, link-type EN10MB (Ethernet), snapshot length 262144\n${pathcap(['-nnt', '-r', small]).stdout}`,
  );
});
