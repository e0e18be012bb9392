// Graph to classic BPF. One block of instructions for each node; what the accumulator and the index register hold at the
// end of a block serves the next ones. Jumps reach 255 instructions; for longer ways there are stepping stones.
import { EXTENSION_BASE, EXTENSIONS, type Instruction, MEMORY_WORDS, OPCODES, type Program } from '../bpf/index.ts';
import type { Compare, Place } from './condition.ts';
import { ACCEPT, type GraphNode, nodesInOrder, REJECT, type SetNode, successorsOf, type TestNode } from './graph.ts';
import { COMMUTATIVE, type Operation, type Value, type Values, type Variable } from './value.ts';
import { partsOf, type Versions, versionsOf } from './versions.ts';

export interface Emitted {
  readonly program: Program;
  /** The words of the expression that each instruction comes from. */
  readonly places: readonly (Place | undefined)[];
}

export interface EmitOptions {
  /** What an accepted packet returns. */
  readonly snapLength: number;
  /** Whether registers may be reused from one block to the next. */
  readonly reuse: boolean;
}

/** More variables and intermediate results than the machine has words of memory. */
export class TooManyRegisters extends Error {
  override readonly name = 'TooManyRegisters';
}

export function emit(root: GraphNode, values: Values, options: EmitOptions): Emitted {
  const order = leavesLast(nodesInOrder(initialised(root, values)));
  const blocks = new BlockWriter(order, values, options.reuse).write();
  return link(options.reuse ? withoutCopies(blocks) : blocks, options.snapLength);
}

/** The answers at the end, acceptance first: as in libpcap's listings. */
function leavesLast(order: readonly GraphNode[]): GraphNode[] {
  const inner = order.filter((node) => !isLeaf(node));
  return [...inner, ...[ACCEPT, REJECT].filter((leaf) => order.includes(leaf))];
}

/** Sets variables to 0 at the start that may be read before they are set: the kernel refuses to read others. */
function initialised(root: GraphNode, values: Values): GraphNode {
  const order = nodesInOrder(root);
  const assigned = new Map<GraphNode, ReadonlySet<Variable>>();
  const missing = new Set<Variable>();
  const placed = new Set<GraphNode>();
  for (const node of order) {
    placed.add(node);
    const before = assigned.get(node) ?? new Set<Variable>();
    for (const variable of variablesOf(node)) if (!before.has(variable)) missing.add(variable);
    const after = node.kind === 'set' ? new Set(before).add(node.variable) : before;
    for (const next of successorsOf(node)) {
      if (placed.has(next)) continue;
      const known = assigned.get(next);
      assigned.set(next, known === undefined ? after : new Set([...known].filter((variable) => after.has(variable))));
    }
  }
  const zero = values.constant(0);
  return [...missing].reduce<GraphNode>(
    (next, variable) => ({ kind: 'set', variable, value: zero, next, place: undefined }),
    root,
  );
}

function variablesOf(node: GraphNode): Variable[] {
  const used = node.kind === 'test' ? [node.left, node.right] : node.kind === 'set' ? [node.value] : [];
  return used.flatMap(partsOf).flatMap((part) => (part.kind === 'variable' ? [part.variable] : []));
}

/** A node's instructions, and how it ends. */
interface Block {
  readonly node: GraphNode;
  readonly body: readonly Instruction[];
  readonly jump?: { readonly code: number; readonly k: number };
}

/** What the registers hold. */
interface Registers {
  a: Value | undefined;
  x: Value | undefined;
}

const CODES = new Map(OPCODES.map((row) => [`${row.mnemonic} ${row.operand}`, row.code]));

/** The code of an instruction; a wrong name is a fault of this file. */
function code(name: string): number {
  const found = CODES.get(name);
  if (found === undefined) throw new TypeError(`there is no instruction "${name}"`);
  return found;
}

const LOAD = { 1: 'ldb', 2: 'ldh', 4: 'ld' } as const;
const EXTENSION_OFFSETS = new Map(EXTENSIONS.map(({ name, offset }) => [name, EXTENSION_BASE + offset]));
/** Operators whose constant is written in hexadecimal, which is part of the name in the table of instructions. */
const HEXADECIMAL: ReadonlySet<string> = new Set(['or', 'and', 'xor']);
const JUMPS = { eq: 'jeq', gt: 'jgt', ge: 'jge', set: 'jset' } as const satisfies Record<
  Exclude<Compare, 'in'>,
  string
>;

