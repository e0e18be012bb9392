// Classic programs as JavaScript functions, for filtering in user space: no interpreter loop, no allocation, and the
// engine's optimiser sees plain control flow.
//
// Jumps of classic BPF go forward, so each target becomes the end of a labelled block:
//
//   L2: { L1: { ... if (a === 6) break L1; else break L2; } code at 1 ... } code at 2 ...
//
// Programs with backward jumps (protochain) or with more targets than blocks nest well become a switch in a loop.

import {
  EXTENSION_BASE,
  type ExtensionName,
  extensionAt,
  type Instruction,
  LINK_HEADER_BASE,
  NETWORK_HEADER_BASE,
  type Opcode,
  opcodeOf,
  type Program,
} from './classic.ts';
import { checkRunnable } from './classic-check.ts';
import type { Metadata } from './classic-run.ts';

/**
 * A filter over a packet at `offset` of `bytes`, with `captured` bytes there and `original` on the wire: how many bytes
 * to keep, 0 to reject. `metadata` serves Linux's extensions.
 */
export type PacketFilter = (
  bytes: Uint8Array,
  offset: number,
  captured: number,
  original: number,
  metadata?: Metadata,
) => number;

/** Deeper nests of blocks than this would exhaust the stack of JavaScript parsers. */
const MAX_BLOCKS = 400;

/** Rounds of a program with backward jumps before it is taken to run for ever: as in the interpreter. */
const MAX_ROUNDS = 1_000_000;

/**
 * Compiles a program. Throws RangeError for one that could not be run; backward jumps, any length, unknown extensions
 * (which reject) and memory that was not written (which reads 0) are no hindrance here, as they are to the kernel.
 *
 *   const filter = compileProgram(assemble('ldh [12]\njeq #0x800 jt yes jf no\nyes: ret #1\nno: ret #0'));
 */
export function compileProgram(program: Program): PacketFilter {
  const body = compileToSource(program);
  return new Function('b', 'o', 'n', 'w', 'm', body) as PacketFilter;
}

/** The function's body: its parameters are b(ytes), o(ffset), n = captured, w = on the wire, m(etadata). */
export function compileToSource(program: Program): string {
  const refusal = checkRunnable(program);
  if (refusal !== undefined) {
    throw new RangeError(`cannot compile the program: instruction ${refusal.instruction}: ${refusal.reason}`);
  }
  const backward = program.some(({ code, k }) => opcodeOf(code)?.action === 'ja' && (k | 0) < 0);
  const targets = jumpTargets(program);
  const code = backward || targets.length > MAX_BLOCKS ? switchForm(program, targets) : blockForm(program, targets);
  return `${declarations(program)}${code}`;
}

/** Instructions that are jumped to, in order, without those that are only fallen into. */
function jumpTargets(program: Program): number[] {
  const targets = new Set<number>();
  program.forEach(({ code, jt, jf, k }, at) => {
    const action = opcodeOf(code)!.action;
    if (action === 'ja') targets.add(at + 1 + (k | 0));
    if (action === 'jump') {
      if (jt > 0) targets.add(at + 1 + jt);
      if (jf > 0) targets.add(at + 1 + jf);
    }
  });
  return [...targets].sort((x, y) => x - y);
}

function declarations(program: Program): string {
  const words = new Set<number>();
  for (const { code, k } of program) if (opcodeOf(code)!.operand === 'memory') words.add(k);
  const memory = [...words].map((word) => `, M${word} = 0`).join('');
  return `let a = 0, x = 0, t = 0${memory};\n`;
}

function blockForm(program: Program, targets: readonly number[]): string {
  const isTarget = new Set(targets);
  const open = targets.toReversed().map((target) => `L${target}: {\n`);
  const lines = program.map((instruction, at) => {
    const close = isTarget.has(at) ? '}\n' : '';
    return close + statement(instruction, at, (target) => (target === at + 1 ? '' : `break L${target};`));
  });
  return open.join('') + lines.join('');
}

function switchForm(program: Program, targets: readonly number[]): string {
  const isTarget = new Set(targets);
  const lines = program.map((instruction, at) => {
    const place = isTarget.has(at) ? `case ${at}:\n` : '';
    return place + statement(instruction, at, (target) => (target === at + 1 ? '' : `{ p = ${target}; continue; }`));
  });
  return `for (let p = -1, rounds = 0; rounds < ${MAX_ROUNDS}; rounds++) switch (p) {\ncase -1:\n${lines.join('')}}\nreturn 0;\n`;
}

