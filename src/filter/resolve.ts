// Names to numbers: every host, network, port, protocol and type name of a tree is replaced by what it stands for, and
// addresses are read. What may stand where follows libpcap 1.10 (gencode.c: gen_scode, gen_ncode, gen_mcode, gen_mcode6,
// gen_ecode, gen_acode).
import { parseIpv6, readU32 } from '../bytes/index.ts';
import type { Place } from './condition.ts';
import { FilterError } from './filter-error.ts';
import type { Names } from './names.ts';
import type { Arithmetic, Comparison, Direction, Encapsulation, Id, Node, ProtocolName, Qualifiers } from './tree.ts';
import {
  ETHER_PROTOCOLS,
  ISO_PROTOCOLS,
  LLC_SUPERVISORY,
  LLC_UNNUMBERED,
  PF_ACTIONS,
  PF_REASONS,
  WLAN_DIRECTIONS,
  WLAN_SUBTYPE_MASK,
  WLAN_SUBTYPES,
  WLAN_TYPE_MASK,
  WLAN_TYPES,
} from './type-names.ts';

export type Transport = 'tcp' | 'udp' | 'sctp';

/** Four 32-bit words. */
export type Words = readonly [number, number, number, number];

interface Addressed {
  readonly protocol: ProtocolName | undefined;
  readonly direction: Direction | undefined;
  readonly type: 'host' | 'net';
}

/** A test without names. */
export type Primitive = Place &
  (
    | ({ readonly kind: 'ipv4'; readonly address: number; readonly mask: number } & Addressed)
    | ({ readonly kind: 'ipv6'; readonly address: Words; readonly mask: Words } & Addressed)
    | ({ readonly kind: 'named host'; readonly name: string; readonly addresses: readonly Uint8Array[] } & Addressed)
    | { readonly kind: 'link address'; readonly direction: Direction | undefined; readonly bytes: Uint8Array }
    | { readonly kind: 'arcnet address'; readonly direction: Direction | undefined; readonly bytes: Uint8Array }
    | { readonly kind: 'decnet host'; readonly direction: Direction | undefined; readonly address: number }
    | {
        readonly kind: 'port' | 'portrange';
        readonly transport: Transport | undefined;
        readonly direction: Direction | undefined;
        readonly from: number;
        readonly to: number;
      }
    | {
        readonly kind: 'proto' | 'protochain';
        readonly protocol: ProtocolName | undefined;
        readonly direction: Direction | undefined;
        readonly number: number;
      }
    | { readonly kind: 'protocol'; readonly protocol: ProtocolName }
    | {
        readonly kind: 'relation';
        readonly operator: Comparison;
        readonly left: Arithmetic;
        readonly right: Arithmetic;
      }
    | { readonly kind: 'broadcast' | 'multicast'; readonly protocol: ProtocolName | undefined }
    | { readonly kind: 'less' | 'greater'; readonly value: number }
    | {
        readonly kind: 'byte';
        readonly index: number;
        readonly operator: '&' | '|' | '<' | '>' | '=';
        readonly value: number;
      }
    | { readonly kind: 'inbound' | 'outbound' | 'pppoed' }
    | { readonly kind: 'ifindex'; readonly value: number }
    | { readonly kind: 'encapsulation'; readonly name: Encapsulation; readonly number: number | undefined }
    | { readonly kind: 'pf text'; readonly field: 'ifname' | 'rset'; readonly text: string }
    | { readonly kind: 'pf number'; readonly field: 'rnr' | 'srnr' | 'reason' | 'action'; readonly value: number }
    | { readonly kind: 'wlan type' | 'wlan direction'; readonly value: number; readonly mask: number }
    /** `clear`: no bit of `mask` may be set; else the control field under `mask` is `value`. */
    | {
        readonly kind: 'llc';
        readonly control?: { readonly value: number; readonly mask: number; readonly clear?: true };
      }
    | { readonly kind: 'atm' | 'mtp2'; readonly name: string }
    | {
        readonly kind: 'atm field' | 'mtp3 field';
        readonly field: string;
        readonly operator: Comparison;
        readonly value: number;
      }
  );

