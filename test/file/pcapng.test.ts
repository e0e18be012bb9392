// The pcapng format: every block and option, several sections, byte orders and interfaces, and write-read round trips.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Block,
  createParser,
  type FilePacket,
  type InterfaceDescription,
  PcapngParser,
  PcapngWriter,
  type PcapngWriterOptions,
} from '../../src/file/index.ts';
import { copyPacket, OwnedPacket, PACKET_TYPE } from '../../src/wire/index.ts';
import { contentOf, fileOf, packetOf, packetPlan, readInChunks, readWhole } from '../support/capture-files.ts';

/** A block built by hand: type, then a body of 32-bit words and bytes, padded, in either byte order. */
function block(little: boolean, type: number, ...body: (number | Uint8Array | { u16: [number, number] })[]): Buffer {
  const parts = body.map((part) => {
    if (part instanceof Uint8Array) return Buffer.concat([part, Buffer.alloc(-part.length & 3)]);
    const bytes = Buffer.alloc(4);
    if (typeof part === 'number') bytes[little ? 'writeUInt32LE' : 'writeUInt32BE'](part >>> 0);
    else for (const [i, value] of part.u16.entries()) bytes[little ? 'writeUInt16LE' : 'writeUInt16BE'](value, 2 * i);
    return bytes;
  });
  const total = Buffer.alloc(4);
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  total[little ? 'writeUInt32LE' : 'writeUInt32BE'](length);
  const head = Buffer.alloc(4);
  head[little ? 'writeUInt32LE' : 'writeUInt32BE'](type);
  return Buffer.concat([head, total, ...parts, total]);
}

const section = (little: boolean) => block(little, 0x0a0d0d0a, 0x1a2b3c4d, { u16: [1, 0] }, -1, -1);
const anInterface = (little: boolean, linkType: number, snapLength = 0, ...options: Uint8Array[]) =>
  block(little, 1, { u16: [linkType, 0] }, snapLength, ...options);
const option = (little: boolean, code: number, value: number[]) => {
  const head = Buffer.alloc(4);
  head[little ? 'writeUInt16LE' : 'writeUInt16BE'](code, 0);
  head[little ? 'writeUInt16LE' : 'writeUInt16BE'](value.length, 2);
  return Buffer.concat([head, Buffer.from(value)]);
};
const bytes = (...values: number[]) => Uint8Array.from(values);
const join = (...parts: Buffer[]) => new Uint8Array(Buffer.concat(parts));

const byteOrder = fc.constantFrom('little' as const, 'big' as const);
const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const shortBytes = fc.uint8Array({ maxLength: 40 });
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const list = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: 1, maxLength: 3 });
const U32 = fc.nat(0xffff_ffff);
const U64 = fc.bigInt(0n, 0xffff_ffff_ffff_ffffn);
const others = list(fc.record({ code: fc.constantFrom(999, 2988, 0x8001), value: shortBytes }));
const time = fc.record({ seconds: U32, nanoseconds: fc.nat(999_999_999) });
const optional = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { requiredKeys: [] });

const interfaceDescription: fc.Arbitrary<InterfaceDescription> = fc.record(
  {
    linkType: fc.constantFrom(0, 1, 101, 113, 147, 276),
    snapLength: fc.constantFrom(0, 65535, 262144),
    comments: list(text),
    name: text,
    description: text,
    ipv4Addresses: list(exactly(8)),
    ipv6Addresses: list(exactly(17)),
    macAddress: exactly(6),
    euiAddress: exactly(8),
    speed: U64,
    timeZone: U32,
    filter: fc.record({ kind: fc.nat(255), data: shortBytes }),
    os: text,
    fcsLength: fc.nat(255),
    hardware: text,
    transmitSpeed: U64,
    receiveSpeed: U64,
    timeZoneName: text,
    others,
  },
  { requiredKeys: ['linkType', 'snapLength'] },
);

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((value) => !value.includes('\0'));
const nameRecord = fc.oneof(
  ...(['ipv4', 'ipv6', 'eui48', 'eui64'] as const).map((type, i) =>
    fc.record({ type: fc.constant(type), address: exactly([4, 16, 6, 8][i]!), names: list(name) }),
  ),
);

