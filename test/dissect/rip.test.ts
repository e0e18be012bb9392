// RIP and RIPng: text against tcpdump, fields against tshark.
import { describe, expect, it } from 'vitest';
import { udpFrame } from '../support/frames.ts';
import { has } from '../support/needs.ts';
import { expectSurvival } from '../support/survival.ts';
import { expectSameText, fuzzAgainstTcpdump, ourTexts } from '../support/tcpdump.ts';
import { expectFieldsKnownToTshark } from '../support/tshark.ts';

function fromHex(port: number, hex: string): Uint8Array {
  return udpFrame(port, port, Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')));
}

const ROUTE = '0002 0007 c0000200 ffffff00 00000000 00000001';
const PLAIN_ROUTE = '0002 0000 c0000200 00000000 00000000 00000002';
const DIGEST = '00112233445566778899aabbccddeeff';
const ROUTE6 = '20010db8000000000000000000000000 0007 20 01';
const EVERYWHERE6 = '00000000000000000000000000000000 0000 00 10';

const FRAMES = [
  fromHex(520, `02020000 ${ROUTE} 0002 0000 c0000300 fffffffc c0000201 00000010`),
  fromHex(520, '01010000 0000 0000 00000000 00000000 00000000 00000010'),
  fromHex(520, `02010000 ${PLAIN_ROUTE} ${PLAIN_ROUTE}`),
  fromHex(520, `02020000 ffff 0002 73656372657400000000000000000000 ${ROUTE}`),
  fromHex(520, `02020000 ffff 0003 002c 01 10 00000005 00000000 00000000 ${ROUTE} ffff 0001 ${DIGEST}`),
  fromHex(521, `02010000 ${ROUTE6} fe800000000000000000000000000001 0000 00 ff`),
  fromHex(521, `01010000 ${EVERYWHERE6}`),
  fromHex(521, `01010000 ${ROUTE6}`),
];

const ODD_FRAMES = [
  ...Array.from({ length: 8 }, (_, command) => fromHex(520, `0${command}020000 ${ROUTE}`)),
  ...Array.from({ length: 5 }, (_, version) => fromHex(520, `020${version}0000 ${PLAIN_ROUTE}`)),
  fromHex(520, '0201'),
  fromHex(520, `02010000 0007 0000 c0000200 00000000 00000000 00000002 ${ROUTE}`),
  fromHex(520, `02020000 0007 0000 c0000200 00000000 00000000 00000002 ${ROUTE} 0002`),
  fromHex(520, `02020000 0000 0000 c0000200 ff00ff00 00000000 00000002 0009 0000 c0000200`),
  fromHex(520, `02020000 ffff 0001 ${DIGEST}`),
  fromHex(520, `02020000 ffff 0009 ${DIGEST}`),
  fromHex(520, `02020000 ffff 0002 616263`),
  fromHex(520, `02020000 ffff 0003 616263`),
  fromHex(521, `02020000 ${ROUTE6}`),
  fromHex(521, `09010000 ${ROUTE6}`),
  fromHex(521, `02010000 ${ROUTE6} 0000`),
  fromHex(521, `01010000 ${ROUTE6} 0000`),
  fromHex(521, '010100'),
  fromHex(521, `02010000 ${EVERYWHERE6} ${EVERYWHERE6}`),
];

const ALL = [...FRAMES, ...ODD_FRAMES];
const samples = (frames: readonly Uint8Array[]) => frames.map((bytes) => ({ bytes }));

/** Ethernet, IPv4 and UDP headers are not what is tested here. */
const HEADERS = 42;

describe.skipIf(!has('tool:tcpdump'))('text of RIP', () => {
  it.each(['', 'v', 'vv', 'e', 'q', 'X'])('equals tcpdump -%s', (letters) => {
    expectSameText(samples(ALL), 1, letters);
  });

  it('equals tcpdump on mutations', () => {
    fuzzAgainstTcpdump('rip', ALL, { from: HEADERS, letters: ['', 'v', 'vv', 'vX'] });
  });
});

describe.skipIf(!has('tool:tshark'))('fields of RIP', () => {
  it("are tshark's, with its places and values", () => {
    expectFieldsKnownToTshark(samples(FRAMES));
  });
});

describe('RIP packets', () => {
  it('are dissected whatever they hold', () => {
    expectSurvival('rip', ALL, HEADERS, 500);
  });

  it('show a mask with holes as no prefix length', () => {
    const [text] = ourTexts([{ bytes: ODD_FRAMES[16]! }], 1, 'v');
    expect(text).toContain('192.0.2.0/-1,');
  });
});
