// The compiler's programs for live captures beside those that libpcap makes for a capture of its own on an interface: tags,
// direction and interface are metadata there. pcap runs such programs in the kernel only, so the interpreter runs both.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listProgram, type Metadata, type Program, runProgram } from '../../src/bpf/index.ts';
import { compileFilter, type Filter, FilterError } from '../../src/filter/index.ts';
import { LIBPCAP_NEEDS, Libpcap } from '../support/libpcap.ts';
import { TestNamespace } from '../support/namespace.ts';
import { has } from '../support/needs.ts';
import type { Sample } from '../support/pcap.ts';
import { Random, seedFor } from '../support/random.ts';
import { SNAP_LENGTH } from './agreement.ts';
import { ExpressionSource } from './expressions.ts';
import { packetsFor } from './link-packets.ts';
import { TEST_NAMES } from './names.ts';
import { NAMES, VLAN_IDS } from './vocabulary.ts';

const EXPRESSIONS = 1500;
const PACKETS = 40;

/** Interface, libpcap's link type there, LINKTYPE_ value. */
const PLACES = [
  ['v0', 'EN10MB', 1],
  ['t0', 'RAW', 101],
  ['any', 'LINUX_SLL', 113],
  ['any', 'LINUX_SLL2', 276],
] as const;

const FIXED = [
  'vlan',
  'vlan 5',
  'vlan 5 and ip',
  'vlan and vlan',
  'vlan 100 and vlan 5 and tcp',
  'vlan or ip',
  'not vlan',
  'not vlan and ip',
  'ip and vlan',
  '(vlan 5 or vlan 100) and ip',
  'vlan and port 80',
  'vlan and pppoes and ip',
  'vlan and mpls and ip',
  'vlan and geneve and ip',
  'geneve and vlan and ip',
  'pppoes and vlan',
  'inbound',
  'outbound',
  'not inbound',
  'inbound and ip',
  'vlan and inbound',
  'vlan and outbound and tcp',
  'ifindex 1',
  'ifindex 2 or ifindex 3',
  'vlan and ifindex 2',
  'ip6',
  'ip protochain 6',
];

describe.skipIf(!has('root', 'tool:unshare', 'tool:nsenter', 'tool:ip', ...LIBPCAP_NEEDS))('live programs', () => {
  let namespace: TestNamespace;
  beforeAll(async () => {
    namespace = await TestNamespace.create();
    namespace.run('ip', 'tuntap', 'add', 't0', 'mode', 'tun');
    namespace.run('ip', 'link', 'set', 't0', 'up');
  });
  afterAll(() => namespace.end());

  it.each(PLACES)('on %s as %s mean the same', { timeout: 60_000 }, async (name, linkTypeName, linkType) => {
    const random = new Random(seedFor(`live filters on ${name}`));
    using libpcap = new Libpcap([name, linkTypeName], (...command) => namespace.inside(...command).flat());
    libpcap.addNames(NAMES);
    const source = new ExpressionSource(random, linkType, true);
    const packets = packetsFor(linkType, random);
    const generated = Array.from({ length: EXPRESSIONS }, () => (random.chance(4) ? source.wilder() : source.tame()));
    const wrong: string[] = [];
    const expressions = [...FIXED, ...generated];
    const answers = await Promise.all(expressions.map((expression) => libpcap.compile({ expression, linkType })));
    for (const [i, expression] of expressions.entries()) {
      const answer = answers[i]!;
      const ours = compileLive(expression, linkType);
      if (answer.kind === 'refused' && ours !== undefined)
        wrong.push(`${expression}: libpcap refuses: ${answer.message}`);
      if (answer.kind !== 'compiled') continue;
      if (ours === undefined) wrong.push(`${expression}: only libpcap takes it`);
      else wrong.push(...differences(expression, answer.program, ours, packets, random));
    }
    expect(wrong.slice(0, 10)).toEqual([]);
  });
});

/** Plain and optimised; undefined when refused. */
function compileLive(expression: string, linkType: number): [Filter, Filter] | undefined {
  const compiled = (optimize: boolean) =>
    compileFilter(expression, { linkType, target: 'live', names: TEST_NAMES, optimize, snapLength: SNAP_LENGTH });
  try {
    return [compiled(false), compiled(true)];
  } catch (error) {
    if (error instanceof FilterError) return undefined;
    throw error;
  }
}

function differences(
  expression: string,
  theirs: Program,
  [plain, optimised]: [Filter, Filter],
  packets: readonly Sample[],
  random: Random,
): string[] {
  for (let i = 0; i < PACKETS; i++) {
    const { bytes, originalLength = bytes.length } = random.pick(packets);
    const metadata = metadataFor(random);
    const wanted = runProgram(theirs, bytes, originalLength, metadata);
    const got = [
      runProgram(plain.program, bytes, originalLength, metadata),
      runProgram(optimised.program, bytes, originalLength, metadata),
      optimised.matches(bytes, 0, bytes.length, originalLength, metadata) >>> 0,
    ];
    if (got.every((value) => value === wanted)) continue;
    const packet = `${Buffer.from(bytes).toString('hex')} ${JSON.stringify(metadata)}`;
    const listings = [theirs, plain.program, optimised.program].map(listProgram).join('\n');
    return [`${expression}: libpcap ${wanted}, plain, optimised, JavaScript ${got}\n${packet}\n${listings}`];
  }
  return [];
}

/** What the kernel may tell of a packet. */
function metadataFor(random: Random): Metadata {
  const tagged = random.chance(2) ? 1 : 0;
  return {
    type: random.below(5),
    ifidx: random.below(4),
    proto: random.pick([0x0800, 0x86dd, 0x0806]),
    vlanp: tagged,
    vlan_tci: tagged ? random.pick(VLAN_IDS) | random.pick([0, 0x2000, 0xe000]) : 0,
    vlan_tpid: tagged ? 0x8100 : 0,
  };
}
