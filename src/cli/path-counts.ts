// What a run says of itself, in words: that it listens, and at its end what was seen and what was lost.
import { POINTS } from '../path/index.ts';
import type { JourneyCounts, Trace } from '../trace/index.ts';

export function journeys(count: number): string {
  return counted(count, 'journey');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const XDP_WORDS = { native: 'in native mode', generic: 'in generic mode' } as const;

/** `afterMs`: since the start of the process. */
export function listening(
  { probes, observed, xdpModes }: Pick<Trace, 'probes' | 'observed' | 'xdpModes'>,
  afterMs: number,
): string {
  const seen = new Set(observed.filter((one) => one.seen).map(({ probe }) => probe.point));
  const hidden = POINTS.length - seen.size;
  const attached = `listening with ${counted(probes.length, 'probe')} after ${Math.round(afterMs)} ms`;
  const forms = [...new Set(xdpModes.values())].map((mode) => XDP_WORDS[mode]).join(' and ');
  const frames = forms === '' ? '' : `; frames at XDP ${forms}`;
  return `${attached}${frames}; ${hidden} of ${POINTS.length} points are not observed here (pathcap map says why)`;
}

/**
 * The counts add up: events by the kernel's count are those that were read and those that were lost. `shown`: journeys
 * handed on, fewer than there were after -c.
 */
export function countLines(
  shown: number,
  { journeys: all, events, read, lost, strays, untracked, crowded }: JourneyCounts,
): string[] {
  const more = all > shown ? [`${journeys(all - shown)} not shown`] : [];
  const early = crowded > 0 ? [`${journeys(crowded)} ended early, since too many were open`] : [];
  return [
    journeys(shown),
    ...more,
    ...early,
    `${counted(events, 'event')}: ${read} read (${strays} of no journey), ${lost} lost`,
    `${counted(untracked, 'packet')} untracked`,
  ];
}
