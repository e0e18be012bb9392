// Two journeys held against each other: where the ways part, and what differs on the part that they have in common. Times and
// ids always differ, so they are not compared.
import type { FieldChange, Journey, Outcome } from './journey.ts';
import { type MergedStep, mergeSteps } from './merge-steps.ts';
import { outcomeText } from './outcome-text.ts';
import type { PointName } from './point-names.ts';

/** A value that is not the same on both sides; undefined where one side has none. */
export interface FieldDifference {
  readonly field: string;
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/** One point of the two ways laid side by side. */
export interface ComparedStep {
  readonly point: PointName;
  /** On which sides the point was passed. */
  readonly side: 'both' | 'left' | 'right';
  readonly left?: MergedStep;
  readonly right?: MergedStep;
  /** Of a point that both passed. */
  readonly differences: readonly FieldDifference[];
}

export interface JourneyComparison {
  readonly left: Journey;
  readonly right: Journey;
  /** Nothing differs on the way or in the outcome. Packets may differ. */
  readonly isSame: boolean;
  readonly packet: readonly FieldDifference[];
  readonly steps: readonly ComparedStep[];
  /** Place in `steps` of the first difference; `steps.length` when only the outcome differs, undefined when nothing does. */
  readonly first?: number;
  readonly outcome: readonly FieldDifference[];
}

/**
 * Compares the ways of two packets: why does this one arrive and that one not?
 *
 *   const { first, steps } = compareJourneys(good, bad);
 */
export function compareJourneys(left: Journey, right: Journey): JourneyComparison {
  const steps = sideBySide(mergeSteps(left), mergeSteps(right));
  const outcome = differences(outcomeFields(left.outcome), outcomeFields(right.outcome));
  const parted = steps.findIndex((step) => step.side !== 'both' || step.differences.length > 0);
  const first = parted >= 0 ? parted : outcome.length > 0 ? steps.length : undefined;
  const packet = differences(packetFields(left), packetFields(right));
  return {
    left,
    right,
    isSame: first === undefined,
    packet,
    steps,
    outcome,
    ...(first === undefined ? {} : { first }),
  };
}

type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

function differences(left: Fields, right: Fields): readonly FieldDifference[] {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  const texts = names.map((field) => ({ field, left: textOf(left[field]), right: textOf(right[field]) }));
  return texts.filter((one) => one.left !== one.right);
}

function textOf(value: string | number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function packetFields({ packet }: Journey): Fields {
  const { source, destination, protocol, length, interface: device } = packet;
  return {
    interface: device,
    protocol,
    source: source?.address,
    sourcePort: source?.port,
    destination: destination?.address,
    destinationPort: destination?.port,
    length,
  };
}

/** Which device and whose socket are told in words; what is a number of this run only (pid, inode, address) is not. */
function outcomeFields(outcome: Outcome): Fields {
  const { kind, point } = outcome;
  switch (outcome.kind) {
    case 'delivered':
      return { kind, point, process: outcome.process?.name, read: outcome.read };
    case 'forwarded':
      return { kind, device: outcome.device, nextHop: outcome.nextHop };
    case 'dropped':
      return { kind, point, reason: outcome.reason, function: outcome.function };
    case 'consumed':
      return { kind, point, by: outcome.by };
    case 'queued':
      return { kind, point, waitsFor: outcome.waitsFor };
    case 'unknown':
      return { kind, point };
  }
}

function stepFields({ device, verdict, changed = [], detail = {} }: MergedStep): Fields {
  const named = (change: FieldChange) => [`${change.field} changed`, `${change.from} → ${change.to}`] as const;
  return { device, verdict, ...Object.fromEntries(changed.map(named)), ...detail };
}

/** Both ways in one list, with as many points in common as there are (longest common subsequence). */
function sideBySide(left: readonly MergedStep[], right: readonly MergedStep[]): readonly ComparedStep[] {
  const common = commonLengths(left, right);
  const steps: ComparedStep[] = [];
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const [a, b] = [left[l], right[r]];
    if (a !== undefined && b !== undefined && a.point === b.point) {
      steps.push({
        point: a.point,
        side: 'both',
        left: a,
        right: b,
        differences: differences(stepFields(a), stepFields(b)),
      });
      l++;
      r++;
    } else if (b === undefined || (a !== undefined && common[l + 1]![r]! >= common[l]![r + 1]!)) {
      steps.push({ point: a!.point, side: 'left', left: a!, differences: [] });
      l++;
    } else {
      steps.push({ point: b.point, side: 'right', right: b, differences: [] });
      r++;
    }
  }
  return steps;
}

/** [l][r]: how many points the rest of the left from l and of the right from r have in common. */
function commonLengths(left: readonly MergedStep[], right: readonly MergedStep[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: left.length + 2 }, () => new Array<number>(right.length + 2).fill(0));
  for (let l = left.length - 1; l >= 0; l--) {
    for (let r = right.length - 1; r >= 0; r--) {
      const isSame = left[l]!.point === right[r]!.point;
      lengths[l]![r] = isSame ? lengths[l + 1]![r + 1]! + 1 : Math.max(lengths[l + 1]![r]!, lengths[l]![r + 1]!);
    }
  }
  return lengths;
}

const SIGN = { both: ' ', left: '-', right: '+' } as const;
const POINT_WIDTH = 15;
const DEVICE_WIDTH = 8;

/**
 * A comparison as lines, like those of diff: "-" only on the left, "+" only on the right, "~" on both and not the same. The
 * first difference on the way is pointed at.
 */
export function comparisonText(comparison: JourneyComparison): string {
  const { left, right, steps, first, outcome } = comparison;
  const lines = [
    `- left   ${left.id}  ${left.host}, Linux ${left.kernel}`,
    `+ right  ${right.id}  ${right.host}, Linux ${right.kernel}`,
    ...differenceLines('packet', comparison.packet),
    ...steps.map((step, index) => `${stepLine(step)}${index === first ? '   <-- first difference' : ''}`),
    ...outcomeLines(left.outcome, right.outcome, outcome, first === steps.length),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function differenceLines(name: string, list: readonly FieldDifference[]): readonly string[] {
  return list.length === 0 ? [] : [`~ ${name.padEnd(POINT_WIDTH)} ${differencesText(list)}`];
}

function differencesText(list: readonly FieldDifference[]): string {
  return list.map(({ field, left = 'none', right = 'none' }) => `${field}: ${left} | ${right}`).join(', ');
}

function stepLine({ point, side, left, right, differences: list }: ComparedStep): string {
  if (list.length > 0) return `~ ${point.padEnd(POINT_WIDTH)} ${differencesText(list)}`;
  const { device = '', verdict = '' } = left ?? right!;
  return `${SIGN[side]} ${point.padEnd(POINT_WIDTH)} ${device.padEnd(DEVICE_WIDTH)} ${verdict}`.trimEnd();
}

function outcomeLines(
  left: Outcome,
  right: Outcome,
  list: readonly FieldDifference[],
  isFirst: boolean,
): readonly string[] {
  if (list.length === 0) return [`  ${outcomeText(left)}`];
  return [`- ${outcomeText(left)}${isFirst ? '   <-- first difference' : ''}`, `+ ${outcomeText(right)}`];
}
