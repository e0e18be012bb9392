// Every protocol of the registry against garbage: whatever the bytes, printing and dissecting neither throw nor run
// away, text stays text, and every field lies inside the packet.
import { describe, expect, it } from 'vitest';
import { createPrinter, dissect, type Field } from '../../src/dissect/index.ts';
import { TABLES } from '../../src/dissect/registry.ts';
import { concatenate, ethernet, frame, ipv4, LINK_TYPE, OwnedPacket, udp } from '../../src/wire/index.ts';
import { Random, seedFor } from '../support/random.ts';
import { optionsFor } from '../support/tcpdump.ts';

const ROUNDS = 150;
const LETTERS = ['', 'vvve', 'qS'];
const TCP_WITHOUT_OPTIONS = 20;

interface Way {
  name: string;
  linkType: number;
  wrap: (payload: Uint8Array) => Uint8Array;
}

const macs = { destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01' };
const addresses = { source: '10.0.0.1', destination: '10.0.0.2' };

/** How to reach every protocol: by link type, EtherType, IP protocol and port. */
function ways(): Way[] {
  const { linkType, etherType, ipProtocol, udpPort, tcpPort } = TABLES;
  const overEthernet = (name: string, wrap: Way['wrap']): Way => ({ name, linkType: LINK_TYPE.ETHERNET, wrap });
  return [
    ...[...linkType].map(([type, { name }]): Way => ({ name, linkType: type, wrap: (payload) => payload })),
    ...[...etherType].map(([type, { name }]) => overEthernet(name, (data) => frame(ethernet({ ...macs, type }), data))),
    ...ipProtocol.flatMap((protocol, number) =>
      protocol === undefined
        ? []
        : [
            overEthernet(protocol.name, (data) =>
              frame(ethernet(macs), ipv4({ ...addresses, protocol: number }), data),
            ),
          ],
    ),
    ...udpPort
      .all()
      .map(([port, { name }]) =>
        overEthernet(name, (data) =>
          frame(ethernet(macs), ipv4(addresses), udp({ sourcePort: 40000, destinationPort: port }), data),
        ),
      ),
    ...tcpPort
      .all()
      .map(([port, { name }]) =>
        overEthernet(name, (data) =>
          frame(ethernet(macs), ipv4({ ...addresses, protocol: 6 }), tcpSegment(port, data)),
        ),
      ),
  ];
}

function tcpSegment(port: number, data: Uint8Array): Uint8Array {
  const header = new Uint8Array(TCP_WITHOUT_OPTIONS);
  header.set([0x9c, 0x40, port >> 8, port & 0xff], 0);
  header[12] = (TCP_WITHOUT_OPTIONS / 4) << 4;
  header[13] = 0x18;
  return concatenate(header, data);
}

/** Random bytes; now and then small ones only, which make lengths and counts that fit. */
function garbage(random: Random): Uint8Array {
  const bytes = random.bytes(random.below(random.chance(4) ? 600 : 80));
  return random.chance(2) ? bytes.map((byte) => byte & random.pick([0x03, 0x0f, 0x3f])) : bytes;
}

function check({ name, linkType, wrap }: Way, data: Uint8Array): void {
  const whole = wrap(data);
  const packet = new OwnedPacket(whole, { linkType, originalLength: whole.length });
  const about = `${name}: ${Buffer.from(whole).toString('hex')}`;
  for (const letters of LETTERS) {
    const printer = createPrinter(optionsFor(letters));
    printer.packet(packet);
    const text = printer.out.toString();
    expect(text.endsWith('\n'), about).toBe(true);
    expect(text, about).not.toMatch(/undefined|NaN|\[object/);
  }
  for (const layer of dissect(packet).layers) {
    for (const field of layer.fields) checkPlace(field, whole.length, about);
  }
}

function checkPlace(field: Field, length: number, about: string): void {
  const inside = field.offset >= 0 && field.length >= 0 && field.offset + field.length <= length;
  expect(inside, `${field.name} at ${field.offset}, ${field.length} bytes; ${about}`).toBe(true);
  for (const inner of field.fields ?? []) checkPlace(inner, length, about);
}

describe('garbage', () => {
  const seed = seedFor('every protocol');
  const reached = ways();

  it('reaches protocols by every kind of way', () => {
    expect(reached.length).toBeGreaterThan(0);
  });

  it.each([...new Set(reached.map(({ name }) => name))])('in %s', (name) => {
    const random = new Random(seed);
    const mine = reached.filter((way) => way.name === name);
    for (let round = 0; round < ROUNDS; round++) check(random.pick(mine), garbage(random));
  });
});
