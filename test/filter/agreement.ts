// One expression, ours against libpcap's: both refuse or both accept, and then both decide alike on every packet.
import { listProgram, type Metadata, type Program, runProgram } from '../../src/bpf/index.ts';
import { compileFilter, type Filter, FilterError, type FilterOptions } from '../../src/filter/index.ts';
import { type Answer, VERDICT } from '../support/libpcap.ts';
import type { Sample } from '../support/pcap.ts';
import type { Random } from '../support/random.ts';
import type { Oracle, Question } from './corpus.ts';
import { meaninglessOn } from './meaningless.ts';
import { TEST_NAMES } from './names.ts';

/** A packet, and for live captures what the kernel tells of it. */
export interface TestPacket extends Sample {
  readonly metadata?: Metadata;
}

export type DifferenceKind =
  | 'only libpcap takes it'
  | 'only we take it'
  | 'our plain code decides otherwise than libpcap'
  | 'our plain code takes what libpcap leaves at a load outside the packet'
  | 'our optimised code decides otherwise than our plain code'
  | 'matches() decides otherwise than our program'
  | 'an exception that is no FilterError';

/** Where we and libpcap differ. */
export interface Difference extends Question {
  readonly kind: DifferenceKind;
  readonly detail: string;
  /** libpcap's message when it refuses, ours when we do. */
  readonly message?: string;
  readonly packet?: TestPacket;
  readonly answer: Answer;
}

const SNAP_LENGTH = 262144;

/** What was tried, added up over a run. */
export class Tally {
  accepted = 0;
  refused = 0;
  pairs = 0;
  taken = 0;
  /** Pairs on which libpcap's optimiser changed the verdict: after a bad load or division, or by a fault of its own. */
  dropped = 0;
  spoiled = 0;
  /** Expressions with verdicts changed for no reason that is known. */
  readonly unexplained: string[] = [];
  /** Pairs without a meaning: libpcap's program reads scratch memory that it never wrote. */
  undefined = 0;
  /** Lengths of the optimised programs. */
  ourInstructions = 0;
  libpcapInstructions = 0;
}

export interface Comparison {
  readonly packets: readonly TestPacket[];
  /** Packets tried for an expression; all by default. */
  readonly limit?: number;
  readonly random: Random;
  readonly tally: Tally;
  /** Run the JavaScript form too. */
  readonly javaScript?: boolean;
}

type Compiled = { filter: Filter } | { refusal: FilterError } | { thrown: unknown };

/** Compiled by us. */
export function compileOurs({ expression, linkType, netmask, live = false }: Question, optimize: boolean): Compiled {
  const target = live ? 'live' : 'file';
  const options: FilterOptions = { linkType, target, names: TEST_NAMES, optimize, snapLength: SNAP_LENGTH };
  if (netmask !== undefined) options.netmask = netmask;
  try {
    const filter = compileFilter(expression, options);
    return { filter };
  } catch (error) {
    return error instanceof FilterError ? { refusal: error } : { thrown: error };
  }
}

