// Every drop reason that can be provoked without special hardware: exactly the journeys that must follow, on a stage of its own.
// What cannot be provoked, and why, stands in docs/drop-reasons.md.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences } from '../../src/cli/demo-expectation.ts';
import { SceneWatch } from '../../src/cli/demo-watch.ts';
import { has } from '../support/needs.ts';
import { CASES } from './drop-reasons-cases.ts';

/** Long enough for a journey that nobody expects. */
const LINGER_MS = 60;

/** What one machine lacks and another has: modules of the kernel, above all. */
const MISSING = /Unknown device type|Operation not supported|Protocol not supported|not supported by/;

describe.skipIf(!has('linux', 'root', 'tool:ip', 'tool:nft', 'tool:iptables'))('drop reasons', () => {
  let watch: SceneWatch;
  beforeAll(async () => {
    watch = new SceneWatch();
    await watch.stage.ready();
  });
  afterAll(() => watch[Symbol.dispose]());

  for (const one of CASES) {
    it(one.name, { retry: 2 }, async (context) => {
      const lacking = watch.lacks(one);
      if (lacking !== undefined) return context.skip(lacking);
      try {
        const journeys = await watch.play(one, { lingerMs: LINGER_MS });
        expect(differences(one, journeys, watch.ground)).toEqual([]);
      } catch (error) {
        if (error instanceof Error && MISSING.test(error.message)) return context.skip(error.message);
        throw error;
      }
    });
  }

  it('are provoked in their number', () => {
    const names = new Set(CASES.map(({ name }) => name.split(',')[0]));
    expect(names.size).toBeGreaterThanOrEqual(40);
  });
});
