// Alternatives that differ only in what a value is compared with are asked together: "host A or host B" asks for both
// source addresses, then for both destinations. The answer is the same for every packet that is not cut short in the
// header asked about; of those more may be taken, since no test comes later than before but behind more loads.
import { ALWAYS, type Condition, NEVER } from './condition.ts';

/** Deeper conditions are left as they are. */
const MOST_DEPTH = 100;

export function factor(condition: Condition, depth = 0): Condition {
  if (depth > MOST_DEPTH) return condition;
  const inner = (part: Condition) => factor(part, depth + 1);
  switch (condition.kind) {
    case 'not':
      return { kind: 'not', operand: inner(condition.operand) };
    case 'and':
      return joined('and', membersOf('and', condition).map(inner));
    case 'or':
      return joined('or', factorAlternatives(membersOf('or', condition), inner));
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
function factorAlternatives(alternatives: readonly Condition[], inner: (part: Condition) => Condition): Condition[] {
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
  return result.map((group) => (group.length > 1 ? merged(group) : inner(group[0]!)));
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
function merged(group: readonly Condition[]): Condition {
  const [first] = group;
  if (first!.kind === 'test') return joined('or', withoutRepeats(group));
  const kind = first!.kind as 'and' | 'or';
  const rows = group.map((alternative) => membersOf(kind, alternative));
  if (kind === 'or')
    return joined(
      'or',
      rows[0]!.map((_, i) => merged(rows.map((row) => row[i]!))),
    );
  return joined('and', [...rows[0]!.slice(0, -1), merged(rows.map((row) => row.at(-1)!))]);
}

function withoutRepeats(tests: readonly Condition[]): Condition[] {
  const seen = new Set<number>();
  return tests.filter((test) => {
    if (test.kind !== 'test' || seen.has(test.right.id)) return false;
    seen.add(test.right.id);
    return true;
  });
}
