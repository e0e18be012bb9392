// IPv4 with options, fragments and impossible lengths; IP in IP; what only the text of IP says.
import { describe, expect, it } from 'vitest';
import { createPrinter, dissect } from '../../src/dissect/index.ts';
import { ethernet, frame, ipv4, ipv6, OwnedPacket, tcp, udp } from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { BEFORE_IP, inIpv4 } from '../support/internet.ts';
import { has } from '../support/needs.ts';
import { testProtocol } from '../support/protocol-tests.ts';
import { expectSameText } from '../support/tcpdump.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const datagram = udp({ sourcePort: 4000, destinationPort: 4001 });

const FRAMES = [
  inIpv4({ identification: 0x1234, dontFragment: true }, datagram, 'hello'),
  inIpv4({ typeOfService: 0xb9, timeToLive: 1 }, datagram),
  inIpv4({ typeOfService: 2 }, datagram),
  inIpv4({ typeOfService: 3 }, datagram),
  inIpv4({ moreFragments: true, identification: 7 }, datagram, new Uint8Array(24)),
  inIpv4({ moreFragments: true, fragmentOffset: 1480, protocol: 17 }, new Uint8Array(24)),
  inIpv4({ fragmentOffset: 65528, protocol: 6 }, 'last'),
  inIpv4({ options: hex('940400 00') }, datagram),
  inIpv4({ options: hex('94040001') }, datagram),
  inIpv4({ options: hex('01 07 07 04 c0000201 01 01 00') }, datagram),
  inIpv4({ options: hex('44 0c 05 00 00000001 00000002') }, datagram),
  inIpv4({ options: hex('44 0c 0d 21 c0000201 00000002') }, datagram),
  inIpv4({ options: hex('44 0c 05 33 c0000201 00000002') }, datagram),
  inIpv4({ options: hex('82 0b 000102030405060708 52 0c 0001 0002 0003 01020304') }, datagram),
  inIpv4({ protocol: 253 }, 'unknown'),
  inIpv4({ protocol: 59 }, 'no next header'),
  inIpv4({}, ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }), datagram, 'in it'),
  inIpv4({}, ipv6({ source: 'fe80::1', destination: 'ff02::1' }), datagram, 'six in four'),
];

const ODD = [
  // Here tshark names the route's last address ip.dst, and what stands in the header ip.cur_rt.
  inIpv4({ options: hex('83 0b 08 c0000201 c0000202 00') }, datagram, 'routed'),
  inIpv4({ options: hex('89 07 04 c0000263 00') }, tcp({ sourcePort: 1, destinationPort: 2, syn: true })),
  inIpv4({ checksum: 0x1111 }, datagram),
  inIpv4({ version: 5 }, datagram),
  inIpv4({ version: 6 }, datagram),
  inIpv4({ headerLength: 16 }, datagram),
  inIpv4({ headerLength: 60 }, datagram),
  inIpv4({ totalLength: 0 }, datagram, 'left to the card'),
  inIpv4({ totalLength: 19 }, datagram),
  inIpv4({ totalLength: 1500 }, datagram, 'more'),
  inIpv4({ totalLength: 30 }, datagram, 'padding'),
  inIpv4({ options: hex('07 02 01 01') }, datagram),
  inIpv4({ options: hex('07 27 04 00') }, datagram),
  inIpv4({ options: hex('07 01 04 00') }, datagram),
  inIpv4({ options: hex('44 03 05 00') }, datagram),
  inIpv4({ options: hex('44 08 00 05 00000001') }, datagram),
  inIpv4({ options: hex('83 08 00 c0000201 00') }, datagram),
  inIpv4({ options: hex('94 03 00 00') }, datagram),
  inIpv4({ protocol: 58 }, 'ICMPv6'),
  inIpv4({ protocol: 143 }, 'Ethernet'),
  inIpv4({ protocol: 77 }, 'Sun'),
  inIpv4({ protocol: 41 }, ''),
];

testProtocol({
  name: 'IPv4',
  frames: FRAMES,
  odd: ODD,
  headers: BEFORE_IP,
  // A first fragment is dissected here, since nothing is put together.
  args: ['-o', 'ip.defragment:FALSE'],
  excuse: isForeign,
});

describe.skipIf(!has('tool:tcpdump'))('text of IPv4', () => {
  it('equals tcpdump -K and at every cut', () => {
    expectSameText(
      [...FRAMES, ...ODD].map((bytes) => ({ bytes })),
      1,
      'vK',
    );
    const cuts = FRAMES.slice(7, 13).flatMap((whole) =>
      Array.from({ length: whole.length - BEFORE_IP }, (_, i) => ({
        bytes: whole.slice(0, BEFORE_IP + i),
        originalLength: whole.length,
      })),
    );
    for (const letters of ['', 'v', 'vvv']) expectSameText(cuts, 1, letters);
  });
});

describe('without -n', () => {
  it.each([
    [inIpv4({ fragmentOffset: 8, protocol: 17 }, 'x'), '192.0.2.1 > 198.51.100.2: udp\n'],
    [inIpv4({ protocol: 3 }, 'x'), '192.0.2.1 > 198.51.100.2:  ggp 1\n'],
    [inIpv4({ protocol: 61 }, 'x'), '192.0.2.1 > 198.51.100.2:  ip-proto-61 1\n'],
    [inIpv4({ protocol: 254 }, 'x'), '192.0.2.1 > 198.51.100.2:  exptest-254 1\n'],
  ])('protocols have names where they have one (%#)', (bytes, text) => {
    const printer = createPrinter({ numeric: false, time: 1 });
    printer.packet(new OwnedPacket(bytes, { linkType: 1 }));
    expect(printer.out.toString()).toBe(`IP ${text}`);
  });
});

describe('IP in IP', () => {
  it('is followed up to a depth, then said to be too deep', () => {
    const layers = Array.from({ length: 80 }, () => ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }));
    const deep = frame(
      ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' }),
      ...layers,
      udp({ sourcePort: 1, destinationPort: 2 }),
    );
    const { layers: dissected, stopped } = dissect(new OwnedPacket(deep, { linkType: 1 }));
    expect(dissected.length).toBe(64);
    expect(stopped?.reason).toBe('too many nested encapsulations');
  });
});

describe('fields of IPv4 headers that cannot be', () => {
  it.each([
    [{ version: 5 }, 'version 5 is not 4'],
    [{ headerLength: 16 }, 'a header length of 16 is too short'],
    [{ totalLength: 19 }, 'a total length of 19 is shorter than the header'],
  ])('%j: %s', (fields, reason) => {
    const { stopped } = dissect(new OwnedPacket(inIpv4(fields, datagram), { linkType: 1 }));
    expect(stopped?.reason).toBe(reason);
  });
});
