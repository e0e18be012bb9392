// Headers of the link layer: what a builder was given is what the dissector finds, for any values.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpv4, formatMac } from '../../src/bytes/index.ts';
import { dissect, type Field, type FieldValue } from '../../src/dissect/index.ts';
import {
  arp,
  BSD_FAMILY,
  ethernet,
  frame,
  type Layer,
  LINK_TYPE,
  LLDP_TYPE,
  llc,
  lldp,
  mpls,
  nullHeader,
  OwnedPacket,
  PPPOE_CODE,
  PPPOE_TAG_TYPE,
  ppp,
  pppControl,
  pppoe,
  sll,
  sll2,
  snap,
  stp,
  vlan,
} from '../../src/wire/index.ts';

const MACS = { destination: '02:00:00:00:00:0a', source: '02:00:00:00:00:0b' };

const bits = (count: number) => fc.integer({ min: 0, max: 2 ** count - 1 });
const mac = fc.uint8Array({ minLength: 6, maxLength: 6 });
const ip = fc.uint8Array({ minLength: 4, maxLength: 4 });
/** An EtherType that has no dissector. */
const strangeType = fc.constantFrom(0x88b5, 0x88b6, 0x1234, 0x6003, 0xfffe);
const data = fc.uint8Array({ maxLength: 60 });

const flatten = (fields: readonly Field[]): Field[] =>
  fields.flatMap((field) => [field, ...flatten(field.fields ?? [])]);

/** All fields of a built frame, by name; the last one where a name comes twice. */
function fieldsOf(
  layers: readonly (Layer | Uint8Array | string)[],
  linkType: number = LINK_TYPE.ETHERNET,
): Record<string, FieldValue> {
  const { layers: dissected } = dissect(new OwnedPacket(frame(...layers), { linkType }));
  const fields = dissected.flatMap((layer) => flatten(layer.fields));
  return Object.fromEntries(fields.map((field) => [field.name, field.value]));
}

function check<T>(arbitrary: fc.Arbitrary<T>, test: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, test), { numRuns: 200 });
}

