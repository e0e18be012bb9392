// Running an extended program: the reference interpreter, exact rather than fast. Meaning as in RFC 9669 and ___bpf_prog_run
// of kernel/bpf/core.c (v6.18): division by zero gives 0, modulo zero leaves the register, shifts are masked. Memory is a
// set of regions at made-up addresses, and every access is checked against them, as the verifier would have proved.
import { readU16, readU32 } from '../bytes/index.ts';
import { type EbpfInstruction, type EbpfOpcode, type EbpfProgram, ebpfOpcodeOf, slotsOf } from './ebpf.ts';
import { HELPER_NAMES, type HelperName } from './helper-numbers.ts';
import { ebpfInstructionText } from './text.ts';

/** An array map: entries of `valueBytes` one behind the other. Programs write into `bytes`. */
export interface ArrayMap {
  readonly valueBytes: number;
  readonly bytes: Uint8Array;
}

/** Memory as a program sees it, for helper functions. Throws RangeError outside of it. */
export interface EbpfMemory {
  bytes(address: bigint, length: number): Uint8Array;
}

/** A helper function: R1 to R5, and the value for R0. */
export type EbpfHelper = (args: readonly bigint[], memory: EbpfMemory) => bigint;

export interface EbpfWorld {
  /** R1 points at it. */
  readonly context?: Uint8Array;
  /** By the names that the program's references use. */
  readonly maps?: Readonly<Record<string, ArrayMap>>;
  /** Helper functions besides map_lookup_elem, probe_read_kernel and get_smp_processor_id. */
  readonly helpers?: Partial<Readonly<Record<HelperName, EbpfHelper>>>;
  /** What packet loads read. */
  readonly packet?: Uint8Array;
  /** Instructions to run before the program is taken to run for ever; 1,000,000 by default, as in the verifier. */
  readonly maxSteps?: number;
}

/** MAX_BPF_STACK, MAX_CALL_FRAMES. */
const STACK_BYTES = 512;
const MAX_FRAMES = 8;

const EFAULT = 14n;

/**
 * The program's R0, as 64 unsigned bits. Throws RangeError where the verifier would have refused the program.
 *
 *   runEbpf(assembleEbpf([mov(R0, 7), exit()])) // 7n
 */
export function runEbpf(program: EbpfProgram, world: EbpfWorld = {}): bigint {
  return new Machine(program, world).run();
}

interface Frame {
  readonly stack: bigint;
  /** Of the caller, from R6 to R9. */
  readonly kept: readonly bigint[];
  readonly returnTo: number;
}

class Memory implements EbpfMemory {
  private readonly regions: Uint8Array[] = [];

  /** Each region begins at a multiple of 4 GiB, so that running over the end of one never reaches the next. */
  add(bytes: Uint8Array): bigint {
    return BigInt(this.regions.push(bytes)) << 32n;
  }

  bytes(address: bigint, length: number): Uint8Array {
    const region = this.regions[Number(address >> 32n) - 1];
    const at = Number(address & 0xffff_ffffn);
    if (region === undefined || at + length > region.length) {
      throw new RangeError(`there is no memory of ${length} bytes at 0x${address.toString(16)}`);
    }
    return region.subarray(at, at + length);
  }

  read(address: bigint, bits: number): bigint {
    return this.bytes(address, bits / 8).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  write(address: bigint, bits: number, value: bigint): void {
    const bytes = this.bytes(address, bits / 8);
    bytes.forEach((_, i) => {
      bytes[i] = Number((value >> BigInt(8 * i)) & 0xffn);
    });
  }
}

class Machine {
  private readonly registers = new BigUint64Array(11);
  private readonly memory = new Memory();
  private readonly frames: Frame[] = [];
  private readonly maps = new Map<string, { map: ArrayMap; address: bigint }>();
  private readonly world: EbpfWorld;
  /** Instructions by slot; the second slot of a wide one has none. */
  private readonly bySlot: readonly (EbpfInstruction | undefined)[];
  private next = 0;
  private ended = false;

  constructor(program: EbpfProgram, world: EbpfWorld) {
    this.world = world;
    this.bySlot = program.flatMap((one) => (slotsOf(one) === 1 ? [one] : [one, undefined]));
    for (const [name, map] of Object.entries(world.maps ?? {})) {
      this.maps.set(name, { map, address: this.memory.add(map.bytes) });
    }
    this.registers[1] = this.memory.add(world.context ?? new Uint8Array(0));
    this.enter(0);
  }

  run(): bigint {
    const most = this.world.maxSteps ?? 1_000_000;
    for (let steps = 0; !this.ended; steps++) {
      if (steps === most) throw new RangeError(`cannot run the program: it does not end in ${most} instructions`);
      this.step();
    }
    return this.registers[0]!;
  }

