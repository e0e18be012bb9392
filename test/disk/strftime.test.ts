// strftime against date(1) in the POSIX locale, in time zones with and without summer time.
import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { strftime } from '../../src/disk/index.ts';
import { findTool, has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';

const CONVERSIONS = [...'aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYz', 'EY', 'Od', '%'].map((one) => `%${one}`);
const PATTERN = CONVERSIONS.join('|');
const TIMES = 300;

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

describe.skipIf(!has('tool:date'))('as date(1) writes it', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe'])('in %s', (timeZone) => {
    const random = new Random(seedFor('strftime'));
    const seconds = Array.from({ length: TIMES }, () => 86_400 + random.below(0x7fff_ffff - 86_400));
    const { stdout } = spawnSync(findTool('date')!, ['-f', '-', `+${PATTERN}|`], {
      input: seconds.map((time) => `@${time}`).join('\n'),
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', TZ: timeZone },
    });
    process.env.TZ = timeZone;
    expect(seconds.map((time) => `${strftime(PATTERN, new Date(1000 * time))}|\n`).join('')).toBe(stdout);
  });
});

it('leaves what is no conversion', () => {
  expect(strftime('a%Qb%', new Date(0))).toBe('a%Qb%');
});

it('names the time zone', () => {
  process.env.TZ = 'UTC';
  expect(strftime('%Z', new Date(0))).toBe('UTC');
});
