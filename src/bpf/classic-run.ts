// Running a classic program over a packet: the reference interpreter. Meaning as in net/core/filter.c (v6.18) and
// libpcap's bpf_filter.c: unsigned 32-bit words; a load outside the captured bytes, or a division by zero, ends the
// program with 0.
import { readU16, readU32 } from '../bytes/index.ts';
import {
  EXTENSION_BASE,
  type ExtensionName,
  extensionAt,
  LINK_HEADER_BASE,
  MEMORY_WORDS,
  NETWORK_HEADER_BASE,
  type Opcode,
  opcodeOf,
  type Program,
} from './classic.ts';

/** What the kernel knows of a packet besides its bytes. Missing ones end a program that loads them with 0. */
export type Metadata = Partial<Record<ExtensionName, number>> & {
  /** Where the network header begins, from the start of the packet: for loads relative to it. */
  networkOffset?: number;
};

/** Backward jumps (protochain) are followed this often before the program is taken to run for ever. */
const MAX_STEPS = 1_000_000;

/** The program's answer: bytes to keep, 0 to reject. `packet` holds the captured bytes, `originalLength` the wire's count. */
export function runProgram(
  program: Program,
  packet: Uint8Array,
  originalLength = packet.length,
  metadata: Metadata = {},
): number {
  return new Machine(program, packet, originalLength, metadata).run();
}

/** One executed instruction: what it left behind. */
export interface TraceStep {
  readonly instruction: number;
  readonly a: number;
  readonly x: number;
  /** For a jump with a condition: whether that held. */
  readonly held?: boolean;
  /** For a load from the packet: from which byte, counted from the packet's beginning. */
  readonly loadedFrom?: number;
}

export interface Trace {
  readonly kept: number;
  /** In the order of execution. The last one returned, or ended the program in the attempt: a load outside, a division by zero. */
  readonly steps: readonly TraceStep[];
}

/** The same as runProgram, telling each step. */
export function traceProgram(
  program: Program,
  packet: Uint8Array,
  originalLength = packet.length,
  metadata: Metadata = {},
): Trace {
  const steps: TraceStep[] = [];
  const kept = new Machine(program, packet, originalLength, metadata, (step) => steps.push(step)).run();
  return { kept, steps };
}

/** Thrown by a load outside the packet, inside this file only. */
const OUTSIDE = { outside: true };

class Machine {
  private a = 0;
  private x = 0;
  private readonly memory = new Uint32Array(MEMORY_WORDS);
  private readonly program: Program;
  private readonly packet: Uint8Array;
  private readonly originalLength: number;
  private readonly metadata: Metadata;
  private readonly observe: ((step: TraceStep) => void) | undefined;
  private loadedFrom: number | undefined;

  constructor(
    program: Program,
    packet: Uint8Array,
    originalLength: number,
    metadata: Metadata,
    observe?: (step: TraceStep) => void,
  ) {
    this.program = program;
    this.packet = packet;
    this.originalLength = originalLength;
    this.metadata = metadata;
    this.observe = observe;
  }

  run(): number {
    try {
      return this.steps();
    } catch (error) {
      if (error !== OUTSIDE) throw error;
      return 0;
    }
  }