class BlockWriter {
  private readonly order: readonly GraphNode[];
  private readonly reuse: boolean;
  private readonly versions: Versions;
  private readonly slots = new Map<Variable, number>();
  private readonly entries = new Map<GraphNode, Registers>();
  private temporaries = 0;
  private body: Instruction[] = [];
  private registers: Registers = { a: undefined, x: undefined };

  constructor(order: readonly GraphNode[], values: Values, reuse: boolean) {
    this.order = order;
    this.reuse = reuse;
    this.versions = versionsOf(order, values);
    for (const node of order) if (node.kind === 'set') this.slotOf(node.variable);
  }

  write(): Block[] {
    return this.order.map((node) => {
      this.body = [];
      this.registers = { ...(this.entries.get(node) ?? { a: undefined, x: undefined }) };
      const jump = node.kind === 'test' ? this.test(node) : undefined;
      if (node.kind === 'set') this.set(node);
      for (const next of successorsOf(node)) this.handOn(next);
      return { node, body: this.body, ...(jump === undefined ? {} : { jump }) };
    });
  }

  /** Where ways meet, only what all of them agree on is known. */
  private handOn(next: GraphNode): void {
    if (!this.reuse) return;
    const known = this.entries.get(next);
    const { a, x } = this.registers;
    if (known === undefined) this.entries.set(next, { a, x });
    else {
      if (known.a !== a) known.a = undefined;
      if (known.x !== x) known.x = undefined;
    }
  }

  private test(node: TestNode): { code: number; k: number } {
    const { left, right } = this.versions.of(node)! as { left: Value; right: Value };
    // expandMembers left no 'in'.
    const jump = JUMPS[node.compare as keyof typeof JUMPS];
    if (right.kind === 'constant') {
      this.loadA(left);
      return { code: code(`${jump} hex`), k: right.constant };
    }
    this.loadBoth(left, right);
    return { code: code(`${jump} x`), k: 0 };
  }

  private set(node: SetNode): void {
    const { left: value } = this.versions.of(node)!;
    const k = this.slotOf(node.variable);
    if (this.holdsX(value)) this.push('stx memory', k);
    else {
      this.loadA(value);
      this.push('st memory', k);
    }
  }

  /** The left value into the accumulator and the right one into the index register. */
  private loadBoth(left: Value, right: Value): void {
    if (this.holdsX(right) && this.isPlainForA(left)) this.loadA(left);
    else if (isPlainForX(right)) {
      this.loadA(left);
      this.loadX(right);
    } else if (isPlain(left)) {
      this.loadX(right);
      this.loadA(left);
    } else {
      this.loadA(right);
      const slot = this.takeTemporary();
      this.push('st memory', slot);
      this.loadA(left);
      this.push('ldx memory', slot);
      this.registers.x = right;
      this.temporaries--;
    }
  }

  private loadA(value: Value): void {
    if (this.holdsA(value)) return;
    if (this.holdsX(value)) this.push('txa none', 0);
    else this.computeA(value);
    this.registers.a = value;
  }

  private computeA(value: Value): void {
    switch (value.kind) {
      case 'constant':
        this.push('ld hex', value.constant);
        break;
      case 'length':
        this.push('ld length', 0);
        break;
      case 'metadata':
        this.push(`${LOAD[value.size]} absolute`, EXTENSION_OFFSETS.get(value.extension)!);
        break;
      case 'variable':
        this.push('ld memory', this.slotOf(value.variable));
        break;
      case 'load':
      case 'negate':
      case 'operation':
        this.computeAlong(value);
    }
  }

