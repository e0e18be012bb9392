// Steps as people count them: a point that was entered and left, or told of itself twice, is one step.
import type { FieldChange, Journey, Step } from './journey.ts';

/** One or several steps at one point that followed each other, as one. */
export interface MergedStep extends Step {
  /** From the first to the last of them; absent when there was one, or no time went by. */
  readonly tookNs?: number;
}

/**
 * The steps of a journey, one a point: steps that follow each other at the same point, on the same device and in the same
 * namespace become one, with the last verdict and all that changed. Device and namespace are carried on where a step does not
 * name them.
 */
export function mergeSteps(journey: Pick<Journey, 'steps'>): readonly MergedStep[] {
  const merged: MergedStep[] = [];
  for (const step of journey.steps) {
    const last = merged.at(-1);
    const whole = last === undefined ? step : carryOn(last, step);
    if (last !== undefined && isSamePlace(last, whole)) merged[merged.length - 1] = join(last, whole);
    else merged.push(whole);
  }
  return merged;
}

function carryOn({ device, namespace }: Step, step: Step): Step {
  const known = { ...(device === undefined ? {} : { device }), ...(namespace === undefined ? {} : { namespace }) };
  const isMoved = step.namespace !== undefined && step.namespace !== namespace;
  return isMoved ? step : { ...known, ...step };
}

function isSamePlace(a: Step, b: Step): boolean {
  return a.point === b.point && a.device === b.device && a.namespace === b.namespace;
}

function join({ changed: before = [], tookNs: _, ...first }: MergedStep, next: Step): MergedStep {
  const changed = joinChanges([...before, ...(next.changed ?? [])]);
  const tookNs = next.sinceStartNs - first.sinceStartNs;
  return {
    ...first,
    ...(next.verdict === undefined ? {} : { verdict: next.verdict }),
    ...(changed.length === 0 ? {} : { changed }),
    ...(first.detail === undefined && next.detail === undefined ? {} : { detail: { ...first.detail, ...next.detail } }),
    ...(tookNs > 0 ? { tookNs } : {}),
  };
}

/** One change a field, from its first value to its last. */
function joinChanges(changes: readonly FieldChange[]): readonly FieldChange[] {
  const byField = new Map<string, FieldChange>();
  for (const change of changes) {
    const { from } = byField.get(change.field) ?? change;
    byField.set(change.field, { ...change, from });
  }
  return [...byField.values()].filter(({ from, to }) => from !== to);
}
