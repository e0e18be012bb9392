// Classic programs as extended ones that run over a copy of a packet's first bytes: for probes, which have no packet to load
// from. Meaning as in classic-run.ts; the kernel's own translation, bpf_convert_filter of net/core/filter.c (v6.18), calls
// helper functions on an sk_buff instead.
import {
  checkProgram,
  EXTENSION_BASE,
  type ExtensionName,
  extensionAt,
  type Instruction,
  LINK_HEADER_BASE,
  NETWORK_HEADER_BASE,
  type Opcode,
  opcodeOf,
  type Program,
} from '../bpf/index.ts';
import type { EbpfItem, Register } from './assembler.ts';
import * as ebpf from './assembler.ts';
import type { Comparison } from './ebpf.ts';

/**
 * What R0 holds, in 64 bits with a sign, where a load lies in the packet but not in the copy: no classic program returns
 * it, since theirs have 32 bits without a sign.
 */
export const CANNOT_TELL = -1;

/** What the fragment is given, and what it uses up. They must differ from one another. */
export interface FragmentRegisters {
  /** Points at the copy; kept. */
  readonly copy: Register;
  /** Bytes of the packet in the copy, at most `headerBytes`; kept. */
  readonly captured: Register;
  /** Bytes of the packet, below 2^31: what `len` is, and where loads end; kept. */
  readonly length: Register;
  /** A, X and a third one: lost. The result is in R0, which may be A. */
  readonly a: Register;
  readonly x: Register;
  readonly temporary: Register;
}

export interface FragmentOptions {
  /**
   * Bytes that may be read at `copy`, whatever was captured: what the verifier knows of that memory, at most 32,767. It
   * must not be on the stack, where the kernel allows no unaligned loads; a value of a map or of a ring buffer will do.
   */
  readonly headerBytes: number;
  /** R1 copy, R2 captured, R3 length, R0 A, R4 X, R5 temporary, where not said otherwise. R6 to R9 are left alone. */
  readonly registers?: Partial<FragmentRegisters>;
  /** Where the network header begins in the copy. Without it loads relative to it reject. */
  readonly networkOffset?: number;
  /** Numbers in the processor's byte order, in memory that a register points at. Others reject. */
  readonly metadata?: {
    readonly base: Register;
    readonly fields: Partial<
      Readonly<Record<ExtensionName, { readonly size: 'u8' | 'u16' | 'u32'; readonly at: number }>>
    >;
  };
  /** Where M[0] lies, in bytes from R10: M takes the 64 bytes from there. Default -64. */
  readonly scratch?: number;
  /** What the labels begin with: different for each fragment of a program. Default 'filter'. */
  readonly prefix?: string;
  /**
   * No copy but the packet itself, where the verifier takes only offsets that it knows: `copy` points `at` bytes before the
   * header, and `length` is not read. CANNOT_TELL where more than that decides; where a header of IPv4 has options too,
   * for those without any have what follows at an offset that is known.
   */
  readonly direct?: { readonly at: number };
}

const REGISTERS: FragmentRegisters = {
  copy: ebpf.R1,
  captured: ebpf.R2,
  length: ebpf.R3,
  a: ebpf.R0,
  x: ebpf.R4,
  temporary: ebpf.R5,
};

const MAX_HEADER_BYTES = 0x7fff;
const MAX_LENGTH = 0x7fff_ffff;

/**
 * The program as a fragment without calls: R0 is what classic BPF returns (bytes to keep, 0 to reject) or CANNOT_TELL, and
 * what follows the fragment goes on from there. Throws RangeError for programs that `checkProgram` refuses, those with
 * backward jumps (protochain) among them; more than 4,096 instructions are no reason.
 *
 *   const program = assembleEbpf([...setUp, ...ebpfFromClassic(filter, { headerBytes: 256 }), exit()]);
 */
export function ebpfFromClassic(program: Program, options: FragmentOptions): readonly EbpfItem[] {
  const loop = program.findIndex(({ code, k }) => opcodeOf(code)?.action === 'ja' && (k | 0) < 0);
  if (loop >= 0)
    refuse(`instruction ${loop}: jumps backward, and the kernel runs no loops without an end that it sees`);
  // Extended programs may be longer: what jumps reach is the limit, and the assembler says so.
  const refusal = checkProgram(program, Number.POSITIVE_INFINITY);
  if (refusal !== undefined) refuse(`instruction ${refusal.instruction}: ${refusal.reason}`);
  if (options.headerBytes > MAX_HEADER_BYTES) refuse(`a copy has ${MAX_HEADER_BYTES} bytes at most`);
  const registers = { ...REGISTERS, ...options.registers };
  const numbers = [...Object.values(registers), ...(options.metadata ? [options.metadata.base] : [])];
  if (new Set(numbers.map(({ register }) => register)).size < numbers.length) refuse('a register is used twice');
  return new Fragment(program, options, registers).items();
}

