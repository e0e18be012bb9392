// Extended BPF in the running kernel: what the interpreter computes, what listings say, and filters over header copies.
// Oracles: BPF_PROG_TEST_RUN, the verifier's own listing (log level 2) for instructions of every age, and bpftool for whole
// programs; classic programs as tcpdump compiles them, and generated ones, against the classic interpreter.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { release } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  checkProgram,
  EXTENSIONS,
  type Metadata,
  type Program,
  parseProgramNumbers,
  runProgram,
} from '../../src/bpf/index.ts';
import {
  ATTACH_TYPE,
  assembleEbpf,
  CANNOT_TELL,
  type EbpfItem,
  type EbpfOpcode,
  type EbpfProgram,
  ebpf,
  ebpfFromClassic,
  ebpfInstructionText,
  HELPER_NAMES,
  listEbpf,
  MAP_TYPE,
  PROGRAM_TYPE,
  runEbpf,
} from '../../src/ebpf/index.ts';
import { BpfMap, BpfProgram, type LoadOptions, SystemError, VerifierError } from '../../src/linux/index.ts';
import { instructionsNeed } from '../../src/linux/instruction-age.ts';
import { ethernet, frame, ipv4, udp } from '../../src/wire/index.ts';
import {
  answerIn,
  fragmentProgram,
  HEADER_BYTES,
  INPUT,
  INPUT_BYTES,
  inputFor,
  interpret,
  watched,
} from '../support/ebpf-world.ts';
import { findTool, has } from '../support/needs.ts';
import { withPcap } from '../support/pcap.ts';
import { mutate, Random, seedFor } from '../support/random.ts';
import { randomClassic, randomEbpf, randomValues, VALUES } from '../support/random-bpf.ts';

const { R0, R1, R2, R10, add, call, exit, label, load, loadMap, mov, store } = ebpf;

const FRAME = new Uint8Array(64);
const FIRST = new Uint8Array(4);

const arrayMap = (name: string, valueBytes: number, entries = 1) =>
  BpfMap.create({ name, type: MAP_TYPE.ARRAY, keyBytes: 4, valueBytes, entries });

const loadFilter = (name: string, instructions: EbpfProgram, options: LoadOptions = {}) =>
  BpfProgram.load({ name, type: PROGRAM_TYPE.SCHED_CLS, instructions }, options);

const [MAJOR = 0, MINOR = 0] = release().split('.').map(Number);

/** Whether the running kernel takes the instruction: the table is wrong if it then does not. */
function isKnownHere({ since = '0.0' }: Pick<EbpfOpcode, 'since'>): boolean {
  const [major = 0, minor = 0] = since.split('.').map(Number);
  return MAJOR > major || (MAJOR === major && MINOR >= minor);
}

const assembled = (...items: EbpfItem[]) => assembleEbpf(items);

describe.skipIf(!has('linux', 'root'))('maps in the kernel', () => {
  it('hold what is put into them, and are gone with their descriptors', () => {
    const before = readdirSync('/proc/self/fd').length;
    {
      using map = BpfMap.create({ name: 'a map', type: MAP_TYPE.HASH, keyBytes: 2, valueBytes: 3, entries: 9 });
      const key = Uint8Array.of(1, 2);
      expect(map.lookUp(key)).toBeUndefined();
      map.update(key, Uint8Array.of(7, 8, 9));
      expect(map.lookUp(key)).toEqual(Uint8Array.of(7, 8, 9));
      expect(map.delete(key)).toBe(true);
      expect(map.delete(key)).toBe(false);
      const short = new RangeError('cannot use the map "a map": keys take 2 bytes, not 1');
      expect(() => map.lookUp(Uint8Array.of(1))).toThrow(short);
      const long = new RangeError('cannot write the map "a map": values take 3 bytes, not 4');
      expect(() => map.update(key, new Uint8Array(4))).toThrow(long);
      map[Symbol.dispose]();
    }
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });

  it('have a value for each CPU where they are per CPU', () => {
    using map = BpfMap.create({ name: 'each', type: MAP_TYPE.PERCPU_ARRAY, keyBytes: 4, valueBytes: 4, entries: 1 });
    expect(map.valueBytes % 8).toBe(0);
    map.update(FIRST, new Uint8Array(map.valueBytes).fill(1));
    expect(map.lookUp(FIRST)?.subarray(0, 4)).toEqual(Uint8Array.of(1, 1, 1, 1));
  });

  it('are refused in words', () => {
    expect(() => arrayMap('none', 4, 0)).toThrow(new SystemError('make the map "none"', 22).message);
  });
});

