// Optimised graphs give the same answer as the conditions they come from, for every packet, truncated ones included: proven
// by running packets. What each optimisation does stands below that, on graphs small enough to read.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/bpf/index.ts';
import { searchChains } from '../../src/filter/chains.ts';
import { ALWAYS, allOf, anyOf, type Condition, NEVER, not } from '../../src/filter/condition.ts';
import { dominatorTree, hasCycle } from '../../src/filter/dominators.ts';
import { emit, TooManyRegisters } from '../../src/filter/emit.ts';
import { Folder } from '../../src/filter/fold.ts';
import { buildGraph, type GraphNode, nodesInOrder } from '../../src/filter/graph.ts';
import { Knowledge } from '../../src/filter/knowledge.ts';
import { optimise } from '../../src/filter/optimise.ts';
import { type Value, Values, type Variable } from '../../src/filter/value.ts';
import { versionsOf } from '../../src/filter/versions.ts';
import { Random, seedFor } from '../support/random.ts';
import {
  accepts,
  ConditionSource,
  conditionText,
  graphText,
  type StagePacket,
  stagePackets,
  valueText,
} from './stages.ts';

const values = new Values();
const byte = (offset: number) => values.load(1, offset);
const constant = (number: number) => values.constant(number);
const test = (left: Value, compare: 'eq' | 'gt' | 'ge' | 'set', right: number | Value): Condition => ({
  kind: 'test',
  compare,
  left,
  right: typeof right === 'number' ? constant(right) : right,
});
const is = (offset: number, number: number) => test(byte(offset), 'eq', number);
const optimised = (condition: Condition) => graphText(optimise(buildGraph(condition), values));

/** The answer of the program of a graph; undefined when it needs too much memory. */
function programOf(graph: GraphNode, table: Values, reuse: boolean): ((packet: StagePacket) => boolean) | undefined {
  try {
    const { program } = emit(graph, table, { snapLength: 1, reuse });
    return ({ bytes, originalLength, metadata }) => runProgram(program, bytes, originalLength, metadata) === 1;
  } catch (error) {
    if (error instanceof TooManyRegisters) return undefined;
    throw error;
  }
}

/** Every way to a program: none may change the answer. */
function waysOf(condition: Condition, table: Values): [name: string, run: (packet: StagePacket) => boolean][] {
  const searched = (leafSize: number) => {
    const graph = optimise(buildGraph(condition), table);
    searchChains(graph, table, leafSize);
    return graph;
  };
  const ways = [
    ['plain', buildGraph(condition), false],
    ['plain, registers reused', buildGraph(condition), true],
    ['optimised', optimise(buildGraph(condition), table), false],
    ['optimised, registers reused', optimise(buildGraph(condition), table), true],
    ['searched', searched(1), true],
  ] as const;
  return ways.flatMap(([name, graph, reuse]) => {
    const run = programOf(graph, table, reuse);
    return run === undefined ? [] : [[name, run] as [string, typeof run]];
  });
}

