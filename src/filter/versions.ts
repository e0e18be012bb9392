// Which value a variable has at each node of a graph: as in static single assignment, each place that sets it, and each
// place where different values meet, begins a new version. Then equal values are the same number at run time.
import type { GraphNode } from './graph.ts';
import { successorsOf } from './graph.ts';
import { operandsOf, type Value, type Values, type Variable } from './value.ts';

/** A node's values with the versions of the variables there. */
interface NodeValues {
  readonly left: Value;
  readonly right: Value | undefined;
}

export interface Versions {
  of(node: GraphNode): NodeValues | undefined;
  /** What a version of a variable was set to; undefined where different values meet, or where nothing set it. */
  definitionOf(value: Value): Value | undefined;
  /** The variable as it is read after this node set it. */
  after(node: GraphNode): Value | undefined;
}

type State = ReadonlyMap<Variable, number>;

/** `order` has each node before those it leads to. A value without variables stays the same. */
export function versionsOf(order: readonly GraphNode[], values: Values): Versions {
  if (!order.some((node) => node.kind === 'set')) return WITHOUT_SETS;
  const numbers = new Map(order.map((node, number) => [node, number]));
  const entries = new Map<GraphNode, State>();
  const results = new Map<GraphNode, NodeValues>();
  const definitions = new Map<Value, Value>();
  const written = new Map<GraphNode, Value>();
  const rewriter = new Rewriter(values);
  order.forEach((node, number) => {
    const entry = entries.get(node) ?? new Map<Variable, number>();
    let exit = entry;
    if (node.kind === 'test') {
      results.set(node, { left: rewriter.rewrite(node.left, entry), right: rewriter.rewrite(node.right, entry) });
    } else if (node.kind === 'set') {
      const value = rewriter.rewrite(node.value, entry);
      results.set(node, { left: value, right: undefined });
      const version = values.variable(node.variable, 2 * number + 2);
      definitions.set(version, value);
      written.set(node, version);
      exit = new Map(entry).set(node.variable, 2 * number + 2);
    }
    for (const successor of successorsOf(node)) {
      const known = entries.get(successor);
      entries.set(successor, known === undefined ? exit : meet(known, exit, numbers.get(successor)!));
    }
  });
  return {
    of: (node) => results.get(node),
    definitionOf: (value) => definitions.get(value),
    after: (node) => written.get(node),
  };
}

/** Nothing is set anywhere: all is as it stands. */
const WITHOUT_SETS: Versions = {
  of: (node) => (node.kind === 'test' ? node : undefined),
  definitionOf: () => undefined,
  after: () => undefined,
};

/** Where two ways meet: a variable that differs gets a version of this place. */
function meet(one: State, other: State, number: number): State {
  if (one === other) return one;
  const met = new Map<Variable, number>();
  for (const variable of new Set([...one.keys(), ...other.keys()])) {
    const [a, b] = [one.get(variable) ?? 0, other.get(variable) ?? 0];
    met.set(variable, a === b ? a : 2 * number + 1);
  }
  return met;
}

class Rewriter {
  private readonly values: Values;
  private readonly withVariables = new Map<Value, boolean>();
  private readonly memo = new Map<State, Map<Value, Value>>();

  constructor(values: Values) {
    this.values = values;
  }

  rewrite(value: Value, state: State): Value {
    if (state.size === 0 || !this.hasVariables(value)) return value;
    let memo = this.memo.get(state);
    if (memo === undefined) {
      memo = new Map();
      this.memo.set(state, memo);
    }
    for (const part of partsOf(value)) {
      if (!memo.has(part)) memo.set(part, this.rewritePart(part, state, memo));
    }
    return memo.get(value)!;
  }

  private hasVariables(value: Value): boolean {
    const known = this.withVariables.get(value);
    if (known !== undefined) return known;
    const has = partsOf(value).some((part) => part.kind === 'variable');
    this.withVariables.set(value, has);
    return has;
  }

  private rewritePart(part: Value, state: State, memo: ReadonlyMap<Value, Value>): Value {
    if (part.kind === 'variable') return this.values.variable(part.variable, state.get(part.variable) ?? 0);
    return withOperands(this.values, part, (operand) => memo.get(operand)!);
  }
}

/** A value and all that it is made of, operands first. */
export function partsOf(value: Value): Value[] {
  if (operandsOf(value).length === 0) return [value];
  const seen = new Set<Value>([value]);
  for (const part of seen) for (const operand of operandsOf(part)) seen.add(operand);
  return [...seen].sort((a, b) => a.id - b.id);
}

/** The same value over other operands. */
export function withOperands(values: Values, value: Value, replace: (operand: Value) => Value): Value {
  switch (value.kind) {
    case 'load':
      return value.base === undefined ? value : values.load(value.size, value.offset, replace(value.base));
    case 'operation':
      return values.operation(value.operator, replace(value.left), replace(value.right));
    case 'negate':
      return values.negate(replace(value.operand));
    default:
      return value;
  }
}
