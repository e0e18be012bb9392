// Tracing a classic program: each step with its registers, where loads read, which way jumps went, and how it ended.
import { expect, it } from 'vitest';
import { assemble, runProgram, traceProgram } from '../../src/bpf/index.ts';

const PROGRAM = assemble(`
      ldh [2]
      jeq #0x506 jt next jf no
next: ldxb 4*([0]&0xf)
      ldb [x + 1]
      jgt #9 jt yes jf no
 yes: ret #96
  no: ret #0`);

it('tells every step to the end', () => {
  expect(traceProgram(PROGRAM, Uint8Array.of(1, 4, 5, 6, 7, 8))).toEqual({
    kept: 0,
    steps: [
      { instruction: 0, a: 0x506, x: 0, loadedFrom: 2 },
      { instruction: 1, a: 0x506, x: 0, held: true },
      { instruction: 2, a: 0x506, x: 4, loadedFrom: 0 },
      { instruction: 3, a: 8, x: 4, loadedFrom: 5 },
      { instruction: 4, a: 8, x: 4, held: false },
      { instruction: 6, a: 8, x: 4 },
    ],
  });
});

it('tells the load outside the packet that ended it', () => {
  expect(traceProgram(PROGRAM, Uint8Array.of(2, 4, 5, 6, 7, 8))).toEqual({
    kept: 0,
    steps: [
      { instruction: 0, a: 0x506, x: 0, loadedFrom: 2 },
      { instruction: 1, a: 0x506, x: 0, held: true },
      { instruction: 2, a: 0x506, x: 8, loadedFrom: 0 },
      { instruction: 3, a: 0x506, x: 8, loadedFrom: 9 },
    ],
  });
});

it('tells the division by zero that ended it', () => {
  const { kept, steps } = traceProgram(assemble('ld #8\ndiv x\nret #1'), new Uint8Array(0));
  expect([kept, steps.at(-1)]).toEqual([0, { instruction: 1, a: 8, x: 0 }]);
});

it('keeps what the interpreter keeps', () => {
  for (const last of [8, 9, 10, 255]) {
    const packet = Uint8Array.of(1, 4, 5, 6, 7, last);
    expect(traceProgram(PROGRAM, packet).kept).toBe(runProgram(PROGRAM, packet));
  }
});
