// Ethernet, VLAN tags, LLC and SNAP: text as tcpdump's, fields as tshark's.
import { describe, expect, it } from 'vitest';
import { createPrinter, dissect } from '../../src/dissect/index.ts';
import {
  arp,
  concatenate,
  ethernet,
  frame,
  insertVlanTag,
  ipv4,
  LINK_TYPE,
  LLC_COMMAND,
  LLC_SAP,
  llc,
  OwnedPacket,
  snap,
  stp,
  udp,
  vlan,
} from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { has } from '../support/needs.ts';
import type { Sample } from '../support/pcap.ts';
import { expectSurvival } from '../support/survival.ts';
import { expectSameText, fuzzAgainstTcpdump, LETTERS, tcpdumpTexts } from '../support/tcpdump.ts';
import { expectFieldsKnownToTshark } from '../support/tshark.ts';

const MACS = { destination: '02:00:00:00:00:0a', source: '02:00:00:00:00:0b' };
const ADDRESSES = { source: '192.0.2.1', destination: '192.0.2.2' };
const BRIDGED = 0x0080c2;

const datagram = [ipv4(ADDRESSES), udp({ sourcePort: 40000, destinationPort: 40001 }), 'hello'] as const;
const whoHas = arp({ senderHardware: MACS.source, senderProtocol: '192.0.2.1', targetProtocol: '192.0.2.2' });

const FRAMES = {
  plain: frame(ethernet(MACS), ...datagram),
  padded: frame(ethernet({ ...MACS, padTo: 60 }), ...datagram),
  unknown: frame(ethernet({ ...MACS, type: 0x88b5 }), 'local experiment'),
  betweenLengthAndType: frame(ethernet({ ...MACS, type: 1520 }), 'what is this'),
  tagged: frame(ethernet(MACS), vlan({ id: 5, priority: 3 }), ...datagram),
  paddedTag: frame(ethernet({ ...MACS, padTo: 64 }), vlan({ id: 5, dropEligible: true }), whoHas),
  twoTags: frame(ethernet(MACS), vlan({ id: 7, tpid: 0x88a8, priority: 7 }), vlan({ id: 8 }), ...datagram),
  oldTags: frame(ethernet(MACS), vlan({ id: 7, tpid: 0x9100 }), vlan({ id: 8 }), whoHas),
  olderTag: frame(ethernet(MACS), vlan({ id: 7, tpid: 0x9200 }), vlan({ id: 8, tpid: 0x9200 }), whoHas),
  taggedLength: frame(ethernet({ ...MACS, padTo: 60 }), vlan({ id: 9 }), llc({ dsap: LLC_SAP.STP }), stp()),
  snap: frame(ethernet({ ...MACS, padTo: 64 }), snap(), ...datagram),
  snapUnknown: frame(ethernet(MACS), snap({ type: 0x88b5 }), 'payload'),
  snapOther: frame(ethernet(MACS), snap({ oui: 0x080007, type: 0x809b }), 'payload'),
  snapStranger: frame(ethernet(MACS), snap({ oui: 0x123456, type: 1 }), 'payload'),
  snapCisco: frame(ethernet(MACS), snap({ oui: 0x00000c, type: 0x2000 }), 'payload').fill(0x55, 22),
  pvst: frame(ethernet(MACS), snap({ oui: 0x00000c, type: 0x010b }), stp()),
  bridged: frame(ethernet(MACS), snap({ oui: BRIDGED, type: 7 }), '\0\0', ethernet(MACS), ...datagram),
  bridgedBpdu: frame(ethernet(MACS), snap({ oui: BRIDGED, type: 14 }), stp()),
  bridgedRing: frame(ethernet(MACS), snap({ oui: BRIDGED, type: 0x000b }), 'payload'),
  ipSap: frame(ethernet(MACS), llc({ dsap: LLC_SAP.IP }), ...datagram),
  unnumbered: frame(ethernet(MACS), llc({ dsap: 0x04, control: LLC_COMMAND.SABME | 0x10 }), 'x'),
  twoSaps: frame(ethernet(MACS), llc({ dsap: 0x05, ssap: 0x09, control: LLC_COMMAND.UA }), 'x'),
  xid: frame(ethernet(MACS), llc({ dsap: 0x00, ssap: 0x01, control: LLC_COMMAND.XID }), '\x81\x01\x02'),
  xidShort: frame(ethernet(MACS), llc({ dsap: 0x00, control: LLC_COMMAND.XID | 0x10 }), '\x81\x01'),
  xidEmpty: frame(ethernet(MACS), llc({ dsap: 0x04, control: LLC_COMMAND.XID })),
  supervisory: frame(ethernet(MACS), llc({ dsap: 0x04, ssap: 0x05, control: 0x1301 })),
  information: frame(ethernet(MACS), llc({ dsap: 0x04, ssap: 0x08, control: 0x0402 }), 'payload'),
  tiny: frame(ethernet({ ...MACS, type: 2 }), 'ab'),
  jumbo: frame(ethernet({ ...MACS, type: 0x8870 }), llc({ dsap: LLC_SAP.STP }), stp()),
};

const all: Uint8Array[] = Object.values(FRAMES);

/** tcpdump prints more of these than we do: AppleTalk, CDP, which come out as bytes nobody knows. */
const known = all.filter((bytes) => bytes !== FRAMES.snapCisco && bytes !== FRAMES.snapOther);

