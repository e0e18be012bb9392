// What IPsec leaves to be read: AH, ESP without keys, compressed payloads; and VRRP, which lies beside them.

import { internetChecksum, writeU16 } from '../../src/bytes/index.ts';
import {
  authenticationHeader,
  concatenate,
  destinationOptions,
  esp,
  ipv6Bytes,
  ipv6Fragment,
  ipv6Padding,
  tcp,
  udp,
} from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { BEFORE_IPV4_PAYLOAD, inIpv4, inIpv6 } from '../support/internet.ts';
import { testProtocol } from '../support/protocol-tests.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const datagram = udp({ sourcePort: 4000, destinationPort: 4001 });
const segment = tcp({ sourcePort: 4000, destinationPort: 4001, syn: true });

testProtocol({
  name: 'IPsec',
  frames: [
    inIpv4({}, authenticationHeader({ spi: 0x1234, sequence: 7 }), datagram, 'hello'),
    inIpv6(
      {},
      authenticationHeader({ spi: 0xffffffff, sequence: 0xffffffff, icv: new Uint8Array(24).fill(0xab) }),
      segment,
    ),
    inIpv4({}, esp({ spi: 0xdeadbeef, sequence: 9 }), new Uint8Array(40)),
    inIpv6({}, esp({ spi: 1, sequence: 2 }), new Uint8Array(40)),
    inIpv4({ protocol: 108 }, hex('06001234 0102030405')),
    inIpv6({}, authenticationHeader({ spi: 1 }), destinationOptions({ options: [ipv6Padding(6)] }), datagram),
  ],
  odd: [
    inIpv4({}, authenticationHeader({ reserved: 5 }), authenticationHeader({ spi: 2 }), datagram),
    inIpv4({}, authenticationHeader({ length: 0 }), datagram),
    inIpv4({}, authenticationHeader({ length: 200 }), datagram),
    inIpv4({}, authenticationHeader({ spi: 1 }), destinationOptions({ options: [ipv6Padding(6)] }), datagram),
    inIpv6({}, authenticationHeader({ spi: 1 }), ipv6Fragment({ offset: 8 }), 'later'),
    inIpv4({}, authenticationHeader({ nextHeader: 253 }), 'unknown'),
    inIpv4({}, authenticationHeader({ nextHeader: 58 }), 'wrong'),
    inIpv6({}, destinationOptions({ options: [ipv6Padding(6)] }), esp({ spi: 1 }), new Uint8Array(9)),
    inIpv4({}, esp({ spi: 1, sequence: 2 })),
    inIpv4({ protocol: 108 }, hex('0600')),
  ],
  headers: BEFORE_IPV4_PAYLOAD,
  excuse: isForeign,
});

/** Version 2, whose checksum has no pseudo header. */
function advertisement(text: string): Uint8Array {
  const message = hex(text);
  writeU16(message, 6, internetChecksum(message, 0, message.length));
  return message;
}

testProtocol({
  name: 'VRRP',
  frames: [
    inIpv4({ protocol: 112, timeToLive: 255 }, advertisement('21 07 64 01 00 01 0000 c0000201')),
    inIpv4({ protocol: 112, timeToLive: 255 }, hex('31 07 64 02 0064 1234 c0000201 c0000202')),
    inIpv6({ nextHeader: 112, hopLimit: 255 }, concatenate(hex('31 07 64 01 0064 1234'), ipv6Bytes('fe80::1'))),
  ],
  odd: [
    inIpv4({ protocol: 112 }, advertisement('21 07 64 01 01 01 0000 c0000201 7365637265740000')),
    inIpv4({ protocol: 112 }, advertisement('21 07 64 01 02 01 0000 c0000201')),
    inIpv4({ protocol: 112 }, advertisement('21 07 64 01 09 01 1111 c0000201')),
    inIpv4({ protocol: 112 }, hex('22 07 64 01')),
    inIpv4({ protocol: 112 }, hex('41 07 64 01')),
    inIpv4({ protocol: 112 }, hex('31 07 64 09 0064 1234 c0000201')),
  ],
  headers: BEFORE_IPV4_PAYLOAD,
  excuse: isForeign,
});
