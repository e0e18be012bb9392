// --help, --version, the manual page and the completion scripts: whole, as people get them.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { OptionRow } from '../../src/cli/option-types.ts';
import { CAPTURE_OPTIONS } from '../../src/cli/options.ts';
import { findTool } from '../support/needs.ts';
import { pathcap } from '../support/pathcap.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const rows: OptionRow[] = Object.values(CAPTURE_OPTIONS);

test('--help', async () => {
  const { stdout, stderr, code } = pathcap(['--help']);
  expect([stderr, code]).toEqual(['', 0]);
  await expect(stdout).toMatchFileSnapshot('golden/help.txt');
  expect(pathcap(['-h']).stdout).toBe(stdout);
});

test('demo --help', () => {
  const { stdout, stderr, code } = pathcap(['demo', '--help']);
  expect([stderr, code]).toEqual(['', 0]);
  expect(stdout).toMatch(/^Usage: pathcap demo \[options\]\n/);
});

test('--version and version', () => {
  const expected = { stdout: `pathcap version ${version}\nNode ${process.versions.node}\n`, stderr: '', code: 0 };
  expect(pathcap(['--version'])).toEqual(expected);
  expect(pathcap(['version'])).toEqual(expected);
  expect(pathcap(['-n', '--version'])).toEqual(expected);
});

describe('the manual page', () => {
  const page = pathcap(['manual']).stdout;

  test('is what it was', async () => {
    await expect(page.replace(version, 'VERSION')).toMatchFileSnapshot('golden/manual.1');
  });

  test.skipIf(!findTool('groff'))('raises no warning in groff', () => {
    const { stderr, status } = spawnSync('groff', ['-man', '-ww', '-Tutf8', '-z'], { input: page, encoding: 'utf8' });
    expect([stderr, status]).toEqual(['', 0]);
  });

  test.skipIf(!findTool('man'))('shows every option in man', () => {
    const { stdout, stderr, status } = spawnSync('man', ['-l', '-'], {
      input: page,
      encoding: 'utf8',
      env: { ...process.env, MANPAGER: 'cat', MANWIDTH: '100', MAN_KEEP_FORMATTING: '', LC_ALL: 'C.UTF-8' },
    });
    expect([stderr, status]).toEqual(['', 0]);
    for (const { short, long } of rows) {
      if (short) expect(stdout).toContain(`-${short}`);
      if (long) expect(stdout).toContain(`--${long}`);
    }
  });
});

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('for %s is accepted by it', async (shell) => {
    const { stdout, stderr, code } = pathcap(['completion', shell]);
    expect([stderr, code]).toEqual(['', 0]);
    await expect(stdout).toMatchFileSnapshot(`golden/completion.${shell}`);
    if (!findTool(shell)) return;
    const golden = fileURLToPath(new URL(`golden/completion.${shell}`, import.meta.url));
    const check = spawnSync(shell, ['-n', golden], { encoding: 'utf8' });
    expect([check.stdout, check.stderr, check.status]).toEqual(['', '', 0]);
  });

  test('for another shell is refused', () => {
    expect(pathcap(['completion', 'csh'])).toEqual({
      stdout: '',
      stderr: 'pathcap: cannot write a completion script for csh: there are scripts for bash, zsh, fish\n',
      code: 1,
    });
  });

  /** What bash offers when the words stand before the cursor, the last being completed. */
  function bashOffers(...words: string[]): string[] {
    const script = `${pathcap(['completion', 'bash']).stdout}
      COMP_WORDS=(pathcap "$@"); COMP_CWORD=$#; _pathcap; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = spawnSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8', cwd: '/' });
    return stdout.split('\n').filter((line) => line !== '');
  }

  test.skipIf(!findTool('bash'))('in bash offers what may come', () => {
    expect(bashOffers('--imm')).toEqual(['--immediate-mode']);
    expect(bashOffers('-Q', 'i')).toEqual(['in', 'inout']);
    expect(bashOffers('-i', 'a')).toContain('any');
    expect(bashOffers('-nnr', 'et')).toEqual(['etc']);
    expect(bashOffers('-c', '')).toEqual([]);
    expect(bashOffers('comp')).toEqual(['completion']);
    expect(bashOffers('completion', 'b')).toEqual(['bash']);
  });

  test.skipIf(!findTool('fish'))('in fish offers what may come', () => {
    const script = pathcap(['completion', 'fish']).stdout;
    const offers = (line: string) => {
      const { stdout } = spawnSync('fish', ['-c', `${script}\ncomplete -C '${line}'`], { encoding: 'utf8' });
      return stdout.split('\n').flatMap((row) => (row === '' ? [] : [row.split('\t')[0]]));
    };
    expect(offers('pathcap --imm')).toEqual(['--immediate-mode']);
    expect(offers('pathcap -Q i')).toEqual(['in', 'inout']);
    expect(offers('pathcap completion b')).toEqual(['bash']);
  });
});
