// What the tests of the compiler's stages share: values, conditions and graphs as text, what a condition means (said apart
// from the compiler), random conditions, and packets of every length to try them on.
import type { Metadata } from '../../src/bpf/index.ts';
import { ALWAYS, allOf, anyOf, type Condition, NEVER, not } from '../../src/filter/condition.ts';
import type { GraphNode } from '../../src/filter/graph.ts';
import { nodesInOrder } from '../../src/filter/graph.ts';
import type { Operator, Value, Values, Variable } from '../../src/filter/value.ts';
import type { Random } from '../support/random.ts';

const SIGNS: Readonly<Record<Operator, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
  and: '&',
  or: '|',
  xor: '^',
  lsh: '<<',
  rsh: '>>',
};
const COMPARISONS = { eq: '=', gt: '>', ge: '>=', set: '&', in: 'in' } as const;

/** Small numbers decimal, others hexadecimal. */
const numberText = (number: number): string => (number < 256 ? String(number) : `0x${number.toString(16)}`);

/** `[12:2]`, `[$payload + 9]`, `([0] & 15)`. */
export function valueText(value: Value): string {
  switch (value.kind) {
    case 'constant':
      return numberText(value.constant);
    case 'members':
      return `{${value.constants.map(numberText).join()}}`;
    case 'length':
      return 'len';
    case 'metadata':
      return value.extension;
    case 'variable':
      return `$${value.variable.name}`;
    case 'negate':
      return `-${valueText(value.operand)}`;
    case 'operation':
      return `(${valueText(value.left)} ${SIGNS[value.operator]} ${valueText(value.right)})`;
    case 'load': {
      const size = value.size === 1 ? '' : `:${value.size}`;
      return value.base === undefined
        ? `[${value.offset}${size}]`
        : `[${valueText(value.base)} + ${value.offset}${size}]`;
    }
  }
}

/** `[12:2] = 0x800 and ([26:4] = 5 or not [30:4] = 5)`. */
export function conditionText(condition: Condition, inside?: 'and' | 'or'): string {
  switch (condition.kind) {
    case 'test':
      return `${valueText(condition.left)} ${COMPARISONS[condition.compare]} ${valueText(condition.right)}`;
    case 'set':
      return `$${condition.variable.name} := ${valueText(condition.value)}`;
    case 'not': {
      const { operand } = condition;
      const isSimple = operand.kind !== 'and' && operand.kind !== 'or';
      return isSimple ? `not ${conditionText(operand)}` : `not (${conditionText(operand)})`;
    }
    case 'repeat':
      return `repeat (${conditionText(condition.again)})`;
    case 'and':
    case 'or': {
      const { kind } = condition;
      const text = `${conditionText(condition.left, kind)} ${kind} ${conditionText(condition.right, kind)}`;
      return inside === undefined || inside === kind ? text : `(${text})`;
    }
    default:
      return condition.kind;
  }
}

/** A line for each node, with the lines that it leads to: "0  [12:2] = 0x800  yes 1  no reject". */
export function graphText(root: GraphNode): string[] {
  const nodes = nodesInOrder(root).filter(({ kind }) => kind === 'test' || kind === 'set');
  const numbers = new Map(nodes.map((node, number) => [node, number]));
  const name = (node: GraphNode) => numbers.get(node) ?? node.kind;
  if (nodes.length === 0) return [root.kind];
  return nodes.map((node, number) => {
    if (node.kind === 'test') {
      return `${number}  ${conditionText({ ...node, place: undefined })}  yes ${name(node.yes)}  no ${name(node.no)}`;
    }
    const { variable, value, next } = node as Extract<GraphNode, { kind: 'set' }>;
    return `${number}  $${variable.name} := ${valueText(value)}  next ${name(next)}`;
  });
}

/** A packet as a filter sees it. */
export interface StagePacket {
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly metadata: Metadata;
}

class Rejection extends Error {}

/** What the condition says of a packet: a load outside of it, or a division by zero, is "no" at once. */
export function accepts(condition: Condition, packet: StagePacket): boolean {
  const variables = new Map<Variable, number>();
  try {
    return isTrue(condition, packet, variables);
  } catch (error) {
    if (error instanceof Rejection) return false;
    throw error;
  }
}

function isTrue(condition: Condition, packet: StagePacket, variables: Map<Variable, number>): boolean {
  const of = (part: Condition) => isTrue(part, packet, variables);
  const number = (value: Value) => compute(value, packet, variables);
  switch (condition.kind) {
    case 'and':
      return of(condition.left) && of(condition.right);
    case 'or':
      return of(condition.left) || of(condition.right);
    case 'not':
      return !of(condition.operand);
    case 'set':
      variables.set(condition.variable, number(condition.value));
      return true;
    case 'repeat':
      while (of(condition.again));
      return true;
    case 'test': {
      if (condition.right.kind === 'members') return condition.right.constants.includes(number(condition.left));
      const [left, right] = [number(condition.left), number(condition.right)];
      if (condition.compare === 'eq') return left === right;
      if (condition.compare === 'gt') return left > right;
      return condition.compare === 'ge' ? left >= right : (left & right) !== 0;
    }
    default:
      return condition.kind === 'always';
  }
}

