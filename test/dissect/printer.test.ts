// What every line has whatever its protocol: time, number, dump, and refusal of lengths that cannot be.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createPrinter, type PrintOptions } from '../../src/dissect/index.ts';
import { arp, ethernet, frame, LINK_TYPE, OwnedPacket, snap } from '../../src/wire/index.ts';
import { findTool, has } from '../support/needs.ts';
import { pcapBytes, type Sample, withPcap } from '../support/pcap.ts';
import { Random, seedFor } from '../support/random.ts';
import { expectSameText } from '../support/tcpdump.ts';

const MACS = { destination: 'ff:ff:ff:ff:ff:ff', source: '00:00:0c:00:00:0b' };
const whoHas = frame(
  ethernet(MACS),
  arp({ senderHardware: MACS.source, senderProtocol: '192.0.2.1', targetProtocol: '192.0.2.2' }),
);

interface Stamp {
  seconds: number;
  nanoseconds: number;
}

/** A pcap file of one-frame packets at given times, in nanoseconds. */
function stampedFile(stamps: readonly Stamp[]): Buffer {
  const file = pcapBytes(stamps.map(() => ({ bytes: whoHas })));
  file.writeUInt32LE(0xa1b23c4d, 0);
  stamps.forEach(({ seconds, nanoseconds }, i) => {
    const at = 24 + i * (16 + whoHas.length);
    file.writeUInt32LE(seconds, at);
    file.writeUInt32LE(nanoseconds, at + 4);
  });
  return file;
}

function tcpdump(file: Buffer, args: readonly string[]): string {
  return spawnSync(findTool('tcpdump')!, ['-r', '-', ...args], {
    input: file,
    encoding: 'latin1',
    env: { ...process.env, TZ: 'UTC' },
  }).stdout;
}

function ours(stamps: readonly Stamp[], options: Partial<PrintOptions>): string {
  const printer = createPrinter(options);
  for (const stamp of stamps) printer.packet(new OwnedPacket(whoHas, { linkType: LINK_TYPE.ETHERNET, ...stamp }));
  return printer.out.toString();
}

describe.skipIf(!has('tool:tcpdump'))('the time before a line', () => {
  const random = new Random(seedFor('times'));
  const near = (): Stamp => ({ seconds: 1_700_000_000 + random.below(5), nanoseconds: random.below(1e9) });
  const far = (): Stamp => ({
    seconds: random.below(0x7fffffff),
    nanoseconds: random.pick([0, 999, 1000, 999_999_999]),
  });
  const stamps = [
    { seconds: 1_700_000_000, nanoseconds: 999_999_999 },
    { seconds: 1_700_000_001, nanoseconds: 0 },
    { seconds: 1_700_000_001, nanoseconds: 1 },
    { seconds: 1_699_999_999, nanoseconds: 999_999_000 },
    { seconds: 0, nanoseconds: 0 },
    { seconds: 0, nanoseconds: 1 },
    { seconds: 86_399, nanoseconds: 0 },
    { seconds: 951_782_400, nanoseconds: 5 },
    ...Array.from({ length: 60 }, near),
    ...Array.from({ length: 60 }, far),
  ];

  it.each([0, 1, 2, 3, 4, 5] as const)("is tcpdump's with -t times %i, in micro- and nanoseconds", (time) => {
    const letters = time === 0 ? [] : [`-${'t'.repeat(time)}`];
    for (const fractionDigits of [6, 9] as const) {
      const precision = fractionDigits === 9 ? ['--nano'] : ['--micro'];
      const theirs = tcpdump(stampedFile(stamps), ['-n', ...letters, ...precision]);
      expect(ours(stamps, { time, fractionDigits })).toBe(theirs);
    }
  });

  it('counts from the first packet that has a time', () => {
    const late = [{ seconds: 0, nanoseconds: 0 }, ...stamps.slice(0, 4)];
    expect(ours(late, { time: 5 })).toBe(tcpdump(stampedFile(late), ['-n', '-ttttt', '--micro']));
  });

  it('is refused from 2038 on, as tcpdump refuses it', () => {
    const late = [
      { seconds: 0x7fffffff, nanoseconds: 0 },
      { seconds: 0x80000000, nanoseconds: 0 },
    ];
    for (const time of [0, 2, 4] as const) {
      const letters = time === 0 ? [] : [`-${'t'.repeat(time)}`];
      expect(ours(late, { time })).toBe(tcpdump(stampedFile(late), ['-n', ...letters, '--micro']));
    }
  });
});

