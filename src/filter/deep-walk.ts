// The walk of a deep filter along a packet's headers: through VLAN tags, PPPoE, MPLS, IPv6 extension headers and tunnels,
// before the expression itself is asked. It leaves for each level where the headers are, in variables.
//
// Classic BPF has no loops, so the number of steps is fixed: LEVELS of IP or other network headers, and of each kind of
// header in front of one as many as the constants below say. What is nested deeper is not found.
import { ALWAYS, allOf, anyOf, type Condition, choose, not, whenever } from './condition.ts';
import { carries } from './link-type-test.ts';
import type { Lowering } from './lowering.ts';
import type { Encapsulation } from './tree.ts';
import { PROTOCOL_TYPE as TYPE } from './type-names.ts';
import type { Value, Variable } from './value.ts';

/** The outermost network header, and those in two tunnels, one inside the other. */
const LEVELS = 3;
const TAGS = 3;
const LABELS = 4;
const EXTENSIONS = 4;
const GTP_EXTENSIONS = 2;

/** A network header and what is around it. */
export interface Level {
  /** EtherType of what is there; IP_KIND and the transport protocol's number for IP; 0: there is no such level. */
  readonly kind: Variable;
  /** Offset of the network header. */
  readonly network: Variable;
  /** Offset of the transport header; 0: there is none, as in later fragments. */
  readonly transport: Variable;
  /** Offset of an Ethernet header before it; 0: there is none. Undefined where the packet itself begins with one. */
  readonly ethernet: Variable | undefined;
}

/** What a level's kind has in its upper half: the version of IP. */
export const IP_KIND = { ip: 0x0004_0000, ip6: 0x0006_0000 } as const;

/** A tag, label, session or network identifier that the expression asks for: found anywhere, the variable is 1. */
export interface Sought {
  readonly name: Encapsulation;
  readonly number: number | undefined;
  readonly found: Variable;
}

/** Bytes of each encapsulation's number, and how it lies in the word that holds it. */
const NUMBERS: Readonly<Record<Encapsulation, { size: 2 | 4; offset: number; mask: number; shift: number }>> = {
  vlan: { size: 2, offset: 0, mask: 0x0fff, shift: 0 },
  mpls: { size: 4, offset: 0, mask: 0xffff_f000, shift: 12 },
  pppoes: { size: 2, offset: 2, mask: 0xffff, shift: 0 },
  vxlan: { size: 4, offset: 4, mask: 0xffff_ff00, shift: 8 },
  geneve: { size: 4, offset: 4, mask: 0xffff_ff00, shift: 8 },
};

const PORT = { VXLAN: 4789, GENEVE: 6081, GTP_USER: 2152 } as const;
const PROTOCOL = { IPV4: 4, UDP: 17, IPV6: 41, GRE: 47, AH: 51, FRAGMENT: 44 } as const;
/** Hop-by-hop options, routing, destination options: a length in units of eight bytes, less the first. */
const EXTENSION_PROTOCOLS = [0, 43, 60] as const;

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const UDP_HEADER = 8;
/** Nobody's header is shorter: where fewer bytes are left there is none. */
const SHORTEST_TRANSPORT = 8;
const ETHERNET_HEADER = 14;

export class DeepWalk {
  readonly levels: readonly Level[];
  private readonly lowering: Lowering;
  private readonly sought: Sought[] = [];

  constructor(lowering: Lowering) {
    this.lowering = lowering;
    this.levels = Array.from({ length: LEVELS }, (_, level) => ({
      kind: { name: `kind ${level}` },
      network: { name: `network ${level}` },
      transport: { name: `transport ${level}` },
      ethernet: level === 0 ? undefined : { name: `ethernet ${level}` },
    }));
  }

