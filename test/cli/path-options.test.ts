// The options of `pathcap path` and `pathcap map`: parsed, abbreviated, completed, in help and in the manual page.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { OptionRow } from '../../src/cli/option-types.ts';
import { GROUPS } from '../../src/cli/options.ts';
import { parse } from '../../src/cli/parse.ts';
import { MAP_OPTIONS, PATH_OPTIONS } from '../../src/cli/path-options.ts';
import { findTool } from '../support/needs.ts';
import { pathcap } from '../support/pathcap.ts';

const rows: OptionRow[] = Object.values(PATH_OPTIONS);
const valuesOf = (...argv: string[]) => parse(argv)!.values;

describe('the tables', () => {
  test('name nothing twice, and say what each option does in a phrase', () => {
    for (const table of [PATH_OPTIONS, MAP_OPTIONS]) {
      const all: OptionRow[] = Object.values(table);
      const given = all.flatMap(({ short, long }) => [short && `-${short}`, long && `--${long}`]).filter(Boolean);
      expect(given).toEqual([...new Set(given)]);
      for (const { help } of all) expect(help).not.toMatch(/^[A-Z]|\.$/);
    }
  });

  test('are in the order of the groups', () => {
    const order: readonly string[] = Object.values(GROUPS);
    const places = rows.map(({ group }) => order.indexOf(group));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });
});

describe('the parser', () => {
  test('takes the options of path, and the filter behind them', () => {
    const request = parse(['path', '-i', 'v0', '-iv1', '--netns=7', '-c10', '--json', 'udp', 'port', '53'])!;
    expect(request.command.name).toBe('path');
    expect(request.words).toEqual(['udp', 'port', '53']);
    expect(request.values).toMatchObject({ interfaces: ['v0', 'v1'], namespace: '7', count: 10, json: true });
  });

  test('takes long names cut short', () => {
    expect(valuesOf('path', '--sum')).toMatchObject({ summary: true });
    expect(valuesOf('path', '--du', '3', '--comp=x')).toMatchObject({ duration: 3, compare: 'x' });
    expect(valuesOf('map', '--j')).toMatchObject({ json: true });
    expect(() => parse(['path', '--de', '--d', '3'])).toThrow(
      'cannot tell which option --d is: --duration, --deep, see pathcap --help',
    );
  });

  test.each([
    [['--duration', '0'], 'cannot read --duration: 0 is not a whole number from 1 to 31536000'],
    [['-c', 'x'], 'cannot read -c: x is not a whole number from 1 to 2147483647'],
    [['--promiscuous'], "unknown option '--promiscuous', see pathcap --help"],
  ])('refuses %j', (argv, message) => {
    expect(() => parse(['path', ...argv])).toThrow(message);
  });
});

test('--help and the manual page say every option', () => {
  const { stdout } = pathcap(['path', '--help']);
  expect(stdout).toMatch(/^Usage: pathcap path \[options\] \[filter\.\.\.\]\n/);
  const page = pathcap(['manual']).stdout.replaceAll('\\-', '-');
  const own = page.slice(page.indexOf('.SS pathcap path'), page.indexOf('.SS pathcap map'));
  for (const { short, long } of rows) {
    if (short) expect(stdout).toContain(`-${short}`);
    if (long) expect(stdout).toContain(`--${long}`);
    if (long === 'help') continue;
    if (short) expect(own).toContain(`\\fB-${short}\\fR`);
    if (long) expect(own).toContain(`\\fB--${long}\\fR`);
  }
});

test.skipIf(!findTool('bash'))('bash offers what may come', () => {
  const script = `${pathcap(['completion', 'bash']).stdout}
    COMP_WORDS=(pathcap "$@"); COMP_CWORD=$#; _pathcap; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const offers = (...words: string[]) =>
    spawnSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8', cwd: '/' })
      .stdout.trim()
      .split('\n');
  expect(offers('pa')).toEqual(['path']);
  expect(offers('path', '--du')).toEqual(['--duration']);
  expect(offers('path', '--imm')).toEqual(['']);
  expect(offers('path', '-r', 'et')).toEqual(['etc']);
  expect(offers('path', '-i', 'a')).toContain('any');
  expect(offers('map', '--j')).toEqual(['--json']);
});

test.skipIf(!findTool('fish'))('fish offers what may come', () => {
  const script = pathcap(['completion', 'fish']).stdout;
  const offers = (line: string) =>
    spawnSync('fish', ['-c', `${script}\ncomplete -C '${line}'`], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
      .map((row) => row.split('\t')[0]);
  expect(offers('pathcap pa')).toEqual(['path']);
  expect(offers('pathcap path --du')).toEqual(['--duration']);
  expect(offers('pathcap path --imm')).toEqual(['']);
});
