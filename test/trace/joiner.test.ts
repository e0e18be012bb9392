// Joining, on streams of events whose truth is known: packets with ways of their own, on few sk_buff addresses that come back
// at once, mixed with one another. Every record carries in `mark` which packet it is of.
import { describe, expect, it } from 'vitest';
import type { Journey, PointName } from '../../src/path/index.ts';
import {
  type Closing,
  COPY_LINK_BYTES,
  EVENT,
  EVENT_BYTES,
  EVENT_FLAG,
  EVENT_WITH_COPY_BYTES,
  Joiner,
  JourneyBuilder,
  type KernelWords,
  type Probe,
  type ProbeRole,
} from '../../src/trace/index.ts';
import { ethernet, frame, ipv4, udp } from '../../src/wire/index.ts';
import { Random, seedFor } from '../support/random.ts';

const probe = (name: string, point: PointName, role: ProbeRole = 'pass', origin = false): Probe => ({
  name,
  point,
  role,
  mechanism: 'tracepoint',
  origin,
});

const PROBES: readonly Probe[] = [
  probe('netif_rx', 'backlog', 'pass', true),
  probe('napi_gro_receive_entry', 'gro', 'pass', true),
  probe('netif_receive_skb', 'receive', 'pass', true),
  probe('pre.first', 'nf.prerouting', 'enter'),
  probe('pre.last', 'nf.prerouting', 'leave'),
  probe('in.first', 'nf.input', 'enter'),
  probe('in.last', 'nf.input', 'leave'),
  probe('forward.first', 'nf.forward', 'enter'),
  probe('forward.last', 'nf.forward', 'leave'),
  probe('out.first', 'nf.output', 'enter', true),
  probe('out.last', 'nf.output', 'leave'),
  probe('post.first', 'nf.postrouting', 'enter'),
  probe('post.last', 'nf.postrouting', 'leave'),
  probe('net_dev_queue', 'qdisc', 'pass', true),
  probe('net_dev_start_xmit', 'transmit', 'pass', true),
  probe('cgroup', 'socket.filter', 'socket'),
  probe('read', 'socket.read', 'read'),
  probe('kfree_skb', 'protocol', 'drop', true),
  probe('consume_skb', 'protocol', 'consume'),
  probe('icmp_send', 'icmp', 'answer'),
];
const NUMBER = new Map(PROBES.map(({ name }, number) => [name, number]));

const RECEIVED = ['netif_rx', 'netif_receive_skb', 'pre.first', 'pre.last'];
const SENT = ['out.first', 'out.last', 'post.first', 'post.last', 'net_dev_queue', 'net_dev_start_xmit'];

/** What a packet can pass, and how the journey is closed in the end; "silent" ends leave no event. */
const WAYS: readonly { readonly names: readonly string[]; readonly closing: Closing | 'silent' }[] = [
  { names: ['netif_rx', 'netif_receive_skb', 'kfree_skb'], closing: 'dropped' },
  { names: [...RECEIVED, 'in.first', 'kfree_skb'], closing: 'dropped' },
  { names: [...RECEIVED, 'in.first', 'in.last', 'icmp_send', 'kfree_skb'], closing: 'dropped' },
  { names: [...RECEIVED, 'in.first', 'in.last', 'cgroup', 'read', 'consume_skb'], closing: 'consumed' },
  { names: [...RECEIVED, 'in.first', 'in.last', 'cgroup'], closing: 'silent' },
  {
    names: [
      'napi_gro_receive_entry',
      ...RECEIVED.slice(1),
      'forward.first',
      'forward.last',
      'post.first',
      'post.last',
      'net_dev_queue',
      'net_dev_start_xmit',
      'consume_skb',
    ],
    closing: 'consumed',
  },
  { names: [...SENT, ...RECEIVED, 'in.first', 'in.last', 'cgroup', 'consume_skb'], closing: 'consumed' },
  { names: [...SENT, 'consume_skb'], closing: 'consumed' },
];

interface Life {
  readonly truth: number;
  readonly skb: bigint;
  readonly head: bigint;
  readonly way: (typeof WAYS)[number];
}

interface Told {
  readonly life: Life;
  readonly name: string;
  readonly ns: number;
  readonly cpu: number;
  readonly sequence: number;
}