describe('optimise', () => {
  it('changes no answer: random conditions, packets of every length', () => {
    const random = new Random(seedFor('filter optimiser'));
    let taken = 0;
    let tried = 0;
    for (let i = 0; i < 3000; i++) {
      const table = new Values();
      const condition = new ConditionSource(random, table).condition(3 + random.below(4));
      const packets = stagePackets(random);
      const wanted = packets.map((packet) => accepts(condition, packet));
      for (const [name, run] of waysOf(condition, table)) {
        const wrong = packets.findIndex((packet, n) => run(packet) !== wanted[n]);
        if (wrong >= 0) {
          expect.fail(`${name}: ${!wanted[wrong]} for [${packets[wrong]!.bytes}]\n${conditionText(condition)}`);
        }
      }
      tried += packets.length;
      taken += wanted.filter((answer) => answer).length;
    }
    expect(taken / tried).toBeGreaterThan(0.1);
    expect(taken / tried).toBeLessThan(0.9);
  });

  it('goes past tests whose outcome is known', () => {
    expect(optimised(anyOf(allOf(is(0, 1), is(1, 2)), allOf(is(0, 1), is(1, 3))))).toEqual([
      '0  [0] = 1  yes 1  no reject',
      '1  [1] = 2  yes accept  no 2',
      '2  [1] = 3  yes accept  no reject',
    ]);
    expect(optimised(anyOf(is(0, 1), not(is(0, 1))))).toEqual(['0  [0] = 1  yes accept  no accept']);
    expect(optimised(allOf(test(byte(0), 'gt', 5), test(byte(0), 'ge', 3), is(1, 0)))).toEqual([
      '0  [0] > 5  yes 1  no reject',
      '1  [1] = 0  yes accept  no reject',
    ]);
    expect(optimised(allOf(test(byte(0), 'set', 4), not(is(0, 0)), not(is(0, 3)), is(1, 0)))).toEqual([
      '0  [0] & 4  yes 1  no reject',
      '1  [1] = 0  yes accept  no reject',
    ]);
  });

  it('knows that a byte cannot exceed 255', () => {
    expect(optimised(anyOf(is(0, 1), is(0, 256)))).toEqual(['0  [0] = 1  yes accept  no reject']);
    expect(optimised(allOf(test(byte(0), 'gt', 255), is(1, 0)))).toEqual([
      '0  [0] > 255  yes 1  no reject',
      '1  [1] = 0  yes accept  no reject',
    ]);
    expect(optimised(test(values.length(), 'ge', 0))).toEqual(['accept']);
  });

  it('drops no load that may reject', () => {
    expect(optimised(test(byte(0), 'ge', 0))).toEqual(['0  [0] >= 0  yes accept  no reject']);
    expect(optimised(allOf(is(9, 1), test(byte(8), 'ge', 0)))).toEqual(['0  [9] = 1  yes accept  no reject']);
    const divided = values.operation('div', constant(8), byte(0));
    expect(optimised(test(divided, 'ge', 0))).toEqual(['0  (8 / [0]) >= 0  yes accept  no reject']);
  });

  it('makes one of equal nodes', () => {
    const ports = () => anyOf(is(4, 80), is(6, 80));
    expect(optimised(anyOf(allOf(is(0, 1), ports()), allOf(is(0, 2), ports())))).toEqual([
      '0  [0] = 1  yes 2  no 1',
      '1  [0] = 2  yes 2  no reject',
      '2  [4] = 80  yes accept  no 3',
      '3  [6] = 80  yes accept  no reject',
    ]);
  });

  it('knows what a variable was set to, and drops those that nobody reads', () => {
    const one: Variable = { name: 'one' };
    const two: Variable = { name: 'two' };
    const set = (variable: Variable, value: Value): Condition => ({ kind: 'set', variable, value });
    const read = test(values.variable(one), 'eq', 3);
    expect(optimised(allOf(set(one, byte(0)), set(two, constant(1)), read))).toEqual([
      '0  $one := [0]  next 1',
      '1  $one = 3  yes accept  no reject',
    ]);
    expect(optimised(allOf(set(one, byte(0)), read, set(one, byte(1)), read))).toEqual([
      '0  $one := [0]  next 1',
      '1  $one = 3  yes 2  no reject',
      '2  $one := [1]  next 3',
      '3  $one = 3  yes accept  no reject',
    ]);
  });

  it('lets two tests change places where both reject, to load a value once', () => {
    expect(optimised(anyOf(is(4, 1), allOf(is(8, 2), is(4, 3))))).toEqual([
      '0  [4] = 3  yes 1  no 2',
      '1  [8] = 2  yes accept  no reject',
      '2  [4] = 1  yes accept  no reject',
    ]);
  });

  it('leaves loops alone', () => {
    const at: Variable = { name: 'at' };
    const next = values.operation('add', values.variable(at), constant(1));
    const step: Condition = { kind: 'set', variable: at, value: next };
    const loop: Condition = {
      kind: 'repeat',
      again: allOf(test(values.variable(at), 'eq', 0), step),
    };
    const graph = buildGraph(allOf(loop, is(0, 1), is(0, 1)));
    expect(hasCycle(nodesInOrder(graph))).toBe(true);
    expect(optimise(graph, values)).toBe(graph);
  });

  it('takes time in proportion: 20,000 alternatives that differ in everything', () => {
    const alternatives = Array.from({ length: 20_000 }, (_, i) =>
      allOf(is(i % 7, i % 251), is(10 + (i % 900), i % 13)),
    );
    const start = performance.now();
    const root = optimise(buildGraph(anyOf(NEVER, ...alternatives)), values);
    expect(nodesInOrder(root).length).toBeGreaterThan(1000);
    expect(performance.now() - start).toBeLessThan(15_000);
  });
});

