// A rule of nftables in nft's own words, from its JSON (nft(8)): what people know it by.
import { isObject, type Json, listIn, type SavedNftRule } from './nft-ruleset.ts';

export function nftRuleText({ expr, comment }: SavedNftRule): string {
  const text = expr.map(statementText).filter(Boolean).join(' ');
  return comment === undefined ? text : `${text} comment "${comment}"`;
}

type Writer = (body: Json, style?: Style) => string;

const quoted = (value: unknown) => `"${String(value)}"`;

/** How nft writes values of what is on the left. */
type Style = 'name' | 'mark' | undefined;

const NAMES: ReadonlySet<unknown> = new Set(['iif', 'oif', 'iifname', 'oifname']);

function styleOf(left: unknown): Style {
  if (!isObject(left)) return undefined;
  const [kind = ''] = Object.keys(left);
  const body = left[kind];
  if (Array.isArray(body) && kind.length <= 2) return styleOf(body[0]);
  if (!isObject(body) || (kind !== 'meta' && kind !== 'ct')) return undefined;
  return NAMES.has(body.key) ? 'name' : body.key === 'mark' ? 'mark' : undefined;
}

/** Bits of something: an operator always stands behind. */
const isCombined = (left: unknown) =>
  isObject(left) && Object.keys(left).some((kind) => kind.length <= 2 && kind !== 'ct');

const MARK_DIGITS = 8;

function scalarText(value: unknown, style: Style): string {
  if (style === 'name' && typeof value === 'string' && !value.startsWith('@')) return quoted(value);
  if (style === 'mark' && typeof value === 'number') return `0x${value.toString(16).padStart(MARK_DIGITS, '0')}`;
  return String(value);
}

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
    const isPlain = op === 'in' || (op === '==' && !isCombined(left));
    const sign = isPlain ? '' : `${String(op)} `;
    const isSpoken = typeof right === 'boolean';
    return `${expressionText(left)} ${sign}${isSpoken ? (right ? 'exists' : 'missing') : valueText(right, styleOf(left))}`;
  },
  vmap: ({ key, data }) => `${expressionText(key)} vmap ${valueText(data, styleOf(key))}`,
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
  mangle: ({ key, value }) => `${expressionText(key)} set ${valueText(value, styleOf(key))}`,
  masquerade: (body) => natText('masquerade', body),
  redirect: (body) => natText('redirect', body),
  snat: (body) => natText('snat', body),
  dnat: (body) => natText('dnat', body),
  set: ({ op, elem, set }) => `${op} ${set} { ${valueText(elem)} }`,
  queue: ({ num, flags }) => `queue${after('to', num)}${after('flags', flags)}`,
};

/** Not written. */
const DEFAULT_BURST = 5;

function rateText(kind: string, { name, rate, per, burst, inv, rate_unit: unit, burst_unit: burstUnit }: Json): string {
  if (typeof name === 'string') return `${kind} name ${quoted(name)}`;
  const amount = unit === undefined || unit === 'packets' ? `${rate}` : `${rate} ${unit}`;
  const isUsual = burst === undefined || burst === 0 || (burst === DEFAULT_BURST && unit === undefined);
  const most = isUsual ? '' : ` burst ${burst} ${burstUnit ?? 'packets'}`;
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

function valueText(value: unknown, style?: Style): string {
  if (!Array.isArray(value)) return expressionText(value, style);
  return value.map((one) => expressionText(one, style)).join(',');
}

function expressionText(value: unknown, style?: Style): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return scalarText(value, style);
  if (Array.isArray(value)) return value.map((one) => expressionText(one, style)).join(' . ');
  const [kind = ''] = Object.keys(value);
  const body = (value as Json)[kind];
  const write = EXPRESSIONS[kind];
  if (write !== undefined) return write(isObject(body) ? body : { args: body }, style);
  return STATEMENTS[kind] !== undefined || body === null
    ? statementText(value as Json)
    : `${kind} ${JSON.stringify(body)}`;
}

const SPOKEN_META: ReadonlySet<unknown> = new Set(['iif', 'oif', 'iifname', 'oifname', 'iiftype', 'oiftype']);

const joined = (sign: string): Writer => {
  return ({ args }, style) => {
    if (!Array.isArray(args)) return '';
    const own = style ?? styleOf(args[0]);
    return args.map((one) => valueText(one, own)).join(sign);
  };
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
  set: ({ args }, style) => {
    const all = Array.isArray(args) ? args : [args];
    const shown = all
      .slice(0, MOST_ELEMENTS)
      .map((one) => elementText(one, style))
      .join(', ');
    return `{ ${shown}${all.length > MOST_ELEMENTS ? ', ...' : ''} }`;
  },
};

/** Of a map: the key and what it stands for. */
function elementText(element: unknown, style: Style): string {
  if (!Array.isArray(element)) return expressionText(element, style);
  return `${expressionText(element[0], style)} : ${expressionText(element[1])}`;
}
