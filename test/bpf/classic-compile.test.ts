// Programs as functions against the reference interpreter: generated ones in each form that they can take, arrays new and
// known, long programs, loops.
import { describe, expect, it } from 'vitest';
import { interpretProgram } from '../../src/bpf/classic-loop.ts';
import {
  assemble,
  compileProgram,
  type Instruction,
  type Metadata,
  OPCODES,
  type PacketFilter,
  type Program,
  runProgram,
} from '../../src/bpf/index.ts';
import { Random, seedFor } from '../support/random.ts';

/** Constants at which something changes: signs, widths, shifts, what offsets mean. */
const EDGES = [
  0, 1, 2, 3, 4, 12, 14, 15, 16, 23, 31, 32, 33, 60, 63, 255, 256, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffdfffff,
  0xffe00000, 0xffe00001, 0xffefffff, 0xfff00000, 0xfff00001, 0xffffefff, 0xfffffffe, 0xffffffff,
] as const;

const METADATA: readonly (Metadata | undefined)[] = [
  undefined,
  {},
  { networkOffset: 2 },
  { networkOffset: 5, proto: 0x800, type: 1, ifidx: 3, vlan_tci: 77, vlanp: 1, mark: 0xffffffff, rxhash: -1 },
];

const GROUPS = ['ld', 'ldx', 'alu', 'jump'] as const;

/** Any instruction; those that filters consist of come most often. */
function randomInstruction(random: Random, at: number, length: number): Instruction {
  const group = random.chance(3) ? undefined : random.pick(GROUPS);
  const rows = group === undefined ? OPCODES : OPCODES.filter(({ action }) => action === group);
  const { code, operand, action } = random.pick(rows);
  const left = length - at - 2;
  const near = () => random.below(Math.min(left + 1, random.chance(4) ? 256 : 8));
  const [jt, jf] = action === 'jump' ? [near(), near()] : [0, 0];
  if (action === 'ja') return { code, jt, jf, k: near() };
  if (operand === 'memory') return { code, jt, jf, k: random.below(16) };
  if (operand === 'absolute' && random.chance(8)) return { code, jt, jf, k: 0xfffff000 + random.below(64) };
  return { code, jt, jf, k: randomConstant(random) };
}

function randomConstant(random: Random): number {
  if (random.chance(8)) return random.below(0x1_0000_0000);
  return random.chance(3) ? random.pick(EDGES) : random.below(40);
}

/** Ends in `ret a`, so that it matters what was computed; jumps go forward. */
function randomProgram(random: Random, length: number): Program {
  const body = Array.from({ length: length - 1 }, (_, at) => randomInstruction(random, at, length));
  return [...body, { code: 0x16, jt: 0, jf: 0, k: 0 }];
}

/** All ways to run a program as a filter, with arrays that are new and with one that is known. */
function formsOf(program: Program): Record<string, PacketFilter> {
  const known = compileProgram(program);
  const room = new Uint8Array(300);
  return {
    'the function, an array for each packet': compileProgram(program),
    'the function, one array': (bytes, offset, captured, original, metadata) => {
      room.fill(0x45).set(bytes.subarray(offset, offset + captured), 7);
      return known(room, 7, captured, original, metadata);
    },
    'the steps': interpretProgram(program),
  };
}

function randomPacket(random: Random): Uint8Array {
  const packet = random.bytes(random.below(random.chance(3) ? 16 : 80));
  for (let i = 0; i < packet.length; i++) if (random.chance(2)) packet[i] = random.below(24);
  return packet;
}

/** Runs the program on packets in every form. */
function compareForms(random: Random, program: Program, packets: number): void {
  const forms = Object.entries(formsOf(program));
  for (let i = 0; i < packets; i++) {
    const packet = randomPacket(random);
    const original = random.chance(4) ? random.pick(EDGES) : packet.length;
    const metadata = random.pick(METADATA);
    const expected = runProgram(program, packet, original, metadata);
    const padded = Uint8Array.from([1, 2, 3, ...packet, 4, 5, 6, 7, 8]);
    for (const [form, filter] of forms) {
      const got = filter(padded, 3, packet.length, original, metadata);
      if (got !== expected) expect({ form, program, packet, original, metadata, got }).toEqual({ got: expected });
    }
  }
}

describe('generated programs answer as in the interpreter', () => {
  it('when they are short', () => {
    const random = new Random(seedFor('compiled classic BPF'));
    for (let i = 0; i < 6000; i++) compareForms(random, randomProgram(random, 2 + random.below(14)), 6);
  });

  it('when they are of usual length', () => {
    const random = new Random(seedFor('compiled classic BPF, usual length'));
    for (let i = 0; i < 1000; i++) compareForms(random, randomProgram(random, 20 + random.below(200)), 6);
  });

  it('when they become several functions', () => {
    const random = new Random(seedFor('compiled classic BPF, long'));
    for (let i = 0; i < 60; i++) compareForms(random, randomProgram(random, 300 + random.below(1500)), 10);
  });

  it('when they have loops', () => {
    const random = new Random(seedFor('compiled classic BPF, loops'));
    for (let i = 0; i < 500; i++) compareForms(random, loopAround(randomProgram(random, 4 + random.below(30))), 5);
  });
});

