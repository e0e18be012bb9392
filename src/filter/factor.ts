// Alternatives that begin alike are asked together: "host A or host B" asks once whether the packet is IP, then for all
// source addresses, then for all destinations. The answer is the same for every packet that is not cut short in the
// header asked about; for those, as libpcap's optimiser, it may be found before the missing bytes are asked for.
import { ALWAYS, type Condition, NEVER } from './condition.ts';

/** Deeper conditions are left as they are. */
const MOST_DEPTH = 200;

export function factor(condition: Condition, depth = 0): Condition {
  if (depth > MOST_DEPTH) return condition;
  switch (condition.kind) {
    case 'not':
      return { kind: 'not', operand: factor(condition.operand, depth + 1) };
    case 'and':
      return joined(
        'and',
        flattened(condition).map((part) => factor(part, depth + 1)),
      );
    case 'or':
      return joined('or', factorAlternatives(flattened(condition), depth + 1));
    default:
      return condition;
  }
}

/** The members of nested conditions of one kind, from left to right. */
function flattened(condition: Condition): Condition[] {
  if (condition.kind !== 'and' && condition.kind !== 'or') return [condition];
  const { kind } = condition;
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

/** Between alternatives that set variables nothing may change places. */
function factorAlternatives(alternatives: readonly Condition[], depth: number): Condition[] {
  const result: Condition[] = [];
  let pure: Condition[] = [];
  for (const alternative of alternatives) {
    if (isPure(alternative)) pure.push(alternative);
    else {
      result.push(...groupAlternatives(pure, depth), factor(alternative, depth));
      pure = [];
    }
  }
  return [...result, ...groupAlternatives(pure, depth)];
}

function isPure(condition: Condition): boolean {
  const pending: Condition[] = [condition];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === 'set' || next.kind === 'repeat') return false;
    if (next.kind === 'not') pending.push(next.operand);
    if (next.kind === 'and' || next.kind === 'or') pending.push(next.left, next.right);
  }
  return true;
}

/** Alternatives by what they begin with, in the order in which the beginnings come. */
function groupAlternatives(alternatives: readonly Condition[], depth: number): Condition[] {
  const groups = new Map<string, Condition[][]>();
  for (const [number, alternative] of alternatives.entries()) {
    const parts = flattenedParts(alternative);
    const key = keyOf(parts, number);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [parts]);
    else group.push(parts);
  }
  return [...groups.values()].flatMap((group) => mergeGroup(group, depth));
}

function flattenedParts(alternative: Condition): Condition[] {
  return alternative.kind === 'and' ? flattened(alternative) : [alternative];
}

/** Alternatives of one key are merged: a first test that is the same, or single tests of the same value. */
function keyOf(parts: readonly Condition[], number: number): string {
  const [first] = parts;
  if (parts.length === 1) return first!.kind === 'test' && first.compare === 'eq' ? `=${first.left.id}` : `#${number}`;
  return testKey(first!) ?? `#${number}`;
}

function testKey(condition: Condition): string | undefined {
  if (condition.kind === 'not') {
    const inner = testKey(condition.operand);
    return inner === undefined ? undefined : `!${inner}`;
  }
  if (condition.kind !== 'test') return undefined;
  return `${condition.compare}${condition.left.id},${condition.right.id}`;
}

function mergeGroup(group: readonly Condition[][], depth: number): Condition[] {
  const [first, ...rest] = group;
  if (rest.length === 0 || depth > MOST_DEPTH) return group.map((parts) => factor(joined('and', parts), depth));
  if (first!.length === 1) return withoutRepeats(group.map(([test]) => test!));
  const inner = group.flatMap(([, ...others]) => alternativesOf(joined('and', others)));
  return [joined('and', [first![0]!, joined('or', factorAlternatives(inner, depth + 1))])];
}

function alternativesOf(condition: Condition): Condition[] {
  return condition.kind === 'or' ? flattened(condition) : [condition];
}

function withoutRepeats(tests: readonly Condition[]): Condition[] {
  const seen = new Set<string | undefined>();
  return tests.filter((test) => {
    const key = testKey(test);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}