describe.skipIf(!has('linux', 'root'))('programs in the kernel', () => {
  it('run, call helpers and count', () => {
    using counts = arrayMap('counts', 8);
    const program = assembled(
      store('u32', R10, -4, 0),
      loadMap(R1, 'counts'),
      mov(R2, R10),
      add(R2, -4),
      call('map_lookup_elem'),
      ebpf.jumpIf(R0, '==', 0, 'out'),
      mov(R1, 1),
      ebpf.atomic('add', 'u64', R0, 0, R1),
      label('out'),
      mov(R0, -1),
      exit(),
    );
    using loaded = loadFilter('counting', program, { maps: [counts] });
    expect(loaded.testRun(FRAME, 5).result).toBe(0xffff_ffff);
    expect(counts.lookUp(FIRST)?.[0]).toBe(5);
  });

  it("are refused with the verifier's reason, and leave no descriptor", () => {
    const before = readdirSync('/proc/self/fd').length;
    const program = assembled(mov(R0, 0), load('u8', R0, R2), exit());
    const error = (() => {
      try {
        loadFilter('faulty', program);
      } catch (caught) {
        return caught as VerifierError;
      }
      throw new Error('it was loaded');
    })();
    expect(error).toBeInstanceOf(VerifierError);
    expect(error.message).toBe(
      'cannot load the program "faulty": the verifier says: R2 !read_ok (EACCES); it had come to slot 1, r0 = *(u8 *)(r2 +0)',
    );
    expect(error.log).toContain('0: (b7) r0 = 0');
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });

  it.skipIf(!has('tool:setarch') || !isKnownHere({ since: '6.6' }))('say which kernel they need', () => {
    // The kernel then calls itself 2.6.60 and something (override_release, kernel/sys.c), and takes what it always takes.
    const program = new URL('./too-new.mjs', import.meta.url).pathname;
    const run = spawnSync(findTool('setarch')!, ['--uname-2.6', process.execPath, program], { encoding: 'utf8' });
    expect(run.stdout.replace(/2\.6\.\S+/, '2.6').split('\n'), run.stderr).toEqual([
      'loaded',
      'cannot load the program "new": the verifier says: R2 !read_ok (EACCES); it had come to slot 1, r0 = (s8)r2; ' +
        '"r0 = (s8)r2" needs Linux 6.6, this is 2.6',
      '',
    ]);
  });

  it('are refused with instructions that there are not', () => {
    const unknown = { code: 0xff, dst: 0, src: 0, offset: 0, immediate: 0 };
    expect(() => loadFilter('unknown', assembled(mov(R0, 1), unknown, exit()))).toThrow(
      'cannot load the program "unknown": the verifier says: unknown opcode ff (EINVAL)',
    );
  });

  it('say which privilege is missing', () => {
    process.seteuid!('nobody');
    try {
      expect(() => loadFilter('mine', assembled(mov(R0, 0), exit()))).toThrow(
        'cannot load the program "mine": operation not permitted (EPERM); ' +
          'needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN: run as root',
      );
    } finally {
      process.seteuid!(0);
    }
  });

  it('compute what the interpreter computes', () => {
    const random = new Random(seedFor('extended BPF in the kernel'));
    using values = arrayMap(VALUES.name, VALUES.bytes);
    for (let i = 0; i < 150; i++) {
      const program = randomEbpf(random, 1 + random.below(60), { allow: isKnownHere });
      using loaded = loadFilter('random', program, { maps: [values] });
      for (let j = 0; j < 6; j++) {
        const bytes = randomValues(random);
        values.update(FIRST, bytes);
        expect(loaded.testRun(FRAME).result).toBe(7);
        expect(runEbpf(program, { maps: { [VALUES.name]: { valueBytes: bytes.length, bytes } } })).toBe(7n);
        expect(values.lookUp(FIRST), listEbpf(program)).toEqual(bytes);
      }
    }
  });
});

/** What the verifier printed of each slot it came to. */
function verifierLines(log: string): Map<number, string> {
  const lines = log.matchAll(/^(\d+): \([0-9a-f]{2}\) (.*?)(?:\s+;.*)?$/gm);
  return new Map(Array.from(lines, ([, slot, text]) => [Number(slot), text!]));
}

