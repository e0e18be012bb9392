// Assembling extended BPF: each function here makes one instruction, with registers, labels, maps, fields of kernel
// structures and functions by name. Needs no privilege: what the kernel must be asked for stays a reference until the
// program is linked (struct bpf_insn, include/uapi/linux/bpf.h v6.18).
//
//   const program = assembleEbpf([
//     load('u32', R2, R1, field('sk_buff', 'len')),
//     mov(R0, 0),
//     jumpIf(R2, '<', 1000, 'out'),
//     mov(R0, 1),
//     label('out'),
//     exit(),
//   ]);
import {
  type AluOperation,
  COMPARISONS,
  type Comparison,
  type EbpfInstruction,
  type EbpfOpcode,
  type EbpfProgram,
  ebpfOpcode,
  type Reference,
  slotsOf,
} from './ebpf.ts';
import { type HelperName, helperNumber } from './helper-numbers.ts';

export interface Register {
  readonly register: number;
}

/** R0 result; R1 to R5 arguments, lost in calls; R6 to R9 kept in calls; R10 the end of the stack, read only. */
export const R0: Register = { register: 0 };
export const R1: Register = { register: 1 };
export const R2: Register = { register: 2 };
export const R3: Register = { register: 3 };
export const R4: Register = { register: 4 };
export const R5: Register = { register: 5 };
export const R6: Register = { register: 6 };
export const R7: Register = { register: 7 };
export const R8: Register = { register: 8 };
export const R9: Register = { register: 9 };
export const R10: Register = { register: 10 };

/** Where a field of a kernel structure lies, in bytes, and `plus` more: known once the kernel's BTF is read. */
export interface FieldOffset {
  readonly field: Extract<Reference, { kind: 'field' }>;
  readonly plus: number;
}

/** `field('sk_buff', 'network_header')`; inner fields with dots. */
export function field(struct: string, name: string, plus = 0): FieldOffset {
  return { field: { kind: 'field', struct, field: name }, plus };
}

export interface Label {
  readonly label: string;
}

/** What programs are written as. Parts are arrays of these, put together with the spread operator. */
export type EbpfItem = EbpfInstruction | Label;

type Source = Register | number | FieldOffset;
type Place = number | FieldOffset;
type Unsigned = 'u8' | 'u16' | 'u32' | 'u64';
type Size = Unsigned | 's8' | 's16' | 's32';

const BITS = { u8: 8, u16: 16, u32: 32, u64: 64, s8: 8, s16: 16, s32: 32 } as const;

// --- arithmetic

/** dst = dst OPERATION source, in 64 bits; the functions with 32 in their name clear the upper half of dst. */
export const add = arithmetic('add', 64);
export const add32 = arithmetic('add', 32);
export const sub = arithmetic('sub', 64);
export const sub32 = arithmetic('sub', 32);
export const mul = arithmetic('mul', 64);
export const mul32 = arithmetic('mul', 32);
/** Unsigned; by zero gives 0. */
export const div = arithmetic('div', 64);
export const div32 = arithmetic('div', 32);
/** Signed, since 6.6. */
export const sdiv = arithmetic('sdiv', 64);
export const sdiv32 = arithmetic('sdiv', 32);
/** Unsigned; by zero leaves dst as it is. */
export const mod = arithmetic('mod', 64);
export const mod32 = arithmetic('mod', 32);
/** Signed, since 6.6. */
export const smod = arithmetic('smod', 64);
export const smod32 = arithmetic('smod', 32);
export const and = arithmetic('and', 64);
export const and32 = arithmetic('and', 32);
export const or = arithmetic('or', 64);
export const or32 = arithmetic('or', 32);
export const xor = arithmetic('xor', 64);
export const xor32 = arithmetic('xor', 32);
/** Shifts take the lowest 6 bits of a register, 5 in 32 bits. */
export const lsh = arithmetic('lsh', 64);
export const lsh32 = arithmetic('lsh', 32);
export const rsh = arithmetic('rsh', 64);
export const rsh32 = arithmetic('rsh', 32);
/** Keeps the sign. */
export const arsh = arithmetic('arsh', 64);
export const arsh32 = arithmetic('arsh', 32);
export const mov = arithmetic('mov', 64);
export const mov32 = arithmetic('mov', 32);

function arithmetic(operation: AluOperation, bits: 32 | 64) {
  return (dst: Register, source: Source): EbpfInstruction => {
    const row = ebpfOpcode('alu', operation, bits, isRegister(source) ? 'register' : 'immediate');
    return instruction(row, { dst: dst.register, ...operand(source, bits) });
  };
}

