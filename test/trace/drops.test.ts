// Drops counted in the kernel: real packets, dropped by the real kernel in a namespace of the test's own; the kernel's
// counters say how many there were.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PointName } from '../../src/path/index.ts';
import { type CountedDrop, DropCounter, type DropCounterOptions } from '../../src/trace/drops.ts';
import { readCounters } from '../../src/trace/drops-counters.ts';
import { explainCounters } from '../../src/trace/drops-explained.ts';
import { has } from '../support/needs.ts';
import { DropsWorld, experiment, SCENARIOS, TAGGED, UNREAD } from './drops-world.ts';

const TIMES = 7;

const PATIENCE_MS = 5_000;

/** Waits for what the kernel does in its own time. */
async function until(condition: () => boolean, complaint: () => string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(complaint());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const total = (drops: readonly CountedDrop[]) => drops.reduce((sum, { count }) => sum + count, 0);

describe.skipIf(!has('root', 'tool:iptables', 'tool:nstat', 'tool:ip'))('drops', () => {
  let world: DropsWorld;
  let sender: ReturnType<DropsWorld['sender']>;

  beforeAll(() => {
    world = new DropsWorld();
    sender = world.sender();
  });

  afterAll(() => world?.[Symbol.dispose]());

  const open = (options: DropCounterOptions = {}) => DropCounter.open({ namespace: world.inode, ...options });
  const of = (counter: DropCounter, reason?: string, point?: PointName) =>
    counter
      .drops()
      .filter((drop) => [drop.reason, undefined].includes(reason) && [drop.point, undefined].includes(point));

  /** Sends, and waits until so many were counted. */
  async function sendAndCount(
    counter: DropCounter,
    frame: Uint8Array,
    reason: string,
    point?: PointName,
    times = TIMES,
  ) {
    sender.send(frame, times);
    let drops: CountedDrop[] = [];
    await until(
      () => {
        drops = of(counter, reason, point);
        return total(drops) >= times;
      },
      () =>
        `not ${times} of ${reason}: ${JSON.stringify(counter.drops().map(({ reason, point, count }) => ({ reason, point, count })))}`,
    );
    return drops;
  }

  test.each(SCENARIOS)(
    '$name: $reason at $point',
    async ({ frame, reason, point, etherType, protocol, counter: name }) => {
      using counter = open();
      const before = name === undefined ? 0 : world.counter(name);
      const drops = await sendAndCount(counter, frame, reason, point);
      expect(drops.map(({ count, example, location, hook, packet, time, ...drop }) => drop)).toEqual([
        {
          ...{ reason, point, etherType, protocol, device: world.device('v1'), namespace: world.inode },
          function: expect.any(String),
          deviceName: 'v1',
        },
      ]);
      expect(total(drops)).toBe(TIMES);
      if (name !== undefined) expect(world.counter(name) - before).toBe(TIMES);
      expect(counter.lost).toEqual({ full: 0, undecided: 0, missed: 0 });
    },
  );

  test('the example is the packet', async () => {
    using counter = open();
    const [{ frame, reason }] = SCENARIOS as [(typeof SCENARIOS)[0]];
    const [first] = await sendAndCount(counter, frame, reason);
    const { link, bytes, length, receivedOn, monotonicNs } = first!.example!;
    expect([...link!, ...bytes]).toEqual([...frame.slice(0, 14 + bytes.length)]);
    expect([bytes.length, length]).toEqual([frame.length - 14, frame.length - 14]);
    expect(receivedOn).toBe(world.device('v1'));
    expect(Math.abs(Number(process.hrtime.bigint() - monotonicNs))).toBeLessThan(20e9);
    counter.askForExamples();
    sender.send(frame);
    await until(
      () => total(of(counter, reason)) === TIMES + 1,
      () => 'the last one did not come',
    );
    const [again] = of(counter, reason);
    expect(again!.example!.monotonicNs).toBeGreaterThan(monotonicNs);
  });

  test('a full receive buffer, as the kernel counts it', async () => {
    using _socket = world.unread();
    using counter = open();
    const before = world.counter('UdpRcvbufErrors');
    sender.send(UNREAD, 1000);
    await until(
      () => total(of(counter, 'SOCKET_RCVBUFF')) > 0,
      () => 'none dropped',
    );
    const drops = of(counter, 'SOCKET_RCVBUFF');
    expect(total(drops)).toBe(world.counter('UdpRcvbufErrors') - before);
    expect(drops.map(({ point, device, namespace }) => ({ point, device, namespace }))).toEqual([
      { point: 'socket.queue', device: world.device('v1'), namespace: world.inode },
    ]);
  });

  test('packets of another namespace are not counted', async () => {
    using other = new DropsWorld();
    using counter = open();
    const [{ frame, reason }] = SCENARIOS as [(typeof SCENARIOS)[0]];
    other.sender().send(frame, 100);
    await sendAndCount(counter, frame, reason);
    expect(total(of(counter, reason))).toBe(TIMES);
  });

  test('packets of other devices are not counted', async () => {
    using there = open({ devices: [world.device('v1')] });
    using elsewhere = open({ devices: [world.device('v0')] });
    const [{ frame, reason }] = SCENARIOS as [(typeof SCENARIOS)[0]];
    expect(total(await sendAndCount(there, frame, reason))).toBe(TIMES);
    expect(of(elsewhere, reason)).toEqual([]);
  });

  test.each([
    ['udp', 'NO_SOCKET', 2 * TIMES],
    ['udp and ip', 'NO_SOCKET', TIMES],
    ['ip6', 'NO_SOCKET', TIMES],
    ['tcp', 'NO_SOCKET', TIMES],
    ['udp dst port 4242 and less 100', 'NO_SOCKET', 2 * TIMES],
    ['udp dst port 4243', 'NETFILTER_DROP', TIMES],
    ['udp dst port 4243', 'NO_SOCKET', 0],
    ['ether dst 02:00:00:00:00:99', 'OTHERHOST', TIMES],
    ['ether proto 0x88b5', 'UNHANDLED_PROTO', TIMES],
    ['host 10.0.0.9', 'NO_SOCKET', 0],
    ['vlan 5', undefined, TIMES],
    ['vlan 6', undefined, 0],
    ['inbound', 'NO_SOCKET', 3 * TIMES],
  ] as const)('filter "%s": %s %i times', async (filter, reason, times) => {
    using all = open();
    using tagged = open({ filter: 'vlan' });
    using counter = open({ filter });
    for (const { frame } of SCENARIOS) sender.send(frame, TIMES);
    sender.send(TAGGED, TIMES);
    await until(
      () => total(of(all, 'NO_SOCKET')) >= 3 * TIMES && total(of(tagged)) >= TIMES,
      () => JSON.stringify(all.drops().map(({ reason, point, count }) => ({ reason, point, count }))),
    );
    expect(total(of(counter, reason))).toBe(times);
    expect(counter.lost).toEqual({ full: 0, undecided: 0, missed: 0 });
  });

  test('a filter that is wrong is refused', () => {
    expect(() => open({ filter: 'udp porf 9' })).toThrow('cannot compile the filter');
  });

  test('a filter for link-layer headers sees none of the packets without one', () => {
    using counter = open({ filter: 'ether host 02:00:00:00:00:99' });
    expect(counter.seesNetworkLayer).toBe(false);
    using other = open({ filter: 'udp' });
    expect(other.seesNetworkLayer).toBe(true);
  });

  test('what finds no room is counted', async () => {
    const kinds = 3000;
    using counter = open({ filter: 'ether[12] & 0xf0 = 0x90' });
    for (let i = 0; i < kinds; i++) sender.send(experiment(0x9000 + i));
    await until(
      () => total(of(counter, 'UNHANDLED_PROTO')) + counter.lost.full >= kinds,
      () => JSON.stringify(counter.lost),
    );
    expect(total(of(counter, 'UNHANDLED_PROTO')) + counter.lost.full).toBe(kinds);
    expect(counter.lost.full).toBeGreaterThan(0);
  });

  test("the kernel's counters are explained: seen N of N", async () => {
    using counter = open();
    const before = readCounters(world.namespace);
    for (const { frame, reason, point } of SCENARIOS) await sendAndCount(counter, frame, reason, point);
    const now = readCounters(world.namespace);
    const explained = explainCounters({ before, now, seen: counter.drops(), namespace: world.inode });
    const own = explained.filter(({ name }) => name !== 'softnet dropped');
    for (const { name, counter: wanted } of SCENARIOS.map(({ name, counter: wanted }) => ({ name, counter: wanted }))) {
      if (wanted === undefined) continue;
      expect(
        own.find((row) => row.name === wanted),
        name,
      ).toMatchObject({ name: wanted });
    }
    expect(own.filter(({ seen, increase }) => seen !== increase)).toEqual([]);
  });
});
