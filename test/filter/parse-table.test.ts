// The stored parse table is the grammar's. PATHCAP_WRITE=1 writes it anew after a change of the grammar.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { GRAMMAR } from '../../src/filter/grammar.ts';
import { type ParseTable, parseTable } from '../../src/filter/lalr.ts';
import { StoredTable, storeTable } from '../../src/filter/stored-table.ts';

const FILE = new URL('../../src/filter/parse-table.ts', import.meta.url);

const HEADER = `// Generated from GRAMMAR (grammar.ts) by parseTable (lalr.ts), as stored-table.ts writes it; never edited by hand.
// PATHCAP_WRITE=1 npx vitest run test/filter/parse-table.test.ts writes it anew, and without that compares it.
`;

const plain = ({ actions, gotos }: ParseTable) => [actions, gotos].map((rows) => rows.map((row) => [...row].sort()));

function read(text: string): ParseTable {
  const stored = new StoredTable(text);
  const states = Array.from({ length: stored.stateCount }, (_, state) => state);
  return {
    actions: states.map((state) => stored.actionsOf(state)),
    gotos: states.map((state) => stored.gotosOf(state)),
  };
}

it('is that of the grammar', () => {
  const table = parseTable(GRAMMAR);
  const text = storeTable(table);
  const file = `${HEADER}export const PARSE_TABLE = \`${text}\`;\n`;
  if (process.env.PATHCAP_WRITE === '1') writeFileSync(FILE, file);
  expect(readFileSync(FILE, 'utf8')).toBe(file);
  expect(plain(read(text))).toEqual(plain(table));
});
