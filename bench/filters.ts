// Filters beside libpcap's: a whole run over a file, the functions over packets in memory, compiling, and a thousand hosts.
// The peers are the C programs in bench/peers.
import { readFileSync } from 'node:fs';
import { encodeProgram, MAX_INSTRUCTIONS, type PacketFilter, type Program } from '../src/bpf/index.ts';
import { compileFilter } from '../src/filter/index.ts';
import { attachFilter, closeDescriptor, SOCK, socket } from '../src/linux/ffi.ts';
import { SystemError } from '../src/linux/system-error.ts';
import { LINK_TYPE } from '../src/packet/index.ts';
import { COMMON_FILTERS } from '../test/filter/common-filters.ts';
import { benchCapture, keptCapture } from './capture-files.ts';
import { writeFilterCapture } from './filter-packets.ts';
import { inTurn, median, runProcess } from './measure.ts';
import { buildPeers, FilterPeer, type Pass, type Peers } from './peers.ts';
import { type Result, report } from './results.ts';

const FILE_ROUNDS = 7;
const FILE_FILTER = 'tcp dst port 443 and net 10.0.0.0/17';
const FILE_BAR = 2;

const PACKETS = 1_000_000;

/**
 * How much of each packet lies in memory. The first figure is what the bar is about: with the headers only, running the
 * program takes the time. Whole packets are farther apart: then both sides wait for memory most of the time.
 */
const CAPTURES = [
  { snapLength: 128, name: 'the first 128 bytes of each', isBar: true },
  { snapLength: 262_144, name: 'whole, 370 MB', isBar: false },
] as const;
const PASSES = 7;
/** Passes of ours before those: the engine optimises the loop within the first. */
const WARM_UP_PASSES = 3;
const MEMORY_BAR = 1.5;

const COMPILED = 'host 10.0.0.1 and tcp port 80';
const WARM_UP_COMPILATIONS = 2000;
const COMPILATIONS = 1001;
const COMPILE_BAR_MS = 1;

const HOSTS = 1000;
const HOSTS_BAR_MS = 200;

const compile = (expression: string) => compileFilter(expression, { linkType: LINK_TYPE.ETHERNET });

export async function filterBenchmarks(): Promise<Result[]> {
  using peers = buildPeers();
  const results = [await wholeRun(peers)];
  for (const capture of CAPTURES) results.push(await inMemory(peers, capture));
  return [...results, compilation(), manyHosts()];
}

async function wholeRun(peers: Peers): Promise<Result> {
  const file = benchCapture();
  await runProcess(process.execPath, ['bin/pathcap', '-r', file, '--count']); // into the page cache
  const [ours, theirs] = await inTurn(
    FILE_ROUNDS,
    () => runProcess(process.execPath, ['bin/pathcap', '-r', file, '--count', FILE_FILTER]),
    () => runProcess(peers.countMatches, [file, FILE_FILTER]),
  );
  const [oursS, theirsS] = [ours!, theirs!].map((runs) => median(runs.map(({ seconds }) => seconds)));
  return report({
    work: `count 4,000,000 packets, 1.4 GB, with \`${FILE_FILTER}\``,
    peer: 'C with `pcap_setfilter`, `pcap_next_ex`',
    ours: `${oursS!.toFixed(3)} s`,
    theirs: `${theirsS!.toFixed(3)} s`,
    figure: `${(theirsS! / oursS!).toFixed(1)} times as fast`,
    bar: `${FILE_BAR} times`,
    met: theirsS! / oursS! >= FILE_BAR,
  });
}

/** Packets as they lie in a pcap file that is one piece of memory. */
interface PacketsInMemory {
  bytes: Uint8Array;
  /** Three numbers for each packet: where it begins, its captured and its original length. */
  places: Uint32Array;
}

const PCAP_HEADER = 24;
const RECORD = { captured: 8, original: 12, size: 16 } as const;

function loadPackets(path: string): PacketsInMemory {
  const bytes = new Uint8Array(readFileSync(path));
  const view = new DataView(bytes.buffer);
  const places = new Uint32Array(3 * PACKETS);
  for (let i = 0, at = PCAP_HEADER; i < places.length; i += 3) {
    const captured = view.getUint32(at + RECORD.captured, true);
    places.set([at + RECORD.size, captured, view.getUint32(at + RECORD.original, true)], i);
    at += RECORD.size + captured;
  }
  return { bytes, places };
}

type Loop = (matches: PacketFilter, packets: PacketsInMemory) => number;

/**
 * A loop with code of its own for each filter, which its number makes different for the engine: a program that uses one
 * filter has just that, while one loop for all would call each through a pointer.
 */
function loopNumber(number: number): Loop {
  return new Function(
    'matches',
    'packets',
    `// ${number}
    const { bytes, places } = packets;
    let taken = 0;
    for (let i = 0; i < places.length; i += 3) {
      if (matches(bytes, places[i], places[i + 1], places[i + 2]) !== 0) taken++;
    }
    return taken;`,
  ) as Loop;
}

