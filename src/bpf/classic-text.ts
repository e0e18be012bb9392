// Classic BPF as text: the listings of tcpdump -d, -dd and -ddd, and back.
import {
  EXTENSION_BASE,
  EXTENSIONS,
  extensionAt,
  type Instruction,
  OPCODES,
  type Opcode,
  opcodeOf,
  type Program,
} from './classic.ts';

/** -d: a line an instruction, with its number and, for jumps, where they go. */
export function listProgram(program: Program): string {
  return program.map((instruction, number) => `${listInstruction(instruction, number)}\n`).join('');
}

/** -dd: a fragment of C. */
export function listProgramAsC(program: Program): string {
  const hex = (value: number, width = 1) => `0x${value.toString(16).padStart(width, '0')}`;
  return program.map(({ code, jt, jf, k }) => `{ ${hex(code)}, ${jt}, ${jf}, ${hex(k, 8)} },\n`).join('');
}

/** -ddd: decimal numbers, the count first. */
export function listProgramAsNumbers(program: Program): string {
  return `${program.length}\n${program.map(({ code, jt, jf, k }) => `${code} ${jt} ${jf} ${k}\n`).join('')}`;
}

/** Reads what -ddd printed. Throws SyntaxError naming the line that is no instruction. */
export function parseProgramNumbers(text: string): Instruction[] {
  const lines = text.trim().split('\n');
  const program = lines.slice(1).map((line, i) => {
    const numbers = line.trim().split(/\s+/).map(Number);
    const [code, jt, jf, k] = numbers;
    if (numbers.length !== 4 || !numbers.every((n) => Number.isInteger(n) && n >= 0 && n <= 0xffffffff)) {
      throw new SyntaxError(`cannot read the instruction on line ${i + 2}: wants four numbers, has "${line}"`);
    }
    return { code: code!, jt: jt!, jf: jf!, k: k! };
  });
  if (Number(lines[0]) !== program.length) {
    throw new SyntaxError(`cannot read the program: line 1 says ${lines[0]} instructions, there are ${program.length}`);
  }
  return program;
}

function listInstruction({ code, jt, jf, k }: Instruction, number: number): string {
  const row = opcodeOf(code);
  const place = `(${String(number).padStart(3, '0')})`;
  const text = row === undefined ? ['unimp', `0x${code.toString(16)}`] : [row.mnemonic, operandText(row, k, number)];
  const head = `${place} ${text[0]!.padEnd(8)} `;
  if (row?.action !== 'jump') return head + text[1]!;
  return `${head}${text[1]!.padEnd(16)} jt ${number + 1 + jt}\tjf ${number + 1 + jf}`;
}

function operandText({ operand }: Opcode, k: number, number: number): string {
  const signed = k | 0;
  switch (operand) {
    case 'none':
      return '';
    case 'decimal':
      return `#${signed}`;
    case 'hex':
      return `#0x${k.toString(16)}`;
    case 'absolute':
      return `[${extensionAt(k) ?? signed}]`;
    case 'indirect':
      return `[x + ${signed}]`;
    case 'header':
      return `4*([${signed}]&0xf)`;
    case 'memory':
      return `M[${signed}]`;
    case 'length':
      return '#pktlen';
    case 'x':
      return 'x';
    case 'target':
      return String(number + 1 + signed);
  }
}

/** Operands as they are written, each with the group that holds its number or name. */
const WRITTEN: readonly (readonly [RegExp, readonly Opcode['operand'][]])[] = [
  [/^$/, ['none']],
  [/^#pktlen$/, ['length']],
  [/^x$/, ['x']],
  [/^4\*\(\[(\d+)\]&0xf\)$/, ['header']],
  [/^M\[(\d+)\]$/, ['memory']],
  [/^\[x \+ (-?\w+)\]$/, ['indirect']],
  [/^\[(-?\w+)\]$/, ['absolute']],
  [/^#(-?\w+)$/, ['decimal', 'hex']],
  [/^(\w+)$/, ['target']],
];

const LINE = /^(?:\((\d+)\)|(\w+):)?\s*(\w+)\s*(.*?)(?:\s+jt (\w+)\s+jf (\w+))?$/;

interface Line {
  row: Opcode;
  k: string;
  jt?: string;
  jf?: string;
  number: number;
}

/**
 * Assembles text in the form of `listProgram`. Jumps name the numbers in parentheses, or labels ("again: ld [12]").
 * Blank lines and what follows a semicolon are passed over. Throws SyntaxError with the line number.
 *
 *   assemble('ldh [12]\n jeq #0x800 jt yes jf no\n yes: ret #262144\n no: ret #0')
 */
export function assemble(text: string): Instruction[] {
  const places = new Map<string, number>();
  const lines: Line[] = [];
  text.split('\n').forEach((raw, i) => {
    const source = raw.replace(/;.*/, '').trim();
    if (source === '') return;
    const [, number, label, mnemonic, operand, jt, jf] =
      LINE.exec(source) ?? refuse(i, `"${source}" is no instruction`);
    places.set(label ?? (number === undefined ? `(${lines.length})` : String(Number(number))), lines.length);
    const row = rowFor(mnemonic!, operand!) ?? refuse(i, `there is no instruction "${mnemonic} ${operand}"`);
    lines.push({ row: row.row, k: row.k, number: i, ...(jt !== undefined && jf !== undefined ? { jt, jf } : {}) });
  });
  return lines.map((line, at) => encodeLine(line, at, places));
}

function rowFor(mnemonic: string, operand: string): { row: Opcode; k: string } | undefined {
  for (const [pattern, kinds] of WRITTEN) {
    const match = pattern.exec(operand);
    if (!match) continue;
    const row = OPCODES.find((one) => one.mnemonic === mnemonic && kinds.includes(one.operand));
    if (row) return { row, k: match[1] ?? '0' };
  }
  return undefined;
}

function encodeLine({ row, k, jt, jf, number }: Line, at: number, places: ReadonlyMap<string, number>): Instruction {
  const distance = (label: string) => {
    const place = places.get(label) ?? refuse(number, `there is no place "${label}"`);
    return place - at - 1;
  };
  if (row.action === 'ja') return { code: row.code, jt: 0, jf: 0, k: distance(k) >>> 0 };
  if (row.action !== 'jump') return { code: row.code, jt: 0, jf: 0, k: constant(k, number) };
  if (jt === undefined || jf === undefined) return refuse(number, `${row.mnemonic} needs "jt PLACE jf PLACE"`);
  const [yes, no] = [distance(jt), distance(jf)];
  if (Math.min(yes, no) < 0 || Math.max(yes, no) > 255) refuse(number, 'a jump goes 0 to 255 instructions forward');
  return { code: row.code, jt: yes, jf: no, k: constant(k, number) };
}

function constant(text: string, line: number): number {
  const extension = EXTENSIONS.find(({ name }) => name === text);
  if (extension) return EXTENSION_BASE + extension.offset;
  const value = Number(text);
  if (!Number.isInteger(value) || value < -0x8000_0000 || value > 0xffff_ffff) {
    return refuse(line, `"${text}" is no 32-bit number`);
  }
  return value >>> 0;
}

function refuse(line: number, cause: string): never {
  throw new SyntaxError(`cannot assemble line ${line + 1}: ${cause}`);
}
