// Two journeys side by side.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareJourneys, comparisonText, mergeSteps } from '../../src/path/index.ts';
import { anyJourney, DELIVERED, DROPPED, FORWARDED } from '../support/journeys.ts';

describe('the comparison of two journeys', () => {
  it('finds where a dropped one leaves the way of the delivered one', () => {
    const comparison = compareJourneys(DELIVERED, DROPPED);
    const { first, steps, isSame } = comparison;
    expect(isSame).toBe(false);
    expect(steps[first!]).toMatchObject({
      point: 'nf.input',
      side: 'both',
      differences: [{ field: 'verdict', left: 'accept', right: 'drop' }],
    });
    expect(comparisonText(comparison)).toMatchInlineSnapshot(`
      "- left   1f3b  h1, Linux 6.18.44
      + right  1f3a  h1, Linux 6.18.44
        nf.output                accept
        nf.postrouting           accept
        qdisc           v0
        transmit        v0
        backlog         v1
        receive         v1
        nf.prerouting   v1       accept
        route           v1
      ~ nf.input        verdict: accept | drop   <-- first difference
      - socket.filter   v1
      - socket.read     v1
      - delivered to udp 10.77.0.9:8080, inode 4711 of nc (pid 812), read
      + dropped at nf.input: NETFILTER_DROP in nf_hook_slow
      "
    `);
  });

  it('of ways that only begin alike', () => {
    expect(comparisonText(compareJourneys(FORWARDED, DROPPED))).toMatchInlineSnapshot(`
      "- left   2a  h1, Linux 6.1.170
      + right  1f3a  h1, Linux 6.18.44
      ~ packet          interface: eth0 | v0, protocol: icmp6 | udp, source: 2001:db8::1 | 10.77.0.1, sourcePort: none | 1024, destination: 2001:db8:1::2 | 10.77.0.2, destinationPort: none | 80, length: 48 | 44
      - gro             eth0   <-- first difference
      - receive         eth0
      + nf.output                accept
      + nf.postrouting           accept
      + qdisc           v0
      ~ transmit        device: eth1 | v0, ttl changed: 64 → 63 | none
      + backlog         v1
      + receive         v1
      + nf.prerouting   v1       accept
      + route           v1
      + nf.input        v1       drop
      - forwarded out of eth1 to fe80::2
      + dropped at nf.input: NETFILTER_DROP in nf_hook_slow
      "
    `);
  });

  it('points at the outcome when only that differs', () => {
    const other = { ...DROPPED, outcome: { kind: 'dropped', point: 'nf.input', reason: 'NOMEM' } } as const;
    const comparison = compareJourneys(DROPPED, other);
    expect(comparison.first).toBe(comparison.steps.length);
    expect(comparisonText(comparison).split('\n').slice(-3)).toEqual([
      '- dropped at nf.input: NETFILTER_DROP in nf_hook_slow   <-- first difference',
      '+ dropped at nf.input: NOMEM',
      '',
    ]);
  });

  it('of a journey with itself finds nothing; with another it loses no step', () => {
    fc.assert(
      fc.property(anyJourney, anyJourney, (left, right) => {
        expect(compareJourneys(left, { ...left, id: 'other', time: right.time })).toMatchObject({
          isSame: true,
          packet: [],
        });
        const { steps } = compareJourneys(left, right);
        const of = (side: 'left' | 'right') => steps.flatMap((step) => step[side] ?? []);
        expect(of('left')).toEqual(mergeSteps(left));
        expect(of('right')).toEqual(mergeSteps(right));
      }),
    );
  });
});
