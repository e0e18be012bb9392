// Whether the kernel takes a classic program: the rules of bpf_check_classic and check_load_and_stores in
// net/core/filter.c (v6.18), each with its own message.
import {
  EXTENSION_BASE,
  extensionAt,
  type Instruction,
  MAX_INSTRUCTIONS,
  MEMORY_WORDS,
  type Opcode,
  opcodeOf,
  type Program,
} from './classic.ts';

export interface Refusal {
  /** Number of the instruction, from 0; that of the last one for what concerns the whole program. */
  instruction: number;
  reason: string;
}

/**
 * Why the kernel would refuse the program; undefined when it takes it. `longest` is for programs that run elsewhere, where
 * all other rules hold too.
 */
export function checkProgram(program: Program, longest = MAX_INSTRUCTIONS): Refusal | undefined {
  if (program.length === 0) return { instruction: 0, reason: 'the program is empty' };
  if (program.length > longest) {
    const reason = `${program.length} instructions, the kernel takes ${longest}`;
    return { instruction: longest, reason };
  }
  for (const [number, instruction] of program.entries()) {
    const reason = instructionFault(instruction, number, program.length);
    if (reason !== undefined) return { instruction: number, reason };
  }
  if (opcodeOf(program.at(-1)!.code)!.action !== 'ret') {
    return { instruction: program.length - 1, reason: 'the last instruction must be ret' };
  }
  return memoryFault(program);
}

/**
 * Why nobody could run the program, whatever its length: unknown instructions, memory that there is not, jumps out of it.
 * Jumps back, loads of unknown extensions and divisions by 0 (which reject), and memory not written (which reads 0) have a
 * meaning outside the kernel.
 */
export function checkRunnable(program: Program): Refusal | undefined {
  if (program.length === 0) return { instruction: 0, reason: 'the program is empty' };
  for (const [number, { code, jt, jf, k }] of program.entries()) {
    const row = opcodeOf(code);
    if (row === undefined) return { instruction: number, reason: `there is no instruction 0x${code.toString(16)}` };
    if (row.operand === 'memory' && k >= MEMORY_WORDS) return { instruction: number, reason: constantFault(row, k)! };
    const furthest = number + 1 + (row.action === 'ja' ? k | 0 : row.action === 'jump' ? Math.max(jt, jf) : 0);
    const ends = row.action !== 'ret' && furthest >= program.length;
    if (ends || furthest < 0) return { instruction: number, reason: 'jumps out of the program' };
  }
  return undefined;
}

function instructionFault(instruction: Instruction, number: number, length: number): string | undefined {
  const row = opcodeOf(instruction.code);
  if (row === undefined) return `there is no instruction 0x${instruction.code.toString(16)}`;
  return constantFault(row, instruction.k) ?? jumpFault(row, instruction, number, length);
}

function constantFault({ mnemonic, operand, action }: Opcode, k: number): string | undefined {
  if (operand === 'memory' && k >= MEMORY_WORDS) return `M[${k}]: there are ${MEMORY_WORDS} words of scratch memory`;
  if (operand === 'absolute' && k >= EXTENSION_BASE && extensionAt(k) === undefined) {
    return `[${k | 0}]: there is no such extension`;
  }
  if (action !== 'alu' || operand === 'x') return undefined;
  if ((mnemonic === 'div' || mnemonic === 'mod') && k === 0) return 'division by zero';
  if ((mnemonic === 'lsh' || mnemonic === 'rsh') && k > 31) return `a shift by ${k} bits`;
  return undefined;
}

function jumpFault({ action }: Opcode, { jt, jf, k }: Instruction, number: number, length: number): string | undefined {
  const left = length - number - 1;
  if (action === 'ja' && k >= left) return 'jumps out of the program';
  if (action === 'jump' && (jt >= left || jf >= left)) return 'jumps out of the program';
  return undefined;
}

/** A word of scratch memory must be written on every way to where it is read. */
function memoryFault(program: Program): Refusal | undefined {
  // Bit n of written[i]: M[n] was written on every way to instruction i that was seen so far.
  const written = new Uint16Array(program.length).fill(0xffff);
  let now = 0;
  for (const [number, { code, jt, jf, k }] of program.entries()) {
    const { action, operand } = opcodeOf(code)!;
    now &= written[number]!;
    if (action === 'st' || action === 'stx') now |= 1 << k;
    else if (operand === 'memory' && (now & (1 << k)) === 0) {
      return { instruction: number, reason: `M[${k}] is read before it is written` };
    } else if (action === 'ja') {
      written[number + 1 + k]! &= now;
      now = 0xffff;
    } else if (action === 'jump') {
      written[number + 1 + jt]! &= now;
      written[number + 1 + jf]! &= now;
      now = 0xffff;
    }
  }
  return undefined;
}
