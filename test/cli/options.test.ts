// The option table: its rows are in order with one another, and the parser gives the values that it promises.
import { describe, expect, test } from 'vitest';
import { CAPTURE, SUBCOMMANDS } from '../../src/cli/commands.ts';
import { Failure } from '../../src/cli/failure.ts';
import type { OptionRow } from '../../src/cli/option-types.ts';
import { CAPTURE_OPTIONS, type CaptureOptions, GROUPS } from '../../src/cli/options.ts';
import { parse } from '../../src/cli/parse.ts';

const rows: [string, OptionRow][] = Object.entries(CAPTURE_OPTIONS);

function parsed(...argv: string[]): { options: CaptureOptions; words: string[] } {
  const request = parse(argv)!;
  expect(request.command.name).toBe(CAPTURE.name);
  return { options: request.values as unknown as CaptureOptions, words: request.words };
}

describe('the table', () => {
  test('has a letter or a long name for each row, and none twice', () => {
    const spellings = rows.flatMap(([, row]) => [row.short && `-${row.short}`, row.long && `--${row.long}`]);
    const given = spellings.filter((text) => text !== undefined);
    expect(rows.every(([, row]) => row.short !== undefined || row.long !== undefined)).toBe(true);
    expect(given).toEqual([...new Set(given)]);
  });

  test('has every row in a group, in the order of the groups', () => {
    const groups = [...new Set(rows.map(([, row]) => row.group))];
    expect(groups).toEqual(Object.values(GROUPS));
  });

  test('says what each option does in a phrase', () => {
    for (const [, row] of rows) expect(row.help).not.toMatch(/^[A-Z]|\.$/);
    for (const { help } of SUBCOMMANDS) expect(help).not.toMatch(/^[A-Z]|\.$/);
  });

  test("has tcpdump's long names for its letters", () => {
    const byLetter = new Map(rows.map(([, row]) => [row.short, row.long]));
    const names = {
      B: 'buffer-size',
      D: 'list-interfaces',
      h: 'help',
      i: 'interface',
      j: 'time-stamp-type',
      J: 'list-time-stamp-types',
      K: 'dont-verify-checksums',
      L: 'list-data-link-types',
      p: 'no-promiscuous-mode',
      Q: 'direction',
      s: 'snapshot-length',
      S: 'absolute-tcp-sequence-numbers',
      U: 'packet-buffered',
      Z: 'relinquish-privileges',
      '#': 'number',
    };
    for (const [letter, name] of Object.entries(names)) expect(byLetter.get(letter)).toBe(name);
  });
});

describe('the parser', () => {
  test('takes nothing', () => {
    const { options, words } = parsed();
    expect(words).toEqual([]);
    expect(options).toMatchObject({ interfaces: [], readFiles: [], numeric: 0, time: 0, print: false, json: false });
    expect(options.count).toBeUndefined();
  });

  test('takes bundled letters, the last with its argument', () => {
    expect(parsed('-nnvvXr', 'file').options).toMatchObject({
      numeric: 2,
      verbose: 2,
      hexAscii: 1,
      readFiles: ['file'],
    });
    expect(parsed('-c10').options.count).toBe(10);
    expect(parsed('-vc', '10', '-ttttt').options).toMatchObject({ verbose: 1, count: 10, time: 5 });
    expect(parsed('-#eA').options).toMatchObject({ number: true, linkHeader: true, ascii: 1 });
  });

  test('takes long names with their argument after = or as the next word', () => {
    expect(parsed('--interface=any', '--interface', 'lo', '-ieth0').options.interfaces).toEqual(['any', 'lo', 'eth0']);
    expect(parsed('--snapshot-length', '0x40').options.snapshotLength).toBe(64);
    expect(parsed('--no-promiscuous-mode').options.noPromiscuous).toBe(true);
  });

  test('takes long names cut short, as getopt_long does', () => {
    expect(parsed('--vers').options.version).toBe(true);
    expect(parsed('--list-i').options.listInterfaces).toBe(true);
    expect(parsed('--inter=any', '--interf', 'lo', '-i', '--vers').options.interfaces).toEqual(['any', 'lo', '--vers']);
    expect(parsed('-vi', '--list', '--snap', '96').options).toMatchObject({
      interfaces: ['--list'],
      snapshotLength: 96,
    });
    expect(parsed('--print').options).toMatchObject({ print: true });
    expect(parsed('--', '--vers').words).toEqual(['--vers']);
    expect(parse(['demo', '--js'])!.values).toMatchObject({ json: true });
  });

  test('takes the last of --micro, --nano and --time-stamp-precision', () => {
    expect(parsed('--nano').options.timestampPrecision).toBe('nano');
    expect(parsed('--nano', '--micro').options.timestampPrecision).toBe('micro');
    expect(parsed('--time-stamp-precision=nano').options.timestampPrecision).toBe('nano');
  });

  test('takes choices in either case', () => {
    expect(parsed('-Q', 'InOut').options.direction).toBe('inout');
  });

  test('takes filter words, also before options, as getopt_long does', () => {
    expect(parsed('-n', 'tcp', 'port', '80').words).toEqual(['tcp', 'port', '80']);
    expect(parsed('tcp', '-n').options.numeric).toBe(1);
    expect(parsed('-n', '--', '-1', '<', 'len').words).toEqual(['-1', '<', 'len']);
  });

  test('takes - as the name of a file', () => {
    expect(parsed('-r', '-', '-w', '-').options).toMatchObject({ readFiles: ['-'], writeFile: '-' });
  });

  test('knows the other commands', () => {
    const request = parse(['completion', 'bash'])!;
    expect([request.command.name, request.words]).toEqual(['completion', ['bash']]);
    expect(parse(['demo'])!.command.name).toBe('demo');
  });

  test.each([
    [['-c', 'x'], 'cannot read -c: x is not a whole number from 1 to 2147483647'],
    [['-c0'], 'cannot read -c: 0 is not a whole number from 1 to 2147483647'],
    [['-c', '1.5'], 'cannot read -c: 1.5 is not a whole number from 1 to 2147483647'],
    [['-s', '-1'], 'cannot read -s: -1 is not a whole number from 0 to 262144'],
    [['-s', '262145'], 'cannot read -s: 262145 is not a whole number from 0 to 262144'],
    [['-B', '0'], 'cannot read -B: 0 is not a whole number from 1 to 2097151'],
    [['-Q', 'up'], 'cannot read -Q: up is none of in, out, inout'],
    [['--format', 'cap'], 'cannot read --format: cap is none of pcap, pcapng'],
    [['-tttttt'], 'cannot take -t more than 5 times'],
    [['--bogus'], "unknown option '--bogus', see pathcap --help"],
    [['--counr'], "unknown option '--counr' (Did you mean --count?), see pathcap --help"],
    [
      ['--list'],
      'cannot tell which option --list is: --list-interfaces, --list-data-link-types, --list-time-stamp-types, see pathcap --help',
    ],
    [
      ['--time-stamp=x'],
      'cannot tell which option --time-stamp is: --time-stamp-type, --time-stamp-precision, see pathcap --help',
    ],
    [['demo', '--vers'], "unknown option '--vers', see pathcap --help"],
    [['-n%'], "unknown option '-%', see pathcap --help"],
    [['-c'], "option '-c <count>' argument missing, see pathcap --help"],
    [['completion'], "missing required argument 'shell', see pathcap --help"],
    [['demo', 'x'], "too many arguments for 'demo'. Expected 0 arguments but got 1, see pathcap --help"],
  ])('refuses %j', (argv, message) => {
    expect(() => parse(argv)).toThrow(new Failure(message));
  });
});
