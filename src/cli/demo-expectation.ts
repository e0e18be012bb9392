// Whether the journeys of a scene are those that were expected: each packet once, with its outcome and reason, and the points
// that it passed in their order. Points that a kernel does not let be seen are left out of the comparison.
import { type Journey, mergeSteps, type OutcomeKind, type PointName } from '../path/index.ts';
import type { ByKernel, ExpectedJourney, ExpectedOutcome, Scene } from './demo-scene.ts';
import { SIDES, type Side } from './demo-scene-stage.ts';

/** Where the expectations are held. */
export interface Ground {
  /** Release of the kernel: 6.18.44. */
  readonly kernel: string;
  /** Inode numbers of the namespaces. */
  readonly inodes: Readonly<Record<Side, number>>;
  /** Points that can be seen here. */
  readonly seen: ReadonlySet<PointName>;
  /** Drop reasons that the kernel has. */
  readonly reasons: ReadonlySet<string>;
  /** It tells where a packet is consumed: consume_skb has a location since 6.4, and functions that are traced tell it too. */
  readonly tellsConsumer: boolean;
}

/** Points that stand in expectations. Others are told besides: what was decided between these, and taps of other people. */
const COMPARED: ReadonlySet<PointName> = new Set([
  'backlog',
  'receive',
  'nf.prerouting',
  'nf.input',
  'nf.forward',
  'nf.output',
  'nf.postrouting',
  'qdisc',
  'transmit',
  'socket.filter',
] satisfies PointName[]);

/** What differs, a line each; empty when all is as expected. */
export function differences(scene: Scene, journeys: readonly Journey[], ground: Ground): string[] {
  const { found, places } = assign(scene, journeys, ground);
  const wrong = journeys.flatMap((journey, i) => {
    const expected = scene.journeys[places[i]!];
    return expected === undefined
      ? [`not expected: ${inShort(journey, ground)}`]
      : pathDifferences(expected, journey, ground);
  });
  scene.journeys.forEach((expected, index) => {
    if (found[index]! < least(expected, ground))
      wrong.push(`missing (${found[index]} seen): ${expectationInShort(expected, ground)}`);
  });
  return wrong;
}

/** Whether as many journeys are there as are expected at least. */
export function isComplete(scene: Scene, journeys: readonly Journey[], ground: Ground): boolean {
  const { found } = assign(scene, journeys, ground);
  return scene.journeys.every((expected, index) => found[index]! >= least(expected, ground));
}

/** Which expectation each journey meets, -1 for none, and how many meet each: a journey meets only one. */
function assign({ journeys: expectations }: Scene, journeys: readonly Journey[], ground: Ground) {
  const found = expectations.map(() => 0);
  const places = journeys.map((journey) => {
    const place = expectations.findIndex(
      (expected, index) => fits(expected, journey, ground) && found[index]! < most(expected, ground),
    );
    if (place >= 0) found[place]!++;
    return place;
  });
  return { found, places };
}

function least({ count = 1 }: ExpectedJourney, { kernel }: Ground): number {
  return isRange(count) ? count[0] : byKernel(count, kernel, isNumber);
}

function most({ count = 1 }: ExpectedJourney, { kernel }: Ground): number {
  return isRange(count) ? count[1] : byKernel(count, kernel, isNumber);
}

/** What is said of a packet that went to a socket where not all sockets can be seen. */
const UNTOLD: ReadonlySet<OutcomeKind> = new Set(['unknown', 'consumed', 'delivered']);

/** Packet and outcome. */
function fits({ packet, outcome }: ExpectedJourney, journey: Journey, ground: Ground): boolean {
  const { kind, point, reason } = byKernel(outcome, ground.kernel, isOutcome);
  const actual = journey.outcome;
  const isUntold = kind === 'delivered' && !ground.seen.has('socket.filter');
  return (
    (packet.protocol === '*' || journey.packet.protocol === packet.protocol) &&
    isAt(packet.source, journey.packet.source) &&
    isAt(packet.destination, journey.packet.destination) &&
    (isUntold ? UNTOLD.has(actual.kind) : actual.kind === kind) &&
    (point === undefined || !isTold(point, kind, ground) || actual.point === point) &&
    (reason === undefined || ('reason' in actual && actual.reason === reasonHere(reason, ground)))
  );
}