const PACKET = frame(
  ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' }),
  ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }),
  udp({ sourcePort: 1024, destinationPort: 53 }),
  'hello',
).subarray(14);

/** Lives on a few addresses, one behind the other on each, all mixed. */
function makeLives(random: Random, count: number): Told[] {
  const addresses = 1 + random.below(6);
  const queues: Life[][] = Array.from({ length: addresses }, () => []);
  for (let truth = 1; truth <= count; truth++) {
    const address = random.below(addresses);
    const skb = 0xffff_8880_0000_0000n + BigInt(address) * 256n;
    const head = 0xffff_8881_0000_0000n + BigInt(random.below(4)) * 1024n;
    queues[address]!.push({ truth, skb, head, way: random.pick(WAYS) });
  }
  return mix(random, queues);
}

function mix(random: Random, queues: readonly Life[][]): Told[] {
  const told: Told[] = [];
  const sequences = [0, 0];
  const running = queues.map((lives) => ({ lives, life: 0, step: 0 }));
  let ns = 1_000_000_000;
  for (;;) {
    const left = running.filter(({ lives, life }) => life < lives.length);
    if (left.length === 0) return told;
    const one = random.pick(left);
    const life = one.lives[one.life]!;
    ns += 1 + random.below(1000);
    const cpu = random.below(2);
    told.push({ life, name: life.way.names[one.step]!, ns, cpu, sequence: sequences[cpu]!++ });
    if (++one.step === life.way.names.length) {
      one.life++;
      one.step = 0;
    }
  }
}

function record({ life, name, ns, cpu, sequence }: Told): { data: DataView; length: number } {
  const data = new DataView(new ArrayBuffer(EVENT_WITH_COPY_BYTES));
  data.setBigUint64(EVENT.time, BigInt(ns), true);
  data.setBigUint64(EVENT.skb, life.skb, true);
  data.setBigUint64(EVENT.head, life.head, true);
  data.setUint32(EVENT.device, 2, true);
  data.setUint32(EVENT.namespace, 4_026_531_840, true);
  data.setUint32(EVENT.length, PACKET.length, true);
  data.setUint32(EVENT.mark, life.truth, true);
  data.setUint16(EVENT.probe, NUMBER.get(name)!, true);
  data.setUint16(EVENT.etherType, 0x0800, true);
  data.setUint32(EVENT.sequence, sequence, true);
  data.setUint16(EVENT.cpu, cpu, true);
  data.setUint8(EVENT.copied, PACKET.length);
  new Uint8Array(data.buffer).set(PACKET, EVENT.copy + COPY_LINK_BYTES);
  return { data, length: name === 'cgroup' || name === 'read' ? EVENT_BYTES : EVENT_WITH_COPY_BYTES };
}

interface Closed {
  readonly truths: number[];
  readonly names: string[];
  readonly closing: Closing;
  /** Events lost while it was open: those that the joiner knew of, or, unknown to it, were lost on a CPU that was not heard of since. */
  readonly lost: number;
}

/** `missing`: how many records were lost before each one that is told. */
function join(told: readonly Told[], { maxOpen = 4096, missing = [] as readonly number[] } = {}) {
  let lostSoFar = 0;
  const closed: Closed[] = [];
  const joiner = new Joiner({ probes: PROBES, maxOpen }, (open, slot, closing) => {
    const cells: number[] = [];
    for (let cell = open.firstCell[slot]!; cell >= 0; cell = open.cellAfter(cell)) cells.push(open.recordAt(cell));
    closed.push({
      truths: cells.map((at) => open.records.getUint32(at + EVENT.mark, true)),
      names: cells.map((at) => PROBES[open.records.getUint16(at + EVENT.probe, true)]!.name),
      closing,
      lost: joiner.lostDuring(slot) + lostSoFar - joiner.losses.lost,
    });
  });
  for (const [i, one] of told.entries()) {
    lostSoFar = missing[i] ?? 0;
    const { data, length } = record(one);
    joiner.event(data, 0, length);
  }
  joiner.finish();
  return { closed, losses: joiner.losses };
}

