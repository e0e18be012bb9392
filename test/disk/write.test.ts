// Writing capture files: round trips through files, errors, buffering, and rotation beside the real tcpdump.
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CaptureWriterOptions, createCaptureWriter, openCapture } from '../../src/disk/index.ts';
import { PcapWriter } from '../../src/file/index.ts';
import { LINK_TYPE, OwnedPacket } from '../../src/wire/index.ts';
import { fileOf, lineOf } from '../support/capture-files.ts';
import { temporaryFolder } from '../support/folder.ts';
import { findTool, has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';

const inFolder = temporaryFolder();
const random = new Random(seedFor('writing capture files'));

const PACKETS = Array.from(
  { length: 20_000 },
  (_, n) =>
    new OwnedPacket(random.bytes(60 + random.below(200)), { linkType: 1, seconds: n, nanoseconds: 1000 * (n % 1000) }),
);

function writeAll(path: string, options?: CaptureWriterOptions, packets = PACKETS): void {
  using writer = createCaptureWriter(path, options);
  for (const packet of packets) writer.write(packet);
}

describe('a file', () => {
  it.each(['pcap', 'pcapng'] as const)('%s, read back', async (format) => {
    writeAll(inFolder('whole'), { format });
    using file = await openCapture(inFolder('whole'));
    expect(file.format).toBe(format);
    const lines: string[] = [];
    await file.packets((packet) => {
      lines.push(lineOf(packet));
    });
    expect(lines.join('\n')).toBe(PACKETS.map(lineOf).join('\n'));
  });

  it('is there with its header at once', () => {
    using writer = createCaptureWriter(inFolder('header'), { linkType: LINK_TYPE.RAW });
    expect(readFileSync(inFolder('header'))).toEqual(
      Buffer.from(fileOf(new PcapWriter({ linkType: LINK_TYPE.RAW }), [])),
    );
    expect([writer.path, writer.bytesWritten, writer.packetsWritten]).toEqual([inFolder('header'), 24, 0]);
  });

  it('has each packet at once with packetBuffered, and all of them after flush without', () => {
    const size = () => statSync(inFolder('buffered')).size;
    using at = createCaptureWriter(inFolder('buffered'), { packetBuffered: true });
    at.write(PACKETS[0]!);
    expect(size()).toBe(24 + 16 + PACKETS[0]!.capturedLength);
    using later = createCaptureWriter(inFolder('buffered'));
    later.write(PACKETS[0]!);
    expect([size(), later.bytesWritten]).toEqual([24, 24 + 16 + PACKETS[0]!.capturedLength]);
    later.flush();
    expect(size()).toBe(later.bytesWritten);
  });

  it('on standard output', () => {
    const program = `
      import { createCaptureWriter } from '${new URL('../../dist/disk/index.js', import.meta.url).pathname}';
      const writer = createCaptureWriter('-', { linkType: 101 });
      const bytes = Uint8Array.of(1, 2, 3);
      const packet = { bytes, offset: 0, capturedLength: 3, originalLength: 9, seconds: 1, nanoseconds: 2000, linkType: 101, interfaceIndex: 0, data: bytes };
      for (let i = 0; i < 100_000; i++) writer.write(packet);
      writer.close();`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { maxBuffer: 1 << 24 });
    expect(stdout.length).toBe(24 + 100_000 * 19);
  });
});

describe('errors', () => {
  it.each([
    ['none/such', 'no such file or directory'],
    ['.', 'illegal operation on a directory'],
  ])('%s', (name, cause) => {
    expect(() => createCaptureWriter(inFolder(name))).toThrow(`cannot write ${inFolder(name)}: ${cause}`);
  });

  it.skipIf(!existsSync('/dev/full'))('no space left', () => {
    expect(() => createCaptureWriter('/dev/full')).toThrow('cannot write /dev/full: no space left on device');
  });

  it.skipIf(!has('tool:mkfifo'))('a reader that went away; what was lost is not written again', () => {
    const path = inFolder('gone');
    spawnSync('mkfifo', [path]);
    const reader = spawn('head', ['-c', '1', path], { stdio: 'ignore' });
    const writer = createCaptureWriter(path);
    const writeOn = () => {
      // A pipe holds 64 KiB: far more is written than could stay unread.
      for (let i = 0; i < 100_000; i++) {
        writer.write(PACKETS[0]!);
        writer.flush();
      }
    };
    expect(writeOn).toThrow(`cannot write ${path}: broken pipe`);
    expect(() => writer.close()).not.toThrow();
    reader.kill();
  });
});

const SOURCE = inFolder('source.pcap');
writeFileSync(SOURCE, fileOf(new PcapWriter({ snapLength: 262144 }), PACKETS));

/** Names and contents of a folder's files. */
function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(inFolder(folder)).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(inFolder(folder, name)).toString('base64')]));
}