export type Resolved =
  | (Place & { readonly kind: 'and' | 'or'; readonly left: Resolved; readonly right: Resolved })
  | (Place & { readonly kind: 'not'; readonly operand: Resolved })
  | Primitive;

type Leaf = Exclude<Node, { kind: 'and' | 'or' | 'not' }>;

/** The tree with every name replaced. Throws FilterError at the first that nobody knows. Depth costs no stack. */
export function resolve(tree: Node, expression: string, names: Names): Resolved {
  const resolver = new Resolver(expression, names);
  const pending: (Node | { combine: Node })[] = [tree];
  const done: Resolved[] = [];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if ('combine' in next) done.push(combine(next.combine, done));
    else if (next.kind === 'and' || next.kind === 'or') pending.push({ combine: next }, next.right, next.left);
    else if (next.kind === 'not') pending.push({ combine: next }, next.operand);
    else done.push(resolver.primitive(next as Leaf));
  }
  return done[0]!;
}

function combine(node: Node, done: Resolved[]): Resolved {
  const { at, end } = node;
  if (node.kind === 'not') return { kind: 'not', operand: done.pop()!, at, end };
  const right = done.pop()!;
  const left = done.pop()!;
  return { kind: node.kind as 'and' | 'or', left, right, at, end };
}

/** Widest port number. */
const PORT_MAX = 0xffff;

/** What may stand after "llc": classes of frames, then single types. */
const LLC_TYPES = ['i', 's', 'u', ...LLC_SUPERVISORY.keys(), ...LLC_UNNUMBERED.keys()];

class Resolver {
  private readonly expression: string;
  private readonly names: Names;

  constructor(expression: string, names: Names) {
    this.expression = expression;
    this.names = names;
  }

  primitive(node: Leaf): Primitive {
    switch (node.kind) {
      case 'match':
        return this.match(node.id, node.qualifiers, { at: node.at, end: node.end });
      case 'pf':
        return this.packetFilter(node);
      case 'wlan':
        return this.wlanType(node);
      case 'wlan dir':
        return this.wlanDirection(node);
      case 'llc':
        return this.llc(node);
      default:
        return node;
    }
  }

  private match(id: Id, qualifiers: Qualifiers | undefined, place: Place): Primitive {
    if (qualifiers === undefined) {
      throw this.error(id, 'nothing before this says what it is: write host, net, port or proto before it');
    }
    if (qualifiers.type === 'gateway') throw this.error(place, '"gateway" is not supported, as in libpcap with IPv6');
    switch (id.form) {
      case 'number':
        return this.number(id.value, qualifiers, place);
      case 'name':
        return this.name(id.text, qualifiers, place);
      case 'ipv4':
        return this.ipv4(id, qualifiers, place);
      case 'ipv6':
        return this.ipv6(id, qualifiers, place);
      case 'mac':
        return this.linkAddress(id.text, 'Ethernet', qualifiers, place);
      case 'arcnet':
        return this.linkAddress(id.text.slice(1), 'ARCnet', qualifiers, place);
    }
  }

  private number(value: number, qualifiers: Qualifiers, place: Place): Primitive {
    const { protocol, direction, type } = qualifiers;
    switch (type) {
      case 'port':
      case 'portrange': {
        const port = this.portNumber(value, place);
        return { kind: type, transport: this.transport(qualifiers, place), direction, from: port, to: port, ...place };
      }
      case 'proto':
      case 'protochain':
        return { kind: type, protocol, direction, number: value, ...place };
      default:
        if (protocol === 'decnet') return { kind: 'decnet host', direction, address: value & 0xffff, ...place };
        if (protocol === 'link') throw this.error(place, 'a number is no link-layer address');
        return {
          kind: 'ipv4',
          ...this.addressed(qualifiers),
          ...(type === 'net' ? network(value) : host(value)),
          ...place,
        };
    }
  }

