// Classic programs as JavaScript functions, for filtering in user space: no interpreter's loop, no allocation, plain control
// flow that engines optimise. The statements come from classic-source.ts; here they become functions.
//
// Words are read through a DataView of the packets' array, which takes one check of bounds where bytes take one each. With
// packets in the processor's cache `host 10.0.0.1` needs 3.5 ns so, 5.2 with bytes and 12 in libpcap; with 370 MB of packets
// 38, 50 and 58. The view is made when an array is met for the second time in a row (or is the very first), since callers
// may well have an array for each packet. The last one is kept as long as the filter.
import { opcodeOf, type Program } from './classic.ts';
import { checkRunnable } from './classic-check.ts';
import { type Flow, flowOf, successors } from './classic-flow.ts';
import { interpretProgram } from './classic-loop.ts';
import type { Metadata } from './classic-run.ts';
import { type Part, SAVED, sourceOf } from './classic-source.ts';

/**
 * A filter over a packet at `offset` of `bytes`, with `captured` bytes there and `original` on the wire: how many bytes
 * to keep, 0 to reject. `metadata` serves Linux's extensions.
 */
export type PacketFilter = (
  bytes: Uint8Array,
  offset: number,
  captured: number,
  original: number,
  metadata?: Metadata,
) => number;

/**
 * Instructions that become one function. Blocks nest as deep as there are targets, which parsers follow by recursion, and V8
 * leaves functions of more than 60 kB of byte code to its interpreter.
 */
const LONGEST_FUNCTION = 256;

/** Comparing the array with the view's costs as much as two reads of bytes. */
const LEAST_SAVED = 2;

/** Ways back, or into another part, before a program is taken to run for ever. */
const MAX_TURNS = 1_000_000;

/**
 * Compiles a program. Throws RangeError for one that could not be run; backward jumps, any length, unknown extensions
 * (which reject) and memory that was not written (which reads 0) are no hindrance here, as they are to the kernel.
 * Where code may not be made from text (a page's Content-Security-Policy without 'unsafe-eval', Node's
 * --disallow-code-generation-from-strings) the function interprets the program instead, which takes ten to twenty times as long.
 *
 *   const filter = compileProgram(assemble('ldh [12]\njeq #0x800 jt yes jf no\nyes: ret #1\nno: ret #0'));
 *   filter(bytes, 0, bytes.length, bytes.length) > 0
 */
export function compileProgram(program: Program): PacketFilter {
  const refusal = checkRunnable(program);
  if (refusal !== undefined) {
    throw new RangeError(`cannot compile the program: instruction ${refusal.instruction}: ${refusal.reason}`);
  }
  try {
    return compile(program);
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    return interpretProgram(program);
  }
}

function compile(program: Program): PacketFilter {
  const flow = flowOf(program);
  if (program.length > LONGEST_FUNCTION || hasLoop(program, flow)) return compileParts(program, flow);
  return savedByViews(program) > LEAST_SAVED ? compileForViews(program, flow) : compileForBytes(program, flow);
}

function hasLoop(program: Program, flow: Flow): boolean {
  return program.some((_, at) => flow.reachable[at] && successors(flow, at).some((next) => next <= at));
}

/** Reads of bytes that a view makes unnecessary. */
function savedByViews(program: Program): number {
  return program.reduce((sum, { code }) => sum + (opcodeOf(code)!.width ?? 1) - 1, 0);
}

function compileForBytes(program: Program, flow: Flow): PacketFilter {
  return new Function('b', 'o', 'n', 'w', 'm', sourceOf(program, flow, 'bytes')) as PacketFilter;
}

/** The array that the view is of. Packets in others go to `others`. */
interface Viewed {
  bytes: Uint8Array | undefined;
  view: DataView;
  others: PacketFilter;
}

function compileForViews(program: Program, flow: Flow): PacketFilter {
  let last: Uint8Array | undefined;
  let fromBytes: PacketFilter | undefined;
  const others: PacketFilter = (bytes, offset, captured, original, metadata) => {
    if (viewed.bytes === undefined || bytes === last) {
      viewed.view = new DataView(bytes.buffer, bytes.byteOffset);
      viewed.bytes = bytes;
      return filter(bytes, offset, captured, original, metadata);
    }
    last = bytes;
    fromBytes ??= compileForBytes(program, flow);
    return fromBytes(bytes, offset, captured, original, metadata);
  };
  const viewed: Viewed = { bytes: undefined, view: new DataView(new ArrayBuffer(0)), others };
  const statements = `if (b !== s.bytes) return s.others(b, o, n, w, m);\nconst v = s.view;\n${sourceOf(program, flow, 'view')}`;
  const filter = new Function('s', `return function (b, o, n, w, m) {\n${statements}};`)(viewed) as PacketFilter;
  return filter;
}

type PartFunction = (
  bytes: Uint8Array,
  offset: number,
  captured: number,
  original: number,
  metadata: Metadata | undefined,
  place: number,
) => number;

/** Long programs and those with loops: functions that hand on to each other. Searching 1,000 hosts takes 40 ns so. */
function compileParts(program: Program, flow: Flow): PacketFilter {
  const saved = new Int32Array(SAVED.size);
  const parts = partsOf(program, flow).map((part) => {
    const text = `return function (b, o, n, w, m, p) {\n${sourceOf(program, flow, 'bytes', part)}};`;
    return new Function('s', text)(saved) as PartFunction;
  });
  const cleared = program.some(({ code }) => opcodeOf(code)!.operand === 'memory') ? SAVED.size : SAVED.memory;
  return (bytes, offset, captured, original, metadata) => {
    for (let i = 0; i < cleared; i++) saved[i] = 0;
    let at = 0;
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      const answer = parts[partOf(at)]!(bytes, offset, captured, original, metadata, at);
      if (answer >= 0) return answer;
      at = ~answer;
    }
    return 0;
  };
}

const partOf = (at: number) => Math.floor(at / LONGEST_FUNCTION);

function partsOf(program: Program, flow: Flow): Part[] {
  const parts = Array.from({ length: partOf(program.length - 1) + 1 }, (_, i) => ({
    from: i * LONGEST_FUNCTION,
    to: Math.min((i + 1) * LONGEST_FUNCTION, program.length),
    entries: new Set<number>(),
  }));
  for (let at = 0; at < program.length; at++) {
    if (!flow.reachable[at]) continue;
    for (const next of successors(flow, at)) {
      if (next <= at || partOf(next) !== partOf(at)) parts[partOf(next)]!.entries.add(next);
    }
  }
  return parts;
}
