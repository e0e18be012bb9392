// The text given to an option, to the value of its row.
import { Failure } from './failure.ts';
import { type ChoiceRow, type NumberRow, type OptionRow, spelling } from './option-types.ts';

type Store = Record<string, unknown>;

/** The values before any option is seen. */
export function initialValues(table: Readonly<Record<string, OptionRow>>): Store {
  const values: Store = {};
  for (const [name, row] of Object.entries(table)) if (row.kind !== 'shorthand') values[name] = initial(row);
  return values;
}

function initial(row: OptionRow): unknown {
  switch (row.kind) {
    case 'flag':
      return false;
    case 'times':
      return 0;
    case 'texts':
      return [];
    default:
      return undefined;
  }
}

/** Takes one option into the values. `text` is its argument, where it has one. */
export function takeOption(values: Store, name: string, row: OptionRow, text: string): void {
  switch (row.kind) {
    case 'flag':
      values[name] = true;
      return;
    case 'times':
      values[name] = oneMore(row, values[name] as number);
      return;
    case 'texts':
      (values[name] as string[]).push(text);
      return;
    case 'shorthand':
      values[row.sets] = row.value;
      return;
    case 'number':
      values[name] = readNumber(row, text);
      return;
    case 'choice':
      values[name] = readChoice(row, text);
      return;
    default:
      values[name] = text;
  }
}

function oneMore(row: OptionRow & { kind: 'times' }, before: number): number {
  if (before === row.most) throw new Failure(`cannot take ${spelling(row)} more than ${row.most} times`);
  return before + 1;
}

function readNumber(row: NumberRow, text: string): number {
  const value = /^(0[xX][0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= row.min && value <= row.max) return value;
  throw new Failure(`cannot read ${spelling(row)}: ${text} is not a whole number from ${row.min} to ${row.max}`);
}

function readChoice(row: ChoiceRow, text: string): string {
  const choice = text.toLowerCase();
  if (row.choices.includes(choice)) return choice;
  throw new Failure(`cannot read ${spelling(row)}: ${text} is none of ${row.choices.join(', ')}`);
}
