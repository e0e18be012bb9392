// Extended BPF by itself: the table, bytes, text, the assembler, the interpreter. Beside the kernel: test/linux/bpf.test.ts.
import { describe, expect, it } from 'vitest';
import {
  assembleEbpf,
  decodeEbpf,
  EBPF_OPCODES,
  type EbpfInstruction,
  type EbpfOpcode,
  ebpf,
  ebpfInstructionText,
  ebpfOpcodeOf,
  encodeEbpf,
  helperNumber,
  linkEbpf,
  listEbpf,
  parseEbpf,
  runEbpf,
} from '../../src/ebpf/index.ts';
import { Random, seedFor } from '../support/random.ts';

const { R0, R1, R2, R3, R6, R10, call, exit, field, goto, jumpIf, label, load, loadConstant, loadMap, mov, store } =
  ebpf;

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** An instruction of a row with anything in the fields that the row leaves open. */
function anyOf(random: Random, row: EbpfOpcode): EbpfInstruction {
  const has = (letter: string) => row.text.includes(`{${letter}}`);
  const number = (...letters: string[]) => (letters.some(has) ? random.below(0x1_0000_0000) | 0 : 0);
  const instruction = {
    code: row.code,
    dst: has('d') ? random.below(11) : 0,
    src: has('s') ? random.below(11) : 0,
    offset: has('o') ? random.below(0x1_0000) - 0x8000 : 0,
    immediate: has('h') ? random.below(212) : number('i', 'x', 'c', 'q', 'm'),
    ...row.fixed,
  };
  return row.action === 'constant' ? { ...instruction, high: has('p') ? random.below(99) : number('q') } : instruction;
}

describe('the table of extended BPF', () => {
  it('tells every instruction from every other', () => {
    const random = new Random(1);
    for (const row of EBPF_OPCODES) expect(ebpfOpcodeOf(anyOf(random, row))).toBe(row);
    expect(new Set(EBPF_OPCODES.map(({ code, fixed }) => JSON.stringify([code, fixed]))).size).toBe(
      EBPF_OPCODES.length,
    );
  });

  it('has the codes of RFC 9669, appendix A', () => {
    const text = (code: number, fields: Partial<EbpfInstruction> = {}) =>
      ebpfInstructionText({ code, dst: 1, src: 0, offset: 0, immediate: 0, ...fields });
    expect(text(0x07, { immediate: -5 })).toBe('r1 += -5');
    expect(text(0x3c, { src: 2, offset: 1 })).toBe('w1 s/= w2');
    expect(text(0xbf, { src: 2, offset: 8 })).toBe('r1 = (s8)r2');
    expect(text(0xdc, { immediate: 16 })).toBe('r1 = be16 r1');
    expect(text(0xd7, { immediate: 64 })).toBe('r1 = bswap64 r1');
    expect(text(0x61, { src: 2, offset: -4 })).toBe('r1 = *(u32 *)(r2 -4)');
    expect(text(0x91, { src: 2 })).toBe('r1 = *(s8 *)(r2 +0)');
    expect(text(0xdb, { src: 2, immediate: 0x01 })).toBe('r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)');
    expect(text(0xc3, { src: 2, immediate: 0xf1 })).toBe('r0 = atomic_cmpxchg((u32 *)(r1 +0), r0, r2)');
    expect(text(0xc6, { offset: 3, immediate: -1 })).toBe('if w1 s< 0xffffffff goto pc+3');
    expect(text(0x85, { immediate: 1 })).toBe('call bpf_map_lookup_elem#1');
    expect(text(0x06, { immediate: 70000 })).toBe('gotol pc+70000');
    expect(text(0xff)).toBe('unimp 0xff');
  });
});

