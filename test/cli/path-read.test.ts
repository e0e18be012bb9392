// `pathcap path -r`: what --json wrote is read back and shown in every form; what is wrong with a file or an option is said.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findTool, has } from '../support/needs.ts';
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

describe('path -r', () => {
  const show = (...args: string[]) => {
    const { stdout, stderr, code } = pathcap(['path', '-r', file, ...args], { env: { LANG: 'C.UTF-8', LC_ALL: '' } });
    expect([stderr, code]).toEqual(['', 0]);
    return Buffer.from(stdout, 'latin1').toString('utf8');
  };

  test('shows a block a journey', () => {
    expect(show()).toMatchSnapshot();
  });

  test('shows only ASCII where the locale is another one', () => {
    const { stdout } = pathcap(['path', '-r', file, 'udp'], { env: { LANG: 'C', LC_ALL: '' } });
    expect(stdout).not.toMatch(/[^\n -~]/);
  });

  test.skipIf(!findTool('script'))('shows colours on a terminal, unless NO_COLOR is set', () => {
    const command = `${process.execPath} ${PATHCAP} path -r ${file}`;
    const onTerminal = (env: object) =>
      spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', env: { ...process.env, ...env } }).stdout;
    expect(onTerminal({ NO_COLOR: '' })).toContain('\x1b[');
    expect(onTerminal({ NO_COLOR: '1' })).not.toContain('\x1b[');
  });

  test('sums up', () => {
    expect(show('--summary')).toMatchSnapshot();
    const paths = show('--summary', '--json')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(paths.map(({ count, example, outcome }) => [count, example, outcome.kind])).toEqual([
      [1, '1', 'dropped'],
      [1, '2', 'delivered'],
      [1, '3', 'forwarded'],
    ]);
  });

  test('compares with the first wanted journey of another file', () => {
    const other = join(folder, 'other.json');
    writeJourneys(other, [delivered, forwarded]);
    expect(show('--compare', other, 'udp')).toMatchSnapshot();
    const comparison = JSON.parse(show('--compare', other, '--json', 'udp'));
    expect([comparison.left.id, comparison.right.id, comparison.first]).toEqual(['1', '3', 2]);
    expect(pathcap(['path', '-r', file, '--compare', other, 'arp'])).toEqual({
      stdout: '',
      stderr: `pathcap: cannot compare journeys: ${file} has none that is wanted\n`,
      code: 1,
    });
  });

  test.skipIf(!has('tool:tshark'))('writes pcapng, an interface a point', () => {
    const capture = join(folder, 'journeys.pcapng');
    expect(show('-w', capture)).toBe('');
    const fields = ['-T', 'fields', '-e', 'frame.interface_name', '-e', 'frame.packet_id'];
    const { stdout } = spawnSync(findTool('tshark')!, ['-r', capture, ...fields], { encoding: 'utf8' });
    const expected = SAMPLES.flatMap(({ id, steps }) =>
      steps.map(({ point, device }) => `${device === undefined ? point : `${point}@${device}`}\t${id}`),
    );
    expect(stdout.trim().split('\n')).toEqual(expected);
    const piped = pathcap(['path', '-r', file, '-w', '-']).stdout;
    expect(piped).toBe(readFileSync(capture, 'latin1'));
  });
});

describe('path -r refuses', () => {
  const line = (change: object) => JSON.stringify({ ...dropped, ...change });

  test.each([
    ['it is not an object', '5'],
    ['id is not a string', line({ id: 5 })],
    ['packet.source.address is missing', line({ packet: { ...dropped.packet, source: {} } })],
    [
      'steps[3].point is not a name known here: "moon"',
      line({ steps: [...dropped.steps, { point: 'moon', sinceStartNs: 0 }] }),
    ],
    [
      'outcome.kind is none of delivered, forwarded, dropped, consumed, queued, unknown',
      line({ outcome: { kind: 'lost', point: 'tcp' } }),
    ],
    ['outcome.reason is missing', line({ outcome: { kind: 'dropped', point: 'tcp' } })],
    ['steps is empty', line({ steps: [] })],
  ])('%s', (cause, text) => {
    expect(pathcap(['path', '-r', '-'], { input: text })).toEqual({
      stdout: '',
      stderr: `pathcap: cannot read standard input further than line 1: ${cause}\n`,
      code: 1,
    });
  });

  test.each([
    [['-r', '/none'], 'cannot read /none: no such file or directory'],
    [['-r', '/'], 'cannot read /: it is a directory'],
    [['-w', 'x', '--summary'], 'cannot take both -w and --summary'],
    [['-w', 'x', '--json'], 'cannot take both -w and --json'],
    [['--compare', 'x'], 'cannot take --compare without -r: journeys of files are compared'],
    [['--xdp'], 'cannot take --xdp without -i: a program is attached to the interfaces that are named'],
    [['--xdp', '-i', 'any'], 'cannot take --xdp without -i: a program is attached to the interfaces that are named'],
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
