// The fast reader against the full one: what both know is the same, for any packet and any damage.
import { describe, expect, it } from 'vitest';
import { dissect, type Field, Headers, LAYER } from '../../src/dissect/index.ts';
import {
  authenticationHeader,
  concatenate,
  destinationOptions,
  ethernet,
  frame,
  hopByHop,
  ICMP_TYPE,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  ipv6Fragment,
  ipv6Padding,
  type Layer,
  LINK_TYPE,
  OwnedPacket,
  routingHeader,
  sctp,
  sll,
  sll2,
  tcp,
  tcpOptions,
  udp,
  vlan,
} from '../../src/wire/index.ts';
import { mutate, Random, seedFor } from '../support/random.ts';

const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };
const V4 = { source: '192.0.2.1', destination: '198.51.100.2', typeOfService: 0xb9, identification: 0x1234 };
const V6 = { source: '2001:db8::1', destination: '2001:db8::2', trafficClass: 0xb9, hopLimit: 7 };

const TRANSPORTS: (() => Layer)[] = [
  () => tcp({ sourcePort: 443, destinationPort: 40000, sequence: 0xfedcba98, acknowledgment: 0x89abcdef, ack: true }),
  () => tcp({ sourcePort: 1, destinationPort: 65535, syn: true, options: tcpOptions({ mss: 1460, windowScale: 7 }) }),
  () => udp({ sourcePort: 5000, destinationPort: 6000 }),
  () => sctp({ sourcePort: 5000, destinationPort: 6000 }),
  () => icmp({ type: ICMP_TYPE.ECHO, code: 0, identifier: 1, sequence: 1 }),
  () => icmpv6({ type: 128, identifier: 1, sequence: 1 }),
];

const NETWORKS: (() => Layer[])[] = [
  () => [ipv4({ ...V4, dontFragment: true })],
  () => [ipv4({ ...V4, options: new Uint8Array(8).fill(1) })],
  () => [ipv4({ ...V4, moreFragments: true })],
  () => [ipv4({ ...V4, fragmentOffset: 1480 })],
  () => [ipv6(V6)],
  () => [ipv6(V6), hopByHop({ options: [ipv6Padding(6)] }), destinationOptions({ options: [ipv6Padding(14)] })],
  () => [ipv6(V6), ipv6Fragment({ moreFragments: true, identification: 0xdeadbeef })],
  () => [ipv6(V6), ipv6Fragment({ offset: 8 })],
  () => [ipv6(V6), routingHeader({ addresses: ['2001:db8::3'] }), authenticationHeader({ spi: 1 })],
];

/** One header each, to be put in any order. */
const EXTENSIONS: (() => Layer)[] = [
  () => hopByHop({ options: [ipv6Padding(6)] }),
  () => destinationOptions({ options: [ipv6Padding(14)] }),
  () => ipv6Fragment({ moreFragments: true }),
  () => routingHeader({ addresses: ['2001:db8::3'] }),
  () => authenticationHeader({ spi: 1 }),
];

const LINKS: [number, () => Layer[]][] = [
  [LINK_TYPE.ETHERNET, () => [ethernet({ ...MACS, padTo: 60 })]],
  [LINK_TYPE.ETHERNET, () => [ethernet(MACS), vlan({ id: 5, priority: 3 })]],
  [LINK_TYPE.ETHERNET, () => [ethernet(MACS), vlan({ id: 5, tpid: 0x88a8 }), vlan({ id: 6 })]],
  [LINK_TYPE.RAW, () => []],
  [LINK_TYPE.LINUX_SLL, () => [sll({})]],
  [LINK_TYPE.LINUX_SLL2, () => [sll2({})]],
];

interface Sample {
  bytes: Uint8Array;
  linkType: number;
}

const SAMPLES: Sample[] = LINKS.flatMap(([linkType, link]) =>
  NETWORKS.flatMap((network) =>
    TRANSPORTS.map((transport) => ({
      bytes: frame(...link(), ...network(), transport(), 'some payload'),
      linkType,
    })),
  ),
);

const flatten = (fields: readonly Field[]): Field[] =>
  fields.flatMap((field) => [field, ...flatten(field.fields ?? [])]);

/** The first layer of a protocol with its fields by name, undefined when it is not there. */
function layerOf({ bytes, linkType }: Sample, protocol: string): Record<string, unknown> | undefined {
  const layer = dissect(new OwnedPacket(bytes, { linkType })).layers.find((one) => one.protocol === protocol);
  return layer && Object.fromEntries(flatten(layer.fields).map((field) => [field.name, field.value]));
}

const headers = new Headers();

/** Decodes the sample in the middle of other bytes, which must not matter. */
function decode({ bytes, linkType }: Sample): number {
  const around = concatenate(new Uint8Array(13).fill(0xee), bytes, new Uint8Array(40).fill(0xdd));
  return headers.decode(around, 13, bytes.length, linkType);
}

