// The pcap format: every magic, byte order and version that libpcap reads, limits, and write-read round trips.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createParser, PcapWriter } from '../../src/file/index.ts';
import { LINK_TYPE, OwnedPacket, PACKET_TYPE } from '../../src/wire/index.ts';
import { fileOf, packetOf, packetPlan, readInChunks, readWhole } from '../support/capture-files.ts';

interface Header {
  magic?: number;
  major?: number;
  minor?: number;
  snapLength?: number;
  linkType?: number;
}

/** A file built by hand: header and records of 32-bit words (each followed by bytes), in either byte order. */
function build(little: boolean, header: Header, ...records: { words: number[]; bytes?: number[] }[]): Uint8Array {
  const parts: Buffer[] = [];
  const word = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (little) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const { magic = 0xa1b2c3d4, major = 2, minor = 4, snapLength = 65535, linkType = 1 } = header;
  const version = Buffer.alloc(4);
  version[little ? 'writeUInt16LE' : 'writeUInt16BE'](major, 0);
  version[little ? 'writeUInt16LE' : 'writeUInt16BE'](minor, 2);
  parts.push(word(magic), version, word(0), word(0), word(snapLength), word(linkType));
  for (const { words, bytes = [] } of records) parts.push(...words.map(word), Buffer.from(bytes));
  return Uint8Array.from(Buffer.concat(parts));
}

describe.each([
  ['little', true],
  ['big', false],
] as const)('a %s-endian file', (byteOrder, little) => {
  it('with microseconds', () => {
    const file = build(little, {}, { words: [7, 123456, 3, 60], bytes: [1, 2, 3] });
    const { packets, damage, parser } = readWhole(file);
    expect(damage).toBeUndefined();
    expect(parser.byteOrder).toBe(byteOrder);
    expect(packets).toEqual([
      new OwnedPacket(Uint8Array.of(1, 2, 3), {
        linkType: 1,
        originalLength: 60,
        seconds: 7,
        nanoseconds: 123456000,
      }),
    ]);
  });

  it('with nanoseconds', () => {
    const file = build(little, { magic: 0xa1b23c4d }, { words: [0xffffffff, 123456789, 1, 1], bytes: [9] });
    const { packets, parser } = readWhole(file);
    expect(packets[0]).toMatchObject({ seconds: 0xffffffff, nanoseconds: 123456789 });
    expect(parser.interfaces).toEqual([{ linkType: 1, snapLength: 65535, timestampResolution: 9 }]);
  });

  it('of the Kuznetzov patch, with interface and packet type in longer records', () => {
    const typeWord = little ? 0x00_04_08_00 : 0x08_00_04_00;
    const file = build(little, { magic: 0xa1b2cd34 }, { words: [1, 2, 2, 2, 5, typeWord], bytes: [8, 9] });
    const { packets } = readWhole(file);
    expect(packets[0]).toMatchObject({ interfaceIndex: 5, packetType: PACKET_TYPE.OUTGOING, capturedLength: 2 });
    expect(packets[0]!.data).toEqual(Uint8Array.of(8, 9));
  });
});

describe('versions', () => {
  it.each([
    [2, 4, [3, 60], 3, 60],
    [2, 2, [60, 3], 3, 60],
    [2, 3, [60, 3], 3, 60],
    [2, 3, [3, 60], 3, 60],
    [543, 0, [60, 3], 3, 60],
  ])('%i.%i keeps its lengths as %j', (major, minor, lengths, captured, original) => {
    const file = build(true, { major, minor }, { words: [1, 0, ...lengths], bytes: [1, 2, 3] });
    const { packets, damage } = readWhole(file);
    expect(damage).toBeUndefined();
    expect(packets[0]).toMatchObject({ capturedLength: captured, originalLength: original });
    expect(createParser(file)!.count(file, 0, file.length)).toBe(file.length);
  });

  it.each([
    [1, 0],
    [2, 5],
    [3, 0],
    [543, 1],
  ])('%i.%i is refused', (major, minor) => {
    const { damage } = readWhole(build(true, { major, minor }));
    expect(damage).toEqual({ offset: 0, reason: `pcap version ${major}.${minor} is unknown` });
  });
});

it('keeps the frame check sequence length that stands above the link type', () => {
  const file = build(true, { linkType: 0x24000001 });
  expect(readWhole(file).parser.interfaces[0]).toMatchObject({ linkType: 1, fcsLength: 32 });
  const writer = new PcapWriter({ linkType: 1, fcsLength: 32, snapLength: 65535 });
  expect(fileOf(writer, [])).toEqual(file);
});

it.each([
  [12, LINK_TYPE.RAW],
  [14, LINK_TYPE.RAW],
  [101, LINK_TYPE.RAW],
  [19, 106],
  [777, 777],
])('reads link type %i as %i', (inFile, meant) => {
  expect(readWhole(build(true, { linkType: inFile })).parser.interfaces[0]!.linkType).toBe(meant);
});

