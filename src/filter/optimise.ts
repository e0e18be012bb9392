// A smaller graph that gives the same answer for every packet, truncated ones included: tests whose outcome is known on a
// way are passed over there, equal tests become one, and constants are computed. A load that may be outside the packet is
// never dropped, since it rejects.
import { orderChains } from './chains.ts';
import { type DominatorTree, dominatorTree, type Edge, hasCycle, redirect, targetOf } from './dominators.ts';
import { Folder, foldTest } from './fold.ts';
import { type GraphNode, nodesInOrder, REJECT, successorsOf, type TestNode, waysInto } from './graph.ts';
import { Knowledge } from './knowledge.ts';
import type { Values, Variable } from './value.ts';
import { partsOf, type Versions, versionsOf } from './versions.ts';

/** Rounds, and nodes visited in them, after which what is left to gain is not worth the time. */
const MOST_ROUNDS = 20;
const MOST_VISITS = 300_000;
/**
 * Tests that an edge may be led past in the first round; twice as many in each one after. Most of what long ways go past
 * is not reached any more after the first round: without the limit, 5,000 ranges of ports took minutes.
 */
const FIRST_REACH = 32;

export function optimise(root: GraphNode, values: Values): GraphNode {
  if (hasCycle(nodesInOrder(root))) return root;
  let best = foldAll(root, values);
  let visits = 0;
  for (let round = 0; round < MOST_ROUNDS && visits < MOST_VISITS; round++) {
    const order = nodesInOrder(best);
    visits += order.length;
    const threaded = threadAll(order, values, FIRST_REACH * 2 ** round);
    const merged = mergeEqual(threaded.root);
    best = merged.root;
    if (!threaded.changed && !merged.changed && !commuteAll(best) && !orderChains(best)) break;
  }
  return best;
}

function foldAll(root: GraphNode, values: Values): GraphNode {
  const folder = new Folder(values);
  for (const node of nodesInOrder(root)) {
    if (node.kind === 'test') foldTest(node, folder, values);
    else if (node.kind === 'set') node.value = folder.fold(node.value);
  }
  return root;
}

/** Leads every edge past the tests whose outcome is known on it, up to `reach` of them. */
function threadAll(order: readonly GraphNode[], values: Values, reach: number): { root: GraphNode; changed: boolean } {
  const root = order[0]!;
  const threader = new Threader(order, values, reach);
  const newRoot = threader.skip(root);
  const tree = dominatorTree(order);
  if (newRoot !== root || tree === undefined) return { root: newRoot, changed: newRoot !== root };
  threader.walk(tree);
  return { root, changed: threader.changed };
}

function variablesRead(order: readonly GraphNode[]): Set<Variable> {
  const read = new Set<Variable>();
  if (!order.some((node) => node.kind === 'set')) return read;
  for (const node of order) {
    const used = node.kind === 'test' ? [node.left, node.right] : node.kind === 'set' ? [node.value] : [];
    for (const part of used.flatMap(partsOf)) if (part.kind === 'variable') read.add(part.variable);
  }
  return read;
}

class Threader {
  changed = false;
  private readonly knowledge = new Knowledge();
  private readonly versions: Versions;
  private readonly read: ReadonlySet<Variable>;
  /** How many ways still lead to each node: one that nobody reaches any more needs no threading. */
  private readonly ways: Map<GraphNode, number>;

  private readonly reach: number;

  constructor(order: readonly GraphNode[], values: Values, reach: number) {
    this.reach = reach;
    this.versions = versionsOf(order, values);
    this.read = variablesRead(order);
    this.ways = waysInto(order);
    this.ways.set(order[0]!, 1);
  }

  /** Down the tree with what is known there. A list of what is to be left, no recursion: trees are deep. */
  walk(tree: DominatorTree): void {
    const stack: { place: DominatorTree; next: number; mark: number }[] = [];
    const enter = (place: DominatorTree) => {
      stack.push({ place, next: 0, mark: this.knowledge.mark() });
      this.visit(place.member);
    };
    enter(tree);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (top.next < top.place.children.length) enter(top.place.children[top.next++]!);
      else {
        this.knowledge.forget(top.mark);
        stack.pop();
      }
    }
  }

  private visit(member: DominatorTree['member']): void {
    if ('from' in member) this.visitEdge(member);
    else {
      const { left, right } = this.versions.of(member)!;
      this.knowledge.computed(left);
      if (right !== undefined) this.knowledge.computed(right);
    }
  }

  private visitEdge(edge: Edge): void {
    const { from } = edge;
    if (from.kind === 'test') {
      const { left, right } = this.versions.of(from)!;
      this.knowledge.learn(from.compare, left, right!, edge.branch === 'yes');
    }
    if (this.ways.get(from) === 0) return;
    const target = targetOf(edge);
    const end = this.skip(target);
    if (end === target) return;
    redirect(edge, end);
    this.ways.set(end, this.ways.get(end)! + 1);
    this.leave(target);
    this.changed = true;
  }

  /** One way less to a node, and if that was the last one, to all that it leads to. */
  private leave(node: GraphNode): void {
    const left: GraphNode[] = [node];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const ways = this.ways.get(next)! - 1;
      this.ways.set(next, ways);
      if (ways === 0) left.push(...successorsOf(next));
    }
  }

  /** The first node from here on whose outcome is not known, or the last one within reach. */
  skip(start: GraphNode): GraphNode {
    let node = start;
    for (let steps = 0; steps < this.reach; steps++) {
      const next = this.passed(node);
      if (next === undefined) break;
      node = next;
    }
    return node;
  }

  /** Where a node that need not be visited leads to. */
  private passed(node: GraphNode): GraphNode | undefined {
    const nodeValues = this.versions.of(node);
    if (nodeValues === undefined) return undefined;
    const { left, right } = nodeValues;
    if (!this.knowledge.isSafe(left) || (right !== undefined && !this.knowledge.isSafe(right))) return undefined;
    if (node.kind === 'set') return this.read.has(node.variable) ? undefined : node.next;
    if (node.kind !== 'test') return undefined;
    if (node.yes === node.no) return node.yes;
    const outcome = this.knowledge.decide(node.compare, left, right!);
    return outcome === undefined ? undefined : outcome ? node.yes : node.no;
  }
}

