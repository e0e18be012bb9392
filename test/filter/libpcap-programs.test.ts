// libpcap's programs for generated expressions, run by our interpreter and as JavaScript beside pcap's own bpf_filter; and
// its syntax errors beside our parser's. This holds the ground on which corpus.test.ts compares the compilers.
import { expect, it } from 'vitest';
import { checkProgram, compileProgram, runProgram } from '../../src/bpf/index.ts';
import { parseFilter } from '../../src/filter/index.ts';
import { LIBPCAP_NEEDS, VERDICT } from '../support/libpcap.ts';
import { has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';
import { Oracle, visitCorpus } from './corpus.ts';
import { meaninglessOn } from './meaningless.ts';

const EXPRESSIONS = 2000;
/** It compiles while it parses: errors of meaning in front of one of syntax are the ones told. */
const SYNTAX = /syntax error|bogus (ethernet|IPv6) address|overflows 32 bits|non-octal digit/;
/** libpcap calls these syntax errors although the grammar takes them: an id with no qualifiers to take over. */
const MEANT = 'syntax error in filter expression';

/** What libpcap makes although the kernel refuses it: protochain, tunnels behind "or", loads at offsets below zero, long lists. */
const NOT_LOADABLE =
  /jumps out of the program|read before it is written|there is no such extension|the kernel takes 4096/;

function parses(expression: string): boolean {
  try {
    parseFilter(expression);
    return true;
  } catch {
    return false;
  }
}

it.skipIf(!has(...LIBPCAP_NEEDS))(
  'libpcap and we agree on syntax, and on what its programs do',
  { timeout: 120_000 },
  async () => {
    const seed = seedFor('libpcap programs');
    const random = new Random(seed);
    using oracle = new Oracle(random);
    const wrong: string[] = [];
    let pairs = 0;
    await visitCorpus(oracle, { seed, expressions: EXPRESSIONS }, ({ expression, linkType }, answer, { packets }) => {
      const told = `link type ${linkType}: ${expression}`;
      if (answer.kind === 'refused') {
        const syntax = SYNTAX.test(answer.message) && answer.message !== MEANT;
        if (!/unknown data link/.test(answer.message) && syntax && parses(expression))
          wrong.push(`${told}\n  libpcap: ${answer.message}`);
        return;
      }
      if (!parses(expression)) wrong.push(`${told}\n  libpcap takes it`);
      if (answer.kind !== 'compiled') return;
      const { program, verdicts } = answer;
      const refusal = checkProgram(program);
      if (refusal !== undefined && !NOT_LOADABLE.test(refusal.reason))
        wrong.push(`${told}\n  not loadable: ${refusal.reason}`);
      const meaningless = meaninglessOn(program);
      const form = refusal === undefined && random.chance(5) ? compileProgram(program) : undefined;
      for (let i = random.below(7); i < packets.length; i += 7) {
        const { bytes, originalLength = bytes.length } = packets[i]!;
        const wanted = (verdicts[i]! & VERDICT.PLAIN) !== 0;
        if (meaningless(packets[i]!)) continue;
        pairs++;
        const run = runProgram(program, bytes, originalLength) !== 0;
        const ran = form === undefined ? run : form(bytes, 0, bytes.length, originalLength) !== 0;
        if (run !== wanted || ran !== wanted)
          wrong.push(`${told}\n  packet ${i}: libpcap ${wanted}, interpreter ${run}, JavaScript ${ran}`);
      }
    });
    console.log(`${pairs} pairs of expression and packet; libpcap fell over ${oracle.faults} expressions`);
    expect(wrong.slice(0, 20)).toEqual([]);
  },
);
