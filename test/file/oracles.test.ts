// Other programs read what we write, and we read what they write: tcpdump, tshark, capinfos, editcap, mergecap.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../src/bytes/index.ts';
import { type Block, PcapngParser, PcapngWriter, PcapWriter } from '../../src/file/index.ts';
import { ethernet, frame, ipv4, OwnedPacket, type PacketOptions, udp } from '../../src/wire/index.ts';
import { contentOf, fileOf, readInChunks, readWhole } from '../support/capture-files.ts';
import { findTool, has } from '../support/needs.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pathcap-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function save(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function run(tool: string, ...args: string[]): string {
  const result = spawnSync(findTool(tool)!, args, { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
  expect(result.stderr.replace(/^Running as user.*\n/m, ''), `${tool} ${args.join(' ')}`).not.toMatch(/error|damaged/i);
  return result.stdout;
}

const load = (path: string) => new Uint8Array(readFileSync(path));

const FRAME = frame(
  ethernet({ destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01' }),
  ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }),
  udp({ sourcePort: 1000, destinationPort: 2000 }),
  'hello',
);

const about = (n: number) => ({ linkType: 1, seconds: 1_700_000_000 + n, nanoseconds: 1_000_001 * n });
const PACKETS = Array.from({ length: 5 }, (_, n) => new OwnedPacket(FRAME.slice(0, FRAME.length - n), about(n)));
const TIMES = PACKETS.map(({ seconds, nanoseconds }) => `${seconds}.${String(nanoseconds).padStart(9, '0')}`);

describe.skipIf(!has('tool:tcpdump'))('tcpdump reads', () => {
  it.each([
    ['little', false],
    ['little', true],
    ['big', false],
    ['big', true],
  ] as const)('our pcap, %s-endian, nanoseconds %s', (byteOrder, nanoseconds) => {
    const path = save('ours.pcap', fileOf(new PcapWriter({ byteOrder, nanoseconds }), PACKETS));
    const lines = run('tcpdump', '--nano', '-nn', '-tt', '-r', path).trimEnd().split('\n');
    expect(lines.length).toBe(5);
    const cut = nanoseconds ? 9 : 6;
    expect(lines.map((line) => line.split(' ')[0])).toEqual(
      TIMES.map((time) => time.slice(0, -9 + cut || undefined).padEnd(20, '0')),
    );
  });

  it.each(['little', 'big'] as const)('our pcapng, %s-endian', (byteOrder) => {
    const path = save('ours.pcapng', fileOf(new PcapngWriter({ byteOrder }), PACKETS));
    const lines = run('tcpdump', '--nano', '-nn', '-tt', '-r', path).trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(TIMES);
  });
});

describe.skipIf(!has('tool:tshark'))('tshark reads', () => {
  it('the options of our packets', () => {
    const options: PacketOptions = {
      comments: ['first', 'second ü'],
      flags: 2,
      dropCount: 7n,
      packetId: 0x1122334455667788n,
      queue: 3,
      verdicts: [{ kind: 1, data: Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0) }],
    };
    const file = fileOf(new PcapngWriter(), [new OwnedPacket(FRAME, { linkType: 1, interfaceName: 'eth7', options })]);
    const fields = [
      'comment',
      'packet_flags',
      'drop_count',
      'packet_id',
      'interface_queue',
      'verdict.ebpf_tc',
      'interface_name',
    ];
    const args = fields.flatMap((field) => ['-e', `frame.${field}`]);
    const line = run('tshark', '-r', save('options.pcapng', file), '-T', 'fields', '-E', 'separator=|', ...args);
    expect(line.trimEnd().split('|')).toEqual([
      'first,second ü',
      '0x00000002',
      '7',
      '1234605616436508552',
      '3',
      '2',
      'eth7',
    ]);
  });

  it('packets of several sections, byte orders, interfaces and link types', () => {
    const raw = new OwnedPacket(FRAME.slice(14), { ...about(9), linkType: 101, interfaceIndex: 4 });
    const first = fileOf(new PcapngWriter(), [PACKETS[0]!, raw]);
    const second = fileOf(new PcapngWriter({ byteOrder: 'big' }), [PACKETS[1]!]);
    const path = save('sections.pcapng', Uint8Array.from([...first, ...second]));
    const lines = run('tshark', '-r', path, '-T', 'fields', '-e', 'frame.time_epoch', '-e', 'udp.dstport');
    const expected = [PACKETS[0]!, raw, PACKETS[1]!].map(
      ({ seconds, nanoseconds }) => `${seconds}.${String(nanoseconds).padStart(9, '0')}\t2000`,
    );
    expect(lines.trimEnd().split('\n')).toEqual(expected);
  });

  it('our names', () => {
    const writer = new PcapngWriter();
    writer.begin();
    const address = Uint8Array.of(10, 0, 0, 2);
    writer.block({ kind: 'names', records: [{ type: 'ipv4', address, names: ['server.test'] }], options: {} });
    writer.packet(PACKETS[0]!);
    writer.end();
    const path = save('names.pcapng', writer.output.bytes.slice(0, writer.output.length));
    expect(run('tshark', '-N', 'n', '-r', path, '-T', 'fields', '-e', 'ip.dst_host').trim()).toBe('server.test');
  });
});