function pass(loop: Loop, matches: PacketFilter, packets: PacketsInMemory): Pass {
  const from = process.hrtime.bigint();
  const taken = loop(matches, packets);
  return { nanoseconds: Number(process.hrtime.bigint() - from) / PACKETS, taken };
}

async function inMemory(peers: Peers, { snapLength, name, isBar }: (typeof CAPTURES)[number]): Promise<Result> {
  const file = keptCapture(`${PACKETS}-packets-for-filters-${snapLength}.pcap`, (path) =>
    writeFilterCapture(path, PACKETS, snapLength),
  );
  const packets = loadPackets(file);
  using peer = new FilterPeer(peers.filterLoop, file);
  const figures: { ours: number; theirs: number }[] = [];
  for (const [i, expression] of COMMON_FILTERS.entries()) {
    const { matches } = compile(expression);
    const loop = loopNumber(i);
    for (let warmUp = 0; warmUp < WARM_UP_PASSES; warmUp++) pass(loop, matches, packets);
    const [ours, theirs] = await inTurn(
      PASSES,
      async () => pass(loop, matches, packets),
      () => peer.pass(expression),
    );
    figures.push(compare(expression, ours!, theirs!));
  }
  const mean = (values: readonly number[]) => Math.exp(values.reduce((sum, x) => sum + Math.log(x), 0) / values.length);
  const ratio = mean(figures.map(({ ours, theirs }) => theirs / ours));
  return report({
    work: `${figures.length} common filters over 1,000,000 packets in memory (${name}), geometric means`,
    peer: '`bpf_filter`',
    ours: `${mean(figures.map(({ ours }) => ours)).toFixed(1)} ns a packet`,
    theirs: `${mean(figures.map(({ theirs }) => theirs)).toFixed(1)} ns a packet`,
    figure: `${ratio.toFixed(1)} times as fast`,
    bar: isBar ? `${MEMORY_BAR} times` : 'none',
    met: !isBar || ratio >= MEMORY_BAR,
  });
}

/** The medians of both, which must have taken the same packets. */
function compare(expression: string, ours: readonly Pass[], theirs: readonly Pass[]) {
  const taken = new Set([...ours, ...theirs].map((one) => one.taken));
  if (taken.size !== 1) throw new Error(`"${expression}" took different numbers of packets: ${[...taken].join(', ')}`);
  const [oursNs, theirsNs] = [ours, theirs].map((passes) => median(passes.map(({ nanoseconds }) => nanoseconds)));
  if (process.env.PATHCAP_BENCH_EACH !== undefined) {
    console.log(`${oursNs!.toFixed(1)} ns, ${theirsNs!.toFixed(1)} ns, ${[...taken]} taken: ${expression}`);
  }
  return { ours: oursNs!, theirs: theirsNs! };
}

/** Milliseconds from the expression to the function. */
function compileTime(expression: string): number {
  const from = process.hrtime.bigint();
  const { matches } = compile(expression);
  const elapsed = Number(process.hrtime.bigint() - from) / 1e6;
  if (matches(new Uint8Array(0), 0, 0, 0) !== 0) throw new Error('an empty packet matches');
  return elapsed;
}

function compilation(): Result {
  for (let i = 0; i < WARM_UP_COMPILATIONS; i++) compileTime(COMPILED);
  const ours = median(Array.from({ length: COMPILATIONS }, () => compileTime(COMPILED)));
  return report({
    work: `compile \`${COMPILED}\` when warm, to the function`,
    peer: '-',
    ours: `${ours.toFixed(3)} ms`,
    theirs: '-',
    figure: `${ours.toFixed(3)} ms`,
    bar: `under ${COMPILE_BAR_MS} ms`,
    met: ours < COMPILE_BAR_MS,
  });
}

function manyHosts(): Result {
  const hosts = Array.from({ length: HOSTS }, (_, i) => `host 10.${i % 7}.${i >> 8}.${(i * 37) & 255}`);
  const expression = hosts.join(' or ');
  const ours = compileTime(expression);
  const { program } = compile(expression);
  return report({
    work: `compile ${HOSTS} hosts in one expression, to the function; ${kernelSays(program)}`,
    peer: '-',
    ours: `${ours.toFixed(0)} ms`,
    theirs: '-',
    figure: `${ours.toFixed(0)} ms`,
    bar: `under ${HOSTS_BAR_MS} ms`,
    met: ours < HOSTS_BAR_MS,
  });
}

const AF_UNIX = 1;

/** What SO_ATTACH_FILTER says to a program. */
function kernelSays(program: Program): string {
  const fd = socket(AF_UNIX, SOCK.DGRAM, 0);
  try {
    attachFilter(fd, encodeProgram(program));
    return `the kernel takes its ${program.length} instructions (${MAX_INSTRUCTIONS} at most)`;
  } catch (error) {
    if (error instanceof SystemError) return `the kernel refuses its ${program.length} instructions: ${error.message}`;
    throw error;
  } finally {
    closeDescriptor(fd);
  }
}
