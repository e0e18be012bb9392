// Deep filters: a primitive is true if it is true at any level of the packet that the walk (deep-walk.ts) found: behind
// tags and labels, in tunnels, and for ports and transport headers also over IPv6 and behind extension headers. What is
// about other link layers and protocols means what it means without `deep`, on the outermost header.
import { readU32 } from '../bytes/index.ts';
import { allOf, anyOf, type Condition, not } from './condition.ts';
import { DeepWalk, IP_KIND, type Level } from './deep-walk.ts';
import { inDirection } from './lower-address.ts';
import { both, type Load, type Lowered, lowerLoad, lowerRelation } from './lower-arithmetic.ts';
import { INNER_PROTOCOLS, LINK_PROTOCOLS, TRANSPORTS } from './lower-protocol.ts';
import type { Lowering } from './lowering.ts';
import type { Primitive, Transport, Words } from './resolve.ts';
import type { ProtocolName } from './tree.ts';
import { LENGTH_MAX, PROTOCOL_TYPE as TYPE } from './type-names.ts';
import type { Value } from './value.ts';

type Family = keyof typeof IP_KIND;
type Of<K extends Primitive['kind']> = Extract<Primitive, { kind: K }>;

/** The family of an EtherType of IP. */
function familyOf(type: number): Family | undefined {
  return type === TYPE.IP ? 'ip' : type === TYPE.IPV6 ? 'ip6' : undefined;
}

const IPV4_ENDS = {
  ip: { src: 12, dst: 16 },
  arp: { src: 14, dst: 24 },
  rarp: { src: 14, dst: 24 },
} as const;
const IPV6_ENDS = { src: 8, dst: 24 } as const;
const PORT_ENDS = { src: 0, dst: 2 } as const;
const ETHERNET_ENDS = { src: 6, dst: 0 } as const;
const BROADCAST = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

export class DeepLowering {
  private readonly lowering: Lowering;
  private readonly walk: DeepWalk;

  constructor(lowering: Lowering) {
    this.lowering = lowering;
    this.walk = new DeepWalk(lowering);
  }

  /** The condition behind the walk that it needs. */
  behindWalk(condition: Condition): Condition {
    return allOf(this.walk.steps(), condition);
  }

  /** Undefined: means the same as without `deep`. */
  primitive(primitive: Primitive): Condition | undefined {
    switch (primitive.kind) {
      case 'ipv4':
        return this.ipv4(primitive);
      case 'ipv6':
        return this.ipv6(primitive);
      case 'named host':
        return this.namedHost(primitive);
      case 'port':
      case 'portrange':
        return this.anywhere((level) => this.portsAt(level, primitive));
      case 'proto':
      case 'protochain':
        return this.protocolNumber(primitive.protocol, primitive.number);
      case 'protocol':
        return this.protocolName(primitive.protocol);
      case 'relation':
        return this.relation(primitive);
      case 'broadcast':
      case 'multicast':
        return this.group(primitive as Of<'broadcast' | 'multicast'>);
      case 'link address':
        return this.linkAddress(primitive);
      case 'encapsulation':
        return this.walk.seek(primitive.name, primitive.number);
      case 'pppoed':
        return this.anywhere((level) => this.isKind(level, TYPE.PPPOE_DISCOVERY));
      default:
        return undefined;
    }
  }

  private anywhere(at: (level: Level) => Condition): Condition {
    const [first, ...rest] = this.walk.levels.map(at);
    return anyOf(first!, ...rest);
  }

  private isKind({ kind }: Level, value: number): Condition {
    return this.lowering.test('eq', this.walk.value(kind), value);
  }

  private isFamily({ kind }: Level, family: Family): Condition {
    return this.lowering.test('eq', this.lowering.masked(this.walk.value(kind), 0xffff_0000), IP_KIND[family]);
  }

  private isTransport(level: Level, family: Family, protocol: number): Condition {
    return this.isKind(level, IP_KIND[family] + protocol);
  }

  private hasTransport({ transport }: Level): Condition {
    return this.lowering.test('gt', this.walk.value(transport), 0);
  }

  /** Bytes behind where a header of the level begins. */
  private load(level: Level, header: 'network' | 'transport', offset: number, size: 1 | 2 | 4): Value {
    return this.lowering.values.load(size, offset, this.walk.value(level[header]));
  }

  private word(level: Level, offset: number, mask: number, value: number): Condition {
    const { lowering } = this;
    return lowering.test('eq', lowering.masked(this.load(level, 'network', offset, 4), mask), value);
  }

  private ipv4(primitive: Of<'ipv4'>): Condition | undefined {
    const { protocol } = primitive;
    if (protocol !== undefined && !Object.hasOwn(IPV4_ENDS, protocol)) return undefined;
    const names = protocol === undefined ? (['ip', 'arp', 'rarp'] as const) : [protocol as keyof typeof IPV4_ENDS];
    return this.anywhere((level) => {
      const [first, ...rest] = names.map((name) => this.ipv4At(level, primitive, name));
      return anyOf(first!, ...rest);
    });
  }

