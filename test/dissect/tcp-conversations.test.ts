// Relative sequence numbers: tcpdump's for many conversations at once, and a bound on those that are remembered.
import { describe, expect, it } from 'vitest';
import { TcpConversations } from '../../src/dissect/tcp-conversations.ts';
import { tcp } from '../../src/wire/index.ts';
import { inIpv4, inIpv6 } from '../support/internet.ts';
import { has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';
import { expectSameText } from '../support/tcpdump.ts';

/** Segments between few addresses and ports, so that all that can coincide does: ends exchanged, same port on both. */
function segments(random: Random, count: number): Uint8Array[] {
  return Array.from({ length: count }, () => {
    const ends = [random.below(3), random.below(3)] as const;
    const layer = tcp({
      sourcePort: 9000 + random.below(2),
      destinationPort: 9000 + random.below(2),
      sequence: random.below(0x1_0000_0000),
      acknowledgment: random.below(0x1_0000_0000),
      syn: random.chance(6),
      ack: !random.chance(8),
    });
    return random.chance(2)
      ? inIpv4({ source: `10.0.0.${ends[0]}`, destination: `10.0.0.${ends[1]}` }, layer, 'x')
      : inIpv6({ source: `fe80::${ends[0]}`, destination: `fe80::${ends[1]}` }, layer, 'x');
  });
}

describe.skipIf(!has('tool:tcpdump'))('sequence numbers', () => {
  it("are tcpdump's for conversations in both directions", () => {
    const random = new Random(seedFor('conversations'));
    const samples = segments(random, 1500).map((bytes) => ({ bytes }));
    for (const letters of ['', 'vv', 'S']) expectSameText(samples, 1, letters);
  });

  it("are tcpdump's when the table grows", () => {
    const samples = Array.from({ length: 12_000 }, (_, i) => {
      const flow = (i * 7) % 6000;
      const source = `10.1.${flow >> 8}.${flow & 255}`;
      const layer = tcp({ sourcePort: 5000, destinationPort: 443, sequence: i, acknowledgment: 3 * i, ack: true });
      return { bytes: inIpv4({ source, destination: '10.2.0.1' }, layer, 'data') };
    });
    expectSameText(samples);
  });
});

/** Tells the table of one packet of a flow, given by number. */
function see(table: TcpConversations, flow: number, sequence: number): number {
  const addresses = Uint8Array.of(10, flow >> 16, flow >> 8, flow, 10, 0, 0, 1);
  table.relate(addresses, 0, 4, 40000, 50000 + (flow >> 24), sequence, 0, false);
  return table.sequence;
}

describe('the table of conversations', () => {
  const MAXIMUM = 1 << 20;

  it('forgets the oldest beyond its bound, and only that', () => {
    const table = new TcpConversations();
    for (let flow = 0; flow < MAXIMUM; flow++) see(table, flow, 1000);
    for (const flow of [0, 1, 4711, MAXIMUM - 1]) expect(see(table, flow, 1005)).toBe(5);
    // Two more take the place of the two oldest.
    expect(see(table, MAXIMUM, 1000)).toBe(1000);
    expect(see(table, MAXIMUM + 1, 1000)).toBe(1000);
    for (const flow of [2, 3, 4711, MAXIMUM - 1, MAXIMUM, MAXIMUM + 1]) expect(see(table, flow, 1006)).toBe(6);
    expect(see(table, 1, 1007)).toBe(1007);
  });

  it('finds what it has through many replacements', () => {
    const table = new TcpConversations();
    const random = new Random(seedFor('replacements'));
    for (let flow = 0; flow < 2 * MAXIMUM; flow++) see(table, flow, 1000);
    for (let i = 0; i < 20_000; i++) {
      const flow = MAXIMUM + random.below(MAXIMUM);
      expect(see(table, flow, 1000 + i)).toBe(i);
    }
  });
});
