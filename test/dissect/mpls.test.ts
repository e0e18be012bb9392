// MPLS label stacks: text as tcpdump's, fields as tshark's.
import { describe, it } from 'vitest';
import { ethernet, frame, ipv4, mpls, udp } from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { has } from '../support/needs.ts';
import { expectSurvival } from '../support/survival.ts';
import { expectSameText, fuzzAgainstTcpdump, LETTERS } from '../support/tcpdump.ts';
import { expectFieldsKnownToTshark } from '../support/tshark.ts';

const MACS = { destination: '02:00:00:00:00:0a', source: '02:00:00:00:00:0b' };
const MPLS_AT = 14;
const datagram = [
  ipv4({ source: '192.0.2.1', destination: '192.0.2.2' }),
  udp({ sourcePort: 40000, destinationPort: 40001 }),
  'hello',
] as const;

const FRAMES = {
  one: frame(ethernet(MACS), mpls({ label: 1048575, trafficClass: 5, timeToLive: 255 }), ...datagram),
  three: frame(ethernet(MACS), mpls({ label: 16 }), mpls({ label: 17 }), mpls({ label: 18 }), ...datagram),
  explicitNull: frame(ethernet(MACS), mpls({ label: 0 }), ...datagram),
  implicitNull: frame(ethernet(MACS), mpls({ label: 3 }), ...datagram),
  routerAlert: frame(ethernet(MACS), mpls({ label: 1 }), mpls({ label: 7 }), ...datagram),
  multicast: frame(ethernet({ ...MACS, type: 0x8848 }), mpls({ label: 100 }), ...datagram),
  unknown: frame(ethernet(MACS), mpls({ label: 100 }), '\x01\x02\x03\x04\x05'),
  overUdp: frame(
    ethernet(MACS),
    ipv4({ source: '192.0.2.1', destination: '192.0.2.2' }),
    udp({ sourcePort: 40000, destinationPort: 6635 }),
    mpls({ label: 100 }),
    ...datagram,
  ),
  nothing: frame(ethernet(MACS), mpls({ label: 100 })),
  endless: frame(ethernet(MACS), mpls({ label: 100, bottom: false }), mpls({ label: 101, bottom: false }), 'ab'),
};
const all: Uint8Array[] = Object.values(FRAMES);

describe.skipIf(!has('tool:tcpdump'))('MPLS text', () => {
  it("is tcpdump's", () => {
    for (const letters of LETTERS)
      expectSameText(
        all.map((bytes) => ({ bytes })),
        1,
        letters,
      );
  });

  it("is tcpdump's at every cut of the stack", () => {
    const cut = (whole: Uint8Array) =>
      Array.from({ length: 16 }, (_, i) => ({ bytes: whole.slice(0, MPLS_AT + i), originalLength: whole.length }));
    for (const letters of ['', 'v', 'e', 'X'])
      expectSameText([FRAMES.three, FRAMES.endless, FRAMES.unknown].flatMap(cut), 1, letters);
  });

  it("is tcpdump's for changed stacks", () => {
    // Payloads stay as they are: ISO ones, which begin with 0x81 to 0x83, are not printed here.
    fuzzAgainstTcpdump('mpls', [FRAMES.nothing, FRAMES.endless], { from: MPLS_AT, count: 300, excuse: isForeign });
  });
});

describe.skipIf(!has('tool:tshark'))('MPLS fields', () => {
  it("are tshark's", () => {
    // tshark looks for pseudowires in what it does not know.
    const { unknown, endless, ...rest } = FRAMES;
    expectFieldsKnownToTshark(Object.values(rest).map((bytes) => ({ bytes })));
  });
});

describe('MPLS', () => {
  it('survives cuts and changes', () => expectSurvival('mpls', all, MPLS_AT, 1000));
});