export function neg(dst: Register): EbpfInstruction {
  return instruction(ebpfOpcode('alu', 'neg', 64, 'none'), { dst: dst.register });
}

export function neg32(dst: Register): EbpfInstruction {
  return instruction(ebpfOpcode('alu', 'neg', 32, 'none'), { dst: dst.register });
}

/** dst = the lowest bits of src, with their sign. Since 6.6. */
export function extendSign(dst: Register, src: Register, from: 8 | 16 | 32, bits: 32 | 64 = 64): EbpfInstruction {
  const row = ebpfOpcode('alu', `movs${from}`, bits, 'register', true);
  return instruction(row, { dst: dst.register, src: src.register });
}

/** Between the processor's order and little endian; `bits` are kept, the others cleared. */
export function le(dst: Register, bits: 16 | 32 | 64): EbpfInstruction {
  return instruction(ebpfOpcode('order', 'le', bits, 'none'), { dst: dst.register });
}

/** Between the processor's order and big endian, the network's; `bits` are kept, the others cleared. */
export function be(dst: Register, bits: 16 | 32 | 64): EbpfInstruction {
  return instruction(ebpfOpcode('order', 'be', bits, 'none'), { dst: dst.register });
}

/** Turns the bytes round. Since 6.6. */
export function bswap(dst: Register, bits: 16 | 32 | 64): EbpfInstruction {
  return instruction(ebpfOpcode('order', 'bswap', bits, 'none'), { dst: dst.register });
}

// --- memory

/** dst = memory at base + place. Sizes with a sign since 6.6. */
export function load(size: Size, dst: Register, base: Register, place: Place = 0): EbpfInstruction {
  const row = ebpfOpcode('load', 'ldx', BITS[size], 'register', size.startsWith('s'));
  return instruction(row, { dst: dst.register, src: base.register, ...offsetOf(place) });
}

/** Memory at base + place = source. */
export function store(size: Unsigned, base: Register, place: Place, source: Register | number): EbpfInstruction {
  const [operation, kind] = isRegister(source) ? (['stx', 'register'] as const) : (['st', 'immediate'] as const);
  const row = ebpfOpcode('store', operation, BITS[size], kind);
  return instruction(row, { dst: base.register, ...offsetOf(place), ...operand(source, BITS[size] === 64 ? 64 : 32) });
}

type AtomicOperation = 'add' | 'or' | 'and' | 'xor';

/**
 * Memory at base + place changed by src in one go. With `fetch_` and `xchg` src receives what was there; `cmpxchg`
 * stores src if R0 is there, and R0 receives what was there. All but `add` since 5.12.
 */
export function atomic(
  operation: AtomicOperation | `fetch_${AtomicOperation}` | 'xchg' | 'cmpxchg',
  size: 'u32' | 'u64',
  base: Register,
  place: Place,
  src: Register,
): EbpfInstruction {
  const row = ebpfOpcode('atomic', operation, BITS[size], 'register');
  return instruction(row, { dst: base.register, src: src.register, ...offsetOf(place) });
}

/** As `load`; what is read later is not older. Since 6.15. */
export function loadAcquire(size: Unsigned, dst: Register, base: Register, place: Place = 0): EbpfInstruction {
  const row = ebpfOpcode('atomic', 'load_acquire', BITS[size], 'register');
  return instruction(row, { dst: dst.register, src: base.register, ...offsetOf(place) });
}

/** As `store`; what was written before is seen before. Since 6.15. */
export function storeRelease(size: Unsigned, base: Register, place: Place, src: Register): EbpfInstruction {
  const row = ebpfOpcode('atomic', 'store_release', BITS[size], 'register');
  return instruction(row, { dst: base.register, src: src.register, ...offsetOf(place) });
}

/** R0 = packet bytes at `at`, and at `index` more; outside the packet ends the program with 0. For socket filters. */
export function loadPacket(size: 'u8' | 'u16' | 'u32', at: number, index?: Register): EbpfInstruction {
  if (index === undefined) return instruction(ebpfOpcode('packet', 'abs', BITS[size], 'immediate'), operand(at, 32));
  const row = ebpfOpcode('packet', 'ind', BITS[size], 'register');
  return instruction(row, { ...operand(at, 32), src: index.register });
}

// --- constants

/** Any 64-bit value. */
export function loadConstant(dst: Register, value: bigint | number): EbpfInstruction {
  const bits = BigInt.asUintN(64, BigInt(value));
  const half = (shift: bigint) => Number(BigInt.asIntN(32, bits >> shift));
  return wide('constant', dst, { immediate: half(0n), high: half(32n) });
}

