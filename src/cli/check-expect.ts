// `expect:` of a case: a word, or a mapping of what is asked for.
import { isPointName, REASON_NAMES } from '../path/index.ts';
import { type Expectation, type ExpectedNat, type ExpectedRule, NAT_FIELDS, OUTCOMES } from './check-judge.ts';
import type { YamlValue } from './check-yaml.ts';

const MOST_PORT = 65535;

/** How each field is read. */
const FIELDS: { readonly [Name in keyof Expectation]-?: (value: YamlValue) => Expectation[Name] } = {
  outcome: (value) => value.oneOf(OUTCOMES),
  point: pointOf,
  reason: reasonOf,
  out: (value) => value.text(),
  socket: (value) => value.number(1, MOST_PORT),
  rule: ruleOf,
  nat: natOf,
  answer: answerOf,
};

const NAMES = Object.keys(FIELDS) as (keyof Expectation)[];

/** Throws Failure, with the line. */
export function readExpectation(value: YamlValue): Expectation {
  if (!value.isMap) return { outcome: value.oneOf(OUTCOMES) };
  const fields = Object.entries(value.fields(NAMES));
  if (fields.length === 0) value.fail('nothing is expected');
  return Object.fromEntries(fields.map(([name, field]) => [name, FIELDS[name as keyof Expectation](field)]));
}

function pointOf(value: YamlValue): NonNullable<Expectation['point']> {
  const name = value.text();
  return isPointName(name) ? name : value.fail(`there is no point ${name}: pathcap map lists them`);
}

function reasonOf(value: YamlValue): string {
  const name = value.text();
  return REASON_NAMES.includes(name) ? name : value.fail(`there is no drop reason ${name}`);
}

function ruleOf(value: YamlValue): string | ExpectedRule {
  if (!value.isMap) return value.text();
  const { table, chain, line } = value.fields(['table', 'chain', 'line']);
  if (table === undefined && chain === undefined && line === undefined) value.fail('rule takes table, chain, line');
  return {
    ...(table === undefined ? {} : { table: table.text() }),
    ...(chain === undefined ? {} : { chain: chain.text() }),
    ...(line === undefined ? {} : { line: line.number(1, Number.MAX_SAFE_INTEGER) }),
  };
}

function natOf(value: YamlValue): ExpectedNat | 'none' {
  if (!value.isMap) return value.oneOf(['none'] as const);
  const fields = Object.entries(value.fields(NAT_FIELDS));
  if (fields.length === 0) value.fail(`nat takes ${NAT_FIELDS.join(', ')}`);
  return Object.fromEntries(
    fields.map(([name, field]) => [name, name.endsWith('Port') ? field.number(0, MOST_PORT) : field.text()]),
  );
}

function answerOf(value: YamlValue): string {
  const text = value.text();
  return /^(none|TCP reset|ICMP \d+\/\d+)$/.test(text)
    ? text
    : value.fail(`answer is "ICMP TYPE/CODE", "TCP reset" or none, not ${text}`);
}
