// Many journeys summed up, and the times that they took.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Journey, JourneySummary, LatencyCounts, summaryText } from '../../src/path/index.ts';
import { anyJourney, DELIVERED, DROPPED, FORWARDED } from '../support/journeys.ts';

function summaryOf(journeys: readonly Journey[]) {
  const summary = new JourneySummary();
  for (const journey of journeys) summary.add(journey);
  return summary.paths();
}

describe('a summary', () => {
  it('counts the ways, most taken first', () => {
    const later = {
      ...DROPPED,
      id: '99',
      steps: DROPPED.steps.map((step) => ({ ...step, sinceStartNs: step.sinceStartNs * 10 })),
    };
    const paths = summaryOf([DELIVERED, DROPPED, later, FORWARDED, DROPPED]);
    expect(paths[0]).toMatchObject({
      count: 3,
      incomplete: 0,
      example: '1f3a',
      outcome: { kind: 'dropped', point: 'nf.input', reason: 'NETFILTER_DROP', function: 'nf_hook_slow' },
      latency: { minNs: 18_555, maxNs: 185_550 },
    });
    expect(paths[0]!.path.map(({ point }) => point)).toEqual([
      'nf.output',
      'nf.postrouting',
      'qdisc',
      'transmit',
      'backlog',
      'receive',
      'nf.prerouting',
      'route',
      'nf.input',
    ]);
    expect(summaryText(paths)).toMatchInlineSnapshot(`
      "       3  dropped at nf.input: NETFILTER_DROP in nf_hook_slow  min 18.6 µs, median 18.6 µs, p99 186 µs, max 186 µs  as 1f3a
                nf.output > nf.postrouting > v0: qdisc > transmit > v1: backlog > receive > nf.prerouting
                > route > nf.input
             1  delivered at socket.read  min 1.25 ms, median 1.25 ms, p99 1.25 ms, max 1.25 ms  as 1f3b
                nf.output > nf.postrouting > v0: qdisc > transmit > v1: backlog > receive > nf.prerouting
                > route > nf.input > socket.filter > socket.read
             1  forwarded out of eth1  min 5.32 µs, median 5.32 µs, p99 5.32 µs, max 5.32 µs  1 incomplete  as 2a
                eth0: gro > receive > eth1: transmit
      "
    `);
  });

  it('counts each journey once', () => {
    fc.assert(
      fc.property(fc.array(anyJourney, { maxLength: 20 }), (journeys) => {
        const counts = summaryOf([...journeys, ...journeys]).map(({ count }) => count);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2 * journeys.length);
        expect(counts.every((count) => count % 2 === 0)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('of nothing is empty', () => {
    expect(summaryText(summaryOf([]))).toBe('');
  });
});

describe('latencies', () => {
  it('are within 3 % of what sorting tells', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1e10 }), { minLength: 1, maxLength: 300 }), (spans) => {
        const counts = new LatencyCounts();
        for (const ns of spans) counts.add(ns);
        const sorted = [...spans].sort((a, b) => a - b);
        const exact = (share: number) => sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
        const { minNs, medianNs, p99Ns, maxNs } = counts.latency;
        expect([minNs, maxNs]).toEqual([sorted[0], sorted.at(-1)]);
        expect(Math.abs(medianNs - exact(0.5))).toBeLessThanOrEqual(0.03 * exact(0.5) + 1);
        expect(Math.abs(p99Ns - exact(0.99))).toBeLessThanOrEqual(0.03 * exact(0.99) + 1);
      }),
    );
  });

  it('of nothing are 0', () => {
    expect(new LatencyCounts().latency).toEqual({ minNs: 0, medianNs: 0, p99Ns: 0, maxNs: 0 });
  });
});