describe.skipIf(!has('tool:tcpdump'))('Ethernet text', () => {
  it("is tcpdump's, however much was captured", () => {
    const samples = known.flatMap((bytes): Sample[] => [
      { bytes },
      { bytes, originalLength: bytes.length + 40 },
      ...[1, 13, 14, 15, 16, 17, 18, 20, 23].map((cut) => ({
        bytes: bytes.slice(0, cut),
        originalLength: bytes.length,
      })),
    ]);
    for (const letters of [...LETTERS, 'x', 'XX', 'xx', 'A', 'AA', 'qe', 'veX'])
      expectSameText(samples, LINK_TYPE.ETHERNET, letters);
  });

  it("is tcpdump's for changed frames", () => {
    // What leads to other protocols stays as it is: tcpdump has printers that we do not have.
    fuzzAgainstTcpdump('ethernet', [FRAMES.paddedTag, FRAMES.oldTags, FRAMES.olderTag, FRAMES.unknown], {
      from: 14,
      count: 300,
      excuse: isForeign,
    });
    fuzzAgainstTcpdump('llc', [FRAMES.unnumbered, FRAMES.twoSaps, FRAMES.xid, FRAMES.supervisory, FRAMES.information], {
      from: 16,
      count: 300,
      excuse: isForeign,
    });
    fuzzAgainstTcpdump('snap', [FRAMES.snapStranger], { from: 17, count: 200, excuse: isForeign });
  });
});

describe.skipIf(!has('tool:tcpdump'))('a tag in metadata', () => {
  const samples = [FRAMES.plain, FRAMES.padded, FRAMES.twoTags, FRAMES.information];
  const tag = { tpid: 0x8100, tci: 0x6123 };

  it('is printed as if it stood in the frame', () => {
    const inserted = samples.map((bytes) => insertVlanTag(new OwnedPacket(bytes, { linkType: 1, vlan: tag })).data);
    const theirs = tcpdumpTexts(
      inserted.map((bytes) => ({ bytes })),
      1,
      'eXX',
    );
    const printer = createPrinter({ time: 1, linkHeader: true, dump: 'hex-ascii', dumpLinkHeader: true });
    samples.forEach((bytes, i) => {
      printer.out.clear();
      printer.packet(new OwnedPacket(bytes, { linkType: 1, vlan: tag }));
      expect(printer.out.toString()).toBe(theirs[i]!.replace(/^\S+ /, ''));
    });
  });

  it('is dissected as if it stood in the frame', () => {
    const { layers } = dissect(new OwnedPacket(FRAMES.plain, { linkType: 1, vlan: tag }));
    expect(layers.map((layer) => layer.protocol).slice(0, 3)).toEqual(['eth', 'vlan', 'ip']);
    expect(layers[1]!.fields.map((field) => [field.name, field.value])).toEqual([
      ['vlan.priority', 3],
      ['vlan.dei', 0],
      ['vlan.id', 0x123],
      ['vlan.etype', 0x0800],
    ]);
  });
});

describe.skipIf(!has('tool:tshark'))('Ethernet fields', () => {
  it("are tshark's", () => {
    // tshark knows more of AppleTalk, CDP and SNA, less of tags by 0x9200, and nothing of jumbo frames' LLC.
    const { tiny, olderTag, jumbo, snapOther, snapCisco, information, ...rest } = FRAMES;
    expectFieldsKnownToTshark(Object.values(rest).map((bytes) => ({ bytes })));
  });

  it('tell padding, trailer and check sequence', () => {
    const check = Uint8Array.of(1, 2, 3, 4);
    const trailer = Uint8Array.of(9, 8, 7);
    const short = frame(ethernet({ ...MACS, padTo: 60 }), whoHas);
    const long = frame(ethernet(MACS), ...datagram.slice(0, 2), 'x'.repeat(100));
    const dirty = short.slice().fill(7, 50);
    const samples = [
      short,
      concatenate(short, check),
      concatenate(short, trailer, check),
      concatenate(short, trailer),
      long,
      concatenate(long, check),
      concatenate(long, trailer),
      concatenate(long, trailer, check),
      dirty,
      concatenate(dirty, check),
      concatenate(FRAMES.paddedTag, trailer),
      concatenate(FRAMES.plain, trailer),
    ];
    expectFieldsKnownToTshark(samples.map((bytes) => ({ bytes })));
    const names = (bytes: Uint8Array) =>
      dissect(new OwnedPacket(bytes, { linkType: 1 }))
        .layers[0]!.fields.map((field) => field.name)
        .slice(3);
    expect(samples.map(names)).toEqual([
      ['eth.padding'],
      ['eth.padding', 'eth.fcs'],
      ['eth.padding', 'eth.trailer', 'eth.fcs'],
      ['eth.padding', 'eth.trailer'],
      [],
      ['eth.fcs'],
      ['eth.trailer'],
      ['eth.trailer', 'eth.fcs'],
      ['eth.trailer'],
      ['eth.trailer', 'eth.fcs'],
      [],
      ['eth.trailer'],
    ]);
  });
});

describe('Ethernet', () => {
  it('survives cuts and changes', () => {
    expectSurvival('ethernet', all, 12, 1000);
  });

  it('ends when tags lie in tags without end', () => {
    const tags = Array.from({ length: 2000 }, () => vlan({ id: 1 }));
    const packet = new OwnedPacket(frame(ethernet(MACS), ...tags, whoHas), { linkType: 1 });
    const { layers, stopped } = dissect(packet);
    expect(layers.length).toBe(64);
    expect(stopped?.reason).toBe('too many nested encapsulations');
  });
});