/** The first difference between ours and libpcap's answer; undefined when there is none. */
export function compare(question: Question, answer: Answer, comparison: Comparison): Difference | undefined {
  const differ = (
    kind: DifferenceKind,
    detail: string,
    more: { message?: string; packet?: TestPacket } = {},
  ): Difference => ({
    ...question,
    kind,
    detail,
    answer,
    ...more,
  });
  const plain = compileOurs(question, false);
  const optimised = compileOurs(question, true);
  for (const ours of [plain, optimised])
    if ('thrown' in ours) return differ('an exception that is no FilterError', stackOf(ours.thrown));
  if (answer.kind === 'crashed' || answer.kind === 'timed out') return undefined;
  if (answer.kind === 'refused') {
    comparison.tally.refused++;
    if ('refusal' in plain) return undefined;
    return differ('only we take it', `libpcap: ${answer.message}`, { message: answer.message });
  }
  comparison.tally.accepted++;
  if ('refusal' in plain)
    return differ('only libpcap takes it', plain.refusal.message, { message: plain.refusal.what });
  if ('refusal' in optimised && answer.optimised !== undefined)
    return differ('only libpcap takes it', optimised.refusal.message, { message: optimised.refusal.what });
  if ('filter' in optimised && answer.optimised === undefined)
    return differ('only we take it', `libpcap, optimising: ${answer.refusal}`, { message: answer.refusal! });
  return comparePackets(
    answer,
    (plain as { filter: Filter }).filter,
    'filter' in optimised ? optimised.filter : undefined,
  );

  function comparePackets(answer: Extract<Answer, { kind: 'compiled' }>, plain: Filter, optimised: Filter | undefined) {
    const { verdicts, optimised: theirs } = answer;
    if (theirs !== undefined && optimised !== undefined) {
      comparison.tally.libpcapInstructions += theirs.length;
      comparison.tally.ourInstructions += optimised.program.length;
    }
    const undefinedOn = meaninglessOn(answer.program);
    if (theirs !== undefined) countSpoiled(question, verdicts, comparison, undefinedOn);
    for (const i of chosen(verdicts, comparison)) {
      const packet = comparison.packets[i]!;
      const difference = tryOn(packet, verdicts[i]!, undefinedOn(packet), plain, optimised);
      if (difference !== undefined) return differ(difference[0], difference[1], { packet });
    }
    return undefined;
  }

  function tryOn(
    packet: TestPacket,
    verdict: number,
    meaningless: boolean,
    plain: Filter,
    optimised: Filter | undefined,
  ) {
    try {
      return compareOn(packet, verdict, meaningless, plain, optimised);
    } catch (error) {
      return ['an exception that is no FilterError', stackOf(error)] as const;
    }
  }

  function compareOn(
    packet: TestPacket,
    verdict: number,
    meaningless: boolean,
    plain: Filter,
    optimised: Filter | undefined,
  ) {
    const { tally } = comparison;
    tally.pairs++;
    const wanted = verdict & VERDICT.PLAIN ? SNAP_LENGTH : 0;
    if (wanted > 0) tally.taken++;
    const got = run(plain.program, packet);
    if (meaningless) tally.undefined++;
    else if (got !== wanted) return [otherwise(verdict), `libpcap ${wanted}, ours ${got}`] as const;
    const faster = optimised === undefined ? 0 : run(optimised.program, packet);
    if (faster !== got)
      return ['our optimised code decides otherwise than our plain code', `plain ${got}, optimised ${faster}`] as const;
    if (comparison.javaScript && optimised !== undefined) {
      const form = matchAt(optimised, packet);
      if (form !== faster)
        return ['matches() decides otherwise than our program', `program ${faster}, ${form}`] as const;
    }
    return undefined;
  }
}

function otherwise(verdict: number): DifferenceKind {
  return verdict & VERDICT.FAULT
    ? 'our plain code takes what libpcap leaves at a load outside the packet'
    : 'our plain code decides otherwise than libpcap';
}

function run(program: Program, { bytes, originalLength, metadata }: TestPacket): number {
  return runProgram(program, bytes, originalLength ?? bytes.length, metadata);
}

/** The JavaScript form, with the packet somewhere inside of a larger array. */
function matchAt(filter: Filter, { bytes, originalLength, metadata }: TestPacket): number {
  const BEFORE = 3;
  const room = new Uint8Array(BEFORE + bytes.length + 50).fill(0x45);
  room.set(bytes, BEFORE);
  return filter.matches(room, BEFORE, bytes.length, originalLength ?? bytes.length, metadata) >>> 0;
}

/** Verdicts that libpcap's own optimiser changed. It drops loads whose value it does not need, with their bounds. */
function countSpoiled(
  { expression, linkType }: Question,
  verdicts: Uint8Array,
  { packets, tally }: Comparison,
  meaningless: (packet: TestPacket) => boolean,
): void {
  let spoiled = 0;
  for (const [i, verdict] of verdicts.entries()) {
    if (((verdict & VERDICT.PLAIN) !== 0) === ((verdict & VERDICT.OPTIMISED) !== 0)) continue;
    if (verdict & VERDICT.FAULT) tally.dropped++;
    else if (!meaningless(packets[i]!)) spoiled++;
  }
  tally.spoiled += spoiled;
  if (spoiled > 0 && !isSpoiltByLibpcap(expression, linkType)) tally.unexplained.push(`${linkType}: ${expression}`);
}

