// Classic BPF against tcpdump: its listings of compiled expressions, and which packets those expressions take.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  assemble,
  checkProgram,
  compileProgram,
  decodeProgram,
  encodeProgram,
  type Instruction,
  listProgram,
  listProgramAsC,
  listProgramAsNumbers,
  OPCODES,
  parseProgramNumbers,
  runProgram,
} from '../../src/bpf/index.ts';
import { ethernet, frame, ipv4, udp } from '../../src/wire/index.ts';
import { findTool, has } from '../support/needs.ts';
import { FIRST_SECOND, withPcap } from '../support/pcap.ts';
import { mutate, Random, seedFor } from '../support/random.ts';

const EXPRESSIONS = [
  'ip',
  'udp port 53',
  'host 10.0.0.1 and tcp port 80',
  'net 10.0.0.0/17 or ip6',
  'portrange 20-1000',
  'vlan 5 and ip',
  'mpls 100',
  'ip[0] & 0xf > 5',
  'ip[8] * 3 - 2 = ip[9] + 15',
  'ip[2:2] / ip[8] > 2 and ip[2:2] % 7 = 3',
  'udp[4:2] << 2 >> 1 & 0xff | 3 ^ 5 > 9',
  'ether[12:2] = 0x800 and len > 60',
  'greater 100 or less 61',
  'not broadcast and not multicast',
  'ip proto 17 and ip src 10.0.0.1 and dst port 4242',
  'udp[ip[0] & 3] = 0',
];

const text = (run: { stdout: string; stderr: string }) => run.stdout;

function tcpdump(...args: string[]): string {
  return text(spawnSync(findTool('tcpdump')!, args, { encoding: 'latin1', maxBuffer: 1 << 28 }));
}

/** tcpdump compiles for the link type of a file. */
const compile = (expression: string, letters: string) =>
  withPcap([], 1, (path) => tcpdump(`-${letters}`, '-r', path, expression));

describe.skipIf(!has('tool:tcpdump'))('classic BPF beside tcpdump', () => {
  it.each(EXPRESSIONS)('lists "%s" as it does', (expression) => {
    const program = parseProgramNumbers(compile(expression, 'ddd'));
    expect(listProgram(program)).toBe(compile(expression, 'd'));
    expect(listProgramAsC(program)).toBe(compile(expression, 'dd'));
    expect(listProgramAsNumbers(program)).toBe(compile(expression, 'ddd'));
    // libpcap leaves stray constants in instructions that have none: only the listing says all.
    expect(listProgram(assemble(listProgram(program)))).toBe(listProgram(program));
    expect(decodeProgram(encodeProgram(program))).toEqual(program);
    expect(checkProgram(program)).toBeUndefined();
  });

  it('takes the packets that it takes', () => {
    const random = new Random(seedFor('classic BPF'));
    const samples = generatedSamples(random, 600);
    withPcap(samples, 1, (path) => {
      for (const expression of EXPRESSIONS) {
        const program = parseProgramNumbers(compile(expression, 'ddd'));
        const lines = tcpdump('-tt', '-nn', '-r', path, expression).matchAll(/^(1\d{9})\.000000 /gm);
        const theirs = Array.from(lines, (line) => Number(line[1]) - FIRST_SECOND);
        const ours = samples.flatMap(({ bytes, originalLength }, i) =>
          runProgram(program, bytes, originalLength) > 0 ? [i] : [],
        );
        expect(ours, expression).toEqual(theirs);
        const compiled = compileProgram(program);
        const asFunction = samples.flatMap(({ bytes, originalLength }, i) =>
          compiled(bytes, 0, bytes.length, originalLength) > 0 ? [i] : [],
        );
        expect(asFunction, `${expression}, as a function`).toEqual(theirs);
      }
    });
  });
});

function generatedSamples(random: Random, count: number) {
  const whole = frame(
    ethernet({ destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01' }),
    ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }),
    udp({ sourcePort: 53, destinationPort: 4242 }),
    'some words to fill the datagram with',
  );
  return Array.from({ length: count }, () => {
    const bytes = mutate(random, whole, 10);
    const captured = random.chance(3) ? 1 + random.below(bytes.length) : bytes.length;
    return { bytes: bytes.slice(0, Math.max(1, captured)), originalLength: Math.max(1, bytes.length) };
  }).filter(({ bytes }) => bytes.length > 0);
}

