// How reading a ring ends and goes on: closed at the wrong moment, left by the handler, hidden failures, joined groups.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type CaptureRing, openRing, type RingOptions } from '../../src/linux/index.ts';
import type { Packet } from '../../src/packet/index.ts';
import { ethernet, frame } from '../../src/wire/index.ts';
import { has } from '../support/needs.ts';
import { V0_MAC, V1_MAC, VethWorld } from '../support/veth.ts';

const SENT = frame(ethernet({ destination: V1_MAC, source: V0_MAC, type: 0x88b5 }), 'hello');
const CLOSED = 'cannot go on capturing: the capture was closed';
const FLOOD = fileURLToPath(new URL('./numbered-flood.mjs', import.meta.url));
/** Where numbered-flood.mjs puts the number. */
const NUMBER = 60;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function open(world: VethWorld, options: Partial<RingOptions> = {}): CaptureRing {
  return world.inside(() => openRing({ interfaces: ['v1'], blockTimeoutMs: 4, ...options }));
}

/** Starts a flood on v0 that ends after some seconds at the latest. */
async function flood(world: VethWorld, seconds: number) {
  const child = world.inside(() => spawn(process.execPath, [FLOOD, 'v0', String(seconds)]));
  await once(child.stdout, 'data');
  return child;
}

describe.skipIf(!has('linux', 'root'))('a ring that is closed', () => {
  it('inside the handler delivers no more', async () => {
    using world = new VethWorld();
    const ring = open(world);
    world.sender().send(SENT, 10);
    let count = 0;
    const done = ring.packets(() => {
      if (++count === 3) ring[Symbol.dispose]();
    });
    await expect(done).rejects.toThrow(CLOSED);
    expect(count).toBe(3);
  });

  it.each([
    ['before it is read', 0, undefined],
    ['between two looks', 3, 10],
    ['while it waits', 60, undefined],
  ])('%s says so', async (_, afterMs, packets) => {
    using world = new VethWorld();
    const ring = open(world);
    if (afterMs === 0) ring[Symbol.dispose]();
    let count = 0;
    const done = ring.packets(() => {
      if (++count === 1) setTimeout(() => ring[Symbol.dispose](), afterMs);
    });
    if (packets !== undefined) world.sender().send(SENT, packets);
    else if (afterMs > 0) setTimeout(() => ring[Symbol.dispose](), afterMs);
    await expect(done).rejects.toThrow(CLOSED);
    expect(count).toBe(packets ?? 0);
  });

  it('lets what was kept of it read as zeros', async () => {
    using world = new VethWorld();
    const ring = open(world);
    world.sender().send(SENT);
    let kept: Uint8Array | undefined;
    ring.stop();
    await ring.packets(({ data }) => {
      kept = data;
    });
    expect(kept).toEqual(SENT);
    ring[Symbol.dispose]();
    expect(kept).toEqual(new Uint8Array(SENT.length));
  });

  it('twice is closed once', () => {
    using world = new VethWorld();
    using ring = open(world);
    ring[Symbol.dispose]();
    ring.stop();
    expect(ring.statistics()).toMatchObject({ received: 0, dropped: 0 });
  });
});

describe.skipIf(!has('linux', 'root'))('a ring that is left', () => {
  it('goes on with the next packet, whether the handler returned false or threw', async () => {
    using world = new VethWorld();
    using ring = open(world);
    world.sender().send(SENT, 10);
    let count = 0;
    await ring.packets(() => ++count < 4);
    expect(count).toBe(4);
    const failing = ring.packets(() => {
      if (++count === 7) throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
    ring.stop();
    await ring.packets(() => {
      count++;
    });
    expect(count).toBe(10);
    expect(ring.statistics()).toMatchObject({ received: 10, dropped: 0 });
  });

  it('keeps at least a byte behind a cooked header, as libpcap does', async () => {
    using world = new VethWorld();
    using ring = open(world, { interfaces: ['any'], snapLength: 10, direction: 'in' });
    world.sender().send(SENT);
    ring.stop();
    const lengths: number[] = [];
    await ring.packets(({ capturedLength }: Packet) => {
      lengths.push(capturedLength);
    });
    expect([lengths, ring.snapLength]).toEqual([[21], 21]);
  });
});

describe.skipIf(!has('linux', 'root'))('under a flood', () => {
  it('one busy interface does not hide that another went down', async () => {
    using world = new VethWorld();
    world.routes.createLink({ name: 'w0', kind: 'veth', peer: { name: 'w1' } });
    for (const name of ['w0', 'w1']) world.routes.setLink(name, { linkLocal: false, up: true });
    using ring = open(world, { interfaces: ['v1', 'w1'], blockTimeoutMs: 100 });
    let count = 0;
    const done = ring.packets(() => {
      count++;
    });
    done.catch(() => {});
    const child = await flood(world, 8);
    await pause(100);
    world.routes.setLink('w1', { up: false });
    const from = performance.now();
    await expect(done).rejects.toThrow('cannot go on capturing on w1: the interface went down (ENETDOWN)');
    expect(performance.now() - from).toBeLessThan(2000);
    expect(child.exitCode).toBeNull();
    child.kill();
    expect(count).toBeGreaterThan(0);
  });

  it('no packet comes twice while rings join a fanout group', async () => {
    using world = new VethWorld();
    const child = await flood(world, 10);
    let twice = 0;
    let count = 0;
    for (let round = 0; round < 25; round++) {
      const seen = new Set<number>();
      const members = [1, 2].map(() => open(world, { fanout: { group: 7, mode: 'lb' }, bufferBytes: 1 << 21 }));
      for (const ring of members) {
        using member = ring;
        member.stop();
        await member.packets(({ data }) => {
          const number = new DataView(data.buffer, data.byteOffset).getUint32(NUMBER);
          if (seen.has(number)) twice++;
          seen.add(number);
          count++;
        });
      }
    }
    child.kill();
    expect(count).toBeGreaterThan(0);
    expect(twice).toBe(0);
  });
});
