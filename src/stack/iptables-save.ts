// What iptables-save prints, read back: tables, chains, rules as words with their line. Nothing is refused that
// iptables-restore takes; what a match or a target means is xtables.ts.

export interface SavedRule {
  /** Of the text, from 1 on. */
  readonly line: number;
  readonly chain: string;
  /** As it was saved, without counters: -A INPUT -j DROP. */
  readonly text: string;
  /** Behind the chain. */
  readonly words: readonly string[];
}

export interface SavedChain {
  readonly name: string;
  readonly line: number;
  /** ACCEPT or DROP, of the chains that the kernel made. */
  readonly policy?: string;
  readonly rules: SavedRule[];
}

export interface SavedTable {
  readonly name: string;
  readonly line: number;
  readonly chains: Map<string, SavedChain>;
}

export class RulesetError extends Error {
  override readonly name = 'RulesetError';
  readonly line: number;

  constructor(what: string, line: number, cause: string) {
    super(`cannot read ${what}: line ${line}: ${cause}`);
    this.line = line;
  }
}

const WHAT = 'the iptables rules';

export function parseIptablesSave(text: string): readonly SavedTable[] {
  const tables: SavedTable[] = [];
  let table: SavedTable | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    if (trimmed.startsWith('*')) {
      if (table !== undefined) throw new RulesetError(WHAT, line, `COMMIT of the table ${table.name} is missing`);
      table = { name: trimmed.slice(1), line, chains: new Map() };
      continue;
    }
    if (table === undefined) throw new RulesetError(WHAT, line, 'no table was begun: *filter or the like is missing');
    if (trimmed === 'COMMIT') {
      tables.push(table);
      table = undefined;
    } else if (trimmed.startsWith(':')) addChain(table, trimmed, line);
    else addRule(table, trimmed, line);
  }
  if (table !== undefined) throw new RulesetError(WHAT, table.line, `COMMIT of the table ${table.name} is missing`);
  for (const one of tables) checkTargets(one);
  return tables;
}

/** :INPUT ACCEPT [0:0] */
function addChain(table: SavedTable, text: string, line: number): void {
  const [name = '', policy = '-'] = text.slice(1).split(/\s+/);
  if (name === '') throw new RulesetError(WHAT, line, 'a chain needs a name');
  table.chains.set(name, { name, line, ...(policy === '-' ? {} : { policy }), rules: [] });
}

/** [12:3456] -A INPUT ... */
function addRule(table: SavedTable, raw: string, line: number): void {
  const text = raw.replace(/^\[\d+:\d+\]\s*/, '');
  const [command, name, ...words] = wordsOf(text, line);
  if (command !== '-A' && command !== '--append') throw new RulesetError(WHAT, line, `${command} is no rule: -A is`);
  const chain = name === undefined ? undefined : table.chains.get(name);
  if (chain === undefined) throw new RulesetError(WHAT, line, `there is no chain ${name ?? ''}`.trimEnd());
  chain.rules.push({ line, chain: chain.name, text, words });
}

/** Words, and words in double quotes with \" within. */
function wordsOf(text: string, line: number): string[] {
  const words: string[] = [];
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/y;
  let at = 0;
  while (at < text.trimEnd().length) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) throw new RulesetError(WHAT, line, 'a quote is not closed');
    words.push(found[1] === undefined ? found[2]! : found[1].replace(/\\(.)/g, '$1'));
    at = pattern.lastIndex;
  }
  return words;
}

/** A target in capital letters is one of the kernel's; others are chains, which must be there. */
function checkTargets(table: SavedTable): void {
  for (const { rules } of table.chains.values()) {
    for (const { words, line } of rules) {
      for (const [i, word] of words.entries()) {
        const isGoto = word === '-g' || word === '--goto';
        if (!isGoto && word !== '-j' && word !== '--jump') continue;
        const target = words[i + 1];
        if (target === undefined) throw new RulesetError(WHAT, line, `${word} needs a target`);
        if (isGoto && !table.chains.has(target)) throw new RulesetError(WHAT, line, `there is no chain ${target}`);
      }
    }
  }
}
