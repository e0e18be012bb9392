// What is known at a place of the graph, from the tests on every way to it: about values, and about which bytes are in
// the packet. Kept for one path down the dominator tree; what a branch learns is forgotten when it is left.
import type { Compare } from './condition.ts';
import { coverOf } from './fold.ts';
import type { Value } from './value.ts';
import { partsOf } from './versions.ts';

/** Comparisons with a number. */
type WithConstant = Exclude<Compare, 'in'>;

/** What is known of a value. */
interface Fact {
  readonly min: number;
  readonly max: number;
  /** Bits that are 0. */
  readonly zeros: number;
  /** Of these bits at least one is 1; 0 says nothing. */
  readonly some: number;
}

/** What computing a value may reject for: a load's reach after its base, or a division. */
type Hazard = { readonly base: Value | undefined; readonly end: number } | { readonly division: Value };

const ABSOLUTE = -1;

export class Knowledge {
  private readonly facts = new Map<number, Fact>();
  private readonly excluded = new Map<number, Set<number>>();
  private readonly reach = new Map<number, number>();
  private readonly divided = new Set<number>();
  private readonly pairs = new Map<string, boolean>();
  private readonly undo: (() => void)[] = [];

  /** To be given to `forget` when what is learnt from here on no longer holds. */
  mark(): number {
    return this.undo.length;
  }

  forget(mark: number): void {
    while (this.undo.length > mark) this.undo.pop()!();
  }

  /** The value was computed, so its loads are inside the packet. */
  computed(value: Value): void {
    for (const hazard of hazardsOf(value)) {
      if ('division' in hazard) this.learnDivision(hazard.division);
      else this.learnReach(hazard.base?.id ?? ABSOLUTE, hazard.end);
    }
  }

  /** Whether computing the value cannot reject. */
  isSafe(value: Value): boolean {
    return hazardsOf(value).every((hazard) =>
      'division' in hazard
        ? this.divided.has(hazard.division.id)
        : (this.reach.get(hazard.base?.id ?? ABSOLUTE) ?? 0) >= hazard.end,
    );
  }

  /** A test had this outcome. */
  learn(compare: Compare, left: Value, right: Value, outcome: boolean): void {
    if (right.kind !== 'constant') this.learnPair(`${compare}${left.id},${right.id}`, outcome);
    else if (compare === 'eq' && !outcome) this.exclude(left.id, right.constant);
    else this.learnFact(left, narrowed(this.factOf(left), compare as WithConstant, right.constant, outcome));
  }

  /** The outcome of a test, where it is known. */
  decide(compare: Compare, left: Value, right: Value): boolean | undefined {
    if (right.kind === 'members') return this.decideMember(left, right);
    if (right.kind !== 'constant') {
      if (left === right && compare !== 'set') return compare !== 'gt';
      return this.pairs.get(`${compare}${left.id},${right.id}`);
    }
    const fact = this.factOf(left);
    if (compare === 'eq' && this.excluded.get(left.id)?.has(right.constant)) return false;
    return decided(fact, compare as WithConstant, right.constant);
  }

  private decideMember(left: Value, right: Extract<Value, { kind: 'members' }>): boolean | undefined {
    const { min, max } = this.factOf(left);
    if (min === max) return right.constants.includes(min);
    return this.pairs.get(`in${left.id},${right.id}`);
  }

  private factOf(value: Value): Fact {
    const known = this.facts.get(value.id);
    if (known !== undefined) return known;
    if (value.kind === 'constant') return exactly(value.constant);
    const mask = value.kind === 'operation' && value.operator === 'and' && value.right.kind === 'constant';
    const cover = coverOf(value.max) & (mask ? (value.right as { constant: number }).constant : -1);
    const fact = { min: 0, max: value.max, zeros: ~cover >>> 0, some: 0 };
    return mask ? this.throughMask(value, fact) : fact;
  }

  /** What is known of the masked value itself tells its bits. */
  private throughMask(value: Extract<Value, { kind: 'operation' }>, fact: Fact): Fact {
    const inner = this.facts.get(value.left.id);
    const mask = (value.right as { constant: number }).constant;
    if (inner !== undefined && inner.min === inner.max) return exactly((inner.min & mask) >>> 0);
    return fact;
  }

  private learnFact(value: Value, fact: Fact): void {
    const before = this.facts.get(value.id);
    this.facts.set(value.id, fact);
    this.undo.push(() => {
      if (before === undefined) this.facts.delete(value.id);
      else this.facts.set(value.id, before);
    });
  }

  private exclude(id: number, constant: number): void {
    let constants = this.excluded.get(id);
    if (constants === undefined) {
      constants = new Set();
      this.excluded.set(id, constants);
    }
    if (constants.has(constant)) return;
    constants.add(constant);
    const set = constants;
    this.undo.push(() => set.delete(constant));
  }

  private learnPair(key: string, outcome: boolean): void {
    if (this.pairs.has(key)) return;
    this.pairs.set(key, outcome);
    this.undo.push(() => this.pairs.delete(key));
  }

  private learnReach(base: number, end: number): void {
    const before = this.reach.get(base) ?? 0;
    if (before >= end) return;
    this.reach.set(base, end);
    this.undo.push(() => this.reach.set(base, before));
  }

  private learnDivision({ id }: Value): void {
    if (this.divided.has(id)) return;
    this.divided.add(id);
    this.undo.push(() => this.divided.delete(id));
  }
}

const HAZARDS = new WeakMap<Value, readonly Hazard[]>();

function hazardsOf(value: Value): readonly Hazard[] {
  let hazards = HAZARDS.get(value);
  if (hazards === undefined) {
    hazards = partsOf(value).flatMap(hazardOf);
    HAZARDS.set(value, hazards);
  }
  return hazards;
}

function hazardOf(part: Value): Hazard[] {
  if (part.kind === 'load') return [{ base: part.base, end: part.offset + part.size }];
  if (part.kind !== 'operation' || (part.operator !== 'div' && part.operator !== 'mod')) return [];
  return part.right.kind === 'constant' && part.right.constant !== 0 ? [] : [{ division: part }];
}

function exactly(constant: number): Fact {
  return { min: constant, max: constant, zeros: ~constant >>> 0, some: 0 };
}

function narrowed(fact: Fact, compare: WithConstant, constant: number, outcome: boolean): Fact {
  switch (compare) {
    case 'eq':
      return exactly(constant);
    case 'gt':
      return outcome
        ? { ...fact, min: Math.max(fact.min, constant + 1) }
        : { ...fact, max: Math.min(fact.max, constant) };
    case 'ge':
      return outcome
        ? { ...fact, min: Math.max(fact.min, constant) }
        : { ...fact, max: Math.min(fact.max, constant - 1) };
    case 'set':
      return outcome ? { ...fact, some: constant } : { ...fact, zeros: (fact.zeros | constant) >>> 0 };
  }
}

function decided({ min, max, zeros, some }: Fact, compare: WithConstant, constant: number): boolean | undefined {
  const free = (constant & ~zeros) >>> 0;
  switch (compare) {
    case 'eq':
      if (constant < min || constant > max || free !== constant) return false;
      if (some !== 0 && (some & constant) === 0) return false;
      return min === max ? true : undefined;
    case 'gt':
      return min > constant ? true : max <= constant ? false : undefined;
    case 'ge':
      return min >= constant ? true : max < constant ? false : undefined;
    case 'set':
      if (min === max) return (min & constant) !== 0;
      if (free === 0) return false;
      return some !== 0 && (some & ~zeros & ~constant) === 0 ? true : undefined;
  }
}