function slotTexts(program: EbpfProgram): Map<number, string> {
  const lines = listEbpf(program).trimEnd().split('\n');
  return new Map(lines.map((line, i) => [Number.parseInt(line, 10), ebpfInstructionText(program[i]!)] as const));
}

/**
 * Not those that Debian 12's bpftool (6.1) does not know, nor those that the kernel rewrites before bpftool sees them:
 * division by a register gets a test for zero, a 32-bit cmpxchg a move that clears the upper half of R0.
 */
function isPlainOld({ operation, bits, since, source }: EbpfOpcode): boolean {
  if (since?.startsWith('6')) return false;
  if (operation === 'cmpxchg' && bits === 32) return false;
  return !(source === 'register' && (operation === 'div' || operation === 'mod'));
}

describe('the kernel that a program needs', () => {
  const program = assembled(
    mov(R0, 1),
    label('again'),
    ebpf.jumpIf32(R0, '==', 1, 'out'),
    ebpf.gotoFar('again'),
    label('out'),
    exit(),
  );

  it.each([
    ['5.0.21', '"gotol pc-2" needs Linux 6.6, this is 5.0.21'],
    ['6.1.0-13-amd64', '"gotol pc-2" needs Linux 6.6, this is 6.1.0-13-amd64'],
    ['6.5', '"gotol pc-2" needs Linux 6.6, this is 6.5'],
    ['6.6.0-rc1', undefined],
    ['6.12.3', undefined],
    ['7.0', undefined],
  ])('is told from its newest instruction: %s', (running, need) => {
    expect(instructionsNeed(program, running)).toBe(need);
  });

  it("is told beside the verifier's reason", () => {
    // What a kernel says of opcodes that it does not know, before it comes to any instruction; this one says it too, above.
    const log = 'unknown opcode 06\nprocessed 0 insns (limit 1000000) max_states_per_insn 0\n';
    expect(new VerifierError('load the program "new"', 22, log, instructionsNeed(program, '6.1.0')).message).toBe(
      'cannot load the program "new": the verifier says: unknown opcode 06 (EINVAL); ' +
        '"gotol pc-2" needs Linux 6.6, this is 6.1.0',
    );
  });
});

describe.skipIf(!has('linux', 'root'))('listings of extended BPF', () => {
  it("are the verifier's, for instructions of every age", () => {
    const random = new Random(seedFor('listings beside the verifier'));
    using values = arrayMap(VALUES.name, VALUES.bytes);
    const seen = new Set<string>();
    for (let i = 0; i < 100; i++) {
      const program = randomEbpf(random, 40, { allow: isKnownHere });
      using loaded = loadFilter('listed', program, { maps: [values], logLevel: 2 });
      const ours = slotTexts(program);
      for (const [slot, text] of verifierLines(loaded.log)) {
        // The first is the address of the map's value there.
        if (slot > 0) expect(ours.get(slot)).toBe(text);
        seen.add(text.replace(/-?\b(0x)?\d+\b|\d+$/g, ''));
      }
    }
    expect(seen.size).toBeGreaterThan(60);
  });

  it.skipIf(!has('tool:bpftool'))("are bpftool's", () => {
    const random = new Random(seedFor('listings beside bpftool'));
    using values = arrayMap(VALUES.name, VALUES.bytes);
    for (let i = 0; i < 12; i++) {
      const program = randomEbpf(random, 80, { allow: isPlainOld, undecided: true });
      const name = `pathcap_${process.pid}`;
      using _loaded = loadFilter(name, program, { maps: [values] });
      const run = spawnSync(findTool('bpftool')!, ['prog', 'dump', 'xlated', 'name', name], { encoding: 'latin1' });
      const theirs = run.stdout.replace(/map\[id:\d+\]/, `map[${VALUES.name}]`);
      expect(listEbpf(program).split('\n'), run.stderr).toEqual(theirs.split('\n'));
    }
  });
});

const EXPRESSIONS = [
  'ip',
  'host 10.0.0.1 and udp port 53',
  'tcp dst port 443 and net 10.0.0.0/17',
  'portrange 20-1000 or ip6',
  'vlan 5 and ip',
  'mpls 100',
  'udp[4:2] << 2 >> 1 & 0xff | 3 ^ 5 > 9',
  'ip[2:2] / ip[8] > 2 and ip[2:2] % 7 = 3',
  'udp[ip[0] & 3] = 0 or len > 60',
  'ip6 protochain 6 or ip[50] = 3',
  'ether[60] = 1 or ip[ip[8]:2] > 9',
];