/** One instruction as a statement; `go` says how to reach another instruction. */
function statement(instruction: Instruction, at: number, go: (target: number) => string): string {
  const { code, jt, jf, k } = instruction;
  const row = opcodeOf(code)!;
  switch (row.action) {
    case 'ret':
      return `return ${row.operand === 'decimal' ? k : 'a'};\n`;
    case 'ja':
      return `${go(at + 1 + (k | 0))}\n`;
    case 'jump':
      return jump(condition(row, k), go(at + 1 + jt), go(at + 1 + jf));
    case 'ld':
      return load('a', row, k);
    case 'ldx':
      return load('x', row, k);
    case 'st':
      return `M${k} = a;\n`;
    case 'stx':
      return `M${k} = x;\n`;
    case 'tax':
      return 'x = a;\n';
    case 'txa':
      return 'a = x;\n';
    case 'alu':
      return arithmetic(row.mnemonic, row.operand === 'x' ? undefined : k);
  }
}

function jump(test: string, yes: string, no: string): string {
  if (yes === no) return `${yes}\n`;
  if (yes === '') return `if (!(${test})) ${no}\n`;
  return no === '' ? `if (${test}) ${yes}\n` : `if (${test}) ${yes} else ${no}\n`;
}

const COMPARISON: Readonly<Record<string, string>> = { jeq: '===', jgt: '>', jge: '>=' };

function condition({ mnemonic, operand }: Opcode, k: number): string {
  const right = operand === 'x' ? 'x' : String(k);
  return mnemonic === 'jset' ? `(a & ${right}) !== 0` : `a ${COMPARISON[mnemonic]} ${right}`;
}

function load(register: 'a' | 'x', { operand, width }: Opcode, k: number): string {
  switch (operand) {
    case 'absolute':
      return k >= EXTENSION_BASE ? extension(extensionAt(k)) : packetLoad(register, k, width!);
    case 'indirect':
      return `t = x + ${k}; if (t + ${width} > n) return 0; t += o; ${register} = ${word('t', width!)};\n`;
    case 'header':
      return packetLoad(register, k, 1, (value) => `(${value} & 15) << 2`);
    case 'memory':
      return `${register} = M${k};\n`;
    case 'length':
      return `${register} = w;\n`;
    default:
      return `${register} = ${k};\n`;
  }
}

function packetLoad(register: string, k: number, width: 1 | 2 | 4, use = (value: string) => value): string {
  if (k >= NETWORK_HEADER_BASE) {
    const offset = k - NETWORK_HEADER_BASE;
    return `if (m === undefined || m.networkOffset === undefined) return 0; t = m.networkOffset + ${offset}; if (t + ${width} > n) return 0; t += o; ${register} = ${use(word('t', width))};\n`;
  }
  const offset = k >= LINK_HEADER_BASE ? k - LINK_HEADER_BASE : k;
  return `if (n < ${offset + width}) return 0; ${register} = ${use(word(`o + ${offset}`, width))};\n`;
}

function word(at: string, width: 1 | 2 | 4): string {
  const byte = (i: number) => `b[${at}${i === 0 ? '' : ` + ${i}`}]`;
  if (width === 1) return byte(0);
  if (width === 2) return `(${byte(0)} << 8 | ${byte(1)})`;
  return `(${byte(0)} << 24 | ${byte(1)} << 16 | ${byte(2)} << 8 | ${byte(3)}) >>> 0`;
}

function extension(name: ExtensionName | undefined): string {
  if (name === undefined) return 'return 0;\n';
  if (name === 'xor_x') return 'a = (a ^ x) >>> 0;\n';
  return `if (m === undefined || m.${name} === undefined) return 0; a = m.${name} >>> 0;\n`;
}

/** a = a OPERATION operand; `constant` undefined stands for X. */
function arithmetic(mnemonic: string, constant: number | undefined): string {
  const operand = constant === undefined ? 'x' : String(constant);
  const guard = constant === undefined ? 'if (x === 0) return 0; ' : '';
  const isDivision = mnemonic === 'div' || mnemonic === 'mod';
  if (isDivision && constant === 0) return 'return 0;\n';
  const isShift = mnemonic === 'lsh' || mnemonic === 'rsh';
  if (isShift && constant !== undefined && constant > 31) return 'a = 0;\n';
  switch (mnemonic) {
    case 'add':
      return `a = (a + ${operand}) >>> 0;\n`;
    case 'sub':
      return `a = (a - ${operand}) >>> 0;\n`;
    case 'mul':
      return `a = Math.imul(a, ${operand}) >>> 0;\n`;
    case 'div':
      return `${guard}a = Math.floor(a / ${operand});\n`;
    case 'mod':
      return `${guard}a = a % ${operand};\n`;
    case 'and':
      return `a = (a & ${operand}) >>> 0;\n`;
    case 'or':
      return `a = (a | ${operand}) >>> 0;\n`;
    case 'xor':
      return `a = (a ^ ${operand}) >>> 0;\n`;
    case 'lsh':
      return constant === undefined ? 'a = x > 31 ? 0 : (a << x) >>> 0;\n' : `a = (a << ${operand}) >>> 0;\n`;
    case 'rsh':
      return constant === undefined ? 'a = x > 31 ? 0 : a >>> x;\n' : `a = a >>> ${operand};\n`;
    default:
      return 'a = -a >>> 0;\n';
  }
}
