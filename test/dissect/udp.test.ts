// UDP: lengths against those of IP, checksums, and payload that nobody knows.
import { describe, it } from 'vitest';
import { destinationOptions, ipv6Padding, type UdpFields, udp } from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { BEFORE_IPV4_PAYLOAD, BEFORE_IPV6_PAYLOAD, inIpv4, inIpv6 } from '../support/internet.ts';
import { has } from '../support/needs.ts';
import { testProtocol } from '../support/protocol-tests.ts';
import { expectSameText, fuzzAgainstTcpdump } from '../support/tcpdump.ts';

const datagram = (fields: Partial<UdpFields> = {}) => udp({ sourcePort: 40000, destinationPort: 40001, ...fields });

const FRAMES = [
  inIpv4({}, datagram(), 'hello'),
  inIpv4({}, datagram()),
  inIpv4({}, datagram({ checksum: 0 }), 'unchecked'),
  inIpv6({}, datagram(), 'hello'),
];

const ODD = [
  inIpv4({}, datagram({ checksum: 0x1234 }), 'wrong'),
  inIpv6({}, datagram({ checksum: 0x1234 }), 'wrong'),
  inIpv6({}, datagram({ checksum: 0 }), 'none'),
  inIpv4({}, datagram({ length: 0 }), 'zero'),
  inIpv4({}, datagram({ length: 7 }), 'seven'),
  inIpv4({}, datagram({ length: 8 }), 'eight'),
  inIpv4({}, datagram({ length: 10 }), 'shorter'),
  inIpv4({}, datagram({ length: 2000 }), 'longer'),
  inIpv4({ moreFragments: true }, datagram({ length: 2000 }), 'fragment'),
  inIpv4({ totalLength: 25 }, datagram()),
  inIpv6({ payloadLength: 5 }, datagram()),
  inIpv6({}, destinationOptions({ options: [ipv6Padding(6)] }), datagram(), 'behind options'),
];

testProtocol({ name: 'UDP', frames: FRAMES, odd: ODD, headers: BEFORE_IPV4_PAYLOAD, excuse: isForeign });

describe.skipIf(!has('tool:tcpdump'))('text of UDP', () => {
  it.each(['vv', 'vvK', 'vK', 'A'])('equals tcpdump -%s', (letters) => {
    expectSameText(
      [...FRAMES, ...ODD].map((bytes) => ({ bytes })),
      1,
      letters,
    );
  });

  it('equals tcpdump at every cut', () => {
    const cuts = [...FRAMES, ...ODD].flatMap((whole) =>
      Array.from({ length: whole.length - BEFORE_IPV4_PAYLOAD }, (_, i) => ({
        bytes: whole.slice(0, BEFORE_IPV4_PAYLOAD + i),
        originalLength: whole.length,
      })),
    );
    for (const letters of ['', 'vv']) expectSameText(cuts, 1, letters);
  });

  it('equals tcpdump on mutations over IPv6', () => {
    fuzzAgainstTcpdump('UDP over IPv6', [FRAMES[3]!, ODD[11]!], {
      from: BEFORE_IPV6_PAYLOAD,
      count: 300,
      excuse: isForeign,
    });
  });
});