function tcpdumpPrograms(): Program[] {
  const compile = (expression: string, ...options: string[]) =>
    withPcap([], 1, (path) => {
      const args = ['-ddd', ...options, '-r', path, expression];
      return parseProgramNumbers(spawnSync(findTool('tcpdump')!, args, { encoding: 'latin1' }).stdout);
    });
  return EXPRESSIONS.flatMap((expression) => [compile(expression), compile(expression, '-O')]).filter(
    (program) => checkProgram(program) === undefined,
  );
}

const METADATA: Metadata = {
  ...Object.fromEntries(EXTENSIONS.map(({ name }) => [name, 0])),
  ...{ proto: 0x800, type: 1, ifidx: 3, vlan_tci: 5, vlanp: 1, mark: 9, rxhash: 0xdead_beef },
};

function somePacket(random: Random): Uint8Array {
  const whole = frame(
    ethernet({ destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01' }),
    ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }),
    udp({ sourcePort: 53, destinationPort: 4242 }),
    'some words to fill the datagram with, more than are copied',
  );
  const packet = random.chance(3) ? random.bytes(1 + random.below(90)) : mutate(random, whole, 10);
  return random.chance(3) ? packet.slice(0, 1 + random.below(packet.length + 1)) : packet;
}

/** What the fragment must answer: as the classic interpreter, unless that read bytes that were not copied. */
function expected(classic: Program, packet: Uint8Array, captured: number, metadata: Metadata): number {
  const { packet: watching, readTo } = watched(packet);
  const answer = runProgram(classic, watching, packet.length, { ...metadata, networkOffset: 14 });
  return readTo() > captured ? CANNOT_TELL : answer;
}

interface Trial {
  classic: Program;
  withMetadata: boolean;
  rounds: number;
}

/** Runs a classic program as a fragment over random packets; how often the answer was 0, another, CANNOT_TELL. */
function tryFragment(random: Random, { classic, withMetadata, rounds }: Trial, kernel?: BpfMap) {
  const program = fragmentProgram(classic, { withMetadata, moved: random.chance(2) });
  using loaded = kernel && loadFilter('fragment', program, { maps: [kernel] });
  const metadata = withMetadata ? METADATA : {};
  const answers = { rejected: 0, accepted: 0, unknown: 0 };
  for (let i = 0; i < rounds; i++) {
    const packet = somePacket(random);
    const most = Math.min(packet.length, HEADER_BYTES);
    const captured = random.chance(4) ? random.below(most + 1) : most;
    const input = inputFor(packet, captured, metadata);
    const want = expected(classic, packet, captured, metadata);
    expect(interpret(program, input), listEbpf(program)).toBe(want);
    if (kernel && loaded) {
      kernel.update(FIRST, input);
      loaded.testRun(FRAME);
      expect(answerIn(kernel.lookUp(FIRST)!), listEbpf(program)).toBe(want);
    }
    answers[want === 0 ? 'rejected' : want === CANNOT_TELL ? 'unknown' : 'accepted']++;
  }
  return answers;
}