describe('built and dissected again', () => {
  it('Ethernet', () => {
    check(fc.record({ destination: mac, source: mac, type: strangeType, data }), ({ data, ...header }) => {
      expect(fieldsOf([ethernet(header), data])).toMatchObject({
        'eth.dst': formatMac(header.destination),
        'eth.src': formatMac(header.source),
        'eth.type': header.type,
        ...(data.length > 0 && { 'data.data': data }),
      });
    });
  });

  it('VLAN tags', () => {
    check(fc.record({ id: bits(12), priority: bits(3), dropEligible: fc.boolean(), type: strangeType }), (tag) => {
      expect(fieldsOf([ethernet(MACS), vlan(tag), 'x'])).toMatchObject({
        'eth.type': 0x8100,
        'vlan.id': tag.id,
        'vlan.priority': tag.priority,
        'vlan.dei': Number(tag.dropEligible),
        'vlan.etype': tag.type,
      });
    });
  });

  it('LLC', () => {
    const odd = fc.integer({ min: 0, max: 127 }).map((n) => 2 * n + 1);
    check(fc.record({ dsap: odd, ssap: odd, control: bits(16) }), ({ control, ...saps }) => {
      const short = (control & 3) === 3;
      const written = short ? control & 0xff : control;
      expect(fieldsOf([ethernet(MACS), llc({ ...saps, control: written }), 'x'])).toMatchObject({
        'eth.len': short ? 4 : 5,
        'llc.dsap': saps.dsap,
        'llc.ssap': saps.ssap,
        'llc.control': written,
      });
    });
  });

  it('SNAP', () => {
    check(fc.record({ oui: fc.integer({ min: 0x100000, max: 0xffffff }), type: bits(16) }), (fields) => {
      expect(fieldsOf([ethernet(MACS), snap(fields), 'x'])).toMatchObject({
        'llc.oui': fields.oui,
        'llc.pid': fields.type,
      });
    });
  });

  it('ARP', () => {
    const fields = {
      operation: bits(16),
      senderHardware: mac,
      senderProtocol: ip,
      targetHardware: mac,
      targetProtocol: ip,
    };
    check(fc.record(fields), (packet) => {
      expect(fieldsOf([ethernet(MACS), arp(packet)])).toMatchObject({
        'arp.opcode': packet.operation,
        'arp.src.hw_mac': formatMac(packet.senderHardware),
        'arp.src.proto_ipv4': formatIpv4(packet.senderProtocol),
        'arp.dst.hw_mac': formatMac(packet.targetHardware),
        'arp.dst.proto_ipv4': formatIpv4(packet.targetProtocol),
      });
    });
  });

  it('MPLS', () => {
    check(fc.record({ label: bits(20), trafficClass: bits(3), timeToLive: bits(8) }), (entry) => {
      expect(fieldsOf([ethernet(MACS), mpls({ label: 16 }), mpls(entry)])).toMatchObject({
        'mpls.label': entry.label,
        'mpls.exp': entry.trafficClass,
        'mpls.bottom': 1,
        'mpls.ttl': entry.timeToLive,
      });
    });
  });

  it('PPPoE discovery', () => {
    const tags = {
      code: fc.constantFrom(PPPOE_CODE.PADI, PPPOE_CODE.PADO, PPPOE_CODE.PADS),
      session: bits(16),
      cookie: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    };
    check(fc.record(tags), ({ code, session, cookie }) => {
      const packet = pppoe({ code, session, tags: [{ type: PPPOE_TAG_TYPE.AC_COOKIE, value: cookie }] });
      expect(fieldsOf([ethernet(MACS), packet])).toMatchObject({
        'pppoe.code': code,
        'pppoe.session_id': session,
        'pppoe.payload_length': cookie.length + 4,
        'pppoed.tags.ac_cookie': cookie,
      });
    });
  });

  it('PPP control packets', () => {
    check(fc.record({ identifier: bits(8), mru: bits(16), magic: bits(32) }), ({ identifier, mru, magic }) => {
      const options = [
        { type: 1, value: Uint8Array.of(mru >> 8, mru) },
        { type: 5, value: Uint8Array.of(magic / 2 ** 24, magic >>> 16, magic >>> 8, magic) },
      ];
      const layers = [ppp({ protocol: 0xc021, framing: true }), pppControl({ code: 1, identifier, options })];
      expect(fieldsOf(layers, LINK_TYPE.PPP)).toMatchObject({
        'ppp.protocol': 0xc021,
        'ppp.identifier': identifier,
        'ppp.length': 14,
        'lcp.opt.mru': mru,
        'lcp.opt.magic_number': magic,
      });
    });
  });

  it('Linux cooked headers', () => {
    const fields = {
      packetType: bits(8),
      hardwareType: bits(16),
      address: mac,
      protocol: strangeType,
      interfaceIndex: bits(32),
    };
    check(fc.record(fields), ({ interfaceIndex, ...header }) => {
      const both = {
        'sll.pkttype': header.packetType,
        'sll.hatype': header.hardwareType,
        'sll.src.eth': formatMac(header.address),
        'sll.etype': header.protocol,
      };
      expect(fieldsOf([sll(header), 'x'], LINK_TYPE.LINUX_SLL)).toMatchObject(both);
      expect(fieldsOf([sll2({ ...header, interfaceIndex }), 'x'], LINK_TYPE.LINUX_SLL2)).toMatchObject({
        ...both,
        'sll.ifindex': interfaceIndex,
      });
    });
  });

  it('BSD loopback headers', () => {
    check(fc.record({ family: fc.integer({ min: 100, max: 0xffff }), bigEndian: fc.boolean() }), (header) => {
      expect(fieldsOf([nullHeader(header), 'x'], LINK_TYPE.NULL)['null.family']).toBe(header.family);
    });
    expect(fieldsOf([nullHeader(), arp({ ...ADDRESSES })], LINK_TYPE.NULL)['null.family']).toBe(BSD_FAMILY.IPV4);
  });

  it('spanning tree', () => {
    const id = fc.record({ priority: bits(16), address: mac });
    check(fc.record({ root: id, rootCost: bits(32), bridge: id, port: bits(16), maxAge: bits(8) }), (fields) => {
      const found = fieldsOf([ethernet(MACS), llc({ dsap: 0x42 }), stp(fields)]);
      expect(found).toMatchObject({
        'stp.root.prio': fields.root.priority & 0xf000,
        'stp.root.ext': fields.root.priority & 0x0fff,
        'stp.root.hw': formatMac(fields.root.address),
        'stp.root.cost': fields.rootCost,
        'stp.bridge.hw': formatMac(fields.bridge.address),
        'stp.port': fields.port,
        'stp.max_age': fields.maxAge,
      });
    });
  });

  it('LLDP', () => {
    const name = fc.string({ minLength: 1, maxLength: 80, unit: fc.constantFrom(...'abcXYZ019-. ') });
    check(fc.record({ name, seconds: bits(16) }), ({ name, seconds }) => {
      const tlvs = [
        { type: LLDP_TYPE.TIME_TO_LIVE, value: Uint8Array.of(seconds >> 8, seconds) },
        { type: LLDP_TYPE.SYSTEM_NAME, value: name },
      ];
      expect(fieldsOf([ethernet(MACS), lldp(tlvs)])).toMatchObject({
        'lldp.time_to_live': seconds,
        'lldp.tlv.system.name': name,
      });
    });
  });
});

