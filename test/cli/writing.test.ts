// Writing files, beside the real tcpdump: the same bytes under the same names.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { has } from '../support/needs.ts';
import { makeFolder, pathcap, removeFolder, tcpdump } from '../support/pathcap.ts';
import { timed, timedPcap, traffic, writeTraffic } from '../support/traffic.ts';

const folder = makeFolder();
const micro = join(folder, 'micro.pcap');
const nano = join(folder, 'nano.pcap');
const big = join(folder, 'big.pcap');

beforeAll(() => {
  writeTraffic(micro);
  writeTraffic(nano, { nanoseconds: true, snapLength: 65535 });
  const frames = Array.from({ length: 2600 }, (_, i) => new Uint8Array(1200).fill(i));
  writeFileSync(big, timedPcap(timed(frames)));
});

afterAll(() => removeFolder(folder));

let ours = '';
let theirs = '';

beforeEach(() => {
  ours = makeFolder();
  theirs = makeFolder();
  return () => [ours, theirs].forEach(removeFolder);
});

function contents(path: string): Record<string, string> {
  const names = readdirSync(path).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name)).toString('hex')]));
}

/** The same letters to both, each in a folder of its own, to which names are relative. */
function expectSameFiles(args: readonly string[]): void {
  const us = pathcap(args, { cwd: ours });
  const them = tcpdump(args, { cwd: theirs });
  expect([us.stdout, us.code]).toEqual([them.stdout, them.code]);
  expect(contents(ours)).toEqual(contents(theirs));
}

describe.skipIf(!has('tool:tcpdump'))('the same files as tcpdump', () => {
  test.each([
    ['-r', micro, '-w', 'out'],
    ['-r', nano, '-w', 'out'],
    ['-r', nano, '--nano', '-w', 'out'],
    ['-r', micro, '--nano', '-w', 'out'],
    ['-c4', '-r', micro, '-w', 'out'],
    ['-U', '-r', micro, '-w', 'out'],
    ['-r', micro, '-w', '-'],
    ['-nn', '--print', '-r', micro, '-w', 'out'],
    ['-r', big, '-w', 'out', '-C1'],
    ['-r', big, '-w', 'out', '-C2', '-W12'],
    ['-r', big, '-w', 'out', '-C1', '-W2'],
    ['-r', big, '-w', 'out', '-G', '3600'],
    ['-r', big, '-w', 'out-%Y', '-G', '3600', '-C1'],
    ['-r', big, '-w', 'out', '-W3'],
    ['-r', big, '-w', 'out', '-C1', '-z', 'gunzip'],
  ])('%j', (...args) => expectSameFiles(args));
});

test('-z runs its command on each file that is done with', () => {
  const log = join(ours, 'log');
  const command = join(ours, 'command');
  writeFileSync(command, `#!/bin/sh\necho "$1" >> ${log}\n`, { mode: 0o755 });
  const { stderr, code } = pathcap(['-r', big, '-w', 'out', '-C1', '-z', command], { cwd: ours });
  expect([code, stderr.split('\n').length]).toEqual([0, 2]);
  expect(readFileSync(log, 'utf8').split('\n').sort()).toEqual(['', 'out', 'out1', 'out2']);
});

describe('pcapng', () => {
  test('is written when the name says so, or --format, and reads back the same', () => {
    const printed = pathcap(['-nne', '--nano', '-r', nano]).stdout;
    for (const args of [
      ['-w', 'out.pcapng'],
      ['-w', 'out', '--format', 'pcapng'],
    ]) {
      expect(pathcap(['-r', nano, ...args], { cwd: ours }).code).toBe(0);
      expect(readFileSync(join(ours, args[1]!)).readUInt32BE(0)).toBe(0x0a0d0d0a);
      expect(pathcap(['-nne', '--nano', '-r', join(ours, args[1]!)]).stdout).toBe(printed);
    }
  });

  test.skipIf(!has('tool:tcpdump'))('is read by tcpdump', () => {
    pathcap(['-r', nano, '-w', 'out.pcapng'], { cwd: ours });
    const { stdout } = tcpdump(['-nne', '--nano', '-r', join(ours, 'out.pcapng')]);
    expect(stdout).toBe(pathcap(['-nne', '--nano', '-r', nano]).stdout);
  });

  test('holds packets of several link types', () => {
    const raw = join(ours, 'raw.pcap');
    const inside = timed(traffic().slice(1, 6)).map((packet) => ({ ...packet, bytes: packet.bytes.subarray(14) }));
    writeFileSync(raw, timedPcap(inside, { linkType: 101 }));
    const out = join(ours, 'out.pcapng');
    expect(pathcap(['-r', micro, '-r', raw, '-w', out]).code).toBe(0);
    expect(pathcap(['-nn', '-r', out]).stdout).toBe(pathcap(['-nn', '-r', micro, '-r', raw]).stdout);
  });
});

test('a pcap file has room for one link type only', () => {
  const raw = join(ours, 'raw.pcap');
  writeTraffic(raw, { linkType: 101 });
  const { stderr, code } = pathcap(['-r', micro, '-r', raw, '-w', join(ours, 'out')]);
  expect(code).toBe(1);
  expect(stderr.split('\n').at(-2)).toBe(
    `pathcap: cannot write the packets of ${raw} to a pcap file of link type EN10MB (Ethernet): theirs is RAW (Raw IP), for which --format pcapng has room`,
  );
});
