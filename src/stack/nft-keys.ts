// Keys of look-ups, the sets that they are looked up in, and what maps give: net/netfilter/nft_lookup.c, v6.18.
import type { HookState } from './netfilter.ts';
import { expressionOf, type Loader } from './nft-expressions.ts';
import { BREAK, UNKNOWN } from './nft-payload.ts';
import { passOf } from './nft-rates.ts';
import { BREAKS, GO_ON, type MapData, type MapElement, type NftContext, NOT_KNOWN, type RuleSet } from './nft-rule.ts';
import { isObject, type Json, type SavedNftSet } from './nft-ruleset.ts';
import { type Element, NftSet, type Part } from './nft-sets.ts';
import { type DataType, numberOf, typeNamed, UnknownWord, type Value, valueIn } from './nft-types.ts';
import { verdictOf } from './nft-verdicts.ts';
import type { SkBuff } from './sk-buff.ts';

const NS_PER_SECOND = 1e9;

export interface Key {
  readonly types: readonly DataType[];
  /** The values that `load` found: the same array each time. */
  readonly values: Value[];
  /** 0, BREAK or UNKNOWN. */
  load(skb: SkBuff, state: HookState): number;
}

export function keyOf(json: unknown, context: NftContext): Key {
  const parts = isObject(json) && Array.isArray(json.concat) ? json.concat : [json];
  const loaders = parts.map((part) => expressionOf(part, context));
  const values: Value[] = loaders.map(() => 0);
  const load: Key['load'] = (skb, state) => {
    let found = 0;
    for (let i = 0; i < loaders.length; i++) {
      const value = loaders[i]!.load(skb, state);
      if (value === BREAK) return BREAK;
      if (value === UNKNOWN) found = UNKNOWN;
      values[i] = value;
    }
    return found;
  };
  return { types: loaders.map(({ type }) => type), values, load };
}

/** A named set, or one that stands in the rule. `wanted`: what the values of an anonymous map are. */
export function setOf(
  json: unknown,
  types: readonly DataType[],
  context: NftContext,
  wanted: readonly DataType[] = [],
) {
  if (typeof json === 'string' && json.startsWith('@')) return context.set(json.slice(1));
  const elements = isObject(json) ? json.set : undefined;
  if (!Array.isArray(elements)) throw new UnknownWord(JSON.stringify(json));
  const set: RuleSet = new NftSet(types);
  for (const element of elements) addElement(set, element, wanted, context);
  return set;
}

/** A set of the table, with the elements that it had. */
export function namedSet(saved: SavedNftSet, context: NftContext): RuleSet {
  const set: RuleSet = new NftSet(typesOf(saved.type, context), saved.size, saved.timeoutSeconds * NS_PER_SECOND);
  const isVerdicts = saved.map === undefined || saved.map === 'verdict';
  const wanted = isVerdicts ? [] : typesOf(saved.map, context);
  for (const element of saved.elements) addElement(set, element, wanted, context);
  return set;
}

/** "ipv4_addr", ["ipv4_addr", "inet_service"], "ipv4_addr . inet_service", or {"typeof": expression}. */
function typesOf(json: unknown, context: NftContext): readonly DataType[] {
  if (typeof json === 'string') return json.split(' . ').map(typeNamed);
  if (Array.isArray(json)) return json.flatMap((one) => typesOf(one, context));
  const ofExpression = isObject(json) ? json.typeof : undefined;
  if (ofExpression !== undefined) return keyOf(ofExpression, context).types;
  throw new UnknownWord(JSON.stringify(json));
}

// --- elements

function addElement(set: RuleSet, json: unknown, wanted: readonly DataType[], context: NftContext): void {
  if (set.types.some(({ isForeign }) => isForeign === true)) return;
  try {
    const isPair = Array.isArray(json);
    const { value, settings } = unwrapped(isPair ? json[0] : json);
    const element = elementOf(settings, isPair ? dataOf(json[1], wanted, context) : undefined, set, context);
    if (value === '*' && set.types[0]?.isText !== true) set.catchAll = element;
    else set.add(partsOf(value, set.types), element);
  } catch (error) {
    if (!(error instanceof UnknownWord)) throw error;
    set.isUnknown = true;
  }
}

/** {"elem": {"val": ..., "timeout": ...}}. */
function unwrapped(json: unknown): { readonly value: unknown; readonly settings: Json } {
  const settings = isObject(json) ? json.elem : undefined;
  return isObject(settings) ? { value: settings.val, settings } : { value: json, settings: NO_SETTINGS };
}

/** Most elements are alike: one for all. */
const PLAIN: MapElement = { data: undefined, timeoutNs: 0, expiresNs: 0, passes: undefined };
const NO_SETTINGS: Json = {};

