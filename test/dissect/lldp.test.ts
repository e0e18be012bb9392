// LLDP with all its TLVs: text as tcpdump's, fields as tshark's.
import { describe, it } from 'vitest';
import {
  ethernet,
  frame,
  LLDP_ORGANIZATION,
  LLDP_TYPE,
  type LldpTlv,
  lldp,
  lldpKind,
  lldpOrganization,
} from '../../src/wire/index.ts';
import { has } from '../support/needs.ts';
import { expectSurvival } from '../support/survival.ts';
import { expectSameText, fuzzAgainstTcpdump, LETTERS } from '../support/tcpdump.ts';
import { expectFieldsKnownToTshark } from '../support/tshark.ts';

const MACS = { destination: '01:80:c2:00:00:0e', source: '02:00:00:00:00:0b' };
const LLDP_AT = 14;

const bytes = (...values: number[]) => Uint8Array.from(values);
const counting = (length: number, from = 0) => Uint8Array.from({ length }, (_, i) => from + i);
const mac = bytes(2, 0, 0, 0, 0, 11);
const chassis = lldpKind(LLDP_TYPE.CHASSIS_ID, 4, mac);
const port = lldpKind(LLDP_TYPE.PORT_ID, 5, 'eth0');
const timeToLive: LldpTlv = { type: LLDP_TYPE.TIME_TO_LIVE, value: bytes(0, 120) };

const ieee8021 = (subtype: number, value: Uint8Array) => lldpOrganization(LLDP_ORGANIZATION.IEEE_802_1, subtype, value);
const ieee8023 = (subtype: number, value: Uint8Array) => lldpOrganization(LLDP_ORGANIZATION.IEEE_802_3, subtype, value);
const tia = (subtype: number, value: Uint8Array) => lldpOrganization(LLDP_ORGANIZATION.TIA, subtype, value);

const unit = (...tlvs: LldpTlv[]) => frame(ethernet(MACS), lldp([chassis, port, timeToLive, ...tlvs]));
const text = (value: string) => Uint8Array.from(value, (character) => character.charCodeAt(0));

