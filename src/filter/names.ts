// Names in a filter expression: who answers for them, the ones known without asking anybody, and which ones an
// expression uses. Which kind of name stands where follows libpcap 1.10 (the language of its gencode.c and nametoaddr.c).
import { parseIpv4, parseIpv6, parseMac } from '../bytes/index.ts';
import type { Id, Node, Qualifiers } from './tree.ts';

/** Answers for the names of one compilation, at once: whoever must wait for an answer asks before compiling. */
export interface Names {
  /** Addresses, 4 or 16 bytes each; undefined: no such host. */
  host(name: string): readonly Uint8Array[] | undefined;
  /** Network number as getnetbyname gives it (127 for loopback 127.0.0.0); undefined: no such network. */
  network(name: string): number | undefined;
  port(name: string, protocol: 'tcp' | 'udp' | 'sctp'): number | undefined;
  /** IP protocol number. */
  protocol(name: string): number | undefined;
  /** 6 bytes, from /etc/ethers. */
  ethernet(name: string): Uint8Array | undefined;
}

/** Names as plain tables. Host names and network names count without regard to case, as the resolver takes them. */
export interface NameTables {
  /** Addresses as text. */
  hosts?: Readonly<Record<string, readonly string[]>>;
  /** Network numbers, trailing zero bytes left out: 127, or 0xa9fe for 169.254. */
  networks?: Readonly<Record<string, number>>;
  ports?: Readonly<Partial<Record<'tcp' | 'udp' | 'sctp', Readonly<Record<string, number>>>>>;
  /** Besides the built-in ones. */
  protocols?: Readonly<Record<string, number>>;
  /** Ethernet addresses as text. */
  ethers?: Readonly<Record<string, string>>;
}

type NameKind = 'host' | 'network' | 'port' | 'protocol' | 'ethernet';

/** A name that must be looked up: expression.slice(at, end). */
export interface NameUse {
  kind: NameKind;
  name: string;
  at: number;
  end: number;
}

/** protocols(5) as it usually is: number, name, aliases. */
const PROTOCOLS: readonly (readonly [number, string, ...string[]])[] = [
  [0, 'ip', 'IP'],
  [0, 'hopopt', 'HOPOPT'],
  [1, 'icmp', 'ICMP'],
  [2, 'igmp', 'IGMP'],
  [3, 'ggp', 'GGP'],
  [4, 'ipencap', 'IP-ENCAP'],
  [5, 'st', 'ST'],
  [6, 'tcp', 'TCP'],
  [8, 'egp', 'EGP'],
  [9, 'igp', 'IGP'],
  [12, 'pup', 'PUP'],
  [17, 'udp', 'UDP'],
  [20, 'hmp', 'HMP'],
  [22, 'xns-idp', 'XNS-IDP'],
  [27, 'rdp', 'RDP'],
  [29, 'iso-tp4', 'ISO-TP4'],
  [33, 'dccp', 'DCCP'],
  [36, 'xtp', 'XTP'],
  [37, 'ddp', 'DDP'],
  [38, 'idpr-cmtp', 'IDPR-CMTP'],
  [41, 'ipv6', 'IPv6'],
  [43, 'ipv6-route', 'IPv6-Route'],
  [44, 'ipv6-frag', 'IPv6-Frag'],
  [45, 'idrp', 'IDRP'],
  [46, 'rsvp', 'RSVP'],
  [47, 'gre', 'GRE'],
  [50, 'esp', 'IPSEC-ESP'],
  [51, 'ah', 'IPSEC-AH'],
  [57, 'skip', 'SKIP'],
  [58, 'ipv6-icmp', 'IPv6-ICMP'],
  [59, 'ipv6-nonxt', 'IPv6-NoNxt'],
  [60, 'ipv6-opts', 'IPv6-Opts'],
  [73, 'rspf', 'RSPF', 'CPHB'],
  [81, 'vmtp', 'VMTP'],
  [88, 'eigrp', 'EIGRP'],
  [89, 'ospf', 'OSPFIGP'],
  [93, 'ax.25', 'AX.25'],
  [94, 'ipip', 'IPIP'],
  [97, 'etherip', 'ETHERIP'],
  [98, 'encap', 'ENCAP'],
  [103, 'pim', 'PIM'],
  [108, 'ipcomp', 'IPCOMP'],
  [112, 'vrrp', 'VRRP'],
  [115, 'l2tp', 'L2TP'],
  [124, 'isis', 'ISIS'],
  [132, 'sctp', 'SCTP'],
  [133, 'fc', 'FC'],
  [135, 'mobility-header', 'Mobility-Header'],
  [136, 'udplite', 'UDPLite'],
  [137, 'mpls-in-ip', 'MPLS-in-IP'],
  [138, 'manet'],
  [139, 'hip', 'HIP'],
  [140, 'shim6', 'Shim6'],
  [141, 'wesp', 'WESP'],
  [142, 'rohc', 'ROHC'],
  [143, 'ethernet', 'Ethernet'],
];

