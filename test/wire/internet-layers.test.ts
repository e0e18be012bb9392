// Headers of the internet and transport layers: what a builder was given is what the dissector finds, for any values.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c, formatIpv4, formatIpv6, internetChecksum, sumPseudoHeader } from '../../src/bytes/index.ts';
import { dissect, type Field, type FieldValue } from '../../src/dissect/index.ts';
import {
  authenticationHeader,
  destinationOptions,
  ethernet,
  frame,
  GENEVE_PORT,
  geneve,
  gre,
  hopByHop,
  icmp,
  icmpv6,
  igmp,
  ipv4,
  ipv6,
  ipv6Fragment,
  ipv6Option,
  ipv6Padding,
  type Layer,
  LINK_TYPE,
  mldReport,
  ndMtu,
  ndPrefix,
  neighborSolicitation,
  OwnedPacket,
  routerAdvertisement,
  routingHeader,
  SCTP,
  sctp,
  sctpData,
  sctpInit,
  sctpSack,
  tcp,
  tcpOptions,
  udp,
  VXLAN_PORT,
  vxlan,
} from '../../src/wire/index.ts';

const MACS = { destination: '02:00:00:00:00:0a', source: '02:00:00:00:00:0b' };
const V4 = { source: '192.0.2.1', destination: '192.0.2.2' };
const V6 = { source: '2001:db8::1', destination: '2001:db8::2' };

const bits = (count: number) => fc.integer({ min: 0, max: 2 ** count - 1 });
const u8 = bits(8);
const u16 = bits(16);
const u32 = fc.nat({ max: 0xffffffff });
const ip4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const ip6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
const data = fc.uint8Array({ maxLength: 60 });
/** A port whose payload nobody dissects. */
const port = fc.integer({ min: 30000, max: 30400 });

const flatten = (fields: readonly Field[]): Field[] =>
  fields.flatMap((field) => [field, ...flatten(field.fields ?? [])]);

/** All fields of a built IP packet, by name; those of a name that comes more than once as a list. */
function fieldsOf(...layers: readonly (Layer | Uint8Array | string)[]): Record<string, FieldValue | FieldValue[]> {
  const { layers: dissected, stopped } = dissect(new OwnedPacket(frame(...layers), { linkType: LINK_TYPE.RAW }));
  expect(stopped).toBeUndefined();
  const values: Record<string, FieldValue[]> = {};
  for (const field of dissected.flatMap((layer) => flatten(layer.fields))) {
    values[field.name] ??= [];
    values[field.name]!.push(field.value);
  }
  return Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list.length === 1 ? list[0]! : list]));
}

function check<T>(arbitrary: fc.Arbitrary<T>, test: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, test), { numRuns: 200 });
}

