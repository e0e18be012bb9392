// What is known at each instruction of a classic program before any packet is there: where jumps lead in the end, how many
// captured bytes are proven or will be asked for, how large A and X can be, and whether they are still read. Programs may
// have loops (protochain): nothing is known where one begins.
import {
  EXTENSION_BASE,
  extensionAt,
  type Instruction,
  LINK_HEADER_BASE,
  NETWORK_HEADER_BASE,
  opcodeOf,
  type Program,
} from './classic.ts';

const LARGEST = 0xffff_ffff;
const LARGEST_SIGNED = 0x7fff_ffff;
/** Of 4*([k]&0xf). */
const LONGEST_HEADER = 60;
const NEVER = Number.POSITIVE_INFINITY;

const NOWHERE = -1;

/** Bits of `live`. */
export const LIVE = { A: 1, X: 2 } as const;

/** One entry for each instruction, about the moment before it runs. */
export interface Flow {
  /** 1 for instructions that a packet may reach. */
  readonly reachable: Uint8Array;
  /** Where a jump to this instruction ends: further on when it is a jump itself. */
  readonly destination: Int32Array;
  /** Two for each instruction: where it goes on, when a condition holds and when not; NOWHERE. */
  readonly ways: Int32Array;
  /** Captured bytes that there surely are, from the beginning and from X on. */
  readonly proven: Float64Array;
  readonly provenFromX: Float64Array;
  /** With fewer than these every way ends with 0; Infinity when every way does so anyhow. */
  readonly needed: Float64Array;
  readonly neededFromX: Float64Array;
  /** The largest values, as unsigned numbers. */
  readonly aMax: Float64Array;
  readonly xMax: Float64Array;
  /** Registers whose values are read later: LIVE. */
  readonly live: Uint8Array;
}

export function flowOf(program: Program): Flow {
  const numbers = (value: number) => new Float64Array(program.length).fill(value);
  const flow: Flow = {
    reachable: new Uint8Array(program.length),
    destination: new Int32Array(program.length),
    ways: new Int32Array(2 * program.length).fill(NOWHERE),
    proven: numbers(NEVER),
    provenFromX: numbers(NEVER),
    needed: numbers(0),
    neededFromX: numbers(0),
    aMax: numbers(0),
    xMax: numbers(0),
    live: new Uint8Array(program.length),
  };
  followJumps(program, flow);
  findWays(program, flow);
  findReachable(flow);
  forget(flow, 0, 0);
  const reached = [...flow.reachable.keys()].filter((at) => flow.reachable[at]);
  for (const at of reached) forgetLoops(flow, at);
  for (const at of reached) passOnBounds(program, flow, at);
  for (const at of reached.toReversed()) lookAhead(program, flow, at);
  for (const at of reached) passOnProofs(program, flow, at);
  return flow;
}

/** Where the program may go on from an instruction. */
export function successors({ ways }: Flow, at: number): readonly number[] {
  return [ways[2 * at]!, ways[2 * at + 1]!].filter((next) => next !== NOWHERE);
}

/** The bytes of the packet up to which an instruction reads, counted from its beginning; 0 when it does not. */
export function readsUpTo({ code, k }: Instruction): number {
  const { operand, width } = opcodeOf(code)!;
  if ((operand !== 'absolute' && operand !== 'header') || k >= NETWORK_HEADER_BASE) return 0;
  return packetOffset(k) + width!;
}

/** The offset from the packet's beginning that an absolute k means. */
export function packetOffset(k: number): number {
  return k >= LINK_HEADER_BASE ? k - LINK_HEADER_BASE : k;
}

/** The same as readsUpTo for loads at X + k, counted from X; far ones are left out. */
export function readsFromXUpTo(instruction: Instruction, xMax: number): number {
  const { operand, width } = opcodeOf(instruction.code)!;
  return operand === 'indirect' && !isFar(instruction, xMax) ? instruction.k + width! : 0;
}