  /** What a value is made of is computed first, in a loop: sums, signs and indexes may be thousands deep. */
  private computeAlong(value: Value): void {
    const steps: Value[] = [value];
    for (let inner = this.innerOf(value); inner !== undefined; inner = this.innerOf(inner)) {
      if (this.holdsA(inner) || this.holdsX(inner)) break;
      steps.push(inner);
    }
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      this.computeStep(step);
      this.registers.a = step;
    }
  }

  /** The operand that is in the accumulator before the value itself is computed, if that takes some computing. */
  private innerOf(value: Value): Value | undefined {
    const inner = value.kind === 'operation' ? value.left : value.kind === 'negate' ? value.operand : baseOf(value);
    if (inner === undefined || (value.kind === 'load' && isPlainForX(inner))) return undefined;
    const base = baseOf(inner);
    const isLong = base === undefined ? inner.kind === 'operation' || inner.kind === 'negate' : !this.isReadyForX(base);
    return isLong ? inner : undefined;
  }

  private computeStep(step: Value): void {
    if (step.kind === 'operation') this.apply(step);
    else if (step.kind === 'negate') {
      this.loadA(step.operand);
      this.push('neg none', 0);
    } else if (step.kind === 'load') {
      if (step.base !== undefined) this.loadX(step.base);
      this.push(`${LOAD[step.size]} ${step.base === undefined ? 'absolute' : 'indirect'}`, step.offset);
    }
  }

  private apply({ operator, left, right }: Operation): void {
    if (right.kind === 'constant') {
      this.loadA(left);
      this.push(`${operator} ${HEXADECIMAL.has(operator) ? 'hex' : 'decimal'}`, right.constant);
      return;
    }
    if (COMMUTATIVE.has(operator) && !isPlainForX(right) && isPlainForX(left)) this.loadBoth(right, left);
    else if (this.holdsA(left) && !this.holdsX(right) && !isPlainForX(right)) this.keepLeft(left, right);
    else this.loadBoth(left, right);
    this.push(`${operator} x`, 0);
  }

  /** The left value is there already: it waits in memory while the right one is computed. */
  private keepLeft(left: Value, right: Value): void {
    if (isPlain(left)) {
      this.loadX(right);
      this.loadA(left);
      return;
    }
    const slot = this.takeTemporary();
    this.push('st memory', slot);
    this.loadX(right);
    this.push('ld memory', slot);
    this.registers.a = left;
    this.temporaries--;
  }

  private loadX(value: Value): void {
    if (this.holdsX(value)) return;
    const header = headerLengthOffset(value);
    if (value.kind === 'constant') this.push('ldx hex', value.constant);
    else if (value.kind === 'length') this.push('ldx length', 0);
    else if (header !== undefined) this.push('ldxb header', header);
    else if (value.kind === 'variable' && !this.holdsA(value)) this.push('ldx memory', this.slotOf(value.variable));
    else {
      this.loadA(value);
      this.push('tax none', 0);
    }
    this.registers.x = value;
  }

  /** Can be loaded into the accumulator with the index register as it is. */
  private isPlainForA(value: Value): boolean {
    if (isPlain(value) || this.holdsA(value) || this.holdsX(value)) return true;
    return value.kind === 'load' && this.holdsX(value.base!);
  }

  private isReadyForX(value: Value): boolean {
    return this.holdsX(value) || isPlainForX(value);
  }

  private holdsA(value: Value): boolean {
    return this.registers.a !== undefined && this.same(this.registers.a, value);
  }

  private holdsX(value: Value): boolean {
    return this.registers.x !== undefined && this.same(this.registers.x, value);
  }

  /** A variable is what it was set to. */
  private same(one: Value, other: Value): boolean {
    return one === other || this.versions.definitionOf(other) === one;
  }

  private slotOf(variable: Variable): number {
    const slot = this.slots.get(variable) ?? this.slots.size;
    if (slot + this.temporaries >= MEMORY_WORDS) throw new TooManyRegisters();
    this.slots.set(variable, slot);
    return slot;
  }

  private takeTemporary(): number {
    this.temporaries++;
    const slot = MEMORY_WORDS - this.temporaries;
    if (slot < this.slots.size) throw new TooManyRegisters();
    return slot;
  }

  private push(name: string, k: number): void {
    this.body.push({ code: code(name), jt: 0, jf: 0, k });
  }
}

function baseOf(value: Value): Value | undefined {
  return value.kind === 'load' ? value.base : undefined;
}

/** Can be loaded into the accumulator whatever the index register holds. */
function isPlain(value: Value): boolean {
  if (value.kind === 'load') return value.base === undefined;
  return value.kind !== 'operation' && value.kind !== 'negate';
}

/** Can be loaded into the index register without touching the accumulator. */
function isPlainForX(value: Value): boolean {
  if (headerLengthOffset(value) !== undefined) return true;
  return value.kind === 'constant' || value.kind === 'length' || value.kind === 'variable';
}

/** The offset k where a value is 4*([k]&0xf), for which there is an instruction; undefined for others. */
function headerLengthOffset(value: Value): number | undefined {
  if (value.kind !== 'operation' || value.operator !== 'lsh') return undefined;
  const { left, right } = value;
  if (right.kind !== 'constant' || right.constant !== 2 || left.kind !== 'operation' || left.operator !== 'and') {
    return undefined;
  }
  if (left.right.kind !== 'constant' || left.right.constant !== 0xf) return undefined;
  const load = left.left;
  return load.kind === 'load' && load.size === 1 && load.base === undefined ? load.offset : undefined;
}

/**
 * Blocks of the same instructions that lead to the same become one, whatever the registers hold when they are reached:
 * the last tests on a port of IPv4 and one of IPv6, say, when the port is in the accumulator.
 */
