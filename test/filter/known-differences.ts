// Where we differ from libpcap 1.10.3 on purpose, each with the reason. The list may only shrink: a row whose example no
// longer differs fails corpus.test.ts.
import type { Difference } from './agreement.ts';
import type { Question } from './corpus.ts';

export interface KnownDifference {
  readonly reason: string;
  readonly example: Question;
  covers(difference: Difference): boolean;
}

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
];