  private ipv4At(level: Level, { direction, address, mask }: Of<'ipv4'>, name: keyof typeof IPV4_ENDS): Condition {
    const ends = IPV4_ENDS[name];
    const isThere = name === 'ip' ? this.isFamily(level, 'ip') : this.isKind(level, LINK_PROTOCOLS[name]!);
    const match = inDirection(this.lowering, direction, (end) => this.word(level, ends[end], mask, address));
    return allOf(isThere, match);
  }

  private ipv6(primitive: Of<'ipv6'>): Condition | undefined {
    const { protocol, direction, mask } = primitive;
    if (protocol !== undefined && protocol !== 'ip6') return undefined;
    const words = [0, 1, 2, 3].filter((word) => mask[word] !== 0);
    return this.anywhere((level) =>
      allOf(
        this.isFamily(level, 'ip6'),
        inDirection(this.lowering, direction, (end) =>
          allOf(...(this.wordsAt(level, IPV6_ENDS[end], words, primitive) as [Condition])),
        ),
      ),
    );
  }

  private wordsAt(level: Level, offset: number, words: readonly number[], { address, mask }: Of<'ipv6'>): Condition[] {
    const tests = words.map((word) => this.word(level, offset + 4 * word, mask[word]!, address[word]!));
    return tests.length === 0 ? [this.isFamily(level, 'ip6')] : tests;
  }

  private namedHost(host: Of<'named host'>): Condition | undefined {
    const conditions = host.addresses.map((bytes) => {
      if (bytes.length === 4) {
        if (host.protocol === 'ip6') return undefined;
        return this.ipv4({ ...host, kind: 'ipv4', address: readU32(bytes, 0), mask: 0xffff_ffff });
      }
      if (host.protocol === 'ip') return undefined;
      const address = [0, 4, 8, 12].map((at) => readU32(bytes, at)) as unknown as Words;
      const ones = 0xffff_ffff;
      return this.ipv6({ ...host, kind: 'ipv6', address, mask: [ones, ones, ones, ones] });
    });
    const [first, ...rest] = conditions.filter((condition) => condition !== undefined);
    return first === undefined ? undefined : anyOf(first, ...rest);
  }

  private portsAt(level: Level, { kind, transport, direction, from, to }: Of<'port' | 'portrange'>): Condition {
    const { lowering } = this;
    const protocols = transport === undefined ? (Object.keys(TRANSPORTS) as Transport[]) : [transport];
    const kinds = protocols.flatMap((name) =>
      (['ip', 'ip6'] as const).map((family) => this.isTransport(level, family, TRANSPORTS[name])),
    );
    const match = inDirection(lowering, direction, (end) => {
      const port = this.load(level, 'transport', PORT_ENDS[end], 2);
      if (kind === 'port') return lowering.test('eq', port, from);
      const [least, most] = [Math.min(from, to), Math.max(from, to)];
      return allOf(lowering.test('ge', port, least), not(lowering.test('gt', port, most)));
    });
    return allOf(anyOf(kinds[0]!, ...kinds.slice(1)), this.hasTransport(level), match);
  }

  private protocolNumber(protocol: ProtocolName | undefined, number: number): Condition | undefined {
    switch (protocol) {
      case undefined:
        return this.anywhere((level) =>
          anyOf(this.isTransport(level, 'ip', number), this.isTransport(level, 'ip6', number)),
        );
      case 'ip':
      case 'ip6':
        return this.anywhere((level) => this.isTransport(level, protocol, number));
      case 'link':
        return this.etherType(number);
      default:
        return undefined;
    }
  }

  private etherType(type: number): Condition | undefined {
    if (type <= LENGTH_MAX) return undefined;
    const family = familyOf(type);
    if (family !== undefined) return this.anywhere((level) => this.isFamily(level, family));
    const encapsulation = ENCAPSULATION_TYPES.get(type);
    if (encapsulation !== undefined) return this.walk.seek(encapsulation, undefined);
    return this.anywhere((level) => this.isKind(level, type));
  }

  private protocolName(name: ProtocolName): Condition | undefined {
    const linkProtocol = LINK_PROTOCOLS[name];
    if (linkProtocol !== undefined) return this.etherType(linkProtocol);
    const inner = INNER_PROTOCOLS[name];
    return inner === undefined || inner[1] === 'iso' ? undefined : this.protocolNumber(inner[1], inner[0]);
  }

