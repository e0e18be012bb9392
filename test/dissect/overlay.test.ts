// VXLAN, its Generic Protocol Extension, and Geneve.
import {
  ethernet,
  GENEVE_PORT,
  type GeneveFields,
  geneve,
  ipv4,
  ipv6,
  udp,
  VXLAN_GPE_PORT,
  VXLAN_PORT,
  vlan,
  vxlan,
} from '../../src/wire/index.ts';
import { isForeign } from '../support/foreign.ts';
import { inIpv4 } from '../support/internet.ts';
import { BEFORE_UDP_PAYLOAD, testProtocol } from '../support/protocol-tests.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const inner = ipv4({ source: '10.0.0.1', destination: '10.0.0.2' });
const inner6 = ipv6({ source: 'fe80::1', destination: 'fe80::2' });
const datagram = udp({ sourcePort: 4000, destinationPort: 4001 });
const frame = ethernet({ source: '02:00:00:00:00:0a', destination: '02:00:00:00:00:0b' });
const to = (destinationPort: number) => udp({ sourcePort: 50000, destinationPort });

testProtocol({
  name: 'VXLAN',
  frames: [
    inIpv4({}, to(VXLAN_PORT), vxlan({ vni: 42 }), frame, inner, datagram, 'in it'),
    inIpv4({}, to(VXLAN_PORT), vxlan({ vni: 0xffffff }), frame, vlan({ id: 7 }), inner6, datagram),
  ],
  odd: [
    inIpv4({}, to(VXLAN_PORT), vxlan({ flags: 0 }), frame, inner, datagram),
    inIpv4({}, to(VXLAN_PORT), vxlan({ flags: 0xff }), frame, inner, datagram),
    inIpv4({}, to(VXLAN_PORT), vxlan()),
    inIpv4({}, to(VXLAN_PORT), hex('08000000 0000')),
    inIpv4({}, to(VXLAN_PORT)),
  ],
  headers: BEFORE_UDP_PAYLOAD,
  excuse: isForeign,
});

testProtocol({
  name: 'VXLAN-GPE',
  frames: [
    inIpv4({}, to(VXLAN_GPE_PORT), vxlan({ vni: 42, nextProtocol: 1 }), inner, datagram, 'in it'),
    inIpv4({}, to(VXLAN_GPE_PORT), vxlan({ vni: 42, nextProtocol: 2 }), inner6, datagram),
    inIpv4({}, to(VXLAN_GPE_PORT), vxlan({ vni: 42, nextProtocol: 3 }), frame, inner, datagram),
  ],
  odd: [
    inIpv4({}, to(VXLAN_GPE_PORT), vxlan({ nextProtocol: 9, flags: 0xff }), 'unknown'),
    inIpv4({}, to(VXLAN_GPE_PORT), vxlan({ nextProtocol: 1, flags: 0 }), inner),
    inIpv4({}, to(VXLAN_GPE_PORT), hex('08000000 0000')),
  ],
  headers: BEFORE_UDP_PAYLOAD,
  // A network service header is not printed here.
  excuse: (ours, theirs) => isForeign(ours, theirs) || ours.includes('unknown-next-protocol'),
});

const overlay = (fields: GeneveFields) => inIpv4({}, to(GENEVE_PORT), geneve(fields), frame, inner, datagram, 'in it');

testProtocol({
  name: 'Geneve',
  frames: [
    overlay({ vni: 42 }),
    overlay({ vni: 0xffffff, flags: 0x80 }),
    inIpv4({}, to(GENEVE_PORT), geneve({ vni: 7 }), inner, datagram),
    inIpv4({}, to(GENEVE_PORT), geneve({ vni: 7 }), inner6, datagram),
    inIpv4({}, to(GENEVE_PORT), geneve({ protocol: 0x1234 }), 'unknown'),
  ],
  odd: [
    overlay({ options: [{ class: 0x0102, type: 0x80, data: hex('00010002') }] }),
    overlay({
      flags: 0x40,
      reserved: 9,
      options: [0, 0x100, 0x101, 0x103, 0x104, 0x105, 0xfff0].map((group) => ({ class: group, type: 1 })),
    }),
    overlay({ version: 1 }),
    overlay({ flags: 0x3f }),
    inIpv4({}, to(GENEVE_PORT), hex('3f006558 00002a00 0102')),
    inIpv4({}, to(GENEVE_PORT), hex('02006558 00002a00 0102 03 1f 01020304')),
    inIpv4({}, to(GENEVE_PORT), hex('00006558')),
  ],
  headers: BEFORE_UDP_PAYLOAD,
  excuse: isForeign,
});