describe('fold', () => {
  const fold = (value: Value) => valueText(new Folder(values).fold(value));
  const operation = values.operation.bind(values);

  it('computes constants modulo 2^32', () => {
    expect(fold(operation('add', constant(0xffffffff), constant(2)))).toBe('1');
    expect(fold(operation('mul', constant(0x10000), constant(0x10000)))).toBe('0');
    expect(fold(values.negate(constant(1)))).toBe('0xffffffff');
    expect(fold(operation('sub', constant(1), constant(2)))).toBe('0xffffffff');
  });

  it('leaves what rejects and what machines differ on', () => {
    expect(fold(operation('div', constant(4), constant(0)))).toBe('(4 / 0)');
    expect(fold(operation('lsh', constant(4), constant(32)))).toBe('(4 << 32)');
  });

  it('drops operations that change nothing, and joins constants', () => {
    expect(fold(operation('and', byte(0), constant(0xff)))).toBe('[0]');
    expect(fold(operation('and', byte(0), constant(0x7f)))).toBe('([0] & 127)');
    expect(fold(operation('add', operation('add', byte(0), constant(3)), constant(4)))).toBe('([0] + 7)');
    expect(fold(operation('add', constant(3), byte(0)))).toBe('([0] + 3)');
    expect(fold(operation('sub', operation('sub', byte(0), constant(3)), constant(4)))).toBe('(([0] - 3) - 4)');
  });

  it('moves additions into loads where they cannot wrap', () => {
    const sum = operation('add', byte(0), constant(3));
    expect(fold(values.load(1, 4, sum))).toBe('[[0] + 7]');
    expect(fold(values.load(1, 4, constant(3)))).toBe('[7]');
    const wide = operation('add', values.load(4, 0), constant(3));
    expect(fold(values.load(1, 4, wide))).toBe('[([0:4] + 3) + 4]');
    expect(fold(values.load(1, 0x7fffffff, sum))).toBe('[([0] + 3) + 2147483647]');
    expect(fold(values.load(1, 4, constant(0x7ffffffe)))).toBe('[0x7ffffffe + 4]');
  });

  it('asks for bits in one test', () => {
    const masked = values.operation('and', byte(0), constant(0x0c));
    expect(optimised(test(masked, 'eq', 0))).toEqual(['0  [0] & 12  yes reject  no accept']);
    expect(optimised(test(masked, 'gt', 0))).toEqual(['0  [0] & 12  yes accept  no reject']);
    expect(optimised(test(masked, 'eq', 0x0c))).toEqual(['0  ([0] & 12) = 12  yes accept  no reject']);
    const bit = values.operation('and', byte(0), constant(0x08));
    expect(optimised(test(bit, 'eq', 8))).toEqual(['0  [0] & 8  yes accept  no reject']);
  });

  it('puts the constant on the right', () => {
    expect(optimised(test(constant(5), 'gt', byte(0)))).toEqual(['0  [0] >= 5  yes reject  no accept']);
    expect(optimised(test(constant(5), 'ge', byte(0)))).toEqual(['0  [0] > 5  yes reject  no accept']);
  });
});

