// The compiler beside libpcap: fixed and generated expressions for every link type, both sides over the same packets.
//
//   PATHCAP_SEED=7 PATHCAP_FILTER_EXPRESSIONS=500 npx vitest run test/filter/corpus   a shorter run
//   PATHCAP_FILTER_LINK_TYPE=1,113 npx vitest run test/filter/corpus                  only these link types
//   PATHCAP_FILTER_LINK_TYPE=1 PATHCAP_FILTER_EXPRESSION='vlan and ip' npx vitest run test/filter/corpus -t one
import { afterAll, describe, expect, it } from 'vitest';
import { listProgram } from '../../src/bpf/index.ts';
import { LIBPCAP_NEEDS } from '../support/libpcap.ts';
import { has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';
import { compare, compileOurs, type Difference, describeDifference, general, shrink, Tally } from './agreement.ts';
import { COMMON_FILTERS } from './common-filters.ts';
import { Oracle, type PacketSet, type Question, visitCorpus } from './corpus.ts';
import { FIXED_EXPRESSIONS } from './fixed-expressions.ts';
import { isKnown, KNOWN_DIFFERENCES } from './known-differences.ts';
import { LINK_TYPES } from './link-packets.ts';

const EXPRESSIONS = Number(process.env.PATHCAP_FILTER_EXPRESSIONS ?? 20_000);
const ONE = process.env.PATHCAP_FILTER_EXPRESSION;
const WANTED = process.env.PATHCAP_FILTER_LINK_TYPE?.split(',').map(Number);
const PACKETS_PER_EXPRESSION = 60;
const PACKETS_PER_FIXED = 120;
/** One in so many expressions is run as JavaScript too: `new Function` takes its time. */
const JAVA_SCRIPT_EVERY = 8;
/** Differences that are made small and shown. */
const SHOWN = 12;
const SHRUNK = 40;
const ETHERNET = 1;
const FIXED_SEED = 1;

const isWanted = ({ linkType }: { linkType: number }) => WANTED === undefined || WANTED.includes(linkType);

/** Differences with where their packets are, shown together at the end of a test. */
class Findings {
  private readonly all: [Difference, PacketSet][] = [];

  add(difference: Difference | undefined, set: PacketSet): void {
    if (difference !== undefined && !isKnown(difference)) this.all.push([difference, set]);
  }

  /** Fails with the smallest forms of what was found, one of each sort first. */
  async expectNone(oracle: Oracle, random: Random): Promise<void> {
    if (this.all.length === 0) return;
    const small = new Map<string, Difference>();
    for (const [difference, { number, packets }] of this.oneOfEach().slice(0, SHRUNK)) {
      const shrunk = await shrink(oracle, difference, number, packets, random);
      small.set(`${shrunk.kind} ${general(shrunk.expression)}`, shrunk);
    }
    const texts = [...small.values()].slice(0, SHOWN).map(describeDifference);
    expect.fail(`${this.all.length} differences${this.byKind()}\n\n${texts.join('\n\n')}\n`);
  }

  private oneOfEach(): [Difference, PacketSet][] {
    const sorts = new Map<string, [Difference, PacketSet]>();
    for (const entry of this.all) {
      const { kind, detail, linkType } = entry[0];
      const key = kind.startsWith('our plain') ? `${kind} ${linkType}` : `${kind} ${general(detail.split('\n')[0]!)}`;
      const shortest = sorts.get(key);
      if (shortest === undefined || shortest[0].expression.length > entry[0].expression.length) sorts.set(key, entry);
    }
    return [...sorts.values()];
  }

  private byKind(): string {
    const counts = new Map<string, number>();
    for (const [{ kind, linkType }] of this.all) {
      const key = `${kind}, link type ${linkType}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts].map(([key, count]) => `\n  ${count} times ${key}`).join('');
  }
}

describe.skipIf(!has(...LIBPCAP_NEEDS))('the compiler beside libpcap', () => {
  const seed = seedFor('filter corpus');
  const random = new Random(seed);
  const oracle = new Oracle(
    random,
    LINK_TYPES.filter((linkType) => isWanted({ linkType })),
  );
  const setFor = ({ linkType }: Question) => oracle.sets.find((set) => set.linkType === linkType)!;
  afterAll(() => oracle[Symbol.dispose]());

  const compareOne = async (question: Question, { tally = new Tally(), limit = Number.POSITIVE_INFINITY } = {}) => {
    const { packets, number } = setFor(question);
    const answer = await oracle.answer(question, { number });
    return { answer, difference: compare(question, answer, { packets, random, tally, limit, javaScript: true }) };
  };

  it.runIf(ONE !== undefined)('one expression, with all listings', async () => {
    const question = { expression: ONE!, linkType: WANTED?.[0] ?? ETHERNET };
    const { answer, difference } = await compareOne(question);
    if (answer.kind === 'compiled') {
      console.log(`libpcap, plain:\n${listProgram(answer.program)}`);
      console.log(
        answer.optimised === undefined ? answer.refusal : `libpcap, optimised:\n${listProgram(answer.optimised)}`,
      );
    } else console.log('libpcap', answer);
    for (const optimize of [false, true]) {
      const ours = compileOurs(question, optimize);
      const text =
        'filter' in ours ? listProgram(ours.filter.program) : 'refusal' in ours ? ours.refusal.message : ours.thrown;
      console.log(`ours, ${optimize ? 'optimised' : 'plain'}:\n${text}`);
    }
    if (difference !== undefined) expect.fail(describeDifference(difference));
  });

  it.runIf(ONE === undefined)('means the same by fixed expressions', { timeout: 60_000 }, async () => {
    const findings = new Findings();
    const tally = new Tally();
    for (const question of FIXED_EXPRESSIONS.filter(isWanted)) {
      findings.add((await compareOne(question, { tally, limit: PACKETS_PER_FIXED })).difference, setFor(question));
    }
    console.log(`fixed expressions: ${summary(tally)}`);
    await findings.expectNone(oracle, random);
  });

  it.runIf(ONE === undefined)('means the same by generated expressions', { timeout: 300_000 }, async () => {
    const findings = new Findings();
    const tally = new Tally();
    let count = 0;
    await visitCorpus(oracle, { seed, expressions: EXPRESSIONS }, (question, answer, set) => {
      const javaScript = count++ % JAVA_SCRIPT_EVERY === 0;
      const { packets } = set;
      findings.add(
        compare(question, answer, { packets, limit: PACKETS_PER_EXPRESSION, random, tally, javaScript }),
        set,
      );
    });
    console.log(`generated expressions: ${summary(tally)}; libpcap fell over ${oracle.faults}`);
    await findings.expectNone(oracle, random);
    // Verdicts that libpcap's optimiser changed for reasons that we do not know: rare, and none of ours.
    console.log(`changed by libpcap's optimiser, unexplained: ${tally.unexplained.join('; ') || 'none'}`);
    expect(tally.unexplained.length).toBeLessThanOrEqual(EXPRESSIONS / 1000);
    if (WANTED !== undefined) return;
    expect(tally.accepted).toBeGreaterThanOrEqual(EXPRESSIONS);
    expect(tally.refused).toBeGreaterThanOrEqual(EXPRESSIONS);
    expect(tally.pairs).toBeGreaterThanOrEqual(EXPRESSIONS * 50);
  });

  it.runIf(ONE === undefined && isWanted({ linkType: ETHERNET }))(
    'is no longer than libpcap for common filters',
    async () => {
      const longer: string[] = [];
      for (const expression of COMMON_FILTERS) {
        const { answer, difference } = await compareOne({ expression, linkType: ETHERNET });
        if (difference !== undefined && !isKnown(difference)) expect.fail(describeDifference(difference));
        const ours = compileOurs({ expression, linkType: ETHERNET }, true);
        if (answer.kind !== 'compiled' || !('filter' in ours)) throw new Error(`cannot compile ${expression}`);
        const length = ours.filter.program.length;
        if (length > answer.optimised!.length)
          longer.push(`${expression}: ${length}, libpcap ${answer.optimised!.length}`);
      }
      expect(longer).toEqual([]);
    },
  );

  it.runIf(ONE === undefined && WANTED === undefined)('still differs where it is known to', async () => {
    // Always the same packets: that a row has a reason must not depend on chance.
    const sameRandom = new Random(FIXED_SEED);
    using same = new Oracle(sameRandom, LINK_TYPES);
    const gone: string[] = [];
    for (const row of KNOWN_DIFFERENCES.filter(({ example }) => !example.live)) {
      const { packets, number } = same.sets.find(({ linkType }) => linkType === row.example.linkType)!;
      const answer = await same.answer(row.example, { number });
      const difference = compare(row.example, answer, {
        packets,
        random: sameRandom,
        tally: new Tally(),
        javaScript: true,
      });
      if (difference === undefined || !row.covers(difference)) gone.push(row.reason);
    }
    expect(gone).toEqual([]);
  });
});

function summary(tally: Tally): string {
  const { accepted, refused, pairs, taken, dropped, spoiled, ourInstructions, libpcapInstructions } = tally;
  return [
    `${accepted} accepted, ${refused} refused, ${pairs} pairs (${taken} taken, ${tally.undefined} without a meaning)`,
    `libpcap's optimiser changed ${dropped} verdicts after bad loads and ${spoiled} others`,
    `${ourInstructions} instructions, libpcap's ${libpcapInstructions}`,
  ].join('; ');
}
