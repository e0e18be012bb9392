// Programs in the kernel beside the interpreter and the JavaScript form: on a pair of sockets with packets of every kind,
// and on a real ring, where tags, direction and interface are metadata.
import { expect, it } from 'vitest';
import { checkProgram, compileProgram, type Program, runProgram } from '../../src/bpf/index.ts';
import { DATAGRAM_METADATA, KernelFilter } from '../support/kernel-filter.ts';
import { LIBPCAP_NEEDS } from '../support/libpcap.ts';
import { has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';
import { Oracle, visitCorpus } from './corpus.ts';

const LINK_TYPES = [1, 101, 113, 276];
const EXPRESSIONS = 300;
const PACKETS = 60;
const SHIFT_LEFT_BY_X = 0x6c;
const SHIFT_RIGHT_BY_X = 0x7c;

it.skipIf(!has(...LIBPCAP_NEEDS))('the kernel runs programs as the interpreter and JavaScript do', async () => {
  const seed = seedFor('filters in the kernel');
  const random = new Random(seed);
  using oracle = new Oracle(random, LINK_TYPES, 1);
  using kernel = new KernelFilter();
  const wrong: string[] = [];
  let pairs = 0;
  await visitCorpus(oracle, { seed, expressions: EXPRESSIONS }, ({ expression, linkType }, answer, { packets }) => {
    if (answer.kind !== 'compiled') return;
    for (const program of [answer.program, answer.optimised]) {
      if (program === undefined || checkProgram(program) !== undefined || isKernelsOwn(expression, program)) continue;
      if (!kernel.attach(program)) continue;
      const form = compileProgram(program);
      const whole = packets.filter(({ bytes, originalLength }) => bytes.length > 0 && originalLength === undefined);
      for (let i = 0; i < PACKETS; i++) {
        const { bytes } = random.pick(whole);
        pairs++;
        const kept = kernel.run(bytes);
        const run = Math.min(bytes.length, runProgram(program, bytes, bytes.length, DATAGRAM_METADATA));
        const ran = Math.min(bytes.length, form(bytes, 0, bytes.length, bytes.length, DATAGRAM_METADATA));
        if (kept !== run || kept !== ran)
          wrong.push(`link type ${linkType}: ${expression}: kernel ${kept}, interpreter ${run}, JavaScript ${ran}`);
      }
    }
  });
  console.log(`${pairs} pairs of program and packet in the kernel`);
  expect(wrong.slice(0, 20)).toEqual([]);
});

/**
 * Where the kernel's arithmetic is another: a shift by a register of 32 or more, and a computed offset below zero, which
 * wraps there (`ip[tcp[0] - 1]`).
 */
function isKernelsOwn(expression: string, program: Program): boolean {
  if (program.some(({ code }) => code === SHIFT_LEFT_BY_X || code === SHIFT_RIGHT_BY_X)) return true;
  return /\[[^\]]*([-+*/%&|^[]|<<|>>|len)/.test(expression);
}
