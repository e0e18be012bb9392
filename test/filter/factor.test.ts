// Alternatives asked together: which ones, and which ones not. Every packet that was taken is still taken, and packets that
// hold all that is asked about get the same answer.
import { describe, expect, it } from 'vitest';
import { allOf, anyOf, type Condition, not } from '../../src/filter/condition.ts';
import { factor } from '../../src/filter/factor.ts';
import { type Value, Values, type Variable } from '../../src/filter/value.ts';
import { Random, seedFor } from '../support/random.ts';
import { accepts, conditionText, stagePackets } from './stages.ts';

const values = new Values();
const test = (left: Value, compare: 'eq' | 'gt', right: number): Condition => ({
  kind: 'test',
  compare,
  left,
  right: values.constant(right),
});
const is = (offset: number, number: number) => test(values.load(1, offset), 'eq', number);
const factored = (condition: Condition) => conditionText(factor(condition, values));

const ip = is(0, 8);
const host = (number: number) => allOf(ip, anyOf(is(1, number), is(2, number)));

describe('factor', () => {
  it('asks alternatives of one shape together, one end after the other', () => {
    expect(factored(anyOf(host(5), host(6), host(7)))).toBe(
      '[0] = 8 and ([1] = 5 or [1] = 6 or [1] = 7 or [2] = 5 or [2] = 6 or [2] = 7)',
    );
    expect(factored(anyOf(is(1, 5), is(2, 5), is(1, 6)))).toBe('[1] = 5 or [1] = 6 or [2] = 5');
  });

  it('asks each constant once', () => {
    expect(factored(anyOf(is(1, 5), is(1, 6), is(1, 5)))).toBe('[1] = 5 or [1] = 6');
    expect(factored(anyOf(host(5), host(5)))).toBe('[0] = 8 and ([1] = 5 or [2] = 5)');
  });

  it('merges across alternatives that only ask, each group where its first member was', () => {
    const between = test(values.load(1, 3), 'gt', 1);
    expect(factored(anyOf(is(1, 5), between, is(1, 6)))).toBe('[1] = 5 or [1] = 6 or [3] > 1');
  });

  it('leaves alternatives of other shapes apart', () => {
    const arp = (number: number) => allOf(is(0, 9), is(1, number));
    expect(factored(anyOf(host(5), arp(5), host(6), arp(6)))).toBe(
      '([0] = 8 and ([1] = 5 or [1] = 6 or [2] = 5 or [2] = 6)) or ([0] = 9 and ([1] = 5 or [1] = 6))',
    );
    const moreThan = (number: number) => test(values.load(1, 1), 'gt', number);
    expect(factored(anyOf(moreThan(5), moreThan(6)))).toBe('[1] > 5 or [1] > 6');
    const unlike = anyOf(not(is(1, 5)), not(is(1, 6)));
    expect(factored(unlike)).toBe('not [1] = 5 or not [1] = 6');
    expect(factored(allOf(is(1, 5), is(1, 6)))).toBe('[1] = 5 and [1] = 6');
  });

  it('merges inside of other conditions', () => {
    expect(factored(allOf(ip, not(anyOf(host(5), host(6)))))).toBe(
      '[0] = 8 and not ([0] = 8 and ([1] = 5 or [1] = 6 or [2] = 5 or [2] = 6))',
    );
  });

  it('moves nothing across what sets a variable', () => {
    const x: Variable = { name: 'x' };
    const set: Condition = allOf(is(3, 1), { kind: 'set', variable: x, value: values.load(1, 4) });
    const reads = (number: number) => test(values.variable(x), 'eq', number);
    const text = '$x = 5 or ([3] = 1 and $x := [4]) or $x = 6 or $x = 7';
    expect(factored(anyOf(reads(5), set, reads(6)))).toBe('$x = 5 or ([3] = 1 and $x := [4]) or $x = 6');
    expect(factored(anyOf(reads(5), set, reads(6), reads(7)))).toBe(text);
  });

  it('takes all that was taken, and no more of packets that hold what is asked about', () => {
    const random = new Random(seedFor('filter factor'));
    const FURTHEST = 8;
    const condition = (depth: number): Condition => {
      if (depth === 0 || random.chance(4)) return is(random.below(4), random.below(4));
      const parts = Array.from({ length: 1 + random.below(4) }, () => condition(depth - 1));
      if (random.chance(8)) return not(parts[0]!);
      return random.chance(2) ? allOf(condition(depth - 1), ...parts) : anyOf(condition(depth - 1), ...parts);
    };
    for (let i = 0; i < 2000; i++) {
      const whole = anyOf(condition(3), condition(3), condition(3));
      const other = factor(whole, values);
      for (const packet of stagePackets(random)) {
        const wanted = accepts(whole, packet);
        if (!wanted && packet.bytes.length < FURTHEST) continue;
        expect(accepts(other, packet), `[${packet.bytes}] ${conditionText(whole)}`).toBe(wanted);
      }
    }
  });

  it('keeps many constants together as members, each with its place', () => {
    const at = (number: number): Condition =>
      ({ ...is(1, number), place: { at: number, end: number + 1 } }) as Condition;
    const hosts = Array.from({ length: 20 }, (_, i) => at(40 - 2 * i));
    const members = factor(anyOf(hosts[0]!, ...hosts.slice(1), at(40)), values);
    expect(conditionText(members)).toBe('[1] in {2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,40}');
    expect(members.kind === 'test' && members.places?.get(6)).toEqual({ at: 6, end: 7 });
  });

  it('takes lists of any length, and any depth', () => {
    const hosts = Array.from({ length: 20_000 }, (_, i) => host(i));
    const start = performance.now();
    const together = factor(anyOf(host(0), ...hosts), values);
    expect(together.kind === 'and' && conditionText(together.left)).toBe('[0] = 8');
    let deep: Condition = ip;
    for (let i = 0; i < 100_000; i++) deep = i % 2 ? allOf(is(1, i % 256), deep) : anyOf(is(1, i % 256), deep);
    expect(factor(deep, values).kind).toBe('and');
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
