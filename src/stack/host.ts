// A host from its saved state: devices, addresses, routes, rules, neighbours, sockets, switches, rules of iptables.
import { parseMac } from '../bytes/index.ts';
import { arpPacketType } from './arp.ts';
import { addConnections } from './conntrack-list.ts';
import { receiveFrame, runSoftirqs } from './dev-input.ts';
import { DEFAULT_RULES, type FibRoute, type FibRule, type NextHop, type RouteType, TABLE } from './fib.ts';
import { type HostState, listOf, StateError } from './host-state.ts';
import { ipPacketType, ipv6PacketType } from './ip-input.ts';
import { parseIptablesSave } from './iptables-save.ts';
import { addressOf, prefixMask, prefixOf } from './ipv4-address.ts';
import { devAddPack, Net } from './net.ts';
import { type DeviceKind, IFF, type InterfaceAddress, NetDevice } from './net-device.ts';
import { registerNftTables } from './nft-chains.ts';
import { parseSockets } from './ss.ts';
import { Sysctls } from './sysctls.ts';
import { type RuleCounters, registerTable } from './xtables.ts';

type Row = Readonly<Record<string, unknown>>;

const text = (row: Row, name: string): string | undefined => {
  const value = row[name];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
};
const number = (row: Row, name: string): number | undefined => {
  const value = row[name];
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
};
const rows = (row: Row, name: string): readonly Row[] => (Array.isArray(row[name]) ? (row[name] as Row[]) : []);

/**
 * The model of a host.
 *
 *   const host = new Host(parseHostState(readFileSync('host.json', 'utf8')));
 *   host.net.journeys.deliver = (journey) => process.stdout.write(journeyText(journey));
 *   host.receive('eth0', frame);
 */
export class Host {
  readonly net: Net;
  private readonly tables: readonly (() => readonly RuleCounters[])[];

  /** Throws StateError and RulesetError. */
  constructor(state: HostState) {
    const sysctls = new Sysctls(parseSysctls(state.parts.sysctls ?? ''));
    const rules = state.parts.rules === undefined ? DEFAULT_RULES : parseRules(listOf(state, 'rules'));
    this.net = new Net({ host: state.host, kernel: state.kernel, sysctls, rules });
    devAddPack(this.net, ipPacketType(this.net));
    devAddPack(this.net, ipv6PacketType(this.net));
    devAddPack(this.net, arpPacketType(this.net));
    this.addDevices(state);
    this.addRoutes(state);
    this.addNeighbours(state);
    this.addSockets(state);
    this.tables = parseIptablesSave(state.parts.iptables ?? '').map((table) => registerTable(this.net, table));
    registerNftTables(this.net, state);
    this.addConnections(state);
  }

  /** A frame arrives, and all that comes of it is done: its journeys are delivered. Throws RangeError where there is no such device. */
  receive(device: string, frame: Uint8Array): void {
    const dev = this.net.devGetByName(device);
    if (dev === undefined) {
      const names = [...this.net.devices].map(({ name }) => name).join(', ');
      throw new RangeError(`cannot receive on ${device}: the host has ${names}`);
    }
    receiveFrame(this.net, dev, frame);
    runSoftirqs(this.net);
    this.net.journeys.flush();
  }

  /** What the rules of iptables have counted since the model was made. */
  get ruleCounters(): readonly RuleCounters[] {
    return this.tables.flatMap((counters) => counters());
  }

  /** What was taken for granted, in words. */
  get assumptions(): readonly string[] {
    const sysctls = [...this.net.sysctls.assumptions].map(([name, value]) => `${name} is ${value}`);
    return [...this.net.assumptions, ...sysctls];
  }

  private addDevices(state: HostState): void {
    const all = listOf(state, 'addresses');
    if (all.length === 0) throw new StateError('addresses', 'there is no device');
    for (const row of all) this.net.registerNetdev(deviceOf(row));
    for (const row of all) this.joinVlan(row);
    for (const row of listOf(state, 'groups')) {
      const dev = this.net.devGetByName(text(row, 'ifname') ?? '');
      for (const group of rows(row, 'maddr')) {
        const address = addressOf(text(group, 'address') ?? '');
        if (dev !== undefined && address !== undefined) dev.groups.add(address);
      }
    }
    if (this.net.devGetByName('lo') === undefined) {
      this.net.registerNetdev(new NetDevice({ name: 'lo', ifindex: 1, kind: 'loopback' }));
    }
  }