  /** Looks out for an encapsulation; true where the walk came across it. */
  seek(name: Encapsulation, number: number | undefined): Condition {
    let sought = this.sought.find((known) => known.name === name && known.number === number);
    if (sought === undefined) {
      sought = { name, number, found: { name: `${name} ${number ?? ''}` } };
      this.sought.push(sought);
    }
    return this.lowering.test('eq', this.value(sought.found), 1);
  }

  /** Everything that the walk sets; to be put before the expression, when all that it looks for is known. */
  steps(): Condition {
    const steps = [this.start(this.levels[0]!)];
    for (const [i, level] of this.levels.entries()) {
      if (i > 0) steps.push(this.enterTunnel(this.levels[i - 1]!, level));
      steps.push(this.alongLink(level), this.intoIp(level));
    }
    return allOf(ALWAYS, ...steps);
  }

  value(variable: Variable): Value {
    return this.lowering.values.variable(variable);
  }

  private set(variable: Variable, value: Value | number): Condition {
    return this.lowering.set(variable, typeof value === 'number' ? this.lowering.constant(value) : value);
  }

  private plus(value: Value, bytes: number | Value): Value {
    const more = typeof bytes === 'number' ? this.lowering.constant(bytes) : bytes;
    return this.lowering.values.operation('add', value, more);
  }

  private load(size: 1 | 2 | 4, base: Variable, offset: number): Value {
    return this.lowering.values.load(size, offset, this.value(base));
  }

  private masked(value: Value, mask: number): Value {
    return this.lowering.masked(value, mask);
  }

  private is(value: Value, constant: number): Condition {
    return this.lowering.test('eq', value, constant);
  }

  private isOneOf(value: Value, [first, ...rest]: readonly number[]): Condition {
    return anyOf(this.is(value, first!), ...rest.map((constant) => this.is(value, constant)));
  }

  /** The packet on the wire is so long that these bytes are in it. */
  private reaches(base: Variable, bytes: number): Condition {
    return this.lowering.test('ge', this.lowering.values.length(), this.plus(this.value(base), bytes));
  }

  /** Notes those sought whose number is at a header. */
  private note(name: Encapsulation, header: Variable): Condition {
    const { size, offset, mask, shift } = NUMBERS[name];
    return this.noteWhere(name, (number) =>
      this.is(
        this.masked(this.load(size, header, offset), size === 2 && mask === 0xffff ? 0xffff_ffff : mask),
        number * 2 ** shift,
      ),
    );
  }

  private noteWhere(name: Encapsulation, hasNumber: (number: number) => Condition): Condition {
    const steps = this.sought
      .filter((sought) => sought.name === name)
      .map(({ number, found }) =>
        number === undefined ? this.set(found, 1) : whenever(hasNumber(number), this.set(found, 1)),
      );
    return allOf(ALWAYS, ...steps);
  }

  /** What the link layer says, and where its payload is. */
  private start(level: Level): Condition {
    const { lowering } = this;
    const { payload, network, layer } = lowering;
    const variable = lowering.variableValue(payload);
    const offset = lowering.constant(payload.constant + network);
    const place = this.set(level.network, variable === undefined ? offset : this.plus(offset, variable));
    const hasEtherType = layer.scheme === 'ethernet' || layer.scheme === 'sll' || layer.scheme === 'ethertype';
    const kind = hasEtherType ? this.set(level.kind, lowering.load('type', 0, 2)) : this.kindByCarrying(level);
    return allOf(place, kind, this.noteMetadata());
  }

  private kindByCarrying(level: Level): Condition {
    const { lowering } = this;
    const ifCarries = (type: number, otherwise: Condition) =>
      choose(carries(lowering, type), this.set(level.kind, type), otherwise);
    return ifCarries(TYPE.IP, ifCarries(TYPE.IPV6, this.set(level.kind, 0)));
  }

  /** In a running capture the kernel has taken the outermost tag out of the packet. */
  private noteMetadata(): Condition {
    if (!this.lowering.options.live) return ALWAYS;
    const { values } = this.lowering;
    const tag = this.masked(values.metadata('vlan_tci', 1), NUMBERS.vlan.mask);
    return whenever(
      this.is(values.metadata('vlanp', 1), 1),
      this.noteWhere('vlan', (id) => this.is(tag, id)),
    );
  }

