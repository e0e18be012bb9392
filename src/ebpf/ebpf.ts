// Extended BPF: the instruction set as a table, and programs as bytes. Follows RFC 9669 and include/uapi/linux/bpf.h
// (v6.18); the text of each instruction is that of kernel/bpf/disasm.c, which bpftool and the verifier's log share.
//
// Left out: may_goto and addr_space_cast, which only arenas and open-coded loops need.
import { readU16LE, readU32LE, writeU16LE, writeU32LE } from '../bytes/index.ts';

/** One instruction: struct bpf_insn. The load of a 64-bit constant is one instruction here and takes two slots. */
export interface EbpfInstruction {
  readonly code: number;
  /** Register 0 to 10. */
  readonly dst: number;
  /** Register 0 to 10, or what `immediate` stands for (see PSEUDO). */
  readonly src: number;
  /** Signed, 16 bits: bytes from a base register, or slots from the next instruction on. */
  readonly offset: number;
  /** Signed, 32 bits. */
  readonly immediate: number;
  /** Upper half of a 64-bit constant, signed, 32 bits: there and only there. */
  readonly high?: number;
  /** What is filled in later: by the assembler for labels, by the loader for the rest. */
  readonly reference?: Reference;
}

export type EbpfProgram = readonly EbpfInstruction[];

/** Something known by name until the program is loaded. */
export type Reference =
  /** The instruction with this label: `offset` of a jump, `immediate` of a long jump, a call, an address. */
  | { readonly kind: 'label'; readonly name: string }
  /** A map: its descriptor stands in `immediate`. */
  | { readonly kind: 'map'; readonly name: string }
  /** The memory of a map with one entry, `at` bytes in: descriptor and `at` are the two halves of the constant. */
  | { readonly kind: 'map value'; readonly name: string; readonly at: number }
  /**
   * A field of a kernel structure, by BTF: where it lies, in bytes, is added to `offset` of a load or store and to
   * `immediate` of other instructions.
   */
  | { readonly kind: 'field'; readonly struct: string; readonly field: string }
  /** A kernel function that is called: its BTF id. */
  | { readonly kind: 'kfunc'; readonly name: string }
  /** A variable of the kernel: its BTF id. */
  | { readonly kind: 'variable'; readonly name: string };

export type EbpfAction =
  | 'alu' // dst = dst OPERATION source; neg has no source
  | 'order' // dst = its bytes in another order
  | 'jump' // if (dst OPERATION source) goto offset
  | 'goto'
  | 'call'
  | 'exit'
  | 'load' // dst = memory at src + offset
  | 'store' // memory at dst + offset = source
  | 'atomic' // memory at dst + offset, with src
  | 'constant' // 64 bits in two slots
  | 'packet'; // of socket filters: R0 = packet bytes, in the packet's byte order

export interface EbpfOpcode {
  readonly code: number;
  readonly action: EbpfAction;
  /** 'add', 'jeq', 'le' ...: RFC 9669's names in lower case. */
  readonly operation: string;
  /** Of the arithmetic, the comparison, or the access to memory. */
  readonly bits: 8 | 16 | 32 | 64;
  readonly source: 'register' | 'immediate' | 'none';
  /** Fields that tell instructions with the same code from one another. */
  readonly fixed: Readonly<Partial<Record<'src' | 'offset' | 'immediate', number>>>;
  /** A sign-extending load or move. */
  readonly signed?: boolean;
  /** The first kernel that takes it, where that is newer than 4.9: '6.6'. */
  readonly since?: string;
  /**
   * How it is written: {d} and {s} registers, {i} immediate, {x} immediate in hex, {o} offset, {c} immediate with its
   * sign, {q} 64-bit constant, {p} its upper half, {h} helper, {m} map.
   */
  readonly text: string;
}

/** Instruction classes, operand sources, sizes and modes: the parts of a code. */
const CLASS = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, JMP32: 6, ALU64: 7 } as const;
const X = 0x08;
const SIZE = { 32: 0x00, 16: 0x08, 8: 0x10, 64: 0x18 } as const;
const MODE = { IMM: 0x00, ABS: 0x20, IND: 0x40, MEM: 0x60, MEMSX: 0x80, ATOMIC: 0xc0 } as const;

/** BPF_PSEUDO_*: what `src` says of the constant in a 64-bit load, or of the function in a call. */
const PSEUDO = {
  MAP_FD: 1,
  MAP_VALUE: 2,
  BTF_ID: 3,
  FUNC: 4,
  /** Of calls. */
  CALL: 1,
  KFUNC_CALL: 2,
} as const;

/** The fourth version of the instruction set. */
const V4 = '6.6';