  private step(): void {
    const slot = this.next;
    const instruction = this.bySlot[slot];
    const row = instruction && ebpfOpcodeOf(instruction);
    if (instruction === undefined || row === undefined) {
      throw new RangeError(`cannot run the program: there is no instruction in slot ${slot}`);
    }
    this.next += slotsOf(instruction);
    try {
      this.perform(instruction, row);
    } catch (error) {
      const text = ebpfInstructionText(instruction);
      throw new RangeError(`cannot run the program: slot ${slot}, ${text}: ${(error as Error).message}`);
    }
  }

  private perform(instruction: EbpfInstruction, row: EbpfOpcode): void {
    const { dst, src, offset, immediate } = instruction;
    const { registers, memory } = this;
    switch (row.action) {
      case 'alu':
        registers[dst] = arithmetic(row, registers[dst]!, this.source(instruction, row));
        break;
      case 'order':
        registers[dst] = reorder(row, registers[dst]!);
        break;
      case 'jump':
        if (compare(row, registers[dst]!, this.source(instruction, row))) this.next += offset;
        break;
      case 'goto':
        this.next += row.operation === 'ja' ? offset : immediate;
        break;
      case 'call':
        this.call(instruction, row);
        break;
      case 'exit':
        this.leave();
        break;
      case 'load': {
        const value = memory.read(this.address(src, offset), row.bits);
        registers[dst] = row.signed ? BigInt.asUintN(64, BigInt.asIntN(row.bits, value)) : value;
        break;
      }
      case 'store':
        memory.write(this.address(dst, offset), row.bits, this.source(instruction, row));
        break;
      case 'atomic':
        this.atomic(instruction, row);
        break;
      case 'constant':
        registers[dst] = this.constant(instruction, row);
        break;
      case 'packet':
        this.loadPacket(instruction, row);
    }
  }

  private source({ src, immediate }: EbpfInstruction, row: EbpfOpcode): bigint {
    return row.source === 'register' ? this.registers[src]! : BigInt.asUintN(64, BigInt(immediate));
  }

  private address(register: number, offset: number): bigint {
    return BigInt.asUintN(64, this.registers[register]! + BigInt(offset));
  }

  private constant({ immediate, high = 0, reference }: EbpfInstruction, row: EbpfOpcode): bigint {
    if (row.operation === 'constant') return (BigInt(high >>> 0) << 32n) | BigInt(immediate >>> 0);
    if (reference?.kind === 'map') return this.mapNamed(reference.name).address;
    if (reference?.kind === 'map value') return this.mapNamed(reference.name).address + BigInt(high);
    throw new RangeError(`there is nothing it could refer to`);
  }

  private mapNamed(name: string) {
    const found = this.maps.get(name);
    if (found === undefined) throw new RangeError(`there is no map "${name}"`);
    return found;
  }

  private atomic({ dst, src, offset }: EbpfInstruction, { operation, bits }: EbpfOpcode): void {
    const { registers, memory } = this;
    if (operation === 'load_acquire') {
      registers[dst] = memory.read(this.address(src, offset), bits);
      return;
    }
    const address = this.address(dst, offset);
    if (operation === 'store_release') {
      memory.write(address, bits, registers[src]!);
      return;
    }
    const before = memory.read(address, bits);
    const after = atomicResult(operation, before, registers[src]!, BigInt.asUintN(bits, registers[0]!));
    if (after !== undefined) memory.write(address, bits, after);
    if (operation === 'cmpxchg') registers[0] = before;
    else if (operation === 'xchg' || operation.startsWith('fetch')) registers[src] = before;
  }

  private loadPacket({ src, immediate }: EbpfInstruction, { operation, bits }: EbpfOpcode): void {
    const packet = this.world.packet ?? new Uint8Array(0);
    const at = (operation === 'ind' ? Number(BigInt.asIntN(32, this.registers[src]!)) : 0) + immediate;
    if (at < 0 || at + bits / 8 > packet.length) {
      this.registers[0] = 0n;
      this.ended = true;
    } else if (bits === 8) this.registers[0] = BigInt(packet[at]!);
    else this.registers[0] = BigInt(bits === 16 ? readU16(packet, at) : readU32(packet, at));
  }

  private call({ immediate }: EbpfInstruction, { operation }: EbpfOpcode): void {
    if (operation === 'local') {
      this.enter(this.next);
      this.next += immediate;
      return;
    }
    if (operation !== 'helper') throw new RangeError('functions of the kernel cannot be called here');
    const helper = this.helper(HELPER_NAMES[immediate]);
    if (helper === undefined) throw new RangeError('there is no such helper function here');
    this.registers[0] = BigInt.asUintN(64, helper([...this.registers.subarray(1, 6)], this.memory));
    // Lost in calls: a value that shows.
    this.registers.fill(0xdead_dead_dead_deadn, 1, 6);
  }