/** True when X + k may be one of the large offsets that mean something else than bytes from the packet's beginning. */
export function isFar({ k }: Instruction, xMax: number): boolean {
  return k + xMax >= LINK_HEADER_BASE;
}

/** How many captured bytes to ask for before a load: all that its ways need at least. Undefined: they are proven. */
export function checkBefore(flow: Flow, at: number, upTo: number): number | undefined {
  return asking(flow.proven[at]!, flow.needed[at]!, upTo);
}

/** The same, counted from X. */
export function checkFromXBefore(flow: Flow, at: number, upTo: number): number | undefined {
  return asking(flow.provenFromX[at]!, flow.neededFromX[at]!, upTo);
}

function asking(proven: number, needed: number, upTo: number): number | undefined {
  if (proven >= upTo) return undefined;
  return needed === NEVER ? upTo : Math.max(needed, upTo);
}

/** A jump back is where a chain of jumps ends: behind it there may be no end. */
function followJumps(program: Program, { destination }: Flow): void {
  for (let at = program.length - 1; at >= 0; at--) {
    const { code, k } = program[at]!;
    const target = at + 1 + (k | 0);
    if (opcodeOf(code)!.action !== 'ja') destination[at] = at;
    else destination[at] = target > at ? destination[target]! : target;
  }
}

function findWays(program: Program, { destination, ways }: Flow): void {
  for (let at = 0; at < program.length; at++) {
    const { code, jt, jf } = program[at]!;
    const { action } = opcodeOf(code)!;
    if (action === 'ret') continue;
    if (action === 'jump') ways[2 * at + 1] = destination[at + 1 + jf]!;
    ways[2 * at] = action === 'ja' ? destination[at]! : action === 'jump' ? destination[at + 1 + jt]! : at + 1;
  }
}

function findReachable({ reachable, ways }: Flow): void {
  const waiting = [0];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at === NOWHERE || reachable[at]) continue;
    reachable[at] = 1;
    waiting.push(ways[2 * at]!, ways[2 * at + 1]!);
  }
}

/** From the ways behind an instruction to those from it on: what they need, and which registers. */
function lookAhead(program: Program, flow: Flow, at: number): void {
  const instruction = program[at]!;
  const { action, operand } = opcodeOf(instruction.code)!;
  const rejects = action === 'ret' && operand === 'decimal' && instruction.k === 0;
  let needed = rejects || action !== 'ret' ? NEVER : 0;
  let neededFromX = needed;
  let live = 0;
  for (let way = 2 * at; way < 2 * at + 2; way++) {
    const next = flow.ways[way]!;
    if (next === NOWHERE) continue;
    const ahead = next > at;
    needed = Math.min(needed, ahead ? flow.needed[next]! : 0);
    neededFromX = Math.min(neededFromX, ahead ? flow.neededFromX[next]! : 0);
    live |= ahead ? flow.live[next]! : LIVE.A | LIVE.X;
  }
  const writes = written(instruction);
  flow.needed[at] = Math.max(needed, readsUpTo(instruction));
  flow.neededFromX[at] = writes & LIVE.X ? 0 : Math.max(neededFromX, readsFromXUpTo(instruction, flow.xMax[at]!));
  flow.live[at] = (live & ~writes) | read(instruction);
}

function written({ code }: Instruction): number {
  const { action } = opcodeOf(code)!;
  if (action === 'ldx' || action === 'tax') return LIVE.X;
  return action === 'ld' || action === 'txa' || action === 'alu' ? LIVE.A : 0;
}

function read({ code, k }: Instruction): number {
  const { action, operand } = opcodeOf(code)!;
  if (operand === 'absolute' && k >= EXTENSION_BASE) return extensionAt(k) === 'xor_x' ? LIVE.A | LIVE.X : 0;
  const x = operand === 'x' || operand === 'indirect' || action === 'stx' || action === 'txa' ? LIVE.X : 0;
  const returnsA = action === 'ret' && operand === 'none';
  return x | (action === 'st' || action === 'tax' || action === 'alu' || action === 'jump' || returnsA ? LIVE.A : 0);
}

