// Classic BPF: the instruction set as a table, and programs as bytes. Follows include/uapi/linux/bpf_common.h and
// include/uapi/linux/filter.h (v6.18), and the original paper (McCanne and Jacobson, 1993).
import { readU16LE, readU32LE, writeU16LE, writeU32LE } from '../bytes/index.ts';

/** One instruction: struct sock_filter. jt and jf count instructions skipped; k is unsigned. */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

export type Program = readonly Instruction[];

/** Where an instruction's operand comes from, and so how it is written. */
export type Operand =
  | 'none'
  | 'decimal' // #k
  | 'hex' // #0xk
  | 'absolute' // [k], or the name of a Linux extension
  | 'indirect' // [x + k]
  | 'header' // 4*([k]&0xf)
  | 'memory' // M[k]
  | 'length' // #pktlen
  | 'x'
  | 'target'; // ja

/** What an instruction does, apart from its operand. */
export type Action = 'ld' | 'ldx' | 'st' | 'stx' | 'alu' | 'jump' | 'ja' | 'ret' | 'tax' | 'txa';

export interface Opcode {
  readonly code: number;
  readonly mnemonic: string;
  readonly operand: Operand;
  readonly action: Action;
  /** Bytes that a load from the packet takes. */
  readonly width?: 1 | 2 | 4;
}

const CLASS = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, RET: 6, MISC: 7 } as const;
const WIDTH = { 4: 0x00, 2: 0x08, 1: 0x10 } as const;
const MODE = { IMM: 0x00, ABS: 0x20, IND: 0x40, MEM: 0x60, LEN: 0x80, MSH: 0xa0 } as const;
const SOURCE_X = 0x08;

/** Arithmetic, with the way its constant is written. */
const ALU: readonly (readonly [string, number, 'decimal' | 'hex'])[] = [
  ['add', 0x00, 'decimal'],
  ['sub', 0x10, 'decimal'],
  ['mul', 0x20, 'decimal'],
  ['div', 0x30, 'decimal'],
  ['or', 0x40, 'hex'],
  ['and', 0x50, 'hex'],
  ['lsh', 0x60, 'decimal'],
  ['rsh', 0x70, 'decimal'],
  ['mod', 0x90, 'decimal'],
  ['xor', 0xa0, 'hex'],
];

const JUMPS: readonly (readonly [string, number])[] = [
  ['jeq', 0x10],
  ['jgt', 0x20],
  ['jge', 0x30],
  ['jset', 0x40],
];

const LOADS: readonly (readonly [string, 1 | 2 | 4])[] = [
  ['ld', 4],
  ['ldh', 2],
  ['ldb', 1],
];

/** Every instruction there is. Other codes are refused by the kernel and by `check`. */
export const OPCODES: readonly Opcode[] = [
  ...LOADS.flatMap(([mnemonic, width]): Opcode[] => [
    { code: CLASS.LD | WIDTH[width] | MODE.ABS, mnemonic, operand: 'absolute', action: 'ld', width },
    { code: CLASS.LD | WIDTH[width] | MODE.IND, mnemonic, operand: 'indirect', action: 'ld', width },
  ]),
  { code: CLASS.LD | MODE.LEN, mnemonic: 'ld', operand: 'length', action: 'ld' },
  { code: CLASS.LD | MODE.IMM, mnemonic: 'ld', operand: 'hex', action: 'ld' },
  { code: CLASS.LD | MODE.MEM, mnemonic: 'ld', operand: 'memory', action: 'ld' },
  { code: CLASS.LDX | MODE.LEN, mnemonic: 'ldx', operand: 'length', action: 'ldx' },
  { code: CLASS.LDX | MODE.IMM, mnemonic: 'ldx', operand: 'hex', action: 'ldx' },
  { code: CLASS.LDX | MODE.MEM, mnemonic: 'ldx', operand: 'memory', action: 'ldx' },
  { code: CLASS.LDX | MODE.MSH | WIDTH[1], mnemonic: 'ldxb', operand: 'header', action: 'ldx', width: 1 },
  { code: CLASS.ST, mnemonic: 'st', operand: 'memory', action: 'st' },
  { code: CLASS.STX, mnemonic: 'stx', operand: 'memory', action: 'stx' },
  ...ALU.flatMap(([mnemonic, operation, operand]): Opcode[] => [
    { code: CLASS.ALU | operation, mnemonic, operand, action: 'alu' },
    { code: CLASS.ALU | operation | SOURCE_X, mnemonic, operand: 'x', action: 'alu' },
  ]),
  { code: CLASS.ALU | 0x80, mnemonic: 'neg', operand: 'none', action: 'alu' },
  { code: CLASS.JMP, mnemonic: 'ja', operand: 'target', action: 'ja' },
  ...JUMPS.flatMap(([mnemonic, operation]): Opcode[] => [
    { code: CLASS.JMP | operation, mnemonic, operand: 'hex', action: 'jump' },
    { code: CLASS.JMP | operation | SOURCE_X, mnemonic, operand: 'x', action: 'jump' },
  ]),
  { code: CLASS.RET, mnemonic: 'ret', operand: 'decimal', action: 'ret' },
  { code: CLASS.RET | 0x10, mnemonic: 'ret', operand: 'none', action: 'ret' },
  { code: CLASS.MISC, mnemonic: 'tax', operand: 'none', action: 'tax' },
  { code: CLASS.MISC | 0x80, mnemonic: 'txa', operand: 'none', action: 'txa' },
];

