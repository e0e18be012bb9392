// Reading files, option by option, beside the real tcpdump on the same files: all of standard output, all messages
// (with the program's name exchanged) and the exit code.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { has } from '../support/needs.ts';
import { type Ended, makeFolder, pathcap, type RunOptions, removeFolder, tcpdump } from '../support/pathcap.ts';
import { timed, timedPcap, traffic } from '../support/traffic.ts';

const folder = makeFolder();
const micro = join(folder, 'micro.pcap');
const nano = join(folder, 'nano.pcap');
const bigEndian = join(folder, 'big-endian.pcap');
const short = join(folder, 'short.pcap');
const raw = join(folder, 'raw.pcap');
const empty = join(folder, 'empty.pcap');
const list = join(folder, 'list');

beforeAll(() => {
  const packets = timed(traffic());
  writeFileSync(micro, timedPcap(packets));
  writeFileSync(nano, timedPcap(packets, { nanoseconds: true, snapLength: 65535 }));
  writeFileSync(bigEndian, timedPcap(packets, { bigEndian: true }));
  writeFileSync(short, timedPcap(packets.slice(0, 1)));
  const inside = packets.slice(1, 6).map((packet) => ({ ...packet, bytes: packet.bytes.subarray(14) }));
  writeFileSync(raw, timedPcap(inside, { linkType: 101 }));
  writeFileSync(empty, timedPcap([]));
  writeFileSync(list, `${micro}\n${raw}\n${nano}\n`);
});

afterAll(() => removeFolder(folder));

function asPathcap({ stdout, stderr, code }: Ended): Ended {
  return { stdout, stderr: stderr.replaceAll('tcpdump: ', 'pathcap: '), code };
}

function expectSame(args: readonly string[], options: RunOptions = {}): void {
  expect(pathcap(args, options)).toEqual(asPathcap(tcpdump(args, options)));
}

describe.skipIf(!has('tool:tcpdump'))('the same as tcpdump', () => {
  test.each([
    '-n',
    '-nnSe',
    '-nnqeK',
    '-nnv --number',
    '-nnvvvvK',
    '-nn#x -c 3',
    '-nnxxxc3',
    '-nnX --time-stamp-precision=nano',
    '-nnXXA',
    '-nnA -c 100',
    '-nnAAq',
    '-nnqx',
    '-nnt -s 20',
    '-nntt --nano -U',
    '-nnttt --nano',
    '-nnttt --micro -H',
    '-nntttt -l',
    '-nnttttt -p -N',
    '--count',
    '-c 4 --count',
  ])('%s', (letters) => {
    expectSame([...letters.split(' '), '-r', letters.includes('nano') ? nano : micro]);
  });

  test('big-endian, cooked, empty files, and one packet', () => {
    for (const file of [bigEndian, raw, empty, short]) expectSame(['-nn', '-r', file]);
    for (const file of [empty, short]) expectSame(['--count', '-r', file]);
  });

  test.each(['UTC', 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Kiritimati', 'Europe/Berlin'])('TZ=%s', (TZ) => {
    // the clocks of Berlin went back at 1698541200
    const file = join(folder, 'zone.pcap');
    writeFileSync(file, timedPcap(timed(traffic(), 1_698_541_190)));
    expectSame(['-nntttt', '-r', file], { env: { TZ } });
  });

  test('standard input', () => {
    const input = timedPcap(timed(traffic()));
    expectSame(['-nn', '-r', '-'], { input });
  });

  test('-V, a file and standard input', () => {
    expectSame(['-nn', '-V', list]);
    expectSame(['-nn#', '-V', '-'], { input: `${micro}\n${short}\n` });
  });

  test('options after the words, and after --', () => {
    expectSame(['-r', micro, '-n', '-n', '--']);
  });
});

describe('beyond tcpdump', () => {
  const quiet = (args: readonly string[]) => pathcap(args).stdout;

  test('-c holds for all files of a list together', () => {
    expect(quiet(['--count', '-c', '10', '-V', list])).toBe('10 packets\n');
  });

  test('gzip', () => {
    const file = join(folder, 'micro.pcap.gz');
    writeFileSync(file, gzipSync(timedPcap(timed(traffic()))));
    expect(quiet(['-nn', '-r', file])).toBe(quiet(['-nn', '-r', micro]));
  });

  test('several files are merged by time', () => {
    const packets = timed(traffic()).sort((a, b) => a.seconds - b.seconds || a.nanoseconds - b.nanoseconds);
    const parts = [0, 1, 2].map((part) => {
      const file = join(folder, `part${part}.pcap`);
      writeFileSync(file, timedPcap(packets.filter((_, i) => i % 3 === part)));
      return ['-r', file];
    });
    const whole = join(folder, 'whole.pcap');
    writeFileSync(whole, timedPcap(packets));
    expect(quiet(['-nn#e', ...parts.flat()])).toBe(quiet(['-nn#e', '-r', whole]));
    expect(quiet(['--count', ...parts.flat()])).toBe('9 packets\n');
    expect(quiet(['--count', '-c5', ...parts.flat()])).toBe('5 packets\n');
  });

  test('a file that ends too early gives all packets before, then one message', () => {
    const whole = timedPcap(timed(traffic()));
    const file = join(folder, 'cut.pcap');
    writeFileSync(file, whole.subarray(0, whole.length - 5));
    const lastLine = '00:00:23.988641 IP 192.0.2.1.40003 > 192.0.2.2.9999: UDP, length 14\n';
    const all = quiet(['-nn', '-r', micro]);
    expect(all.endsWith(lastLine)).toBe(true);
    const printed = pathcap(['-nn', '-r', file]);
    expect(printed.code).toBe(1);
    expect(printed.stdout).toBe(all.slice(0, -lastLine.length));
    const lastRecord = whole.length - 16 - traffic().at(-1)!.length;
    expect(printed.stderr.split('\n')[1]).toMatch(
      new RegExp(`^pathcap: cannot read ${file} further than byte ${lastRecord}: `),
    );
    const counted = pathcap(['--count', '-r', file]);
    expect([counted.stdout, counted.code]).toEqual(['8 packets\n', 1]);
    expect(counted.stderr).toBe(printed.stderr);
  });
});