function refuse(cause: string): never {
  throw new RangeError(`cannot translate the program: ${cause}`);
}

/** What is known before an instruction, on every way to it. */
interface Known {
  /** The packet has this many bytes in the copy. */
  captured: number;
  /** Registers that were written. */
  a: boolean;
  x: boolean;
  /** What X is, where the program says it. */
  xIs: number | undefined;
}

/** Bytes of an IPv4 header without options. */
const PLAIN_HEADER = 20;

const SIZE = { 1: 'u8', 2: 'u16', 4: 'u32' } as const;

class Fragment {
  private readonly program: Program;
  private readonly options: FragmentOptions;
  private readonly registers: FragmentRegisters;
  private readonly body: EbpfItem[] = [];
  private readonly known: (Known | undefined)[];
  private now: Known = { captured: 0, a: false, x: false, xIs: undefined };
  /** Registers that are read before they are written: classic programs begin with zeros. */
  private readonly clear = new Set<'a' | 'x'>();
  /** Lengths that were found wanting. */
  private readonly wanted = new Set<number>();
  /** Endings that are jumped to. */
  private readonly endings = new Set<string>();

  constructor(program: Program, options: FragmentOptions, registers: FragmentRegisters) {
    this.program = program;
    this.options = options;
    this.registers = registers;
    this.known = [{ ...this.now }];
  }

  items(): readonly EbpfItem[] {
    const targets = new Set(this.program.flatMap(targetsOf));
    // The verifier refuses instructions that nothing leads to.
    this.program.forEach((instruction, at) => {
      const known = this.known[at];
      if (known === undefined) return;
      this.now = { ...known };
      if (targets.has(at)) this.body.push(ebpf.label(this.place(at)));
      if (this.instruction(instruction, at)) this.reach(at + 1);
    });
    const clear = [...this.clear].map((register) => ebpf.mov32(this.registers[register], 0));
    return [...clear, ...this.body, ...this.allEndings()];
  }

  // --- places

  private place(name: number | string): string {
    return `${this.options.prefix ?? 'filter'}.${name}`;
  }

  /** Merges what is known now into what is known at an instruction that follows. */
  private reach(at: number): void {
    const before = this.known[at] ?? this.now;
    this.known[at] = {
      captured: Math.min(before.captured, this.now.captured),
      a: before.a && this.now.a,
      x: before.x && this.now.x,
      xIs: before.xIs === this.now.xIs ? this.now.xIs : undefined,
    };
  }

  private goTo(at: number): EbpfItem {
    this.reach(at);
    return ebpf.goto(this.place(at));
  }

  private reject(): false {
    this.body.push(ebpf.goto(this.ending('reject')));
    return false;
  }

  private cannotTell(): false {
    this.body.push(ebpf.goto(this.ending('unknown')));
    return false;
  }

  /** The label of an ending, which is then made. */
  private ending(name: string): string {
    this.endings.add(name);
    return this.place(name);
  }

  /** What the body leads to, as far as it does; the last falls through. */
  private allEndings(): EbpfItem[] {
    const { temporary, length } = this.registers;
    const made = (name: string, make: () => EbpfItem[]) =>
      this.endings.has(name) ? [ebpf.label(this.place(name)), ...make()] : [];
    const short = (bytes: number) => [...this.unlessInPacket(bytes), ebpf.goto(this.ending('unknown'))];
    return [
      ...[...this.wanted].flatMap((bytes) => [ebpf.label(this.place(`short.${bytes}`)), ...short(bytes)]),
      ...made('outside', () => [
        ebpf.jumpIf(temporary, '>', length, this.ending('reject')),
        ebpf.goto(this.ending('unknown')),
      ]),
      ...made('unknown', () => [ebpf.mov(ebpf.R0, CANNOT_TELL), ebpf.goto(this.place('end'))]),
      ...made('reject', () => [ebpf.mov(ebpf.R0, 0)]),
      ebpf.label(this.place('end')),
    ];
  }

  // --- instructions: false when what follows is not reached from here

