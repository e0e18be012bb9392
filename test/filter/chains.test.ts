// Chains of comparisons: put into order, ranges made of neighbours, long ones searched by halves. The answer is that of the
// first comparison that is true.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/bpf/index.ts';
import { orderChains, searchChains } from '../../src/filter/chains.ts';
import { allOf, anyOf, type Condition, not } from '../../src/filter/condition.ts';
import { emit } from '../../src/filter/emit.ts';
import { buildGraph, type GraphNode, nodesInOrder } from '../../src/filter/graph.ts';
import { Values } from '../../src/filter/value.ts';
import { Random, seedFor } from '../support/random.ts';
import { graphText } from './stages.ts';

const values = new Values();
const port = values.load(2, 0);
const is = (number: number, offset = 0): Condition => ({
  kind: 'test',
  compare: 'eq',
  left: values.load(2, offset),
  right: values.constant(number),
});
const oneOf = (numbers: readonly number[]) => anyOf(is(numbers[0]!), ...numbers.slice(1).map((number) => is(number)));
const searched = (condition: Condition, leafSize = 4) => {
  const root = buildGraph(condition);
  searchChains(root, values, leafSize);
  return root;
};
const every = (step: number, count: number) => Array.from({ length: count }, (_, i) => i * step);

/** Most comparisons on a way to a leaf. */
function depthOf(node: GraphNode): number {
  return node.kind === 'test' ? 1 + Math.max(depthOf(node.yes), depthOf(node.no)) : 0;
}

describe('searchChains', () => {
  it('makes ranges of three neighbours and more', () => {
    expect(graphText(searched(oneOf([7, 5, 6])))).toEqual([
      '0  [0:2] >= 5  yes 1  no reject',
      '1  [0:2] > 7  yes reject  no accept',
    ]);
    expect(graphText(searched(oneOf([6, 5])))).toEqual([
      '0  [0:2] = 6  yes accept  no 1',
      '1  [0:2] = 5  yes accept  no reject',
    ]);
  });

  it('leaves short chains as they are, and searches from 17 on', () => {
    const short = buildGraph(oneOf(every(2, 16)));
    const before = graphText(short);
    searchChains(short, values, 4);
    expect(graphText(short)).toEqual(before);
    expect(depthOf(searched(oneOf(every(2, 17))))).toBe(3 + 3);
  });

  it('needs few comparisons for many constants', () => {
    expect(depthOf(buildGraph(oneOf(every(3, 4096))))).toBe(4096);
    expect(depthOf(searched(oneOf(every(3, 4096)), 8))).toBe(9 + 8);
    expect(nodesInOrder(searched(oneOf(every(3, 4096)), Infinity)).length).toBe(4096 + 2);
  });

  it('splits chains where another way leads in, or another value is asked for', () => {
    const condition = anyOf(allOf(is(9, 2), oneOf(every(2, 20))), oneOf(every(2, 20)));
    const root = buildGraph(condition);
    searchChains(root, values, 4);
    expect(graphText(root)[0]).toMatch(/^0 {2}\[2:2\] = 9/);
    expect(depthOf(root)).toBeLessThan(20);
  });

  it('keeps to the first of equal comparisons', () => {
    // 5 is refused before it would be taken: the split of the search must not fall between the two.
    for (let low = 0; low <= 40; low++) {
      const smaller = Array.from({ length: low }, (_, i) => 10 + 2 * i);
      const greater = Array.from({ length: 40 - low }, (_, i) => 200 + 2 * i);
      const condition = allOf(not(is(100)), anyOf(is(100), ...[...smaller, ...greater].map((number) => is(number))));
      const { program } = emit(searched(condition, 1), values, { snapLength: 1, reuse: true });
      expect(runProgram(program, Uint8Array.of(0, 100))).toBe(0);
    }
  });

  it('gives the same answers as the chain', () => {
    const random = new Random(seedFor('filter chains'));
    for (let i = 0; i < 300; i++) {
      const count = 1 + random.below(60);
      const numbers = Array.from({ length: count }, () => random.below(random.pick([20, 100, 65536])));
      const end = () => (random.chance(3) ? is(1, 2) : is(random.below(2), 4));
      const condition = numbers
        .map((number) => (random.chance(4) ? allOf(is(number), end()) : is(number)))
        .reduce((left, right) => (random.chance(6) ? allOf(not(left), right) : anyOf(left, right)));
      const run = (graph: GraphNode) => emit(graph, values, { snapLength: 1, reuse: true }).program;
      const plain = run(buildGraph(condition));
      const other = run(searched(condition, random.pick([1, 2, 8, Infinity])));
      for (const number of [...numbers, ...numbers.map((n) => n + 1), 0, 19, 65535]) {
        const packet = Uint8Array.of(number >> 8, number, 0, random.below(3), 0, random.below(2));
        expect(runProgram(other, packet), `${number} of ${numbers}`).toBe(runProgram(plain, packet));
      }
    }
  });
});

describe('orderChains', () => {
  it('puts comparisons that lead to an answer behind those that lead on', () => {
    const root = buildGraph(anyOf(is(5), allOf(is(6), is(1, 2)), is(7)));
    expect(graphText(root)[0]).toBe('0  [0:2] = 5  yes accept  no 1');
    // The chain ends behind 6: what follows is reached from the test of [2:2] too.
    expect(orderChains(root)).toBe(true);
    expect(graphText(root)[0]).toMatch(/^0 {2}\[0:2\] = 6 {2}yes \d/);
    expect(orderChains(root)).toBe(false);
  });

  it('leaves chains that lead to answers only', () => {
    expect(orderChains(buildGraph(allOf(not(is(5)), not(is(6)), is(7))))).toBe(false);
  });

  it('puts an answer behind a comparison that leads on, and is then content', () => {
    const mixed: GraphNode = buildGraph(is(1, 2));
    const no = buildGraph(is(8));
    const second: GraphNode = {
      kind: 'test',
      compare: 'eq',
      left: port,
      right: values.constant(2),
      yes: mixed,
      no,
      place: undefined,
    };
    const first: GraphNode = { ...second, right: values.constant(1), yes: { kind: 'accept' }, no: second };
    expect(orderChains(first)).toBe(true);
    expect(graphText(first)[0]).toMatch(/^0 {2}\[0:2\] = 2 {2}yes \d/);
    expect(orderChains(first)).toBe(false);
  });
});
