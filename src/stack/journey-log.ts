// What the model writes down while a packet passes: the points with what was decided there, and how it ended. A journey is
// made of it when it is over, or, when ways are only counted, of the first that took a way.
import { encodeBase64 } from '../bytes/index.ts';
import type { FieldChange, Journey, JourneySummary, Outcome, PointName, RuleInfo, Step, Way } from '../path/index.ts';
import type { Check } from './checks.ts';
import type { NetDevice } from './net-device.ts';
import { packetSummary } from './packet-summary.ts';
import { type Route, routeDetail } from './route.ts';
import type { SkBuff } from './sk-buff.ts';

/** What is kept of a packet as it came. */
const KEPT_BYTES = 128;

type Detail = Readonly<Record<string, string | number>>;

interface LoggedStep {
  point: PointName;
  sinceStartNs: number;
  device: NetDevice | undefined;
  verdict: string | undefined;
  detail: Detail | undefined;
  changed: readonly FieldChange[] | undefined;
  /** That was found there: its words are made when the journey is. */
  route: Route | undefined;
}

/** A journey under way. */
export class OpenJourney {
  number = 0;
  startNs = 0;
  origin: { number: number; how: 'clone' | 'fragment' | 'reassembly' | 'answer' } | undefined;
  readonly steps: LoggedStep[] = [];
  count = 0;
  /** As it came: from the link-layer header on. */
  readonly bytes = new Uint8Array(KEPT_BYTES);
  kept = 0;
  length = 0;
  linkBytes = 0;
  etherType = 0;
  device: NetDevice | undefined;
  /** Unknown things that do not decide, but might have changed it. */
  readonly notes: string[] = [];

  get last(): LoggedStep {
    return this.steps[this.count - 1]!;
  }
}

export interface JourneyLogOptions {
  readonly host: string;
  readonly kernel: string;
}

export type End =
  | { readonly kind: 'dropped'; readonly check: Check; readonly point?: PointName; readonly rule?: RuleInfo }
  | Exclude<Outcome, { kind: 'dropped' }>;

export class JourneyLog {
  private readonly options: JourneyLogOptions;
  private readonly free: OpenJourney[] = [];
  private begun = 0;
  /** Unix time at which the virtual clock stood at 0, nanoseconds. */
  epochNs = 0n;
  /** Gets each journey that is over, when `flush` is called. */
  deliver: ((journey: Journey) => void) | undefined;
  /** Counts ways instead. */
  summary: JourneySummary | undefined;
  /** An answer is over before the packet that it answers. */
  private readonly over: { readonly number: number; readonly journey: Journey }[] = [];
  private readonly ways = new Map<number, Way>();
  private readonly names = new Names();

  constructor(options: JourneyLogOptions) {
    this.options = options;
  }

  /** Begins the journey of an sk_buff whose link-layer header has been taken off. */
  begin(skb: SkBuff, nowNs: number, origin?: OpenJourney['origin']): OpenJourney {
    const open = this.free.pop() ?? new OpenJourney();
    open.number = ++this.begun;
    open.startNs = nowNs;
    open.origin = origin;
    open.count = 0;
    open.notes.length = 0;
    open.linkBytes = skb.data - skb.macHeader;
    open.length = skb.len;
    open.etherType = skb.protocol;
    open.device = skb.dev;
    open.kept = Math.min(KEPT_BYTES, skb.tail - skb.macHeader);
    for (let i = 0; i < open.kept; i++) open.bytes[i] = skb.head[skb.macHeader + i]!;
    skb.journey = open;
    return open;
  }

  step(skb: SkBuff, point: PointName, nowNs: number, device: NetDevice | undefined = skb.dev): LoggedStep {
    const open = skb.journey!;
    let step = open.steps[open.count++];
    if (step === undefined) {
      step = {
        point,
        sinceStartNs: 0,
        device,
        verdict: undefined,
        detail: undefined,
        changed: undefined,
        route: undefined,
      };
      open.steps.push(step);
    }
    step.point = point;
    step.sinceStartNs = nowNs - open.startNs;
    step.device = device;
    step.verdict = step.detail = step.changed = step.route = undefined;
    return step;
  }