  private joinVlan(row: Row): void {
    const info = (row.linkinfo ?? {}) as Row;
    if (text(info, 'info_kind') !== 'vlan') return;
    const id = number((info.info_data ?? {}) as Row, 'id');
    const lower = this.net.devGetByName(text(row, 'link') ?? '');
    const own = this.net.devGetByName(text(row, 'ifname') ?? '');
    if (id !== undefined && lower !== undefined && own !== undefined) own.vlan = { lower, id };
  }

  /** Without routes, those that the kernel makes of addresses by itself (fib_add_ifaddr). */
  private addRoutes(state: HostState): void {
    const given = listOf(state, 'routes');
    for (const row of given) {
      const route = routeOf(row, (name) => this.net.devGetByName(name));
      if (route === undefined) continue;
      this.net.fib.add(route);
      if (route.type === 'local' && text(row, 'protocol') !== '2' && text(row, 'protocol') !== 'kernel') {
        this.net.fib.hasCustomLocalRoutes = true;
      }
    }
    if (given.length > 0) return;
    this.net.assumptions.add('the routes are those that the addresses make');
    for (const dev of this.net.devices) for (const one of dev.addresses) this.addRoutesOf(dev, one);
  }

  private addRoutesOf(dev: NetDevice, { local, prefixLength, broadcast }: InterfaceAddress): void {
    const add = (type: RouteType, table: number, prefix: number, length: number) =>
      this.net.fib.add({ type, table, prefix, prefixLength: length, tos: 0, metric: 0, nextHops: [{ dev }] });
    const prefix = (local & prefixMask(prefixLength)) >>> 0;
    add('local', TABLE.LOCAL, local, 32);
    if (dev.isLoopback) add('local', TABLE.LOCAL, prefix, prefixLength);
    else if (prefixLength < 32) add('unicast', TABLE.MAIN, prefix, prefixLength);
    if (prefixLength < 31) add('broadcast', TABLE.LOCAL, broadcast ?? (prefix | ~prefixMask(prefixLength)) >>> 0, 32);
  }

  private addNeighbours(state: HostState): void {
    for (const row of listOf(state, 'neighbours')) {
      const dev = this.net.devGetByName(text(row, 'dev') ?? '');
      const address = addressOf(text(row, 'dst') ?? '');
      if (dev === undefined || address === undefined) continue;
      const states = Array.isArray(row.state) ? row.state : [];
      const linkAddress = parseMac(text(row, 'lladdr') ?? '');
      this.net.setNeighbour(dev, address, { linkAddress, state: states.includes('FAILED') ? 'failed' : 'reachable' });
    }
  }

  private addConnections(state: HostState): void {
    const { conntrack } = this.net;
    if (conntrack === undefined) return;
    if (state.parts.conntrack !== undefined) addConnections(this.net, conntrack, state.parts.conntrack);
    else this.net.assumptions.add('no connection is known: the first packet of each begins one');
  }

  private addSockets(state: HostState): void {
    const { sockets } = this.net;
    if (state.parts.sockets === undefined) {
      sockets.isUnknown = true;
      this.net.assumptions.add('it is not known which sockets there are');
      return;
    }
    for (const socket of parseSockets(state.parts.sockets)) sockets.add(socket);
  }
}

/** net.ipv4.ip_forward = 1 */
function parseSysctls(output: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of output.split('\n')) {
    const found = /^([\w.:@/-]+)\s*=\s*(.*)$/.exec(line);
    if (found !== null) values.set(found[1]!, found[2]!.trim());
  }
  return values;
}

const FLAGS: Readonly<Record<string, number>> = {
  UP: IFF.UP,
  LOOPBACK: IFF.LOOPBACK,
  NOARP: IFF.NOARP,
  PROMISC: IFF.PROMISC,
  MULTICAST: IFF.MULTICAST,
};

const KINDS: Readonly<Record<string, DeviceKind>> = {
  veth: 'veth',
  bridge: 'bridge',
  vlan: 'vlan',
  dummy: 'dummy',
  tun: 'tun',
};

