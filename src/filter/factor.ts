// Alternatives that differ only in what a value is compared with are asked together: "host A or host B" asks for both
// source addresses, then for both destinations. The answer is the same for every packet that is not cut short in the
// header asked about; of those more may be taken, since no test comes later than before but behind more loads.
import { ALWAYS, type Condition, NEVER } from './condition.ts';
import type { Value, Values } from './value.ts';

/** Deeper conditions are left as they are. */
const MOST_DEPTH = 100;

export function factor(condition: Condition, values: Values, depth = 0): Condition {
  if (depth > MOST_DEPTH) return condition;
  const inner = (part: Condition) => factor(part, values, depth + 1);
  switch (condition.kind) {
    case 'not':
      return { kind: 'not', operand: inner(condition.operand) };
    case 'and':
      return joined('and', membersOf('and', condition).map(inner));
    case 'or':
      return joined('or', factorAlternatives(membersOf('or', condition), values, inner));
    default:
      return condition;
  }
}

/** The members of nested conditions of one kind, from left to right; a condition of another kind is its only one. */
function membersOf(kind: 'and' | 'or', condition: Condition): Condition[] {
  const members: Condition[] = [];
  const pending: Condition[] = [condition];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === kind) pending.push(next.right, next.left);
    else members.push(next);
  }
  return members;
}

function joined(kind: 'and' | 'or', members: readonly Condition[]): Condition {
  if (members.length === 0) return kind === 'and' ? ALWAYS : NEVER;
  return members.reduce((left, right) => ({ kind, left, right }));
}

/** Each group stands where its first member did. What sets variables stays where it is, and so does all around it. */
function factorAlternatives(
  alternatives: readonly Condition[],
  values: Values,
  inner: (part: Condition) => Condition,
): Condition[] {
  const result: Condition[][] = [];
  let groups = new Map<string, Condition[]>();
  for (const alternative of alternatives) {
    const shape = shapeOf(alternative);
    const group = shape === undefined ? undefined : groups.get(shape);
    if (group !== undefined) group.push(alternative);
    else {
      const newGroup = [alternative];
      result.push(newGroup);
      if (shape !== undefined) groups.set(shape, newGroup);
      else if (!isPure(alternative)) groups = new Map();
    }
  }
  return result.map((group) => (group.length > 1 ? merged(group, values) : inner(group[0]!)));
}

/** What alternatives that can be merged have in common: all but the constants at their ends. Undefined: cannot be. */
function shapeOf(condition: Condition, depth = 0): string | undefined {
  if (depth > MOST_DEPTH) return undefined;
  switch (condition.kind) {
    case 'test':
      return condition.compare === 'eq' && condition.right.kind === 'constant' ? `=${condition.left.id}` : undefined;
    case 'and': {
      const members = membersOf('and', condition);
      const last = shapeOf(members.pop()!, depth + 1);
      const before = members.map((member) => textOf(member, depth + 1));
      return last === undefined || before.includes(undefined) ? undefined : `(${before.join('&')}&${last})`;
    }
    case 'or': {
      const members = membersOf('or', condition).map((member) => shapeOf(member, depth + 1));
      return members.includes(undefined) ? undefined : `[${members.join('|')}]`;
    }
    default:
      return undefined;
  }
}

/** A condition as text: equal ones have equal texts. Undefined for what sets variables. */
function textOf(condition: Condition, depth: number): string | undefined {
  if (depth > MOST_DEPTH) return undefined;
  const of = (part: Condition) => textOf(part, depth + 1);
  switch (condition.kind) {
    case 'test':
      return `${condition.compare}${condition.left.id},${condition.right.id}`;
    case 'not': {
      const operand = of(condition.operand);
      return operand === undefined ? undefined : `!${operand}`;
    }
    case 'and':
    case 'or': {
      const members = membersOf(condition.kind, condition).map(of);
      return members.includes(undefined) ? undefined : `${condition.kind}(${members.join()})`;
    }
    case 'always':
    case 'never':
      return condition.kind;
    default:
      return undefined;
  }
}

function isPure(condition: Condition): boolean {
  return textOf(condition, 0) !== undefined;
}

/** Alternatives of one shape as one condition. */
function merged(group: readonly Condition[], values: Values): Condition {
  const [first] = group;
  if (first!.kind === 'test') return isOneOf(group as readonly Test[], values);
  const kind = first!.kind as 'and' | 'or';
  const rows = group.map((alternative) => membersOf(kind, alternative));
  if (kind === 'or')
    return joined(
      'or',
      rows[0]!.map((_, i) =>
        merged(
          rows.map((row) => row[i]!),
          values,
        ),
      ),
    );
  return joined('and', [
    ...rows[0]!.slice(0, -1),
    merged(
      rows.map((row) => row.at(-1)!),
      values,
    ),
  ]);
}

type Test = Extract<Condition, { kind: 'test' }>;

/** From so many constants on a comparison with all of them stays one test until code is emitted. */
const MANY = 17;

/** Comparisons of one value. */
function isOneOf(tests: readonly Test[], values: Values): Condition {
  const different = withoutRepeats(tests);
  if (different.length < MANY) return joined('or', different);
  const { left, place } = tests[0]!;
  const places = new Map(different.map((test) => [constantOf(test), test.place]));
  const right = values.members([...places.keys()].sort((a, b) => a - b));
  return { kind: 'test', compare: 'in', left, right, place, places };
}

function constantOf({ right }: Test): number {
  return (right as Extract<Value, { kind: 'constant' }>).constant;
}

function withoutRepeats(tests: readonly Test[]): Test[] {
  const seen = new Set<Value>();
  return tests.filter(({ right }) => {
    const isNew = !seen.has(right);
    seen.add(right);
    return isNew;
  });
}