/** Blocks that stand alone. Contents that pcapng pads come in multiples of four: the padding cannot be told from them. */
const anyBlock: fc.Arbitrary<Block> = fc.oneof(
  fc.record({
    kind: fc.constant('names' as const),
    records: fc.array(nameRecord, { maxLength: 4 }),
    options: optional({
      comments: list(text),
      dnsName: text,
      dnsIpv4Address: exactly(4),
      dnsIpv6Address: exactly(16),
      others,
    }),
  }),
  fc
    .record({
      interfaceIndex: fc.constant(0),
      at: time,
      options: optional({
        comments: list(text),
        start: time,
        end: time,
        received: U64,
        interfaceDropped: U64,
        filterAccepted: U64,
        systemDropped: U64,
        delivered: U64,
        others,
      }),
    })
    .map(({ interfaceIndex, at, options }) => ({ kind: 'statistics' as const, interfaceIndex, ...at, options })),
  fc.record({
    kind: fc.constant('secrets' as const),
    type: U32,
    data: shortBytes,
    options: optional({ comments: list(text), others }),
  }),
  fc.record({ kind: fc.constant('journal' as const), entry: exactly(24) }),
  fc.record({ kind: fc.constant('custom' as const), copy: fc.boolean(), enterprise: U32, data: exactly(12) }),
  fc.record({ kind: fc.constant('other' as const), type: fc.integer({ min: 0x100, max: 0xbac }), body: exactly(8) }),
);

function blocksOf(file: Uint8Array, sizes = [file.length]): { blocks: Block[]; damage: unknown } {
  const blocks: Block[] = [];
  const { damage } = readInChunks(file, sizes, new PcapngParser((one) => void blocks.push(one)));
  return { blocks, damage };
}

describe('reads what it writes', () => {
  it('packets with options, of several interfaces', () => {
    const plans = fc.array(packetPlan, { maxLength: 12 });
    const sizes = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(plans, byteOrder, sizes, (packetPlans, order, chunks) => {
        const packets = packetPlans.map((plan) => packetOf(plan));
        const reading = readInChunks(fileOf(new PcapngWriter({ byteOrder: order }), packets), chunks);
        expect(reading.damage).toBeUndefined();
        expect(reading.packets.map(contentOf)).toEqual(packets.map(contentOf));
      }),
    );
  });

  it('interfaces with all their options', () => {
    fc.assert(
      fc.property(list(interfaceDescription), byteOrder, (interfaces, order) => {
        const file = fileOf(new PcapngWriter({ byteOrder: order, interfaces }), []);
        const { parser, damage } = readWhole(file);
        expect(damage).toBeUndefined();
        expect(parser.interfaces).toEqual(interfaces.map((one) => ({ ...one, timestampResolution: 9 })));
      }),
    );
  });

  it('all other blocks', () => {
    fc.assert(
      fc.property(fc.array(anyBlock, { maxLength: 6 }), byteOrder, (blocks, order) => {
        const writer = new PcapngWriter({ byteOrder: order, section: { os: 'Linux', others: [] } });
        writer.begin();
        writer.interface({ linkType: 1, snapLength: 0 });
        for (const one of blocks) writer.block(one);
        const file = writer.output.bytes.slice(0, writer.output.length);
        const reading = blocksOf(file, [7]);
        expect(reading.damage).toBeUndefined();
        expect(reading.blocks.slice(2)).toEqual(blocks);
        expect(reading.blocks[0]).toEqual({
          kind: 'section',
          byteOrder: order,
          majorVersion: 1,
          minorVersion: 0,
          length: undefined,
          description: { os: 'Linux' },
        });
      }),
    );
  });

  it('microseconds when asked to', () => {
    const packet = new OwnedPacket(bytes(1), { linkType: 1, seconds: 1_700_000_000, nanoseconds: 123456789 });
    const reading = readWhole(fileOf(new PcapngWriter({ nanoseconds: false }), [packet]));
    expect(reading.packets[0]).toMatchObject({ seconds: 1_700_000_000, nanoseconds: 123456000 });
    expect(reading.parser.interfaces[0]!.timestampResolution).toBe(6);
  });
});