/**
 * Faults of libpcap's optimiser: it takes the register that byte N & V forgets to load for another one; after turning
 * `and, jeq #0` into `jset` (the tests of MTP2) it goes on believing what held for `jeq`; `& 0xffffffff` becomes a `jset`
 * whose ways it makes one; and an offset below 0 that it adds up wraps, where at run time it is outside the packet.
 */
function isSpoiltByLibpcap(expression: string, linkType: number): boolean {
  const numbers = expression.match(/\b(0x[0-9a-f]+|\d+)\b/gi) ?? [];
  const isHuge = numbers.some((number) => Number(number) >= 2 ** 31 || (/^0\d/.test(number) && number.length > 10));
  const isNegative = /\[[^\]]*-/.test(expression);
  return isHuge || isNegative || /\bbyte\s+\w+\s*[&|]/.test(expression) || [139, 140, 197].includes(linkType);
}

/** Places of the packets to try: at most half taken, some that end at a bad load, others at random. */
function chosen(verdicts: Uint8Array, { limit, random }: Comparison): number[] {
  const all = Array.from(verdicts.keys());
  if (limit === undefined || all.length <= limit) return all;
  const some = (of: number[], count: number) =>
    Array.from({ length: Math.min(of.length, count) }, () => random.pick(of));
  const taken = all.filter((i) => verdicts[i]! & VERDICT.PLAIN);
  const faulty = all.filter((i) => verdicts[i]! & VERDICT.FAULT);
  const picked = [...some(taken, limit >> 1), ...some(faulty, limit >> 3)];
  return [...picked, ...some(all, limit - picked.length)];
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The same kind of difference with as few words as can be. */
export async function shrink(
  oracle: Oracle,
  difference: Difference,
  number: number,
  packets: readonly TestPacket[],
  random: Random,
): Promise<Difference> {
  let smallest = difference;
  const still = async (expression: string): Promise<Difference | undefined> => {
    const question = { ...difference, expression };
    const answer = await oracle.answer(question, { number });
    const found = compare(question, answer, { packets, random, tally: new Tally(), javaScript: true });
    return found?.kind === difference.kind && general(found.message) === general(difference.message)
      ? found
      : undefined;
  };
  for (let size = 32; size >= 1; size = size >> 1) {
    for (let at = 0; ; at++) {
      const parts = smallest.expression.split(/(\s+|[()[\]:])/).filter((part) => part !== '');
      if (at + size > parts.length) break;
      const without = [...parts.slice(0, at), ...parts.slice(at + size)].join('').trim();
      const found = without === smallest.expression ? undefined : await still(without);
      if (found !== undefined) {
        smallest = found;
        at--;
      }
    }
  }
  return smallest;
}

/** A message or expression without the numbers and names in it. */
export function general(text = ''): string {
  return text.replace(/'[^']*'|"[^"]*"|\d+/g, '*');
}

/** All that is needed to see a difference, and to have it again. */
export function describeDifference(difference: Difference): string {
  const { kind, expression, linkType, netmask, detail, packet, answer } = difference;
  const lines = [
    `${kind}: link type ${linkType}${netmask === undefined ? '' : `, netmask ${netmask}`}`,
    `  ${expression}`,
  ];
  lines.push(...detail.split('\n').map((line) => `  ${line}`));
  if (packet !== undefined) {
    const { bytes, originalLength = bytes.length } = packet;
    lines.push(`packet, ${bytes.length} bytes of ${originalLength}: ${Buffer.from(bytes).toString('hex')}`);
    if (packet.metadata !== undefined) lines.push(JSON.stringify(packet.metadata));
  }
  if (answer.kind === 'compiled') lines.push('libpcap, plain:', listProgram(answer.program).trimEnd());
  for (const optimize of [false, true]) {
    const ours = compileOurs(difference, optimize);
    if ('filter' in ours)
      lines.push(`ours, ${optimize ? 'optimised' : 'plain'}:`, listProgram(ours.filter.program).trimEnd());
  }
  return lines.join('\n');
}
