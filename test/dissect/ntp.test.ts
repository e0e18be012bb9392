// NTP: text against tcpdump, fields against tshark.
import { describe, expect, it } from 'vitest';
import { dissect } from '../../src/dissect/index.ts';
import { OwnedPacket } from '../../src/wire/index.ts';
import { has } from '../support/needs.ts';
import { NTP_FRAMES, ODD_NTP_FRAMES } from '../support/ntp-frames.ts';
import { expectSurvival } from '../support/survival.ts';
import { expectSameText, fuzzAgainstTcpdump } from '../support/tcpdump.ts';
import { expectFieldsKnownToTshark } from '../support/tshark.ts';

const ALL = [...NTP_FRAMES, ...ODD_NTP_FRAMES];
const samples = (frames: readonly Uint8Array[]) => frames.map((bytes) => ({ bytes }));

/** Ethernet, IPv4 and UDP headers are not what is tested here. */
const HEADERS = 42;

/** Times, which we give in seconds and tshark as a date. */
const TIMES = ['ntp.reftime', 'ntp.org', 'ntp.rec', 'ntp.xmt'];

describe.skipIf(!has('tool:tcpdump'))('text of NTP', () => {
  it.each(['', 'v', 'vvv', 'e', 'q', 'X'])('equals tcpdump -%s', (letters) => {
    expectSameText(samples(ALL), 1, letters);
  });

  it('equals tcpdump on mutations', () => {
    fuzzAgainstTcpdump('ntp', ALL, { from: HEADERS, letters: ['', 'v', 'vX'] });
  });
});

describe.skipIf(!has('tool:tshark'))('fields of NTP', () => {
  it("are tshark's, with its places and values", () => {
    expectFieldsKnownToTshark(samples([...NTP_FRAMES, ODD_NTP_FRAMES[0]!]), { except: TIMES });
  });
});

describe('NTP packets', () => {
  it('are dissected whatever they hold', () => {
    expectSurvival('ntp', ALL, HEADERS, 500);
  });

  it('have times in seconds since 1970', () => {
    const { layers } = dissect(new OwnedPacket(NTP_FRAMES[0]!, { linkType: 1 }));
    const time = layers.at(-1)!.fields.find((field) => field.name === 'ntp.xmt');
    expect(time?.value).toBe(Date.UTC(2023, 7, 2, 21, 20) / 1000 + 0.5);
  });
});