  /** Past VLAN tags, PPPoE and MPLS labels, to what they carry. */
  private alongLink(level: Level): Condition {
    const { kind, network } = level;
    const tag = whenever(
      allOf(this.isOneOf(this.value(kind), [TYPE.VLAN, TYPE.PROVIDER_BRIDGING, TYPE.QINQ]), this.reaches(network, 4)),
      allOf(this.note('vlan', network), this.set(kind, this.load(2, network, 2)), this.move(network, 4)),
    );
    return allOf(...(repeated(TAGS, tag) as [Condition]), this.alongPppoe(level), this.alongMpls(level));
  }

  private move(variable: Variable, bytes: number): Condition {
    return this.set(variable, this.plus(this.value(variable), bytes));
  }

  /** Bytes of a PPPoE header and PPP's protocol number behind it. */
  private alongPppoe({ kind, network }: Level): Condition {
    const protocol = this.load(2, network, 6);
    const toKind = (pppProtocol: number, type: number, otherwise: Condition) =>
      choose(this.is(protocol, pppProtocol), this.set(kind, type), otherwise);
    const inside = toKind(0x0021, TYPE.IP, toKind(0x0057, TYPE.IPV6, this.set(kind, 0)));
    return whenever(
      allOf(this.is(this.value(kind), TYPE.PPPOE_SESSION), this.reaches(network, 8)),
      allOf(this.note('pppoes', network), inside, this.move(network, 8)),
    );
  }

  private alongMpls(level: Level): Condition {
    const { kind, network } = level;
    const isBottom = this.lowering.test('set', this.load(1, network, 2), 0x01);
    const label = whenever(
      allOf(this.isOneOf(this.value(kind), [TYPE.MPLS, MPLS_MULTICAST]), this.reaches(network, 5)),
      allOf(
        this.note('mpls', network),
        whenever(isBottom, this.kindByVersion(kind, this.load(1, network, 4))),
        this.move(network, 4),
      ),
    );
    return allOf(...(repeated(LABELS, label) as [Condition]));
  }

  /** Where nothing says what follows: the version of IP. */
  private kindByVersion(kind: Variable, first: Value): Condition {
    const version = this.masked(first, 0xf0);
    const otherwise = choose(this.is(version, 0x60), this.set(kind, TYPE.IPV6), this.set(kind, 0));
    return choose(this.is(version, 0x40), this.set(kind, TYPE.IP), otherwise);
  }

  /** From an EtherType of IP to the transport protocol. */
  private intoIp(level: Level): Condition {
    const { kind } = level;
    const isIpv6 = this.is(this.value(kind), TYPE.IPV6);
    const into = choose(
      this.is(this.value(kind), TYPE.IP),
      this.ifReaches(level, IPV4_HEADER, this.intoIpv4(level)),
      whenever(isIpv6, this.ifReaches(level, IPV6_HEADER, this.intoIpv6(level))),
    );
    const isShort = not(this.reaches(level.transport, SHORTEST_TRANSPORT));
    return allOf(into, whenever(isShort, this.set(level.transport, 0)));
  }

  /** Headers that the packet is too short for are not there. */
  private ifReaches({ kind, network }: Level, bytes: number, steps: Condition): Condition {
    return choose(this.reaches(network, bytes), steps, this.set(kind, 0));
  }

  private intoIpv4({ kind, network, transport }: Level): Condition {
    const length = this.lowering.values.headerLength(0, this.value(network));
    const isLater = this.lowering.test('set', this.load(2, network, 6), 0x1fff);
    return allOf(
      this.set(kind, this.plus(this.load(1, network, 9), IP_KIND.ip)),
      choose(isLater, this.set(transport, 0), this.set(transport, this.plus(this.value(network), length))),
    );
  }

