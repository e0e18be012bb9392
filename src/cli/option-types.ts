// What a row of the option table can say, and the type of the values that a table's rows give.

/** What completion offers for an argument. */
export type Hint = 'file' | 'folder' | 'interface' | 'user' | 'command' | 'none';

interface About {
  /** The letter, without its dash. */
  readonly short?: string;
  /** The long name, without its dashes. */
  readonly long?: string;
  readonly group: string;
  /** For --help and completion: a phrase without a full stop. */
  readonly help: string;
  /** For the manual page, where more is to be said: whole sentences. */
  readonly manual?: string;
}

interface Taking extends About {
  /** What the argument is called in help. */
  readonly argument: string;
}

/** Given or not. */
interface FlagRow extends About {
  readonly kind: 'flag';
}

/** Given so many times, as -v, -vv, -vvv. */
interface TimesRow extends About {
  readonly kind: 'times';
  readonly most?: number;
}

export interface NumberRow extends Taking {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
}

interface TextRow extends Taking {
  readonly kind: 'text';
  readonly hint: Hint;
}

/** May be given more than once. */
interface TextsRow extends Taking {
  readonly kind: 'texts';
  readonly hint: Hint;
}

export interface ChoiceRow extends Taking {
  readonly kind: 'choice';
  readonly choices: readonly string[];
}

/** Another way to give a choice: --nano for --time-stamp-precision=nano. */
interface ShorthandRow extends About {
  readonly kind: 'shorthand';
  readonly sets: string;
  readonly value: string;
}

export type OptionRow = FlagRow | TimesRow | NumberRow | TextRow | TextsRow | ChoiceRow | ShorthandRow;

export type OptionTable = Readonly<Record<string, OptionRow>>;

type Value<Row extends OptionRow> = Row extends FlagRow
  ? boolean
  : Row extends TimesRow
    ? number
    : Row extends NumberRow
      ? number | undefined
      : Row extends TextsRow
        ? string[]
        : Row extends ChoiceRow
          ? Row['choices'][number] | undefined
          : string | undefined;

/** The values that a command with this table gets, by the names of its rows. */
export type Values<Table extends OptionTable> = {
  -readonly [Name in keyof Table as Table[Name] extends ShorthandRow ? never : Name]: Value<Table[Name]>;
};

/** How a row's option is written when spoken of: its letter if it has one. */
export function spelling(row: OptionRow): string {
  return row.short === undefined ? `--${row.long}` : `-${row.short}`;
}