describe('built and dissected again', () => {
  it('IPv4', () => {
    const fields = {
      source: ip4,
      destination: ip4,
      timeToLive: u8,
      typeOfService: u8,
      identification: u16,
      dontFragment: fc.boolean(),
      data,
    };
    check(fc.record(fields), ({ data, ...header }) => {
      const built = frame(ipv4({ ...header, protocol: 253 }), data);
      expect(internetChecksum(built, 0, 20)).toBe(0);
      expect(fieldsOf(ipv4({ ...header, protocol: 253 }), data)).toMatchObject({
        'ip.src': formatIpv4(header.source),
        'ip.dst': formatIpv4(header.destination),
        'ip.ttl': header.timeToLive,
        'ip.dsfield': header.typeOfService,
        'ip.id': header.identification,
        'ip.flags.df': header.dontFragment,
        'ip.len': 20 + data.length,
        ...(data.length > 0 && { 'data.data': data }),
      });
    });
  });

  it('IPv6 with extension headers', () => {
    const fields = { source: ip6, destination: ip6, trafficClass: u8, flowLabel: bits(20), hopLimit: u8 };
    check(fc.record({ header: fc.record(fields), option: data, via: ip6, tag: u16 }), (given) => {
      const { header, option, via } = given;
      const found = fieldsOf(
        ipv6(header),
        hopByHop({ options: [ipv6Option(0x1e, option)] }),
        routingHeader({ addresses: [via], segmentsLeft: 0 }),
        destinationOptions({ options: [ipv6Padding(6)] }),
        udp({ sourcePort: 30000, destinationPort: 30001 }),
        'x',
      );
      expect(found).toMatchObject({
        'ipv6.src': formatIpv6(header.source),
        'ipv6.dst': formatIpv6(header.destination),
        'ipv6.tclass': header.trafficClass,
        'ipv6.flow': header.flowLabel,
        'ipv6.hlim': header.hopLimit,
        'ipv6.hopopts.nxt': 43,
        'ipv6.routing.srh.addr': formatIpv6(via),
        'ipv6.dstopts.nxt': 17,
        'udp.dstport': 30001,
      });
    });
  });

  it('IPv6 fragments and authentication headers', () => {
    check(fc.record({ identification: u32, moreFragments: fc.boolean(), spi: u32, sequence: u32 }), (given) => {
      const { identification, moreFragments, spi, sequence } = given;
      const found = fieldsOf(
        ipv6(V6),
        ipv6Fragment({ identification, moreFragments }),
        authenticationHeader({ spi, sequence }),
        'payload',
      );
      expect(found).toMatchObject({
        'ipv6.fraghdr.ident': identification,
        'ipv6.fraghdr.more': moreFragments,
        'ah.spi': spi,
        'ah.sequence': sequence,
      });
    });
  });

  it('TCP with options', () => {
    const flags = {
      syn: fc.boolean(),
      ack: fc.boolean(),
      fin: fc.boolean(),
      rst: fc.boolean(),
      psh: fc.boolean(),
      urg: fc.boolean(),
    };
    const header = {
      sourcePort: port,
      destinationPort: port,
      sequence: u32,
      acknowledgment: u32,
      window: u16,
      urgentPointer: u16,
    };
    const options = { mss: u16, windowScale: u8, timestamps: fc.tuple(u32, u32), sackPermitted: fc.constant(true) };
    check(fc.record({ ...flags, ...header, options: fc.record(options), data }), ({ options, data, ...fields }) => {
      const layers = [ipv4(V4), tcp({ ...fields, options: tcpOptions(options) }), data] as const;
      const built = frame(...layers);
      expect(internetChecksum(built, 20, built.length - 20, sumPseudoHeader(built, 12, 4, 6, built.length - 20))).toBe(
        0,
      );
      expect(fieldsOf(...layers)).toMatchObject({
        'tcp.srcport': fields.sourcePort,
        'tcp.dstport': fields.destinationPort,
        'tcp.seq_raw': fields.sequence,
        'tcp.ack_raw': fields.acknowledgment,
        'tcp.window_size_value': fields.window,
        'tcp.urgent_pointer': fields.urgentPointer,
        'tcp.flags.syn': fields.syn,
        'tcp.flags.ack': fields.ack,
        'tcp.flags.fin': fields.fin,
        'tcp.flags.reset': fields.rst,
        'tcp.flags.push': fields.psh,
        'tcp.flags.urg': fields.urg,
        'tcp.options.mss_val': options.mss,
        'tcp.options.wscale.shift': options.windowScale,
        'tcp.options.timestamp.tsval': options.timestamps[0],
        'tcp.options.timestamp.tsecr': options.timestamps[1],
      });
    });
  });

  it('UDP, with a checksum that is never zero', () => {
    check(fc.record({ sourcePort: port, destinationPort: port, data }), ({ data, ...header }) => {
      const found = fieldsOf(ipv6(V6), udp(header), data);
      expect(found).toMatchObject({ 'udp.srcport': header.sourcePort, 'udp.length': 8 + data.length });
      expect(found['udp.checksum']).not.toBe(0);
    });
  });

  it('ICMP and ICMPv6', () => {
    check(fc.record({ identifier: u16, sequence: u16, data }), ({ data, ...echo }) => {
      const ours = { 'icmp.ident': echo.identifier, 'icmp.seq': echo.sequence };
      expect(fieldsOf(ipv4(V4), icmp({ type: 8, ...echo }), data)).toMatchObject(ours);
      expect(fieldsOf(ipv6(V6), icmpv6({ type: 128, ...echo }), data)).toMatchObject({
        'icmpv6.echo.identifier': echo.identifier,
        'icmpv6.echo.sequence_number': echo.sequence,
      });
    });
  });

  it('neighbour discovery', () => {
    check(fc.record({ mtu: u32, prefix: ip6, prefixLength: u8, validSeconds: u32, lifetimeSeconds: u16 }), (given) => {
      const { mtu, prefixLength, validSeconds, lifetimeSeconds } = given;
      const prefix = formatIpv6(given.prefix);
      const advertisement = routerAdvertisement(
        { lifetimeSeconds, flags: 0x80 },
        ndMtu(mtu),
        ndPrefix({ prefix, prefixLength, validSeconds }),
      );
      expect(fieldsOf(ipv6(V6), ...advertisement)).toMatchObject({
        'icmpv6.nd.ra.router_lifetime': lifetimeSeconds,
        'icmpv6.nd.ra.flag.m': true,
        'icmpv6.opt.mtu': mtu,
        'icmpv6.opt.prefix': prefix,
        'icmpv6.opt.prefix.length': prefixLength,
        'icmpv6.opt.prefix.valid_lifetime': validSeconds,
      });
      expect(fieldsOf(ipv6(V6), ...neighborSolicitation(prefix))).toMatchObject({
        'icmpv6.nd.ns.target_address': prefix,
      });
    });
  });

  it('multicast listener reports and IGMP', () => {
    check(
      fc.record({ group: ip6, source: ip6, group4: ip4, source4: ip4, type: fc.integer({ min: 1, max: 6 }) }),
      (given) => {
        const [group, source] = [formatIpv6(given.group), formatIpv6(given.source)];
        expect(fieldsOf(ipv6(V6), ...mldReport({ type: given.type, group, sources: [source] }))).toMatchObject({
          'icmpv6.mldr.mar.record_type': given.type,
          'icmpv6.mldr.mar.multicast_address': group,
          'icmpv6.mldr.mar.source_address': source,
        });
        const [group4, source4] = [formatIpv4(given.group4), formatIpv4(given.source4)];
        const records = [{ type: given.type, group: group4, sources: [source4] }];
        expect(fieldsOf(ipv4(V4), igmp({ type: 0x22, records }))).toMatchObject({
          'igmp.record_type': given.type,
          'igmp.maddr': group4,
          'igmp.saddr': source4,
        });
      },
    );
  });

  it('SCTP with its chunks', () => {
    const fields = { tag: u32, tsn: u32, stream: u16, cumulativeTsn: u32, verificationTag: u32 };
    check(fc.record({ ...fields, data: fc.uint8Array({ minLength: 1, maxLength: 9 }) }), (given) => {
      const { tag, tsn, stream, cumulativeTsn, verificationTag, data } = given;
      const chunks = [sctpInit({ tag, tsn }), sctpSack({ cumulativeTsn }), sctpData({ tsn, stream, data })];
      const layers = [ipv4(V4), sctp({ sourcePort: 30000, destinationPort: 30001, verificationTag, chunks })] as const;
      const built = frame(...layers);
      const checksum = new DataView(built.buffer).getUint32(20 + SCTP.checksum, true);
      expect(crc32c(built.fill(0, 20 + SCTP.checksum, 20 + SCTP.size), 20, built.length - 20)).toBe(checksum);
      expect(fieldsOf(...layers)).toMatchObject({
        'sctp.verification_tag': verificationTag,
        'sctp.init_initiate_tag': tag,
        'sctp.sack_cumulative_tsn_ack_raw': cumulativeTsn,
        'sctp.data_tsn_raw': tsn,
        'sctp.data_sid': stream,
      });
    });
  });

  it('GRE, VXLAN and Geneve', () => {
    check(fc.record({ key: u32, sequence: u32, vni: bits(24), protocol: fc.constantFrom(0x88b5, 0x1234) }), (given) => {
      const { key, sequence, vni, protocol } = given;
      const inner = [ipv4(V4), udp({ sourcePort: 30000, destinationPort: 30001 })] as const;
      expect(fieldsOf(ipv4(V4), gre({ key, sequence, checksum: true }), ...inner)).toMatchObject({
        'gre.key': key,
        'gre.sequence_number': sequence,
        'gre.proto': 0x0800,
        'udp.dstport': 30001,
      });
      const toVxlan = udp({ sourcePort: 30000, destinationPort: VXLAN_PORT });
      expect(fieldsOf(ipv4(V4), toVxlan, vxlan({ vni }), ethernet(MACS), ...inner)).toMatchObject({ 'vxlan.vni': vni });
      const toGeneve = udp({ sourcePort: 30000, destinationPort: GENEVE_PORT });
      expect(fieldsOf(ipv4(V4), toGeneve, geneve({ vni, protocol }), 'x')).toMatchObject({
        'geneve.vni': vni,
        'geneve.proto_type': protocol,
      });
    });
  });
});
