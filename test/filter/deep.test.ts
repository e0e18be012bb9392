// Deep filters: whatever stands around the packet that is looked for, it is found; and what is not there is not.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/bpf/index.ts';
import { compileFilter, type Filter } from '../../src/filter/index.ts';
import { LINK_TYPE } from '../../src/packet/index.ts';
import {
  concatenate,
  ethernet,
  frame,
  geneve,
  gre,
  icmpv6,
  ipv4,
  ipv6,
  type Layer,
  mpls,
  ppp,
  pppoe,
  tcp,
  udp,
  vlan,
  vxlan,
} from '../../src/wire/index.ts';
import { Random, seedFor } from '../support/random.ts';

type Part = Layer | Uint8Array | string;

const OUTER = ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' });
const INNER = ethernet({ source: '02:00:00:00:0a:01', destination: 'ff:ff:ff:ff:ff:ff' });
const AROUND = ipv4({ source: '192.0.2.1', destination: '192.0.2.2' });
const AROUND6 = ipv6({ source: '2001:db8:ffff::1', destination: '2001:db8:ffff::2' });
const HOST = ipv4({ source: '10.0.0.1', destination: '10.0.0.2' });
const HOST6 = ipv6({ source: '2001:db8::1', destination: '2001:db8::2' });
const SYN = tcp({ sourcePort: 40000, destinationPort: 443, syn: true });

const toPort = (destinationPort: number) => udp({ sourcePort: 50000, destinationPort });
const bytes = (...values: number[]) => Uint8Array.from(values);

/** GTP-U, user packet; with sequence number, and with an extension header. */
const GTP = bytes(0x30, 0xff, 0, 40, 0, 0, 0, 7);
const GTP_EXTENDED = bytes(0x34, 0xff, 0, 48, 0, 0, 0, 7, 0, 0, 0, 0x85, 1, 0, 9, 0);
const GTP_NUMBERED = bytes(0x32, 0xff, 0, 44, 0, 0, 0, 7, 0, 1, 0, 0);

/** Ways from the Ethernet header to what is looked for. */
const WAYS: Readonly<Record<string, readonly Part[]>> = {
  plain: [],
  'one tag': [vlan({ id: 5 })],
  'two tags': [vlan({ id: 100, tpid: 0x88a8 }), vlan({ id: 5 })],
  'three tags': [vlan({ id: 1 }), vlan({ id: 2 }), vlan({ id: 3 })],
  'one label': [mpls({ label: 16 })],
  'three labels in a tag': [vlan({ id: 7 }), mpls({ label: 16 }), mpls({ label: 17 }), mpls({ label: 18 })],
  pppoe: [pppoe({ session: 9 }), ppp({ framing: false })],
  'pppoe in a tag': [vlan({ id: 7 }), pppoe({ session: 9 }), ppp({ framing: false })],
  gre: [AROUND, gre()],
  'gre with everything': [AROUND, gre({ checksum: true, key: 1, sequence: 2 })],
  'gre over ipv6': [AROUND6, gre({ key: 3 })],
  'ethernet in gre': [AROUND, gre({ protocol: 0x6558 }), INNER],
  'ip in ip': [AROUND],
  'ip in ipv6': [AROUND6],
  vxlan: [AROUND, toPort(4789), vxlan({ vni: 77 }), INNER],
  'vxlan with a tag inside': [AROUND6, toPort(4789), vxlan({ vni: 77 }), INNER, vlan({ id: 5 })],
  geneve: [AROUND, toPort(6081), geneve({ vni: 88, options: [{ class: 1, type: 2, data: bytes(1, 2, 3, 4) }] }), INNER],
  'geneve without ethernet': [AROUND, toPort(6081), geneve({ vni: 88 })],
  'gtp-u': [AROUND, toPort(2152), GTP],
  'gtp-u with a sequence number': [AROUND, toPort(2152), GTP_NUMBERED],
  'gtp-u with an extension': [AROUND, toPort(2152), GTP_EXTENDED],
  'gre in vxlan behind a tag': [vlan({ id: 7 }), AROUND, toPort(4789), vxlan({ vni: 77 }), INNER, AROUND, gre()],
};

