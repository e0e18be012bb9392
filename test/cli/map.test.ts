// `pathcap map`: all points in their order, what is observed here and what is not, with privilege and without.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { MapPoint } from '../../src/cli/map-view.ts';
import { POINT_NAMES } from '../../src/path/index.ts';
import { findTool, has } from '../support/needs.ts';
import { PATHCAP, pathcap } from '../support/pathcap.ts';

const pointsOf = (stdout: string): MapPoint[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

function without(options: string[], ...args: string[]) {
  const words = [...options, '--', process.execPath, PATHCAP, ...args];
  const { stdout, stderr, status } = spawnSync(findTool('setpriv')!, words, { encoding: 'utf8' });
  return { stdout, stderr, code: status };
}

const NOBODY = ['--reuid=nobody', '--regid=nogroup', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];

describe.skipIf(!has('linux', 'root'))('pathcap map', () => {
  const json = pathcap(['map', '--json']);
  const points = pointsOf(json.stdout);

  it('has a line of JSON for each point, in the order of the path', () => {
    expect([json.stderr, json.code]).toEqual(['', 0]);
    expect(points.map(({ point }) => point)).toEqual(POINT_NAMES);
  });

  it('knows of each way whether it is open, and says why one is not', () => {
    for (const { at, state, why } of points.flatMap(({ ways }) => ways)) {
      expect(['observed', 'missing'], at).toContain(state);
      expect(why === undefined, at).toBe(state === 'observed');
    }
    const receive = points.find(({ point }) => point === 'receive')!;
    expect(receive.ways).toEqual([
      { mechanism: 'tracepoint', at: 'netif_receive_skb', since: '5.5', state: 'observed' },
    ]);
  });

  it('says the same as text', () => {
    const { stdout, stderr, code } = pathcap(['map']);
    expect([stderr, code]).toEqual(['', 0]);
    const observed = points.filter(({ ways }) => ways.some(({ state }) => state === 'observed'));
    expect(stdout).toMatch(
      new RegExp(
        `^Linux \\S+: ${observed.length} of ${points.length} points can be observed here, and drops at all of them\n`,
      ),
    );
    for (const { point, decides } of points) expect(stdout.replace(/\n +/g, ' ')).toContain(`${point}: ${decides}`);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});

describe.skipIf(!has('linux', 'root', 'tool:setpriv'))('pathcap map without privilege', () => {
  it('says what is known all the same', () => {
    const { stdout, stderr, code } = without(NOBODY, 'map', '--json');
    expect([stderr, code]).toEqual(['', 0]);
    const points = pointsOf(stdout);
    expect(points.map(({ point }) => point)).toEqual(POINT_NAMES);
    expect(points.find(({ point }) => point === 'receive')!.ways).toEqual([
      {
        mechanism: 'tracepoint',
        at: 'netif_receive_skb',
        since: '5.5',
        state: 'unknown',
        why: 'not known without the privilege to try',
      },
    ]);
  });

  it('names the capabilities that are missing', () => {
    const missingIn = (options: string[]) => without(options, 'map').stdout.split('What is missing here\n')[1];
    expect(missingIn(NOBODY)).toMatch(
      /^ {2}privilege: CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_ADMIN, to try and to observe; root has\n {4}all of them\n/,
    );
    expect(missingIn(['--bounding-set=-net_admin'])).toMatch(
      /^ {2}privilege: CAP_NET_ADMIN, to try and to observe; root has all of them\n/,
    );
  });
});