/** Arithmetic: name, code, text, and for division the offset that tells signed from unsigned. */
const ALU = [
  ['add', 0x00, '+='],
  ['sub', 0x10, '-='],
  ['mul', 0x20, '*='],
  ['div', 0x30, '/=', 0],
  ['sdiv', 0x30, 's/=', 1],
  ['or', 0x40, '|='],
  ['and', 0x50, '&='],
  ['lsh', 0x60, '<<='],
  ['rsh', 0x70, '>>='],
  ['mod', 0x90, '%=', 0],
  ['smod', 0x90, 's%=', 1],
  ['xor', 0xa0, '^='],
  ['arsh', 0xc0, 's>>='],
] as const;

export type AluOperation = (typeof ALU)[number][0] | 'mov';

const NEG = 0x80;
const MOV = 0xb0;
const END = 0xd0;

const JUMPS = [
  ['jeq', 0x10, '=='],
  ['jgt', 0x20, '>'],
  ['jge', 0x30, '>='],
  ['jset', 0x40, '&'],
  ['jne', 0x50, '!='],
  ['jsgt', 0x60, 's>'],
  ['jsge', 0x70, 's>='],
  ['jlt', 0xa0, '<'],
  ['jle', 0xb0, '<='],
  ['jslt', 0xc0, 's<'],
  ['jsle', 0xd0, 's<='],
] as const;

/** How a comparison is written: the assembler takes it as it is. */
export type Comparison = (typeof JUMPS)[number][2];

/** Atomic operations: name, immediate, sign. */
const ATOMICS = [
  ['add', 0x00, '+='],
  ['or', 0x40, '|='],
  ['and', 0x50, '&='],
  ['xor', 0xa0, '^='],
] as const;

const FETCH = 0x01;

const SIZES = [8, 16, 32, 64] as const;

const CLASS_OF = { alu: { 32: CLASS.ALU, 64: CLASS.ALU64 }, jump: { 32: CLASS.JMP32, 64: CLASS.JMP } } as const;

function arithmetic(bits: 32 | 64): EbpfOpcode[] {
  const kind = CLASS_OF.alu[bits];
  const base = { action: 'alu', bits } as const;
  return [
    ...ALU.flatMap(([operation, code, sign, offset]): EbpfOpcode[] => {
      const both = {
        ...base,
        operation,
        fixed: offset === undefined ? {} : { offset },
        ...(offset ? { since: V4 } : {}),
      };
      return [
        { ...both, code: kind | code, source: 'immediate', text: `{d} ${sign} {i}` },
        { ...both, code: kind | code | X, source: 'register', text: `{d} ${sign} {s}` },
      ];
    }),
    { ...base, code: kind | NEG, operation: 'neg', source: 'none', fixed: {}, text: '{d} = -{d}' },
    { ...base, code: kind | MOV, operation: 'mov', source: 'immediate', fixed: {}, text: '{d} = {i}' },
    { ...base, code: kind | MOV | X, operation: 'mov', source: 'register', fixed: { offset: 0 }, text: '{d} = {s}' },
  ];
}

/** Moves that extend the sign of the lowest `width` bits. */
function signedMoves(bits: 32 | 64): EbpfOpcode[] {
  return SIZES.filter((width) => width < bits).map((width) => ({
    code: CLASS_OF.alu[bits] | MOV | X,
    action: 'alu',
    operation: `movs${width}`,
    bits,
    source: 'register',
    fixed: { offset: width },
    signed: true,
    since: V4,
    text: `{d} = (s${width}){s}`,
  }));
}

const ORDERS = [
  ['le', CLASS.ALU | END],
  ['be', CLASS.ALU | END | X],
  ['bswap', CLASS.ALU64 | END],
] as const;

function byteOrders(): EbpfOpcode[] {
  return ORDERS.flatMap(([operation, code]) =>
    ([16, 32, 64] as const).map((bits): EbpfOpcode => {
      const text = `{d} = ${operation}${bits} {d}`;
      const row = { code, action: 'order', operation, bits, source: 'none', fixed: { immediate: bits }, text } as const;
      return operation === 'bswap' ? { ...row, since: V4 } : row;
    }),
  );
}

function jumps(bits: 32 | 64): EbpfOpcode[] {
  const base = { action: 'jump', bits, fixed: {}, ...(bits === 32 ? { since: '5.1' } : {}) } as const;
  return JUMPS.flatMap(([operation, low, sign]): EbpfOpcode[] => {
    const code = CLASS_OF.jump[bits] | low;
    return [
      { ...base, code, operation, source: 'immediate', text: `if {d} ${sign} {x} goto pc{o}` },
      { ...base, code: code | X, operation, source: 'register', text: `if {d} ${sign} {s} goto pc{o}` },
    ];
  });
}