/** Protocol names only: nothing that differs between machines. */
export const BUILT_IN_NAMES: Names = namesFrom({});

/**
 * Names from plain tables, where there is nobody to ask.
 *
 *   compileFilter('host gate and port ssh', {
 *     linkType: LINK_TYPE.ETHERNET,
 *     names: namesFrom({ hosts: { gate: ['10.0.0.1'] }, ports: { tcp: { ssh: 22 } } }),
 *   });
 */
export function namesFrom(tables: NameTables): Names {
  const hosts = lowerCased(tables.hosts);
  const networks = lowerCased(tables.networks);
  const ethers = new Map(Object.entries(tables.ethers ?? {}));
  const protocols = new Map([...builtInProtocols(), ...Object.entries(tables.protocols ?? {})]);
  const ports = (['tcp', 'udp', 'sctp'] as const).map(
    (protocol) => [protocol, new Map(Object.entries(tables.ports?.[protocol] ?? {}))] as const,
  );
  const byProtocol = new Map(ports);
  return {
    host: (name) => addresses(hosts.get(name.toLowerCase())),
    network: (name) => networks.get(name.toLowerCase()),
    port: (name, protocol) => portNumber(name) ?? byProtocol.get(protocol)?.get(name),
    protocol: (name) => protocols.get(name),
    ethernet: (name) => parseMac(ethers.get(name) ?? ''),
  };
}

function builtInProtocols(): [string, number][] {
  return PROTOCOLS.flatMap(([number, ...names]) => names.map((name): [string, number] => [name, number]));
}

function lowerCased<Value>(table: Readonly<Record<string, Value>> = {}): Map<string, Value> {
  return new Map(Object.entries(table).map(([name, value]) => [name.toLowerCase(), value]));
}

function addresses(texts: readonly string[] | undefined): Uint8Array[] | undefined {
  const found = texts?.map((text) => parseIpv4(text) ?? parseIpv6(text)).filter((bytes) => bytes !== undefined);
  return found?.length ? found : undefined;
}

/** A number where the name of a port may stand, as in "portrange http-8080"; undefined when it is none. */
function portNumber(name: string): number | undefined {
  return /^\d{1,5}$/.test(name) && Number(name) <= 0xffff ? Number(name) : undefined;
}

/**
 * The names in a tree that must be looked up before it can be compiled, in the order of the text. The compiler asks for
 * no others; protocol names of the link layer ("ether proto \ip") are its own.
 */
export function namesIn(tree: Node | undefined): readonly NameUse[] {
  const uses: NameUse[] = [];
  const left: Node[] = tree === undefined ? [] : [tree];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (node.kind === 'and' || node.kind === 'or') left.push(node.right, node.left);
    else if (node.kind === 'not') left.push(node.operand);
    else if (node.kind === 'match') uses.push(...usesOf(node.id, node.qualifiers));
  }
  return uses;
}

function usesOf(id: Id, qualifiers: Qualifiers | undefined): NameUse[] {
  if (id.form !== 'name' || qualifiers === undefined) return [];
  const { text: name, at, end } = id;
  switch (qualifiers.type) {
    case 'net':
      return [{ kind: 'network', name, at, end }];
    case 'port':
      return [{ kind: 'port', name, at, end }];
    case 'portrange':
      return endsOfRange(id);
    case 'proto':
    case 'protochain':
      return isIpFamily(qualifiers) ? [{ kind: 'protocol', name, at, end }] : [];
    case 'gateway':
      return [];
    default:
      return hostUse(id, qualifiers);
  }
}

/** Names of DECnet nodes are nobody's to know: libpcap refuses them. */
function hostUse({ text: name, at, end }: Id & { form: 'name' }, { protocol }: Qualifiers): NameUse[] {
  if (protocol === 'decnet') return [];
  return [{ kind: protocol === 'link' ? 'ethernet' : 'host', name, at, end }];
}

function isIpFamily({ protocol }: Qualifiers): boolean {
  return protocol === undefined || protocol === 'ip' || protocol === 'ip6';
}

/** "http-8080": what stands before the first dash, and what after it. Two numbers need nobody. */
function endsOfRange({ text, at, end }: Id & { form: 'name' }): NameUse[] {
  const dash = text.indexOf('-');
  if (dash < 0) return [];
  const names = [text.slice(0, dash), text.slice(dash + 1)];
  return names.filter((name) => portNumber(name) === undefined).map((name) => ({ kind: 'port', name, at, end }));
}