/**
 * "A = 1, else B = 2 and A = 3": the last two tests change places, so that A need not be loaded again. Allowed where both
 * reject: then it makes no difference which of them does, or whether B is in the packet.
 */
function commuteAll(root: GraphNode): boolean {
  const order = nodesInOrder(root);
  const ways = waysInto(order);
  const hasOneWayIn = (node: GraphNode) => ways.get(node) === 1;
  let changed = false;
  for (const before of order) {
    if (before.kind !== 'test') continue;
    for (const branch of ['yes', 'no'] as const) {
      const first = before[branch];
      const second = rejectingPair(first);
      if (second === undefined || !hasOneWayIn(first) || !hasOneWayIn(second)) continue;
      if (second.left !== before.left || (first as TestNode).left === before.left) continue;
      swapTests(first as TestNode, second);
      changed = true;
    }
  }
  return changed;
}

/** The test behind a test, if both reject in one of their outcomes. */
function rejectingPair(first: GraphNode): TestNode | undefined {
  if (first.kind !== 'test' || first.right.kind !== 'constant') return undefined;
  const second = first.no === REJECT ? first.yes : first.yes === REJECT ? first.no : undefined;
  if (second?.kind !== 'test' || second.right.kind !== 'constant') return undefined;
  return second.no === REJECT || second.yes === REJECT ? second : undefined;
}

/** Each keeps its place in the graph and takes over what the other asks. */
function swapTests(first: TestNode, second: TestNode): void {
  const goOn = second.no === REJECT ? second.yes : second.no;
  const firstRejects = first.no === REJECT ? 'no' : 'yes';
  const secondRejects = second.no === REJECT ? 'no' : 'yes';
  const { compare, left, right, place } = first;
  Object.assign(first, { compare: second.compare, left: second.left, right: second.right, place: second.place });
  Object.assign(second, { compare, left, right, place });
  lead(first, secondRejects, second);
  lead(second, firstRejects, goOn);
}

function lead(node: TestNode, rejects: 'yes' | 'no', goOn: GraphNode): void {
  node.yes = rejects === 'yes' ? REJECT : goOn;
  node.no = rejects === 'no' ? REJECT : goOn;
}

/** Equal nodes that lead to the same become one; what can only reject becomes rejection. */
function mergeEqual(root: GraphNode): { root: GraphNode; changed: boolean } {
  const known = new Map<string, GraphNode>();
  const replaced = new Map<GraphNode, GraphNode>();
  const numbers = new Map<GraphNode, number>();
  const numberOf = (node: GraphNode) => {
    const number = numbers.get(node) ?? numbers.size;
    numbers.set(node, number);
    return number;
  };
  const standIn = (node: GraphNode) => replaced.get(node) ?? node;
  let changed = false;
  for (const node of nodesInOrder(root).reverse()) {
    let key: string;
    if (node.kind === 'test') {
      node.yes = standIn(node.yes);
      node.no = standIn(node.no);
      key = `${node.compare},${node.left.id},${node.right.id},${numberOf(node.yes)},${numberOf(node.no)}`;
      if (node.yes === REJECT && node.no === REJECT) replaced.set(node, REJECT);
    } else if (node.kind === 'set') {
      node.next = standIn(node.next);
      key = `${node.variable.name},${node.value.id},${numberOf(node.next)}`;
      if (node.next === REJECT) replaced.set(node, REJECT);
    } else continue;
    const equal = known.get(key);
    if (equal !== undefined && !replaced.has(node) && sameVariable(equal, node)) replaced.set(node, equal);
    known.set(key, equal ?? node);
    if (replaced.has(node)) changed = true;
  }
  return { root: standIn(root), changed };
}

/** Variables may share a name. */
function sameVariable(one: GraphNode, other: GraphNode): boolean {
  return one.kind !== 'set' || other.kind !== 'set' || one.variable === other.variable;
}