describe('classic programs as fragments of extended ones', () => {
  it('answer as the classic interpreter does', () => {
    const random = new Random(seedFor('fragments'));
    const total = { rejected: 0, accepted: 0, unknown: 0 };
    for (let i = 0; i < 300; i++) {
      const classic = randomClassic(random, 1 + random.below(40));
      if (checkProgram(classic) !== undefined) continue;
      const answers = tryFragment(random, { classic, withMetadata: random.chance(2), rounds: 4 });
      for (const key of ['rejected', 'accepted', 'unknown'] as const) total[key] += answers[key];
    }
    expect(Math.min(total.rejected, total.accepted, total.unknown)).toBeGreaterThan(10);
  });

  it.skipIf(!has('linux', 'root'))('answer so in the kernel', () => {
    const random = new Random(seedFor('fragments in the kernel'));
    using input = arrayMap(INPUT, INPUT_BYTES);
    for (let i = 0; i < 200; i++) {
      const classic = randomClassic(random, 1 + random.below(60));
      if (checkProgram(classic) !== undefined) continue;
      tryFragment(random, { classic, withMetadata: random.chance(2), rounds: 6 }, input);
    }
  });

  it.skipIf(!has('linux', 'root', 'tool:tcpdump'))('answer so for what tcpdump compiles', () => {
    const random = new Random(seedFor('fragments of tcpdump'));
    using input = arrayMap(INPUT, INPUT_BYTES);
    const programs = tcpdumpPrograms();
    expect(programs.length).toBeGreaterThan(18);
    for (const classic of programs) tryFragment(random, { classic, withMetadata: true, rounds: 60 }, input);
  });

  it.skipIf(!has('linux', 'root'))('load when they are longer than classic programs may be', () => {
    const compare = (k: number) => ({ code: 0x15, jt: 0, jf: 1, k });
    const take = (k: number) => ({ code: 0x06, jt: 0, jf: 0, k });
    const hosts = Array.from({ length: 4000 }, (_, i) => [compare(i), take(i + 1)]).flat();
    const classic = [{ code: 0x20, jt: 0, jf: 0, k: 26 }, ...hosts, take(0)];
    expect(checkProgram(classic)?.reason).toBe('8002 instructions, the kernel takes 4096');
    const program = fragmentProgram(classic);
    using input = arrayMap(INPUT, INPUT_BYTES);
    using loaded = loadFilter('long', program, { maps: [input] });
    for (const host of [0, 1, 3999, 4000]) {
      const packet = new Uint8Array(40);
      new DataView(packet.buffer).setUint32(26, host);
      input.update(FIRST, inputFor(packet, packet.length));
      loaded.testRun(FRAME);
      expect(answerIn(input.lookUp(FIRST)!)).toBe(host === 4000 ? 0 : host + 1);
    }
  });

  it('refuse loops, registers used twice and copies that are too long', () => {
    const ret = { code: 0x06, jt: 0, jf: 0, k: 0 };
    const loop = [ret, { code: 0x05, jt: 0, jf: 0, k: -2 >>> 0 }, ret];
    const refuse = (cause: string) => new RangeError(`cannot translate the program: ${cause}`);
    expect(() => ebpfFromClassic(loop, { headerBytes: 64 })).toThrow(
      refuse('instruction 1: jumps backward, and the kernel runs no loops without an end that it sees'),
    );
    expect(() => ebpfFromClassic([ret], { headerBytes: 64, registers: { a: R1 } })).toThrow(
      refuse('a register is used twice'),
    );
    expect(() => ebpfFromClassic([ret], { headerBytes: 40000 })).toThrow(refuse('a copy has 32767 bytes at most'));
  });
});

/** The values of an enumeration in the running kernel's BTF, by name. */
function kernelEnumeration(name: string): Map<string, number> {
  const args = ['-j', 'btf', 'dump', 'file', '/sys/kernel/btf/vmlinux'];
  const { stdout } = spawnSync(findTool('bpftool')!, args, { encoding: 'latin1', maxBuffer: 1 << 28 });
  const found = new RegExp(`"name":"${name}"[^\\]]*"values":(\\[[^\\]]*\\])`).exec(stdout);
  const values = JSON.parse(found?.[1] ?? '[]') as { name: string; val: number }[];
  return new Map(values.map((value) => [value.name, value.val]));
}

describe.skipIf(!has('linux', 'root', 'tool:bpftool'))('tables of extended BPF', () => {
  const entries = (prefix: string, table: Readonly<Record<string, number>>) =>
    Object.entries(table).map(([name, value]) => [`${prefix}${name}`, value] as const);

  it.each([
    ['bpf_func_id', HELPER_NAMES.map((name, number) => [`BPF_FUNC_${name}`, number] as const)],
    ['bpf_prog_type', entries('BPF_PROG_TYPE_', PROGRAM_TYPE)],
    ['bpf_map_type', entries('BPF_MAP_TYPE_', MAP_TYPE)],
    ['bpf_attach_type', entries('BPF_', ATTACH_TYPE)],
  ])('agree with the running kernel: %s', (name, ours) => {
    const theirs = kernelEnumeration(name);
    // An older kernel has fewer.
    const known = ours.filter(([one]) => theirs.has(one));
    expect(known.length).toBeGreaterThan(25);
    expect(known).toEqual(known.map(([one]) => [one, theirs.get(one)]));
  });
});