  private name(name: string, qualifiers: Qualifiers, place: Place): Primitive {
    const { protocol, direction, type } = qualifiers;
    switch (type) {
      case 'net': {
        const number = this.names.network(name);
        if (!number) throw this.error(place, `there is no network "${name}"`);
        if (protocol === 'decnet')
          return { kind: 'decnet host', direction, address: network(number).address & 0xffff, ...place };
        return { kind: 'ipv4', ...this.addressed(qualifiers), ...network(number), ...place };
      }
      case 'port':
        return this.namedPort(name, qualifiers, place);
      case 'portrange':
        return this.namedPortRange(name, qualifiers, place);
      case 'proto':
      case 'protochain':
        return { kind: type, protocol, direction, number: this.protocolNumber(name, protocol, place), ...place };
      default:
        return this.namedHost(name, qualifiers, place);
    }
  }

  private namedHost(name: string, qualifiers: Qualifiers, place: Place): Primitive {
    const { protocol, direction } = qualifiers;
    if (protocol === 'link') {
      const bytes = this.names.ethernet(name);
      if (bytes === undefined) throw this.error(place, `there is no Ethernet host "${name}"`);
      return { kind: 'link address', direction, bytes, ...place };
    }
    if (protocol === 'decnet') throw this.error(place, 'DECnet hosts have numbers here, no names');
    const addresses = numericHost(name) ?? this.names.host(name);
    if (addresses === undefined || addresses.length === 0) throw this.error(place, `there is no host "${name}"`);
    return { kind: 'named host', name, addresses, ...this.addressed(qualifiers), ...place };
  }

  private namedPort(name: string, qualifiers: Qualifiers, place: Place): Primitive {
    const wanted = this.transport(qualifiers, place);
    const { port, transport } = this.portOf(name, place);
    if (wanted !== undefined && transport !== undefined && wanted !== transport) {
      throw this.error(place, `port "${name}" is ${transport}, not ${wanted}`);
    }
    const { direction } = qualifiers;
    return { kind: 'port', transport: wanted ?? transport, direction, from: port, to: port, ...place };
  }

  private namedPortRange(name: string, qualifiers: Qualifiers, place: Place): Primitive {
    const wanted = this.transport(qualifiers, place);
    const { from, to, transport } = this.rangeOf(name, place);
    if (wanted !== undefined && transport !== undefined && wanted !== transport) {
      throw this.error(place, `the ports "${name}" are ${transport}, not ${wanted}`);
    }
    return { kind: 'portrange', transport: wanted ?? transport, direction: qualifiers.direction, from, to, ...place };
  }

  /** "80-90", "http-https", "80-http": the transport only where both ends have the same one. */
  private rangeOf(name: string, place: Place): { from: number; to: number; transport: Transport | undefined } {
    const numbers = /^(\d+)-(\d+)/.exec(name);
    if (numbers !== null) {
      const [from, to] = [this.portNumber(Number(numbers[1]), place), this.portNumber(Number(numbers[2]), place)];
      return { from, to, transport: undefined };
    }
    const dash = name.indexOf('-');
    if (dash < 0) throw this.error(place, `"${name}" is no range of ports: write two of them with a dash between`);
    const first = this.portOf(name.slice(0, dash), place);
    const second = this.portOf(name.slice(dash + 1), place);
    const transport = first.transport === second.transport ? first.transport : undefined;
    return { from: first.port, to: second.port, transport };
  }

  /** A service's port; its transport only where TCP and UDP do not agree on it. */
  private portOf(name: string, place: Place): { port: number; transport: Transport | undefined } {
    if (/^\d+$/.test(name)) return { port: this.portNumber(Number(name), place), transport: undefined };
    const tcp = this.names.port(name, 'tcp');
    const udp = this.names.port(name, 'udp');
    if (tcp !== undefined) return { port: tcp, transport: udp === tcp ? undefined : 'tcp' };
    if (udp !== undefined) return { port: udp, transport: 'udp' };
    throw this.error(place, `there is no port "${name}"`);
  }

