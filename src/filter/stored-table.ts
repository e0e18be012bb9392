// Parse tables as text, since building one takes 40 ms, which a command that only filters would spend on it each time.
// First line: the symbols. Then a line a state: its actions, a bar, its gotos, each as "target:symbol,symbol ..." with
// numbers in base 36.
import { ACCEPT, type ParseTable } from './lalr.ts';

const BASE = 36;
/** Stands for ACCEPT. */
const ACCEPTED = '!';

export function storeTable({ actions, gotos }: ParseTable): string {
  const symbols = [...new Set([...actions, ...gotos].flatMap((row) => [...row.keys()]))];
  const numbers = new Map(symbols.map((symbol, number) => [symbol, number]));
  const lines = actions.map((row, state) => `${storeRow(row, numbers)}|${storeRow(gotos[state]!, numbers)}`);
  return [symbols.join(' '), ...lines].join('\n');
}

function storeRow(row: ReadonlyMap<string, number>, numbers: ReadonlyMap<string, number>): string {
  const byTarget = new Map<number, string[]>();
  for (const [symbol, target] of row) {
    const known = byTarget.get(target) ?? [];
    known.push(numbers.get(symbol)!.toString(BASE));
    byTarget.set(target, known);
  }
  return [...byTarget].map(([target, symbols]) => `${storeTarget(target)}:${symbols.join(',')}`).join(' ');
}

function storeTarget(target: number): string {
  return target === ACCEPT ? ACCEPTED : target.toString(BASE);
}

/** A table read from text: a state's rows are read when it is first entered, since most never are. */
export class StoredTable {
  private readonly symbols: readonly string[];
  private readonly lines: readonly string[];
  private readonly actions: ReadonlyMap<string, number>[] = [];
  private readonly gotos: ReadonlyMap<string, number>[] = [];

  constructor(text: string) {
    const [first, ...lines] = text.split('\n');
    this.symbols = first!.split(' ');
    this.lines = lines;
  }

  get stateCount(): number {
    return this.lines.length;
  }

  actionsOf(state: number): ReadonlyMap<string, number> {
    this.actions[state] ??= readRow(this.lines[state]!.split('|')[0]!, this.symbols);
    return this.actions[state];
  }

  gotosOf(state: number): ReadonlyMap<string, number> {
    this.gotos[state] ??= readRow(this.lines[state]!.split('|')[1]!, this.symbols);
    return this.gotos[state];
  }
}

function readRow(text: string, symbols: readonly string[]): Map<string, number> {
  const row = new Map<string, number>();
  if (text === '') return row;
  for (const part of text.split(' ')) {
    const [target, numbers] = part.split(':');
    const to = target === ACCEPTED ? ACCEPT : Number.parseInt(target!, BASE);
    for (const number of numbers!.split(',')) row.set(symbols[Number.parseInt(number, BASE)]!, to);
  }
  return row;
}