function control(): EbpfOpcode[] {
  const base = { bits: 64, source: 'none' } as const;
  const call = { ...base, code: CLASS.JMP | 0x80, action: 'call' } as const;
  return [
    { ...base, code: CLASS.JMP, action: 'goto', operation: 'ja', fixed: {}, text: 'goto pc{o}' },
    { ...base, code: CLASS.JMP32, action: 'goto', operation: 'gotol', fixed: {}, since: V4, text: 'gotol pc{c}' },
    { ...call, operation: 'helper', fixed: { src: 0 }, text: 'call {h}' },
    { ...call, operation: 'local', fixed: { src: PSEUDO.CALL }, since: '4.16', text: 'call pc{c}' },
    { ...call, operation: 'kfunc', fixed: { src: PSEUDO.KFUNC_CALL }, since: '5.13', text: 'call kernel-function#{i}' },
    { ...base, code: CLASS.JMP | 0x90, action: 'exit', operation: 'exit', fixed: {}, text: 'exit' },
  ];
}

function memory(bits: 8 | 16 | 32 | 64): EbpfOpcode[] {
  const size = SIZE[bits];
  const at = (register: 'd' | 's', sign = 'u') => `*(${sign}${bits} *)({${register}} {o})`;
  const load = { action: 'load', operation: 'ldx', bits, source: 'register', fixed: {} } as const;
  const store = { action: 'store', bits, fixed: {} } as const;
  const text = `{d} = ${at('s', 's')}`;
  return [
    { ...load, code: CLASS.LDX | MODE.MEM | size, text: `{d} = ${at('s')}` },
    ...(bits === 64 ? [] : [{ ...load, code: CLASS.LDX | MODE.MEMSX | size, signed: true, since: V4, text }]),
    { ...store, code: CLASS.ST | MODE.MEM | size, operation: 'st', source: 'immediate', text: `${at('d')} = {i}` },
    { ...store, code: CLASS.STX | MODE.MEM | size, operation: 'stx', source: 'register', text: `${at('d')} = {s}` },
  ];
}

function atomics(bits: 32 | 64): EbpfOpcode[] {
  const base = { code: CLASS.STX | MODE.ATOMIC | SIZE[bits], action: 'atomic', bits, source: 'register' } as const;
  const word = `(u${bits} *)({d} {o})`;
  const prefix = bits === 64 ? 'atomic64' : 'atomic';
  const exchange = (operation: string, immediate: number, text: string): EbpfOpcode => {
    return { ...base, operation, fixed: { immediate: immediate | FETCH }, since: '5.12', text };
  };
  return [
    ...ATOMICS.flatMap(([operation, immediate, sign]): EbpfOpcode[] => [
      {
        ...base,
        operation,
        fixed: { immediate },
        ...(immediate ? { since: '5.12' } : {}),
        text: `lock *${word} ${sign} {s}`,
      },
      exchange(`fetch_${operation}`, immediate, `{s} = ${prefix}_fetch_${operation}(${word}, {s})`),
    ]),
    exchange('xchg', 0xe0, `{s} = ${prefix}_xchg(${word}, {s})`),
    exchange('cmpxchg', 0xf0, `r0 = ${prefix}_cmpxchg(${word}, r0, {s})`),
  ];
}

/** BPF_LOAD_ACQ, BPF_STORE_REL. */
function ordered(bits: 8 | 16 | 32 | 64): EbpfOpcode[] {
  const base = { code: CLASS.STX | MODE.ATOMIC | SIZE[bits], action: 'atomic', bits, source: 'register' } as const;
  const since = '6.15';
  const acquire = `{d} = load_acquire((u${bits} *)({s} {o}))`;
  const release = `store_release((u${bits} *)({d} {o}), {s})`;
  return [
    { ...base, operation: 'load_acquire', fixed: { immediate: 0x100 }, since, text: acquire },
    { ...base, operation: 'store_release', fixed: { immediate: 0x110 }, since, text: release },
  ];
}

function constants(): EbpfOpcode[] {
  const base = { code: CLASS.LD | MODE.IMM | SIZE[64], action: 'constant', bits: 64, source: 'immediate' } as const;
  return [
    { ...base, operation: 'constant', fixed: { src: 0 }, text: '{d} = {q}' },
    { ...base, operation: 'map', fixed: { src: PSEUDO.MAP_FD }, text: '{d} = map[{m}]' },
    { ...base, operation: 'map value', fixed: { src: PSEUDO.MAP_VALUE }, since: '5.2', text: '{d} = map[{m}][0]+{p}' },
    { ...base, operation: 'variable', fixed: { src: PSEUDO.BTF_ID }, since: '5.10', text: '{d} = variable#{i}' },
    { ...base, operation: 'function', fixed: { src: PSEUDO.FUNC }, since: '5.13', text: '{d} = subprog[{c}]' },
  ];
}

