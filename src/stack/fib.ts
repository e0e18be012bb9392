// Routing tables and rules of IPv4 (net/ipv4/fib_trie.c, fib_rules.c, fib_semantics.c, v6.18): which route an address has.
import { prefixMask } from './ipv4-address.ts';
import type { NetDevice } from './net-device.ts';

/** RTN_*, include/uapi/linux/rtnetlink.h. */
export type RouteType =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'multicast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'throw'
  | 'nat';

/** RT_TABLE_*. */
export const TABLE = { DEFAULT: 253, MAIN: 254, LOCAL: 255 } as const;

export interface NextHop {
  readonly dev: NetDevice;
  readonly gateway?: number;
}

export interface FibRoute {
  readonly type: RouteType;
  readonly table: number;
  readonly prefix: number;
  readonly prefixLength: number;
  readonly tos: number;
  /** fib_priority: the lower one is taken. */
  readonly metric: number;
  /** The first is taken; several are chosen by a hash of the flow, which this model does not have. */
  readonly nextHops: readonly NextHop[];
  readonly mtu?: number;
}

/** struct flowi4, as far as rules and tables ask for it. */
export interface Flow {
  daddr: number;
  saddr: number;
  /** Number of the device that it came in by; 0 for what the host sends. */
  iif: number;
  oif: number;
  tos: number;
  mark: number;
  protocol: number;
  sourcePort: number;
  destinationPort: number;
}

export interface FibRule {
  readonly priority: number;
  /** undefined: an action instead. */
  readonly table?: number;
  readonly action?: 'blackhole' | 'unreachable' | 'prohibit' | 'nop';
  readonly goto?: number;
  readonly not?: boolean;
  readonly source?: { readonly address: number; readonly length: number };
  readonly destination?: { readonly address: number; readonly length: number };
  readonly iif?: string;
  readonly oif?: string;
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly tos?: number;
  readonly protocol?: number;
  readonly sourcePorts?: readonly [number, number];
  readonly destinationPorts?: readonly [number, number];
  readonly suppressPrefixLength?: number;
}

export const DEFAULT_RULES: readonly FibRule[] = [
  { priority: 0, table: TABLE.LOCAL },
  { priority: 32766, table: TABLE.MAIN },
  { priority: 32767, table: TABLE.DEFAULT },
];

/** Error numbers that a lookup ends with instead of a route. */
export type FibError = 'ENETUNREACH' | 'EHOSTUNREACH' | 'EACCES' | 'EINVAL';

const ERRORS: Partial<Record<RouteType, FibError>> = {
  blackhole: 'EINVAL',
  unreachable: 'EHOSTUNREACH',
  prohibit: 'EACCES',
};

const ACTION_ERRORS = { blackhole: 'EINVAL', unreachable: 'ENETUNREACH', prohibit: 'EACCES' } as const;

/** Routes of one table, by the lengths of their prefixes, the longest first. */
class Table {
  private readonly lengths: { readonly mask: number; readonly byPrefix: Map<number, FibRoute[]> }[] = [];

  add(route: FibRoute): void {
    const mask = prefixMask(route.prefixLength);
    let one = this.lengths.find((length) => length.mask === mask);
    if (one === undefined) {
      one = { mask, byPrefix: new Map() };
      this.lengths.push(one);
      this.lengths.sort((a, b) => b.mask - a.mask);
    }
    const routes = one.byPrefix.get(route.prefix) ?? [];
    routes.push(route);
    routes.sort((a, b) => b.tos - a.tos || a.metric - b.metric);
    one.byPrefix.set(route.prefix, routes);
  }

  /** fib_table_lookup: routes over devices that are down are none. */
  lookUp(address: number, tos: number): FibRoute | undefined {
    for (const { mask, byPrefix } of this.lengths) {
      const routes = byPrefix.get((address & mask) >>> 0);
      if (routes === undefined) continue;
      for (const route of routes) if ((route.tos === 0 || route.tos === tos) && isUsable(route)) return route;
    }
    return undefined;
  }
}

function isUsable({ nextHops }: FibRoute): boolean {
  return nextHops.length === 0 || nextHops.some(({ dev }) => dev.isUp);
}

export class Fib {
  private readonly tables = new Map<number, Table>();
  private readonly rules: readonly FibRule[];
  /** Other rules than the three that are always there: validation of sources takes the long way. */
  readonly hasCustomRules: boolean;
  /** Local routes that nobody made by giving a device an address. */
  hasCustomLocalRoutes = false;

  constructor(rules: readonly FibRule[] = DEFAULT_RULES) {
    this.rules = [...rules].sort((a, b) => a.priority - b.priority);
    this.hasCustomRules = !isDefault(this.rules);
  }

  add(route: FibRoute): void {
    let table = this.tables.get(route.table);
    if (table === undefined) {
      table = new Table();
      this.tables.set(route.table, table);
    }
    table.add(route);
  }

  /** Of an address, by the table local: __inet_dev_addr_type. With a device, routes over other ones do not count. */
  typeOf(address: number, dev?: NetDevice): RouteType {
    const route = this.tables.get(TABLE.LOCAL)?.lookUp(address, 0);
    if (route === undefined || (dev !== undefined && route.nextHops[0]?.dev !== dev)) return 'unicast';
    return route.type;
  }

  /** fib_lookup: a route, or how it fails. */
  lookUp(flow: Flow, devices: (index: number) => string | undefined): FibRoute | FibError {
    for (let i = 0; i < this.rules.length; i++) {
      const rule = this.rules[i]!;
      if (!matches(rule, flow, devices)) continue;
      if (rule.goto !== undefined) {
        const target = this.rules.findIndex(({ priority }) => priority >= rule.goto!);
        if (target <= i) break;
        i = target - 1;
        continue;
      }
      if (rule.action === 'nop') continue;
      if (rule.action !== undefined) return ACTION_ERRORS[rule.action];
      const route = this.tables.get(rule.table!)?.lookUp(flow.daddr, flow.tos);
      if (route === undefined || route.type === 'throw') continue;
      if (rule.suppressPrefixLength !== undefined && route.prefixLength <= rule.suppressPrefixLength) continue;
      return ERRORS[route.type] ?? route;
    }
    return 'ENETUNREACH';
  }
}

function isDefault(rules: readonly FibRule[]): boolean {
  return (
    rules.length === DEFAULT_RULES.length &&
    rules.every((rule, i) => JSON.stringify(rule) === JSON.stringify(DEFAULT_RULES[i]))
  );
}

/** fib4_rule_match. */
function matches(rule: FibRule, flow: Flow, devices: (index: number) => string | undefined): boolean {
  const isIn = (prefix: FibRule['source'], address: number) =>
    prefix === undefined || ((address ^ prefix.address) & prefixMask(prefix.length)) === 0;
  const isAmong = (ports: FibRule['sourcePorts'], port: number) =>
    ports === undefined || (port >= ports[0] && port <= ports[1]);
  const found =
    isIn(rule.source, flow.saddr) &&
    isIn(rule.destination, flow.daddr) &&
    (rule.iif === undefined || devices(flow.iif) === rule.iif) &&
    (rule.oif === undefined || devices(flow.oif) === rule.oif) &&
    (rule.mark === undefined || ((flow.mark ^ rule.mark.value) & rule.mark.mask) === 0) &&
    (rule.tos === undefined || rule.tos === flow.tos) &&
    (rule.protocol === undefined || rule.protocol === flow.protocol) &&
    isAmong(rule.sourcePorts, flow.sourcePort) &&
    isAmong(rule.destinationPorts, flow.destinationPort);
  return found !== (rule.not === true);
}
