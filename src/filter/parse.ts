// Text to tree: runs the grammar's parse table over the tokens. The stack is an array, so no depth of parentheses can
// exhaust the engine's own.
import { FilterError } from './filter-error.ts';
import { GRAMMAR, makeOf, type Value } from './grammar.ts';
import { ACCEPT, END } from './lalr.ts';
import { PARSE_TABLE } from './parse-table.ts';
import { StoredTable } from './stored-table.ts';
import { CONSTANT_WORDS, type Token, tokenize, WORDS_OF } from './tokens.ts';
import type { Node } from './tree.ts';

let table: StoredTable | undefined;

/** The expression's tree; undefined for an empty one, which takes every packet. Throws FilterError. */
export function parseFilter(expression: string): Node | undefined {
  table ??= new StoredTable(PARSE_TABLE);
  const tokens = tokenize(expression);
  const states = [0];
  const values: Value[] = [];
  for (let next = 0; ; ) {
    const token = tokens[next]!;
    const action = table.actionsOf(states.at(-1)!).get(token.kind);
    if (action === undefined) throw unexpected(expression, token, tokens[next - 1], states);
    if (action === ACCEPT) return values[0]?.node;
    if (action >= 0) {
      states.push(action);
      values.push({ at: token.at, end: token.end, token });
      next++;
    } else reduce(table, -action - 1, states, values, token.at);
  }
}

function reduce(table: StoredTable, rule: number, states: number[], values: Value[], nextAt: number): void {
  const { left, right } = GRAMMAR.rules[rule]!;
  const parts = values.splice(values.length - right.length);
  states.length -= right.length;
  // An empty qualifier before a word counts as standing at that word.
  const filled = parts.filter((part) => part.end > part.at);
  const place = { at: filled[0]?.at ?? nextAt, end: filled.at(-1)?.end ?? nextAt };
  const made = makeOf(rule)(parts, values.at(-1), place);
  values.push({ ...made, ...place });
  states.push(table.gotosOf(states.at(-1)!).get(left)!);
}

function unexpected(
  expression: string,
  token: Token,
  before: Token | undefined,
  states: readonly number[],
): FilterError {
  const expected = expectedWords(states);
  const found = token.kind === END ? 'the expression ends here' : `"${token.text}" cannot stand here`;
  const isKeywordAsName = WORDS_OF.has(token.kind) && (before?.kind === 'PROTO' || before?.kind === 'PROTOCHAIN');
  const near = expected.includes(SYMBOL_NAMES.NUM!) ? [...expected, ...CONSTANT_WORDS] : expected;
  const hint = isKeywordAsName ? `\\${token.text}` : token.kind === 'ID' ? nearWord(token.text, near) : undefined;
  const wanted = hint === undefined ? `expected ${listOf(expected)}` : `did you mean "${hint}"?`;
  return new FilterError(expression, token.at, token.end, `${found}: ${wanted}`);
}

/** How the symbols that may follow are called, the common ones first. */
const SYMBOL_NAMES: Readonly<Record<string, string>> = {
  ID: 'a name',
  NUM: 'a number',
  HID: 'an IPv4 address',
  HID6: 'an IPv6 address',
  EID: 'an Ethernet address',
  AID: 'an ARCnet address',
  [END]: 'the end',
};

/** The symbols that the parser would go on with: those that some way of reducing leads to shifting. */
function expectedWords(states: readonly number[]): string[] {
  const symbols = [...table!.actionsOf(states.at(-1)!).keys()].filter((symbol) => isShifted(symbol, states));
  return symbols.flatMap((symbol) => SYMBOL_NAMES[symbol] ?? WORDS_OF.get(symbol)?.map((word) => word) ?? [symbol]);
}

function isShifted(symbol: string, states: readonly number[]): boolean {
  const stack = [...states];
  for (;;) {
    const action = table!.actionsOf(stack.at(-1)!).get(symbol);
    if (action === undefined) return false;
    if (action >= 0) return true;
    const { left, right } = GRAMMAR.rules[-action - 1]!;
    stack.length -= right.length;
    stack.push(table!.gotosOf(stack.at(-1)!).get(left)!);
  }
}

/** More than this many are not listed one by one. */
const MOST_LISTED = 8;

function listOf(words: readonly string[]): string {
  const quoted = words.map((word) => (word.includes(' ') ? word : `"${word}"`));
  if (quoted.length > MOST_LISTED) return 'a name, a number, an address or a keyword';
  return quoted.length > 1 ? `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}` : (quoted[0] ?? 'nothing more');
}

/** The known word that differs least from a misspelt one, if any is near and could stand there. */
function nearWord(text: string, allowed: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(3, Math.ceil(text.length / 2));
  for (const word of allowed) {
    if (word.includes(' ')) continue;
    const distance = editDistance(text.toLowerCase(), word);
    if (distance < bestDistance) [best, bestDistance] = [word, distance];
  }
  return best;
}

/** Insertions, deletions, changes and swaps of neighbours that make one word of the other. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = Number(a[i - 1] !== b[j - 1]);
      let least = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + change);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
