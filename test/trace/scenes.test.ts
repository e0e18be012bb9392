// The scenes of the demo: exactly the journeys that are expected, each packet once, and what the kernel's own counters of the
// private namespaces say of the same packets (nstat, ip -s link, the counters of iptables' and nftables' rules).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences, isOlder } from '../../src/cli/demo-expectation.ts';
import type { Scene } from '../../src/cli/demo-scene.ts';
import type { SceneStage, Side } from '../../src/cli/demo-scene-stage.ts';
import { SCENES } from '../../src/cli/demo-scenes.ts';
import { SERVER } from '../../src/cli/demo-stage.ts';
import { SceneWatch } from '../../src/cli/demo-watch.ts';
import { kernelBtf } from '../../src/linux/index.ts';
import type { Journey } from '../../src/path/index.ts';
import type { Mechanism } from '../../src/trace/index.ts';
import { has } from '../support/needs.ts';

/** Long enough for a journey that nobody expects. */
const LINGER_MS = 150;

/**
 * A program in the kernel is not run while it runs already: what it would have told is missing then (__bpf_trace_run,
 * kernel/trace/bpf_trace.c, v6.18). It happens on a CPU that is busy with other packets as well, as in tests side by side.
 */
const AGAIN = { retry: 2 } as const;

/** What a scene adds to the kernel's counters, by side and name: as many, or as there are journeys that were dropped. */
const COUNTERS: Readonly<Record<string, Partial<Record<Side, Readonly<Record<string, number | 'dropped'>>>>>> = {
  'udp-delivered': { client: { UdpOutDatagrams: 1 }, server: { UdpInDatagrams: 1, IpInDelivers: 1 } },
  'udp-closed': { client: { IcmpInDestUnreachs: 1 }, server: { UdpNoPorts: 1, IcmpOutDestUnreachs: 1 } },
  'udp6-closed': { client: { Icmp6InDestUnreachs: 1 }, server: { Udp6NoPorts: 1, Icmp6OutDestUnreachs: 1 } },
  arp: { server: { UdpInDatagrams: 1 } },
  'iptables-input': { server: { IpInReceives: 1, IpInDelivers: 0, UdpInDatagrams: 0 } },
  'nft-prerouting': { server: { IpInReceives: 1, IpInDelivers: 0, UdpInDatagrams: 0 } },
  nat: { client: { UdpInDatagrams: 1 }, server: { IpForwDatagrams: 2 }, behind: { UdpInDatagrams: 1 } },
  forwarded: { server: { IpForwDatagrams: 1 }, behind: { UdpInDatagrams: 1 } },
  ttl: { client: { IcmpInTimeExcds: 1 }, server: { IpInHdrErrors: 1, IcmpOutTimeExcds: 1, IpForwDatagrams: 0 } },
  'no-route': { client: { IcmpInDestUnreachs: 1 }, server: { IpExtInNoRoutes: 1 } },
  'other-host': { server: { IpInReceives: 0 } },
  'ether-type': { server: { IpInReceives: 0 } },
  'ip-checksum': { server: { IpExtInCsumErrors: 1 } },
  'udp-checksum': { server: { UdpInCsumErrors: 1 } },
  martian: { server: { IpInReceives: 1, IpInDelivers: 0 } },
  'rp-filter': { server: { TcpExtIPReversePathFilter: 1 } },
  'buffer-full': { server: { UdpInDatagrams: 1, UdpRcvbufErrors: 'dropped' } },
  'tcp-closed': { client: { TcpAttemptFails: 1 }, server: { TcpOutRsts: 1 } },
  fragment: { client: { IcmpInTimeExcds: 1 }, server: { IpReasmReqds: 1, IpReasmTimeout: 1, IpReasmFails: 1 } },
};

/** As the rules count, before they are taken away. */
const RULES: Readonly<Record<string, (stage: SceneStage) => number>> = {
  'iptables-input': (stage) => {
    const listing = stage.run('server', ['iptables', '-nvxL', 'INPUT']);
    return Number(/^\s*(\d+)\s+\d+\s+DROP\s/m.exec(listing)![1]);
  },
  'nft-prerouting': nftCounter,
  nat: nftCounter,
};

function nftCounter(stage: SceneStage): number {
  return Number(/counter packets (\d+)/.exec(stage.run('server', ['nft', 'list', 'table', 'ip', 'pathcap']))![1]);
}

function nstat(stage: SceneStage, side: Side): Readonly<Record<string, number>> {
  return JSON.parse(stage.run(side, ['nstat', '-asz', '--json'])).kernel;
}

const isDropped = ({ outcome }: Journey) => outcome.kind === 'dropped';

interface Received {
  packets: number;
  dropped: number;
}

function received(stage: SceneStage): Received {
  const [link] = JSON.parse(stage.run('server', ['ip', '-j', '-s', 'link', 'show', 'dev', SERVER.name]));
  return link.stats64.rx;
}