describe('extended BPF as bytes and as text', () => {
  it('comes back from both', () => {
    const random = new Random(seedFor('extended BPF round trips'));
    for (let i = 0; i < 200; i++) {
      const program = Array.from({ length: 30 }, () => anyOf(random, random.pick(EBPF_OPCODES)));
      expect(decodeEbpf(encodeEbpf(program))).toEqual(program);
      expect(parseEbpf(listEbpf(program))).toEqual(program);
    }
  });

  it('is laid out as struct bpf_insn', () => {
    const program = assembleEbpf([loadConstant(R1, 0x1122334455667788n), store('u16', R10, -2, R1), exit()]);
    expect(hex(encodeEbpf(program))).toBe('18010000887766550000000044332211' + '6b1afeff00000000' + '9500000000000000');
    expect(decodeEbpf(encodeEbpf(program).subarray(0, 20))).toHaveLength(1);
    expect(decodeEbpf(encodeEbpf(program).subarray(0, 12))).toHaveLength(0);
  });

  it('shows by name what is not linked yet, and reads it back', () => {
    const program = assembleEbpf([
      loadMap(R1, 'events'),
      ebpf.loadMapValue(R2, 'counts', 16),
      load('u32', R3, R1, field('sk_buff', 'network_header', 4)),
      ebpf.add(R3, field('net_device', 'nd_net.net')),
      ebpf.callKfunc('bpf_rdonly_cast'),
      exit(),
    ]);
    const text = `   0: (18) r1 = map[events]
   2: (18) r2 = map[counts][0]+16
   4: (61) r3 = *(u32 *)(r1 +sk_buff.network_header+4)
   5: (07) r3 += net_device.nd_net.net
   6: (85) call kernel-function#bpf_rdonly_cast
   7: (95) exit
`;
    expect(listEbpf(program)).toBe(text);
    expect(parseEbpf(text)).toEqual(program);
  });

  it.each([
    ['r0 = 0', 'cannot read line 1: "r0 = 0" has no code in parentheses'],
    ['\n(b7) r0 += 0', 'cannot read line 2: "r0 += 0" is no instruction with the code b7'],
    ['(00) nothing', 'cannot read line 1: "nothing" is no instruction with the code 00'],
  ])('does not read %j', (text, message) => {
    expect(() => parseEbpf(text)).toThrow(new SyntaxError(message));
  });
});

describe('the assembler', () => {
  it('resolves labels in slots, forward and backward', () => {
    const program = assembleEbpf([
      label('again'),
      loadConstant(R1, 1),
      jumpIf(R1, '==', 1, 'out'),
      goto('again'),
      label('out'),
      ebpf.callLocal('inner'),
      exit(),
      label('inner'),
      ebpf.gotoFar('inner'),
    ]);
    expect(program.map(({ offset, immediate }) => [offset, immediate])).toEqual([
      [0, 1],
      [1, 1],
      [-4, 0],
      [0, 1],
      [0, 0],
      [0, -1],
    ]);
  });

  it('links maps, fields and functions', () => {
    const program = assembleEbpf([
      loadMap(R1, 'a'),
      ebpf.loadMapValue(R1, 'b', 8),
      load('u16', R1, R1, field('sk_buff', 'mark', 2)),
      ebpf.callKfunc('f'),
      ebpf.loadVariable(R1, 'v'),
      exit(),
    ]);
    const linked = linkEbpf(program, {
      map: (name) => ({ a: 11, b: 12 })[name],
      field: (struct, name) => (`${struct}.${name}` === 'sk_buff.mark' ? 168 : undefined),
      kfunc: () => 900,
      variable: () => 901,
    });
    expect(linked.map(({ src, offset, immediate, high }) => [src, offset, immediate, high])).toEqual([
      [1, 0, 11, 0],
      [2, 0, 12, 8],
      [1, 170, 0, undefined],
      [2, 0, 900, undefined],
      [3, 0, 901, 0],
      [0, 0, 0, undefined],
    ]);
    expect(linked.some((one) => 'reference' in one)).toBe(false);
  });

  const far = Array.from({ length: 40000 }, () => mov(R0, 0));
  it.each([
    ['a label that is not there', () => assembleEbpf([goto('x'), exit()]), 'there is no label "x"'],
    ['a label twice', () => assembleEbpf([label('x'), label('x'), exit()]), 'there are two labels "x"'],
    ['a label at the end', () => assembleEbpf([exit(), label('x')]), 'nothing follows the label "x"'],
    [
      'a jump too far',
      () => assembleEbpf([goto('x'), ...far, label('x'), exit()]),
      '"x" is 40000 slots away, more than 16 bits hold',
    ],
    ['an unknown map', () => linkEbpf([loadMap(R1, 'm')], {}), 'nothing is known of the map "m"'],
    [
      'an unknown field',
      () => linkEbpf([load('u8', R1, R1, field('sk_buff', 'colour'))], {}),
      'nothing is known of the field sk_buff.colour',
    ],
  ])('refuses %s', (_, make, cause) => {
    expect(make).toThrow(new RangeError(`cannot assemble the program: ${cause}`));
  });

  it.each([
    [
      () => mov(R0, 0x8000_0000),
      'cannot assemble the instruction: 2147483648 does not fit into its 32 bits; loadConstant takes any',
    ],
    [() => ebpf.mov32(R0, 2 ** 32), 'cannot assemble the instruction: 4294967296 does not fit into its 32 bits'],
    [() => load('u8', R0, R1, 40000), 'cannot assemble the instruction: offset 40000 does not fit into 16 bits'],
  ])('refuses numbers that do not fit', (make, message) => {
    expect(make).toThrow(new RangeError(message));
  });

  it('knows helper functions by name', () => {
    expect(call('ringbuf_output').immediate).toBe(130);
    expect(call('probe_read_kernel').immediate).toBe(113);
    expect(helperNumber('no_such_helper')).toBeUndefined();
  });
});

