// `pathcap path -r`: what --json wrote is read back and shown in every form; what is wrong with a file or an option is said.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeFolder, PATHCAP, pathcap, Running, removeFolder } from '../support/pathcap.ts';
import { delivered, dropped, forwarded, linesOf, SAMPLES, writeJourneys } from './path-samples.ts';

const folder = makeFolder();
const file = join(folder, 'journeys.json');
writeJourneys(file);

afterAll(() => removeFolder(folder));

const idsOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line).id]));

describe('path -r --json', () => {
  test('gives back what was written', () => {
    const { stdout, stderr, code } = pathcap(['path', '-r', file, '--json']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(SAMPLES);
    expect([stderr, code]).toEqual(['', 0]);
  });

  test('reads standard input', () => {
    expect(idsOf(pathcap(['path', '-r', '-', '--json'], { input: linesOf([forwarded]) }).stdout)).toEqual(['3']);
    expect(pathcap(['path', '-r', '-', '--json'])).toEqual({ stdout: '', stderr: '', code: 0 });
  });

  test('ends after -c journeys', () => {
    expect(idsOf(pathcap(['path', '-r', file, '--json', '-c', '2']).stdout)).toEqual(['1', '2']);
    expect(idsOf(pathcap(['path', '-r', file, '--json', '-c', '1', 'tcp']).stdout)).toEqual(['2']);
  });

  test.each([
    ['udp', ['1', '3']],
    ['tcp dst port 80', ['2']],
    ['ether src 02:00:00:00:00:10', ['1', '3']],
    ['host 10.77.0.1', ['1', '2', '3']],
    ['tcp or arp', ['2']],
    ['ether proto 0x0806', []],
    ['greater 100', []],
    ['less 60 and ip[2:2] < 40', ['1', '3']],
  ])('takes the filter "%s"', (filter, ids) => {
    expect(idsOf(pathcap(['path', '-r', file, '--json', ...filter.split(' ')]).stdout)).toEqual(ids);
  });

  test('takes interfaces that were passed', () => {
    expect(idsOf(pathcap(['path', '-r', file, '--json', '-i', 'v2']).stdout)).toEqual(['3']);
    expect(idsOf(pathcap(['path', '-r', file, '--json', '-i', 'v0', '-i', 'v2']).stdout)).toEqual(['2', '3']);
    expect(idsOf(pathcap(['path', '-r', file, '--json', '-i', 'any']).stdout)).toEqual(['1', '2', '3']);
  });

  test('delivers what stands before the damage', () => {
    const cut = join(folder, 'cut.json');
    writeFileSync(cut, `${linesOf([dropped])}\n${linesOf([delivered]).slice(0, 100)}`);
    const { stdout, stderr, code } = pathcap(['path', '-r', cut, '--json']);
    expect(idsOf(stdout)).toEqual(['1']);
    expect(stderr).toBe(`pathcap: cannot read ${cut} further than line 3: it is not JSON\n`);
    expect(code).toBe(1);
  });

  test('ends at a signal, after what was there', async () => {
    const fifo = join(folder, 'fifo');
    spawnSync('mkfifo', [fifo]);
    const writer = new Running('bash', ['-c', `exec > ${fifo}; cat ${file}; exec sleep 20`]);
    const reader = new Running(process.execPath, [PATHCAP, 'path', '-r', fifo, '--json']);
    await reader.untilLines(3);
    reader.kill('SIGUSR1');
    await reader.until('stderr', 'read\n');
    reader.kill('SIGINT');
    const { stderr, code } = await reader.end();
    writer.kill('SIGKILL');
    await writer.end();
    expect([stderr, code]).toEqual(['pathcap: 3 journeys read\n', 0]);
  });

  test.each(['', '--json', '--summary'])('ends quietly when nobody reads any more: %s', (form) => {
    const many = join(folder, 'many.json');
    writeFileSync(many, linesOf(SAMPLES).repeat(1000));
    const script = `"${process.execPath}" "${PATHCAP}" path -r ${many} ${form} | head -c 5; exit \${PIPESTATUS[0]}`;
    const { stdout, stderr, status } = spawnSync('bash', ['-c', script], { encoding: 'latin1' });
    expect([stdout.length, stderr, status]).toEqual([5, '', 0]);
  });
});

describe('path -r refuses', () => {
  const line = (change: object) => JSON.stringify({ ...dropped, ...change });

  test.each([
    ['5', 'it is not a journey'],
    [line({ id: 5 }), 'it is not a journey (see id)'],
    [line({ packet: { ...dropped.packet, source: {} } }), 'it is not a journey (see packet.source.address)'],
    [
      line({ steps: [...dropped.steps, { point: 'moon', sinceStartNs: 0 }] }),
      'it is not a journey (see steps[3].point)',
    ],
    [line({ outcome: { kind: 'lost', point: 'tcp' } }), 'it is not a journey (see outcome)'],
    [line({ outcome: { kind: 'dropped', point: 'tcp' } }), 'it is not a journey (see outcome.reason)'],
    [line({ steps: [] }), 'it is a journey without steps'],
  ])('%s', (text, cause) => {
    expect(pathcap(['path', '-r', '-'], { input: text })).toEqual({
      stdout: '',
      stderr: `pathcap: cannot read standard input further than line 1: ${cause}\n`,
      code: 1,
    });
  });

  test.each([
    [['-r', '/none'], 'cannot read /none: no such file or directory'],
    [['-r', '/'], 'cannot read /: it is a directory'],
    [['--json', '--summary'], 'cannot take both --json and --summary'],
    [['-w', 'x', '--json'], 'cannot take both --json and -w'],
    [['--compare', 'x'], 'cannot take --compare without -r: journeys of files are compared'],
    [['-r', 'x', '--netns', '1'], 'cannot take --netns with -r: it is for journeys of the running kernel'],
    [['-r', 'x', '--duration', '1'], 'cannot take --duration with -r: it is for journeys of the running kernel'],
    [
      ['-r', file, 'udp', 'prt', '9'],
      'cannot compile the filter: "prt" cannot stand here: did you mean "port"?\n  udp prt 9\n      ^^^',
    ],
    [['-r', file, '-w', '/none/x'], 'cannot write /none/x: no such file or directory'],
  ])('%j', (args, message) => {
    expect(pathcap(['path', ...args])).toEqual({ stdout: '', stderr: `pathcap: ${message}\n`, code: 1 });
  });
});
