// Where we differ from libpcap 1.10.3 on purpose, each with the reason. The list may only shrink: a row whose example no
// longer differs fails corpus.test.ts.
import { opcodeOf } from '../../src/bpf/index.ts';
import { type Answer, VERDICT } from '../support/libpcap.ts';
import type { Difference, DifferenceKind } from './agreement.ts';
import type { Question } from './corpus.ts';

export interface KnownDifference {
  readonly reason: string;
  readonly example: Question;
  covers(difference: Difference): boolean;
}

const MATCHES_NOTHING = /^(it can never match a packet|expression rejects all packets)$/;
/** An operator and a right operand that is more than a number: negated, or going on. */
const COMPUTED_OPERAND = /([/%]|<<|>>)[\s(]*(-|[\w-]+[\s)]*([-+*/%&|^[]|<<|>>))/;
const IMPOSSIBLE = /division by zero|modulus by zero|shift by more than 31 bits/;

const decidesOtherwise = (kind: DifferenceKind): boolean => kind.startsWith('our plain code');
const isArcnet = (linkType: number): boolean => linkType === 7 || linkType === 129;
const hasVariableHeader = (linkType: number): boolean => [105, 117, 119, 127, 163, 192].includes(linkType);
const isSignalling = (linkType: number): boolean => [139, 140, 197].includes(linkType);
const isArithmetic = (expression: string): boolean => /[[=<>]/.test(expression);

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    reason: 'libpcap has the vxlan keyword since 1.11 only, pcap-filter(7) of today describes it',
    example: { expression: 'vxlan 5 and tcp', linkType: 1 },
    covers: ({ kind, expression }) => kind === 'only we take it' && /\bvxlan\b/.test(expression),
  },
  {
    reason: "libpcap's parser has a stack of 10,000 symbols, ours none",
    example: { expression: `${'('.repeat(20_000)}ip${')'.repeat(20_000)}`, linkType: 1 },
    covers: ({ kind, message = '' }) => kind === 'only we take it' && message.endsWith('memory exhausted'),
  },
  {
    reason:
      'alternatives that differ in a constant only (the addresses of a name, too) are asked together, and words under a mask of zeros not at all: of ' +
      'packets cut short in the header asked about we take more (so does the optimiser of libpcap)',
    example: { expression: 'net 2001:db8::/32', linkType: 1 },
    covers: ({ kind, expression }) =>
      kind === 'our plain code takes what libpcap leaves at a load outside the packet' &&
      /\bor\b|\|\||\bnet\b|\b(host|src|dst)\s+\\?[a-z]/.test(expression),
  },
  {
    reason: 'both refuse what can match no packet; each optimiser sees that of other expressions',
    example: { expression: 'len > 4294967295', linkType: 1 },
    covers: ({ message = '', answer }) => MATCHES_NOTHING.test(message) && takesNothing(answer),
  },
  {
    reason:
      'byte N & V and byte N | V lack their load in libpcap, and take what was loaded before (gen_byteop): also where ' +
      'what is asked can match no packet',
    example: { expression: 'byte 0 & 255', linkType: 1 },
    covers: ({ kind, message = '', expression }) =>
      (kind !== 'only libpcap takes it' || MATCHES_NOTHING.test(message)) && /\bbyte\s+\w+\s*[&|]/.test(expression),
  },
  {
    reason: '!= means = for fields of ATM and MTP3 in libpcap: gen_ncmp turns only > and >= round',
    example: { expression: 'vci != 5', linkType: 123 },
    covers: ({ expression }) => /\b(vpi|vci|h?(sio|opc|dpc|sls))\s*!=/.test(expression),
  },
  {
    reason: 'libpcap reads the $ of an ARCnet address as a digit, so that $1f is 0xd1 there (pcap_ether_aton)',
    example: { expression: 'link dst $0', linkType: 7 },
    covers: ({ kind, expression, linkType }) =>
      decidesOtherwise(kind) && isArcnet(linkType) && expression.includes('$'),
  },
  {
    reason:
      'libpcap takes the offset of a load for its value where it looks for divisions by 0 and shifts too far (gen_arth)',
    example: { expression: 'ip[8] / ip[0] = 1', linkType: 1 },
    covers: ({ kind, message, expression }) =>
      kind === 'only we take it' && IMPOSSIBLE.test(message!) && COMPUTED_OPERAND.test(expression),
  },
  {
    reason: 'a shift too far and a division by zero are refused when computed, too; in libpcap only by its optimiser',
    example: { expression: 'ip[0] << (31 + 1) = 0', linkType: 1 },
    covers: ({ kind, message = '' }) =>
      kind === 'only libpcap takes it' && /^(a shift by \d+ bits|a? ?division by zero)/.test(message),
  },
  {
    reason: 'an empty expression takes every packet, of link types too that libpcap refuses to compile anything for',
    example: { expression: '', linkType: 300 },
    covers: ({ kind, message = '', expression }) =>
      kind === 'only we take it' && message.startsWith('unknown data link type') && expression.trim() === '',
  },
  {
    reason:
      "libpcap's optimiser mistakes what is known after jset, which it makes of the tests of MTP2, and refuses too much",
    example: { expression: '(fisu and hsls 15) && fisu', linkType: 140 },
    covers: ({ kind, linkType, message = '' }) =>
      kind === 'only we take it' && isSignalling(linkType) && MATCHES_NOTHING.test(message),
  },
  {
    reason:
      "libpcap's optimiser takes jset #0xffffffff, which it makes of a comparison with 0, for always true (opt_blk), and refuses too much",
    example: { expression: 'link[2] & 4294967295 = 0', linkType: 1 },
    covers: ({ kind, message = '', answer }) =>
      kind === 'only we take it' && MATCHES_NOTHING.test(message) && loadsAllOnes(answer),
  },
  {
    reason: 'in a range with a name libpcap takes port 65536 for 0, as getaddrinfo does',
    example: { expression: 'portrange sunrpc-65536', linkType: 1 },
    covers: ({ kind, message = '', expression }) =>
      kind === 'only libpcap takes it' &&
      /port \d+ is greater than 65535/.test(message) &&
      /portrange/.test(expression),
  },
  {
    reason:
      'after arithmetic libpcap gives the scratch memory that it used to the offsets of link headers of variable length, ' +
      'although these were computed before it, or in geneve behind "or" not at all (alloc_reg, insert_compute_vloffsets)',
    example: { expression: 'not 13 != 8 or ip', linkType: 105 },
    covers: ({ kind, linkType, expression, answer }) =>
      decidesOtherwise(kind) &&
      ((hasVariableHeader(linkType) && /geneve|pppoes/.test(expression)) ||
        ((hasVariableHeader(linkType) || /geneve|vlan/.test(expression)) &&
          isArithmetic(expression) &&
          overwritesOffsets(answer))),
  },
  {
    reason: 'behind pppoes and geneve libpcap adds the offset of the link header to those of the metadata (OR_LINKHDR)',
    example: { expression: 'pppoes and inbound', linkType: 1, live: true },
    covers: ({ live, expression }) => live === true && /(pppoes|geneve).*(inbound|outbound|ifindex)/.test(expression),
  },
  {
    reason: "libpcap's optimiser breaks its own jumps behind the test of a tag in metadata",
    example: { expression: '(decnet src host 63.1023 and vlan 0) or moprc', linkType: 1, live: true },
    covers: ({ kind, message = '' }) =>
      kind === 'only we take it' && message.startsWith('no destination found for block-local'),
  },
];

