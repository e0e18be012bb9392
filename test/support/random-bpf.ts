// Generated BPF programs: extended ones that compute on nine registers, and classic ones that the kernel takes.
import { type Instruction, OPCODES } from '../../src/bpf/index.ts';
import { assembleEbpf, EBPF_OPCODES, type EbpfItem, type EbpfOpcode, ebpf } from '../../src/ebpf/index.ts';
import type { Random } from './random.ts';

const { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9 } = ebpf;

/** R9 points at the map value: what R0 to R8 begin with, what they end with, and memory to work on. */
const WORKING = [R0, R1, R2, R3, R4, R5, R6, R7, R8];
export const VALUES = { name: 'values', inputs: 0, outputs: 72, scratch: 144, bytes: 208 } as const;

export interface RandomShape {
  /** Instructions to choose from: some rows are left out for some oracles. */
  readonly allow?: (row: EbpfOpcode) => boolean;
  /** Jumps on registers whose value the verifier cannot know, so that it removes none. */
  readonly undecided?: boolean;
}

/** A program that loads R0 to R8 from the map, computes, and stores them. */
export function randomEbpf(
  random: Random,
  length: number,
  { allow = () => true, undecided = false }: RandomShape = {},
) {
  const rows = EBPF_OPCODES.filter((row) => isComputing(row) && allow(row));
  const loads = WORKING.map((register, i) => ebpf.load('u64', register, R9, VALUES.inputs + 8 * i));
  const stores = WORKING.map((register, i) => ebpf.store('u64', R9, VALUES.outputs + 8 * i, register));
  const body = Array.from({ length }, (_, i) => randomItems(random, random.pick(rows), i, undecided)).flat();
  const start: EbpfItem = ebpf.loadMapValue(R9, VALUES.name);
  return assembleEbpf([start, ...loads, ...body, ...stores, ebpf.mov(R0, 7), ebpf.exit()]);
}

function isComputing({ action, operation }: EbpfOpcode): boolean {
  if (action === 'constant') return operation === 'constant';
  return ['alu', 'order', 'jump', 'load', 'store', 'atomic'].includes(action) || operation === 'gotol';
}

function randomItems(random: Random, row: EbpfOpcode, number: number, undecided: boolean): EbpfItem[] {
  const registers = { dst: random.below(9), src: row.source === 'register' ? random.below(9) : 0 };
  const plain = { code: row.code, offset: 0, immediate: 0, ...registers, ...row.fixed };
  const place = VALUES.scratch + 8 * random.below(8);
  switch (row.action) {
    case 'jump': {
      const name = `after ${number}`;
      const reference = { kind: 'label', name } as const;
      const immediate = row.source === 'immediate' ? (undecided ? 1 + random.below(1000) : constant(random)) : 0;
      const fresh = undecided
        ? [registers.dst, registers.src].map((r) => ebpf.load('u64', WORKING[r]!, R9, 8 * r))
        : [];
      const skipped = ebpf.mov(random.pick(WORKING), random.below(100));
      return [...fresh, { ...plain, immediate, reference }, skipped, ebpf.label(name)];
    }
    case 'goto': {
      const name = `far ${number}`;
      // Nothing may stand where nothing leads: the jump is jumped over now and then.
      const over = ebpf.jumpIf(random.pick(WORKING), '>', 1000, `over ${number}`);
      return [over, ebpf.gotoFar(name), ebpf.label(`over ${number}`), ebpf.mov(R0, 3), ebpf.label(name)];
    }
    case 'load':
      return [{ ...plain, src: 9, offset: place }];
    case 'store':
      return [{ ...plain, dst: 9, offset: place, immediate: row.source === 'immediate' ? constant(random) : 0 }];
    case 'atomic':
      return [
        row.operation === 'load_acquire' ? { ...plain, src: 9, offset: place } : { ...plain, dst: 9, offset: place },
      ];
    case 'constant':
      return [{ ...plain, immediate: constant(random), high: constant(random) }];
    case 'alu':
      return [row.source === 'immediate' ? { ...plain, immediate: operand(random, row) } : plain];
    default:
      return [plain];
  }
}

/** The verifier refuses shifts by too much and division by a constant zero. */
function operand(random: Random, { operation, bits }: EbpfOpcode): number {
  if (['lsh', 'rsh', 'arsh'].includes(operation)) return random.below(bits);
  return constant(random) || 1;
}

const EDGES = [0, 1, -1, 2, 31, 32, 33, 63, 64, 0x7fff_ffff, -0x8000_0000, 0xff, 0xffff];

function constant(random: Random): number {
  return random.chance(2) ? random.pick(EDGES) : random.below(0x1_0000_0000) | 0;
}

/** The map's bytes to begin with: edges of the number ranges among them. */
export function randomValues(random: Random): Uint8Array {
  const bytes = random.bytes(VALUES.bytes);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < VALUES.bytes; at += 8) {
    if (random.chance(2)) view.setBigInt64(at, random.pick(WIDE_EDGES), true);
  }
  return bytes;
}

const WIDE_EDGES = [0n, 1n, -1n, 2n, 31n, 32n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 32n, -(1n << 63n)];

/** A classic program that the kernel takes, all of whose loads are near the start of a packet. */
export function randomClassic(random: Random, length: number): Instruction[] {
  const body = Array.from({ length }, (_, at) => randomInstruction(random, length - at));
  const memory = Array.from({ length: 16 }, (_, word) => ({ code: 0x02, jt: 0, jf: 0, k: word }));
  return [...(random.chance(3) ? [] : memory), ...body, { code: random.pick([0x16, 0x06]), jt: 0, jf: 0, k: 9 }];
}

function randomInstruction(random: Random, left: number): Instruction {
  const { code, operand, action, mnemonic } = random.pick(OPCODES);
  const jump = () => (action === 'jump' ? random.below(Math.min(left, 12)) : 0);
  const plain = { code, jt: jump(), jf: jump() };
  if (operand === 'memory') return { ...plain, k: random.below(16) };
  if (action === 'ja') return { ...plain, k: random.below(Math.min(left, 12)) };
  if (mnemonic === 'lsh' || mnemonic === 'rsh') return { ...plain, k: random.below(32) };
  if (operand === 'absolute' && random.chance(6)) return { ...plain, k: specialPlace(random) };
  if (operand === 'absolute' || operand === 'indirect' || operand === 'header')
    return { ...plain, k: random.below(40) };
  return { ...plain, k: random.chance(4) ? random.below(0x1_0000_0000) || 1 : 1 + random.below(60) };
}

/** Metadata, or a place relative to the network or link header. */
function specialPlace(random: Random): number {
  return random.pick([
    0xffff_f000 + 4 * random.below(16),
    0xfff0_0000 + random.below(8),
    0xffe0_0000 + random.below(20),
  ]);
}
