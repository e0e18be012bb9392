// Simpler values and tests that mean the same on every packet: constants are computed, needless operations go, offsets
// move into loads. A load is never dropped: where it is outside the packet, the filter rejects.
import type { TestNode } from './graph.ts';
import { COMMUTATIVE, compute, type Load, type Operation, type Value, type Values } from './value.ts';
import { partsOf, withOperands } from './versions.ts';

const WORD_MAX = 0xffff_ffff;

/** Offsets from here on may mean something else to the kernel (SKF_LL_OFF and its kin, as signed numbers below 0). */
const OFFSET_LIMIT = 0x8000_0000;

export class Folder {
  private readonly values: Values;
  private readonly folded = new Map<Value, Value>();

  constructor(values: Values) {
    this.values = values;
  }

  fold(value: Value): Value {
    const known = this.folded.get(value);
    if (known !== undefined) return known;
    for (const part of partsOf(value)) {
      if (!this.folded.has(part)) this.folded.set(part, this.foldPart(part));
    }
    return this.folded.get(value)!;
  }

  private foldPart(part: Value): Value {
    const rebuilt = withOperands(this.values, part, (operand) => this.folded.get(operand)!);
    switch (rebuilt.kind) {
      case 'operation':
        return this.foldOperation(rebuilt);
      case 'load':
        return this.foldLoad(rebuilt);
      case 'negate':
        return rebuilt.operand.kind === 'constant' ? this.values.constant(-rebuilt.operand.constant) : rebuilt;
      default:
        return rebuilt;
    }
  }

  private foldOperation(operation: Operation): Value {
    const { values } = this;
    const { operator, left, right } = operation;
    if (right.kind !== 'constant') {
      const swaps = left.kind === 'constant' && COMMUTATIVE.has(operator);
      return swaps ? this.foldOperation(values.operation(operator, right, left) as Operation) : operation;
    }
    if (left.kind === 'constant') {
      const result = compute(operator, left.constant, right.constant);
      return result === undefined ? operation : values.constant(result);
    }
    if (changesNothing(operator, left, right.constant)) return left;
    if (ASSOCIATIVE.has(operator) && left.kind === 'operation' && left.operator === operator) {
      const inner = left.right;
      if (inner.kind === 'constant') {
        const constant = values.constant(compute(operator, inner.constant, right.constant)!);
        return this.foldOperation(values.operation(operator, left.left, constant) as Operation);
      }
    }
    return operation;
  }

  private foldLoad(load: Load): Value {
    const { values } = this;
    const { base, offset, size } = load;
    if (base === undefined) return load;
    if (base.kind === 'constant') {
      return base.constant + offset < OFFSET_LIMIT ? values.load(size, base.constant + offset) : load;
    }
    if (base.kind !== 'operation' || base.operator !== 'add' || base.right.kind !== 'constant') return load;
    // The addition wraps, the load's own does not: only where it cannot wrap are they the same.
    const more = base.right.constant;
    if (base.left.max + more > WORD_MAX || offset + more >= OFFSET_LIMIT) return load;
    return values.load(size, offset + more, base.left);
  }
}

const ASSOCIATIVE: ReadonlySet<string> = new Set(['add', 'and', 'or', 'xor']);

function changesNothing(operator: Operation['operator'], left: Value, right: number): boolean {
  switch (operator) {
    case 'add':
    case 'sub':
    case 'or':
    case 'xor':
    case 'lsh':
    case 'rsh':
      return right === 0;
    case 'mul':
    case 'div':
      return right === 1;
    case 'and':
      return (coverOf(left.max) & ~right) === 0;
    default:
      return false;
  }
}

/** All bits that a value up to `max` can have. */
export function coverOf(max: number): number {
  return max === 0 ? 0 : (WORD_MAX >>> Math.clz32(max)) >>> 0;
}

/** Puts the constant on the right, and bits under a mask into one test. */
export function foldTest(node: TestNode, folder: Folder, values: Values): void {
  node.left = folder.fold(node.left);
  node.right = folder.fold(node.right);
  if (node.compare === 'in') return;
  if (node.left.kind === 'constant' && node.right.kind !== 'constant') mirror(node);
  const { left, right } = node;
  if (right.kind !== 'constant' || left.kind !== 'operation' || left.operator !== 'and') return;
  if (left.right.kind !== 'constant') return;
  const mask = left.right.constant;
  const asksForNone = node.compare === 'eq' && right.constant === 0;
  const isOneBit = (mask & (mask - 1)) === 0;
  const asksForAny =
    (node.compare === 'eq' && isOneBit && right.constant === mask && mask !== 0) ||
    (node.compare === 'gt' && right.constant === 0) ||
    (node.compare === 'ge' && right.constant === 1);
  if (!asksForNone && !asksForAny) return;
  node.compare = 'set';
  node.left = left.left;
  node.right = values.constant(mask);
  if (asksForNone) [node.yes, node.no] = [node.no, node.yes];
}

/** constant > value is not value >= constant. */
function mirror(node: TestNode): void {
  [node.left, node.right] = [node.right, node.left];
  if (node.compare === 'eq' || node.compare === 'set') return;
  node.compare = node.compare === 'gt' ? 'ge' : 'gt';
  [node.yes, node.no] = [node.no, node.yes];
}