export const isKnown = (difference: Difference): boolean => KNOWN_DIFFERENCES.some((row) => row.covers(difference));

function takesNothing(answer: Answer): boolean {
  return answer.kind === 'compiled' && answer.verdicts.every((verdict) => (verdict & VERDICT.PLAIN) === 0);
}

function loadsAllOnes(answer: Answer): boolean {
  return answer.kind === 'compiled' && answer.program.some(({ k }) => k >>> 0 === 0xffff_ffff);
}

/** A word of scratch memory holds the sum that an offset is, and then a constant, or the result of a load. */
function overwritesOffsets(answer: Answer): boolean {
  if (answer.kind !== 'compiled') return false;
  const { program } = answer;
  const stores = program.flatMap(({ code, k }, i) =>
    opcodeOf(code)?.action === 'st' ? [{ k, from: program[i - 1]! }] : [],
  );
  const words = new Set(stores.map(({ k }) => k));
  return [...words].some((word) => {
    const sources = stores.filter(({ k }) => k === word).map(({ from }) => opcodeOf(from.code)!.action === 'ld');
    if (sources.includes(true) && sources.includes(false)) return true;
    // The length of a Prism header is a constant itself: it is set first, and then something else.
    return word === stores[0]!.k && sources.length > 1 && sources.every((isLoad) => isLoad);
  });
}