describe('interfaces', () => {
  it('are written once, as their packets appear', () => {
    const of = (interfaceIndex: number, interfaceName: string, linkType = 1) =>
      new OwnedPacket(bytes(interfaceIndex), { linkType, interfaceIndex, interfaceName });
    const packets = [of(2, 'eth0'), of(7, 'lo'), of(2, 'eth0'), of(7, 'lo'), of(7, 'lo', 101)];
    const { packets: read, parser } = readWhole(fileOf(new PcapngWriter({ snapLength: 96 }), packets));
    expect(parser.interfaces).toEqual([
      { linkType: 1, snapLength: 96, name: 'eth0', timestampResolution: 9 },
      { linkType: 1, snapLength: 96, name: 'lo', timestampResolution: 9 },
      { linkType: 101, snapLength: 96, name: 'lo', timestampResolution: 9 },
    ]);
    expect(read.map((packet) => [packet.interfaceIndex, packet.interfaceName])).toEqual([
      [0, 'eth0'],
      [1, 'lo'],
      [0, 'eth0'],
      [1, 'lo'],
      [2, 'lo'],
    ]);
  });

  it('keep their description from file to file, also when two sections use the same number', () => {
    const described = (name: string): PcapngWriterOptions => ({
      interfaces: [{ linkType: 1, snapLength: 0, name, filter: { kind: 0, data: bytes(0x69, 0x70) } }],
    });
    const packet = new OwnedPacket(bytes(1), { linkType: 1 });
    const first = fileOf(new PcapngWriter(described('a')), [packet]);
    const second = fileOf(new PcapngWriter({ ...described('b'), byteOrder: 'big' }), [packet]);
    const writer = new PcapngWriter();
    writer.begin();
    const whole = Uint8Array.from([...first, ...second]);
    const parser = createParser(whole)!;
    parser.parse(whole, 0, whole.length, (one) => writer.packet(one));
    expect(parser.interfaces.map((one) => one.name)).toEqual(['a', 'b']);
    const copied = readWhole(writer.output.bytes.slice(0, writer.output.length));
    expect(copied.parser.interfaces.map((one) => one.name)).toEqual(['a', 'b']);
    expect(copied.parser.interfaces[1]!.filter).toEqual({ kind: 0, data: bytes(0x69, 0x70) });
    expect(copied.packets.map((one) => one.interfaceName)).toEqual(['a', 'b']);
  });

  it('stand in a file without packets too', () => {
    const { parser } = readWhole(fileOf(new PcapngWriter({ linkType: 113 }), []));
    expect(parser.interfaces).toEqual([{ linkType: 113, snapLength: 262144, timestampResolution: 9 }]);
  });
});

it('tells direction and reception by flags, and reads them back as packet types', () => {
  const types = [PACKET_TYPE.HOST, PACKET_TYPE.BROADCAST, PACKET_TYPE.MULTICAST, PACKET_TYPE.OTHERHOST, 4, undefined];
  const packets = types.map((packetType) => new OwnedPacket(bytes(1, 2, 3), { linkType: 1, packetType }));
  const { packets: read } = readWhole(fileOf(new PcapngWriter(), packets));
  expect(read.map((packet) => packet.packetType)).toEqual(types);
  expect(read.map((packet) => packet.options?.flags)).toEqual([0x05, 0x0d, 0x09, 0x11, 0x02, undefined]);
});

it('puts a tag from metadata back', () => {
  const data = Uint8Array.from({ length: 15 }, (_, i) => i);
  const packet = new OwnedPacket(data, { linkType: 1, vlan: { tpid: 0x8100, tci: 0x0102 } });
  const [written] = readWhole(fileOf(new PcapngWriter(), [packet])).packets;
  expect([...written!.data]).toEqual([...data.slice(0, 12), 0x81, 0x00, 0x01, 0x02, ...data.slice(12)]);
  expect(written).toMatchObject({ capturedLength: 19, originalLength: 19 });
});

it('ends with statistics', () => {
  const writer = new PcapngWriter();
  writer.begin();
  writer.packet(new OwnedPacket(bytes(1), { linkType: 1, seconds: 5, nanoseconds: 6 }));
  writer.end({ received: 10, dropped: 3, interfaceDropped: 2 });
  const { blocks } = blocksOf(writer.output.bytes.slice(0, writer.output.length));
  expect(blocks.at(-1)).toEqual({
    kind: 'statistics',
    interfaceIndex: 0,
    seconds: 5,
    nanoseconds: 6,
    options: { received: 10n, interfaceDropped: 2n, systemDropped: 3n, delivered: 1n },
  });
});

