// Spanning tree of every version: text as tcpdump's, fields as tshark's.
import { describe, expect, it } from 'vitest';
import {
  type BridgeId,
  concatenate,
  ethernet,
  frame,
  LLC_SAP,
  llc,
  type MstiFields,
  STP_TYPE,
  STP_VERSION,
  type StpFields,
  snap,
  stp,
} from '../../src/wire/index.ts';
import { has } from '../support/needs.ts';
import { expectSurvival } from '../support/survival.ts';
import { expectSameText, fuzzAgainstTcpdump, LETTERS, ourTexts } from '../support/tcpdump.ts';
import { expectFieldsKnownToTshark } from '../support/tshark.ts';

const MACS = { destination: '01:80:c2:00:00:00', source: '02:00:00:00:00:0b' };
const BPDU_AT = 17;

const bridge = (priority: number): BridgeId => ({ priority, address: '02:00:00:00:01:0c' });
const common: StpFields = {
  root: bridge(0x8001),
  rootCost: 4,
  bridge: bridge(0x9002),
  port: 0x8003,
  flags: 0x81,
  messageAge: 1,
};
const instance: MstiFields = {
  flags: 0x7c,
  root: bridge(0x8005),
  rootCost: 9,
  bridgePriority: 0x80,
  portPriority: 0x70,
};
const multiple = {
  configName: 'region',
  configRevision: 3,
  configDigest: new Uint8Array(16).fill(0xa9),
  internalCost: 7,
  bridge: bridge(0x7003),
  instances: [instance, { ...instance, flags: 0 }],
};

const bpdu = (fields: StpFields, behind: Uint8Array | string = '') =>
  frame(ethernet({ ...MACS, padTo: 60 }), llc({ dsap: LLC_SAP.STP }), stp(fields), behind);

/** Behind a multiple spanning tree: length, configuration, agreement (IEEE Std 802.1aq section 14). */
const shortestPath = concatenate(
  Uint8Array.of(0, 85, 0),
  new Uint8Array(84).map((_, i) => (i < 4 ? 0x41 + i : i)),
);

const FRAMES = {
  config: bpdu(common),
  topologyChange: bpdu({ type: STP_TYPE.TOPOLOGY_CHANGE }),
  rapid: bpdu({ ...common, version: STP_VERSION.RSTP, flags: 0x7e }),
  multiple: bpdu({ ...common, flags: 0x7c, multiple }),
  multipleAlone: bpdu({ ...common, multiple: { ...multiple, instances: [] } }),
  shortestPath: bpdu({ ...common, version: STP_VERSION.SPT, multiple }, shortestPath),
  rapidInOld: bpdu({ ...common, type: STP_TYPE.RAPID }),
  unknownType: bpdu({ ...common, type: 0x33 }),
  unknownVersion: bpdu({ ...common, version: 7 }),
  perVlan: frame(ethernet(MACS), snap({ oui: 0x00000c, type: 0x010b }), stp(common), '\0\0\0\x02\0\x05'),
};
const all: Uint8Array[] = Object.values(FRAMES);

describe.skipIf(!has('tool:tcpdump'))('spanning tree text', () => {
  it("is tcpdump's", () => {
    for (const letters of LETTERS)
      expectSameText(
        all.map((bytes) => ({ bytes })),
        1,
        letters,
      );
  });

  it("is tcpdump's at every cut", () => {
    const cut = (bytes: Uint8Array) =>
      Array.from(bytes, (_, i) => ({ bytes: bytes.slice(0, i + 1), originalLength: bytes.length }));
    for (const letters of ['', 'v', 'e']) expectSameText([FRAMES.rapid, FRAMES.shortestPath].flatMap(cut), 1, letters);
  });

  it('rounds times as printf does', () => {
    const times = Array.from({ length: 512 }, (_, i) => ({ bytes: bpdu({ ...common, maxAge: i / 256 }) }));
    expectSameText(times, 1, 'v');
    expect(ourTexts([{ bytes: bpdu({ maxAge: 32 / 256 }) }], 1, 'v')[0]).toContain('max-age 0.12s');
  });

  it("is tcpdump's for changed frames", () => {
    fuzzAgainstTcpdump('stp', all, { from: BPDU_AT, count: 500, letters: ['', 'v', 'vve'] });
  });
});

describe.skipIf(!has('tool:tshark'))('spanning tree fields', () => {
  it("are tshark's", () => {
    const { rapidInOld, unknownType, unknownVersion, shortestPath: _, ...rest } = FRAMES;
    expectFieldsKnownToTshark(Object.values(rest).map((bytes) => ({ bytes })));
  });
});

describe('spanning tree', () => {
  it('survives cuts and changes', () => expectSurvival('stp', all, BPDU_AT, 1000));
});
