// The statement match: what is loaded of a packet against values (net/netfilter/nft_cmp.c, nft_range.c, nft_lookup.c, v6.18).
import type { HookState } from './netfilter.ts';
import type { Load } from './nft-expressions.ts';
import { keyOf, lookupStep, partOf, setOf } from './nft-keys.ts';
import { BREAK, UNKNOWN } from './nft-payload.ts';
import { BREAKS, GO_ON, type NftContext, NOT_KNOWN, type Outcome } from './nft-rule.ts';
import { isObject, type Json } from './nft-ruleset.ts';
import { type DataType, numberOf, UnknownWord, type Value } from './nft-types.ts';
import type { SkBuff } from './sk-buff.ts';

export type Run = (skb: SkBuff, state: HookState) => Outcome;

type Test = (value: Value) => boolean;

/** Throws UnknownWord. */
export function matchOf({ op = '==', left, right }: Json, context: NftContext): Run {
  const isNegated = op === '!=';
  const key = keyOf(left, context);
  const isSet = (typeof right === 'string' && right.startsWith('@')) || (isObject(right) && 'set' in right);
  if (isSet) return lookupStep(key, setOf(right, key.types, context), isNegated, context);
  if (key.types.length > 1) {
    const alone = setOf({ set: [right] }, key.types, context);
    return lookupStep(key, alone, isNegated, context);
  }
  const type = key.types[0]!;
  const load: Load = (skb, state) => key.load(skb, state) || key.values[0]!;
  if (typeof right === 'boolean')
    return testing(load, (value) => (value !== 0 && value !== '') === (right !== isNegated));
  return testing(load, testOf(String(op), right, type));
}

function testing(load: Load, test: Test): Run {
  return (skb, state) => {
    const value = load(skb, state);
    if (value === BREAK) return BREAKS;
    if (value === UNKNOWN) return NOT_KNOWN;
    return test(value) ? GO_ON : BREAKS;
  };
}

function testOf(op: string, right: unknown, type: DataType): Test {
  switch (op) {
    case '==':
      return equal(right, type);
    case '!=': {
      const is = equal(right, type);
      return (value) => !is(value);
    }
    case 'in': {
      // Of what has flags: one of them; otherwise as ==.
      const bits = numberOf(right, type);
      return (value) => ((value as number) & bits) !== 0;
    }
    case '!': {
      const bits = numberOf(right, type);
      return (value) => ((value as number) & bits) === 0;
    }
    default:
      return ordered(op, numberOf(right, type));
  }
}

function equal(right: unknown, type: DataType): Test {
  const part = partOf(right, type);
  switch (part.kind) {
    case 'value': {
      const wanted = part.value;
      return (value) => value === wanted;
    }
    case 'range': {
      const { low, high } = part;
      return (value) => (value as number) >= low && (value as number) <= high;
    }
    case 'beginning': {
      const { text } = part;
      return (value) => (value as string).startsWith(text);
    }
  }
}

function ordered(op: string, than: number): Test {
  switch (op) {
    case '<':
      return (value) => (value as number) < than;
    case '>':
      return (value) => (value as number) > than;
    case '<=':
      return (value) => (value as number) <= than;
    case '>=':
      return (value) => (value as number) >= than;
    default:
      throw new UnknownWord(`the operator ${op}`);
  }
}
