// Conditions as graphs: what leads to what, in which order, and how loops are closed.
import { describe, expect, it } from 'vitest';
import { allOf, anyOf, type Condition, NEVER, not } from '../../src/filter/condition.ts';
import { buildGraph, nodesInOrder, successorsOf, waysInto } from '../../src/filter/graph.ts';
import { Values, type Variable } from '../../src/filter/value.ts';
import { graphText } from './stages.ts';

const values = new Values();
const is = (offset: number, number: number): Condition => ({
  kind: 'test',
  compare: 'eq',
  left: values.load(1, offset),
  right: values.constant(number),
});
const [a, b, c] = [is(0, 1), is(1, 2), is(2, 3)] as const;
const built = (condition: Condition) => graphText(buildGraph(condition));

describe('buildGraph', () => {
  it('leads from left to right, no further than needed', () => {
    expect(built(allOf(a, b))).toEqual(['0  [0] = 1  yes 1  no reject', '1  [1] = 2  yes accept  no reject']);
    expect(built(anyOf(a, b))).toEqual(['0  [0] = 1  yes accept  no 1', '1  [1] = 2  yes accept  no reject']);
    expect(built(allOf(anyOf(a, b), c))).toEqual([
      '0  [0] = 1  yes 2  no 1',
      '1  [1] = 2  yes 2  no reject',
      '2  [2] = 3  yes accept  no reject',
    ]);
  });

  it('needs no node for not, always and never', () => {
    expect(built(not(allOf(a, b)))).toEqual(['0  [0] = 1  yes 1  no accept', '1  [1] = 2  yes reject  no accept']);
    expect(built({ kind: 'always' })).toEqual(['accept']);
    expect(built(not(not(NEVER)))).toEqual(['reject']);
    expect(built(anyOf(allOf(a, NEVER), b))).toEqual(['0  [0] = 1  yes 1  no 1', '1  [1] = 2  yes accept  no reject']);
  });

  it('sets variables on the way', () => {
    const x: Variable = { name: 'x' };
    const set: Condition = { kind: 'set', variable: x, value: values.load(1, 9) };
    expect(built(anyOf(allOf(a, set, b), c))).toEqual([
      '0  [0] = 1  yes 1  no 3',
      '1  $x := [9]  next 2',
      '2  [1] = 2  yes accept  no 3',
      '3  [2] = 3  yes accept  no reject',
    ]);
  });

  it('closes loops behind a node that sets a variable to itself', () => {
    const x: Variable = { name: 'x' };
    const value = values.variable(x);
    const step: Condition = { kind: 'set', variable: x, value: values.operation('add', value, values.constant(1)) };
    const again = allOf(not({ kind: 'test', compare: 'gt', left: value, right: values.constant(9) }), step);
    expect(built(allOf({ kind: 'repeat', again }, a))).toEqual([
      '0  $x > 9  yes 1  no 2',
      '1  [0] = 1  yes accept  no reject',
      '2  $x := ($x + 1)  next 3',
      '3  $x := $x  next 0',
    ]);
  });

  it('refuses loops that do not begin with a variable', () => {
    expect(() => buildGraph({ kind: 'repeat', again: a })).toThrow('a loop must begin with a test of a variable');
  });

  it('costs no stack, however deep the condition', () => {
    let [left, right] = [a, b];
    for (let i = 0; i < 100_000; i++) {
      left = i % 2 ? allOf(left, not(a)) : anyOf(left, b);
      right = i % 2 ? allOf(not(a), right) : anyOf(b, right);
    }
    expect(nodesInOrder(buildGraph(left)).length).toBeGreaterThan(100_000);
    expect(nodesInOrder(buildGraph(right)).length).toBeGreaterThan(100_000);
  });
});

describe('nodesInOrder', () => {
  it('has each node before those that it leads to', () => {
    const order = nodesInOrder(buildGraph(allOf(anyOf(a, allOf(b, c)), anyOf(not(b), c), a)));
    for (const [i, node] of order.entries()) {
      for (const next of successorsOf(node)) expect(order.indexOf(next)).toBeGreaterThan(i);
    }
  });

  it('goes with waysInto: how often each is led to', () => {
    const order = nodesInOrder(buildGraph(allOf(anyOf(a, b), c)));
    expect(order.map((node) => waysInto(order).get(node))).toEqual([undefined, 1, 2, 1, 2]);
    expect(order.map(({ kind }) => kind)).toEqual(['test', 'test', 'test', 'accept', 'reject']);
  });
});
