// A journey as text: what the packet is, one line a point downwards with the time since the first, the devices and
// namespaces that it passes, what changed, and last what became of it; for a drop also what that means and what to check.
import type { Names } from '../dissect/index.ts';
import { commandsFor } from './commands.ts';
import { formatDuration } from './duration.ts';
import type { FieldChange, Journey, Origin, OutcomeKind } from './journey.ts';
import { type MergedStep, mergeSteps } from './merge-steps.ts';
import { endpointText, outcomeText, ruleText, socketText } from './outcome-text.ts';
import { packetWords } from './packet-words.ts';
import { explainReason } from './reasons.ts';

export interface JourneyTextOptions {
  /** With the escape sequences of terminals (ECMA-48, SGR). Default: false. */
  readonly colour?: boolean;
  /** Only ASCII: for terminals that show nothing else. Default: false. */
  readonly ascii?: boolean;
  /** For drops: what the reason means and what to check. Default: true. */
  readonly explain?: boolean;
  /** Columns that explanations may take. Default: 100. */
  readonly width?: number;
  /** Names for addresses and ports; without, they are numbers. */
  readonly names?: Names | undefined;
  /** The name of a network namespace by its inode number, as `ip netns` has it. */
  readonly namespaceName?: ((inode: number) => string | undefined) | undefined;
  /** How the time of a journey (ISO 8601, UTC) is shown. Default: the time of day in UTC, to the microsecond. */
  readonly timeText?: (time: string) => string;
}

const SGR = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
type Colour = keyof typeof SGR;

const GLYPHS = {
  unicode: { rail: '│', start: '┌', turn: '├', end: '└', to: '→', warning: '▲' },
  ascii: { rail: '|', start: '+', turn: '+', end: '+', to: '->', warning: '!' },
} as const;

const OUTCOME_STYLE: Readonly<Record<OutcomeKind, { sign: string; ascii: string; colour: Colour }>> = {
  delivered: { sign: '✔', ascii: '*', colour: 'green' },
  forwarded: { sign: '➜', ascii: '>', colour: 'blue' },
  dropped: { sign: '✘', ascii: 'x', colour: 'red' },
  consumed: { sign: '●', ascii: 'o', colour: 'cyan' },
  queued: { sign: '◷', ascii: '.', colour: 'yellow' },
  unknown: { sign: '?', ascii: '?', colour: 'magenta' },
};

const VERDICT_COLOUR: Readonly<Record<string, Colour>> = {
  accept: 'green',
  drop: 'red',
  stolen: 'yellow',
  queued: 'yellow',
};

const TIME_WIDTH = 9;
const POINT_WIDTH = 15;
const VERDICT_WIDTH = 8;
/** Where an explanation begins: under the words of the outcome. */
const INDENT = ' '.repeat(TIME_WIDTH + 5);
const DEFAULT_WIDTH = 100;

const HOW: Readonly<Record<Origin['how'], string>> = {
  clone: 'copy of',
  fragment: 'fragment of',
  reassembly: 'put together from',
  segment: 'segment of',
  merge: 'merged from',
  answer: 'answer to',
};

/**
 * A journey as a block of lines, the last one ended. See docs/how-it-sees.md for an example.
 *
 *   process.stdout.write(journeyText(journey, { colour: true }));
 */
