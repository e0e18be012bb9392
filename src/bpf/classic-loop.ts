// Classic programs as steps that a loop runs, for where functions may not be made from text: the meaning of classic-run.ts,
// made ready once and without allocating for a packet. `host 10.0.0.1` takes 110 ns so, and 6 as a function from text.
import { readU16, readU32 } from '../bytes/index.ts';
import {
  EXTENSION_BASE,
  type ExtensionName,
  extensionAt,
  type Instruction,
  LINK_HEADER_BASE,
  MEMORY_WORDS,
  NETWORK_HEADER_BASE,
  type Opcode,
  opcodeOf,
  type Program,
} from './classic.ts';
import type { PacketFilter } from './classic-compile.ts';
import type { Metadata } from './classic-run.ts';

/** Instructions that are run before a program is taken to run for ever. */
const MAX_STEPS = 1_000_000;

const NO_BYTES = new Uint8Array(0);

/** What a step returns in place of the next instruction's number: the program has ended. */
const END = -1;

/** What a load returns that reads outside the packet, and a division by zero. */
const FAULT = -1;

/** A packet on its way through a program; registers are unsigned numbers. */
class Machine {
  bytes: Uint8Array = NO_BYTES;
  offset = 0;
  captured = 0;
  original = 0;
  metadata: Metadata | undefined = undefined;
  a = 0;
  x = 0;
  kept = 0;
  readonly memory = new Uint32Array(MEMORY_WORDS);

  begin(bytes: Uint8Array, offset: number, captured: number, original: number, metadata: Metadata | undefined): void {
    this.bytes = bytes;
    this.offset = offset;
    this.captured = captured;
    this.original = original;
    this.metadata = metadata;
    this.a = 0;
    this.x = 0;
    this.kept = 0;
    this.memory.fill(0);
  }
}

type Step = (machine: Machine) => number;
type Value = (machine: Machine) => number;

/** A program that can be run, as a filter. */
export function interpretProgram(program: Program): PacketFilter {
  const steps = program.map(stepFor);
  const machine = new Machine();
  return (bytes, offset, captured, original, metadata) => {
    machine.begin(bytes, offset, captured, original, metadata);
    let at = 0;
    for (let count = 0; count < MAX_STEPS && at !== END; count++) at = steps[at]!(machine);
    machine.bytes = NO_BYTES;
    return machine.kept;
  };
}

function stepFor({ code, jt, jf, k }: Instruction, at: number): Step {
  const row = opcodeOf(code)!;
  const next = at + 1;
  switch (row.action) {
    case 'ret':
      return returning(row.operand === 'decimal' ? () => k : (machine) => machine.a);
    case 'ja':
      return () => next + (k | 0);
    case 'jump': {
      const holds = conditionFor(row, k);
      return (machine) => next + (holds(machine) ? jt : jf);
    }
    case 'st':
    case 'stx':
      return storing(row.action === 'st' ? (machine) => machine.a : (machine) => machine.x, k, next);
    case 'ldx':
      return intoX(valueFor(row, k), next);
    case 'tax':
      return intoX((machine) => machine.a, next);
    case 'txa':
      return intoA((machine) => machine.x, next);
    case 'ld':
      return intoA(valueFor(row, k), next);
    case 'alu':
      return intoA(resultOf(row, k), next);
  }
}

const returning =
  (value: Value): Step =>
  (machine) => {
    machine.kept = value(machine);
    return END;
  };

const storing =
  (value: Value, word: number, next: number): Step =>
  (machine) => {
    machine.memory[word] = value(machine);
    return next;
  };

const intoA =
  (value: Value, next: number): Step =>
  (machine) => {
    const result = value(machine);
    if (result === FAULT) return END;
    machine.a = result;
    return next;
  };

const intoX =
  (value: Value, next: number): Step =>
  (machine) => {
    const result = value(machine);
    if (result === FAULT) return END;
    machine.x = result;
    return next;
  };

function conditionFor({ mnemonic, operand }: Opcode, k: number): (machine: Machine) => boolean {
  const right: Value = operand === 'x' ? (machine) => machine.x : () => k;
  switch (mnemonic) {
    case 'jeq':
      return (machine) => machine.a === right(machine);
    case 'jgt':
      return (machine) => machine.a > right(machine);
    case 'jge':
      return (machine) => machine.a >= right(machine);
    default:
      return (machine) => (machine.a & right(machine)) !== 0;
  }
}

function valueFor({ operand, width }: Opcode, k: number): Value {
  switch (operand) {
    case 'absolute':
      return k >= EXTENSION_BASE ? extensionFor(extensionAt(k)) : (machine) => load(machine, k, width!);
    case 'indirect':
      return (machine) => load(machine, machine.x + k, width!);
    case 'header':
      return (machine) => {
        const byte = load(machine, k, 1);
        return byte === FAULT ? FAULT : (byte & 0xf) * 4;
      };
    case 'memory':
      return (machine) => machine.memory[k]!;
    case 'length':
      return (machine) => machine.original;
    default:
      return () => k;
  }
}

function extensionFor(name: ExtensionName | undefined): Value {
  if (name === undefined) return () => FAULT;
  if (name === 'xor_x') return ({ a, x }) => (a ^ x) >>> 0;
  return ({ metadata }) => {
    const value = metadata?.[name];
    return value === undefined ? FAULT : value >>> 0;
  };
}

function load({ bytes, offset, captured, metadata }: Machine, k: number, width: 1 | 2 | 4): number {
  let at = k;
  if (k >= NETWORK_HEADER_BASE) {
    if (k > 0xffff_ffff || metadata?.networkOffset === undefined) return FAULT;
    at = k - NETWORK_HEADER_BASE + metadata.networkOffset;
  } else if (k >= LINK_HEADER_BASE) at = k - LINK_HEADER_BASE;
  if (at + width > captured) return FAULT;
  if (width === 1) return bytes[offset + at]!;
  return width === 2 ? readU16(bytes, offset + at) : readU32(bytes, offset + at);
}

function resultOf({ mnemonic, operand }: Opcode, k: number): Value {
  const compute = ARITHMETIC[mnemonic]!;
  return operand === 'x' ? ({ a, x }) => compute(a, x) : ({ a }) => compute(a, k);
}

const ARITHMETIC: Readonly<Record<string, (left: number, right: number) => number>> = {
  add: (left, right) => (left + right) >>> 0,
  sub: (left, right) => (left - right) >>> 0,
  mul: (left, right) => Math.imul(left, right) >>> 0,
  div: (left, right) => (right === 0 ? FAULT : Math.floor(left / right)),
  mod: (left, right) => (right === 0 ? FAULT : left % right),
  and: (left, right) => (left & right) >>> 0,
  or: (left, right) => (left | right) >>> 0,
  xor: (left, right) => (left ^ right) >>> 0,
  lsh: (left, right) => (right > 31 ? 0 : (left << right) >>> 0),
  rsh: (left, right) => (right > 31 ? 0 : left >>> right),
  neg: (left) => -left >>> 0,
};
