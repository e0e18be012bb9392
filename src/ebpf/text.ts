// Extended BPF as text: the listing of `bpftool prog dump xlated`, which is also the verifier's (kernel/bpf/disasm.c,
// v6.18), and back. What is not linked yet is shown by name: map[events], (r1 +sk_buff.len).
import {
  EBPF_OPCODES,
  type EbpfInstruction,
  type EbpfOpcode,
  type EbpfProgram,
  ebpfOpcodeOf,
  type Reference,
  slotsOf,
} from './ebpf.ts';
import { HELPER_NAMES } from './helper-numbers.ts';

/** A line an instruction, with the number of its slot and its code. */
export function listEbpf(program: EbpfProgram): string {
  let slot = 0;
  const lines = program.map((instruction) => {
    const place = String(slot).padStart(4);
    slot += slotsOf(instruction);
    return `${place}: (${instruction.code.toString(16).padStart(2, '0')}) ${ebpfInstructionText(instruction)}\n`;
  });
  return lines.join('');
}

/** One instruction, without number and code: `r0 = *(u32 *)(r1 +4)`. */
export function ebpfInstructionText(instruction: EbpfInstruction): string {
  const row = ebpfOpcodeOf(instruction);
  if (row === undefined) return `unimp 0x${instruction.code.toString(16)}`;
  return row.text.replace(TOKEN, (_, letter: Letter) => TOKENS[letter].print(instruction, row));
}

const TOKEN = /\{([dsixocqphm])\}/g;

type Letter = 'd' | 's' | 'i' | 'x' | 'o' | 'c' | 'q' | 'p' | 'h' | 'm';

interface Token {
  /** What it may look like, without groups. */
  readonly pattern: string;
  print(instruction: EbpfInstruction, row: EbpfOpcode): string;
  parse(text: string, row: EbpfOpcode): Partial<EbpfInstruction>;
}

const NAME = '[A-Za-z_]\\w*';
const FIELD = `${NAME}(?:\\.${NAME})+(?:[+-]\\d+)?`;

const TOKENS: Readonly<Record<Letter, Token>> = {
  d: {
    pattern: '[rw]\\d+',
    print: ({ dst }, row) => registerText(dst, row),
    parse: (text) => ({ dst: Number(text.slice(1)) }),
  },
  s: {
    pattern: '[rw]\\d+',
    print: ({ src }, row) => registerText(src, row),
    parse: (text) => ({ src: Number(text.slice(1)) }),
  },
  i: {
    pattern: `(?:-?\\d+|${FIELD}|${NAME})`,
    print: ({ immediate, reference }) => (reference === undefined ? String(immediate) : named(reference, immediate)),
    parse: (text, row) => (/^-?\d/.test(text) ? { immediate: Number(text) | 0 } : parseNamed(text, row, 'immediate')),
  },
  x: {
    pattern: '0x[0-9a-f]+',
    print: ({ immediate }) => `0x${(immediate >>> 0).toString(16)}`,
    parse: (text) => ({ immediate: Number(text) | 0 }),
  },
  o: {
    pattern: `(?:[+-]\\d+|\\+${FIELD})`,
    print: ({ offset, reference }) => (reference?.kind === 'field' ? `+${named(reference, offset)}` : withSign(offset)),
    parse: (text, row) => (/^[+-]\d/.test(text) ? { offset: Number(text) } : parseNamed(text.slice(1), row, 'offset')),
  },
  c: {
    pattern: '[+-]\\d+',
    print: ({ immediate }) => withSign(immediate),
    parse: (text) => ({ immediate: Number(text) }),
  },
  q: {
    pattern: '0x[0-9a-f]+',
    print: ({ immediate, high = 0 }) => `0x${((BigInt(high >>> 0) << 32n) | BigInt(immediate >>> 0)).toString(16)}`,
    parse: (text) => ({ immediate: halfOf(text, 0n), high: halfOf(text, 32n) }),
  },
  p: { pattern: '\\d+', print: ({ high = 0 }) => String(high), parse: (text) => ({ high: Number(text) }) },
  h: {
    pattern: `(?:bpf_${NAME})?#\\d+`,
    print: ({ immediate }) => `${helperText(immediate)}#${immediate}`,
    parse: (text) => ({ immediate: Number(text.slice(text.indexOf('#') + 1)) }),
  },
  m: {
    pattern: '[^\\]]+',
    print: ({ immediate, reference }) =>
      reference?.kind === 'map' || reference?.kind === 'map value' ? reference.name : `fd:${immediate}`,
    parse: parseMap,
  },
};