export function journeyText(journey: Journey, options: JourneyTextOptions = {}): string {
  return `${new Block(journey, options)
    .lines()
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

/** The time of day of 2026-11-23T06:42:55.123456789Z: 06:42:55.123456 */
function timeOfDay(time: string): string {
  return time.slice(11, 26).replace('Z', '');
}

/** Nothing that a terminal would obey: texts may come from a file. */
function harmless(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

class Block {
  private readonly journey: Journey;
  private readonly options: JourneyTextOptions;
  private readonly glyphs: Readonly<Record<keyof typeof GLYPHS.unicode, string>>;
  private readonly steps: readonly MergedStep[];

  constructor(journey: Journey, options: JourneyTextOptions) {
    this.journey = journey;
    this.options = options;
    this.glyphs = options.ascii ? GLYPHS.ascii : GLYPHS.unicode;
    this.steps = mergeSteps(journey);
  }

  lines(): readonly string[] {
    return [this.head(), ...this.about(), ...this.path(), this.outcome(), ...this.background(), ...this.explanation()];
  }

  private paint(text: string, ...colours: readonly Colour[]): string {
    const safe = this.words(harmless(text));
    if (!this.options.colour || safe === '' || colours.length === 0) return safe;
    return `\x1b[${colours.map((colour) => SGR[colour]).join(';')}m${safe}\x1b[0m`;
  }

  /** In ASCII mode the few letters of ours that are none; others, as of a process name, stay. */
  private words(text: string): string {
    return this.options.ascii ? text.replaceAll('µ', 'u').replaceAll('→', '->').replaceAll('’', "'") : text;
  }

  private head(): string {
    const { id, time, packet } = this.journey;
    const { timeText = timeOfDay, names } = this.options;
    const words = this.paint(packetWords(packet, names), 'bold');
    return `${this.paint(id, 'cyan')}  ${this.paint(timeText(time), 'dim')}  ${words}`;
  }

  /** Whose copy, fragment or answer the packet is. */
  private about(): readonly string[] {
    const { origin } = this.journey;
    return origin === undefined ? [] : [`${INDENT}${this.paint(`${HOW[origin.how]} ${origin.id}`, 'cyan')}`];
  }

  private path(): readonly string[] {
    return this.steps.flatMap((step, index) => [...this.place(index), this.step(step)]);
  }

  /** A line of its own where device or namespace change. */
  private place(index: number): readonly string[] {
    const { device, namespace } = this.steps[index]!;
    const before = this.steps[index - 1];
    if (before !== undefined && before.device === device && before.namespace === namespace) return [];
    const { start, turn } = this.glyphs;
    const text = this.placeText(device, namespace);
    if (text === '' && index > 0) return [];
    return [`${' '.repeat(TIME_WIDTH)} ${this.paint(index === 0 ? start : turn, 'dim')} ${text}`];
  }

  private placeText(device: string | undefined, namespace: number | undefined): string {
    const name = namespace === undefined ? undefined : this.options.namespaceName?.(namespace);
    const where = namespace === undefined ? '' : `namespace ${name ?? namespace}`;
    if (device === undefined) return this.paint(where, 'yellow');
    return `${this.paint(device, 'bold', 'yellow')}${where === '' ? '' : this.paint(` in ${where}`, 'yellow')}`;
  }

  private step(step: MergedStep): string {
    const { sinceStartNs, point, verdict = '' } = step;
    const time = (sinceStartNs === 0 ? '0' : `+${formatDuration(sinceStartNs)}`).padStart(TIME_WIDTH);
    const colour = VERDICT_COLOUR[verdict];
    const padded = this.paint(verdict.padEnd(VERDICT_WIDTH), ...(colour === undefined ? [] : [colour]));
    const rest = [...this.changes(step.changed ?? []), ...this.details(step)].join('  ');
    const { rail } = this.glyphs;
    return `${this.paint(time, 'dim')} ${this.paint(rail, 'dim')} ${point.padEnd(POINT_WIDTH)} ${padded} ${rest}`;
  }

  private changes(changes: readonly FieldChange[]): readonly string[] {
    return withPorts(changes).map(({ field, from, to }) =>
      this.paint(`${field} ${from} ${this.glyphs.to} ${to}`, 'yellow'),
    );
  }

  private details({ detail = {}, tookNs }: MergedStep): readonly string[] {
    const told = Object.entries(detail).map(([name, value]) => `${name} ${value}`);
    const took = tookNs === undefined ? [] : [`took ${formatDuration(tookNs)}`];
    return [...told, ...took].map((text) => this.paint(text, 'dim'));
  }

  private outcome(): string {
    const { outcome } = this.journey;
    const { sign, ascii, colour } = OUTCOME_STYLE[outcome.kind];
    const mark = this.options.ascii ? ascii : sign;
    const [kind, rest] = [outcome.kind, outcomeText(outcome).slice(outcome.kind.length)];
    const end = `${' '.repeat(TIME_WIDTH)} ${this.paint(this.glyphs.end, 'dim')}`;
    return `${end} ${this.paint(`${mark} ${kind.toUpperCase()}`, 'bold', colour)}${this.paint(rest, colour)}`;
  }

  /** What else is known of the end: rule, socket, and what could not be seen. */
  private background(): readonly string[] {
    const { outcome, incomplete } = this.journey;
    const { rule, socket } = outcome.kind === 'dropped' ? outcome : {};
    return [
      ...(rule === undefined ? [] : this.wrapped(`rule (${rule.by}): ${ruleText(rule)}`, 'yellow')),
      ...(socket === undefined ? [] : this.wrapped(`socket: ${socketText(socket)}`)),
      ...(incomplete === undefined ? [] : this.wrapped(`${this.glyphs.warning} incomplete: ${incomplete}`, 'yellow')),
    ];
  }

  private explanation(): readonly string[] {
    const { outcome } = this.journey;
    if (outcome.kind !== 'dropped' || this.options.explain === false) return [];
    const { means, check, commands } = explainReason(outcome.reason, outcome.point);
    const lines = commandsFor(this.journey, commands).map((command) => `${INDENT}$ ${this.paint(command, 'bold')}`);
    return [...this.wrapped(means), ...this.wrapped(check, 'dim'), ...lines];
  }

  /** A text in lines under the outcome, broken between words. */
  private wrapped(text: string, ...colours: readonly Colour[]): readonly string[] {
    const room = Math.max(20, (this.options.width ?? DEFAULT_WIDTH) - INDENT.length);
    return wrap(text, room).map((line) => `${INDENT}${this.paint(line, ...colours)}`);
  }
}

/** A new address and port as one change: destination 192.0.2.1:80 → 10.0.0.7:8080. */
function withPorts(changes: readonly FieldChange[]): readonly FieldChange[] {
  const find = (name: string) => changes.find(({ field }) => field === name);
  const whole = (['source', 'destination'] as const).flatMap((side) => {
    const [address, port] = [find(side), find(`${side}Port`)];
    if (address === undefined || port === undefined) return [];
    const text = (end: 'from' | 'to') => endpointText({ address: String(address[end]), port: Number(port[end]) });
    return [{ field: side, from: text('from'), to: text('to') }];
  });
  const told = new Set(whole.flatMap(({ field }) => [field, `${field}Port`] as string[]));
  return [...whole, ...changes.filter(({ field }) => !told.has(field))];
}

function wrap(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
