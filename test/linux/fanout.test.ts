// Fanout: worker threads share a flood out among them, and together they have all of it.
import { openFanout } from 'pathcap/capture'; // the built package: workers run from it
import { describe, expect, it } from 'vitest';
import { ethernet, frame, ipv4, udp } from '../../src/wire/index.ts';
import { has } from '../support/needs.ts';
import { V0_MAC, V1_MAC, VethWorld } from '../support/veth.ts';

const FLOWS = 64;
const PER_FLOW = 200;

const MODULE = new URL('./fanout-handler.mjs', import.meta.url);

function datagram(flow: number): Uint8Array {
  return frame(
    ethernet({ destination: V1_MAC, source: V0_MAC }),
    ipv4({ source: `10.0.0.${flow}`, destination: '10.0.1.1' }),
    udp({ sourcePort: 1000 + flow, destinationPort: 2 }),
    'x',
  );
}

describe.skipIf(!has('linux', 'root'))('fanout', () => {
  it('gives each packet to one worker, and a flow to always the same', async () => {
    using world = new VethWorld();
    const opening = world.inside(() => openFanout({ interface: 'v1', workers: 2, module: MODULE }));
    await using fanout = await opening;
    const sender = world.sender();
    for (let i = 0; i < PER_FLOW; i++) for (let flow = 0; flow < FLOWS; flow++) sender.send(datagram(flow));
    fanout.stop();
    const { statistics, results } = await fanout.finished;
    const counts = results as Record<string, number>[];
    expect(statistics).toMatchObject({ received: FLOWS * PER_FLOW, dropped: 0 });
    for (let flow = 0; flow < FLOWS; flow++) {
      const shares = counts.map((count) => count[1000 + flow] ?? 0);
      expect(
        shares.sort((a, b) => a - b),
        `flow ${flow}`,
      ).toEqual([0, PER_FLOW]);
    }
    for (const count of counts) expect(Object.keys(count).length).toBeGreaterThan(0);
  });

  it('says what is wrong, and leaves no worker behind', async () => {
    using world = new VethWorld();
    const opening = world.inside(() => openFanout({ interface: 'eth9', workers: 2, module: MODULE }));
    await expect(opening).rejects.toThrow('cannot capture on eth9: no such interface');
    const other = new URL('./fanout.test.ts', import.meta.url);
    const without = world.inside(() =>
      openFanout({ interface: 'v1', workers: 1, module: new URL('data:text/javascript,') }),
    );
    await expect(without).rejects.toThrow('it exports no function "handle"');
    await expect(openFanout({ interface: 'v1', workers: 0, module: other })).rejects.toThrow(
      'cannot start 0 workers: wants 1 or more',
    );
  });
});
