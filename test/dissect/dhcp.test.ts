// DHCP and DHCPv6: text against tcpdump, fields against tshark.
import { describe, expect, it } from 'vitest';
import { dissect, type Field } from '../../src/dissect/index.ts';
import { dhcpv6Message, dhcpv6Option, OwnedPacket } from '../../src/wire/index.ts';
import { DHCP_FRAMES, DHCPV6_FRAMES, ODD_DHCP_FRAMES, ODD_DHCPV6_FRAMES } from '../support/dhcp-frames.ts';
import { udpFrame } from '../support/frames.ts';
import { has } from '../support/needs.ts';
import { expectSurvival } from '../support/survival.ts';
import { expectSameText, fuzzAgainstTcpdump, ourTexts } from '../support/tcpdump.ts';
import { expectFieldsKnownToTshark } from '../support/tshark.ts';

const DHCP = [...DHCP_FRAMES, ...ODD_DHCP_FRAMES];
const DHCPV6 = [...DHCPV6_FRAMES, ...ODD_DHCPV6_FRAMES];
const samples = (frames: readonly Uint8Array[]) => frames.map((bytes) => ({ bytes }));

/** Ethernet, IPv4 and UDP headers are not what is tested here. */
const HEADERS = 42;

describe.skipIf(!has('tool:tcpdump'))('text of DHCP', () => {
  it.each(['', 'v', 'vv', 'vvv', 'e', 'q', 'X'])('equals tcpdump -%s', (letters) => {
    expectSameText(samples([...DHCP, ...DHCPV6]), 1, letters);
  });

  it.each([
    ['dhcp', DHCP],
    ['dhcpv6', DHCPV6],
  ])('equals tcpdump on mutations of %s', (name, frames) => {
    fuzzAgainstTcpdump(name, frames, { from: HEADERS, letters: ['', 'v', 'vv', 'vvv', 'vX'] });
  });
});

describe.skipIf(!has('tool:tshark'))('fields of DHCP', () => {
  it("are tshark's, with its places and values", () => {
    expectFieldsKnownToTshark(samples(DHCP_FRAMES));
  });

  it("are tshark's for DHCPv6", () => {
    // A time, which we give in seconds and tshark as a date.
    expectFieldsKnownToTshark(samples(DHCPV6_FRAMES), { except: ['dhcpv6.duidllt.time'] });
  });
});

describe('DHCP messages', () => {
  it('are dissected whatever they hold', () => {
    expectSurvival('dhcp', DHCP, HEADERS, 1000);
    expectSurvival('dhcpv6', DHCPV6, HEADERS, 1000);
  });

  it('may hold options in the name fields', () => {
    const { layers } = dissect(new OwnedPacket(ODD_DHCP_FRAMES[0]!, { linkType: 1 }));
    const names = layers.at(-1)!.fields.flatMap((field) => field.fields ?? []);
    const values = (name: string) => names.filter((field: Field) => field.name === name).map((field) => field.value);
    expect(values('dhcp.option.hostname')).toEqual(['s']);
    expect(values('dhcp.option.domain_name')).toEqual(['f']);
  });

  // tcpdump follows them as far as its stack reaches.
  it('with options nested without end are followed to a bound', () => {
    let nested = new Uint8Array(0);
    for (let i = 0; i < 10_000; i++) nested = new Uint8Array(dhcpv6Option(45, nested));
    const frame = udpFrame(546, 547, dhcpv6Message(1, 1, nested));
    const [text] = ourTexts([{ bytes: frame }], 1, 'v');
    expect(text).toContain('[|dhcp6]');
    expect(dissect(new OwnedPacket(frame, { linkType: 1 })).stopped?.reason).toBe('too many options within options');
  });
});
