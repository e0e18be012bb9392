// Live journeys: a trace of the running kernel (trace.ts), its events joined (joiner.ts) and told (journey-builder.ts).
import type { Journey, JourneySummary, Way } from '../path/index.ts';
import type { PointObservation } from './attach.ts';
import { type Closing, Joiner } from './joiner.ts';
import { JourneyBuilder, lossWords } from './journey-builder.ts';
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
  /** What is over since the last look at the counts of lost events, in order. */
  private readonly over: Over[] = [];
  private journeys = 0;
  private knownNamespaces = 0;

  private constructor(trace: Trace, { maxOpen, summary }: JourneyTraceOptions, deliver: (journey: Journey) => void) {
    this.trace = trace;
    this.deliver = deliver;
    this.summary = summary;
    this.builder = new JourneyBuilder(trace.probes, this.machine);
    const limits = maxOpen === undefined ? {} : { maxOpen };
    this.joiner = new Joiner({ probes: trace.probes, ...limits }, (open, slot, closing) =>
      this.close(open, slot, closing),
    );
    this.take = (data, at, length) => this.joiner.event(data, at, length);
    this.lookAtNamespaces();
  }

  /** Throws SystemError with the capabilities that are missing; FilterError. */
  static open(options: JourneyTraceOptions, deliver: (journey: Journey) => void): JourneyTrace {
    return new JourneyTrace(Trace.open(options), options, deliver);
  }

  /** Reads ahead what journeys are told with: otherwise the first that is dropped waits for it, some 100 ms. */
  prepare(): Promise<void> {
    return this.machine.loadSymbols();
  }

  get observed(): readonly PointObservation[] {
    return this.trace.observed;
  }

  /** Reads what there is and delivers the journeys that are over; how many events it read. */
  poll(limitBytes?: number): number {
    const events = this.trace.poll(this.take, limitBytes);
    this.lookAtNamespaces();
    if (this.trace.pending === 0) this.joiner.advance(monotonicNs());
    this.deliverAll();
    return events;
  }

  /** Ends the observing, reads the rest, and delivers also what is not over yet. */
  finish(): void {
    this.trace.detach();
    while (this.trace.poll(this.take) > 0);
    this.joiner.finish();
    this.deliverAll();
  }

  statistics(): JourneyCounts {
    const { strays, crowded } = this.joiner.losses;
    return { ...this.trace.statistics(), journeys: this.journeys, strays, crowded };
  }

  private close(open: OpenJourneys, slot: number, closing: Closing): void {
    const lost = this.joiner.lostDuring(slot);
    const spanNs = open.lastNs[slot]! - open.startNs[slot]!;
    if (this.summary === undefined) this.over.push({ journey: this.build(open, slot, closing, lost), lost, spanNs });
    else this.over.push({ way: this.wayOf(this.summary, open, slot, closing, lost), lost, spanNs });
  }

  private build(open: OpenJourneys, slot: number, closing: Closing, lost: number): Journey {
    const journey = this.builder.build(open, slot, closing, lost);
    return this.trace.wasLeanSince(open.startNs[slot]!) ? withGap(journey, LEAN_WORDS) : journey;
  }

  private wayOf(summary: JourneySummary, open: OpenJourneys, slot: number, closing: Closing, lost: number): Way {
    const key = wayKey(open, slot, closing);
    let way = this.ways.get(key);
    if (way === undefined) {
      way = summary.wayOf(this.build(open, slot, closing, lost));
      this.ways.set(key, way);
    }
    return way;
  }

  /** A CPU that lost events and was not heard of since has not told so: its count has. */
  private deliverAll(): void {
    if (this.over.length === 0) return;
    const unheard = this.trace.lost - this.joiner.losses.lost;
    this.journeys += this.over.length;
    for (const { journey, way, lost, spanNs } of this.over) {
      if (way !== undefined) way.add(spanNs, lost + unheard > 0);
      else this.deliver(unheard > 0 && lost === 0 ? withGap(journey!, lossWords(unheard)) : journey!);
    }
    this.over.length = 0;
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

/** A journey, or in a summary the way it took. */
interface Over {
  readonly journey?: Journey;
  readonly way?: Way;
  /** Events known to be lost while it was open. */
  readonly lost: number;
  readonly spanNs: number;
}

const LEAN_WORDS = 'finer points were not watched meanwhile, since much passed by that was not asked for';

function withGap(journey: Journey, words: string): Journey {
  const before = journey.incomplete === undefined ? '' : `${journey.incomplete}; `;
  return { ...journey, incomplete: before + words };
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
