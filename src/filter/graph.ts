// A filter as a graph of tests: each node tests or sets something and leads on to others, at the end to acceptance or
// rejection. Without "protochain" it has no cycles.
import type { Compare, Condition, Place } from './condition.ts';
import type { Value, Variable } from './value.ts';

export interface TestNode {
  readonly kind: 'test';
  compare: Compare;
  left: Value;
  right: Value;
  yes: GraphNode;
  no: GraphNode;
  place: Place | undefined;
  /** With 'in': where each member comes from. */
  places?: ReadonlyMap<number, Place | undefined> | undefined;
}

export interface SetNode {
  readonly kind: 'set';
  readonly variable: Variable;
  value: Value;
  next: GraphNode;
  readonly place: Place | undefined;
}

export interface Leaf {
  readonly kind: 'accept' | 'reject';
}

export type GraphNode = TestNode | SetNode | Leaf;

export const ACCEPT: Leaf = { kind: 'accept' };
export const REJECT: Leaf = { kind: 'reject' };

/** A condition still to be built, and where it leads to. */
interface Goal {
  readonly condition: Condition;
  readonly yes: GraphNode;
  readonly no: GraphNode;
}

/** Done when the right side was built: the left one leads into it. */
interface AndOr {
  readonly left: Condition;
  readonly and: boolean;
  readonly goal: Goal;
}

/** Closes a cycle. */
interface Loop {
  readonly closing: SetNode;
}

/** The graph of a condition: built from its end, so that each node knows where it leads to. Depth costs no stack. */
export function buildGraph(condition: Condition): GraphNode {
  const work: (Goal | AndOr | Loop)[] = [{ condition, yes: ACCEPT, no: REJECT }];
  let built: GraphNode = REJECT;
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if ('closing' in next) {
      next.closing.next = built;
    } else if ('left' in next) {
      const { left, and, goal } = next;
      work.push({ condition: left, yes: and ? built : goal.yes, no: and ? goal.no : built });
    } else built = buildGoal(next, work) ?? built;
  }
  return built;
}

/** The node of a simple condition; others are put onto the work, and undefined is given. */
function buildGoal(goal: Goal, work: (Goal | AndOr | Loop)[]): GraphNode | undefined {
  const { condition, yes, no } = goal;
  switch (condition.kind) {
    case 'test':
      return {
        kind: 'test',
        compare: condition.compare,
        left: condition.left,
        right: condition.right,
        yes,
        no,
        place: condition.place,
        ...(condition.places === undefined ? {} : { places: condition.places }),
      };
    case 'set':
      return { kind: 'set', variable: condition.variable, value: condition.value, next: yes, place: condition.place };
    case 'always':
      return yes;
    case 'never':
      return no;
    case 'not':
      work.push({ condition: condition.operand, yes: no, no: yes });
      return undefined;
    case 'repeat': {
      // A node to come back to, before what it leads to is there.
      const again = loopStart(condition.again, yes);
      work.push({ closing: again }, { condition: condition.again, yes: again, no: yes });
      return undefined;
    }
    default:
      work.push({ left: condition.left, and: condition.kind === 'and', goal });
      work.push({ condition: condition.right, yes, no });
      return undefined;
  }
}

/** Sets a variable that the loop uses to itself: the way back needs a node of its own. */
function loopStart(again: Condition, next: GraphNode): SetNode {
  const variable = firstVariable(again);
  return { kind: 'set', variable: variable.variable, value: variable, next, place: undefined };
}

type VariableValue = Extract<Value, { kind: 'variable' }>;

function firstVariable(condition: Condition): VariableValue {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return firstVariable(condition.left);
    case 'not':
      return firstVariable(condition.operand);
    case 'test':
      if (condition.left.kind === 'variable') return condition.left;
      break;
  }
  throw new TypeError('a loop must begin with a test of a variable');
}

/** Where a node leads to. */
export function successorsOf(node: GraphNode): readonly GraphNode[] {
  if (node.kind === 'test') return [node.yes, node.no];
  return node.kind === 'set' ? [node.next] : [];
}

/** From how many places each node is led to. */
export function waysInto(order: readonly GraphNode[]): Map<GraphNode, number> {
  const ways = new Map<GraphNode, number>();
  for (const node of order) for (const next of successorsOf(node)) ways.set(next, (ways.get(next) ?? 0) + 1);
  return ways;
}

/**
 * All nodes that can be reached, each before those that it leads to (but for the way back of a loop), and as near as can be
 * behind it what it leads to when it is true.
 */
export function nodesInOrder(root: GraphNode): GraphNode[] {
  const seen = new Set<GraphNode>();
  const finished: GraphNode[] = [];
  const stack: { node: GraphNode; successors: readonly GraphNode[]; next: number }[] = [];
  const enter = (node: GraphNode) => {
    if (seen.has(node)) return;
    seen.add(node);
    stack.push({ node, successors: successorsOf(node).toReversed(), next: 0 });
  };
  enter(root);
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    if (top.next < top.successors.length) enter(top.successors[top.next++]!);
    else {
      finished.push(top.node);
      stack.pop();
    }
  }
  return finished.reverse();
}

/** The same graph again, to be changed without changing the first; values and leaves are shared. */
export function copyGraph(root: GraphNode): GraphNode {
  const order = nodesInOrder(root);
  const copies = new Map<GraphNode, GraphNode>(
    order.map((node) => [node, node.kind === 'test' || node.kind === 'set' ? { ...node } : node]),
  );
  for (const copy of copies.values()) {
    if (copy.kind === 'test') {
      copy.yes = copies.get(copy.yes)!;
      copy.no = copies.get(copy.no)!;
    } else if (copy.kind === 'set') copy.next = copies.get(copy.next)!;
  }
  return copies.get(root)!;
}
