// How many events a second one CPU joins: records as the probes write them, of packets that pass nine points each and are
// dropped or read at the end, 64 of them on their way at a time. Once into journeys, once into a summary.
import { type Journey, JourneySummary, type Way } from '../src/path/index.ts';
import {
  COPY_LINK_BYTES,
  EVENT,
  EVENT_BYTES,
  EVENT_WITH_COPY_BYTES,
  Joiner,
  JourneyBuilder,
  type Probe,
} from '../src/trace/index.ts';
import { ethernet, frame, ipv4, udp } from '../src/wire/index.ts';
import { median } from './measure.ts';
import { type Result, report } from './results.ts';

const PROBES: readonly Probe[] = [
  { name: 'netif_rx', point: 'backlog', role: 'pass', mechanism: 'tracepoint', origin: true },
  { name: 'netif_receive_skb', point: 'receive', role: 'pass', mechanism: 'tracepoint', origin: true },
  { name: 'tcx.ingress', point: 'tc.ingress', role: 'pass', mechanism: 'tcx', origin: false },
  { name: 'ip4.prerouting.first', point: 'nf.prerouting', role: 'enter', mechanism: 'netfilter', origin: false },
  { name: 'ip4.prerouting.last', point: 'nf.prerouting', role: 'leave', mechanism: 'netfilter', origin: false },
  { name: 'ip4.input.first', point: 'nf.input', role: 'enter', mechanism: 'netfilter', origin: false },
  { name: 'ip4.input.last', point: 'nf.input', role: 'leave', mechanism: 'netfilter', origin: false },
  { name: 'udp_fail_queue_rcv_skb', point: 'socket.queue', role: 'pass', mechanism: 'tracepoint', origin: false },
  { name: 'kfree_skb', point: 'protocol', role: 'drop', mechanism: 'tracepoint', origin: true },
];
const WITH_COPY: ReadonlySet<string> = new Set(['backlog', 'receive', 'nf.prerouting', 'nf.input']);

const PACKETS = 100_000;
const ON_THEIR_WAY = 64;
const ROUNDS = 5;
const BAR = 300_000;

interface Stream {
  readonly data: DataView;
  readonly at: Uint32Array;
  readonly lengths: Uint16Array;
}

function makeStream(): Stream {
  const count = PACKETS * PROBES.length;
  const data = new DataView(new ArrayBuffer(count * EVENT_WITH_COPY_BYTES));
  const at = new Uint32Array(count);
  const lengths = new Uint16Array(count);
  const packet = frame(
    ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' }),
    ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }),
    udp({ sourcePort: 1024, destinationPort: 53 }),
    'hello',
  ).subarray(14);
  let event = 0;
  for (let group = 0; group < PACKETS; group += ON_THEIR_WAY) {
    for (let probe = 0; probe < PROBES.length; probe++) {
      for (let i = 0; i < ON_THEIR_WAY && group + i < PACKETS; i++) {
        at[event] = event * EVENT_WITH_COPY_BYTES;
        lengths[event] = write(data, at[event]!, event, probe, i, packet);
        event++;
      }
    }
  }
  return { data, at, lengths };
}

function write(data: DataView, at: number, event: number, probe: number, skb: number, packet: Uint8Array): number {
  data.setBigUint64(at + EVENT.time, BigInt(1e12 + event * 300), true);
  data.setBigUint64(at + EVENT.skb, 0xffff_8880_1234_0000n + BigInt(skb * 256), true);
  data.setBigUint64(at + EVENT.head, 0xffff_8880_5678_0000n + BigInt(skb * 1024), true);
  data.setUint32(at + EVENT.device, 3, true);
  data.setUint32(at + EVENT.namespace, 4_026_531_840, true);
  data.setUint32(at + EVENT.length, packet.length, true);
  data.setUint16(at + EVENT.probe, probe, true);
  data.setUint16(at + EVENT.etherType, 0x0800, true);
  data.setUint32(at + EVENT.sequence, event, true);
  if (!WITH_COPY.has(PROBES[probe]!.point)) return EVENT_BYTES;
  data.setUint8(at + EVENT.copied, packet.length);
  new Uint8Array(data.buffer).set(packet, at + EVENT.copy + COPY_LINK_BYTES);
  return EVENT_WITH_COPY_BYTES;
}

const WORDS = {
  host: 'bench',
  kernel: '6.18',
  reason: () => 'SOCKET_RCVBUFF',
  functionAt: () => 'udp_queue_rcv_one_skb',
  deviceName: () => 'eth0',
  realTime: (ns: number) => BigInt(Math.round(ns)),
};

/** Events a second, and how many journeys came out. */
function join({ data, at, lengths }: Stream, summary: JourneySummary | undefined): { rate: number; journeys: number } {
  const builder = new JourneyBuilder(PROBES, WORDS);
  const ways = new Map<number, Way>();
  let journeys = 0;
  const deliver = (_journey: Journey) => {
    journeys++;
  };
  const joiner = new Joiner({ probes: PROBES }, (open, slot, closing) => {
    if (summary === undefined) return deliver(builder.build(open, slot, closing, 0));
    const key = open.signatureA[slot]!;
    let way = ways.get(key);
    if (way === undefined) {
      way = summary.wayOf(builder.build(open, slot, closing, 0));
      ways.set(key, way);
    }
    way.add(open.lastNs[slot]! - open.startNs[slot]!, false);
    journeys++;
  });
  const from = performance.now();
  for (let i = 0; i < at.length; i++) joiner.event(data, at[i]!, lengths[i]!);
  joiner.finish();
  return { rate: (at.length / (performance.now() - from)) * 1000, journeys };
}

export function joinerBenchmarks(): Result[] {
  const stream = makeStream();
  return [measure(stream, 'journeys', false), measure(stream, 'a summary', true)];
}

function measure(stream: Stream, into: string, summed: boolean): Result {
  const rates = Array.from({ length: ROUNDS }, () => {
    const { rate, journeys } = join(stream, summed ? new JourneySummary() : undefined);
    if (journeys !== PACKETS) throw new Error(`joined ${journeys} journeys of ${PACKETS} packets`);
    return rate;
  });
  const rate = median(rates);
  const words = `${(rate / 1e6).toFixed(2)} M events/s`;
  return report({
    work: `events joined into ${into}, one CPU`,
    peer: '-',
    ours: words,
    theirs: '-',
    figure: words,
    bar: `${BAR / 1e6} M events/s`,
    met: rate >= BAR,
  });
}