/** dst = the map, as helpers take it. */
export function loadMap(dst: Register, name: string): EbpfInstruction {
  return wide('map', dst, { reference: { kind: 'map', name } });
}

/** dst = the address `at` bytes into the only entry of an array map. */
export function loadMapValue(dst: Register, name: string, at = 0): EbpfInstruction {
  return wide('map value', dst, { high: at, reference: { kind: 'map value', name, at } });
}

/** dst = the address of a variable of the kernel, as `bpf_prog_active`. */
export function loadVariable(dst: Register, name: string): EbpfInstruction {
  return wide('variable', dst, { reference: { kind: 'variable', name } });
}

/** dst = a function of this program, for helpers that call back. */
export function loadFunction(dst: Register, name: string): EbpfInstruction {
  return wide('function', dst, { reference: { kind: 'label', name } });
}

function wide(operation: string, dst: Register, fields: Partial<EbpfInstruction>): EbpfInstruction {
  const row = ebpfOpcode('constant', operation, 64, 'immediate');
  return { ...instruction(row, { dst: dst.register, ...fields }), high: fields.high ?? 0 };
}

// --- control

/** A place to jump to: the instruction that follows. */
export function label(name: string): Label {
  return { label: name };
}

export function goto(name: string): EbpfInstruction {
  return instruction(ebpfOpcode('goto', 'ja', 64, 'none'), { reference: { kind: 'label', name } });
}

/** Reaches more than 32,767 slots. Since 6.6. */
export function gotoFar(name: string): EbpfInstruction {
  return instruction(ebpfOpcode('goto', 'gotol', 64, 'none'), { reference: { kind: 'label', name } });
}

/** `jumpIf(R1, 's>', 0, 'positive')`: `&` is true when they have a bit in common; s for signed. */
export function jumpIf(dst: Register, is: Comparison, source: Register | number, name: string): EbpfInstruction {
  return compare(64, dst, is, source, name);
}

/** As `jumpIf`, of the lower halves. Since 5.1. */
export function jumpIf32(dst: Register, is: Comparison, source: Register | number, name: string): EbpfInstruction {
  return compare(32, dst, is, source, name);
}

function compare(bits: 32 | 64, dst: Register, is: Comparison, source: Register | number, name: string) {
  const row = ebpfOpcode('jump', COMPARISONS[is], bits, isRegister(source) ? 'register' : 'immediate');
  return instruction(row, { dst: dst.register, ...operand(source, bits), reference: { kind: 'label', name } });
}

/** Calls a helper function: arguments in R1 to R5, its result in R0. */
export function call(name: HelperName): EbpfInstruction {
  return instruction(ebpfOpcode('call', 'helper', 64, 'none'), { immediate: helperNumber(name)! });
}

/** Calls a function of the kernel that is open to programs. */
export function callKfunc(name: string): EbpfInstruction {
  return instruction(ebpfOpcode('call', 'kfunc', 64, 'none'), { reference: { kind: 'kfunc', name } });
}

/** Calls a function of this program: what follows the label, to its exit. */
export function callLocal(name: string): EbpfInstruction {
  return instruction(ebpfOpcode('call', 'local', 64, 'none'), { reference: { kind: 'label', name } });
}

/** Ends the program, or the function, with R0. */
export function exit(): EbpfInstruction {
  return instruction(ebpfOpcode('exit', 'exit', 64, 'none'), {});
}

// --- instructions from rows

function instruction(row: EbpfOpcode, fields: Partial<EbpfInstruction>): EbpfInstruction {
  return { code: row.code, dst: 0, src: 0, offset: 0, immediate: 0, ...fields, ...row.fixed };
}

function isRegister(source: Source): source is Register {
  return typeof source === 'object' && 'register' in source;
}

function operand(source: Source, bits: 32 | 64): Partial<EbpfInstruction> {
  if (isRegister(source)) return { src: source.register };
  if (typeof source === 'object') return { immediate: source.plus, reference: source.field };
  return { immediate: immediateOf(source, bits) };
}

function immediateOf(value: number, bits: 32 | 64): number {
  const most = bits === 32 ? 0xffff_ffff : 0x7fff_ffff;
  if (Number.isInteger(value) && value >= -0x8000_0000 && value <= most) return value | 0;
  const remedy = bits === 64 ? '; loadConstant takes any' : '';
  throw new RangeError(`cannot assemble the instruction: ${value} does not fit into its 32 bits${remedy}`);
}

