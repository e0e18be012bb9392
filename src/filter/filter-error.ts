// What is wrong with a filter expression, and where: the message shows the expression with a caret under the word.

export class FilterError extends Error {
  override readonly name = 'FilterError';
  readonly expression: string;
  /** The part that is meant: expression.slice(at, end). */
  readonly at: number;
  readonly end: number;
  /** The message without the picture. */
  readonly what: string;

  constructor(expression: string, at: number, end: number, longCause: string) {
    const cause = shortened(longCause);
    super(`cannot compile the filter: ${cause}\n${picture(expression, at, end)}`);
    this.expression = expression;
    this.at = at;
    this.end = end;
    this.what = cause;
  }
}

/** Characters of the expression that are shown on each side of the word. */
const CONTEXT = 60;

/** Words of a message that are longer than this are cut. */
const LONGEST_WORD = 120;

/** The message with its long words cut: an expression may have names of a megabyte. */
function shortened(cause: string): string {
  const cut = (word: string) => `${word.slice(0, LONGEST_WORD)}...${word.endsWith('"') ? '"' : ''}`;
  return cause.length <= LONGEST_WORD
    ? cause
    : cause.replace(/\S+/g, (word) => (word.length > LONGEST_WORD ? cut(word) : word));
}

/** Two lines: the expression (cut on both sides when long), and carets under the word. */
function picture(expression: string, at: number, end: number): string {
  const from = at > CONTEXT ? at - CONTEXT : 0;
  const shown = Math.min(end, at + LONGEST_WORD);
  const to = Math.min(expression.length, shown < end ? shown : end + CONTEXT);
  const before = from > 0 ? '...' : '';
  const after = to < expression.length ? '...' : '';
  const line = before + expression.slice(from, to).replace(/[\r\n\t]/g, ' ') + after;
  const carets = Math.max(1, shown - at);
  return `  ${line}\n  ${' '.repeat(before.length + at - from)}${'^'.repeat(carets)}`;
}