/** M[15] counts the rounds; the program's returns go on with the next round, M[14] keeps what they would have returned. */
function loopAround(program: Program): Program {
  const begin = assemble('ld #5\nst M[15]');
  const end = assemble('st M[14]\nld M[15]\nsub #1\nst M[15]\njeq #0 jt out jf back\nback: ja out\nout: ld M[14]\nret');
  const body = program.slice(0, -1).map((one, at): Instruction => {
    if (one.code === RET_K || one.code === RET_A) return { code: JA, jt: 0, jf: 0, k: program.length - 2 - at };
    const isStore = one.code === ST || one.code === STX;
    return isStore ? { ...one, k: one.k % 14 } : one;
  });
  const back = -(body.length + 6) >>> 0;
  return [...begin, ...body, ...end.map((one) => (one.code === JA ? { ...one, k: back } : one))];
}

const [RET_K, RET_A, JA, ST, STX] = [0x06, 0x16, 0x05, 0x02, 0x03];

describe('arrays of packets', () => {
  const program = assemble('ld [0]\njeq #0x01020304 jt yes jf no\nyes: ret #9\nno: ret #0');
  const packet = Uint8Array.of(1, 2, 3, 4);

  it('may change with every call', () => {
    const filter = compileProgram(program);
    for (let i = 0; i < 5; i++) expect(filter(packet.slice(), 0, 4, 4)).toBe(9);
    const [one, other] = [packet.slice(), Uint8Array.of(1, 2, 3, 5)];
    for (let i = 0; i < 5; i++) expect([filter(one, 0, 4, 4), filter(other, 0, 4, 4)]).toEqual([9, 0]);
    for (const array of [one, one, one, other, other, other, one])
      expect(filter(array, 0, 4, 4)).toBe(array === one ? 9 : 0);
  });

  it('may be parts of larger ones, and shared', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(16), 4);
    shared.set(packet, 5);
    const part = Uint8Array.of(9, 9, 9, ...packet, 9).subarray(2);
    const filter = compileProgram(program);
    for (let i = 0; i < 3; i++) {
      expect(filter(part, 1, 4, 4)).toBe(9);
      expect(filter(part, 1, 3, 4)).toBe(0);
    }
    for (let i = 0; i < 3; i++) expect(filter(shared, 5, 4, 4)).toBe(9);
  });
});

describe('programs of any length', () => {
  /** Whether the packet's last byte is one of many: a chain of tests, every one a target, with long jumps to the end. */
  function chain(length: number): Program {
    const tests = Math.floor((length - 3) / 2);
    const body = Array.from({ length: tests }, (_, i): Instruction[] => [
      { code: 0x15, jt: 0, jf: 1, k: i * 3 },
      { code: JA, jt: 0, jf: 0, k: 2 * (tests - 1 - i) + 1 },
    ]);
    return [...assemble('ld [0]'), ...body.flat(), ...assemble('ret #0\nret #1')];
  }

  it.each([255, 257, 513, 4096, 50_001])('run: %d instructions', (length) => {
    const program = chain(length);
    const forms = [compileProgram(program), interpretProgram(program)];
    const last = Math.floor((program.length - 3) / 2) - 1;
    for (const value of [0, 1, 3, 3 * last, 3 * last + 1, 3 * last + 3]) {
      const packet = Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
      for (const filter of forms) expect(filter(packet, 0, 4, 4)).toBe(value % 3 === 0 && value <= 3 * last ? 1 : 0);
    }
  });

  it('run: 60,000 loads and stores', () => {
    const body = Array.from({ length: 20_000 }, (_, i) => `ldb [${i % 50}]\nadd x\ntax`);
    const program = assemble([...body, 'ret'].join('\n'));
    const packet = new Random(1).bytes(50);
    const expected = runProgram(program, packet);
    for (const filter of [compileProgram(program), interpretProgram(program)]) {
      expect(filter(packet, 0, 50, 50)).toBe(expected);
      expect(filter(packet, 0, 49, 50)).toBe(0);
    }
  });
});

describe('programs that the kernel would refuse', () => {
  it('follow backward jumps, and end where these never do', () => {
    const forever: Program = [{ code: JA, jt: 0, jf: 0, k: -1 >>> 0 }, ...assemble('ret #9')];
    for (const run of [compileProgram(forever), interpretProgram(forever)])
      expect(run(new Uint8Array(0), 0, 0, 0)).toBe(0);
  });

  it('reject what cannot be computed', () => {
    for (const source of ['div #0\nret #1', 'ld #7\nmod x\nret #1', 'ld [-4000]\nret #1']) {
      const program = assemble(source);
      for (const run of [compileProgram(program), interpretProgram(program)]) {
        expect(run(new Uint8Array(9), 0, 9, 9)).toBe(0);
      }
    }
  });

  it.each([
    ['ld M[16]\nret #1', 'instruction 0: M[16]: there are 16 words of scratch memory'],
    ['ld #1', 'instruction 0: jumps out of the program'],
  ])('are refused when nobody could run them: %j', (source, reason) => {
    expect(() => compileProgram(assemble(source))).toThrow(new RangeError(`cannot compile the program: ${reason}`));
  });
});
