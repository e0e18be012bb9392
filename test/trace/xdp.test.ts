// Our own program at XDP: a frame and the sk_buff made of it are one journey, in native mode and in
// generic mode; what others have there stays; nothing is left behind. Oracle: the way of a frame through the kernel's source
// (veth_xdp_rcv_skb, drivers/net/veth.c; __netif_receive_skb_core, net/core/dev.c, v6.18), and `ip link`.
import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ATTACH_TYPE, assembleEbpf, ebpf, PROGRAM_TYPE } from '../../src/ebpf/index.ts';
import { BpfLink, BpfProgram, InetSocket } from '../../src/linux/index.ts';
import type { Journey } from '../../src/path/index.ts';
import { JourneyTrace, type JourneyTraceOptions } from '../../src/trace/index.ts';
import { has } from '../support/needs.ts';
import { datagram, OURS, TraceWorld } from './trace-world.ts';

const CLOSED = 4242;
const OPEN = 4244;
const XDP_PASS = 2;
const FIRST_KERNEL = [6, 2] as const;

const [major = 0, minor = 0] = release().split('.').map(Number);
const hasXdp = major > FIRST_KERNEL[0] || (major === FIRST_KERNEL[0] && minor >= FIRST_KERNEL[1]);

const able = has('root', 'linux', 'tool:ip');

interface Watched {
  readonly journeys: readonly Journey[];
  readonly forms: readonly string[];
}

/** What `work` sends, as journeys; taps of other people's captures left out. */
function watch(world: TraceWorld, options: JourneyTraceOptions, work: () => void): Watched {
  const journeys: Journey[] = [];
  using trace = world.inside(() =>
    JourneyTrace.open({ xdp: true, filter: 'udp', without: ['fentry'], ...options }, (journey) =>
      journeys.push(journey),
    ),
  );
  work();
  trace.poll();
  trace.finish();
  return { journeys, forms: [...trace.trace.xdpModes.values()] };
}

const pointsOf = ({ steps }: Journey) => steps.map(({ point }) => point);

/** What `ip link` says of XDP at a device. */
function xdpOf(world: TraceWorld, name: string): unknown {
  const { stdout } = world.inside(() => spawnSync('ip', ['-j', 'link', 'show', name], { encoding: 'utf8' }));
  return (JSON.parse(stdout) as { xdp?: unknown }[])[0]!.xdp;
}

function passingProgram(): BpfProgram {
  const instructions = assembleEbpf([ebpf.mov(ebpf.R0, XDP_PASS), ebpf.exit()]);
  return BpfProgram.load({ name: 'others', type: PROGRAM_TYPE.XDP, attachType: ATTACH_TYPE.XDP, instructions });
}

const before62 = () => {
  it('says that it needs Linux 6.2', () => {
    using world = new TraceWorld();
    expect(() => watch(world, { interfaces: ['v1'] }, () => undefined)).toThrow('needs Linux 6.2');
  });
};

const since62 = () => {
  it('sees frames in native mode before there are packets', () => {
    using world = new TraceWorld();
    using _ = world.socket(OURS.ipv4, OPEN);
    const { journeys, forms } = watch(world, { interfaces: ['v1'] }, () => {
      for (const port of [CLOSED, OPEN]) world.sender().send(datagram(port));
    });
    expect(forms).toEqual(['native']);
    expect(journeys.map(({ outcome }) => outcome.kind)).toEqual(['dropped', 'delivered']);
    for (const journey of journeys) {
      expect(pointsOf(journey).slice(0, 3)).toEqual(['xdp', 'gro', 'receive']);
      expect(journey.steps[0]).toMatchObject({ device: 'v1', namespace: world.inode, sinceStartNs: 0 });
      expect(journey.packet).toMatchObject({ interface: 'v1', protocol: 'udp', length: 33 });
      expect(journey.packet.link).toBeDefined();
    }
  });

  it('says of which packet a frame is a copy', () => {
    using world = new TraceWorld();
    const { journeys } = watch(world, { interfaces: ['v0', 'v1'] }, () => world.sender().send(datagram(CLOSED)));
    expect(journeys).toHaveLength(2);
    const [sent, received] = journeys as [Journey, Journey];
    expect(pointsOf(sent).slice(0, 2)).toEqual(['qdisc', 'transmit']);
    expect(sent.outcome).toMatchObject({ kind: 'forwarded', device: 'v0' });
    expect(pointsOf(received)[0]).toBe('xdp');
    expect(received.origin).toEqual({ id: sent.id, how: 'clone' });
    expect(received.outcome).toMatchObject({ kind: 'dropped', reason: 'NO_SOCKET' });
  });

  it('asks the filter of frames', () => {
    using world = new TraceWorld();
    const { journeys } = watch(world, { interfaces: ['v1'], filter: `inbound and udp port ${OPEN}` }, () => {
      for (let i = 0; i < 50; i++) for (const port of [CLOSED, OPEN]) world.sender().send(datagram(port));
    });
    expect(journeys).toHaveLength(50);
    for (const journey of journeys) {
      expect(pointsOf(journey).slice(0, 2)).toEqual(['xdp', 'gro']);
      expect(journey.packet.destination?.port).toBe(OPEN);
    }
  });

  it('sees packets in generic mode where a driver has none of its own', () => {
    using world = new TraceWorld();
    using to = world.inside(() => InetSocket.udp({ address: '127.0.0.1', port: OPEN }));
    using from = world.inside(() => InetSocket.udp({ address: '127.0.0.1', port: CLOSED }));
    const { journeys, forms } = watch(world, { interfaces: ['lo'] }, () => {
      from.connect({ address: '127.0.0.1', port: OPEN });
      from.send(Buffer.from('over lo'));
    });
    expect(to).toBeDefined();
    expect(forms).toEqual(['generic']);
    const last = journeys.at(-1)!;
    expect(last.outcome.kind).toBe('delivered');
    const points = pointsOf(last);
    if (journeys.length === 1) {
      expect(points.slice(points.indexOf('receive') - 1)).toEqual(
        expect.arrayContaining(['backlog', 'receive', 'xdp']),
      );
    } else {
      // A packet without the room that a program may ask for is copied.
      expect(journeys).toHaveLength(2);
      expect(pointsOf(journeys[0]!).slice(-2)).toEqual(['backlog', 'receive']);
      expect(journeys[0]!.outcome.kind).toBe('consumed');
      expect(last.origin).toEqual({ id: journeys[0]!.id, how: 'clone' });
      expect(points.slice(0, 2)).toEqual(['xdp', 'tc.ingress']);
    }
  });

  it.each(['native', 'generic'] as const)("leaves another one's program in %s mode alone", (mode) => {
    using world = new TraceWorld();
    using program = passingProgram();
    using _ = world.inside(() => BpfLink.xdp(program, world.device('v1'), mode));
    const before = xdpOf(world, 'v1');
    expect(before).toBeDefined();
    expect(() => watch(world, { interfaces: ['v1'] }, () => undefined)).toThrow(/; the device has an XDP program/);
    expect(xdpOf(world, 'v1')).toEqual(before);
  });

  it('takes its program away', () => {
    using world = new TraceWorld();
    let during: unknown;
    watch(world, { interfaces: ['v1'] }, () => {
      during = xdpOf(world, 'v1');
    });
    expect(during).toBeDefined();
    expect(xdpOf(world, 'v1')).toBeUndefined();
  });
};

describe.skipIf(!able)('a trace with a program at XDP', hasXdp ? since62 : before62);
