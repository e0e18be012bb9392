// The saved state of a host: what standard commands print about it, word for word, in one JSON document. Each part may be
// missing; what a model of it took for granted then is told.

/** The parts, with the command whose output each is. Those of IPv4 and IPv6 are asked for apart. */
export const STATE_COMMANDS = {
  addresses: ['ip', '-j', '-d', 'addr', 'show'],
  routes: ['ip', '-4', '-j', '-N', '-d', 'route', 'show', 'table', 'all'],
  routes6: ['ip', '-6', '-j', '-N', '-d', 'route', 'show', 'table', 'all'],
  rules: ['ip', '-4', '-j', '-N', '-d', 'rule', 'show'],
  rules6: ['ip', '-6', '-j', '-N', '-d', 'rule', 'show'],
  neighbours: ['ip', '-j', 'neigh', 'show'],
  groups: ['ip', '-j', 'maddr', 'show'],
  bridges: ['bridge', '-j', '-d', 'vlan', 'show'],
  fdb: ['bridge', '-j', 'fdb', 'show'],
  iptables: ['iptables-save', '-c'],
  ip6tables: ['ip6tables-save', '-c'],
  nft: ['nft', '-j', 'list', 'ruleset'],
  ipset: ['ipset', 'save'],
  sockets: ['ss', '-H', '-a', '-n', '-e', '-t', '-u', '-w', '-O'],
  sysctls: ['sysctl', '-a', '--pattern', '^net[.](core|ipv4|ipv6|bridge|netfilter)[.]'],
  conntrack: ['conntrack', '-L', '-o', 'extended'],
} as const;

export type StatePart = keyof typeof STATE_COMMANDS;

export interface HostState {
  readonly format: 'pathcap-host';
  readonly version: 1;
  readonly host: string;
  /** Release of the kernel. */
  readonly kernel: string;
  /** When it was saved, ISO 8601. */
  readonly time: string;
  /** What the commands printed. */
  readonly parts: Partial<Record<StatePart, string>>;
  /** Why others are missing. */
  readonly missing: Partial<Record<StatePart, string>>;
}

export class StateError extends Error {
  override readonly name = 'StateError';

  constructor(part: string, cause: string) {
    super(`cannot read the state of the host: ${part}: ${cause}`);
  }
}

/** Throws StateError for what is none. */
export function parseHostState(text: string): HostState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new StateError('the document', error instanceof Error ? error.message : String(error));
  }
  const state = value as Partial<HostState> | null;
  if (typeof state !== 'object' || state === null || state.format !== 'pathcap-host') {
    throw new StateError('the document', 'it was not written by pathcap snapshot');
  }
  if (state.version !== 1) throw new StateError('the document', `its version ${state.version} is not known: 1 is`);
  const { host = 'host', kernel = '', time = '', parts = {}, missing = {} } = state;
  for (const [part, output] of Object.entries(parts)) {
    if (typeof output !== 'string') throw new StateError(part, 'the output of a command is text');
  }
  return { format: 'pathcap-host', version: 1, host, kernel, time, parts, missing };
}

/** A part that is JSON: a list. */
export function listOf(state: Pick<HostState, 'parts'>, part: StatePart): readonly Record<string, unknown>[] {
  const text = state.parts[part]?.trim();
  if (text === undefined || text === '') return [];
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value.filter((one) => typeof one === 'object' && one !== null);
  } catch (error) {
    throw new StateError(part, error instanceof Error ? error.message : String(error));
  }
  throw new StateError(part, 'it is no list');
}