describe('the time of day', () => {
  it('is local', () => {
    const stamp = [{ seconds: 1_700_000_000, nanoseconds: 0 }];
    expect(ours(stamp, { time: 4, utcOffset: () => 5400 })).toMatch(/^2023-11-14 23:43:20\.000000 ARP/);
    expect(ours(stamp, { time: 0, utcOffset: () => -86_400 })).toMatch(/^22:13:20\.000000 ARP/);
  });
});

describe.skipIf(!has('tool:tcpdump'))('numbers before lines', () => {
  it("are tcpdump's", () => {
    const stamps = Array.from({ length: 12 }, (_, seconds) => ({ seconds, nanoseconds: 0 }));
    expect(ours(stamps, { time: 1, packetNumbers: true })).toBe(tcpdump(stampedFile(stamps), ['-n', '-t', '-#']));
  });
});

describe.skipIf(!has('tool:tcpdump'))('dumps', () => {
  it("are tcpdump's for every length", () => {
    const samples: Sample[] = Array.from({ length: 50 }, (_, length) => ({
      bytes: frame(
        ethernet({ ...MACS, type: 0x88b5 }),
        Uint8Array.from({ length }, (_, i) => (length + i) * 7),
      ),
    }));
    for (const letters of ['x', 'xx', 'X', 'XX', 'A', 'AA', '']) expectSameText(samples, 1, letters);
  });

  it('show carriage returns and other control characters as tcpdump does', () => {
    const random = new Random(seedFor('control characters'));
    const samples = Array.from({ length: 200 }, () => ({
      bytes: frame(
        ethernet({ ...MACS, type: 0x88b5 }),
        Uint8Array.from({ length: random.below(9) }, () =>
          random.pick([0x0d, 0x0d, 0x0a, 0x09, 0x20, 0x41, 0x7f, 0xff, 0]),
        ),
      ),
    }));
    for (const letters of ['A', 'AA', 'X']) expectSameText(samples, 1, letters);
  });
});

describe.skipIf(!has('tool:tcpdump'))('makers and names', () => {
  it('stand behind MAC addresses without -n', () => {
    const frames = ['00:00:0c:00:00:01', '02:00:00:00:00:01', '00:80:c2:00:00:00', 'ff:ff:ff:ff:ff:ff'].map(
      (destination) => frame(ethernet({ ...MACS, destination }), snap({ oui: 0x123456, type: 1 }), 'abc'),
    );
    const theirs = withPcap(
      frames.map((bytes) => ({ bytes })),
      1,
      (path) => spawnSync(findTool('tcpdump')!, ['-t', '-e', '-r', path], { encoding: 'latin1' }).stdout,
    );
    const printer = createPrinter({ time: 1, linkHeader: true, numeric: false });
    for (const bytes of frames) printer.packet(new OwnedPacket(bytes, { linkType: LINK_TYPE.ETHERNET }));
    expect(printer.out.toString()).toBe(theirs);
    expect(theirs).toContain('> 00:80:c2:00:00:00 (oui Ethernet bridged), ');
  });

  it("of the caller take the address's place", () => {
    const names = { host: () => undefined, service: () => undefined, mac: () => 'gateway' };
    const printer = createPrinter({ time: 1, linkHeader: true, numeric: false, names });
    printer.packet(new OwnedPacket(whoHas, { linkType: LINK_TYPE.ETHERNET }));
    expect(printer.out.toString()).toMatch(/^gateway > gateway, ethertype ARP/);
  });
});

describe('lengths that cannot be', () => {
  const line = (captured: number, originalLength: number) => {
    const printer = createPrinter();
    printer.packet(new OwnedPacket(new Uint8Array(captured), { linkType: LINK_TYPE.ETHERNET, originalLength }));
    return printer.out.toString();
  };

  it('are told instead of a packet', () => {
    expect(line(0, 0)).toBe('[Invalid header: caplen==0, len==0]\n');
    expect(line(0, 5)).toBe('[Invalid header: caplen==0]\n');
    expect(line(20, 19)).toBe('[Invalid header: len(19) < caplen(20)]\n');
    expect(line(20, 262145)).toBe('[Invalid header: len(262145) > 262144]\n');
    expect(line(262145, 262145)).toBe('[Invalid header: caplen(262145) > 262144, len(262145) > 262144]\n');
  });

  it.skipIf(!has('tool:tcpdump'))('are told as tcpdump tells them', () => {
    expectSameText([{ bytes: new Uint8Array(0), originalLength: 5 }], 1);
    expectSameText([{ bytes: new Uint8Array(20), originalLength: 19 }], 1);
    expectSameText([{ bytes: new Uint8Array(20), originalLength: 300000 }], 1);
  });
});