/** For each layer bit: what the full reader calls it and its fields, and ours for them. */
const EXPECTED: readonly [number, string, () => Record<string, unknown>][] = [
  [
    LAYER.IPV4,
    'ip',
    () => ({
      'ip.proto': headers.ipProtocol,
      'ip.ttl': headers.ttl,
      'ip.dsfield': headers.trafficClass,
      'ip.len': headers.totalLength,
      'ip.id': headers.identification,
      'ip.flags.df': headers.dontFragment,
      'ip.flags.mf': headers.moreFragments,
      'ip.frag_offset': headers.fragmentOffset / 8,
    }),
  ],
  [LAYER.IPV6, 'ipv6', () => ({ 'ipv6.hlim': headers.ttl, 'ipv6.tclass': headers.trafficClass })],
  [
    LAYER.TCP,
    'tcp',
    () => ({
      'tcp.srcport': headers.sourcePort,
      'tcp.dstport': headers.destinationPort,
      'tcp.seq_raw': headers.sequence,
      'tcp.ack_raw': headers.acknowledgment,
      'tcp.window_size_value': headers.window,
    }),
  ],
  [LAYER.UDP, 'udp', () => ({ 'udp.srcport': headers.sourcePort, 'udp.dstport': headers.destinationPort })],
  [LAYER.SCTP, 'sctp', () => ({ 'sctp.srcport': headers.sourcePort, 'sctp.dstport': headers.destinationPort })],
  [LAYER.ICMP, 'icmp', () => ({ 'icmp.type': headers.icmpType, 'icmp.code': headers.icmpCode })],
  [LAYER.ICMPV6, 'icmpv6', () => ({ 'icmpv6.type': headers.icmpType, 'icmpv6.code': headers.icmpCode })],
];

function expectAgreement(sample: Sample): void {
  const layers = decode(sample);
  const about = `link type ${sample.linkType}: ${Buffer.from(sample.bytes).toString('hex')}`;
  for (const [bit, protocol, fields] of EXPECTED) {
    if (layers & bit) expect(layerOf(sample, protocol), about).toMatchObject(fields());
  }
}

describe('headers', () => {
  it('agree with the fields of whole packets', () => {
    for (const sample of SAMPLES) expectAgreement(sample);
  });

  it('agree with the fields of damaged and cut packets', () => {
    const random = new Random(seedFor('headers'));
    for (let i = 0; i < 4000; i++) {
      const { bytes, linkType } = random.pick(SAMPLES);
      const damaged = mutate(random, bytes);
      const captured = random.chance(3) ? random.below(damaged.length + 1) : damaged.length;
      expectAgreement({ bytes: damaged.slice(0, captured), linkType });
    }
  });

  it('find the same transport behind extension headers in any order', () => {
    const random = new Random(seedFor('extension headers'));
    for (let i = 0; i < 500; i++) {
      const chain = Array.from({ length: random.below(6) }, () => random.pick(EXTENSIONS)());
      const bytes = frame(ipv6(V6), ...chain, udp({ sourcePort: 5000, destinationPort: 6000 }), 'some payload');
      const sample = { bytes, linkType: LINK_TYPE.RAW };
      expect(decode(sample), Buffer.from(bytes).toString('hex')).toBe(LAYER.IPV6 | LAYER.UDP);
      expectAgreement(sample);
    }
  });

  it('find every layer that is there', () => {
    const found = new Set(SAMPLES.map((sample) => decode(sample)));
    const all = [...found].reduce((bits, layers) => bits | layers, 0);
    expect(all).toBe(Object.values(LAYER).reduce((bits, layer) => bits | layer, 0));
  });

  it('are numbers of this packet only, with places in its array', () => {
    const bytes = frame(
      ethernet({ ...MACS, padTo: 100 }),
      vlan({ id: 5, priority: 3 }),
      ipv4(V4),
      tcp({ sourcePort: 443, destinationPort: 40000, sequence: 7, psh: true, ack: true }),
      'payload',
    );
    const layers = headers.decode(bytes, 0, 60, LINK_TYPE.ETHERNET);
    expect(layers).toBe(LAYER.ETHERNET | LAYER.VLAN | LAYER.IPV4 | LAYER.TCP);
    expect({ ...headers }).toMatchObject({
      etherType: 0x0800,
      vlan: 0x6005,
      innerVlan: -1,
      ipAt: 18,
      ipVersion: 4,
      ipProtocol: 6,
      sourceAt: 30,
      destinationAt: 34,
      transportAt: 38,
      tcpFlags: 0x18,
      sequence: 7,
      payloadAt: 58,
      payloadLength: 7,
    });
    headers.decode(bytes, 0, 10, LINK_TYPE.ETHERNET);
    expect({ ...headers }).toEqual({ ...new Headers() });
  });
});
