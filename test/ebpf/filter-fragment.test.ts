// Filter expressions as fragments of extended BPF, beside the other forms: the interpreter of classic programs, JavaScript,
// our interpreter of extended ones, and the kernel (BPF_PROG_TEST_RUN).
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
  type ProbeFilterOptions,
  runEbpf,
} from '../../src/ebpf/index.ts';
import { compileFilter, type Filter, FilterError } from '../../src/filter/index.ts';
import { BpfMap, BpfProgram } from '../../src/linux/index.ts';
import { frame, ipv4, type Layer, udp } from '../../src/wire/index.ts';
import { COMMON_FILTERS } from '../filter/common-filters.ts';
import { ExpressionSource } from '../filter/expressions.ts';
import { FIXED_EXPRESSIONS } from '../filter/fixed-expressions.ts';
import { packetsFor } from '../filter/link-packets.ts';
import { TEST_NAMES } from '../filter/names.ts';
import { watched } from '../support/ebpf-world.ts';
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

/** Bytes that are copied: of every packet here all of them, or not even the headers. */
const WHOLE = 512;
const SHORT = 40;
/** Of packets that are asked where they lie. */
const DIRECT = { headerBytes: 126, direct: { at: 2 } } as const;

interface Point {
  readonly start: FragmentStart;
  readonly target: 'live' | 'file';
}
const POINTS: readonly Point[] = [
  { start: 'link', target: 'live' },
  { start: 'link', target: 'file' },
  { start: 'network', target: 'live' },
];
const LINK_TYPES = { link: 1, network: 101 } as const;

interface Asked {
  readonly packet: Uint8Array;
  readonly metadata: Metadata;
}

function metadataOf(random: Random): Metadata {
  const tag = random.chance(3) ? { vlanp: 1, vlan_tci: random.pick([5, 100, 0x6005]) } : { vlanp: 0, vlan_tci: 0 };
  return { ...tag, type: random.pick([0, 1, 2, 3, 4]), ifidx: random.pick([1, 2, 3]) };
}

function program(expression: string, options: Omit<ProbeFilterOptions, 'metadata'>): EbpfProgram {
  return assembleEbpf([
    loadMapValue(R6, 'input'),
    mov(R1, R6),
    add(R1, PLACE.copy - (options.direct?.at ?? 0)),
    load('u32', R2, R6, PLACE.captured),
    load('u32', R3, R6, PLACE.length),
    ...compileProbeFilter(expression, { ...options, metadata: { base: R6, fields: FIELDS } }),
    store('u64', R6, PLACE.answer, R0),
    mov(R0, 0),
    exit(),
  ]);
}

/** The map's value for a packet of which `captured` bytes were copied; what lies behind them is not cleared. */
function input({ packet, metadata }: Asked, captured: number): Uint8Array {
  const bytes = new Uint8Array(PLACE.copy + WHOLE).fill(0xee);
  const view = new DataView(bytes.buffer);
  view.setUint32(PLACE.captured, captured, true);
  view.setUint32(PLACE.length, packet.length, true);
  view.setUint32(PLACE.vlanp, metadata.vlanp!, true);
  view.setUint32(PLACE.vlanTci, metadata.vlan_tci!, true);
  view.setUint32(PLACE.type, metadata.type!, true);
  view.setUint32(PLACE.interface, metadata.ifidx!, true);
  bytes.set(packet.subarray(0, captured), PLACE.copy);
  return bytes;
}

const answerIn = (bytes: Uint8Array) =>
  Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(PLACE.answer, true));

function interpret(instructions: EbpfProgram, bytes: Uint8Array): number {
  runEbpf(instructions, { maps: { input: { valueBytes: bytes.length, bytes } } });
  return answerIn(bytes);
}

/** What a fragment must answer: as the classic interpreter, unless that read bytes that were not copied. */
function expected({ program }: Filter, { packet, metadata }: Asked, captured: number): number {
  const { packet: watching, readTo } = watched(packet);
  const answer = runProgram(program, watching, packet.length, metadata);
  return readTo() > captured ? CANNOT_TELL : answer;
}

interface Forms {
  readonly expression: string;
  readonly filter: Filter;
  readonly whole: EbpfProgram;
  readonly short: EbpfProgram;
  readonly direct: EbpfProgram;
}

/** Undefined for what cannot be asked at the point. */
function formsOf(expression: string, { start, target }: Point, netmask: number | undefined): Forms | undefined {
  const common = { target, netmask, names: TEST_NAMES };
  let filter: Filter | undefined;
  try {
    filter = compileFilter(expression, { ...common, linkType: LINK_TYPES[start] });
    const form = (more: Pick<ProbeFilterOptions, 'headerBytes' | 'direct'>) =>
      program(expression, { ...common, start, ...more });
    return {
      expression,
      filter,
      whole: form({ headerBytes: WHOLE }),
      short: form({ headerBytes: SHORT }),
      direct: form(DIRECT),
    };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    if (filter !== undefined) expect(error.what).toMatch(/^it loops|^packets begin with the IP header here/);
    return undefined;
  }
}