const BY_CODE: readonly (Opcode | undefined)[] = (() => {
  const table = Array<Opcode | undefined>(256).fill(undefined);
  for (const row of OPCODES) table[row.code] = row;
  return table;
})();

/** The row of a code; undefined when there is no such instruction. */
export function opcodeOf(code: number): Opcode | undefined {
  return BY_CODE[code];
}

/** BPF_MAXINSNS: instructions in a program the kernel takes. */
export const MAX_INSTRUCTIONS = 4096;

/** BPF_MEMWORDS: words of scratch memory. */
export const MEMORY_WORDS = 16;

/** SKF_AD_OFF, SKF_NET_OFF, SKF_LL_OFF: absolute loads at these reach metadata, the network and the link header. */
export const EXTENSION_BASE = 0xffff_f000;
export const NETWORK_HEADER_BASE = 0xfff0_0000;
export const LINK_HEADER_BASE = 0xffe0_0000;

/** Linux's extensions: what an absolute load at EXTENSION_BASE + offset gives (SKF_AD_*), with libpcap's names. */
export const EXTENSIONS = [
  { name: 'proto', offset: 0 },
  { name: 'type', offset: 4 },
  { name: 'ifidx', offset: 8 },
  { name: 'nla', offset: 12 },
  { name: 'nlan', offset: 16 },
  { name: 'mark', offset: 20 },
  { name: 'queue', offset: 24 },
  { name: 'hatype', offset: 28 },
  { name: 'rxhash', offset: 32 },
  { name: 'cpu', offset: 36 },
  { name: 'xor_x', offset: 40 },
  { name: 'vlan_tci', offset: 44 },
  { name: 'vlanp', offset: 48 },
  { name: 'poff', offset: 52 },
  { name: 'random', offset: 56 },
  { name: 'vlan_tpid', offset: 60 },
] as const;

export type ExtensionName = (typeof EXTENSIONS)[number]['name'];

/** The extension that an absolute load at k reaches; undefined when k is no extension's offset. */
export function extensionAt(k: number): ExtensionName | undefined {
  return EXTENSIONS.find(({ offset }) => EXTENSION_BASE + offset === k)?.name;
}

/** Bytes of one encoded instruction. */
export const INSTRUCTION_SIZE = 8;

/** A program as an array of struct sock_filter, little-endian: what SO_ATTACH_FILTER takes. */
export function encodeProgram(program: Program): Uint8Array {
  const bytes = new Uint8Array(program.length * INSTRUCTION_SIZE);
  program.forEach(({ code, jt, jf, k }, i) => {
    const at = i * INSTRUCTION_SIZE;
    writeU16LE(bytes, at, code);
    bytes[at + 2] = jt;
    bytes[at + 3] = jf;
    writeU32LE(bytes, at + 4, k);
  });
  return bytes;
}

/** The inverse of encodeProgram; a last incomplete instruction is left out. */
export function decodeProgram(bytes: Uint8Array): Instruction[] {
  return Array.from({ length: Math.floor(bytes.length / INSTRUCTION_SIZE) }, (_, i) => {
    const at = i * INSTRUCTION_SIZE;
    return { code: readU16LE(bytes, at), jt: bytes[at + 2]!, jf: bytes[at + 3]!, k: readU32LE(bytes, at + 4) };
  });
}