function deviceOf(row: Row): NetDevice {
  const name = text(row, 'ifname');
  const ifindex = number(row, 'ifindex');
  if (name === undefined || ifindex === undefined)
    throw new StateError('addresses', 'a device needs ifname and ifindex');
  const flags = (Array.isArray(row.flags) ? row.flags : []).reduce((sum: number, flag) => sum | (FLAGS[flag] ?? 0), 0);
  const kind = (flags & IFF.LOOPBACK) !== 0 ? 'loopback' : KINDS[text((row.linkinfo ?? {}) as Row, 'info_kind') ?? ''];
  const mtu = number(row, 'mtu');
  const devAddr = parseMac(text(row, 'address') ?? '');
  const master = text(row, 'master');
  const dev = new NetDevice({
    name,
    ifindex,
    flags,
    ...(kind === undefined ? {} : { kind }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(devAddr === undefined ? {} : { devAddr }),
    ...(master === undefined ? {} : { master }),
  });
  for (const one of rows(row, 'addr_info')) {
    const local = addressOf(text(one, 'local') ?? '');
    const prefixLength = number(one, 'prefixlen');
    if (text(one, 'family') !== 'inet' || local === undefined || prefixLength === undefined) continue;
    const broadcast = addressOf(text(one, 'broadcast') ?? '');
    dev.addresses.push({ local, prefixLength, ...(broadcast === undefined ? {} : { broadcast }) });
  }
  return dev;
}

const TABLES: Readonly<Record<string, number>> = { default: TABLE.DEFAULT, main: TABLE.MAIN, local: TABLE.LOCAL };

function tableOf(name: string | undefined): number {
  return name === undefined ? TABLE.MAIN : (TABLES[name] ?? Number(name));
}

/** RTN_*, as -N prints them. */
const TYPE_NAMES: readonly RouteType[] = [
  'unicast',
  'unicast',
  'local',
  'broadcast',
  'unicast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
];

function routeOf(row: Row, device: (name: string) => NetDevice | undefined): FibRoute | undefined {
  const destination = text(row, 'dst') ?? 'default';
  const prefix = destination === 'default' ? { address: 0, length: 0 } : prefixOf(destination);
  if (prefix === undefined) return undefined;
  const type = text(row, 'type');
  const metrics = rows(row, 'metrics')[0];
  const mtu = metrics === undefined ? undefined : number(metrics, 'mtu');
  const hops = rows(row, 'nexthops').length > 0 ? rows(row, 'nexthops') : [row];
  return {
    type: type === undefined ? 'unicast' : (TYPE_NAMES[Number(type)] ?? (type as RouteType)),
    table: tableOf(text(row, 'table')),
    prefix: prefix.address,
    prefixLength: prefix.length,
    tos: Number(text(row, 'tos') ?? 0),
    metric: number(row, 'metric') ?? 0,
    nextHops: hops.flatMap((hop) => hopOf(hop, device)),
    ...(mtu === undefined ? {} : { mtu }),
  };
}

function hopOf(row: Row, device: (name: string) => NetDevice | undefined): NextHop[] {
  const dev = device(text(row, 'dev') ?? '');
  const gateway = addressOf(text(row, 'gateway') ?? '');
  return dev === undefined ? [] : [{ dev, ...(gateway === undefined ? {} : { gateway }) }];
}

function parseRules(all: readonly Row[]): FibRule[] {
  return all.map((row) => {
    const table = text(row, 'table');
    const action = text(row, 'action');
    const from = prefixIn(row, 'src', 'srclen');
    const to = prefixIn(row, 'dst', 'dstlen');
    const mark = number(row, 'fwmark');
    const iif = text(row, 'iif');
    const oif = text(row, 'oif');
    const protocol = number(row, 'ipproto');
    const suppress = number(row, 'suppress_prefixlen');
    const goto = number(row, 'goto');
    return {
      priority: number(row, 'priority') ?? 0,
      ...(table === undefined ? {} : { table: tableOf(table) }),
      ...(isAction(action) ? { action } : {}),
      ...(goto === undefined ? {} : { goto }),
      ...('not' in row ? { not: true } : {}),
      ...(from === undefined ? {} : { source: from }),
      ...(to === undefined ? {} : { destination: to }),
      ...(iif === undefined ? {} : { iif }),
      ...(oif === undefined ? {} : { oif }),
      ...(mark === undefined ? {} : { mark: { value: mark, mask: number(row, 'fwmask') ?? 0xffff_ffff } }),
      ...(protocol === undefined ? {} : { protocol }),
      ...(suppress === undefined ? {} : { suppressPrefixLength: suppress }),
    };
  });
}

function isAction(action: string | undefined): action is NonNullable<FibRule['action']> {
  return action === 'blackhole' || action === 'unreachable' || action === 'prohibit' || action === 'nop';
}

function prefixIn(row: Row, name: string, length: string): FibRule['source'] {
  const address = text(row, name);
  if (address === undefined || address === 'all') return undefined;
  return prefixOf(address.includes('/') ? address : `${address}/${number(row, length) ?? 32}`);
}