  private portNumber(value: number, place: Place): number {
    if (value > PORT_MAX) throw this.error(place, `port ${value} is greater than ${PORT_MAX}`);
    return value;
  }

  private transport({ protocol, type }: Qualifiers, place: Place): Transport | undefined {
    if (protocol === undefined || protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp') return protocol;
    throw this.error(place, `"${protocol}" has no ports: "${type}" goes with tcp, udp and sctp`);
  }

  private protocolNumber(name: string, protocol: ProtocolName | undefined, place: Place): number {
    const number = this.lookUpProtocol(name, protocol);
    if (number !== undefined) return number;
    const family = protocol === undefined ? 'IP' : protocol === 'link' ? 'link-layer' : protocol;
    throw this.error(place, `there is no ${family} protocol "${name}"`);
  }

  private lookUpProtocol(name: string, protocol: ProtocolName | undefined): number | undefined {
    switch (protocol) {
      case undefined:
      case 'ip':
      case 'ip6':
        return this.names.protocol(name);
      case 'link':
        return ETHER_PROTOCOLS.get(name);
      case 'iso':
        return ISO_PROTOCOLS.get(name);
      default:
        return undefined;
    }
  }

  private ipv4(id: Extract<Id, { form: 'ipv4' }>, qualifiers: Qualifiers, place: Place): Primitive {
    const { type, protocol, direction } = qualifiers;
    if (id.prefixLength !== undefined || id.mask !== undefined) return this.maskedIpv4(id, qualifiers, place);
    if (type !== undefined && type !== 'host' && type !== 'net') {
      throw this.error(place, `an address is no ${type === 'proto' || type === 'protochain' ? 'protocol' : 'port'}`);
    }
    if (protocol === 'decnet') return this.decnet(id.text, direction, place);
    const { address, bits } = this.dotted(id.text, place);
    if (protocol === 'link') throw this.error(place, 'an IPv4 address is no link-layer address');
    return { kind: 'ipv4', ...this.addressed(qualifiers), address, mask: prefixMask(bits), ...place };
  }

  private decnet(text: string, direction: Direction | undefined, place: Place): Primitive {
    const address = decnetAddress(text);
    if (address === undefined) throw this.error(place, `"${text}" is no DECnet address: write area.node`);
    return { kind: 'decnet host', direction, address, ...place };
  }

  private maskedIpv4(id: Extract<Id, { form: 'ipv4' }>, qualifiers: Qualifiers, place: Place): Primitive {
    const { address } = this.dotted(id.text, place);
    const mask =
      id.mask === undefined
        ? prefixMask(this.prefixLength(id.prefixLength!, 32, place))
        : this.dotted(id.mask, place).address;
    if ((address & ~mask) !== 0) throw this.error(place, 'the address has bits outside the mask');
    if (qualifiers.type !== 'net') throw this.error(place, 'a mask goes with "net" only');
    const { protocol, direction } = qualifiers;
    if (protocol === 'decnet') return { kind: 'decnet host', direction, address: address & 0xffff, ...place };
    return { kind: 'ipv4', ...this.addressed(qualifiers), address, mask, ...place };
  }

  private prefixLength(length: number, most: number, place: Place): number {
    if (length > most) throw this.error(place, `the mask length ${length} is greater than ${most}`);
    return length;
  }

  /** One to four decimal parts, the missing ones zero. */
  private dotted(text: string, place: Place): { address: number; bits: number } {
    const parts = text.split('.');
    if (!parts.every((part) => /^\d+$/.test(part) && Number(part) <= 0xff)) {
      throw this.error(place, `"${text}" is no IPv4 address`);
    }
    const bits = 8 * parts.length;
    const number = parts.reduce((sum, part) => sum * 256 + Number(part), 0);
    return { address: (number * 2 ** (32 - bits)) >>> 0, bits };
  }

  private ipv6(id: Extract<Id, { form: 'ipv6' }>, qualifiers: Qualifiers, place: Place): Primitive {
    const length = this.prefixLength(id.prefixLength ?? 128, 128, place);
    const bytes = parseIpv6(id.text)!;
    const address = wordsOf(bytes);
    const mask = [0, 1, 2, 3].map((word) =>
      prefixMask(Math.min(32, Math.max(0, length - 32 * word))),
    ) as unknown as Words;
    if (address.some((word, i) => (word & ~mask[i]!) !== 0))
      throw this.error(place, 'the address has bits outside the mask');
    const { type } = qualifiers;
    if (type !== undefined && type !== 'host' && type !== 'net')
      throw this.error(place, `an IPv6 address is no ${type}`);
    if (type !== 'net' && length !== 128) throw this.error(place, 'a mask goes with "net" only');
    return { kind: 'ipv6', ...this.addressed(qualifiers), address, mask, ...place };
  }

  private linkAddress(text: string, kind: 'Ethernet' | 'ARCnet', qualifiers: Qualifiers, place: Place): Primitive {
    const { protocol, direction, type } = qualifiers;
    if (protocol !== 'link' || (type !== undefined && type !== 'host')) {
      throw this.error(place, `an ${kind} address goes with "ether host" and its kin only`);
    }
    const digits = text.includes(':') || text.includes('-') || text.includes('.') ? text.split(/[:.-]/) : [text];
    const bytes = digits.length === 6 ? digits.map(hex) : pairs(digits.join('').padStart(2, '0')).map(hex);
    return {
      kind: kind === 'Ethernet' ? 'link address' : 'arcnet address',
      direction,
      bytes: Uint8Array.from(bytes),
      ...place,
    };
  }

  private packetFilter({ field, value, at, end }: Extract<Leaf, { kind: 'pf' }>): Primitive {
    const place = { at, end };
    if (field === 'ifname' || field === 'rset') return { kind: 'pf text', field, text: String(value), ...place };
    if (typeof value === 'number') return { kind: 'pf number', field, value, ...place };
    const table = field === 'reason' ? PF_REASONS : PF_ACTIONS;
    return { kind: 'pf number', field, value: this.typeName(table, value, `PF ${field}`, place), ...place };
  }

  private wlanType({ type, subtype, at, end }: Extract<Leaf, { kind: 'wlan' }>): Primitive {
    const place = { at, end };
    const both = WLAN_TYPE_MASK | WLAN_SUBTYPE_MASK;
    if (type === undefined)
      return { kind: 'wlan type', value: this.wlanSubtypeOfAny(String(subtype), place), mask: both, ...place };
    const typeValue = this.wlanNumber(type, WLAN_TYPES, WLAN_TYPE_MASK, '802.11 type', place);
    if (subtype === undefined) return { kind: 'wlan type', value: typeValue, mask: WLAN_TYPE_MASK, ...place };
    const subtypes = WLAN_SUBTYPES.get(typeValue);
    if (subtypes === undefined && typeof subtype === 'string')
      throw this.error(place, 'this 802.11 type has no subtypes with names');
    const subtypeValue = this.wlanNumber(subtype, subtypes ?? new Map(), WLAN_SUBTYPE_MASK, '802.11 subtype', place);
    return { kind: 'wlan type', value: typeValue | subtypeValue, mask: both, ...place };
  }

  private wlanNumber(
    value: number | string,
    table: ReadonlyMap<string, number>,
    mask: number,
    what: string,
    place: Place,
  ): number {
    if (typeof value === 'string') return this.typeName(table, value, what, place);
    if ((value & ~mask) !== 0)
      throw this.error(place, `${value} is no ${what}: it has bits outside 0x${mask.toString(16)}`);
    return value;
  }

  /** The first type that has a subtype of this name. */
  private wlanSubtypeOfAny(name: string, place: Place): number {
    for (const [type, subtypes] of WLAN_SUBTYPES) {
      const subtype = subtypes.get(name.toLowerCase());
      if (subtype !== undefined) return type | subtype;
    }
    throw this.error(place, `there is no 802.11 subtype "${name}"`);
  }

  private wlanDirection({ value, at, end }: Extract<Leaf, { kind: 'wlan dir' }>): Primitive {
    const place = { at, end };
    const number = typeof value === 'number' ? value : this.typeName(WLAN_DIRECTIONS, value, '802.11 direction', place);
    return { kind: 'wlan direction', value: number, mask: 0x03, ...place };
  }

  private llc({ type, at, end }: Extract<Leaf, { kind: 'llc' }>): Primitive {
    const place = { at, end };
    const name = type?.toLowerCase();
    if (name === undefined) return { kind: 'llc', ...place };
    if (name === 'i') return { kind: 'llc', control: { value: 0x01, mask: 0x01, clear: true }, ...place };
    if (name === 's') return { kind: 'llc', control: { value: 0x01, mask: 0x03 }, ...place };
    if (name === 'u') return { kind: 'llc', control: { value: 0x03, mask: 0x03 }, ...place };
    const supervisory = LLC_SUPERVISORY.get(name);
    if (supervisory !== undefined) return { kind: 'llc', control: { value: supervisory, mask: 0x0f }, ...place };
    const value = LLC_UNNUMBERED.get(name);
    if (value === undefined) throw this.noSuch('LLC type', type!, LLC_TYPES, place);
    return { kind: 'llc', control: { value, mask: 0xef }, ...place };
  }

  private typeName(table: ReadonlyMap<string, number>, name: string, what: string, place: Place): number {
    const value = table.get(name.toLowerCase());
    if (value === undefined) throw this.noSuch(what, name, [...table.keys()], place);
    return value;
  }

  private noSuch(what: string, name: string, names: readonly string[], place: Place): FilterError {
    return this.error(place, `there is no ${what} "${name}": there are ${names.join(', ')}`);
  }

  private addressed({ protocol, direction, type }: Qualifiers): Addressed {
    return { protocol, direction, type: type === 'net' ? 'net' : 'host' };
  }

  private error({ at, end }: Place, cause: string): FilterError {
    return new FilterError(this.expression, at, end, cause);
  }
}

/** What the resolver takes for an address without asking: one to four numbers as inet_aton(3) reads them, or IPv6. */
function numericHost(name: string): readonly Uint8Array[] | undefined {
  const ipv6 = parseIpv6(name);
  if (ipv6 !== undefined) return [ipv6];
  const parts = name.split('.');
  if (parts.length > 4 || !parts.every((part) => /^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(part))) return undefined;
  const numbers = parts.map((part) => Number(/^0\d/.test(part) ? `0o${part}` : part));
  const last = numbers.pop()!;
  if (numbers.some((number) => number > 0xff) || last >= 2 ** (8 * (4 - numbers.length))) return undefined;
  const address = numbers.reduce((sum, number, i) => sum + number * 2 ** (24 - 8 * i), last);
  return [Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address)];
}

