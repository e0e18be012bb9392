// Opening capture files: what is said of them, errors, gzip, pipes and FIFOs, stopping, and what stays open.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openCapture } from '../../src/disk/index.ts';
import { type Block, PcapngWriter, PcapWriter } from '../../src/file/index.ts';
import { OwnedPacket, type PacketSource } from '../../src/wire/index.ts';
import { fileOf, lineOf, readWhole } from '../support/capture-files.ts';
import { temporaryFolder } from '../support/folder.ts';
import { findTool, has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';

const inFolder = temporaryFolder();
const NOBODY = 65534;

function save(name: string, bytes: Uint8Array): string {
  writeFileSync(inFolder(name), bytes);
  return inFolder(name);
}

const random = new Random(seedFor('opening capture files'));
const PACKETS = Array.from(
  { length: 3000 },
  (_, n) => new OwnedPacket(random.bytes(20 + random.below(600)), { linkType: 1, seconds: n, nanoseconds: 1000 * n }),
);
const PCAP = fileOf(new PcapWriter(), PACKETS);
const PCAPNG = fileOf(new PcapngWriter(), PACKETS);
const CONTENTS = PACKETS.map(lineOf);

async function contentsOf(source: PacketSource): Promise<string[]> {
  const contents: string[] = [];
  await source.packets((packet) => {
    contents.push(lineOf(packet));
  });
  return contents;
}

describe('a file', () => {
  it.each([
    ['pcap', PCAP, false, undefined],
    ['pcapng', PCAPNG, true, undefined],
    ['pcap', gzipSync(PCAP), false, 'gzip'],
    ['pcapng', gzipSync(PCAPNG), true, 'gzip'],
  ])('%s, %#', async (format, bytes, nanoseconds, gzip) => {
    using file = await openCapture(save('whole', bytes));
    expect(file).toMatchObject({ format, nanoseconds, byteOrder: 'little', linkType: 1, snapLength: 262144 });
    expect([file.bytesTotal, file.compressed, file.interfaces.length]).toEqual([bytes.length, gzip !== undefined, 1]);
    expect(await contentsOf(file)).toEqual(CONTENTS);
    expect([file.damage, file.bytesRead, file.statistics()]).toEqual([undefined, bytes.length, { received: 3000 }]);
  });

  it('counted', async () => {
    using file = await openCapture(save('counted', PCAP));
    expect(await file.countPackets(10)).toBe(10);
    expect(await file.countPackets()).toBe(2990);
    expect(await file.countPackets()).toBe(0);
  });

  it('pulled packet by packet', async () => {
    using file = await openCapture(save('pulled', gzipSync(PCAPNG)));
    const contents: string[] = [];
    for (let packet = await file.next(); packet; packet = await file.next()) contents.push(lineOf(packet));
    expect(contents).toEqual(CONTENTS);
  });

  it('read on after the handler stopped', async () => {
    using file = await openCapture(save('resumed', PCAP));
    const seconds: number[] = [];
    await file.packets((packet) => seconds.push(packet.seconds) < 3);
    await file.packets((packet) => seconds.push(packet.seconds) < 5);
    expect(seconds).toEqual([0, 1, 2, 3, 4]);
  });

  it('stopped in the middle', async () => {
    using file = await openCapture(save('stopped', PCAP));
    let count = 0;
    await file.packets(() => {
      if (++count === 7) file.stop();
    });
    expect(count).toBe(7);
    expect(await contentsOf(file)).toEqual([]);
  });

  it('with its other blocks', async () => {
    const writer = new PcapngWriter({ section: { os: 'Linux' } });
    writer.begin();
    writer.block({ kind: 'journal', entry: new Uint8Array(8) });
    writer.packet(PACKETS[0]!);
    writer.end({ received: 1 });
    const kinds: Block['kind'][] = [];
    const path = save('blocks', writer.output.bytes.slice(0, writer.output.length));
    using file = await openCapture(path, { onBlock: (block) => kinds.push(block.kind) });
    expect(kinds).toEqual(['section', 'journal', 'interface']);
    expect((await contentsOf(file)).length).toBe(1);
    expect(kinds.slice(3)).toEqual(['statistics']);
  });

  it('gives timers their turn', async () => {
    using file = await openCapture(save('turns', PCAP));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await file.packets(() => {
      const until = performance.now() + 0.05;
      while (performance.now() < until);
    });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
  });
});

describe('errors', () => {
  const failure = async (path: string) => (await openCapture(path).catch((error: Error) => error)) as Error;

  it.each([
    ['missing', undefined, 'no such file or directory'],
    ['empty', '', 'it is empty'],
    ['zip', 'PK\x03\x04abcdef', 'not a pcap or pcapng file (begins with 50 4b 03 04)'],
    ['tiny', 'ab', 'not a pcap or pcapng file (begins with 61 62)'],
    ['cut', PCAP.subarray(0, 23), 'the file ends within its header: 23 of 24 bytes are there'],
    ['cut-section', PCAPNG.subarray(0, 20), 'the file ends within its first block: 20 of 28 bytes are there'],
    ['old', Buffer.from('d4c3b2a101000000'.padEnd(48, '0'), 'hex'), 'pcap version 1.0 is unknown'],
    ['gzip-of-text', gzipSync('hello'), 'not a pcap or pcapng file (begins with 68 65 6c 6c)'],
    ['gzip-of-nothing', gzipSync(''), 'it is empty'],
    ['gzip-cut', gzipSync(PCAP).subarray(0, 12), 'the gzip data ends early'],
    ['gzip-bad', Buffer.from('1f8b0800000000000003ffffffffff', 'hex'), 'the gzip data is damaged'],
  ])('%s', async (name, content, cause) => {
    if (content !== undefined) writeFileSync(inFolder(name), content);
    expect((await failure(inFolder(name))).message).toBe(`cannot read ${inFolder(name)}: ${cause}`);
  });

  it('a folder', async () => {
    mkdirSync(inFolder('folder'));
    expect((await failure(inFolder('folder'))).message).toBe(`cannot read ${inFolder('folder')}: it is a directory`);
  });

  it('no permission', async () => {
    chmodSync(save('secret', PCAP), 0);
    const root = process.getuid?.() === 0;
    if (root) process.seteuid!(NOBODY);
    const error = await failure(inFolder('secret')).finally(() => root && process.seteuid!(0));
    expect(error).toMatchObject({ message: `cannot read ${inFolder('secret')}: permission denied`, code: 'EACCES' });
  });
});

describe('damage', () => {
  it.each([
    ['pcap', PCAP],
    ['pcapng', PCAPNG],
  ])('a %s file cut off', async (format, bytes) => {
    const cut = bytes.length - 5;
    const parts = [bytes.subarray(0, cut), gzipSync(bytes.subarray(0, cut))];
    for (const part of parts) {
      using file = await openCapture(save(`cut.${format}`, part));
      expect(await contentsOf(file)).toEqual(CONTENTS.slice(0, 2999));
      expect(file.damage?.reason).toMatch(/^the file ends within a (packet|block): \d+ of \d+ bytes are there$/);
      expect(file.damage!.offset).toBeLessThan(cut);
    }
  });

  it('gzip data cut off: every packet before it', async () => {
    const whole = gzipSync(PCAP);
    using file = await openCapture(save('cut.gz', whole.subarray(0, whole.length >> 1)));
    const contents = await contentsOf(file);
    expect(contents).toEqual(CONTENTS.slice(0, contents.length));
    expect(contents.length).toBeGreaterThan(1400);
    const ends = 24 + PACKETS.slice(0, contents.length).reduce((sum, packet) => sum + 16 + packet.capturedLength, 0);
    expect(file.damage).toEqual({ offset: ends, reason: 'the gzip data ends early' });
  });

  it.skipIf(!has('tool:gzip'))('gzip data damaged: every packet before it', async () => {
    const whole = Buffer.from(gzipSync(PCAP, { level: 1 }));
    const middle = whole.length >> 1;
    whole.fill(0xff, middle, middle + 100);
    const good = spawnSync('gzip', ['-dc'], { input: whole, maxBuffer: 1 << 28 }).stdout;
    using file = await openCapture(save('changed.gz', whole));
    const contents = await contentsOf(file);
    expect(file.damage).toBeDefined();
    const begin = Math.min(file.damage!.offset, good.length);
    expect(readWhole(new Uint8Array(good.subarray(0, begin))).packets.length).toBeLessThanOrEqual(contents.length);
    expect(contents.length).toBeGreaterThan(1400);
  });

  it('behind the gzip data: every packet', async () => {
    using file = await openCapture(save('more.gz', Buffer.concat([gzipSync(PCAP), Buffer.from('what is this')])));
    expect(await contentsOf(file)).toEqual(CONTENTS);
    expect(file.damage).toEqual({ offset: PCAP.length, reason: 'the gzip data is damaged' });
  });

  it('several gzip members in a row are one file', async () => {
    const members = [PCAP.subarray(0, 5000), PCAP.subarray(5000)].map((part) => gzipSync(part));
    using file = await openCapture(save('members.gz', Buffer.concat(members)));
    expect(await contentsOf(file)).toEqual(CONTENTS);
    expect(file.damage).toBeUndefined();
  });

  it('a length field that lies does not make the buffer grow', async () => {
    const lie = Buffer.alloc(16);
    lie.writeUInt32LE(250_000, 8);
    using file = await openCapture(save('lie', Uint8Array.from([...PCAP.subarray(0, 2000), ...lie])));
    const before = process.memoryUsage().arrayBuffers;
    await file.countPackets();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20);
    expect(file.damage).toBeDefined();
  });

  it('a packet larger than the buffer is no damage', async () => {
    const large = [1, 2].map((n) => new OwnedPacket(random.bytes(900_000 + n), { linkType: 1, seconds: n }));
    const bytes = fileOf(new PcapWriter({ snapLength: 1_000_000 }), large);
    using file = await openCapture(save('large', bytes));
    expect(await contentsOf(file)).toEqual(large.map(lineOf));
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A FIFO that nobody has opened. */
function makeFifo(name: string): string {
  spawnSync('mkfifo', [inFolder(name)]);
  return inFolder(name);
}

describe.skipIf(!has('tool:mkfifo'))('a FIFO', () => {
  it('delivers packets as they come, and waits without blocking', async () => {
    const path = makeFifo('live');
    const opening = openCapture(path);
    const writer = openSync(path, 'w');
    writeSync(writer, PCAP.subarray(0, 24 + 16 + PACKETS[0]!.capturedLength + 7));
    using file = await opening;
    const seen: string[] = [];
    const reading = file.packets((packet) => {
      seen.push(lineOf(packet));
    });
    await until(() => seen.length === 1);
    const second = 24 + 16 + PACKETS[0]!.capturedLength;
    writeSync(writer, PCAP.subarray(second + 7, second + 16 + PACKETS[1]!.capturedLength));
    await until(() => seen.length === 2);
    expect(seen).toEqual(CONTENTS.slice(0, 2));
    file.stop();
    await reading;
    expect(file.damage).toBeUndefined();
  });

  it('waits for its writer without blocking', async () => {
    const path = makeFifo('nobody');
    const opening = openCapture(path);
    let opened = false;
    const settled = () => {
      opened = true;
    };
    void opening.then(settled, settled);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(opened).toBe(false);
    spawnSync('sh', ['-c', ': > "$0"', path]);
    await expect(opening).rejects.toThrow(`cannot read ${path}: it is empty`);
  });

  it.each([
    ['plain', PCAP],
    ['gzip', gzipSync(PCAPNG)],
  ])('%s, in pieces', async (name, bytes) => {
    const path = makeFifo(name);
    const feeding = spawn('sh', ['-c', 'cat > "$0"', path], { stdio: ['pipe', 'ignore', 'ignore'] });
    feeding.stdin.end(bytes);
    using file = await openCapture(path);
    expect(await contentsOf(file)).toEqual(CONTENTS);
    expect([file.damage, file.bytesRead, file.bytesTotal]).toEqual([undefined, bytes.length, undefined]);
  });
});

/** Runs a program that reads standard input and prints what it found. */
function reader(): ChildProcess {
  const program = `
    import { openCapture } from '${new URL('../../dist/disk/index.js', import.meta.url).pathname}';
    const file = await openCapture('-');
    let bytes = 0;
    await file.packets((packet) => { bytes += packet.capturedLength; });
    console.log(JSON.stringify([file.path, file.format, file.statistics().received, bytes, file.damage?.reason ?? null]));`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] });
}

describe('standard input', () => {
  const total = PACKETS.reduce((sum, packet) => sum + packet.capturedLength, 0);

  it('a pipe', async () => {
    const child = reader();
    child.stdin!.end(gzipSync(PCAPNG));
    expect(JSON.parse(await textOf(child))).toEqual(['-', 'pcapng', 3000, total, null]);
  });

  it('a file', () => {
    const path = save('redirected', PCAP);
    const program = `import { openCapture } from '${new URL('../../dist/disk/index.js', import.meta.url).pathname}';
      const file = await openCapture('-'); console.log(await file.countPackets(), file.bytesTotal);`;
    const args = ['-c', '"$0" --input-type=module -e "$1" < "$2"', process.execPath, program, path];
    expect(spawnSync('sh', args, { encoding: 'utf8' }).stdout).toBe(`3000 ${PCAP.length}\n`);
  });

  it('nothing', () => {
    const program = `import { openCapture } from '${new URL('../../dist/disk/index.js', import.meta.url).pathname}';
      await openCapture('-').catch((error) => console.log(error.message));`;
    const args = ['--input-type=module', '-e', program];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    expect(stdout).toBe('cannot read standard input: it is empty\n');
  });
});

async function textOf(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout!) text += chunk;
  return text;
}

it.skipIf(!has('linux'))('leaves no descriptor open', async () => {
  const open = () => readdirSync('/proc/self/fd').length;
  const path = save('descriptors', gzipSync(PCAP));
  const plain = save('descriptors-plain', PCAP);
  const before = open();
  for (let i = 0; i < 20; i++) {
    using one = await openCapture(path);
    await one.packets(() => false);
    using other = await openCapture(plain);
    await other.packets(() => false);
    await openCapture(save('not', Buffer.from('nothing at all'))).catch(() => {});
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(open()).toBe(before);
});

it.skipIf(!has('tool:tcpdump', 'tool:mkfifo'))('reads what tcpdump writes into a FIFO', async () => {
  const source = save('source.pcap', PCAP);
  const path = makeFifo('tcpdump');
  const tcpdump = spawn(findTool('tcpdump')!, ['-r', source, '-w', path, '-U'], { stdio: 'ignore' });
  const exited = new Promise((resolve) => tcpdump.on('exit', resolve));
  using file = await openCapture(path);
  expect(await contentsOf(file)).toEqual(CONTENTS);
  await exited;
});