  private instruction(instruction: Instruction, at: number): boolean {
    const { jt, jf, k } = instruction;
    const { a, x } = this.registers;
    const row = opcodeOf(instruction.code)!;
    switch (row.action) {
      case 'ret':
        return this.ret(row, k);
      case 'ja':
        this.body.push(this.goTo(at + 1 + k));
        return false;
      case 'jump':
        return this.jump(row, k, at + 1, at + 1 + jt, at + 1 + jf);
      case 'ld':
        return this.load('a', row, k);
      case 'ldx':
        return this.load('x', row, k);
      case 'st':
        return this.push(ebpf.store('u32', ebpf.R10, this.scratch(k), this.read('a')));
      case 'stx':
        return this.push(ebpf.store('u32', ebpf.R10, this.scratch(k), this.read('x')));
      case 'tax':
        return this.write('x', ebpf.mov32(x, this.read('a')));
      case 'txa':
        return this.write('a', ebpf.mov32(a, this.read('x')));
      case 'alu':
        return this.arithmetic(row, k, at);
    }
  }

  private push(...items: EbpfItem[]): true {
    this.body.push(...items);
    return true;
  }

  private read(register: 'a' | 'x'): Register {
    if (!this.now[register]) this.clear.add(register);
    return this.registers[register];
  }

  private write(register: 'a' | 'x', ...items: EbpfItem[]): true {
    this.now[register] = true;
    if (register === 'x') this.now.xIs = undefined;
    return this.push(...items);
  }

  private scratch(word: number): number {
    return (this.options.scratch ?? -64) + 4 * word;
  }

  private ret({ operand }: Opcode, k: number): false {
    if (operand === 'decimal') this.push(ebpf.mov32(ebpf.R0, k));
    else if (this.read('a').register !== 0) this.push(ebpf.mov32(ebpf.R0, this.registers.a));
    this.push(ebpf.goto(this.place('end')));
    return false;
  }

  private jump({ mnemonic, operand }: Opcode, k: number, next: number, yes: number, no: number): boolean {
    const source = operand === 'x' ? this.read('x') : k;
    const a = this.read('a');
    const jump = (is: Comparison, to: number) => {
      this.reach(to);
      this.push(ebpf.jumpIf32(a, is, source, this.place(to)));
    };
    if (yes === no && yes === next) return true;
    if (yes === no) this.push(this.goTo(yes));
    else if (yes === next && mnemonic !== 'jset') jump(OPPOSITE[mnemonic]!, no);
    else {
      jump(COMPARISON[mnemonic]!, yes);
      if (no !== next) this.push(this.goTo(no));
    }
    return yes !== no && (no === next || (yes === next && mnemonic !== 'jset'));
  }

  private arithmetic({ mnemonic, operand }: Opcode, k: number, at: number): true {
    const a = this.read('a');
    if (mnemonic === 'neg') return this.write('a', ebpf.neg32(a));
    const operation = ARITHMETIC[mnemonic]!;
    if (operand !== 'x') return this.write('a', operation(a, k));
    const x = this.read('x');
    if (mnemonic === 'div' || mnemonic === 'mod') this.push(ebpf.jumpIf32(x, '==', 0, this.ending('reject')));
    if (mnemonic !== 'lsh' && mnemonic !== 'rsh') return this.write('a', operation(a, x));
    // Extended programs would take the lowest five bits of X only.
    const [shift, shifted] = [this.place(`${at}.shift`), this.place(`${at}.shifted`)];
    this.push(ebpf.jumpIf32(x, '<=', 31, shift), ebpf.mov32(a, 0), ebpf.goto(shifted));
    return this.write('a', ebpf.label(shift), operation(a, x), ebpf.label(shifted));
  }

  // --- loads

  private load(to: 'a' | 'x', { operand, width }: Opcode, k: number): boolean {
    const register = this.registers[to];
    switch (operand) {
      case 'absolute':
        return k >= EXTENSION_BASE ? this.loadExtension(extensionAt(k)!) : this.loadPacket(to, k, width!);
      case 'indirect':
        return this.options.direct ? this.loadAtKnown(k, width!) : this.loadIndirect(k, width!);
      case 'header':
        return this.loadHeaderLength(to, k);
      case 'memory':
        return this.write(to, ebpf.load('u32', register, ebpf.R10, this.scratch(k)));
      case 'length':
        return this.options.direct ? this.cannotTell() : this.write(to, ebpf.mov32(register, this.registers.length));
      default:
        this.write(to, ebpf.mov32(register, k));
        if (to === 'x') this.now.xIs = k;
        return true;
    }
  }

  /** Four times the lower half of a byte: the length of a header of IPv4. */
  private loadHeaderLength(to: 'a' | 'x', k: number): boolean {
    const register = this.registers[to];
    if (!this.loadPacket(to, k, 1)) return false;
    this.push(ebpf.and32(register, 0xf));
    if (!this.options.direct || to === 'a') return this.push(ebpf.lsh32(register, 2));
    this.push(ebpf.jumpIf32(register, '!=', PLAIN_HEADER / 4, this.ending('unknown')));
    this.push(ebpf.mov32(register, PLAIN_HEADER));
    this.now.xIs = PLAIN_HEADER;
    return true;
  }