describe.skipIf(!has('tool:capinfos'))('capinfos reads', () => {
  it('our section, interface and statistics blocks', () => {
    const writer = new PcapngWriter({
      section: { hardware: 'a machine', os: 'Linux 6', application: 'pathcap', comments: ['a comment'] },
      interfaces: [
        {
          linkType: 1,
          snapLength: 1234,
          name: 'eth0',
          description: 'the first',
          filter: { kind: 0, data: encodeUtf8('udp') },
          os: 'Linux',
          hardware: 'a card',
          speed: 10_000_000_000n,
        },
      ],
    });
    writer.begin();
    for (const packet of PACKETS) writer.packet(new OwnedPacket(packet.data, { ...packet, interfaceName: 'eth0' }));
    writer.end({ received: 5, dropped: 0 });
    const text = run('capinfos', save('described.pcapng', writer.output.bytes.slice(0, writer.output.length)));
    for (const part of [
      'Wireshark/... - pcapng',
      'File encapsulation:  Ethernet',
      'Number of packets:   5',
      'Capture hardware:    a machine',
      'Capture oper-sys:    Linux 6',
      'Capture application: pathcap',
      'Capture comment:     a comment',
      'Name = eth0',
      'Description = the first',
      'Hardware = a card',
      'Speed = 10000000000',
      'Filter string = udp',
      'Operating system = Linux',
      'Time precision = nanoseconds (9)',
      'Capture length = 1234',
      'Number of stat entries = 1',
      'Number of packets = 5',
    ]) {
      expect(text).toContain(part);
    }
  });
});

describe.skipIf(!has('tool:editcap', 'tool:mergecap'))('we read', () => {
  it.each(['pcap', 'nsecpcap', 'pcapng', 'modpcap'])('what editcap writes as %s', (format) => {
    const path = save('source.pcapng', fileOf(new PcapngWriter(), PACKETS));
    const to = join(folder, `edited.${format}`);
    run('editcap', '-F', format, path, to);
    const { packets, damage } = readWhole(load(to));
    expect(damage).toBeUndefined();
    const digits = format === 'pcapng' || format === 'nsecpcap' ? 1 : 1000;
    const expected = PACKETS.map((packet) => {
      const nanoseconds = packet.nanoseconds - (packet.nanoseconds % digits);
      return contentOf(new OwnedPacket(packet.data, { ...packet, nanoseconds }));
    });
    expect(packets.map(contentOf)).toEqual(expected);
  });

  it('comments that editcap adds, and custom options that it keeps', () => {
    const others = [{ code: 2988, value: Uint8Array.of(0, 0, 0x7d, 0x6a, 0x68, 0x69) }];
    const file = fileOf(new PcapngWriter(), [new OwnedPacket(FRAME, { ...about(1), options: { others, queue: 1 } })]);
    const to = join(folder, 'commented.pcapng');
    run('editcap', '-a', '1:added here', save('custom.pcapng', file), to);
    const [packet] = readWhole(load(to)).packets;
    expect(packet!.options).toMatchObject({ comments: ['added here'], queue: 1 });
  });

  it('secrets that editcap injects', () => {
    const keys = save('keys.txt', encodeUtf8(`CLIENT_RANDOM ${'ab'.repeat(32)} ${'cd'.repeat(48)}\n`));
    const to = join(folder, 'secrets.pcapng');
    run('editcap', '--inject-secrets', `tls,${keys}`, save('plain.pcapng', fileOf(new PcapngWriter(), PACKETS)), to);
    const blocks: Block[] = [];
    readInChunks(load(to), [100], new PcapngParser((block) => void blocks.push(block)));
    expect(blocks.find((block) => block.kind === 'secrets')).toMatchObject({ type: 0x544c534b, data: load(keys) });
  });

  it('what mergecap makes of two interfaces', () => {
    const of = (name: string, packets: OwnedPacket[]) =>
      fileOf(
        new PcapngWriter({ interfaces: [{ linkType: 1, snapLength: 0, name }] }),
        packets.map((packet) => new OwnedPacket(packet.data, { ...packet, interfaceName: name })),
      );
    const a = save('a.pcapng', of('eth0', [PACKETS[0]!, PACKETS[2]!]));
    const b = save('b.pcapng', of('eth1', [PACKETS[1]!, PACKETS[3]!]));
    const to = join(folder, 'merged.pcapng');
    run('mergecap', '-w', to, a, b);
    const { packets, parser, damage } = readWhole(load(to));
    expect(damage).toBeUndefined();
    expect(parser.interfaces.map(({ name }) => name)).toEqual(['eth0', 'eth1']);
    expect(packets.map(({ interfaceName, seconds }) => [interfaceName, seconds - 1_700_000_000])).toEqual([
      ['eth0', 0],
      ['eth1', 1],
      ['eth0', 2],
      ['eth1', 3],
    ]);
  });
});
