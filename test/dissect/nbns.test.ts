// NetBIOS name service: fields against tshark, text as tcpdump shows what it does not know.
import { describe, expect, it } from 'vitest';
import { dissect } from '../../src/dissect/index.ts';
import { OwnedPacket } from '../../src/wire/index.ts';
import { udpFrame } from '../support/frames.ts';
import { has } from '../support/needs.ts';
import { expectSurvival } from '../support/survival.ts';
import { expectSameText } from '../support/tcpdump.ts';
import { expectFieldsKnownToTshark } from '../support/tshark.ts';

/** RFC 1001 section 14.1: a letter for each half of a byte. */
function encoded(name: string, kind: number): number[] {
  const codes = [...Buffer.from(name.padEnd(15)), kind];
  return [32, ...codes.flatMap((code) => [0x41 + (code >> 4), 0x41 + (code & 15)]), 0];
}

const NB_IN = [0, 32, 0, 1];
const ADDRESS = [0, 4, 0x93, 0xe0, 0, 12, 0x60, 0, 192, 0, 2, 1, 0x80, 0, 192, 0, 2, 2];
const STATUS = [0, 0, 0, 0, 0, 65, 1, ...Buffer.from('FRED           '), 0x20, 4, 0, ...Array<number>(46).fill(0)];

const FRAMES = [
  [0, 1, 1, 0x10, 0, 1, 0, 0, 0, 0, 0, 0, ...encoded('WORKGROUP', 0x1d), ...NB_IN],
  [0, 2, 0x85, 0, 0, 0, 0, 1, 0, 0, 0, 0, ...encoded('FRED', 0x20), ...NB_IN, ...ADDRESS],
  [0, 3, 0x29, 0x10, 0, 1, 0, 0, 0, 0, 0, 1, ...encoded('FRED', 0), ...NB_IN, 0xc0, 12, ...NB_IN, ...ADDRESS],
  [0, 4, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, ...encoded('FRED', 0), 0, 33, 0, 1, ...STATUS],
].map((message) => udpFrame(137, 137, Uint8Array.from(message)));
const SAMPLES = FRAMES.map((bytes) => ({ bytes }));

describe('NetBIOS names', () => {
  it.skipIf(!has('tool:tcpdump'))('are not printed by tcpdump', () => {
    expectSameText(SAMPLES, 1, 'v');
  });

  it.skipIf(!has('tool:tshark'))("have tshark's fields, with its places and values", () => {
    // In records tshark leaves out the length byte and adds what kind of name it is.
    expectFieldsKnownToTshark(SAMPLES.slice(0, 3), { except: ['nbns.name'] });
    // tshark's section ends four bytes before its only record does.
    expectFieldsKnownToTshark(SAMPLES.slice(3), { except: ['nbns.name', ''] });
  });

  it('are decoded', () => {
    const { layers } = dissect(new OwnedPacket(FRAMES[0]!, { linkType: 1 }));
    const names = layers
      .at(-1)!
      .fields.flatMap((section) => section.fields ?? [])
      .map((entry) => entry.value);
    expect(names).toContain('WORKGROUP<1d>: type NB, class IN');
  });

  it('are dissected whatever they hold', () => {
    expectSurvival('nbns', FRAMES, 42, 500);
  });
});
