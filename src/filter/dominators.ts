// The dominator tree of a graph without cycles, with its edges as members: an edge dominates a node when every way to the
// node takes it, and then what the edge's test found is known at the node.
import { type GraphNode, type SetNode, successorsOf, type TestNode } from './graph.ts';

type Inner = TestNode | SetNode;

/** One way out of a node. */
export interface Edge {
  readonly from: Inner;
  readonly branch: 'yes' | 'no' | 'next';
}

export interface DominatorTree {
  readonly member: Inner | Edge;
  readonly children: DominatorTree[];
  readonly parent: DominatorTree | undefined;
  readonly depth: number;
}

/** `order` has each node before those it leads to; the first is the root. Leaves are left out. */
export function dominatorTree(order: readonly GraphNode[]): DominatorTree | undefined {
  const waysIn = new Map<GraphNode, DominatorTree[]>();
  let root: DominatorTree | undefined;
  for (const node of order) {
    if (node.kind !== 'test' && node.kind !== 'set') continue;
    const parent = waysIn.get(node)?.reduce(nearestCommon);
    const place = addTo(parent, node);
    root ??= place;
    for (const edge of edgesOf(node)) {
      const target = targetOf(edge);
      const way = addTo(place, edge);
      const ways = waysIn.get(target);
      if (ways === undefined) waysIn.set(target, [way]);
      else ways.push(way);
    }
  }
  return root;
}

function addTo(parent: DominatorTree | undefined, member: Inner | Edge): DominatorTree {
  const place = { member, children: [], parent, depth: parent === undefined ? 0 : parent.depth + 1 };
  parent?.children.push(place);
  return place;
}

function nearestCommon(one: DominatorTree, other: DominatorTree): DominatorTree {
  let [a, b] = [one, other];
  while (a !== b) {
    if (a.depth < b.depth) b = b.parent!;
    else a = a.parent!;
  }
  return a;
}

function edgesOf(node: Inner): Edge[] {
  if (node.kind === 'set') return [{ from: node, branch: 'next' }];
  return [
    { from: node, branch: 'yes' },
    { from: node, branch: 'no' },
  ];
}

export function targetOf({ from, branch }: Edge): GraphNode {
  if (from.kind === 'set') return from.next;
  return branch === 'yes' ? from.yes : from.no;
}

export function redirect({ from, branch }: Edge, target: GraphNode): void {
  if (from.kind === 'set') from.next = target;
  else if (branch === 'yes') from.yes = target;
  else from.no = target;
}

/** Whether some node leads back to one before it. */
export function hasCycle(order: readonly GraphNode[]): boolean {
  const seen = new Set<GraphNode>();
  for (const node of order) {
    seen.add(node);
    if (successorsOf(node).some((successor) => seen.has(successor))) return true;
  }
  return false;
}