/** Expressions that people type, those with corners, and generated ones. */
function* expressionsFor(point: Point, random: Random, generated: number): Generator<Forms> {
  const linkType = LINK_TYPES[point.start];
  const source = new ExpressionSource(random, linkType, point.target === 'live');
  const questions = [
    ...COMMON_FILTERS.map((expression) => ({ expression, netmask: undefined })),
    ...FIXED_EXPRESSIONS.filter((question) => question.linkType === linkType),
    ...Array.from({ length: generated }, () => ({ expression: source.tame(), netmask: undefined })),
  ];
  for (const { expression, netmask } of questions) {
    const forms = formsOf(expression, point, netmask);
    if (forms !== undefined) yield forms;
  }
}

/** Some packets, and one of them in every length. */
function questionsOf(packets: readonly Uint8Array[], random: Random, some: number): Asked[] {
  const every = random.pick(packets);
  const cut = Array.from({ length: every.length }, (_, length) => every.subarray(0, length));
  const picked = Array.from({ length: some }, () => random.pick(packets));
  return [...picked, ...cut].map((packet) => ({ packet, metadata: metadataOf(random) }));
}

const packetsAt = ({ start }: Point, random: Random) =>
  packetsFor(LINK_TYPES[start], random)
    .map(({ bytes }) => bytes)
    .filter(({ length }) => length <= WHOLE);

/** How often what was answered. */
class Answers {
  accepted = 0;
  rejected = 0;
  unknown = 0;

  count(answer: number): void {
    if (answer === CANNOT_TELL) this.unknown++;
    else if (answer === 0) this.rejected++;
    else this.accepted++;
  }

  get least(): number {
    return Math.min(this.accepted, this.rejected, this.unknown);
  }
}

describe.each(POINTS)('fragments from the $start layer, $target', (point) => {
  it('answer as the classic interpreter and JavaScript do, or cannot tell', () => {
    const random = new Random(seedFor(`filter fragments, ${point.start}, ${point.target}`));
    const packets = packetsAt(point, random);
    const answers = new Answers();
    const direct = new Answers();
    for (const { expression, filter, whole, short, ...forms } of expressionsFor(point, random, 120)) {
      for (const asked of questionsOf(packets, random, 8)) {
        const { packet, metadata } = asked;
        const { length } = packet;
        const wanted = runProgram(filter.program, packet, length, metadata);
        expect(filter.matches(packet, 0, length, length, metadata), expression).toBe(wanted);
        expect(interpret(whole, input(asked, length)), expression).toBe(wanted);
        const captured = random.below(Math.min(length, SHORT) + 1);
        const told = expected(filter, asked, captured);
        expect(interpret(short, input(asked, captured)), expression).toBe(told);
        answers.count(told);
        const answer = interpret(forms.direct, input(asked, length));
        expect([wanted, CANNOT_TELL], expression).toContain(answer);
        direct.count(answer);
      }
    }
    expect(answers.least).toBeGreaterThan(100);
    expect(direct.least).toBeGreaterThan(100);
  });

  it.skipIf(!has('root', 'linux'))('answer so in the kernel', { timeout: 60_000 }, () => {
    const random = new Random(seedFor(`filter fragments in the kernel, ${point.start}, ${point.target}`));
    const packets = packetsAt(point, random);
    const valueBytes = PLACE.copy + WHOLE;
    using map = BpfMap.create({ name: 'input', type: MAP_TYPE.ARRAY, keyBytes: 4, valueBytes, entries: 1 });
    const loaded = (instructions: EbpfProgram) =>
      BpfProgram.load({ name: 'fragment', type: PROGRAM_TYPE.SCHED_CLS, instructions }, { maps: [map] });
    const frame = new Uint8Array(64);
    const key = new Uint8Array(4);
    const run = (fragment: BpfProgram, bytes: Uint8Array) => {
      map.update(key, bytes);
      fragment.testRun(frame);
      return answerIn(map.lookUp(key)!);
    };
    const answers = new Answers();
    for (const { expression, filter, ...forms } of expressionsFor(point, random, 100)) {
      using whole = loaded(forms.whole);
      using short = loaded(forms.short);
      using direct = loaded(forms.direct);
      for (const asked of questionsOf(packets, random, 6)) {
        const { length } = asked.packet;
        const wanted = runProgram(filter.program, asked.packet, length, asked.metadata);
        expect(run(whole, input(asked, length)), expression).toBe(wanted);
        const captured = Math.min(length, SHORT);
        const told = expected(filter, asked, captured);
        expect(run(short, input(asked, captured)), expression).toBe(told);
        answers.count(told);
        expect([wanted, CANNOT_TELL], expression).toContain(run(direct, input(asked, length)));
      }
    }
    expect(answers.least).toBeGreaterThan(20);
  });
});