  private steps(): number {
    let next = 0;
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const number = next++;
      const instruction = this.program[number];
      const row = instruction && opcodeOf(instruction.code);
      if (row === undefined) return 0;
      const { jt, jf, k } = instruction!;
      let held: boolean | undefined;
      if (row.action === 'ja') next += k | 0;
      else if (row.action === 'jump') {
        held = this.compare(row, k);
        next += held ? jt : jf;
      } else if (row.action !== 'ret') this.execute(row, k, number);
      if (this.observe !== undefined) this.tell(number, held);
      if (row.action === 'ret') return row.operand === 'decimal' ? k : this.a;
    }
    return 0;
  }

  /** A step that ends the program is told too. */
  private execute(row: Opcode, k: number, number: number): void {
    this.loadedFrom = undefined;
    try {
      this.step(row, k);
    } catch (error) {
      if (this.observe !== undefined) this.tell(number, undefined);
      throw error;
    }
  }

  private tell(instruction: number, held: boolean | undefined): void {
    const { a, x, loadedFrom } = this;
    this.observe!({
      instruction,
      a,
      x,
      ...(held !== undefined && { held }),
      ...(loadedFrom !== undefined && { loadedFrom }),
    });
    this.loadedFrom = undefined;
  }

  private step(row: Opcode, k: number): void {
    switch (row.action) {
      case 'ld':
        this.a = this.value(row, k);
        break;
      case 'ldx':
        this.x = this.value(row, k);
        break;
      case 'st':
        this.memory[k] = this.a;
        break;
      case 'stx':
        this.memory[k] = this.x;
        break;
      case 'tax':
        this.x = this.a;
        break;
      case 'txa':
        this.a = this.x;
        break;
      default:
        this.a = arithmetic(row.mnemonic, this.a, row.operand === 'x' ? this.x : k);
    }
  }

  private compare(row: Opcode, k: number): boolean {
    const operand = row.operand === 'x' ? this.x : k;
    switch (row.mnemonic) {
      case 'jeq':
        return this.a === operand;
      case 'jgt':
        return this.a > operand;
      case 'jge':
        return this.a >= operand;
      default:
        return (this.a & operand) !== 0;
    }
  }

  private value({ operand, width }: Opcode, k: number): number {
    switch (operand) {
      case 'absolute':
        return k >= EXTENSION_BASE ? this.extension(k) : this.load(k, width!);
      case 'indirect':
        return this.loadAtSum(k, width!);
      case 'header':
        return (this.load(k, 1) & 0xf) * 4;
      case 'memory':
        return this.memory[k]!;
      case 'length':
        return this.originalLength;
      default:
        return k;
    }
  }

  private extension(k: number): number {
    const name = extensionAt(k);
    if (name === 'xor_x') return (this.a ^ this.x) >>> 0;
    const value = name === undefined ? undefined : this.metadata[name];
    if (value === undefined) throw OUTSIDE;
    return value >>> 0;
  }

  /** The sum does not wrap, as in libpcap; the kernel's does, and so reaches bytes in front of [k]. */
  private loadAtSum(k: number, width: 1 | 2 | 4): number {
    if (this.x + k > 0xffff_ffff) throw OUTSIDE;
    return this.load(this.x + k, width);
  }

  private load(offset: number, width: 1 | 2 | 4): number {
    let at = offset;
    if (at >= NETWORK_HEADER_BASE) {
      if (this.metadata.networkOffset === undefined) throw OUTSIDE;
      at = at - NETWORK_HEADER_BASE + this.metadata.networkOffset;
    } else if (at >= LINK_HEADER_BASE) at -= LINK_HEADER_BASE;
    this.loadedFrom = at;
    if (at + width > this.packet.length) throw OUTSIDE;
    if (width === 1) return this.packet[at]!;
    return width === 2 ? readU16(this.packet, at) : readU32(this.packet, at);
  }
}

/** Shifts by a register of 32 or more give 0, as in libpcap; the kernel leaves it to the processor. */
function arithmetic(mnemonic: string, a: number, operand: number): number {
  switch (mnemonic) {
    case 'add':
      return (a + operand) >>> 0;
    case 'sub':
      return (a - operand) >>> 0;
    case 'mul':
      return Math.imul(a, operand) >>> 0;
    case 'div':
      if (operand === 0) throw OUTSIDE;
      return Math.floor(a / operand);
    case 'mod':
      if (operand === 0) throw OUTSIDE;
      return a % operand;
    case 'and':
      return (a & operand) >>> 0;
    case 'or':
      return (a | operand) >>> 0;
    case 'xor':
      return (a ^ operand) >>> 0;
    case 'lsh':
      return operand > 31 ? 0 : (a << operand) >>> 0;
    case 'rsh':
      return operand > 31 ? 0 : a >>> operand;
    default:
      return -a >>> 0;
  }
}
