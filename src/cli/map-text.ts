// The map as text: the points in their order by layer, each with what is decided there and the ways of seeing it.
import { BANDS } from '../path/index.ts';
import type { Missing } from './map-missing.ts';
import type { MapPoint, Way } from './map-view.ts';

const WIDTH = 100;
const POINT_INDENT = 2;
const WAY_INDENT = 4;

/** What stands before a way, by whether it is open here. */
const MARKS: Readonly<Record<Way['state'], string>> = { observed: '+', missing: '-', unknown: '?' };

export function mapText(kernel: string, points: readonly MapPoint[], missing: readonly Missing[]): string {
  return [
    heading(kernel, points),
    '+ observed, - not here, ? not known without privilege',
    ...BANDS.flatMap((band) => ['', band, ...points.filter((point) => point.band === band).flatMap(pointLines)]),
    ...missingLines(missing),
    '',
  ].join('\n');
}

function heading(kernel: string, points: readonly MapPoint[]): string {
  const count = (state: Way['state']) => points.filter(({ ways }) => ways.some((way) => way.state === state)).length;
  const known = `${count('observed')} of ${points.length} points can be observed here${seesDrops(points) ? ', and drops at all of them' : ''}`;
  return `Linux ${kernel}: ${count('unknown') > 0 ? 'without privilege it is not known which points can be observed here' : known}`;
}

/** Wherever a packet is dropped, kfree_skb tells. */
function seesDrops(points: readonly MapPoint[]): boolean {
  return points.some(({ ways }) => ways.some(({ at, state }) => at === 'kfree_skb' && state === 'observed'));
}

function pointLines({ point, decides, ways, blind }: MapPoint): string[] {
  return [
    ...wrap(`${point}: ${decides}`, POINT_INDENT, WAY_INDENT),
    ...wayTexts(ways).flatMap((text) => wrap(text, WAY_INDENT, WAY_INDENT + 2)),
    ...(ways.length === 0 ? [`${' '.repeat(WAY_INDENT)}- pathcap has no probe here`] : []),
    ...(blind === undefined ? [] : wrap(`Blind: ${blind}`, WAY_INDENT, WAY_INDENT)),
  ];
}

/** Those of one mechanism that tell the same stand together. Why some are missing stands at the end of it all. */
function wayTexts(ways: readonly Way[]): string[] {
  const places = new Map<string, { mark: string; tells: string; at: string[] }>();
  for (const { mechanism, at, state, tells } of ways) {
    const mark = `${MARKS[state]} ${mechanism}`;
    const told = state === 'missing' || tells === undefined ? '' : `: ${tells}`;
    const group = places.get(mark + told) ?? { mark, tells: told, at: [] };
    group.at.push(at);
    places.set(mark + told, group);
  }
  return [...places.values()].map(({ mark, at, tells }) => `${mark} ${at.join(', ')}${tells}`);
}

function missingLines(missing: readonly Missing[]): string[] {
  if (missing.length === 0) return [];
  const lines = missing.flatMap(({ what, why }) => wrap(`${what}: ${why}`, POINT_INDENT, WAY_INDENT));
  return ['', 'What is missing here', ...lines];
}

/** Lines of words, none longer than WIDTH unless a word is; `first` and `others` are how far they are indented. */
function wrap(text: string, first: number, others: number): string[] {
  const lines: string[] = [];
  let line = ' '.repeat(first);
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = ' '.repeat(others);
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