/** Whether the kernel lets the point of an outcome be known. */
function isTold(point: PointName, kind: OutcomeKind, { seen, tellsConsumer }: Ground): boolean {
  // All hooks of netfilter drop in one function (nf_hook_slow).
  if (point.startsWith('nf.') && kind === 'dropped') return seen.has(point);
  return kind !== 'consumed' || tellsConsumer;
}

/** A reason that the kernel does not have yet is not specified. */
function reasonHere(reason: string | ByKernel<string>, { kernel, reasons }: Ground): string {
  const name = byKernel(reason, kernel, isText);
  return reasons.has(name) ? name : 'NOT_SPECIFIED';
}

function isAt(expected: ExpectedJourney['packet']['source'] = {}, actual: Journey['packet']['source']): boolean {
  const { address = actual?.address, port = actual?.port } = expected;
  return actual?.address === address && actual?.port === port;
}

function pathDifferences(expected: ExpectedJourney, journey: Journey, ground: Ground): string[] {
  const wanted = comparedPoints(expected.points, ground);
  const passed = comparedPoints(
    mergeSteps(journey).map(({ point }) => point),
    ground,
  );
  const { from, to } = endsOf(journey, ground);
  const changes = journey.steps.flatMap(({ changed = [] }) => changed);
  const missing = (expected.changed ?? []).filter(
    (change) => !changes.some((one) => one.field === change.field && one.from === change.from && one.to === change.to),
  );
  const name = inShort(journey, ground);
  return [
    ...(wanted.join(' ') === passed.join(' ')
      ? []
      : [`${name}\n  passed ${passed.join(' ')}\n  not    ${wanted.join(' ')}`]),
    ...(from === expected.from && to === expected.to ? [] : [`${name}: not from ${expected.from} to ${expected.to}`]),
    ...missing.map(({ field, from: before, to: after }) => `${name}: no change of ${field} from ${before} to ${after}`),
  ];
}

function comparedPoints(points: readonly PointName[], { seen }: Ground): PointName[] {
  return points.filter((point) => COMPARED.has(point) && seen.has(point));
}

/** The sides of the first and the last step that name one. */
function endsOf({ steps }: Journey, { inodes }: Ground): { from: Side | undefined; to: Side | undefined } {
  const named = steps.map(({ namespace }) => SIDES.find((side) => inodes[side] === namespace)).filter(Boolean);
  return { from: named[0], to: named.at(-1) };
}

/** The value for a kernel, where one is given by version. */
function byKernel<T>(value: T | ByKernel<T>, kernel: string, isPlain: (value: T | ByKernel<T>) => value is T): T {
  if (isPlain(value)) return value;
  const rows = Object.entries(value).filter(([since]) => !isOlder(kernel, since));
  return rows.at(-1)![1];
}

const isText = (value: string | ByKernel<string>): value is string => typeof value === 'string';
const isNumber = (value: number | ByKernel<number>): value is number => typeof value === 'number';
const isRange = (count: NonNullable<ExpectedJourney['count']>): count is readonly [number, number] =>
  Array.isArray(count);
const isOutcome = (value: ExpectedOutcome | ByKernel<ExpectedOutcome>): value is ExpectedOutcome => 'kind' in value;

/** Whether a release, as 6.12.117+deb12, comes before a version, as 6.13. */
export function isOlder(kernel: string, version: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  const [wantedMajor = 0, wantedMinor = 0] = version.split('.').map(Number);
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}

function inShort(journey: Journey, ground: Ground): string {
  const { packet, outcome } = journey;
  const { from, to } = endsOf(journey, ground);
  const ends = `${packet.protocol} ${place(packet.source)} > ${place(packet.destination)}, ${from} to ${to}`;
  return `${ends}: ${outcomeInShort(outcome.kind, outcome.point, 'reason' in outcome ? outcome.reason : undefined)}`;
}

function expectationInShort({ packet, from, to, outcome }: ExpectedJourney, ground: Ground): string {
  const { kind, point, reason } = byKernel(outcome, ground.kernel, isOutcome);
  const why = reason === undefined ? undefined : reasonHere(reason, ground);
  const ends = `${packet.protocol} ${place(packet.source)} > ${place(packet.destination)}, ${from} to ${to}`;
  return `${ends}: ${outcomeInShort(kind, point, why)}`;
}

function outcomeInShort(kind: string, point: string | undefined, reason: string | undefined): string {
  return [kind, 'at', point ?? '*', ...(reason === undefined ? [] : [reason])].join(' ');
}

function place({ address = '*', port }: ExpectedJourney['packet']['source'] = {}): string {
  return port === undefined ? address : `${address}.${port}`;
}