describe('classic BPF by itself', () => {
  it('has each code once', () => {
    expect(new Set(OPCODES.map(({ code }) => code)).size).toBe(OPCODES.length);
  });

  it('assembles labels, numbers and extensions', () => {
    const program = assemble(`
      start: ld [vlanp]        ; a comment
             jeq #1 jt yes jf no
      yes:   ja over
      no:    ld #0x10
      over:  tax
             ld [x + 4]
             ldxb 4*([14]&0xf)
             st M[3]
             ldx M[3]
             ret #-1
    `);
    expect(program[0]).toEqual({ code: 0x20, jt: 0, jf: 0, k: 0xfffff030 });
    expect(program[1]).toEqual({ code: 0x15, jt: 0, jf: 1, k: 1 });
    expect(program[2]).toEqual({ code: 0x05, jt: 0, jf: 0, k: 1 });
    expect(program.at(-1)!.k).toBe(0xffffffff);
    expect(assemble(listProgram(program))).toEqual(program);
  });

  it.each([
    ['what', 'cannot assemble line 1: there is no instruction "what "'],
    ['ret #0\njeq #1', 'cannot assemble line 2: jeq needs "jt PLACE jf PLACE"'],
    ['jeq #1 jt a jf b', 'cannot assemble line 1: there is no place "a"'],
    ['ld #0x1ffffffff', 'cannot assemble line 1: "0x1ffffffff" is no 32-bit number'],
    ['a: ret #0\njeq #1 jt a jf a', 'cannot assemble line 2: a jump goes 0 to 255 instructions forward'],
  ])('refuses to assemble %j', (source, message) => {
    expect(() => assemble(source)).toThrow(new SyntaxError(message));
  });

  it.each([
    ['', 0, 'the program is empty'],
    ['ld #1', 0, 'the last instruction must be ret'],
    ['div #0\nret a', 0, 'division by zero'],
    ['lsh #32\nret #1', 0, 'a shift by 32 bits'],
    ['st M[16]\nret #1', 0, 'M[16]: there are 16 words of scratch memory'],
    ['ld [-4000]\nret #1', 0, '[-4000]: there is no such extension'],
    ['ld #1\nld M[2]\nret #1', 1, 'M[2] is read before it is written'],
    ['jeq #1 jt a jf b\na: st M[0]\nb: ld M[0]\nret #1', 2, 'M[0] is read before it is written'],
  ])('refuses %j as the kernel does', (source, instruction, reason) => {
    const program = source === '' ? [] : assemble(source.replace('ret a', 'ret #1'));
    expect(checkProgram(program)).toEqual({ instruction, reason });
  });

  it('refuses jumps out of the program, unknown codes and programs that are too long', () => {
    const ret: Instruction = { code: 0x06, jt: 0, jf: 0, k: 0 };
    expect(checkProgram([{ code: 0x15, jt: 1, jf: 0, k: 0 }, ret])?.reason).toBe('jumps out of the program');
    expect(checkProgram([{ code: 0x05, jt: 0, jf: 0, k: 1 }, ret])?.reason).toBe('jumps out of the program');
    expect(checkProgram([{ code: 0xff, jt: 0, jf: 0, k: 0 }, ret])?.reason).toBe('there is no instruction 0xff');
    expect(checkProgram(Array(4097).fill(ret))?.reason).toBe('4097 instructions, the kernel takes 4096');
    expect(checkProgram(Array(4096).fill(ret))).toBeUndefined();
  });

  it('loads metadata, and rejects when there is none', () => {
    const program = assemble('ld [vlan_tci]\nret #7');
    expect(runProgram(program, new Uint8Array(4), 4, { vlan_tci: 5 })).toBe(7);
    expect(runProgram(program, new Uint8Array(4))).toBe(0);
    const relative = assemble('ldb [-1048576]\njeq #9 jt a jf b\na: ret #1\nb: ret #0');
    expect(runProgram(relative, Uint8Array.of(0, 0, 9), 3, { networkOffset: 2 })).toBe(1);
  });
});