function elementOf(settings: Json, data: MapData | undefined, set: RuleSet, { net }: NftContext): MapElement {
  if (settings === NO_SETTINGS && data === undefined && set.defaultTimeoutNs === 0) return PLAIN;
  const { timeout, expires, counter: _, comment: _comment, val: _val, ...statements } = settings;
  const timeoutNs = typeof timeout === 'number' ? timeout * NS_PER_SECOND : set.defaultTimeoutNs;
  const leftNs = typeof expires === 'number' ? expires * NS_PER_SECOND : timeoutNs;
  const passes = Object.keys(statements).length === 0 ? undefined : passOf([statements], net);
  return { data, timeoutNs, expiresNs: leftNs === 0 ? 0 : net.nowNs + leftNs, passes };
}

function partsOf(json: unknown, types: readonly DataType[]): readonly Part[] {
  const parts = isObject(json) && Array.isArray(json.concat) ? json.concat : [json];
  if (parts.length !== types.length) throw new UnknownWord(JSON.stringify(json));
  return parts.map((part, i) => partOf(part, types[i]!));
}

/** A value, {"range": [from, to]} or {"prefix": {"addr": ..., "len": ...}}. */
export function partOf(json: unknown, type: DataType): Part {
  const range = isObject(json) ? rangeOf(json, type) : undefined;
  if (range !== undefined) return { kind: 'range', low: range[0], high: range[1] };
  const value = valueIn(json, type);
  if (typeof value !== 'string') return { kind: 'value', value };
  if (value.endsWith('\\*')) return { kind: 'value', value: `${value.slice(0, -2)}*` };
  return value.endsWith('*') ? { kind: 'beginning', text: value.slice(0, -1) } : { kind: 'value', value };
}

function rangeOf(json: Json, type: DataType): readonly [number, number] | undefined {
  const { range, prefix } = json;
  if (Array.isArray(range) && range.length === 2) return [numberOf(range[0], type), numberOf(range[1], type)];
  if (!isObject(prefix)) return undefined;
  const address = numberOf(prefix.addr, type);
  const size = 2 ** (type.bits - Number(prefix.len));
  const low = address - (address % size);
  return [low, low + size - 1];
}

/** A verdict; or values: one, or several of a concatenation. */
function dataOf(json: unknown, wanted: readonly DataType[], context: NftContext): MapData {
  const verdict = verdictOf(json, context);
  if (verdict !== undefined) return { verdict, low: [], high: [] };
  const values = isObject(json) && Array.isArray(json.concat) ? json.concat : [json];
  const parts = values.map((value, i) => partOf(value, wanted[i] ?? wanted[0] ?? { bits: 32 }));
  const end = (part: Part, which: 'low' | 'high'): Value =>
    part.kind === 'range' ? part[which] : part.kind === 'value' ? part.value : part.text;
  return {
    verdict: undefined,
    low: parts.map((part) => end(part, 'low')),
    high: parts.map((part) => end(part, 'high')),
  };
}

// --- look-ups

/** An element; BREAK where none is found or it does not let the packet pass, UNKNOWN. */
export function find(key: Key, set: RuleSet, skb: SkBuff, state: HookState, nowNs: number): MapElement | number {
  const loaded = key.load(skb, state);
  if (loaded !== 0) return loaded;
  const found: Element<MapData> | undefined = set.find(key.values, nowNs);
  if (found === undefined) return set.isUnknown ? UNKNOWN : BREAK;
  return found.passes === undefined || found.passes(skb.len) ? found : BREAK;
}

/** The first value of what a map gives. */
export function mapLookup(key: Key, data: unknown, context: NftContext, wanted: DataType): Loader {
  const set = setOf(data, key.types, context, [wanted]);
  const { net } = context;
  return {
    type: wanted,
    load: (skb, state) => {
      const found = find(key, set, skb, state, net.nowNs);
      return typeof found === 'number' ? found : (found.data?.low[0] ?? UNKNOWN);
    },
  };
}

/** Whether the key is in the set. */
export function lookupStep(key: Key, set: RuleSet, isNegated: boolean, { net }: NftContext) {
  return (skb: SkBuff, state: HookState) => {
    const loaded = key.load(skb, state);
    if (loaded === BREAK) return BREAKS;
    if (loaded === UNKNOWN) return NOT_KNOWN;
    const found = set.find(key.values, net.nowNs);
    if (found === undefined && set.isUnknown) return NOT_KNOWN;
    if ((found !== undefined) === isNegated) return BREAKS;
    return found?.passes === undefined || found.passes(skb.len) ? GO_ON : BREAKS;
  };
}
