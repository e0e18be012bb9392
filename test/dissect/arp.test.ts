// ARP, RARP and their relatives: text as tcpdump's, fields as tshark's.
import { describe, expect, it } from 'vitest';
import { dissect } from '../../src/dissect/index.ts';
import {
  ARP_HARDWARE,
  ARP_OPERATION,
  type ArpFields,
  arp,
  concatenate,
  ETHER_TYPE,
  ethernet,
  frame,
  OwnedPacket,
} from '../../src/wire/index.ts';
import { has } from '../support/needs.ts';
import { expectSurvival } from '../support/survival.ts';
import { expectSameText, fuzzAgainstTcpdump, LETTERS, ourTexts } from '../support/tcpdump.ts';
import { expectFieldsKnownToTshark } from '../support/tshark.ts';

const MACS = { destination: 'ff:ff:ff:ff:ff:ff', source: '02:00:00:00:00:0b' };
const ARP_AT = 14;
const BASE: ArpFields = {
  senderHardware: MACS.source,
  senderProtocol: '192.0.2.1',
  targetProtocol: '192.0.2.2',
};
const target = '02:00:00:00:00:0c';
const packet = (fields: Partial<ArpFields>) => frame(ethernet(MACS), arp({ ...BASE, ...fields }));
const bytes = (...values: number[]) => Uint8Array.from(values);

/** ATM: types, sizes of the sender's addresses, operation, sizes of the rest; then the addresses. */
const atm = (operation: number, targetNumberSize: number, protocolSize = 4) =>
  frame(
    ethernet({ ...MACS, type: ETHER_TYPE.ARP }),
    concatenate(
      bytes(
        0,
        ARP_HARDWARE.ATM_2225,
        8,
        0,
        0x43,
        2,
        0,
        operation,
        4,
        targetNumberSize,
        targetNumberSize && 1,
        protocolSize,
      ),
      bytes(0xa1, 0xa2, 0xa3, 0xb1, 0xb2, 192, 0, 2, 1),
      new Uint8Array(targetNumberSize + (targetNumberSize && 1)).fill(0xc1),
      new Uint8Array(protocolSize).fill(9),
    ),
  );

const FRAMES = {
  request: packet({}),
  unicastRequest: packet({ targetHardware: target }),
  reply: packet({ operation: ARP_OPERATION.REPLY, targetHardware: target }),
  probe: packet({ senderProtocol: '0.0.0.0' }),
  announcement: packet({ targetProtocol: '192.0.2.1' }),
  gratuitousReply: packet({ operation: ARP_OPERATION.REPLY, targetProtocol: '192.0.2.1' }),
  reverseRequest: packet({ operation: ARP_OPERATION.REVERSE_REQUEST, targetHardware: target, reverse: true }),
  reverseReply: packet({ operation: ARP_OPERATION.REVERSE_REPLY, targetHardware: target, reverse: true }),
  inverseRequest: packet({ operation: ARP_OPERATION.INVERSE_REQUEST, targetHardware: target }),
  inverseReply: packet({ operation: ARP_OPERATION.INVERSE_REPLY, targetHardware: target }),
  nak: packet({ operation: ARP_OPERATION.NAK }),
  unknownOperation: packet({ operation: 77 }),
  ring: packet({ hardwareType: ARP_HARDWARE.IEEE802 }),
  infiniband: packet({
    hardwareType: ARP_HARDWARE.INFINIBAND,
    senderHardware: new Uint8Array(20).fill(0xab),
    targetHardware: new Uint8Array(20).fill(0xcd),
  }),
  noHardware: packet({ hardwareType: 65535, senderHardware: bytes(), targetHardware: bytes() }),
  frameRelay: packet({
    hardwareType: ARP_HARDWARE.FRAME_RELAY,
    senderHardware: bytes(0x18, 0x41),
    targetHardware: bytes(0x18, 0x51),
    operation: ARP_OPERATION.INVERSE_REPLY,
  }),
  longFrameRelay: packet({
    hardwareType: ARP_HARDWARE.FRAME_RELAY,
    senderHardware: bytes(0x18, 0x40, 0x12, 0x05),
    targetHardware: bytes(0x19, 0x51, 0, 1),
    operation: ARP_OPERATION.REVERSE_REQUEST,
  }),
  otherProtocol: packet({ protocolType: 0x88b5 }),
  otherSize: packet({ senderProtocol: bytes(1, 2), targetProtocol: bytes(3, 4) }),
  trailers: packet({ protocolType: 0x1000 }),
  tooLong: packet({ hardwareSize: 200 }),
};
const ATM = [
  ...[1, 2, 8, 9, 10, 11].flatMap((operation) => [atm(operation, 3), atm(operation, 0)]),
  atm(1, 2, 3),
  atm(2, 2, 0),
];
const all: Uint8Array[] = Object.values(FRAMES);

describe.skipIf(!has('tool:tcpdump'))('ARP text', () => {
  it("is tcpdump's", () => {
    const samples = [...all, ...ATM].map((sample) => ({ bytes: sample }));
    for (const letters of LETTERS) expectSameText(samples, 1, letters);
  });

  it("is tcpdump's at every cut", () => {
    const cut = (whole: Uint8Array) =>
      Array.from(whole, (_, i) => ({ bytes: whole.slice(0, i + 1), originalLength: whole.length }));
    for (const letters of ['', 'v', 'e', 'X'])
      expectSameText([FRAMES.reply, FRAMES.unknownOperation, ...ATM].flatMap(cut), 1, letters);
  });

  it("is tcpdump's for changed packets", () => {
    fuzzAgainstTcpdump('arp', [...all, ...ATM], { from: ARP_AT, count: 500 });
  });
});

describe('ARP text', () => {
  it('tells who has, who is, and who asks whom', () => {
    const line = (bytes: Uint8Array) => ourTexts([{ bytes }], 1)[0]!.replace(/^\S+ /, '');
    expect(line(FRAMES.request)).toBe('ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28\n');
    expect(line(FRAMES.unicastRequest)).toBe(
      'ARP, Request who-has 192.0.2.2 (02:00:00:00:00:0c) tell 192.0.2.1, length 28\n',
    );
    expect(line(FRAMES.reply)).toBe('ARP, Reply 192.0.2.1 is-at 02:00:00:00:00:0b, length 28\n');
    expect(line(FRAMES.frameRelay)).toBe('ARP, Inverse Reply DLCI 100 at 192.0.2.1, length 20\n');
  });
});

describe.skipIf(!has('tool:tshark'))('ARP fields', () => {
  it("are tshark's", () => {
    expectFieldsKnownToTshark(all.map((sample) => ({ bytes: sample })));
  });

  it('tell probes and announcements', () => {
    const kinds = (bytes: Uint8Array) =>
      dissect(new OwnedPacket(bytes, { linkType: 1 }))
        .layers[1]!.fields.filter((field) => field.length === 0)
        .map((field) => field.name);
    expect(kinds(FRAMES.request)).toEqual([]);
    expect(kinds(FRAMES.probe)).toEqual(['arp.isprobe']);
    expect(kinds(FRAMES.announcement)).toEqual(['arp.isgratuitous', 'arp.isannouncement']);
    expect(kinds(FRAMES.gratuitousReply)).toEqual(['arp.isgratuitous']);
  });
});

describe('ARP', () => {
  it('survives cuts and changes', () => expectSurvival('arp', [...all, ...ATM], ARP_AT, 1000));
});
