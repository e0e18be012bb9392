// A rule of nftables in nft's own words, from its JSON (nft(8)): what people know it by.
import { isObject, type Json, listIn, type SavedNftRule } from './nft-ruleset.ts';

export function nftRuleText({ expr, comment }: SavedNftRule): string {
  const text = expr.map(statementText).filter(Boolean).join(' ');
  return comment === undefined ? text : `${text} comment "${comment}"`;
}

type Writer = (body: Json) => string;

const quoted = (value: unknown) => `"${String(value)}"`;

/** Words that follow when they are there. */
const after = (word: string, value: unknown): string =>
  value === undefined ? '' : ` ${word} ${expressionText(value)}`;

function statementText(statement: Json): string {
  const [kind = ''] = Object.keys(statement);
  const value = statement[kind];
  const write = STATEMENTS[kind];
  if (write !== undefined) return write(isObject(value) ? value : { name: value });
  return value === null ? kind : `${kind} ${JSON.stringify(value)}`;
}

const STATEMENTS: Readonly<Record<string, Writer>> = {
  match: ({ op = '==', left, right }) => {
    const sign = op === '==' || op === 'in' ? '' : `${String(op)} `;
    const isSpoken = typeof right === 'boolean';
    return `${expressionText(left)} ${sign}${isSpoken ? (right ? 'exists' : 'missing') : valueText(right)}`;
  },
  vmap: ({ key, data }) => `${expressionText(key)} vmap ${valueText(data)}`,
  counter: ({ name, packets = 0, bytes = 0 }) =>
    typeof name === 'string' ? `counter name ${quoted(name)}` : `counter packets ${packets} bytes ${bytes}`,
  limit: (body) => rateText('limit', body),
  quota: ({ name, val, val_unit: unit = 'bytes', inv }) =>
    typeof name === 'string' ? `quota name ${quoted(name)}` : `quota ${inv === true ? 'over ' : ''}${val} ${unit}`,
  log: ({ prefix, level }) =>
    `log${prefix === undefined ? '' : ` prefix ${quoted(prefix)}`}${level === undefined ? '' : ` level ${level}`}`,
  reject: ({ type, expr }) => {
    if (type === 'tcp reset') return 'reject with tcp reset';
    return type === undefined ? 'reject' : `reject with ${type} ${expressionText(expr)}`;
  },
  jump: ({ target }) => `jump ${target}`,
  goto: ({ target }) => `goto ${target}`,
  mangle: ({ key, value }) => `${expressionText(key)} set ${valueText(value)}`,
  masquerade: (body) => natText('masquerade', body),
  redirect: (body) => natText('redirect', body),
  snat: (body) => natText('snat', body),
  dnat: (body) => natText('dnat', body),
  set: ({ op, elem, set }) => `${op} ${set} { ${valueText(elem)} }`,
  queue: ({ num, flags }) => `queue${after('to', num)}${after('flags', flags)}`,
};

function rateText(kind: string, { name, rate, per, burst, inv, rate_unit: unit, burst_unit: burstUnit }: Json): string {
  if (typeof name === 'string') return `${kind} name ${quoted(name)}`;
  const amount = unit === undefined || unit === 'packets' ? `${rate}` : `${rate} ${unit}`;
  const most = burst === undefined || burst === 0 ? '' : ` burst ${burst} ${burstUnit ?? 'packets'}`;
  return `${kind} rate ${inv === true ? 'over ' : ''}${amount}/${per}${most}`;
}

function natText(kind: string, body: Json): string {
  const { family, addr, port } = body;
  const flags = listIn(body, 'flags').join(',');
  const to = `${addr === undefined ? '' : valueText(addr)}${port === undefined ? '' : `:${valueText(port)}`}`;
  const ofFamily = typeof family === 'string' ? ` ${family}` : '';
  return `${kind}${to === '' ? '' : `${ofFamily} to ${to}`}${flags === '' ? '' : ` ${flags}`}`;
}

// --- expressions

/** Elements of a set that are written; of more there are dots. */
const MOST_ELEMENTS = 16;

function valueText(value: unknown): string {
  return Array.isArray(value) ? value.map(expressionText).join(',') : expressionText(value);
}

function expressionText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.map(expressionText).join(' . ');
  const [kind = ''] = Object.keys(value);
  const body = (value as Json)[kind];
  const write = EXPRESSIONS[kind];
  if (write !== undefined) return write(isObject(body) ? body : { args: body });
  return STATEMENTS[kind] !== undefined || body === null
    ? statementText(value as Json)
    : `${kind} ${JSON.stringify(body)}`;
}

const SPOKEN_META: ReadonlySet<unknown> = new Set(['iif', 'oif', 'iifname', 'oifname', 'iiftype', 'oiftype']);

const joined = (sign: string): Writer => {
  return ({ args }) => (Array.isArray(args) ? args.map((one) => valueText(one)).join(sign) : '');
};

const EXPRESSIONS: Readonly<Record<string, Writer>> = {
  payload: ({ protocol, field, base, offset, len }) =>
    base === undefined ? `${protocol} ${field}` : `@${base},${offset},${len}`,
  meta: ({ key }) => (SPOKEN_META.has(key) ? String(key) : `meta ${key}`),
  ct: ({ key, dir }) => (dir === undefined ? `ct ${key}` : `ct ${dir} ${key}`),
  fib: ({ result, flags }) => `fib ${Array.isArray(flags) ? flags.join(' . ') : flags} ${result}`,
  numgen: ({ mode, mod, offset }) => `numgen ${mode} mod ${mod}${offset ? ` offset ${offset}` : ''}`,
  jhash: ({ mod, expr, seed }) => `jhash ${valueText(expr)} mod ${mod}${after('seed', seed)}`,
  map: ({ key, data }) => `${expressionText(key)} map ${valueText(data)}`,
  elem: ({ val, timeout }) => `${valueText(val)}${timeout === undefined ? '' : ` timeout ${timeout}s`}`,
  prefix: ({ addr, len }) => `${expressionText(addr)}/${len}`,
  range: joined('-'),
  concat: joined(' . '),
  '&': joined(' & '),
  '|': joined(' | '),
  '^': joined(' ^ '),
  '<<': joined(' << '),
  '>>': joined(' >> '),
  set: ({ args }) => {
    const all = Array.isArray(args) ? args : [args];
    const shown = all.slice(0, MOST_ELEMENTS).map(elementText).join(', ');
    return `{ ${shown}${all.length > MOST_ELEMENTS ? ', ...' : ''} }`;
  },
};

/** Of a map: the key and what it stands for. */
function elementText(element: unknown): string {
  if (!Array.isArray(element)) return expressionText(element);
  return `${expressionText(element[0])} : ${expressionText(element[1])}`;
}