/** Registers are written w where only the lower half counts. */
function registerText(register: number, { action, bits }: EbpfOpcode): string {
  return `${(action === 'alu' || action === 'jump') && bits === 32 ? 'w' : 'r'}${register}`;
}

function withSign(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

function helperText(number: number): string {
  return number > 0 && number < HELPER_NAMES.length ? `bpf_${HELPER_NAMES[number]}` : '';
}

function named(reference: Reference, plus: number): string {
  if (reference.kind !== 'field') return reference.name;
  return `${reference.struct}.${reference.field}${plus === 0 ? '' : withSign(plus)}`;
}

function parseNamed(text: string, row: EbpfOpcode, place: 'offset' | 'immediate'): Partial<EbpfInstruction> {
  if (row.operation === 'kfunc' || row.operation === 'variable') {
    return { reference: { kind: row.operation, name: text } };
  }
  const [, struct, field, plus] = /^(\w+)\.([\w.]+)([+-]\d+)?$/.exec(text) ?? ['', text, '', undefined];
  return { [place]: Number(plus ?? 0), reference: { kind: 'field', struct: struct!, field: field! } };
}

function parseMap(name: string, row: EbpfOpcode): Partial<EbpfInstruction> {
  if (name.startsWith('fd:')) return { immediate: Number(name.slice(3)) };
  return { reference: row.operation === 'map' ? { kind: 'map', name } : { kind: 'map value', name, at: 0 } };
}

function halfOf(text: string, shift: bigint): number {
  return Number(BigInt.asIntN(32, BigInt(text) >> shift));
}

// --- and back

interface Form {
  readonly row: EbpfOpcode;
  readonly pattern: RegExp;
  readonly letters: readonly Letter[];
}

/** By code, each made at its first use. */
const FORMS = new Map<number, readonly Form[]>();

function formsOf(code: number): readonly Form[] {
  const known = FORMS.get(code);
  if (known !== undefined) return known;
  const forms = EBPF_OPCODES.filter((row) => row.code === code).map(formOf);
  FORMS.set(code, forms);
  return forms;
}

function formOf(row: EbpfOpcode): Form {
  const letters: Letter[] = [];
  const source = row.text.replace(/[()*[\]+.|^]/g, '\\$&').replace(TOKEN, (_, letter: Letter) => {
    letters.push(letter);
    return `(${TOKENS[letter].pattern})`;
  });
  return { row, letters, pattern: new RegExp(`^${source}$`) };
}

/**
 * Reads a listing, each line with its code in parentheses; numbers of slots, blank lines and what follows a semicolon are
 * passed over. Throws SyntaxError with the line number.
 *
 *   parseEbpf('(b7) r0 = 0\n(95) exit')
 */
export function parseEbpf(text: string): EbpfInstruction[] {
  return text.split('\n').flatMap((raw, i) => {
    const source = raw.replace(/;.*/, '').trim();
    return source === '' ? [] : [parseLine(source, i + 1)];
  });
}

function parseLine(source: string, line: number): EbpfInstruction {
  const [, code, text] = /^(?:\d+:\s*)?\(([0-9a-f]{2})\)\s+(.*)$/.exec(source) ?? [];
  if (code === undefined || text === undefined) {
    throw new SyntaxError(`cannot read line ${line}: "${source}" has no code in parentheses`);
  }
  for (const form of formsOf(Number.parseInt(code, 16))) {
    const match = form.pattern.exec(text);
    if (match) return read(form, match.slice(1));
  }
  throw new SyntaxError(`cannot read line ${line}: "${text}" is no instruction with the code ${code}`);
}

function read({ row, letters }: Form, texts: readonly string[]): EbpfInstruction {
  const fields = letters.map((letter, i) => TOKENS[letter].parse(texts[i]!, row));
  const plain = { code: row.code, dst: 0, src: 0, offset: 0, immediate: 0, ...row.fixed };
  const instruction: EbpfInstruction = Object.assign(plain, ...fields);
  const { reference, high } = instruction;
  if (row.action !== 'constant') return instruction;
  const complete = { ...instruction, high: high ?? 0 };
  return reference?.kind === 'map value' ? { ...complete, reference: { ...reference, at: complete.high } } : complete;
}