  private helper(name: HelperName | undefined): EbpfHelper | undefined {
    if (name === undefined) return undefined;
    const given = this.world.helpers?.[name];
    if (given !== undefined) return given;
    if (name === 'map_lookup_elem') return (args, memory) => this.lookUp(args, memory);
    if (name === 'probe_read_kernel') return probeRead;
    return name === 'get_smp_processor_id' ? () => 0n : undefined;
  }

  private lookUp([map, key]: readonly bigint[], memory: EbpfMemory): bigint {
    const found = [...this.maps.values()].find(({ address }) => address === map);
    if (found === undefined) throw new RangeError('R1 is no map');
    const index = readU32(memory.bytes(key!, 4).toReversed(), 0);
    const { valueBytes, bytes } = found.map;
    return (index + 1) * valueBytes <= bytes.length ? found.address + BigInt(index * valueBytes) : 0n;
  }

  private enter(returnTo: number): void {
    if (this.frames.length === MAX_FRAMES) throw new RangeError(`more than ${MAX_FRAMES} calls deep`);
    const stack = this.memory.add(new Uint8Array(STACK_BYTES)) + BigInt(STACK_BYTES);
    this.frames.push({ stack, kept: [...this.registers.subarray(6, 10)], returnTo });
    this.registers[10] = stack;
  }

  private leave(): void {
    const { kept, returnTo } = this.frames.pop()!;
    const caller = this.frames.at(-1);
    if (caller === undefined) {
      this.ended = true;
      return;
    }
    this.registers.set(kept, 6);
    this.registers[10] = caller.stack;
    this.next = returnTo;
  }
}

function probeRead([destination, size, source]: readonly bigint[], memory: EbpfMemory): bigint {
  const target = memory.bytes(destination!, Number(size));
  try {
    target.set(memory.bytes(source!, target.length));
    return 0n;
  } catch {
    target.fill(0);
    return -EFAULT;
  }
}

function atomicResult(operation: string, before: bigint, value: bigint, expected: bigint): bigint | undefined {
  switch (operation.replace('fetch_', '')) {
    case 'add':
      return before + value;
    case 'or':
      return before | value;
    case 'and':
      return before & value;
    case 'xor':
      return before ^ value;
    case 'xchg':
      return value;
    default:
      return before === expected ? value : undefined;
  }
}

/** Results are cut to `bits`, so that 32-bit arithmetic clears the upper half. */
function arithmetic(row: EbpfOpcode, left: bigint, right: bigint): bigint {
  const { bits, operation } = row;
  const a = BigInt.asUintN(bits, left);
  const b = BigInt.asUintN(bits, right);
  return BigInt.asUintN(bits, operation.startsWith('s') ? signedResult(row, a, b) : unsignedResult(row, a, b));
}

function signedResult({ bits, operation }: EbpfOpcode, a: bigint, b: bigint): bigint {
  if (operation === 'sub') return a - b;
  const [left, right] = [BigInt.asIntN(bits, a), BigInt.asIntN(bits, b)];
  if (operation === 'sdiv') return right === 0n ? 0n : left / right;
  return right === 0n ? a : left % right;
}

function unsignedResult({ bits, operation }: EbpfOpcode, a: bigint, b: bigint): bigint {
  const shift = b & BigInt(bits - 1);
  switch (operation) {
    case 'add':
      return a + b;
    case 'mul':
      return a * b;
    case 'div':
      return b === 0n ? 0n : a / b;
    case 'mod':
      return b === 0n ? a : a % b;
    case 'or':
      return a | b;
    case 'and':
      return a & b;
    case 'xor':
      return a ^ b;
    case 'lsh':
      return a << shift;
    case 'rsh':
      return a >> shift;
    case 'arsh':
      return BigInt.asIntN(bits, a) >> shift;
    case 'neg':
      return -a;
    case 'mov':
      return b;
    default:
      return BigInt.asIntN(Number(operation.slice('movs'.length)), b);
  }
}

function reorder({ operation, bits }: EbpfOpcode, value: bigint): bigint {
  const kept = BigInt.asUintN(bits, value);
  if (operation === 'le') return kept;
  return BigInt(
    `0x${(
      kept
        .toString(16)
        .padStart(bits / 4, '0')
        .match(/../g) ?? []
    )
      .toReversed()
      .join('')}`,
  );
}

function compare({ operation, bits }: EbpfOpcode, left: bigint, right: bigint): boolean {
  const signed = operation.startsWith('js') && operation !== 'jset';
  const cut = signed ? BigInt.asIntN : BigInt.asUintN;
  const [a, b] = [cut(bits, left), cut(bits, right)];
  switch (signed ? operation.slice(2) : operation.slice(1)) {
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'gt':
      return a > b;
    case 'ge':
      return a >= b;
    case 'lt':
      return a < b;
    case 'le':
      return a <= b;
    default:
      return (a & b) !== 0n;
  }
}
