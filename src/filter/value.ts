// What a filter computes from a packet: 32-bit unsigned numbers, as expressions over loads. Equal expressions are one
// object, so that "the same value" is a comparison of references.
import type { ExtensionName } from '../bpf/index.ts';

/** A word of memory that the program sets itself: an offset found at run time. Reads 0 before it is set. */
export interface Variable {
  readonly name: string;
}

/** Binary operators of classic BPF: the names of its mnemonics. */
export type Operator = 'add' | 'sub' | 'mul' | 'div' | 'mod' | 'and' | 'or' | 'xor' | 'lsh' | 'rsh';

export const COMMUTATIVE: ReadonlySet<Operator> = new Set(['add', 'mul', 'and', 'or', 'xor'] as const);

export type Value = {
  /** Operands have smaller numbers than what is made of them. */
  readonly id: number;
  /** No value is greater than this. */
  readonly max: number;
} & (
  | { readonly kind: 'constant'; readonly constant: number }
  /** What a value may be one of, in ascending order; no number itself. */
  | { readonly kind: 'members'; readonly constants: readonly number[] }
  | { readonly kind: 'length' }
  /** `size` bytes at `base` + `offset`, big-endian; outside the packet the whole filter rejects. */
  | { readonly kind: 'load'; readonly size: 1 | 2 | 4; readonly base: Value | undefined; readonly offset: number }
  | { readonly kind: 'metadata'; readonly extension: ExtensionName; readonly size: 1 | 2 | 4 }
  /** `version` tells values apart that one variable has at different places of the graph. */
  | { readonly kind: 'variable'; readonly variable: Variable; readonly version: number }
  | { readonly kind: 'operation'; readonly operator: Operator; readonly left: Value; readonly right: Value }
  | { readonly kind: 'negate'; readonly operand: Value }
);

export type Load = Extract<Value, { kind: 'load' }>;
export type Operation = Extract<Value, { kind: 'operation' }>;

const WORD_MAX = 0xffff_ffff;
const SIZE_MAX = { 1: 0xff, 2: 0xffff, 4: WORD_MAX } as const;

/** Without its number, which the table gives. */
type Shape<V = Value> = V extends Value ? Omit<V, 'id'> : never;

/** The values of one program: makes each only once. */
export class Values {
  private readonly known = new Map<string, Value>();
  private readonly variableNumbers = new Map<Variable, number>();

  constant(constant: number): Value {
    const unsigned = constant >>> 0;
    return this.intern(`c${unsigned}`, { kind: 'constant', constant: unsigned, max: unsigned });
  }

  members(constants: readonly number[]): Value {
    return this.intern(`m${constants.join()}`, { kind: 'members', constants, max: WORD_MAX });
  }

  length(): Value {
    return this.intern('l', { kind: 'length', max: WORD_MAX });
  }

  /** Offsets count modulo 2^32, as libpcap counts those that it has no value for. */
  load(size: 1 | 2 | 4, offset: number, base?: Value): Value {
    const at = offset >>> 0;
    return this.intern(`p${size},${at},${base?.id ?? ''}`, {
      kind: 'load',
      size,
      base,
      offset: at,
      max: SIZE_MAX[size],
    });
  }

  metadata(extension: ExtensionName, size: 1 | 2 | 4): Value {
    return this.intern(`e${size},${extension}`, { kind: 'metadata', extension, size, max: WORD_MAX });
  }

  variable(variable: Variable, version = 0): Value {
    const number = this.variableNumbers.get(variable) ?? this.variableNumbers.size;
    this.variableNumbers.set(variable, number);
    return this.intern(`v${number},${version}`, { kind: 'variable', variable, version, max: WORD_MAX });
  }

  operation(operator: Operator, left: Value, right: Value): Value {
    const max = greatest(operator, left, right);
    return this.intern(`${operator}${left.id},${right.id}`, { kind: 'operation', operator, left, right, max });
  }

  negate(operand: Value): Value {
    return this.intern(`n${operand.id}`, { kind: 'negate', operand, max: WORD_MAX });
  }

  /** Length in bytes of the IPv4 header that begins at `offset` after `base`. */
  headerLength(offset: number, base?: Value): Value {
    const nibble = this.operation('and', this.load(1, offset, base), this.constant(0xf));
    return this.operation('lsh', nibble, this.constant(2));
  }

  private intern(key: string, shape: Shape): Value {
    let value = this.known.get(key);
    if (value === undefined) {
      value = { id: this.known.size, ...shape } as Value;
      this.known.set(key, value);
    }
    return value;
  }
}

/** An upper bound of an operation's result, from those of its operands. */
function greatest(operator: Operator, left: Value, right: Value): number {
  const shift = right.kind === 'constant' && right.constant < 32 ? right.constant : undefined;
  switch (operator) {
    case 'and':
      return Math.min(left.max, right.max);
    case 'add':
      return within(left.max + right.max);
    case 'mul':
      return within(left.max * right.max);
    case 'lsh':
      return shift === undefined ? WORD_MAX : within(left.max * 2 ** shift);
    case 'rsh':
      return shift === undefined ? left.max : left.max >>> shift;
    case 'div':
      return left.max;
    case 'mod':
      return Math.min(left.max, Math.max(0, right.max - 1));
    case 'or':
    case 'xor':
      return within(2 ** (32 - Math.clz32(left.max | right.max)) - 1);
    default:
      return WORD_MAX;
  }
}

/** A bound that does not fit into 32 bits says nothing: the result wraps. */
function within(bound: number): number {
  return Math.min(bound, WORD_MAX);
}

/** The value's direct operands. */
export function operandsOf(value: Value): readonly Value[] {
  switch (value.kind) {
    case 'load':
      return value.base === undefined ? [] : [value.base];
    case 'operation':
      return [value.left, value.right];
    case 'negate':
      return [value.operand];
    default:
      return [];
  }
}

/** What classic BPF makes of two numbers; undefined for a division by zero and for shifts that machines differ on. */
export function compute(operator: Operator, left: number, right: number): number | undefined {
  switch (operator) {
    case 'add':
      return (left + right) >>> 0;
    case 'sub':
      return (left - right) >>> 0;
    case 'mul':
      return Math.imul(left, right) >>> 0;
    case 'div':
      return right === 0 ? undefined : Math.floor(left / right);
    case 'mod':
      return right === 0 ? undefined : left % right;
    case 'and':
      return (left & right) >>> 0;
    case 'or':
      return (left | right) >>> 0;
    case 'xor':
      return (left ^ right) >>> 0;
    case 'lsh':
      return right > 31 ? undefined : (left << right) >>> 0;
    case 'rsh':
      return right > 31 ? undefined : left >>> right;
  }
}