  private intoIpv6(level: Level): Condition {
    const { kind, network, transport } = level;
    const steps = repeated(EXTENSIONS, this.pastExtension(level)) as [Condition];
    return allOf(
      this.set(kind, this.plus(this.load(1, network, 6), IP_KIND.ip6)),
      this.set(transport, this.plus(this.value(network), IPV6_HEADER)),
      ...steps,
    );
  }

  /** One extension header, if this is one. */
  private pastExtension({ kind, transport }: Level): Condition {
    const { values } = this.lowering;
    const here = this.value(transport);
    const isKind = (protocols: readonly number[]) =>
      this.isOneOf(
        this.value(kind),
        protocols.map((protocol) => IP_KIND.ip6 + protocol),
      );
    const lengthBy = (add: number, unit: number) =>
      values.operation('mul', this.plus(this.load(1, transport, 1), add), this.lowering.constant(unit));
    const next = this.set(kind, this.plus(this.load(1, transport, 0), IP_KIND.ip6));
    const isLater = this.lowering.test('set', this.load(2, transport, 2), 0xfff8);
    const fragment = allOf(next, choose(isLater, this.set(transport, 0), this.move(transport, 8)));
    const sized = allOf(next, this.set(transport, this.plus(here, lengthBy(1, 8))));
    const authentication = allOf(next, this.set(transport, this.plus(here, lengthBy(2, 4))));
    const step = choose(
      isKind(EXTENSION_PROTOCOLS),
      sized,
      choose(isKind([PROTOCOL.FRAGMENT]), fragment, whenever(isKind([PROTOCOL.AH]), authentication)),
    );
    const isThere = this.lowering.test('gt', here, 0);
    return whenever(allOf(isThere, this.reaches(transport, 8)), step);
  }

  /** Into what a level's transport carries, if it is a tunnel. */
  private enterTunnel(outer: Level, inner: Level): Condition {
    const { kind, transport } = outer;
    const isProtocol = (protocol: number) =>
      this.isOneOf(this.value(kind), [IP_KIND.ip + protocol, IP_KIND.ip6 + protocol]);
    const direct = (type: number) => allOf(this.set(inner.kind, type), this.set(inner.network, this.value(transport)));
    const isThere = allOf(this.lowering.test('gt', this.value(transport), 0), this.reaches(transport, UDP_HEADER));
    const kinds: [Condition, Condition][] = [
      [isProtocol(PROTOCOL.UDP), this.enterUdpTunnel(outer, inner)],
      [isProtocol(PROTOCOL.GRE), this.enterGre(outer, inner)],
      [isProtocol(PROTOCOL.IPV4), direct(TYPE.IP)],
      [isProtocol(PROTOCOL.IPV6), direct(TYPE.IPV6)],
    ];
    const enter = kinds.reduceRight((otherwise, [condition, steps]) => choose(condition, steps, otherwise), ALWAYS);
    return allOf(this.set(inner.kind, 0), this.set(inner.ethernet!, 0), whenever(isThere, enter));
  }

  /** GRE (RFC 2784, RFC 2890): checksum, key and sequence number are there if their bits say so. */
  private enterGre({ transport }: Level, inner: Level): Condition {
    const flag = (bit: number) => this.lowering.test('set', this.load(1, transport, 0), bit);
    const optional = [0x80, 0x20, 0x10].map((bit) => whenever(flag(bit), this.move(inner.network, 4)));
    const isVersion0 = this.is(this.masked(this.load(1, transport, 1), 0x07), 0);
    return whenever(
      isVersion0,
      allOf(
        this.set(inner.network, this.plus(this.value(transport), 4)),
        ...optional,
        this.set(inner.kind, this.load(2, transport, 2)),
        this.ifEthernet(inner),
      ),
    );
  }

  /** Transparent Ethernet bridging: an Ethernet header comes first. */
  private ifEthernet(inner: Level): Condition {
    return whenever(this.is(this.value(inner.kind), TYPE.TRANSPARENT_ETHERNET), this.enterEthernet(inner));
  }