/** Where a jump back leads anything may hold. */
function forgetLoops(flow: Flow, at: number): void {
  for (let way = 2 * at; way < 2 * at + 2; way++) {
    const next = flow.ways[way]!;
    if (next !== NOWHERE && next <= at) forget(flow, next, LARGEST);
  }
}

function forget({ proven, provenFromX, aMax, xMax }: Flow, at: number, largest: number): void {
  proven[at] = 0;
  provenFromX[at] = 0;
  aMax[at] = largest;
  xMax[at] = largest;
}

/** What is proven behind an instruction; where ways meet, the least of it. */
function passOnProofs(program: Program, flow: Flow, at: number): void {
  const instruction = program[at]!;
  const proven = Math.max(flow.proven[at]!, checkBefore(flow, at, readsUpTo(instruction)) ?? 0);
  const checked = checkFromXBefore(flow, at, readsFromXUpTo(instruction, flow.xMax[at]!)) ?? 0;
  const provenFromX = written(instruction) & LIVE.X ? 0 : Math.max(flow.provenFromX[at]!, checked);
  for (let way = 2 * at; way < 2 * at + 2; way++) {
    const next = flow.ways[way]!;
    if (next === NOWHERE) continue;
    flow.proven[next] = Math.min(flow.proven[next]!, proven);
    flow.provenFromX[next] = Math.min(flow.provenFromX[next]!, provenFromX);
  }
}

/** How large A and X can be behind an instruction; where ways meet, the most of it. */
function passOnBounds(program: Program, flow: Flow, at: number): void {
  const instruction = program[at]!;
  const writes = written(instruction);
  const value = writes === 0 ? 0 : largestWritten(instruction, flow.aMax[at]!, flow.xMax[at]!);
  for (let way = 2 * at; way < 2 * at + 2; way++) {
    const next = flow.ways[way]!;
    if (next === NOWHERE) continue;
    flow.aMax[next] = Math.max(flow.aMax[next]!, writes & LIVE.A ? value : flow.aMax[at]!);
    flow.xMax[next] = Math.max(flow.xMax[next]!, writes & LIVE.X ? value : flow.xMax[at]!);
  }
}

/** The largest value that an instruction can give to the register it writes. */
function largestWritten({ code, k }: Instruction, a: number, x: number): number {
  const { action, operand, width, mnemonic } = opcodeOf(code)!;
  if (action === 'tax') return a;
  if (action === 'txa') return x;
  if (action === 'alu') return largestResult(mnemonic, a, operand === 'x' ? x : k, operand !== 'x');
  if (operand === 'hex') return k;
  if (operand === 'header') return LONGEST_HEADER;
  const loadsBytes = (operand === 'absolute' && k < EXTENSION_BASE) || operand === 'indirect';
  return loadsBytes ? 256 ** width! - 1 : LARGEST;
}

/** `right` is the operand, or its largest value. */
function largestResult(mnemonic: string, a: number, right: number, isConstant: boolean): number {
  const fitting = (value: number) => Math.min(value, LARGEST);
  switch (mnemonic) {
    case 'add':
      return fitting(a + right);
    case 'mul':
      return fitting(a * right);
    case 'and':
      return Math.min(a, right);
    case 'or':
    case 'xor':
      return Math.max(a, right) <= LARGEST_SIGNED ? LARGEST_SIGNED : LARGEST;
    case 'lsh':
      return right > 31 ? LARGEST : fitting(a * 2 ** right);
    case 'rsh':
      return isConstant ? Math.floor(a / 2 ** Math.min(right, 32)) : a;
    case 'div':
      return isConstant ? Math.floor(a / Math.max(right, 1)) : a;
    case 'mod':
      return Math.min(a, right);
    default:
      return LARGEST;
  }
}