const ADDRESSES = { senderHardware: MACS.source, senderProtocol: '192.0.2.1', targetProtocol: '192.0.2.2' };

describe('builders refuse', () => {
  it('addresses that are none', () => {
    const build = (source: string) => () => frame(ethernet({ ...MACS, source }), 'x');
    expect(build('02:00:00:00:00')).toThrow('cannot read the MAC address: 02:00:00:00:00');
    expect(() => frame(sll({ address: 'here' }))).toThrow('cannot read the link-layer address: here');
    expect(() => frame(sll({ address: new Uint8Array(9) }))).toThrow(
      'cannot read the link-layer address: 0,0,0,0,0,0,0,0,0',
    );
    expect(() => frame(arp({ ...ADDRESSES, senderProtocol: '1.2.3' }))).toThrow('cannot read the IPv4 address: 1.2.3');
  });
});

describe('what lies below', () => {
  it('names what it carries by the carried layer', () => {
    const type = (...layers: (Layer | string)[]) => fieldsOf([ethernet(MACS), ...layers])['eth.type'];
    expect(type(arp(ADDRESSES))).toBe(0x0806);
    expect(type(arp({ ...ADDRESSES, reverse: true }))).toBe(0x8035);
    expect(type(mpls({ label: 1 }), 'x')).toBe(0x8847);
    expect(type(pppoe({ code: PPPOE_CODE.PADT }))).toBe(0x8863);
    expect(type(pppoe(), ppp({ protocol: 0xc021 }), 'x')).toBe(0x8864);
    expect(type(lldp([]))).toBe(0x88cc);
    expect(type(vlan({ id: 1, tpid: 0x88a8 }), 'x')).toBe(0x88a8);
  });

  it('writes wrong values on request', () => {
    expect(
      fieldsOf([ethernet(MACS), pppoe({ length: 999, session: 1 }), ppp({ protocol: 0xc021 }), 'x'])[
        'pppoe.payload_length'
      ],
    ).toBe(999);
    expect(fieldsOf([ethernet({ ...MACS, type: 0x1234 }), arp(ADDRESSES)])['eth.type']).toBe(0x1234);
    expect(fieldsOf([ethernet(MACS), arp({ ...ADDRESSES, hardwareSize: 9 })])['arp.hw.size']).toBe(9);
  });
});