const SIDES_COUNTED = ['client', 'server', 'behind'] as const;

describe.skipIf(!has('linux', 'root', 'tool:ip', 'tool:nstat'))('scenes of the demo', () => {
  let watch: SceneWatch;
  beforeAll(async () => {
    // Of other kernels too, which run ten times slower: nothing that a burst has told may be lost.
    watch = new SceneWatch({ bufferBytes: 1 << 26 });
    await watch.stage.ready();
  });
  afterAll(() => watch[Symbol.dispose]());

  for (const scene of SCENES) {
    it(scene.name, AGAIN, async (context) => {
      const lacking = watch.lacks(scene);
      if (lacking !== undefined) return context.skip(lacking);
      const { stage, ground } = watch;
      const before = SIDES_COUNTED.map((side) => nstat(stage, side));
      let counted: number | undefined;
      const look = () => {
        counted = RULES[scene.name]?.(stage);
      };
      const journeys = await watch.play(scene, { lingerMs: LINGER_MS, look });
      expect(differences(scene, journeys, ground)).toEqual([]);
      expect(journeys.filter(({ incomplete }) => incomplete !== undefined)).toEqual([]);
      if (scene.name in RULES) expect(counted).toBe(1);
      SIDES_COUNTED.forEach((side, i) => {
        const after = nstat(stage, side);
        for (const [name, change] of Object.entries(COUNTERS[scene.name]?.[side] ?? {})) {
          const wanted = change === 'dropped' ? journeys.filter(isDropped).length : change;
          expect([side, name, after[name]! - before[i]![name]!]).toEqual([side, name, wanted]);
        }
      });
    });
  }

  it("counts each packet of a burst once: as many as the device's counters", AGAIN, async (context) => {
    const scene = named('backlog');
    const lacking = watch.lacks(scene);
    if (lacking !== undefined) return context.skip(lacking);
    const before = received(watch.stage);
    const journeys = await watch.play(scene, { lingerMs: LINGER_MS });
    const after = received(watch.stage);
    const dropped = journeys.filter(({ outcome }) => 'reason' in outcome && outcome.reason === 'CPU_BACKLOG');
    expect(dropped.length).toBe(after.dropped - before.dropped);
    expect(journeys.length - dropped.length).toBe(after.packets - before.packets);
    expect(new Set(journeys.map(({ id }) => id)).size).toBe(journeys.length);
  });

  it('names the socket and the process that a datagram was delivered to', async () => {
    const [journey] = await watch.play(named('udp-delivered'));
    expect(journey!.outcome).toMatchObject({
      kind: 'delivered',
      socket: { protocol: 'udp', local: { address: SERVER.ipv4, port: 4000 } },
      process: { pid: process.pid },
    });
  });

  it('joins what the kernel answers to the packet that it answers', async () => {
    // Resets without a socket are told since 6.10 (trace_tcp_send_reset in tcp_v4_send_reset).
    const tellsReset = !isOlder(watch.ground.kernel, '6.10');
    const tellsIcmp = kernelBtf().typeId('typedef', 'btf_trace_icmp_send') !== undefined;
    for (const name of [...(tellsIcmp ? ['udp-closed'] : []), ...(tellsReset ? ['tcp-closed'] : [])]) {
      const journeys = await watch.play(named(name), { lingerMs: LINGER_MS });
      const [question, answer] = journeys as [Journey, Journey];
      expect([name, answer.origin]).toEqual([name, { id: question.id, how: 'answer' }]);
    }
  });

  it('loses nothing', () => {
    const { lost, untracked, events, read } = watch.statistics();
    expect({ lost, untracked }).toEqual({ lost: 0, untracked: 0 });
    expect(read).toBe(events);
  });
});

/** Kernels lack some of them, or do not let them be used. */
const WITHOUT: readonly (readonly Mechanism[])[] = [['tcx'], ['cgroup'], ['netfilter', 'fentry']];

describe.skipIf(!has('linux', 'root', 'tool:ip'))('scenes of the demo on a kernel', () => {
  for (const without of WITHOUT) {
    it(`without ${without.join(' and ')}`, AGAIN, async () => {
      using watch = new SceneWatch({ without });
      await watch.stage.ready();
      const wrong: string[] = [];
      for (const scene of SCENES) {
        if (LONG.includes(scene.name) || watch.lacks(scene) !== undefined) continue;
        wrong.push(...differences(scene, await watch.play(scene), watch.ground).map((one) => `${scene.name}: ${one}`));
      }
      expect(wrong).toEqual([]);
    });
  }
});

/** Where sockets cannot be seen, a packet that waited for its neighbour is waited for as well. */
const LONG: readonly string[] = ['fragment', 'backlog', 'arp'];

function named(name: string): Scene {
  return SCENES.find((scene) => scene.name === name)!;
}