function packetLoads(bits: 8 | 16 | 32): EbpfOpcode[] {
  const base = { action: 'packet', bits, fixed: {} } as const;
  const code = CLASS.LD | SIZE[bits];
  return [
    { ...base, code: code | MODE.ABS, operation: 'abs', source: 'immediate', text: `r0 = *(u${bits} *)skb[{i}]` },
    { ...base, code: code | MODE.IND, operation: 'ind', source: 'register', text: `r0 = *(u${bits} *)skb[{s} + {i}]` },
  ];
}

/** Every instruction there is. */
export const EBPF_OPCODES: readonly EbpfOpcode[] = [
  ...([64, 32] as const).flatMap((bits) => [...arithmetic(bits), ...signedMoves(bits), ...jumps(bits)]),
  ...byteOrders(),
  ...control(),
  ...SIZES.flatMap(memory),
  ...([32, 64] as const).flatMap(atomics),
  ...SIZES.flatMap(ordered),
  ...constants(),
  ...([8, 16, 32] as const).flatMap(packetLoads),
];

const BY_CODE: readonly (readonly EbpfOpcode[])[] = Array.from({ length: 256 }, (_, code) =>
  EBPF_OPCODES.filter((row) => row.code === code),
);

/** The row of an instruction; undefined when there is no such instruction. */
export function ebpfOpcodeOf(instruction: EbpfInstruction): EbpfOpcode | undefined {
  return BY_CODE[instruction.code]?.find(({ fixed }) =>
    Object.entries(fixed).every(([field, value]) => instruction[field as keyof typeof fixed] === value),
  );
}

const ROWS: ReadonlyMap<string, EbpfOpcode> = new Map(
  EBPF_OPCODES.map((row) => [`${row.action} ${row.operation} ${row.bits} ${row.source} ${row.signed ?? false}`, row]),
);

/** The row of an operation. Throws RangeError when there is none: for the assembler, whose types exclude that. */
export function ebpfOpcode(
  action: EbpfAction,
  operation: string,
  bits: 8 | 16 | 32 | 64,
  source: EbpfOpcode['source'],
  signed = false,
): EbpfOpcode {
  const row = ROWS.get(`${action} ${operation} ${bits} ${source} ${signed}`);
  if (row === undefined) throw new RangeError(`cannot assemble the instruction: there is no ${bits}-bit ${operation}`);
  return row;
}

/** The operation a comparison is. */
export const COMPARISONS = Object.fromEntries(JUMPS.map(([operation, , sign]) => [sign, operation])) as Readonly<
  Record<Comparison, string>
>;

/** Slots an instruction takes: jumps count in them. */
export function slotsOf(instruction: EbpfInstruction): 1 | 2 {
  return instruction.code === WIDE ? 2 : 1;
}

/** BPF_LD | BPF_IMM | BPF_DW: the load of a 64-bit constant. */
const WIDE = CLASS.LD | MODE.IMM | SIZE[64];

/** Bytes of one slot. */
const SLOT = 8;

/**
 * A program as an array of struct bpf_insn, little-endian: what BPF_PROG_LOAD takes. References are not written: resolve
 * them first.
 */
export function encodeEbpf(program: EbpfProgram): Uint8Array {
  const bytes = new Uint8Array(SLOT * program.reduce((slots, instruction) => slots + slotsOf(instruction), 0));
  let at = 0;
  for (const instruction of program) {
    const { code, dst, src, offset, immediate, high = 0 } = instruction;
    bytes[at] = code;
    bytes[at + 1] = dst | (src << 4);
    writeU16LE(bytes, at + 2, offset & 0xffff);
    writeU32LE(bytes, at + 4, immediate >>> 0);
    if (code === WIDE) writeU32LE(bytes, at + SLOT + 4, high >>> 0);
    at += SLOT * slotsOf(instruction);
  }
  return bytes;
}

/** The inverse of encodeEbpf; a last incomplete instruction is left out. */
export function decodeEbpf(bytes: Uint8Array): EbpfInstruction[] {
  const program: EbpfInstruction[] = [];
  for (let at = 0; at + SLOT <= bytes.length; ) {
    const instruction = decodeSlot(bytes, at);
    const size = SLOT * slotsOf(instruction);
    if (at + size > bytes.length) break;
    program.push(size === SLOT ? instruction : { ...instruction, high: readU32LE(bytes, at + SLOT + 4) | 0 });
    at += size;
  }
  return program;
}

function decodeSlot(bytes: Uint8Array, at: number): EbpfInstruction {
  const registers = bytes[at + 1]!;
  return {
    code: bytes[at]!,
    dst: registers & 0xf,
    src: registers >> 4,
    offset: (readU16LE(bytes, at + 2) << 16) >> 16,
    immediate: readU32LE(bytes, at + 4) | 0,
  };
}