function compute(value: Value, packet: StagePacket, variables: ReadonlyMap<Variable, number>): number {
  const number = (part: Value) => compute(part, packet, variables);
  switch (value.kind) {
    case 'constant':
      return value.constant;
    case 'members':
      throw new TypeError('members are no number');
    case 'length':
      return packet.originalLength;
    case 'metadata':
      return packet.metadata[value.extension] ?? 0;
    case 'variable':
      return variables.get(value.variable) ?? 0;
    case 'negate':
      return -number(value.operand) >>> 0;
    case 'load':
      return bytesAt(packet, (value.base === undefined ? 0 : number(value.base)) + value.offset, value.size);
    case 'operation':
      return operate(value.operator, number(value.left), number(value.right));
  }
}

function bytesAt({ bytes }: StagePacket, at: number, size: number): number {
  if (at + size > bytes.length) throw new Rejection();
  return bytes.subarray(at, at + size).reduce((sum, byte) => sum * 256 + byte, 0);
}

function operate(operator: Operator, left: number, right: number): number {
  if ((operator === 'div' || operator === 'mod') && right === 0) throw new Rejection();
  const wide = [BigInt(left), BigInt(right)] as const;
  return Number(BigInt.asUintN(32, OPERATE[operator](...wide)));
}

const OPERATE: Readonly<Record<Operator, (left: bigint, right: bigint) => bigint>> = {
  add: (left, right) => left + right,
  sub: (left, right) => left - right,
  mul: (left, right) => left * right,
  div: (left, right) => left / right,
  mod: (left, right) => left % right,
  and: (left, right) => left & right,
  or: (left, right) => left | right,
  xor: (left, right) => left ^ right,
  lsh: (left, right) => left << right,
  rsh: (left, right) => left >> right,
};

/** Random conditions over few bytes and few constants, so that tests often meet again. */
export class ConditionSource {
  private readonly random: Random;
  private readonly values: Values;
  private readonly variables: readonly Variable[] = [{ name: 'one' }, { name: 'two' }];

  constructor(random: Random, values: Values) {
    this.random = random;
    this.values = values;
  }

  condition(depth = 4): Condition {
    const { random } = this;
    if (depth === 0 || random.chance(5)) return this.leaf();
    const parts = Array.from({ length: 1 + random.below(3) }, () => this.condition(depth - 1));
    switch (random.below(5)) {
      case 0:
      case 1:
        return allOf(this.leaf(), ...parts);
      case 2:
      case 3:
        return anyOf(this.condition(depth - 1), ...parts);
      default:
        return not(parts[0]!);
    }
  }

  private leaf(): Condition {
    const { random } = this;
    switch (random.below(14)) {
      case 0:
        return random.chance(2) ? ALWAYS : NEVER;
      case 1:
      case 2:
        return { kind: 'set', variable: random.pick(this.variables), value: this.value(2) };
      default:
        return {
          kind: 'test',
          compare: random.pick(['eq', 'eq', 'eq', 'gt', 'ge', 'set'] as const),
          left: this.value(2),
          right: random.chance(6) ? this.value(1) : this.constant(),
        };
    }
  }

  private constant(): Value {
    return this.values.constant(this.random.pick([0, 1, 2, 3, 4, 5, 0x0f, 0x10, 0x40, 0xff, 0x0102, 0xffffffff]));
  }

  private value(depth: number): Value {
    const { random, values } = this;
    switch (depth === 0 ? random.below(8) : random.below(14)) {
      case 0:
        return values.length();
      case 1:
        return values.variable(random.pick(this.variables));
      case 2:
        return values.metadata(random.pick(['vlanp', 'ifidx'] as const), 4);
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
        return values.load(random.pick([1, 1, 2, 4] as const), random.below(9));
      case 8:
        return values.load(1, random.below(4), this.value(depth - 1));
      case 9:
        return values.load(2, random.below(4), values.headerLength(random.below(3)));
      case 10:
        return values.negate(this.value(depth - 1));
      case 11:
        return values.operation(
          random.pick(['lsh', 'rsh'] as const),
          this.value(depth - 1),
          values.constant(random.below(32)),
        );
      default: {
        const operator = random.pick(['add', 'sub', 'mul', 'div', 'mod', 'and', 'and', 'or', 'xor'] as const);
        const right = random.chance(3) ? this.value(depth - 1) : this.constant();
        // The kernel refuses programs that divide by a constant 0.
        const isBad = (operator === 'div' || operator === 'mod') && right.kind === 'constant' && right.constant === 0;
        return values.operation(operator, this.value(depth - 1), isBad ? values.constant(3) : right);
      }
    }
  }
}

/** One packet of each length up to 20, and some more; of bytes that the random conditions ask for. */
export function stagePackets(random: Random): StagePacket[] {
  const some = Array.from({ length: 15 }, () => random.below(20));
  return [...Array(21).keys(), ...some].map((length) => ({
    bytes: Uint8Array.from({ length }, () => random.pick([0, 0, 1, 1, 2, 3, 4, 5, 0x10, 0x40, 0xff])),
    originalLength: length + (random.chance(3) ? 7 : 0),
    metadata: { vlanp: random.below(2), ifidx: random.below(4) },
  }));
}