  private loadAtKnown(k: number, width: 1 | 2 | 4): boolean {
    const { xIs } = this.now;
    return xIs === undefined ? this.cannotTell() : this.loadAt('a', xIs + k, width);
  }

  private loadExtension(name: ExtensionName): boolean {
    const { a } = this.registers;
    if (name === 'xor_x') return this.write('a', ebpf.xor32(this.read('a'), this.read('x')));
    const { metadata } = this.options;
    const field = metadata?.fields[name];
    if (metadata === undefined || field === undefined) return this.options.direct ? this.cannotTell() : this.reject();
    return this.write('a', ebpf.load(field.size, a, metadata.base, field.at));
  }

  private loadPacket(to: 'a' | 'x', k: number, width: 1 | 2 | 4): boolean {
    const at = this.offsetInCopy(k);
    return at === undefined ? this.reject() : this.loadAt(to, at, width);
  }

  private loadAt(to: 'a' | 'x', at: number, width: 1 | 2 | 4): boolean {
    if (!this.checkCaptured(at + width)) return false;
    const register = this.registers[to];
    const place = at + (this.options.direct?.at ?? 0);
    return this.write(to, ebpf.load(SIZE[width], register, this.registers.copy, place), ...inOrder(register, width));
  }

  private offsetInCopy(k: number): number | undefined {
    if (k < LINK_HEADER_BASE) return k;
    if (k < NETWORK_HEADER_BASE) return k - LINK_HEADER_BASE;
    const { networkOffset } = this.options;
    return networkOffset === undefined ? undefined : k - NETWORK_HEADER_BASE + networkOffset;
  }

  /** Goes on only where the copy holds the packet's first `bytes`; false when it never does. */
  private checkCaptured(bytes: number): boolean {
    const { direct, headerBytes } = this.options;
    if (bytes > headerBytes) {
      if (direct) return this.cannotTell();
      this.push(...this.unlessInPacket(bytes), ebpf.goto(this.ending('unknown')));
      return false;
    }
    if (bytes <= this.now.captured) return true;
    this.now.captured = bytes;
    if (direct) return this.push(ebpf.jumpIf(this.registers.captured, '<', bytes, this.ending('unknown')));
    this.wanted.add(bytes);
    return this.push(ebpf.jumpIf(this.registers.captured, '<', bytes, this.place(`short.${bytes}`)));
  }

  private unlessInPacket(bytes: number): EbpfItem[] {
    const most = Math.min(bytes, MAX_LENGTH);
    return [ebpf.jumpIf(this.registers.length, '<', most, this.ending('reject'))];
  }

  /**
   * The temporary register holds the end of what is loaded, so that one number serves the comparison with what may be
   * read (which the verifier follows), with what was captured, and with the packet's length. In 64 bits: offsets do not
   * wrap round to the packet's beginning.
   */
  private loadIndirect(k: number, width: 1 | 2 | 4): boolean {
    if (k + width > MAX_LENGTH) return this.reject();
    const { a, copy, captured, temporary } = this.registers;
    const outside = this.ending('outside');
    return this.write(
      'a',
      ebpf.mov32(temporary, this.read('x')),
      ebpf.add(temporary, k + width),
      ebpf.jumpIf(temporary, '>', this.options.headerBytes, outside),
      ebpf.jumpIf(temporary, '>', captured, outside),
      ebpf.add(temporary, copy),
      ebpf.load(SIZE[width], a, temporary, -width),
      ...inOrder(a, width),
    );
  }
}

const COMPARISON: Readonly<Record<string, Comparison>> = { jeq: '==', jgt: '>', jge: '>=', jset: '&' };
const OPPOSITE: Readonly<Record<string, Comparison>> = { jeq: '!=', jgt: '<=', jge: '<' };

const ARITHMETIC: Readonly<Record<string, typeof ebpf.add32>> = {
  add: ebpf.add32,
  sub: ebpf.sub32,
  mul: ebpf.mul32,
  div: ebpf.div32,
  mod: ebpf.mod32,
  and: ebpf.and32,
  or: ebpf.or32,
  xor: ebpf.xor32,
  lsh: ebpf.lsh32,
  rsh: ebpf.rsh32,
};

/** Packets are big-endian. */
function inOrder(register: Register, width: 1 | 2 | 4): EbpfItem[] {
  return width === 1 ? [] : [ebpf.be(register, width === 2 ? 16 : 32)];
}

function targetsOf({ code, jt, jf, k }: Instruction, at: number): number[] {
  const { action } = opcodeOf(code)!;
  if (action === 'ja') return [at + 1 + k];
  return action === 'jump' ? [at + 1 + jt, at + 1 + jf] : [];
}