describe('lengths', () => {
  it('cuts a packet that is longer than the snap length, as libpcap does', () => {
    const file = build(true, { snapLength: 2 }, { words: [1, 0, 3, 3], bytes: [1, 2, 3] }, { words: [2, 0, 0, 9] });
    const { packets, damage } = readWhole(file);
    expect(damage).toBeUndefined();
    expect(packets.map((packet) => packet.data)).toEqual([Uint8Array.of(1, 2), new Uint8Array(0)]);
  });

  it.each([
    [65535, 262145, 262144],
    [0, 262145, 262144],
    [1_000_000, 1_000_001, 1_000_000],
    [0x7fffffff, 0x1000001, 0x1000000],
    [0xffffffff, 0xffffffff, 262144],
  ])('with snap length %i refuses %i bytes, limit %i', (snapLength, captured, limit) => {
    const good = { words: [1, 0, 1, 1], bytes: [7] };
    const file = build(true, { snapLength }, good, { words: [2, 0, captured, captured] });
    const reading = readWhole(file);
    expect(reading.packets.length).toBe(1);
    expect(reading.damage).toEqual({
      offset: 24 + 17,
      reason: `a packet of ${captured} bytes is impossible, the limit is ${limit}`,
    });
    const counting = createParser(file)!;
    expect(counting.count(file, 0, file.length)).toBe(24 + 17);
    expect(counting.packetCount).toBe(1);
    expect(counting.damage).toEqual(reading.damage);
  });

  it('asks for as many bytes as the record has', () => {
    const file = build(true, {}, { words: [1, 0, 100, 100] });
    const parser = createParser(file)!;
    expect(parser.needed).toBe(24);
    expect(parser.parse(file, 0, 23, () => {})).toBe(0);
    expect(parser.parse(file, 0, 30, () => {})).toBe(24);
    expect(parser.needed).toBe(16);
    expect(parser.parse(file, 24, 40, () => {})).toBe(0);
    expect(parser.needed).toBe(116);
  });
});

describe('cut files', () => {
  it('within the header', () => {
    const { damage } = readWhole(build(true, {}).subarray(0, 10));
    expect(damage).toEqual({ offset: 0, reason: 'the file ends within its header: 10 of 24 bytes are there' });
  });

  it('within a packet', () => {
    const file = build(true, {}, { words: [1, 0, 4, 4], bytes: [1, 2] });
    expect(readWhole(file).damage).toEqual({
      offset: 24,
      reason: 'the file ends within a packet: 18 of 20 bytes are there',
    });
  });
});

describe('stopping', () => {
  const file = build(true, {}, { words: [1, 0, 0, 0] }, { words: [2, 0, 0, 0] }, { words: [3, 0, 0, 0] });

  it('behind the packet whose handler returned false', () => {
    const parser = createParser(file)!;
    const seen: number[] = [];
    const used = parser.parse(file, 0, file.length, (packet) => seen.push(packet.seconds) < 2);
    expect([used, seen, parser.stopped]).toEqual([24 + 32, [1, 2], true]);
    expect(parser.parse(file, used, file.length, (packet) => void seen.push(packet.seconds))).toBe(16);
    expect([seen, parser.stopped]).toEqual([[1, 2, 3], false]);
  });

  it('behind the packet in whose handler stop was called', () => {
    const parser = createParser(file)!;
    expect(parser.parse(file, 0, file.length, () => parser.stop())).toBe(24 + 16);
  });

  it('at the limit of a count', () => {
    const parser = createParser(file)!;
    expect([parser.count(file, 0, file.length, 2), parser.packetCount, parser.stopped]).toEqual([56, 2, true]);
  });
});

it('puts a tag from metadata back behind the MAC addresses', () => {
  const data = Uint8Array.from({ length: 20 }, (_, i) => i);
  const packet = new OwnedPacket(data, { linkType: 1, originalLength: 100, vlan: { tpid: 0x88a8, tci: 0x6123 } });
  const [written] = readWhole(fileOf(new PcapWriter(), [packet])).packets;
  expect([...written!.data]).toEqual([...data.slice(0, 12), 0x88, 0xa8, 0x61, 0x23, ...data.slice(12)]);
  expect(written).toMatchObject({ capturedLength: 24, originalLength: 104 });
  const [cut] = readWhole(fileOf(new PcapWriter({ snapLength: 14 }), [packet])).packets;
  expect([...cut!.data]).toEqual([...data.slice(0, 12), 0x88, 0xa8]);
  const short = new OwnedPacket(data.slice(0, 11), { linkType: 1, vlan: { tpid: 0x8100, tci: 1 } });
  expect(readWhole(fileOf(new PcapWriter(), [short])).packets[0]).toMatchObject({ capturedLength: 11 });
});

it('does not write a packet of another link type', () => {
  const writer = new PcapWriter({ linkType: LINK_TYPE.ETHERNET });
  expect(() => writer.packet(new OwnedPacket(new Uint8Array(4), { linkType: 101 }))).toThrow(
    "cannot write the packet: its link type is 101, the pcap file's is 1 (pcapng holds several)",
  );
});

it('reads what it writes, in any chunks', () => {
  const options = fc.record({
    byteOrder: fc.constantFrom('little' as const, 'big' as const),
    nanoseconds: fc.boolean(),
    linkType: fc.constantFrom(1, 101, 276),
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(packetPlan, { maxLength: 12 }), options, sizes, (plans, about, chunks) => {
      const packets = plans.map((plan) => {
        const nanoseconds = about.nanoseconds ? plan.nanoseconds : plan.nanoseconds - (plan.nanoseconds % 1000);
        return packetOf(plan, { linkType: about.linkType, interfaceIndex: 0, options: {}, nanoseconds });
      });
      const reading = readInChunks(fileOf(new PcapWriter(about), packets), chunks);
      expect(reading.damage).toBeUndefined();
      expect(reading.packets).toEqual(packets);
    }),
  );
});