function offsetOf(place: Place): Partial<EbpfInstruction> {
  if (typeof place === 'object') return { offset: place.plus, reference: place.field };
  if (fitsOffset(place)) return { offset: place };
  throw new RangeError(`cannot assemble the instruction: offset ${place} does not fit into 16 bits`);
}

function fitsOffset(value: number): boolean {
  return Number.isInteger(value) && value >= -0x8000 && value <= 0x7fff;
}

// --- labels

/**
 * The program, its labels resolved; other references stay. Throws RangeError for labels that are missing, given twice,
 * or too far.
 */
export function assembleEbpf(items: readonly EbpfItem[]): EbpfInstruction[] {
  const places = placesOf(items);
  const program: EbpfInstruction[] = [];
  let slot = 0;
  for (const item of items) {
    if ('label' in item) continue;
    program.push(resolveLabel(item, slot, places));
    slot += slotsOf(item);
  }
  return program;
}

/** The slot of each label. */
function placesOf(items: readonly EbpfItem[]): Map<string, number> {
  const places = new Map<string, number>();
  let slot = 0;
  for (const item of items) {
    if (!('label' in item)) slot += slotsOf(item);
    else if (places.has(item.label)) refuse(`there are two labels "${item.label}"`);
    else places.set(item.label, slot);
  }
  for (const [name, place] of places) if (place === slot) refuse(`nothing follows the label "${name}"`);
  return places;
}

function resolveLabel(item: EbpfInstruction, slot: number, places: ReadonlyMap<string, number>): EbpfInstruction {
  const { reference, ...plain } = item;
  if (reference?.kind !== 'label') return item;
  const { name } = reference;
  const place = places.get(name) ?? refuse(`there is no label "${name}"`);
  const distance = place - slot - 1;
  if (isFarJump(item)) return { ...plain, immediate: distance };
  if (!fitsOffset(distance)) refuse(`"${name}" is ${distance} slots away, more than 16 bits hold`);
  return { ...plain, offset: distance };
}

const FAR: readonly EbpfOpcode[] = [
  ebpfOpcode('goto', 'gotol', 64, 'none'),
  ebpfOpcode('call', 'local', 64, 'none'),
  ebpfOpcode('constant', 'function', 64, 'immediate'),
];

function isFarJump({ code, src }: EbpfInstruction): boolean {
  return FAR.some((row) => row.code === code && (row.fixed.src ?? 0) === src);
}

// --- references

/** What the loader knows: descriptors of maps, and from BTF the offsets of fields and the ids of functions and variables. */
export interface ReferenceResolver {
  map?(name: string): number | undefined;
  field?(struct: string, field: string): number | undefined;
  kfunc?(name: string): number | undefined;
  variable?(name: string): number | undefined;
}

/**
 * The program without references: ready to encode. Throws RangeError for a reference that the resolver has no answer to,
 * and what the resolver throws.
 */
export function linkEbpf(program: EbpfProgram, resolver: ReferenceResolver): EbpfInstruction[] {
  return program.map((one) => (one.reference === undefined ? one : link(one, one.reference, resolver)));
}

function link(one: EbpfInstruction, reference: Reference, resolver: ReferenceResolver): EbpfInstruction {
  const { reference: _, ...plain } = one;
  const found = lookUp(reference, resolver);
  if (found === undefined) return refuse(`nothing is known of the ${describe(reference)}`);
  if (reference.kind !== 'field' || !isAccess(one.code)) return { ...plain, immediate: one.immediate + found };
  const offset = one.offset + found;
  if (!fitsOffset(offset)) refuse(`the ${describe(reference)} lies at ${offset}, more than 16 bits hold`);
  return { ...plain, offset };
}

function lookUp(reference: Reference, resolver: ReferenceResolver): number | undefined {
  switch (reference.kind) {
    case 'label':
      return undefined;
    case 'field':
      return resolver.field?.(reference.struct, reference.field);
    case 'kfunc':
      return resolver.kfunc?.(reference.name);
    case 'variable':
      return resolver.variable?.(reference.name);
    default:
      return resolver.map?.(reference.name);
  }
}

function describe(reference: Reference): string {
  if (reference.kind === 'field') return `field ${reference.struct}.${reference.field}`;
  return `${reference.kind === 'map value' ? 'map' : reference.kind} "${reference.name}"`;
}

/** BPF_LDX, BPF_ST and BPF_STX: the classes 1 to 3. */
function isAccess(code: number): boolean {
  return [1, 2, 3].includes(code & 7);
}

function refuse(cause: string): never {
  throw new RangeError(`cannot assemble the program: ${cause}`);
}