function withoutCopies(blocks: readonly Block[]): Block[] {
  const originals = new Map<string, GraphNode>();
  const replaced = new Map<GraphNode, GraphNode>();
  const numbers = new Map(blocks.map(({ node }, number) => [node, number]));
  const standIn = (node: GraphNode) => replaced.get(node) ?? node;
  const kept: Block[] = [];
  for (const block of [...blocks].reverse()) {
    const { node, body, jump } = block;
    const targets = successorsOf(node).map(standIn);
    if (node.kind === 'test') [node.yes, node.no] = targets as [GraphNode, GraphNode];
    if (node.kind === 'set') node.next = targets[0]!;
    const words = body.map(({ code, k }) => `${code} ${k}`).join();
    const key = `${node.kind} ${words} ${jump?.code} ${jump?.k} ${targets.map((target) => numbers.get(target)).join()}`;
    const original = targets.length === 0 ? undefined : originals.get(key);
    if (original === undefined) {
      originals.set(key, node);
      kept.push(block);
    } else replaced.set(node, original);
  }
  return kept.reverse();
}

/** Instructions that a conditional jump can skip. */
const JUMP_REACH = 255;

/** Blocks in their order, written from the last one back: then the distance to what follows is known. */
function link(blocks: readonly Block[], snapLength: number): Emitted {
  const linker = new Linker(snapLength);
  for (const block of [...blocks].reverse()) linker.add(block);
  return linker.finish();
}

class Linker {
  private readonly snapLength: number;
  /** Instructions and their places, last one first. */
  private readonly code: Instruction[] = [];
  private readonly places: (Place | undefined)[] = [];
  /** How many instructions are behind the start of a node's code, its own included: the nearest copy. */
  private readonly starts = new Map<GraphNode, number>();
  /** Jumps back, whose target is not written yet: index from the end. */
  private readonly open: { readonly at: number; readonly target: GraphNode }[] = [];
  private place: Place | undefined;

  constructor(snapLength: number) {
    this.snapLength = snapLength;
  }

  add({ node, body, jump }: Block): void {
    this.place = node.kind === 'test' || node.kind === 'set' ? node.place : undefined;
    if (node.kind === 'set') this.goTo(node.next);
    else if (node.kind === 'test') this.branch(node, jump!);
    else this.stone(node);
    for (const instruction of [...body].reverse()) this.push(instruction);
    this.starts.set(node, this.code.length);
  }

  finish(): Emitted {
    const program = this.code.reverse();
    for (const { at, target } of this.open) {
      const index = program.length - at;
      const k = (program.length - this.starts.get(target)! - index - 1) >>> 0;
      program[index] = { ...program[index]!, k };
    }
    return { program, places: this.places.reverse() };
  }

  private goTo(target: GraphNode): void {
    if (!this.starts.has(target)) this.stone(target);
    else if (this.distanceTo(target) > 0)
      this.push({ code: code('ja target'), jt: 0, jf: 0, k: this.distanceTo(target) });
  }

  private branch({ yes, no }: TestNode, jump: { code: number; k: number }): void {
    for (const target of [yes, no]) if (!this.starts.has(target)) this.stone(target);
    // A stone for the one puts the other one further away.
    for (const target of [yes, no]) if (this.distanceTo(target) >= JUMP_REACH) this.stone(target);
    this.push({ ...jump, jt: this.distanceTo(yes), jf: this.distanceTo(no) });
  }

  /** A copy of an answer, or a long jump, right here: from now on the nearest way to the target. */
  private stone(target: GraphNode): void {
    if (isLeaf(target)) {
      const k = target.kind === 'accept' ? this.snapLength : 0;
      this.push({ code: code('ret decimal'), jt: 0, jf: 0, k }, true);
    } else {
      const isWritten = this.starts.has(target);
      this.push({ code: code('ja target'), jt: 0, jf: 0, k: isWritten ? this.distanceTo(target) : 0 }, true);
      if (!isWritten) this.open.push({ at: this.code.length, target });
    }
    this.starts.set(target, this.code.length);
  }

  /** Instructions to skip from the next one to be written to the target. */
  private distanceTo(target: GraphNode): number {
    return this.code.length - this.starts.get(target)!;
  }

  private push(instruction: Instruction, isStone = false): void {
    this.code.push(instruction);
    this.places.push(isStone ? undefined : this.place);
  }
}

function isLeaf(node: GraphNode): boolean {
  return node.kind === 'accept' || node.kind === 'reject';
}