describe('joining', () => {
  const random = new Random(seedFor('joining'));

  it('makes one journey of each packet, with all its events in order, whatever its sk_buff was before', () => {
    for (let round = 0; round < 60; round++) {
      const told = makeLives(random, 200);
      const lives = new Map(told.map(({ life }) => [life.truth, life]));
      const { closed, losses } = join(told);
      expect(closed).toHaveLength(lives.size);
      for (const { truths, names, closing, lost } of closed) {
        const life = lives.get(truths[0]!)!;
        expect(new Set(truths).size).toBe(1);
        expect(names).toEqual(life.way.names);
        expect(life.way.closing === 'silent' ? ['another', 'finished'] : [life.way.closing]).toContain(closing);
        expect(lost).toBe(0);
      }
      expect(losses).toEqual({ lost: 0, read: told.length, strays: 0, crowded: 0 });
    }
  });

  it('counts what was lost exactly, and says so in every journey that it may have damaged', () => {
    for (let round = 0; round < 60; round++) {
      const told = makeLives(random, 200);
      const lastOf = (cpu: number) => told.findLastIndex((one) => one.cpu === cpu);
      const isKept = told.map((_, i) => i === lastOf(0) || i === lastOf(1) || !random.chance(20));
      const kept = told.filter((_, i) => isKept[i]);
      const missing = told.map((_, i) => isKept.slice(0, i).filter((is) => !is).length).filter((_, i) => isKept[i]);
      const { closed, losses } = join(kept, { missing });
      expect(losses.lost).toBe(told.length - kept.length);
      expect(losses.read).toBe(kept.length);
      expect(closed.reduce((sum, { truths }) => sum + truths.length, 0) + losses.strays).toBe(kept.length);
      const complete = new Map(told.map(({ life }) => [life.truth, life.way.names.length]));
      for (const { truths, lost } of closed) {
        const isWhole = new Set(truths).size === 1 && truths.length === complete.get(truths[0]!);
        if (!isWhole) expect(lost).toBeGreaterThan(0);
      }
    }
  });

  it('does not blame losses of long ago', () => {
    const lost: number[] = [];
    const joiner = new Joiner({ probes: PROBES }, (_, slot) => lost.push(joiner.lostDuring(slot)));
    const life = { truth: 1, skb: 4096n, head: 8192n, way: WAYS[0]! };
    const events: readonly [string, number, number][] = [
      ['netif_rx', 1e9, 0],
      ['kfree_skb', 1e9 + 1000, 5],
      ['netif_rx', 1e9 + 50e6, 6],
      ['kfree_skb', 1e9 + 50e6, 7],
      ['netif_rx', 2e9, 8],
      ['kfree_skb', 2e9, 9],
    ];
    for (const [name, ns, sequence] of events) {
      const { data, length } = record({ life, name, ns, cpu: 0, sequence });
      joiner.event(data, 0, length);
    }
    expect(lost).toEqual([4, 4, 0]);
  });

  it('closes the oldest when too many are open, and counts them', () => {
    const told = Array.from({ length: 20 }, (_, i): Told => {
      const life = { truth: i + 1, skb: BigInt(i + 1) << 12n, head: BigInt(i + 1) << 20n, way: WAYS[0]! };
      return { life, name: 'netif_rx', ns: 1000 + i, cpu: 0, sequence: i };
    });
    const { closed, losses } = join(told, { maxOpen: 8 });
    expect(losses.crowded).toBe(12);
    expect(closed.filter(({ closing }) => closing === 'crowded').map(({ truths }) => truths[0])).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
  });

  it('goes on counting where the number of events wraps', () => {
    const life = { truth: 1, skb: 4096n, head: 8192n, way: WAYS[0]! };
    const closed: number[] = [];
    const firstSequences = new Map([[0, 0xffff_ffff]]);
    const joiner = new Joiner({ probes: PROBES, firstSequences }, () => closed.push(1));
    for (const [name, sequence] of [
      ['netif_rx', 0xffff_ffff],
      ['netif_receive_skb', 0],
      ['kfree_skb', 3],
    ] as const) {
      const { data, length } = record({ life, name, ns: 5, cpu: 0, sequence });
      joiner.event(data, 0, length);
    }
    expect(closed).toHaveLength(1);
    expect(joiner.losses.lost).toBe(2);
  });
});

const WORDS: KernelWords = {
  host: 'h1',
  kernel: '6.18.44',
  reason: (code) => (code === 3 ? 'NO_SOCKET' : 'NOT_SPECIFIED'),
  functionAt: () => '__udp4_lib_rcv',
  deviceName: (_, index) => `eth${index}`,
  realTime: (ns) => 1_795_415_000_000_000_000n + BigInt(ns),
};

