// What `nft -j list ruleset` prints (libnftables-json(5)), as tables with their chains, rules, sets and named objects. What an
// expression means is nft-expressions.ts and nft-statements.ts.
import { type HostState, StateError } from './host-state.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface SavedNftRule {
  readonly handle: number | undefined;
  readonly expr: readonly Json[];
  readonly comment: string | undefined;
}

export interface SavedNftChain {
  readonly name: string;
  readonly handle: number | undefined;
  /** Of base chains. */
  readonly type: string | undefined;
  readonly hook: string | undefined;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  /** Names of devices, of chains at ingress. */
  readonly devices: readonly string[];
  readonly rules: SavedNftRule[];
}

export interface SavedNftSet {
  readonly name: string;
  /** A name, several of a concatenation, or an expression whose type it has. */
  readonly type: unknown;
  /** Of maps: the type of what they map to. */
  readonly map: unknown;
  readonly elements: readonly unknown[];
  readonly size: number | undefined;
  readonly timeoutSeconds: number;
}

export interface SavedNftTable {
  readonly family: string;
  readonly name: string;
  readonly chains: Map<string, SavedNftChain>;
  readonly sets: Map<string, SavedNftSet>;
  /** Named counters, limits and quotas, by kind and name: "limit lim". */
  readonly objects: Map<string, Json>;
}

const OBJECTS: ReadonlySet<string> = new Set(['counter', 'limit', 'quota']);

/** Throws StateError. */
export function parseNftRuleset(state: Pick<HostState, 'parts'>): readonly SavedNftTable[] {
  const tables = new Map<string, SavedNftTable>();
  for (const item of itemsOf(state)) {
    const [kind = ''] = Object.keys(item);
    const body = item[kind];
    if (!isObject(body)) continue;
    if (kind === 'table') addTable(tables, body);
    else if (kind === 'chain') addChain(tableOf(tables, body), body);
    else if (kind === 'rule') addRule(tableOf(tables, body), body);
    else if (kind === 'set' || kind === 'map') addSet(tableOf(tables, body), body);
    else if (OBJECTS.has(kind)) tableOf(tables, body).objects.set(`${kind} ${nameOf(body)}`, body);
  }
  return [...tables.values()];
}

function itemsOf(state: Pick<HostState, 'parts'>): readonly Json[] {
  const text = state.parts.nft?.trim();
  if (text === undefined || text === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new StateError('nft', error instanceof Error ? error.message : String(error));
  }
  const items = isObject(value) ? value.nftables : undefined;
  if (!Array.isArray(items)) throw new StateError('nft', 'it has no list nftables');
  return items.map((item) => {
    if (isObject(item)) return item;
    throw new StateError('nft', `${JSON.stringify(item)} is no object`);
  });
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(body: Json, name: string): string {
  const value = body[name];
  if (typeof value === 'string') return value;
  throw new StateError('nft', `${name} is missing: ${JSON.stringify(body).slice(0, 200)}`);
}

const nameOf = (body: Json) => textOf(body, 'name');
const numberIn = (body: Json, name: string) => (typeof body[name] === 'number' ? body[name] : undefined);
const wordIn = (body: Json, name: string) => (typeof body[name] === 'string' ? body[name] : undefined);

/** A list, or one alone, or none. */
export function listIn(body: Json, name: string): readonly unknown[] {
  const value = body[name];
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

function addTable(tables: Map<string, SavedNftTable>, body: Json): void {
  const family = textOf(body, 'family');
  const name = nameOf(body);
  tables.set(`${family} ${name}`, { family, name, chains: new Map(), sets: new Map(), objects: new Map() });
}

function tableOf(tables: ReadonlyMap<string, SavedNftTable>, body: Json): SavedNftTable {
  const key = `${textOf(body, 'family')} ${textOf(body, 'table')}`;
  const table = tables.get(key);
  if (table === undefined) throw new StateError('nft', `there is no table ${key}`);
  return table;
}

function addChain(table: SavedNftTable, body: Json): void {
  const name = nameOf(body);
  const policy = body.policy ?? 'accept';
  if (policy !== 'accept' && policy !== 'drop') {
    throw new StateError('nft', `${String(policy)} is no policy: table ${table.family} ${table.name}, chain ${name}`);
  }
  table.chains.set(name, {
    name,
    handle: numberIn(body, 'handle'),
    type: wordIn(body, 'type'),
    hook: wordIn(body, 'hook'),
    priority: numberIn(body, 'prio') ?? 0,
    policy,
    devices: listIn(body, 'dev').filter((dev) => typeof dev === 'string'),
    rules: [],
  });
}

function addRule(table: SavedNftTable, body: Json): void {
  const chain = table.chains.get(textOf(body, 'chain'));
  if (chain === undefined) {
    throw new StateError('nft', `there is no chain ${String(body.chain)} in the table ${table.family} ${table.name}`);
  }
  const handle = numberIn(body, 'handle');
  const expr = listIn(body, 'expr').map((one) => {
    if (isObject(one) && Object.keys(one).length > 0) return one;
    throw new StateError('nft', `${JSON.stringify(one)} is no expression: chain ${chain.name}, handle ${handle}`);
  });
  chain.rules.push({ handle, expr, comment: wordIn(body, 'comment') });
}

function addSet(table: SavedNftTable, body: Json): void {
  const name = nameOf(body);
  table.sets.set(name, {
    name,
    type: body.type,
    map: body.map,
    elements: listIn(body, 'elem'),
    size: numberIn(body, 'size'),
    timeoutSeconds: numberIn(body, 'timeout') ?? 0,
  });
}
