// A report of drops as a table: a line for each reason, point and device, below it the last packet and what to check; then the
// counters of the kernel that no packet explains.
import { packetWords } from '../path/index.ts';
import type { ExplainedCounter } from '../trace/index.ts';
import type { DropRow, DropsReport } from './drops-report.ts';

export interface DropsTextOptions {
  /** Columns of the terminal, or of a page. */
  readonly width: number;
  /** Lines there is room for: then nothing takes more than its line, and what does not fit is only counted. */
  readonly height?: number;
  /** The namespace that need not be told, by inode number. */
  readonly namespace: number;
  namespaceName(inode: number): string | undefined;
}

/** Rows of the kernel's table that are one line for people. */
interface Line {
  readonly rows: readonly DropRow[];
  readonly count: number;
  readonly rate: number;
}

const COUNT_WIDTH = 10;
const RATE_WIDTH = 11;
const REASON_WIDTH = 22;
const POINT_WIDTH = 15;
const DEVICE_WIDTH = 12;
const INDENT = ' '.repeat(COUNT_WIDTH + RATE_WIDTH + 2);

export function dropsText(report: DropsReport, options: DropsTextOptions): string {
  const heading = [headline(report), columns('count', 'per second', 'reason', 'point', 'device', 'in')];
  const blocks = linesOf(report.drops).map((line) => block(line, options));
  const counters = countersOf(report, options).map((counter) => counterBlock(counter, options));
  const ending = [...(counters.length > 0 ? ['', 'counters of the kernel'] : []), ...counters.flat()];
  const shown = fitting(blocks, (options.height ?? Number.POSITIVE_INFINITY) - heading.length - ending.length - 1);
  const more = blocks.length - shown.length;
  const rest = more > 0 ? [`${INDENT}and ${more} more`] : [];
  const lines = [...heading, ...shown.flat(), ...rest, ...ending];
  const most = options.height ?? lines.length;
  return lines
    .slice(0, most)
    .map((line) => `${clip(line, options)}\n`)
    .join('');
}

/** As many blocks as there is room for. */
function fitting(blocks: readonly (readonly string[])[], room: number): readonly (readonly string[])[] {
  let used = 0;
  const last = blocks.findIndex((lines) => {
    used += lines.length;
    return used > room;
  });
  return last < 0 ? blocks : blocks.slice(0, last);
}

/** On a screen a line stays a line. */
function clip(line: string, { width, height }: DropsTextOptions): string {
  return height === undefined || line.length <= width ? line : `${line.slice(0, width - 1)}>`;
}

function headline({ host, kernel, seconds, dropped, drops, lost }: DropsReport): string {
  const rate = drops.reduce((sum, row) => sum + row.rate, 0);
  const unlisted = lost.full + lost.undecided + lost.missed;
  const besides = unlisted > 0 ? `, ${unlisted} more not listed` : '';
  return `${host}, Linux ${kernel}, ${seconds.toFixed(0)} s: ${dropped} packets dropped${besides}, ${perSecond(rate)} per second`;
}

function columns(count: string, rate: string, ...words: readonly [string, string, string, string]): string {
  const [reason, point, device, place] = words;
  const numbers = `${count.padStart(COUNT_WIDTH)}${rate.padStart(RATE_WIDTH)}`;
  const names = `${reason.padEnd(REASON_WIDTH)} ${point.padEnd(POINT_WIDTH)} ${device.padEnd(DEVICE_WIDTH)} ${place}`;
  return `${numbers}  ${names}`.trimEnd();
}

function perSecond(rate: number): string {
  return rate >= 100 || Number.isInteger(rate) ? rate.toFixed(0) : rate.toFixed(1);
}

function linesOf(rows: readonly DropRow[]): Line[] {
  const groups = new Map<string, DropRow[]>();
  for (const row of rows) {
    const key = [row.reason, row.point, row.interfaceIndex, row.namespace].join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const sum = (group: readonly DropRow[], of: 'count' | 'rate') => group.reduce((total, row) => total + row[of], 0);
  return [...groups.values()]
    .map((group) => ({ rows: group, count: sum(group, 'count'), rate: sum(group, 'rate') }))
    .toSorted((a, b) => b.count - a.count);
}

function block({ rows, count, rate }: Line, options: DropsTextOptions): string[] {
  const [row] = rows as [DropRow];
  const functions = [...new Set(rows.map((one) => one.function ?? one.location))].join(', ');
  const head = columns(String(count), perSecond(rate), row.reason, row.point, deviceText(row, options), functions);
  const latest = rows.toSorted((a, b) => (b.example?.time ?? '').localeCompare(a.example?.time ?? ''))[0]!;
  return [
    head,
    ...(latest.example ? [`${INDENT}${firstLine(packetWords(latest.example))}`] : []),
    ...advice(latest, options),
  ];
}

/** A packet of which nothing is known may take several lines: a dump. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}

/** On a screen the first command alone. */
function advice({ means, check, commands }: DropRow, { width, height }: DropsTextOptions): string[] {
  if (height !== undefined) return [`${INDENT}${commands[0] === undefined ? check : `check: ${commands[0]}`}`];
  return [...indented(`${means} ${check}`, width), ...commands.map((command) => `${INDENT}$ ${command}`)];
}

function deviceText({ device, interfaceIndex, namespace }: DropRow, options: DropsTextOptions): string {
  const name = device ?? (interfaceIndex === undefined ? '-' : `number ${interfaceIndex}`);
  if (namespace === undefined || namespace === options.namespace) return name;
  return `${name}@${options.namespaceName(namespace) ?? namespace}`;
}

/** On a screen only those that the drops above do not explain. */
function countersOf({ counters = [] }: DropsReport, { height }: DropsTextOptions): readonly ExplainedCounter[] {
  return height === undefined ? counters : counters.filter(({ seen, increase }) => seen < increase);
}

function counterBlock(counter: ExplainedCounter, { width, height }: DropsTextOptions): string[] {
  const { name, device, increase, seen, means, commands } = counter;
  const whose = device === undefined ? '' : ` of ${device}`;
  const head = `seen ${seen} of ${increase}  ${name}${whose}`;
  if (seen === increase) return [`${INDENT}${head}`];
  if (height !== undefined) return [`${INDENT}${head}; check: ${commands[0]}`];
  const told = `${INDENT}${head}: of ${increase - seen} no packet tells`;
  return [told, ...indented(means, width), ...commands.map((command) => `${INDENT}$ ${command}`)];
}

function indented(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${INDENT}${word}`);
  }
  return lines;
}