  private enterEthernet({ kind, network, ethernet }: Level): Condition {
    const enter = allOf(
      this.set(ethernet!, this.value(network)),
      this.set(kind, this.load(2, network, 12)),
      this.move(network, ETHERNET_HEADER),
    );
    return choose(this.reaches(network, ETHERNET_HEADER), enter, this.set(kind, 0));
  }

  private enterUdpTunnel({ transport }: Level, inner: Level): Condition {
    const isPort = (port: number) => this.is(this.load(2, transport, 2), port);
    const toHeader = this.set(inner.network, this.plus(this.value(transport), UDP_HEADER));
    const ifLong = (steps: Condition) => allOf(toHeader, whenever(this.reaches(inner.network, 8), steps));
    return choose(
      isPort(PORT.VXLAN),
      ifLong(this.enterVxlan(inner)),
      choose(
        isPort(PORT.GENEVE),
        ifLong(this.enterGeneve(inner)),
        whenever(isPort(PORT.GTP_USER), ifLong(this.enterGtp(inner))),
      ),
    );
  }

  /** VXLAN (RFC 7348): the network identifier is valid. */
  private enterVxlan(inner: Level): Condition {
    const isValid = this.lowering.test('set', this.load(1, inner.network, 0), 0x08);
    const steps = allOf(this.note('vxlan', inner.network), this.move(inner.network, 8), this.enterEthernet(inner));
    return whenever(isValid, steps);
  }

  /** Geneve (RFC 8926): version 0; options in units of four bytes. */
  private enterGeneve(inner: Level): Condition {
    const { network, kind } = inner;
    const { values } = this.lowering;
    const first = this.load(1, network, 0);
    const options = values.operation('mul', this.masked(first, 0x3f), this.lowering.constant(4));
    const steps = allOf(
      this.note('geneve', network),
      this.set(kind, this.load(2, network, 2)),
      this.set(network, this.plus(this.plus(this.value(network), options), 8)),
      this.ifEthernet(inner),
    );
    return whenever(this.is(this.masked(first, 0xc0), 0), steps);
  }

  /** GTP-U (3GPP TS 29.281): version 1, a user packet; four more bytes and extension headers if one of three bits is set. */
  private enterGtp(inner: Level): Condition {
    const { network, kind } = inner;
    const isUserPacket = allOf(
      this.is(this.masked(this.load(1, network, 0), 0xf0), 0x30),
      this.is(this.load(1, network, 1), 0xff),
    );
    const hasMore = this.lowering.test('set', this.load(1, network, 0), 0x07);
    const hasExtensions = this.lowering.test('set', this.load(1, network, 0), 0x04);
    const extensions = repeated(GTP_EXTENSIONS, this.pastGtpExtension(network)) as [Condition];
    const withMore = choose(hasExtensions, allOf(this.move(network, 12), ...extensions), this.move(network, 12));
    return whenever(
      isUserPacket,
      allOf(
        choose(hasMore, withMore, this.move(network, 8)),
        whenever(this.reaches(network, 1), this.kindByVersion(kind, this.load(1, network, 0))),
      ),
    );
  }

  /** The byte before says whether there is one; it has its length, in units of four bytes, in front. */
  private pastGtpExtension(network: Variable): Condition {
    const { values } = this.lowering;
    const before = values.load(1, 0, values.operation('sub', this.value(network), values.constant(1)));
    const length = values.operation('mul', this.load(1, network, 0), values.constant(4));
    const isThere = allOf(this.lowering.test('gt', before, 0), this.reaches(network, 4));
    return whenever(isThere, this.set(network, this.plus(this.value(network), length)));
  }
}

const MPLS_MULTICAST = 0x8848;

function repeated(times: number, step: Condition): Condition[] {
  return Array.from({ length: times }, () => step);
}