function packetOn(way: readonly Part[], ...inside: readonly Part[]): Uint8Array {
  const layers = [OUTER, ...way, ...inside];
  // The payload of GTP-U is bytes to the builders: what is behind it is put there.
  const gtpAt = layers.findIndex((layer) => layer instanceof Uint8Array && layers.indexOf(layer) < layers.length - 1);
  if (gtpAt < 0) return frame(...layers);
  const inner = frame(...layers.slice(gtpAt + 1));
  return frame(...layers.slice(0, gtpAt), concatenate(layers[gtpAt] as Uint8Array, inner));
}

const compiled = new Map<string, Filter>();

function matches(expression: string, packet: Uint8Array, deep = true): boolean {
  const key = `${deep} ${expression}`;
  const filter = compiled.get(key) ?? compileFilter(expression, { linkType: LINK_TYPE.ETHERNET, deep });
  compiled.set(key, filter);
  const kept = filter.matches(packet, 0, packet.length, packet.length);
  expect(runProgram(filter.program, packet), expression).toBe(kept);
  expect(filter.refusal).toBeUndefined();
  return kept > 0;
}

describe.each(Object.entries(WAYS))('on the way: %s', (_name, way) => {
  const four = packetOn(way, HOST, SYN);
  const six = packetOn(way, HOST6, SYN);

  it.each([
    'host 10.0.0.1',
    'src host 10.0.0.1 and dst host 10.0.0.2',
    'net 10.0.0.0/8',
    'ip and tcp',
    'tcp port 443',
    'tcp dst port 443 and not src port 443',
    'portrange 400-450',
    'tcp[tcpflags] & tcp-syn != 0',
    'tcp[2:2] = 443',
    'ip[9] = 6',
    'ip proto 6',
    'host 10.0.0.1 and tcp port 443 and not udp port 53',
  ])('IPv4 is found by %s', (expression) => {
    expect(matches(expression, four)).toBe(true);
  });

  it.each(['host 2001:db8::1', 'net 2001:db8::/64', 'ip6 and tcp', 'tcp dst port 443', 'tcp[13] = 2', 'ip6[6] = 6'])(
    'IPv6 is found by %s',
    (expression) => {
      expect(matches(expression, six)).toBe(true);
    },
  );

  it.each([
    'host 10.9.9.9',
    'tcp port 80',
    'udp port 443',
    'icmp',
    'arp',
    'tcp[13] = 16',
    'vlan 4000',
    'net 172.16.0.0/12',
  ])('nothing is found by %s', (expression) => {
    expect(matches(expression, four)).toBe(false);
    expect(matches(`not (${expression})`, four)).toBe(true);
  });
});

describe('the numbers of what is around', () => {
  const on = (way: string) => packetOn(WAYS[way]!, HOST, SYN);

  it.each([
    ['one tag', 'vlan 5', true],
    ['one tag', 'vlan 6', false],
    ['two tags', 'vlan 5 and vlan 100', true],
    ['three tags', 'vlan 3 and host 10.0.0.2', true],
    ['vxlan with a tag inside', 'vlan 5', true],
    ['plain', 'vlan', false],
    ['three labels in a tag', 'mpls 18 and vlan 7', true],
    ['three labels in a tag', 'mpls 19', false],
    ['pppoe', 'pppoes 9', true],
    ['pppoe', 'pppoes 8 or host 10.0.0.77', false],
    ['vxlan', 'vxlan 77 and host 10.0.0.1', true],
    ['vxlan', 'vxlan 78', false],
    ['geneve', 'geneve 88 and tcp', true],
    ['geneve without ethernet', 'geneve', true],
    ['gtp-u', 'geneve or vxlan', false],
  ])('%s, %s: %s', (way, expression, wanted) => {
    expect(matches(expression, on(way))).toBe(wanted);
  });
});

describe('link-layer addresses', () => {
  it('are those of the packet and of a tunnel', () => {
    const packet = packetOn(WAYS.vxlan!, HOST, SYN);
    expect(matches('ether src 02:00:00:00:00:01', packet)).toBe(true);
    expect(matches('ether src 02:00:00:00:0a:01', packet)).toBe(true);
    expect(matches('ether broadcast', packet)).toBe(true);
    expect(matches('ether host 02:00:00:00:0b:01', packet)).toBe(false);
    expect(matches('ether broadcast', packetOn([], HOST, SYN))).toBe(false);
  });
});