  end(skb: SkBuff, end: End): void {
    const open = skb.journey;
    if (open === undefined) return;
    skb.journey = undefined;
    if (this.summary !== undefined) this.count(open, end);
    else if (this.deliver !== undefined) this.over.push({ number: open.number, journey: this.journeyOf(open, end) });
    this.free.push(open);
  }

  /** Delivers those that are over, in the order in which they began. */
  flush(): void {
    if (this.over.length > 1) this.over.sort((a, b) => a.number - b.number);
    for (const { journey } of this.over) this.deliver?.(journey);
    this.over.length = 0;
  }

  private count(open: OpenJourney, end: End): void {
    const key = wayKey(open, end, this.names);
    let way = this.ways.get(key);
    if (way === undefined) {
      way = this.summary!.wayOf(this.journeyOf(open, end));
      this.ways.set(key, way);
    }
    way.add(open.last.sinceStartNs, open.notes.length > 0);
  }

  private journeyOf(open: OpenJourney, end: End): Journey {
    const { host, kernel } = this.options;
    const steps = open.steps.slice(0, open.count).map(stepOf);
    const bytes = open.bytes.slice(open.linkBytes, open.kept);
    const device = open.device;
    return {
      id: idOf(open.number),
      engine: 'model',
      host,
      kernel,
      time: timeText(this.epochNs + BigInt(Math.round(open.startNs))),
      packet: {
        ...(device === undefined ? {} : { interface: device.name }),
        ...packetSummary(bytes, open.length, open.etherType),
        ...(open.linkBytes > 0 ? { link: encodeBase64(open.bytes.slice(0, open.linkBytes)) } : {}),
      },
      steps,
      outcome: outcomeOf(end, open),
      ...(open.origin === undefined ? {} : { origin: { id: idOf(open.origin.number), how: open.origin.how } }),
      ...(open.notes.length === 0 ? {} : { incomplete: open.notes.join('; ') }),
    };
  }
}

function stepOf({ point, sinceStartNs, device, verdict, detail: given, changed, route }: LoggedStep): Step {
  const detail = route === undefined ? given : { ...routeDetail(route), ...given };
  return {
    point,
    sinceStartNs,
    ...(device === undefined ? {} : { device: device.name }),
    ...(verdict === undefined ? {} : { verdict }),
    ...(changed === undefined ? {} : { changed }),
    ...(detail === undefined ? {} : { detail }),
  };
}

function outcomeOf(end: End, open: OpenJourney): Outcome {
  if (end.kind !== 'dropped') return end;
  const { check, rule } = end;
  const device = open.last.device?.name;
  return {
    kind: 'dropped',
    point: end.point ?? check.point,
    reason: check.reason,
    function: check.function,
    ...(device === undefined ? {} : { device }),
    ...(rule === undefined ? {} : { rule }),
  };
}

/** A number for each text that ways consist of: points, verdicts, checks, rules. */
class Names {
  private readonly numbers = new Map<unknown, number>();

  numberOf(name: unknown): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.numbers.size + 1;
      this.numbers.set(name, number);
    }
    return number;
  }
}

/** 53 bits of two hashes over what makes a way: its points, devices and verdicts, and its end. */
function wayKey(open: OpenJourney, end: End, names: Names): number {
  let a = names.numberOf(end.kind);
  let b = a;
  const mix = (number: number) => {
    a = Math.imul(a ^ number, 0x01000193);
    b = Math.imul(b + number, 0x9e3779b1) ^ (number >>> 15);
  };
  if (end.kind === 'dropped') {
    mix(names.numberOf(end.check));
    if (end.rule !== undefined) mix(names.numberOf(end.rule));
  }
  for (let i = 0; i < open.count; i++) {
    const { point, device, verdict } = open.steps[i]!;
    mix(names.numberOf(point) | ((device?.ifindex ?? 0) << 16));
    if (verdict !== undefined) mix(names.numberOf(verdict));
  }
  return (a >>> 0) * 0x20_0000 + (b >>> 11);
}

function idOf(number: number): string {
  return number.toString(16).padStart(4, '0');
}

const NS_PER_SECOND = 1_000_000_000n;

function timeText(ns: bigint): string {
  const whole = new Date(Number(ns / NS_PER_SECOND) * 1000).toISOString().slice(0, -5);
  return `${whole}.${String(ns % NS_PER_SECOND).padStart(9, '0')}Z`;
}