describe('the interpreter', () => {
  const run = (items: Parameters<typeof assembleEbpf>[0], world = {}) => runEbpf(assembleEbpf(items), world);

  it('calls functions of the program and helpers, and keeps R6 to R9', () => {
    const program = [
      mov(R6, 1),
      mov(R1, 5),
      ebpf.callLocal('double'),
      ebpf.add(R0, R6),
      mov(R6, R0),
      call('ktime_get_ns'),
      ebpf.add(R0, R6),
      exit(),
      label('double'),
      mov(R6, 100),
      store('u64', R10, -8, R1),
      load('u64', R0, R10, -8),
      ebpf.lsh(R0, 1),
      exit(),
    ];
    expect(run(program, { helpers: { ktime_get_ns: () => 1000n } })).toBe(1011n);
  });

  it('looks up array maps and reads packets', () => {
    const maps = { counts: { valueBytes: 8, bytes: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0) } };
    const lookUp = (key: number) => [
      store('u32', R10, -4, key),
      loadMap(R1, 'counts'),
      mov(R2, R10),
      ebpf.add(R2, -4),
      call('map_lookup_elem'),
      jumpIf(R0, '==', 0, 'out'),
      load('u64', R0, R0),
      label('out'),
      exit(),
    ];
    expect(run(lookUp(1), { maps })).toBe(9n);
    expect(run(lookUp(2), { maps })).toBe(0n);
    expect(run([ebpf.loadPacket('u16', 1), exit()], { packet: Uint8Array.of(1, 2, 3) })).toBe(0x0203n);
    expect(run([mov(R0, 5), ebpf.loadPacket('u16', 2), exit()], { packet: Uint8Array.of(1, 2, 3) })).toBe(0n);
  });

  it.each([
    [[load('u32', R0, R1, 1), exit()], 'slot 0, r0 = *(u32 *)(r1 +1): there is no memory of 4 bytes at 0x100000001'],
    [[call('ktime_get_ns'), exit()], 'slot 0, call bpf_ktime_get_ns#5: there is no such helper function here'],
    [[label('x'), goto('x')], 'it does not end in 1000 instructions'],
    [[mov(R0, 0)], 'there is no instruction in slot 1'],
  ])('says what is wrong', (items, cause) => {
    const message = `cannot run the program: ${cause}`;
    expect(() => run(items, { context: new Uint8Array(4), maxSteps: 1000 })).toThrow(new RangeError(message));
  });
});