it('tells of ordinary packets where they lie, ports behind an IPv4 header included', () => {
  const options: Omit<ProbeFilterOptions, 'metadata'> = { start: 'network', ...DIRECT };
  const header = ipv4({ source: '10.0.0.1', destination: '10.0.0.2' });
  const datagram = (ip: Layer, port: number) => frame(ip, udp({ sourcePort: 1000, destinationPort: port }));
  const metadata = { vlanp: 0, vlan_tci: 0, type: 0, ifidx: 1 };
  const answers = (expression: string) => {
    const instructions = program(expression, options);
    const packets = [datagram(header, 53), datagram(header, 54), datagram(header, 53).subarray(0, 20)];
    return packets.map((packet) => interpret(instructions, input({ packet, metadata }, packet.length)));
  };
  const yes = 0x40000;
  expect(answers('udp port 53')).toEqual([yes, 0, CANNOT_TELL]);
  expect(answers('tcp port 53')).toEqual([0, 0, 0]);
  expect(answers('host 10.0.0.2')).toEqual([yes, yes, yes]);
  expect(answers('less 40')).toEqual([CANNOT_TELL, CANNOT_TELL, CANNOT_TELL]);
});

it('the example of the docstring runs', () => {
  const wanted = compileProbeFilter('tcp port 443', { start: 'network', headerBytes: 128 });
  const instructions = assembleEbpf([loadMapValue(R1, 'copy'), mov(R2, 128), mov(R3, 128), ...wanted, exit()]);
  const bytes = new Uint8Array(128);
  bytes[0] = 0x45;
  bytes[9] = 6;
  const matches = () => runEbpf(instructions, { maps: { copy: { valueBytes: 128, bytes } } }) !== 0n;
  expect(matches()).toBe(false);
  bytes.set([443 >> 8, 443 & 0xff], 22);
  expect(matches()).toBe(true);
});

/** Without metadata. */
const ask = (expression: string, start: FragmentStart, more: Partial<ProbeFilterOptions> = {}) =>
  compileProbeFilter(expression, { start, headerBytes: 64, ...more });

describe('what cannot be asked', () => {
  const LATER = '; ask at a point with a link-layer header';
  const HEADERS = `packets begin with the IP header here${LATER}`;

  it.each([
    ['ether host 0:1:2:3:4:5', 'ether host 0:1:2:3:4:5', `there are no Ethernet addresses on Raw IP${LATER}`],
    ['tcp and ether multicast', 'ether multicast', `there are no multicasts on Raw IP${LATER}`],
    ['vlan and host 10.0.0.1', 'vlan', `there are no VLAN tags on Raw IP${LATER}`],
    ['ip or vlan 5', 'vlan 5', `there are no VLAN tags on Raw IP${LATER}`],
    ['mpls 5 and ip', 'mpls 5', `there is no MPLS on Raw IP${LATER}`],
    ['llc s', 'llc s', `"llc" does not work on Raw IP${LATER}`],
    ['arp', 'arp', `it can never match a packet${LATER}`],
    ['tcp or pppoes', 'pppoes', HEADERS],
    ['not ether[0] & 1 = 1', 'ether[0]', HEADERS],
    ['ip[link[0] & 3] = 1', 'link[0]', HEADERS],
    ['tcp and byte 6 = 1', 'byte 6 = 1', HEADERS],
    ['host 10.0.0.1 or vpi 3', '3', '"vpi" works on raw ATM only'],
    ['ip and ip6', 'ip and ip6', 'it can never match a packet'],
  ])('is marked at the network layer: %s', (expression, words, what) => {
    const error = refusalOf(() => ask(expression, 'network'));
    expect(error.what).toBe(what);
    expect(expression.slice(error.at, error.end)).toBe(words);
  });

  it.each([
    ['tcp or arp', 'tcp'],
    ['not arp and udp', 'udp'],
    ['not rarp', ''],
    ['ether proto 0x800', 'ip'],
  ])('but words that are only false there are no error: %s', (expression, same) => {
    expect(ask(expression, 'network')).toEqual(ask(same, 'network'));
  });

  it.each(['vxlan and ether[0] = 1', 'geneve and pppoes and ip', 'vxlan and vlan 5 and ether host 0:1:2:3:4:5'])(
    'nor are link-layer headers in tunnels: %s',
    (expression) => {
      expect(ask(expression, 'network').length).toBeGreaterThan(10);
    },
  );

  it('are metadata that the point does not know, and loops', () => {
    const whats = ['ip and vlan 5', 'inbound', 'tcp or ifindex 3', 'udp or ip protochain 6'].map((expression) => {
      const { what, at, end } = refusalOf(() => ask(expression, 'link'));
      return [expression.slice(at, end), what];
    });
    expect(whats).toEqual([
      ['vlan 5', 'this point does not know the VLAN tag of a packet'],
      ['inbound', 'this point does not know the direction of a packet'],
      ['ifindex 3', 'this point does not know the interface of a packet'],
      ['ip protochain 6', 'it loops, and the kernel runs no loops without an end that it sees'],
    ]);
    expect(ask('vlan 5 and ip', 'link', { target: 'file' }).length).toBeGreaterThan(10);
  });
});

function refusalOf(compile: () => unknown): FilterError {
  try {
    compile();
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
  throw new Error('it was compiled');
}
