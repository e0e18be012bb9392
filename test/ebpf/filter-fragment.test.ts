// Filter expressions as fragments of extended BPF, beside the other forms: the interpreter of classic programs, JavaScript,
// our interpreter of extended ones, and the kernel.
import { describe, expect, it } from 'vitest';
import { type Metadata, runProgram } from '../../src/bpf/index.ts';
import {
  assembleEbpf,
  CANNOT_TELL,
  compileProbeFilter,
  type EbpfProgram,
  ebpf,
  type FragmentStart,
  MAP_TYPE,
  PROGRAM_TYPE,
  runEbpf,
} from '../../src/ebpf/index.ts';
import { compileFilter } from '../../src/filter/index.ts';
import { BpfMap, BpfProgram } from '../../src/linux/index.ts';
import { COMMON_FILTERS } from '../filter/common-filters.ts';
import { ExpressionSource } from '../filter/expressions.ts';
import { packetsFor } from '../filter/link-packets.ts';
import { has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';

const { R0, R1, R2, R3, R6, add, exit, load, loadMapValue, mov, store } = ebpf;

/** The map's value: captured and original length, the answer, the tag's presence and its bits, direction; then the copy. */
const PLACE = { captured: 0, length: 4, answer: 8, vlanp: 16, vlanTci: 20, type: 24, interface: 28, copy: 32 } as const;
const FIELDS = {
  vlanp: { size: 'u32', at: PLACE.vlanp },
  vlan_tci: { size: 'u32', at: PLACE.vlanTci },
  type: { size: 'u32', at: PLACE.type },
  ifidx: { size: 'u32', at: PLACE.interface },
} as const;
const LINK_TYPES = { link: 1, network: 101 } as const;
const METADATA = { vlanp: 0, vlan_tci: 0, type: 0, ifidx: 3 } satisfies Metadata;
const WHOLE = 512;
const SHORT = 40;

function program(expression: string, start: FragmentStart, headerBytes: number): EbpfProgram {
  return assembleEbpf([
    loadMapValue(R6, 'input'),
    mov(R1, R6),
    add(R1, PLACE.copy),
    load('u32', R2, R6, PLACE.captured),
    load('u32', R3, R6, PLACE.length),
    ...compileProbeFilter(expression, { start, headerBytes, metadata: { base: R6, fields: FIELDS } }),
    store('u64', R6, PLACE.answer, R0),
    mov(R0, 0),
    exit(),
  ]);
}

function input(packet: Uint8Array, original: number, headerBytes: number): Uint8Array {
  const bytes = new Uint8Array(PLACE.copy + headerBytes);
  const view = new DataView(bytes.buffer);
  const captured = Math.min(packet.length, headerBytes);
  view.setUint32(PLACE.captured, captured, true);
  view.setUint32(PLACE.length, original, true);
  view.setUint32(PLACE.interface, METADATA.ifidx, true);
  bytes.set(packet.subarray(0, captured), PLACE.copy);
  return bytes;
}

const answerIn = (bytes: Uint8Array) =>
  Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(PLACE.answer, true));

function interpret(instructions: EbpfProgram, bytes: Uint8Array): number {
  runEbpf(instructions, { maps: { input: { valueBytes: bytes.length, bytes } } });
  return answerIn(bytes);
}

/** Expressions that can be compiled for a start, and some packets to ask them of. */
function* questions(start: FragmentStart, random: Random, count: number) {
  const packets = packetsFor(LINK_TYPES[start], random).filter(({ bytes }) => bytes.length <= WHOLE);
  const source = new ExpressionSource(random, LINK_TYPES[start]);
  for (let i = 0; i < count; i++) {
    const expression = i < COMMON_FILTERS.length ? COMMON_FILTERS[i]! : source.tame();
    const asked = Array.from({ length: 12 }, () => random.pick(packets).bytes).map((bytes) =>
      random.chance(3) ? bytes.slice(0, random.below(bytes.length + 1)) : bytes,
    );
    yield { expression, packets: asked };
  }
}

describe.each(['link', 'network'] as const)('from the %s layer', (start) => {
  it('the fragment answers as the other forms do', () => {
    const random = new Random(seedFor(`filter fragments, ${start}`));
    let compared = 0;
    for (const { expression, packets } of questions(start, random, 250)) {
      const forms = compiled(expression, start);
      if (forms === undefined) continue;
      for (const packet of packets) {
        const wanted = runProgram(forms.filter.program, packet, packet.length, METADATA);
        expect(forms.filter.matches(packet, 0, packet.length, packet.length, METADATA), expression).toBe(wanted);
        expect(interpret(forms.whole, input(packet, packet.length, WHOLE)), expression).toBe(wanted);
        expect([wanted, CANNOT_TELL], expression).toContain(
          interpret(forms.short, input(packet, packet.length, SHORT)),
        );
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(1000);
  });

  it.skipIf(!has('root', 'linux'))('the kernel answers as the interpreter does', () => {
    const random = new Random(seedFor(`filter fragments in the kernel, ${start}`));
    using map = BpfMap.create({
      name: 'input',
      type: MAP_TYPE.ARRAY,
      keyBytes: 4,
      valueBytes: PLACE.copy + WHOLE,
      entries: 1,
    });
    const key = new Uint8Array(4);
    for (const { expression, packets } of questions(start, random, 70)) {
      const forms = compiled(expression, start);
      if (forms === undefined) continue;
      const spec = { name: 'fragment', type: PROGRAM_TYPE.SCHED_CLS, instructions: forms.whole };
      using loaded = BpfProgram.load(spec, { maps: [map] });
      for (const packet of packets) {
        const bytes = input(packet, packet.length, WHOLE);
        map.update(key, bytes);
        loaded.testRun(new Uint8Array(64));
        expect(answerIn(map.lookUp(key)!), expression).toBe(interpret(forms.whole, bytes));
      }
    }
  });
});

function compiled(expression: string, start: FragmentStart) {
  try {
    const filter = compileFilter(expression, { linkType: LINK_TYPES[start], target: 'live' });
    return { filter, whole: program(expression, start, WHOLE), short: program(expression, start, SHORT) };
  } catch (error) {
    // Not for this start, or a loop.
    if (error instanceof Error && (error.name === 'FilterError' || error instanceof RangeError)) return undefined;
    throw error;
  }
}

describe('what cannot be asked', () => {
  it('names the words, or the loop', () => {
    expect(() => compileProbeFilter('ether host 0:1:2:3:4:5', { start: 'network', headerBytes: 64 })).toThrow(
      'there are no Ethernet addresses on Raw IP',
    );
    expect(() => compileProbeFilter('ip protochain 6', { start: 'link', headerBytes: 64 })).toThrow('jumps backward');
  });
});