  /** At one level at a time: "tcp[0:2] = udp[0:2]" does not compare an outer header with an inner one. */
  private relation(primitive: Of<'relation'>): Condition {
    const { lowering } = this;
    let hasLevels = false;
    const at = (level: Level) =>
      lowerRelation(lowering, primitive, (_lowering, load, index) => {
        const lowered = this.loadAt(level, load, index);
        if (lowered !== undefined) hasLevels = true;
        return lowered ?? lowerLoad(lowering, load, index);
      });
    const outermost = at(this.walk.levels[0]!);
    if (!hasLevels) return outermost;
    return anyOf(outermost, ...this.walk.levels.slice(1).map(at));
  }

  private loadAt(level: Level, { protocol, size }: Load, { value: index, needs }: Lowered): Lowered | undefined {
    const header = this.headerAt(level, protocol);
    if (header === undefined) return undefined;
    const { values } = this.lowering;
    const base = values.operation('add', index, this.walk.value(level[header.of]));
    return { value: values.load(size as 1 | 2 | 4, 0, base), needs: both(needs, header.isThere) };
  }

  /** The header that a name in front of brackets means, and whether a level has it. */
  private headerAt(level: Level, name: ProtocolName): { of: 'network' | 'transport'; isThere: Condition } | undefined {
    const type = LINK_PROTOCOLS[name];
    if (type !== undefined) {
      if (type <= LENGTH_MAX) return undefined;
      const family = familyOf(type);
      return { of: 'network', isThere: family === undefined ? this.isKind(level, type) : this.isFamily(level, family) };
    }
    const inner = INNER_PROTOCOLS[name];
    if (inner === undefined || inner[1] === 'iso' || name === 'ah' || name === 'esp') return undefined;
    const [protocol, only] = inner;
    const families: readonly Family[] = only === undefined ? ['ip', 'ip6'] : [only];
    const [first, ...rest] = families.map((family) => this.isTransport(level, family, protocol));
    return { of: 'transport', isThere: allOf(anyOf(first!, ...rest), this.hasTransport(level)) };
  }

  /** Broadcasts and multicasts of IP at any level, of Ethernet at any of its headers. */
  private group({ kind, protocol }: Of<'broadcast' | 'multicast'>): Condition | undefined {
    const { lowering } = this;
    if (protocol === 'ip' && kind === 'multicast') {
      return this.anywhere((level) =>
        allOf(this.isFamily(level, 'ip'), lowering.test('ge', this.load(level, 'network', 16, 1), 224)),
      );
    }
    if (protocol === 'ip6' && kind === 'multicast') {
      return this.anywhere((level) =>
        allOf(this.isFamily(level, 'ip6'), lowering.test('eq', this.load(level, 'network', 24, 1), 255)),
      );
    }
    if (lowering.layer.addresses !== 'ethernet' || (protocol !== undefined && protocol !== 'link')) return undefined;
    return this.atEthernet((base, offset) =>
      kind === 'broadcast'
        ? this.bytesAt(base, offset + ETHERNET_ENDS.dst, BROADCAST)
        : lowering.test('set', lowering.values.load(1, offset + ETHERNET_ENDS.dst, base), 0x01),
    );
  }

  private linkAddress({ direction, bytes }: Of<'link address'>): Condition | undefined {
    if (this.lowering.layer.addresses !== 'ethernet') return undefined;
    return this.atEthernet((base, offset) =>
      inDirection(this.lowering, direction, (end) => this.bytesAt(base, offset + ETHERNET_ENDS[end], bytes)),
    );
  }

  /** At the packet's own Ethernet header, or at one in a tunnel. */
  private atEthernet(at: (base: Value | undefined, offset: number) => Condition): Condition {
    const { header } = this.lowering;
    const inner = this.walk.levels.flatMap(({ ethernet }) => {
      if (ethernet === undefined) return [];
      const base = this.walk.value(ethernet);
      return [allOf(this.lowering.test('gt', base, 0), at(base, 0))];
    });
    return anyOf(at(undefined, header.constant), ...inner);
  }

  private bytesAt(base: Value | undefined, offset: number, bytes: Uint8Array): Condition {
    const { lowering } = this;
    const high = lowering.values.load(4, offset, base);
    const low = lowering.values.load(2, offset + 4, base);
    return allOf(lowering.test('eq', high, readU32(bytes, 0)), lowering.test('eq', low, bytes[4]! * 0x100 + bytes[5]!));
  }
}

/** EtherTypes that the walk goes past. */
const ENCAPSULATION_TYPES = new Map([
  [TYPE.VLAN, 'vlan'],
  [TYPE.PROVIDER_BRIDGING, 'vlan'],
  [TYPE.QINQ, 'vlan'],
  [TYPE.MPLS, 'mpls'],
  [TYPE.PPPOE_SESSION, 'pppoes'],
] as const) as ReadonlyMap<number, 'vlan' | 'mpls' | 'pppoes'>;