describe('behind extension headers of IPv6', () => {
  const extension = (next: number, length = 0) => concatenate(bytes(next, length), new Uint8Array(6 + 8 * length));
  const segment = frame(HOST6, SYN).subarray(40);
  const behind = (first: number, ...parts: Uint8Array[]) =>
    packetOn([], ipv6({ source: '2001:db8::1', destination: '2001:db8::2', nextHeader: first }), concatenate(...parts));

  it('ports and transport headers are found', () => {
    const packet = behind(0, extension(43, 2), extension(60), extension(6), segment);
    expect(matches('tcp dst port 443 and tcp[13] = 2', packet)).toBe(true);
    expect(matches('tcp dst port 443', packet, false)).toBe(false);
  });

  it('in a first fragment too, in a later one the protocol only', () => {
    const fragment = (offset: number) => bytes(6, 0, offset >> 5, (offset << 3) & 0xff, 0, 0, 0, 1);
    expect(matches('tcp port 443', behind(44, fragment(0), segment))).toBe(true);
    expect(matches('tcp port 443', behind(44, fragment(3), segment))).toBe(false);
    expect(matches('ip6 proto 6', behind(44, fragment(3), segment))).toBe(true);
  });

  it('ICMPv6 is found by icmp6', () => {
    const packet = behind(0, extension(58), frame(HOST6, icmpv6({ type: 135 }), new Uint8Array(20)).subarray(40));
    expect(matches('icmp6 and icmp6[icmp6type] = icmp6-neighborsolicit', packet)).toBe(true);
  });
});

describe('other link types', () => {
  it('begin where their payload does', () => {
    const ip = frame(HOST, SYN);
    const tunnel = frame(AROUND, gre(), HOST, SYN);
    const run = (linkType: number, packet: Uint8Array) => {
      const filter = compileFilter('host 10.0.0.1 and tcp port 443', { linkType, deep: true });
      return filter.matches(packet, 0, packet.length, packet.length) > 0;
    };
    for (const inside of [ip, tunnel]) {
      expect(run(LINK_TYPE.RAW, inside)).toBe(true);
      expect(run(LINK_TYPE.NULL, concatenate(bytes(2, 0, 0, 0), inside))).toBe(true);
      expect(run(LINK_TYPE.LINUX_SLL2, concatenate(bytes(8, 0), new Uint8Array(18), inside))).toBe(true);
      expect(run(LINK_TYPE.PPP, concatenate(bytes(0xff, 3, 0, 0x21), inside))).toBe(true);
    }
  });
});

describe('a running capture', () => {
  it('knows the tag that the kernel took out', () => {
    const packet = packetOn([], HOST, SYN);
    const filter = compileFilter('vlan 5 and host 10.0.0.1', {
      linkType: LINK_TYPE.ETHERNET,
      deep: true,
      target: 'live',
    });
    const with_ = (metadata: object) => filter.matches(packet, 0, packet.length, packet.length, metadata) > 0;
    expect(with_({ vlanp: 1, vlan_tci: 0x2005 })).toBe(true);
    expect(with_({ vlanp: 1, vlan_tci: 6 })).toBe(false);
    expect(with_({ vlanp: 0, vlan_tci: 0 })).toBe(false);
  });
});

describe('any packet', () => {
  it('is answered alike with and without optimisation, at any length', () => {
    const random = new Random(seedFor('deep filters'));
    const expressions = ['host 10.0.0.1', 'not tcp port 443', 'vlan 5 or mpls', 'tcp[13] = 2 and geneve'];
    const filters = expressions.flatMap((expression) => {
      const about = { linkType: LINK_TYPE.ETHERNET, deep: true };
      return [[compileFilter(expression, about), compileFilter(expression, { ...about, optimize: false })] as const];
    });
    for (const way of Object.values(WAYS)) {
      const whole = packetOn(way, HOST, SYN).slice();
      for (let round = 0; round < 40; round++) {
        const packet = whole.slice(0, random.below(whole.length + 1));
        if (packet.length > 0 && random.chance(2)) packet[random.below(packet.length)] = random.below(256);
        const original = random.chance(3) ? whole.length : packet.length;
        for (const [optimised, plain] of filters) {
          const answer = runProgram(optimised.program, packet, original);
          expect(answer, optimised.expression).toBe(runProgram(plain.program, packet, original));
          expect(optimised.matches(packet, 0, packet.length, original)).toBe(answer);
        }
      }
    }
  });
});
