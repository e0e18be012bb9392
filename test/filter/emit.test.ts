// Graphs as programs: registers used again, memory and its limit, jumps of any length, loops, places.
import { describe, expect, it } from 'vitest';
import { checkProgram, listProgram, runProgram } from '../../src/bpf/index.ts';
import { ALWAYS, allOf, anyOf, type Condition, not } from '../../src/filter/condition.ts';
import { emit, TooManyRegisters } from '../../src/filter/emit.ts';
import { buildGraph } from '../../src/filter/graph.ts';
import { type Value, Values, type Variable } from '../../src/filter/value.ts';
import { accepts } from './stages.ts';

const values = new Values();
const constant = (number: number) => values.constant(number);
const test = (left: Value, compare: 'eq' | 'gt' | 'ge' | 'set', right: number | Value): Condition => ({
  kind: 'test',
  compare,
  left,
  right: typeof right === 'number' ? constant(right) : right,
});
const byte = (offset: number, base?: Value) => values.load(1, offset, base);
const is = (offset: number, number: number) => test(byte(offset), 'eq', number);
const OPTIONS = { snapLength: 100, reuse: true };
const program = (condition: Condition, reuse = true) =>
  emit(buildGraph(condition), values, { ...OPTIONS, reuse }).program;
const listing = (condition: Condition, reuse = true) =>
  listProgram(program(condition, reuse))
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replace(/^\(\d+\) /, '')
        .replace(/\s+/g, ' ')
        .trim(),
    );
const run = (condition: Condition, bytes: readonly number[], reuse = true) =>
  runProgram(program(condition, reuse), Uint8Array.from(bytes));

describe('registers', () => {
  it('are used again behind a test, and loaded again without reuse', () => {
    const condition = anyOf(is(0, 1), is(0, 2));
    expect(listing(condition)).toEqual(['ldb [0]', 'jeq #0x1 jt 3 jf 2', 'jeq #0x2 jt 3 jf 4', 'ret #100', 'ret #0']);
    expect(listing(condition, false).filter((line) => line === 'ldb [0]').length).toBe(2);
  });

  it('are not used again where ways meet that left them otherwise', () => {
    const condition = allOf(anyOf(is(0, 1), is(1, 2)), is(0, 3));
    expect(listing(condition).filter((line) => line === 'ldb [0]').length).toBe(2);
  });

  it('keep the length of a header for both ports', () => {
    const header = values.headerLength(14);
    const ports = (at: number) => values.load(2, at, header);
    const condition = anyOf(test(ports(14), 'eq', 80), test(ports(16), 'eq', 80));
    expect(listing(condition)).toEqual([
      'ldxb 4*([14]&0xf)',
      'ldh [x + 14]',
      'jeq #0x50 jt 5 jf 3',
      'ldh [x + 16]',
      'jeq #0x50 jt 5 jf 6',
      'ret #100',
      'ret #0',
    ]);
  });

  it('know that a variable is what it was set to', () => {
    const x: Variable = { name: 'x' };
    const set: Condition = { kind: 'set', variable: x, value: byte(0) };
    expect(listing(allOf(set, test(values.variable(x), 'eq', 5)))).toEqual([
      'ldb [0]',
      'st M[0]',
      'jeq #0x5 jt 3 jf 4',
      'ret #100',
      'ret #0',
    ]);
  });

  it('compare two values, and compute with two', () => {
    expect(listing(test(byte(0), 'gt', byte(1)))).toEqual([
      'ldb [1]',
      'tax',
      'ldb [0]',
      'jgt x jt 4 jf 5',
      'ret #100',
      'ret #0',
    ]);
    const difference = values.operation('sub', values.length(), byte(3));
    expect(listing(test(difference, 'eq', 1)).slice(0, 4)).toEqual(['ldb [3]', 'tax', 'ld #pktlen', 'sub x']);
  });
});

describe('memory', () => {
  const product = (depth: number): Value => {
    // Left and right need computing, so one of them must wait in memory.
    if (depth === 0) return values.operation('add', byte(0), constant(depth + 1));
    return values.operation(
      'sub',
      values.operation('add', byte(depth), constant(1)),
      values.negate(product(depth - 1)),
    );
  };

  it('holds results that wait, and is free again behind them', () => {
    const value = product(3);
    const condition = test(value, 'eq', 20);
    expect(listing(condition).filter((line) => line.startsWith('st ')).length).toBeGreaterThan(0);
    expect(run(condition, [5, 4, 3, 2, 0])).toBe(
      accepts(condition, { bytes: Uint8Array.of(5, 4, 3, 2, 0), originalLength: 5, metadata: {} }) ? 100 : 0,
    );
    const many = Array.from({ length: 40 }, (_, i) => test(product(3), 'gt', i));
    expect(() => program(allOf(ALWAYS, ...many), false)).not.toThrow();
  });

  it('ends at 16 words', () => {
    expect(() => program(test(product(10), 'eq', 0))).not.toThrow();
    expect(() => program(test(product(40), 'eq', 0))).toThrow(TooManyRegisters);
    const variables = (count: number) =>
      Array.from(
        { length: count },
        (_, i): Condition => ({ kind: 'set', variable: { name: `v${i}` }, value: byte(i) }),
      );
    expect(() => program(allOf(ALWAYS, ...variables(16)))).not.toThrow();
    expect(() => program(allOf(ALWAYS, ...variables(17)))).toThrow(TooManyRegisters);
  });

  it('is set to 0 before a variable is read that nothing set: the kernel refuses to read others', () => {
    const x: Variable = { name: 'x' };
    const read = test(values.variable(x), 'eq', 0);
    const maybe = anyOf(allOf(is(0, 1), { kind: 'set', variable: x, value: byte(1) }), ALWAYS);
    for (const reuse of [true, false]) {
      expect(checkProgram(program(allOf(maybe, read), reuse))).toBeUndefined();
      expect(run(allOf(maybe, read), [2, 7], reuse)).toBe(100);
      expect(run(allOf(maybe, read), [1, 7], reuse)).toBe(0);
    }
  });
});

