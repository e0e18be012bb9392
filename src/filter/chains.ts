// Chains of tests that compare one value with constants: put into an order that shares more, and long ones turned into a
// search by halves. The comparisons exclude each other, so their order makes no difference.
import { type GraphNode, nodesInOrder, type TestNode, waysInto } from './graph.ts';
import type { Value, Values } from './value.ts';

/** Tests whose yes leads to a leaf go to the end of their chain, where chains of other values may end alike. */
export function orderChains(root: GraphNode): boolean {
  let changed = false;
  for (const chain of chainsOf(root)) {
    const rank = ({ yes }: Alternative) => (yes.kind === 'accept' || yes.kind === 'reject' ? 1 : 0);
    const alternatives = chain.map(alternativeOf);
    const ordered = alternatives.toSorted((a, b) => rank(a) - rank(b));
    if (ordered.every((alternative, i) => alternative === alternatives[i])) continue;
    for (const [i, node] of chain.entries()) Object.assign(node, ordered[i]);
    changed = true;
  }
  return changed;
}

/** One comparison of a chain, without its place in it. */
type Alternative = Pick<TestNode, 'right' | 'yes' | 'place'>;

function alternativeOf({ right, yes, place }: TestNode): Alternative {
  return { right, yes, place };
}

/** The longest chains: tests for equality of one value, each reached from the one before only. */
function chainsOf(root: GraphNode): TestNode[][] {
  const order = nodesInOrder(root);
  const ways = waysInto(order);
  const inside = new Set<GraphNode>();
  const chains: TestNode[][] = [];
  for (const node of order) {
    if (inside.has(node) || !isComparison(node)) continue;
    const chain = [node];
    for (let next = node.no; isComparison(next) && next.left === node.left && ways.get(next) === 1; next = next.no) {
      chain.push(next);
      inside.add(next);
    }
    if (chain.length > 1) chains.push(chain);
  }
  return chains;
}

function isComparison(node: GraphNode): node is TestNode {
  return node.kind === 'test' && node.compare === 'eq' && node.right.kind === 'constant';
}

/** Consecutive constants that lead to the same. */
interface Range {
  readonly from: number;
  to: number;
  readonly yes: GraphNode;
  readonly place: TestNode['place'];
}

/** Chains of at least so many comparisons become searches. */
const LONG = 17;
/** From so many consecutive constants on, two comparisons do. */
const WIDE = 3;

/** Long chains as searches that end in chains of at most `leafSize` ranges. */
export function searchChains(root: GraphNode, values: Values, leafSize: number): void {
  for (const chain of chainsOf(root)) {
    const ranges = rangesOf(chain);
    if (chain.length < LONG && ranges.length === chain.length) continue;
    const first = chain[0]!;
    const search = new Search(first.left, chain.at(-1)!.no, values, chain.length < LONG ? Infinity : leafSize);
    Object.assign(first, search.over(ranges));
  }
}

/** Comparisons with many members as searches of the same kind. */
export function expandMembers(root: GraphNode, values: Values, leafSize: number): void {
  for (const node of nodesInOrder(root)) {
    if (node.kind !== 'test' || node.right.kind !== 'members') continue;
    const { left, no, yes, places, right } = node;
    const ranges = joinedRanges(right.constants.map((value) => ({ value, yes, place: places?.get(value) })));
    Object.assign(node, new Search(left, no, values, leafSize).over(ranges));
  }
}

/** Of comparisons with the same constant only the first one can be true. */
function rangesOf(chain: readonly TestNode[]): Range[] {
  const first = new Map<number, Pick<Range, 'yes' | 'place'>>();
  for (const { right, yes, place } of chain) {
    const { constant } = right as { constant: number };
    if (!first.has(constant)) first.set(constant, { yes, place });
  }
  const constants = [...first].sort(([a], [b]) => a - b);
  return joinedRanges(constants.map(([value, about]) => ({ value, ...about })));
}

/** Consecutive constants with one target as one range, where that is shorter. */
function joinedRanges(constants: readonly (Pick<Range, 'yes' | 'place'> & { value: number })[]): Range[] {
  const ranges: Range[] = [];
  for (const { value, yes, place } of constants) {
    const last = ranges.at(-1);
    if (last?.to === value - 1 && last.yes === yes) last.to = value;
    else ranges.push({ from: value, to: value, yes, place });
  }
  return ranges.flatMap((range) => (range.to - range.from + 1 >= WIDE ? [range] : singles(range)));
}

function singles({ from, to, yes, place }: Range): Range[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({ from: from + i, to: from + i, yes, place }));
}

class Search {
  private readonly left: Value;
  private readonly otherwise: GraphNode;
  private readonly values: Values;
  private readonly leafSize: number;

  constructor(left: Value, otherwise: GraphNode, values: Values, leafSize: number) {
    this.left = left;
    this.otherwise = otherwise;
    this.values = values;
    this.leafSize = leafSize;
  }

  /** Sorted ranges, at least one. */
  over(ranges: readonly Range[]): TestNode {
    if (ranges.length <= this.leafSize) {
      return ranges.reduceRight<GraphNode>((next, range) => this.one(range, next), this.otherwise) as TestNode;
    }
    const middle = ranges.length >> 1;
    const upper = ranges.slice(middle);
    return this.test('ge', upper[0]!.from, this.over(upper), this.over(ranges.slice(0, middle)), upper[0]!.place);
  }

  private one({ from, to, yes, place }: Range, next: GraphNode): TestNode {
    if (from === to) return this.test('eq', from, yes, next, place);
    return this.test('ge', from, this.test('gt', to, next, yes, place), next, place);
  }

  private test(
    compare: TestNode['compare'],
    constant: number,
    yes: GraphNode,
    no: GraphNode,
    place: TestNode['place'],
  ): TestNode {
    return { kind: 'test', compare, left: this.left, right: this.values.constant(constant), yes, no, place };
  }
}