const FRAMES = {
  basic: unit(
    { type: LLDP_TYPE.PORT_DESCRIPTION, value: 'uplink' },
    { type: LLDP_TYPE.SYSTEM_NAME, value: 'switch\x01\x00hidden' },
    { type: LLDP_TYPE.SYSTEM_DESCRIPTION, value: 'a switch\nof two lines' },
    { type: LLDP_TYPE.SYSTEM_CAPABILITIES, value: bytes(0, 0xff, 0, 0x14) },
    { type: LLDP_TYPE.MANAGEMENT_ADDRESS, value: bytes(5, 1, 10, 0, 0, 1, 2, 0, 0, 0, 9, 3, 0x41, 0x42, 0x43) },
    { type: LLDP_TYPE.MANAGEMENT_ADDRESS, value: bytes(17, 2, ...counting(16), 3, 0, 0, 0, 9, 0) },
    { type: LLDP_TYPE.MANAGEMENT_ADDRESS, value: bytes(7, 6, ...mac, 1, 0, 0, 0, 9, 0) },
    { type: 9, value: 'reserved' },
  ),
  networkAddresses: frame(
    ethernet(MACS),
    lldp([
      lldpKind(LLDP_TYPE.CHASSIS_ID, 5, bytes(1, 10, 0, 0, 1)),
      lldpKind(LLDP_TYPE.PORT_ID, 4, bytes(2, ...counting(16, 0x20))),
      timeToLive,
    ]),
  ),
  kinds: frame(
    ethernet(MACS),
    lldp([
      lldpKind(LLDP_TYPE.CHASSIS_ID, 7, 'local'),
      lldpKind(LLDP_TYPE.PORT_ID, 3, mac),
      timeToLive,
      { type: LLDP_TYPE.SYSTEM_NAME, value: 'n' },
    ]),
  ),
  unknownKinds: frame(
    ethernet(MACS),
    lldp([lldpKind(LLDP_TYPE.CHASSIS_ID, 9, 'x'), lldpKind(LLDP_TYPE.PORT_ID, 0, 'y'), timeToLive]),
  ),
  otherFamily: unit({ type: LLDP_TYPE.MANAGEMENT_ADDRESS, value: bytes(4, 14, 1, 2, 3, 2, 0, 0, 0, 9, 0) }),
  ieee8021: unit(
    ieee8021(1, bytes(0, 5)),
    ieee8021(2, bytes(6, 0, 7)),
    ieee8021(3, bytes(0, 5, 3, 65, 66, 67)),
    ieee8021(4, bytes(2, 65, 66)),
    ieee8021(7, bytes(3, 0, 0, 0, 9)),
  ),
  bridging: unit(
    ieee8021(8, bytes(0xa5, 0x5a)),
    ieee8021(9, counting(21, 0xe0)),
    ieee8021(10, counting(21, 0x70)),
    ieee8021(11, bytes(0xc8, 0x3c)),
    ieee8021(12, bytes(0, 0x61, 0x89, 0x06, 0x9a, 0, 80)),
    ieee8021(13, bytes(7, 0x1f, 0x25, 0x94, 0x3f)),
    ieee8021(14, bytes(0x98, 0, 0, 0xa0, 0x12, 0x34, 0x56)),
    ieee8021(99, counting(20)),
  ),
  ieee8023: unit(
    ieee8023(1, bytes(3, 0x6c, 1, 0, 16)),
    ieee8023(2, bytes(7, 1, 2)),
    ieee8023(3, bytes(3, 0, 0, 0, 9)),
    ieee8023(4, bytes(5, 0xee)),
    ieee8023(99, bytes(1)),
  ),
  tia: unit(
    tia(1, bytes(0, 0x3f, 4)),
    tia(2, bytes(1, 0x41, 0x42, 0x43)),
    tia(4, bytes(0x51, 0, 100)),
    ...[5, 6, 7, 8, 9, 10, 11].map((subtype) => tia(subtype, text(`inventory ${subtype}`))),
  ),
  locations: unit(
    tia(3, bytes(1, ...counting(16, 0x61))),
    tia(3, bytes(2, 13, 2, 68, 69, 3, 3, 65, 66, 67, 6, 3, 97, 98, 99)),
    tia(3, text('\x03+49 1234')),
    tia(3, bytes(9, 1, 2, 3)),
    tia(4, bytes(0xa2, 0x0c, 0)),
    tia(77, bytes(1, 2)),
  ),
  iana: unit(lldpOrganization(LLDP_ORGANIZATION.IANA, 1, text('https://example.org/mud'))),
  dcbx: unit(
    lldpOrganization(
      LLDP_ORGANIZATION.DCBX,
      2,
      bytes(
        ...[2, 10, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2],
        ...[4, 17, 0, 0, 0xe0, 0, 0x01, 0x23, 0x45, 0x67, 10, 20, 30, 40, 0, 0, 0, 0, 8],
        ...[6, 6, 0, 0, 0xc0, 0, 0x18, 4],
        ...[8, 16, 0, 0, 0x80, 0, 0x89, 0x06, 0, 0x1b, 0x21, 8, 0x0c, 0xbc, 0x40, 0x1b, 0x21, 0x10],
        ...[10, 2, 1, 2],
      ),
    ),
    lldpOrganization(LLDP_ORGANIZATION.DCBX, 1, counting(9)),
  ),
  stranger: unit(lldpOrganization(0x123456, 9, bytes(1, 2))),
  withoutEnd: frame(ethernet(MACS), lldp([chassis, port, timeToLive], false)),
  short: unit({ type: LLDP_TYPE.TIME_TO_LIVE, value: bytes(1) }),
  tooLong: unit({ type: LLDP_TYPE.SYSTEM_NAME, value: 'abc', length: 300 }),
};
const all: Uint8Array[] = Object.values(FRAMES);

describe.skipIf(!has('tool:tcpdump'))('LLDP text', () => {
  it("is tcpdump's", () => {
    for (const letters of [...LETTERS, 'vv'])
      expectSameText(
        all.map((sample) => ({ bytes: sample })),
        1,
        letters,
      );
  });

  it("is tcpdump's at every cut", () => {
    const cut = (whole: Uint8Array) =>
      Array.from(whole, (_, i) => ({ bytes: whole.slice(0, i + 1), originalLength: whole.length }));
    for (const letters of ['', 'v', 'X'])
      expectSameText([FRAMES.basic, FRAMES.locations, FRAMES.dcbx].flatMap(cut), 1, letters);
  });

  it("is tcpdump's for changed frames", () => {
    fuzzAgainstTcpdump('lldp', all, { from: LLDP_AT, count: 600, letters: ['', 'v', 'vve', 'X'] });
  });
});

describe.skipIf(!has('tool:tshark'))('LLDP fields', () => {
  it("are tshark's", () => {
    // tshark takes these for malformed, and ends there.
    const { unknownKinds, short, tooLong, bridging, locations, dcbx, ...rest } = FRAMES;
    // tshark shows object identifiers by their numbers, and stops a name at its zero byte.
    expectFieldsKnownToTshark(
      Object.values(rest).map((sample) => ({ bytes: sample })),
      {
        except: ['lldp.mgn.obj.id', 'lldp.tlv.system.name', 'lldp.tlv.system.desc'],
      },
    );
  });
});

describe('LLDP', () => {
  it('survives cuts and changes', () => expectSurvival('lldp', all, LLDP_AT, 1500));
});