describe.each([
  ['little', true],
  ['big', false],
] as const)('%s-endian files by hand', (order, little) => {
  it('with enhanced, simple and obsolete packets', () => {
    const file = join(
      section(little),
      anInterface(little, 1, 4, option(little, 9, [9]), option(little, 0, [])),
      anInterface(little, 101),
      block(little, 6, 1, 0x00000001, 0x00000002, 3, 60, bytes(1, 2, 3)),
      block(little, 3, 6, bytes(1, 2, 3, 4)),
      block(
        little,
        2,
        { u16: [0, 9] },
        0,
        1_500_000_007,
        1,
        1,
        bytes(7),
        option(little, 2, [little ? 2 : 0, 0, 0, little ? 0 : 2]),
      ),
    );
    const { packets, damage, parser } = readWhole(file);
    expect(damage).toBeUndefined();
    expect(parser.byteOrder).toBe(order);
    expect(packets.map(contentOf)).toEqual([
      {
        data: bytes(1, 2, 3),
        capturedLength: 3,
        originalLength: 60,
        seconds: 4294,
        nanoseconds: 967298000,
        linkType: 101,
        options: undefined,
      },
      {
        data: bytes(1, 2, 3, 4),
        capturedLength: 4,
        originalLength: 6,
        seconds: 0,
        nanoseconds: 0,
        linkType: 1,
        options: undefined,
      },
      {
        data: bytes(7),
        capturedLength: 1,
        originalLength: 1,
        seconds: 1,
        nanoseconds: 500_000_007,
        linkType: 1,
        options: { flags: 2, dropCount: 9n },
      },
    ]);
    expect(packets[2]!.packetType).toBe(PACKET_TYPE.OUTGOING);
    const counting = createParser(file)!;
    counting.count(file, 0, file.length);
    expect(counting.packetCount).toBe(3);
  });

  it('with resolutions that are powers of ten or two, and an offset', () => {
    const at = (resolution: number, offset: number, high: number, low: number) => {
      const offsetBytes = Buffer.alloc(8);
      offsetBytes[little ? 'writeBigInt64LE' : 'writeBigInt64BE'](BigInt(offset));
      const options = [option(little, 9, [resolution]), option(little, 14, [...offsetBytes])];
      const padded = options.map((one) => Buffer.concat([one, Buffer.alloc(-one.length & 3)]));
      const file = join(section(little), anInterface(little, 1, 0, ...padded), block(little, 6, 0, high, low, 0, 0));
      const [packet] = readWhole(file).packets;
      return [packet!.seconds, packet!.nanoseconds];
    };
    expect(at(0, 0, 0, 77)).toEqual([77, 0]);
    expect(at(3, 0, 0, 1234)).toEqual([1, 234_000_000]);
    expect(at(6, 1000, 0, 1_000_001)).toEqual([1001, 1000]);
    expect(at(9, -3, 1, 5)).toEqual([1, 294_967_301]);
    expect(at(12, 0, 0x1000, 0)).toEqual([17, 592_186_044]);
    expect(at(0x80, 0, 0, 9)).toEqual([9, 0]);
    expect(at(0x80 | 10, 0, 0, 1025)).toEqual([1, 976_562]);
    expect(at(0x80 | 32, 0, 3, 0x80000000)).toEqual([3, 500_000_000]);
    expect(at(0x80 | 63, 0, 0x40000000, 0)).toEqual([0, 500_000_000]);
  });
});

it('reads sections of both byte orders in one file', () => {
  const part = (little: boolean, value: number) =>
    join(section(little), anInterface(little, little ? 1 : 101), block(little, 6, 0, 0, 0, 1, 1, bytes(value)));
  const file = Uint8Array.from([...part(true, 1), ...part(false, 2), ...part(true, 3)]);
  const { packets, damage, parser } = readWhole(file);
  expect(damage).toBeUndefined();
  expect(packets.map((packet) => [packet.data[0], packet.linkType, packet.interfaceIndex])).toEqual([
    [1, 1, 0],
    [2, 101, 0],
    [3, 1, 0],
  ]);
  expect(parser.interfaces.length).toBe(3);
});

