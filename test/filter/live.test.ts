// The compiler's programs for live captures beside those that libpcap makes for a capture of its own on an interface: tags,
// direction and interface are metadata there. pcap runs such programs in the kernel only, so the interpreter runs both.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Metadata, runProgram } from '../../src/bpf/index.ts';
import { type Answer, LIBPCAP_NEEDS, Libpcap, VERDICT } from '../support/libpcap.ts';
import { TestNamespace } from '../support/namespace.ts';
import { has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';
import { compare, type Difference, describeDifference, Tally, type TestPacket } from './agreement.ts';
import { ExpressionSource } from './expressions.ts';
import { isKnown, KNOWN_DIFFERENCES } from './known-differences.ts';
import { packetsFor } from './link-packets.ts';
import { NAMES, VLAN_IDS } from './vocabulary.ts';

const EXPRESSIONS = 1500;
const PACKETS = 40;
const RETURN = 0x06;

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

/** Of differences that only live programs have, for Ethernet. */
const LIVE_EXAMPLES = KNOWN_DIFFERENCES.flatMap(({ example }) => (example.live ? [example.expression] : []));

describe.skipIf(!has('root', 'tool:unshare', 'tool:nsenter', 'tool:ip', ...LIBPCAP_NEEDS))('live programs', () => {
  let namespace: TestNamespace;
  beforeAll(async () => {
    namespace = await TestNamespace.create();
    namespace.run('ip', 'tuntap', 'add', 't0', 'mode', 'tun');
    namespace.run('ip', 'link', 'set', 't0', 'up');
  });
  afterAll(() => namespace.end());

  it.each(PLACES)('on %s as %s mean the same', { timeout: 60_000 }, async (name, linkTypeName, linkType) => {
    const seed = seedFor(`live filters on ${name}`);
    const random = new Random(seed);
    using libpcap = new Libpcap([name, linkTypeName], (...command) => namespace.inside(...command).flat());
    libpcap.addNames(NAMES);
    const packets = packetsFor(linkType, random).map((packet) => ({ ...packet, metadata: metadataFor(random) }));
    const examples = linkType === 1 ? LIVE_EXAMPLES : [];
    const expressions = [...FIXED, ...examples, ...generate(new ExpressionSource(random, linkType, true), random)];
    const answers = await Promise.all(expressions.map((expression) => libpcap.compile({ expression, linkType })));
    const known = new Set<string>();
    const tally = new Tally();
    const differences: Difference[] = [];
    for (const [i, expression] of expressions.entries()) {
      const question = { expression, linkType, live: true };
      const comparison = { packets, limit: PACKETS, random, tally, javaScript: i % 4 === 0 };
      const difference = compare(question, interpreted(answers[i]!, packets), comparison);
      if (difference === undefined) continue;
      if (isKnown(difference)) known.add(expression);
      else differences.push(difference);
    }
    console.log(`${tally.accepted} accepted, ${tally.refused} refused, ${tally.pairs} pairs, ${tally.taken} taken`);
    expect([...known]).toEqual(expect.arrayContaining(examples));
    differences.sort((a, b) => a.expression.length - b.expression.length);
    if (differences.length > 0)
      expect.fail(
        [`${differences.length} differences`, ...differences.slice(0, 4).map(describeDifference)].join('\n\n'),
      );
  });
});

function generate(source: ExpressionSource, random: Random): string[] {
  return Array.from({ length: EXPRESSIONS }, () => (random.chance(4) ? source.wilder() : source.tame()));
}

/** libpcap's answer with what its program decides, by our interpreter. */
function interpreted(answer: Answer, packets: readonly TestPacket[]): Answer {
  if (answer.kind !== 'compiled') return answer;
  // With every `ret #0` accepting, 0 comes of loads outside the packet only.
  const finder = answer.program.map((it) => (it.code === RETURN && it.k === 0 ? { ...it, k: 1 } : it));
  const verdicts = packets.map(({ bytes, originalLength = bytes.length, metadata }) => {
    if (runProgram(answer.program, bytes, originalLength, metadata) !== 0) return VERDICT.PLAIN;
    return runProgram(finder, bytes, originalLength, metadata) === 0 ? VERDICT.FAULT : 0;
  });
  return { ...answer, verdicts: Uint8Array.from(verdicts) };
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