function hex(digits: string): number {
  return Number.parseInt(digits, 16);
}

/** Two digits a byte. */
function pairs(digits: string): string[] {
  return digits.match(/../g) ?? [];
}

function prefixMask(bits: number): number {
  return bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0;
}

function wordsOf(bytes: Uint8Array): Words {
  return [readU32(bytes, 0), readU32(bytes, 4), readU32(bytes, 8), readU32(bytes, 12)];
}

function host(address: number): { address: number; mask: number } {
  return { address, mask: 0xffff_ffff };
}

/** Network numbers are written without their trailing zero bytes: 10 is 10.0.0.0 with a mask of 8 bits. */
function network(number: number): { address: number; mask: number } {
  let address = number;
  let mask = 0xffff_ffff;
  while (address !== 0 && address < 0x0100_0000) {
    address = (address << 8) >>> 0;
    mask = (mask << 8) >>> 0;
  }
  return { address, mask };
}

/** "area.node": six bits of area, ten of node; what may follow is not read. Undefined where the text is none. */
function decnetAddress(text: string): number | undefined {
  const parts = /^(\d+)\.(\d+)/.exec(text);
  return parts === null ? undefined : ((Number(parts[1]) << 10) & 0xfc00) | (Number(parts[2]) & 0x03ff);
}
