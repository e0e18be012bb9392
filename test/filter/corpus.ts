// A corpus of generated expressions with libpcap's answers, link type by link type, until each has its share of accepted
// and of refused ones.
import { type Answer, Libpcap } from '../support/libpcap.ts';
import type { Sample } from '../support/pcap.ts';
import { Random } from '../support/random.ts';
import { ExpressionSource } from './expressions.ts';
import { LINK_TYPES, packetsFor } from './link-packets.ts';
import { NAMES } from './vocabulary.ts';

/** What is compiled, and for what. */
export interface Question {
  readonly expression: string;
  readonly linkType: number;
  readonly netmask?: number | undefined;
  /** For a live capture; otherwise for a savefile. */
  readonly live?: boolean;
}

/** How many expressions of each sort, and for which link types. */
export interface CorpusOptions {
  readonly seed: number;
  /** Accepted expressions in all; and as many refused ones. */
  readonly expressions: number;
  readonly linkTypes?: readonly number[];
}

/** The packets of one link type, under their number at the driver. */
export interface PacketSet {
  readonly number: number;
  readonly linkType: number;
  readonly packets: readonly Sample[];
}

export type Visit = (question: Question, answer: Answer, set: PacketSet) => void;

/** Shares of link types; others have 1. */
const SHARES: Readonly<Record<number, number>> = {
  1: 20,
  0: 3,
  9: 3,
  101: 4,
  104: 2,
  105: 5,
  113: 3,
  117: 3,
  123: 5,
  127: 5,
  140: 3,
  192: 2,
  276: 4,
};

/** Some link types have nothing that is accepted. */
const MORE = 1.04;

/** Requests that wait at a driver at any time. */
const BATCH = 200;

/** Rounds without an expression of the missing sort before a link type is taken to have none. */
const BARREN_ROUNDS = 3;

/** Drivers with the test's names and all packet sets. */
export class Oracle {
  readonly sets: readonly PacketSet[];
  readonly drivers: readonly Libpcap[];

  constructor(random: Random, linkTypes: readonly number[] = LINK_TYPES, count = 2) {
    this.drivers = Array.from({ length: count }, () => new Libpcap());
    this.sets = linkTypes.map((linkType, number) => ({ number, linkType, packets: packetsFor(linkType, random) }));
    for (const driver of this.drivers) {
      driver.addNames(NAMES);
      for (const { number, packets } of this.sets) driver.addPackets(number, packets);
    }
  }

  get faults(): number {
    return this.drivers.reduce((sum, driver) => sum + driver.faults, 0);
  }

  answer({ expression, linkType, netmask }: Question, set: { number: number }, driver = 0): Promise<Answer> {
    const request = { expression, linkType, set: set.number };
    return this.drivers[driver]!.compile(netmask === undefined ? request : { ...request, netmask });
  }

  [Symbol.dispose](): void {
    for (const driver of this.drivers) driver[Symbol.dispose]();
  }
}

/** Calls `visit` for each expression with libpcap's answer. */
export async function visitCorpus(oracle: Oracle, options: CorpusOptions, visit: Visit): Promise<void> {
  const total = oracle.sets.reduce((sum, { linkType }) => sum + (SHARES[linkType] ?? 1), 0);
  for (const set of oracle.sets) {
    const share = Math.ceil((options.expressions * MORE * (SHARES[set.linkType] ?? 1)) / total);
    await visitLinkType(oracle, set, share, options.seed, visit);
  }
}

/**
 * While our side works on one batch the drivers are at the next. The expressions of a link type depend on nothing but the
 * seed and the link type, so that a run for one alone finds the same.
 */
async function visitLinkType(oracle: Oracle, set: PacketSet, share: number, seed: number, visit: Visit): Promise<void> {
  const random = new Random(seed ^ (set.linkType << 8));
  const source = new ExpressionSource(random, set.linkType);
  const left = { accepted: share, refused: share };
  let next = askBatch(oracle, set, source, random, left);
  for (let barren = 0; barren < BARREN_ROUNDS && left.accepted + left.refused > 0; ) {
    const batch = await next;
    next = askBatch(oracle, set, source, random, left);
    const before = left.accepted + left.refused;
    for (const { question, answer } of batch) {
      const sort = answer.kind === 'refused' ? 'refused' : 'accepted';
      if (left[sort] === 0) continue;
      left[sort]--;
      visit(question, answer, set);
    }
    barren = left.accepted + left.refused === before ? barren + 1 : 0;
  }
  await next;
}

async function askBatch(
  oracle: Oracle,
  set: PacketSet,
  source: ExpressionSource,
  random: Random,
  left: { accepted: number; refused: number },
): Promise<{ question: Question; answer: Answer }[]> {
  const { linkType } = set;
  const wild = left.accepted === 0 ? 1 : left.refused === 0 ? 0 : 0.5;
  const count = Math.min(BATCH, 2 * Math.max(left.accepted, left.refused));
  const questions = Array.from({ length: count }, (): Question => {
    const expression = random.below(100) < wild * 100 ? source.wilder() : source.tame();
    return random.chance(3) ? { expression, linkType } : { expression, linkType, netmask: 0xffffff00 };
  });
  return Promise.all(
    questions.map(async (question, i) => ({
      question,
      answer: await oracle.answer(question, set, i % oracle.drivers.length),
    })),
  );
}