describe('depth', () => {
  it.each([
    ['signs', (value: Value) => values.negate(value), 20_000],
    ['sums', (value: Value) => values.operation('add', value, byte(1)), 20_000],
    ['sums with their long side on the right', (value: Value) => values.operation('add', byte(1), value), 5],
    ['indexes', (value: Value) => byte(0, value), 20_000],
    ['indexes in sums', (value: Value) => byte(0, values.operation('and', byte(1, value), constant(3))), 20_000],
    ['all of them', (v: Value) => values.negate(values.operation('sub', byte(0, v), byte(1))), 20_000],
  ])('of %s costs no stack', (_name, around, depth) => {
    let value: Value = byte(0);
    for (let i = 0; i < depth; i++) value = around(value);
    const condition = test(value, 'ge', 0);
    for (const reuse of [true, false]) expect(run(condition, [0, 0, 0, 0], reuse)).toBe(100);
  });
});

describe('jumps', () => {
  it.each([1, 100, 126, 127, 128, 129, 253, 254, 255, 256, 257, 1000, 35_000])('past %i tests', (count) => {
    // The first test leads past all others, and every one of them past those behind it.
    const others = Array.from({ length: count }, (_, i) => is(1 + (i % 2), i % 256));
    const condition = anyOf(allOf(is(0, 1), anyOf(others[0]!, ...others.slice(1))), allOf(is(0, 2), is(3, 9)));
    for (const reuse of [true, false]) {
      const code = program(condition, reuse);
      expect(checkProgram(code, 1_000_000)).toBeUndefined();
      const answer = (...bytes: number[]) => runProgram(code, Uint8Array.from(bytes));
      expect(answer(2, 0, 0, 9)).toBe(100);
      expect(answer(2, 0, 0, 8)).toBe(0);
      expect(answer(3, 0, 0, 9)).toBe(0);
      expect(answer(1, 0, 250, 9)).toBe(100);
      expect(answer(1, 1)).toBe(0);
    }
  });

  it('reach everywhere in a program of 70,000 instructions', () => {
    const tests = Array.from({ length: 35_000 }, (_, i) => not(is(i % 200, (i * 7) % 256)));
    const code = program(allOf(ALWAYS, ...tests));
    expect(code.length).toBeGreaterThan(70_000);
    expect(checkProgram(code, 1_000_000)).toBeUndefined();
    const packet = new Uint8Array(200).fill(255);
    const wanted = tests.every((condition) => accepts(condition, { bytes: packet, originalLength: 200, metadata: {} }));
    expect(runProgram(code, packet) > 0).toBe(wanted);
  });

  it.each(['a variable', 'a test'])('go back at the end of a loop that ends in %s', (end) => {
    const at: Variable = { name: 'at' };
    const value = values.variable(at);
    const step: Condition = { kind: 'set', variable: at, value: values.operation('add', value, constant(1)) };
    const steps = end === 'a test' ? [step, test(value, 'ge', 0)] : [step];
    // Looks for the first byte that is not 7.
    const loop: Condition = {
      kind: 'repeat',
      again: allOf(test(value, 'ge', 0), test(byte(0, value), 'eq', 7), ...steps),
    };
    const condition = allOf(loop, test(value, 'eq', 4));
    const bytes = [7, 7, 7, 7, 8, 7];
    expect(run(condition, bytes)).toBe(100);
    expect(run(condition, [7, 7, 8, 7, 8, 7])).toBe(0);
    expect(run(condition, [7, 7])).toBe(0);
    expect(checkProgram(program(condition))?.reason).toMatch(/jumps out of the program/);
  });
});

describe('places', () => {
  it('are those of the words, for each instruction of a test', () => {
    const place = { at: 3, end: 9 };
    const other = { at: 14, end: 20 };
    const masked = test(values.operation('and', byte(0), constant(3)), 'eq', 1);
    const condition = allOf({ ...masked, place } as Condition, { ...is(1, 2), place: other } as Condition);
    const { program: code, places } = emit(buildGraph(condition), values, OPTIONS);
    expect(code.length).toBe(7);
    expect(places).toEqual([place, place, place, other, other, undefined, undefined]);
  });
});

it('returns the snap length', () => {
  expect(emit(buildGraph(ALWAYS), values, { snapLength: 77, reuse: true }).program).toEqual([
    { code: 6, jt: 0, jf: 0, k: 77 },
  ]);
});