/** Journeys of hand-made events: name, nanoseconds, and what else is put into the record. */
function journeysOf(events: readonly [name: string, ns: number, fill?: (data: DataView) => void][]): Journey[] {
  const journeys: Journey[] = [];
  const builder = new JourneyBuilder(PROBES, WORDS);
  const joiner = new Joiner({ probes: PROBES }, (open, slot, closing) =>
    journeys.push(builder.build(open, slot, closing, joiner.lostDuring(slot))),
  );
  events.forEach(([name, ns, fill], sequence) => {
    const life = { truth: 0, skb: 4096n, head: 8192n, way: WAYS[0]! };
    const { data, length } = record({ life, name, ns, cpu: 0, sequence });
    fill?.(data);
    joiner.event(data, 0, length);
  });
  joiner.finish();
  return journeys;
}

function dropped(data: DataView): void {
  data.setUint32(EVENT.code, 3, true);
  data.setBigUint64(EVENT.value, 0xffff_ffff_8100_0000n, true);
}

describe('a journey', () => {
  it('has a step a point, the verdicts of hooks, and the drop at its point', () => {
    const [journey] = journeysOf([
      ['netif_receive_skb', 1000],
      ['pre.first', 2000],
      ['pre.last', 2500],
      ['in.first', 3000],
      ['in.last', 3100],
      ['kfree_skb', 4000, dropped],
    ]);
    expect(journey).toMatchObject({
      id: '0001',
      engine: 'kernel',
      host: 'h1',
      time: '2026-11-23T06:23:20.000001000Z',
      packet: {
        interface: 'eth2',
        length: 33,
        protocol: 'udp',
        source: { address: '10.0.0.1', port: 1024 },
        destination: { address: '10.0.0.2', port: 53 },
        etherType: 0x0800,
      },
      outcome: { kind: 'dropped', point: 'udp', reason: 'NO_SOCKET', function: '__udp4_lib_rcv' },
    });
    expect(journey!.steps.map(({ point, sinceStartNs, verdict }) => [point, sinceStartNs, verdict])).toEqual([
      ['receive', 0, undefined],
      ['nf.prerouting', 1000, 'accept'],
      ['nf.input', 2000, 'accept'],
      ['udp', 3000, 'drop'],
    ]);
    expect(journey!.incomplete).toBeUndefined();
  });

  it('shows what a hook changed', () => {
    const translated = (data: DataView) => data.setUint8(EVENT.copy + COPY_LINK_BYTES + 19, 99);
    const [journey] = journeysOf([
      ['netif_receive_skb', 1000],
      ['pre.first', 2000],
      ['pre.last', 2500, translated],
      ['kfree_skb', 4000, translated],
    ]);
    expect(journey!.steps[1]).toMatchObject({
      point: 'nf.prerouting',
      changed: [{ field: 'destination', from: '10.0.0.2', to: '10.0.0.99' }],
    });
  });

  it('that enters a hook and is not seen again waits there, and says that the trace ended', () => {
    const [journey] = journeysOf([
      ['netif_receive_skb', 1000],
      ['pre.first', 2000],
    ]);
    expect(journey!.outcome).toMatchObject({ kind: 'queued', point: 'nf.prerouting' });
    expect(journey!.incomplete).toBe('the trace ended before it did');
  });

  it('whose beginning was not seen says so', () => {
    const [journey] = journeysOf([
      ['in.first', 2000],
      ['kfree_skb', 3000],
    ]);
    expect(journey!.incomplete).toBe('its beginning was not seen');
  });

  it('is left by a device when the driver has used the packet up', () => {
    const [journey] = journeysOf([...SENT.map((name, i): [string, number] => [name, 1000 + i]), ['consume_skb', 2000]]);
    expect(journey!.outcome).toEqual({ kind: 'forwarded', point: 'transmit', device: 'eth2' });
  });

  it('begins anew where the kernel tells that the sk_buff was not followed before', () => {
    const journeys = journeysOf([
      ['netif_rx', 1000],
      ['netif_receive_skb', 2000, (data) => data.setUint8(EVENT.flags, EVENT_FLAG.first)],
    ]);
    expect(journeys).toHaveLength(2);
  });
});
