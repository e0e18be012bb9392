// Live journeys: a trace of the running kernel (trace.ts), its events joined (joiner.ts) and told (journey-builder.ts).
import type { Journey, JourneySummary, Way } from '../path/index.ts';
import type { PointObservation } from './attach.ts';
import { type Closing, Joiner } from './joiner.ts';
import { JourneyBuilder } from './journey-builder.ts';
import { Machine, monotonicNs } from './machine.ts';
import type { OpenJourneys } from './open-journeys.ts';
import { Trace, type TraceCounts, type TraceOptions } from './trace.ts';

export interface JourneyTraceOptions extends TraceOptions {
  /** Journeys that may be open at a time; see JoinerOptions. */
  maxOpen?: number;
  /** Counts ways instead of delivering journeys: costs a fraction, since a way is put into words only once. */
  summary?: JourneySummary;
}

/** What was seen, and what was lost. events = read + lost + what is still in the ring buffer. */
export interface JourneyCounts extends TraceCounts {
  /** Journeys delivered, or counted into the summary. */
  readonly journeys: number;
  /** Events that were read and belong to no journey: ends of packets whose beginning was not seen. */
  readonly strays: number;
  /** Journeys that were closed early, since too many were open. */
  readonly crowded: number;
}

/**
 * Journeys of packets, as they end.
 *
 *   using trace = JourneyTrace.open({ filter: 'udp port 53' }, (journey) => console.log(journeyText(journey)));
 *   const timer = setInterval(() => trace.poll(), 10);
 *   // later
 *   clearInterval(timer);
 *   trace.finish();
 */
export class JourneyTrace {
  readonly trace: Trace;
  private readonly joiner: Joiner;
  private readonly builder: JourneyBuilder;
  private readonly machine = new Machine();
  private readonly deliver: (journey: Journey) => void;
  private readonly summary: JourneySummary | undefined;
  private readonly ways = new Map<number, Way>();
  private readonly take: (data: DataView, at: number, length: number) => void;
  private journeys = 0;
  private knownNamespaces = 0;

  private constructor(trace: Trace, { maxOpen, summary }: JourneyTraceOptions, deliver: (journey: Journey) => void) {
    this.trace = trace;
    this.deliver = deliver;
    this.summary = summary;
    this.builder = new JourneyBuilder(trace.probes, this.machine);
    const limits = maxOpen === undefined ? {} : { maxOpen };
    this.joiner = new Joiner({ probes: trace.probes, ...limits }, (open, slot, closing) =>
      this.over(open, slot, closing),
    );
    this.take = (data, at, length) => this.joiner.event(data, at, length);
    this.lookAtNamespaces();
  }

  /** Throws SystemError with the capabilities that are missing; FilterError. */
  static open(options: JourneyTraceOptions, deliver: (journey: Journey) => void): JourneyTrace {
    return new JourneyTrace(Trace.open(options), options, deliver);
  }

  get observed(): readonly PointObservation[] {
    return this.trace.observed;
  }

  /** Reads what there is and delivers the journeys that are over; how many events it read. */
  poll(limitBytes?: number): number {
    const events = this.trace.poll(this.take, limitBytes);
    this.lookAtNamespaces();
    if (this.trace.pending === 0) this.joiner.advance(monotonicNs());
    return events;
  }

  /** Ends the observing, reads the rest, and delivers also what is not over yet. */
  finish(): void {
    this.trace.detach();
    while (this.trace.poll(this.take) > 0);
    this.joiner.finish();
  }

  statistics(): JourneyCounts {
    const { strays, crowded } = this.joiner.losses;
    return { ...this.trace.statistics(), journeys: this.journeys, strays, crowded };
  }

  private over(open: OpenJourneys, slot: number, closing: Closing): void {
    this.journeys++;
    const lost = this.joiner.lostDuring(slot);
    if (this.summary === undefined) {
      this.deliver(this.builder.build(open, slot, closing, lost));
      return;
    }
    const key = wayKey(open, slot, closing);
    let way = this.ways.get(key);
    if (way === undefined) {
      way = this.summary.wayOf(this.builder.build(open, slot, closing, lost));
      this.ways.set(key, way);
    }
    way.add(open.lastNs[slot]! - open.startNs[slot]!, lost > 0);
  }

  /** Names of devices must be known before they may have gone. */
  private lookAtNamespaces(): void {
    const { namespaces } = this.trace;
    if (namespaces.size === this.knownNamespaces) return;
    this.knownNamespaces = namespaces.size;
    for (const inode of namespaces) this.machine.look(inode);
  }

  [Symbol.dispose](): void {
    this.trace[Symbol.dispose]();
  }
}

const CLOSINGS: Readonly<Record<Closing, number>> = {
  dropped: 1,
  consumed: 2,
  silent: 3,
  another: 4,
  crowded: 5,
  finished: 6,
};

/** 53 bits of both signatures: a way is mistaken for another one in some 10^7 ways. */
function wayKey({ signatureA, signatureB, state }: OpenJourneys, slot: number, closing: Closing): number {
  const end = CLOSINGS[closing] * 256 + state[slot]!;
  return ((signatureA[slot]! ^ Math.imul(end, 0x9e3779b1)) >>> 0) * 0x20_0000 + (signatureB[slot]! >>> 11);
}