describe.skipIf(!has('tool:tcpdump'))('rotation, as tcpdump does it', () => {
  it.each([
    [4, 'by size', { bytes: 1_000_000 }, ['-C', '1']],
    [2, 'by size in a ring of 2', { bytes: 1_000_000, files: 2 }, ['-C', '1', '-W', '2']],
    [4, 'by size in a ring of 12', { bytes: 1_000_000, files: 12 }, ['-C', '1', '-W', '12']],
    [1, 'by size in a ring of 1', { bytes: 1_000_000, files: 1 }, ['-C', '1', '-W', '1']],
    [1, 'not at all', { files: 3 }, ['-W', '3']],
    [1, 'by a time that does not come', { seconds: 3600 }, ['-G', '3600']],
    [
      3,
      'by size and a time that does not come',
      { seconds: 3600, bytes: 1_000_000, files: 3 },
      ['-G', '3600', '-C', '1', '-W', '3'],
    ],
  ])('%i files: %s', async (count, name, rotate, args) => {
    const [ours, theirs] = [`ours ${name}`, `theirs ${name}`];
    mkdirSync(inFolder(ours));
    mkdirSync(inFolder(theirs));
    writeAll(inFolder(ours, 'out-%Y'), { rotate });
    const run = spawnSync(findTool('tcpdump')!, [
      '-r',
      SOURCE,
      ...args,
      '-w',
      inFolder(theirs, 'out-%Y'),
      '-Z',
      'root',
    ]);
    expect(run.status).toBe(0);
    expect(Object.keys(filesIn(theirs)).length).toBe(count);
    expect(filesIn(ours)).toEqual(filesIn(theirs));
  });

  it('by time', async () => {
    mkdirSync(inFolder('time-ours'));
    mkdirSync(inFolder('time-theirs'));
    const fifo = inFolder('time-fifo');
    spawnSync('mkfifo', [fifo]);
    const args = ['-r', fifo, '-G', '1', '-W', '2', '-w', inFolder('time-theirs', 'out-%s'), '-Z', 'root'];
    await nearSecond(0.5);
    const tcpdump = spawn(findTool('tcpdump')!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let messages = '';
    tcpdump.stderr.on('data', (text) => {
      messages += text;
    });
    const exited = new Promise((resolve) => tcpdump.on('exit', resolve));
    const feed = openSync(fifo, 'w');
    const bytes = readFileSync(SOURCE);
    writeSync(feed, bytes, 0, 24);
    using writer = createCaptureWriter(inFolder('time-ours', 'out-%s'), { rotate: { seconds: 1, files: 2 } });
    const results: boolean[] = [];
    for (let i = 0, at = 24; i < 5 && results.at(-1) !== false; i++) {
      const packet = PACKETS[i]!;
      results.push(writer.write(packet));
      writeSync(feed, bytes, at, 16 + packet.capturedLength);
      at += 16 + packet.capturedLength;
      await nearSecond(0.5);
    }
    closeSync(feed);
    await exited;
    expect(results).toEqual([true, true, false]);
    expect(messages).toContain('Maximum file limit reached: 2');
    expect(filesIn('time-ours')).toEqual(filesIn('time-theirs'));
  });

  it('with a command on each file that is done with, at the lowest priority', async () => {
    mkdirSync(inFolder('command'));
    const script = inFolder('command.sh');
    writeFileSync(script, '#!/bin/sh\nnice > "$1.nice"; echo "$#" > "$1.done"\n', { mode: 0o755 });
    writeAll(inFolder('command', 'out; exit'), { rotate: { bytes: 2_000_000, command: script } });
    const done = inFolder('command', 'out; exit.done');
    while (!existsSync(done) || statSync(done).size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(readdirSync(inFolder('command')).sort()).toEqual([
      'out; exit',
      'out; exit.done',
      'out; exit.nice',
      'out; exit1',
    ]);
    expect(readFileSync(done, 'utf8')).toBe('1\n');
  });

  it('with a command that is not there', async () => {
    const warnings: string[] = [];
    const path = inFolder('no-command');
    writeAll(path, { rotate: { bytes: 2_000_000, command: inFolder('none') }, warn: (text) => warnings.push(text) });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(warnings).toEqual([`cannot run ${inFolder('none')} ${path}: no such file or directory`]);
  });
});

/** Waits until the clock stands so far into the next second. */
async function nearSecond(fraction: number): Promise<void> {
  const now = Date.now() / 1000;
  await new Promise((resolve) => setTimeout(resolve, 1000 * (Math.floor(now) + 1 + fraction - now)));
}

it.skipIf(!has('linux'))('leaves no descriptor open', () => {
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  writeAll(inFolder('descriptors'), { rotate: { bytes: 10_000 } }, PACKETS.slice(0, 1000));
  expect(open()).toBe(before);
});