describe('damage', () => {
  const good = join(section(true), anInterface(true, 1), block(true, 6, 0, 0, 0, 1, 1, bytes(1)));
  const cases: [string, Buffer, string][] = [
    [
      'a short length',
      Buffer.from([6, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]),
      'a block of 8 bytes is impossible, the least is 12',
    ],
    [
      'an odd length',
      Buffer.from([6, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0]),
      'a block of 13 bytes is impossible, it is no multiple of 4',
    ],
    [
      'a huge length',
      Buffer.from([6, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
      'a block of 4294967292 bytes is impossible, the limit is 16777216',
    ],
    [
      'lengths that differ',
      Buffer.from([9, 0, 0, 0, 12, 0, 0, 0, 16, 0, 0, 0]),
      "a block's length is 12 before and 16 behind it",
    ],
    [
      'a packet longer than its block',
      block(true, 6, 0, 0, 0, 5, 5, bytes(1, 2, 3, 4)),
      'a packet of 5 bytes does not fit its block of 4',
    ],
    [
      'a simple packet longer than its block',
      block(true, 3, 5, bytes(1, 2, 3, 4)),
      'a packet of 5 bytes does not fit its block of 4',
    ],
    [
      'a packet of an unknown interface',
      block(true, 6, 1, 0, 0, 0, 0),
      'a packet is of interface 1, which was not described',
    ],
    ['a block too short for its type', block(true, 6, 0, 0), 'a block of 20 bytes is too short for its type'],
    [
      'a section without magic',
      block(true, 0x0a0d0d0a, 0x1a2b3c4e, { u16: [1, 0] }, -1, -1),
      'a section header has no byte order magic',
    ],
    [
      'a section of another version',
      block(true, 0x0a0d0d0a, 0x1a2b3c4d, { u16: [2, 1] }, -1, -1),
      'pcapng version 2.1 is unknown',
    ],
    [
      'a resolution of two bytes',
      anInterface(true, 1, 0, option(true, 9, [6, 6])),
      'an interface block is damaged: if_tsresol has 2 bytes instead of 1',
    ],
    [
      'a resolution too fine',
      anInterface(true, 1, 0, option(true, 9, [20])),
      'an interface block is damaged: if_tsresol of 20 is too fine',
    ],
    [
      'an offset of one byte',
      anInterface(true, 1, 0, option(true, 14, [1])),
      'an interface block is damaged: if_tsoffset has 1 bytes instead of 8',
    ],
    [
      'interface options cut off',
      anInterface(true, 1, 0, Buffer.from([2, 0, 9, 0, 1, 2, 3, 4])),
      'an interface block is damaged: its options are cut off',
    ],
  ];
  it.each(cases)('%s', (_, bad, reason) => {
    const file = Uint8Array.from([...good, ...bad]);
    const { packets, damage } = readInChunks(file, [5]);
    expect(packets.length).toBe(1);
    expect(damage).toEqual({ offset: good.length, reason });
    const counting = createParser(file)!;
    expect(counting.count(file, 0, file.length)).toBe(good.length);
    expect(counting.damage).toEqual(damage);
  });

  it('a packet before any interface', () => {
    const file = join(section(true), block(true, 3, 0));
    expect(readWhole(file).damage).toEqual({
      offset: 28,
      reason: 'a packet is of interface 0, which was not described',
    });
  });

  it('the end within a block', () => {
    expect(readWhole(good.subarray(0, good.length - 2)).damage).toEqual({
      offset: good.length - 36,
      reason: 'the file ends within a block: 34 of 36 bytes are there',
    });
  });
});

it('keeps known blocks raw when their inside does not fit', () => {
  const file = join(
    section(true),
    block(true, 4, bytes(1, 0, 99, 0, 1, 2, 3, 4)),
    block(true, 10, 1, 100),
    block(true, 5, 0),
    block(true, 0xbad),
  );
  const { blocks } = blocksOf(file);
  expect(blocks.slice(1)).toEqual([
    { kind: 'other', type: 4, body: bytes(1, 0, 99, 0, 1, 2, 3, 4) },
    { kind: 'other', type: 10, body: bytes(1, 0, 0, 0, 100, 0, 0, 0) },
    { kind: 'other', type: 5, body: bytes(0, 0, 0, 0) },
    { kind: 'other', type: 0xbad, body: bytes() },
  ]);
});

it('fills one packet again and again, without a view of its own', () => {
  const file = fileOf(
    new PcapngWriter(),
    [1, 2].map((value) => new OwnedPacket(bytes(value), { linkType: 1 })),
  );
  const seen: FilePacket[] = [];
  createParser(file)!.parse(file, 0, file.length, (packet) => {
    expect(packet.bytes).toBe(file);
    seen.push(packet as FilePacket);
  });
  expect(seen[0]).toBe(seen[1]);
  expect(copyPacket(seen[1]!).data).toEqual(bytes(2));
});