describe('knowledge', () => {
  it('is forgotten up to a mark', () => {
    const knowledge = new Knowledge();
    const mark = knowledge.mark();
    knowledge.learn('eq', byte(0), constant(5), true);
    knowledge.computed(byte(0));
    expect(knowledge.decide('gt', byte(0), constant(4))).toBe(true);
    expect(knowledge.isSafe(byte(0))).toBe(true);
    knowledge.forget(mark);
    expect(knowledge.decide('gt', byte(0), constant(4))).toBeUndefined();
    expect(knowledge.isSafe(byte(0))).toBe(false);
  });

  it.each([
    ['eq', 5, true, 'eq', 5, true],
    ['eq', 5, true, 'eq', 6, false],
    ['eq', 5, false, 'eq', 5, false],
    ['eq', 5, false, 'eq', 6, undefined],
    ['gt', 5, true, 'eq', 5, false],
    ['gt', 5, false, 'ge', 6, false],
    ['ge', 5, false, 'gt', 4, false],
    ['ge', 5, true, 'gt', 4, true],
    ['set', 0x0f, false, 'set', 0x03, false],
    ['set', 0x0f, false, 'set', 0x13, undefined],
    ['set', 0x03, true, 'set', 0x0f, true],
    ['set', 0x03, true, 'eq', 0x10, false],
    ['set', 0x03, true, 'eq', 0x11, undefined],
    ['eq', 0x11, true, 'set', 0x01, true],
    ['eq', 0x11, true, 'set', 0x02, false],
    ['gt', 5, true, 'set', 0x80, undefined],
  ] as const)('%s %i being %s: %s %i is %s', (learnt, number, outcome, asked, other, answer) => {
    const knowledge = new Knowledge();
    knowledge.learn(learnt, byte(0), constant(number), outcome);
    expect(knowledge.decide(asked, byte(0), constant(other))).toBe(answer);
  });

  it('agrees with all 256 bytes: two tests, then a third', () => {
    const holds = (compare: string, left: number, right: number) =>
      compare === 'eq'
        ? left === right
        : compare === 'gt'
          ? left > right
          : compare === 'ge'
            ? left >= right
            : (left & right) !== 0;
    const random = new Random(seedFor('filter knowledge'));
    for (let i = 0; i < 4000; i++) {
      const tests = Array.from({ length: 3 }, () => ({
        compare: random.pick(['eq', 'gt', 'ge', 'set'] as const),
        right: random.pick([0, 1, 2, 3, 4, 0x0f, 0x10, 0x7f, 0x80, 0xfe, 0xff]),
        outcome: random.chance(2),
      }));
      const knowledge = new Knowledge();
      for (const { compare, right, outcome } of tests.slice(0, 2))
        knowledge.learn(compare, byte(0), constant(right), outcome);
      const left = [...Array(256).keys()].filter((number) =>
        tests.slice(0, 2).every(({ compare, right, outcome }) => holds(compare, number, right) === outcome),
      );
      const { compare, right } = tests[2]!;
      const decided = knowledge.decide(compare, byte(0), constant(right));
      if (decided === undefined) continue;
      expect(
        left.every((number) => holds(compare, number, right) === decided),
        JSON.stringify(tests),
      ).toBe(true);
    }
  });

  it('knows how far a packet reaches, from each base by itself', () => {
    const knowledge = new Knowledge();
    const base = values.headerLength(0);
    knowledge.computed(values.load(2, 10, base));
    expect(knowledge.isSafe(values.load(4, 8, base))).toBe(true);
    expect(knowledge.isSafe(values.load(4, 9, base))).toBe(false);
    expect(knowledge.isSafe(byte(0))).toBe(true);
    expect(knowledge.isSafe(byte(1))).toBe(false);
  });
});

describe('dominators', () => {
  it('are the nodes and edges on every way', () => {
    const [a, b, c] = [is(0, 1), is(1, 2), is(2, 3)];
    const order = nodesInOrder(buildGraph(allOf(anyOf(a, b), c)));
    type Tree = NonNullable<ReturnType<typeof dominatorTree>>;
    const name = (member: Tree['member']): string => {
      if ('from' in member) return `${name(member.from)}.${member.branch}`;
      return member.kind === 'test' ? valueText(member.left) : member.variable.name;
    };
    const outline = (tree: Tree): unknown =>
      tree.children.length === 0 ? name(tree.member) : { [name(tree.member)]: tree.children.map(outline) };
    expect(outline(dominatorTree(order)!)).toEqual({
      '[0]': ['[0].yes', { '[0].no': [{ '[1]': ['[1].yes', '[1].no'] }] }, { '[2]': ['[2].yes', '[2].no'] }],
    });
  });
});

describe('versions', () => {
  const x: Variable = { name: 'x' };
  const set = (value: Value): Condition => ({ kind: 'set', variable: x, value });
  const read = test(values.variable(x), 'eq', 3);
  const lefts = (condition: Condition) => {
    const order = nodesInOrder(buildGraph(condition));
    const versions = versionsOf(order, values);
    return order.filter(({ kind }) => kind === 'test').map((node) => versions.of(node)!.left);
  };

  it('are the same where nothing was set between', () => {
    const [first, second] = lefts(allOf(set(byte(0)), read, read));
    expect(first).toBe(second);
  });

  it('differ after each setting, and where ways with different ones meet', () => {
    const [first, second] = lefts(allOf(set(byte(0)), read, set(byte(1)), read));
    expect(first).not.toBe(second);
    const met = lefts(allOf(set(byte(0)), anyOf(allOf(is(5, 1), set(byte(1))), ALWAYS), read));
    const before = lefts(allOf(set(byte(0)), read));
    expect(met.at(-1)).not.toBe(before[0]);
  });
});
