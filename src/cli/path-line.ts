// A line of JSON to a journey. It may come from anywhere, so all that the rest of the program relies on is checked: each
// member against a table of shapes (schema/journey.schema.json says the same to others). Members that no shape names are kept.
import { type Journey, type OutcomeKind, POINT_NAMES } from '../path/index.ts';

/** A word: the type of a plain value. An array: all members have the shape. An object: its members, '?' where one may be missing. */
type Shape =
  | 'text'
  | 'number'
  | 'truth'
  | 'point'
  | 'words'
  | 'outcome'
  | readonly [Shape]
  | { readonly [member: string]: Shape };

const ENDPOINT = { address: 'text', 'port?': 'number' } as const;

const SOCKET = {
  protocol: 'text',
  local: ENDPOINT,
  'remote?': ENDPOINT,
  'inode?': 'number',
  'cookie?': 'text',
} as const;

const PROCESS = { pid: 'number', name: 'text', 'cgroup?': 'text', 'container?': 'text' } as const;

const RULE = {
  by: 'text',
  'family?': 'text',
  'table?': 'text',
  'chain?': 'text',
  'line?': 'number',
  'handle?': 'number',
  'text?': 'text',
} as const;

const OUTCOMES: Readonly<Record<OutcomeKind, Shape>> = {
  delivered: { point: 'point', 'socket?': SOCKET, 'process?': PROCESS, 'read?': 'truth' },
  forwarded: { point: 'point', device: 'text', 'nextHop?': 'text' },
  dropped: {
    point: 'point',
    reason: 'text',
    'function?': 'text',
    'location?': 'text',
    'device?': 'text',
    'socket?': SOCKET,
    'rule?': RULE,
  },
  consumed: { point: 'point', 'by?': 'text' },
  queued: { point: 'point', waitsFor: 'text' },
  unknown: { point: 'point', why: 'text' },
};

const STEP = {
  point: 'point',
  sinceStartNs: 'number',
  'device?': 'text',
  'namespace?': 'number',
  'cpu?': 'number',
  'verdict?': 'text',
  'changed?': [{ field: 'text', from: 'words', to: 'words' }],
  'detail?': { '*': 'words' },
} as const;

const JOURNEY = {
  id: 'text',
  engine: 'text',
  host: 'text',
  kernel: 'text',
  time: 'text',
  packet: {
    'interface?': 'text',
    length: 'number',
    protocol: 'text',
    'source?': ENDPOINT,
    'destination?': ENDPOINT,
    etherType: 'number',
    bytes: 'text',
    'link?': 'text',
  },
  steps: [STEP],
  outcome: 'outcome',
  'origin?': { id: 'text', how: 'text' },
  'incomplete?': 'text',
} as const satisfies Shape;

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const TESTS: Readonly<Record<Extract<Shape, string>, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  truth: (value) => typeof value === 'boolean',
  words: (value) => typeof value === 'string' || typeof value === 'number',
  point: (value) => (POINT_NAMES as readonly unknown[]).includes(value),
  outcome: (value) => isMembers(value) && Object.hasOwn(OUTCOMES, String(value.kind)),
};

/** The journey in a line; in words, what is wrong with the line otherwise. */
export function journeyIn(line: string): Journey | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'it is not JSON';
  }
  const place = misfit(value, JOURNEY, '');
  if (place !== undefined) return `it is not a journey${place === '' ? '' : ` (see ${place})`}`;
  const journey = value as Journey;
  return journey.steps.length > 0 ? journey : 'it is a journey without steps';
}

/** Where a value has not got its shape, as "packet.length"; undefined when it has. */
function misfit(value: unknown, shape: Shape, at: string): string | undefined {
  if (typeof shape === 'string') {
    if (!TESTS[shape](value)) return at;
    return shape === 'outcome' ? misfit(value, OUTCOMES[(value as Journey['outcome']).kind], at) : undefined;
  }
  if (!Array.isArray(shape)) return isMembers(value) ? misfitWithin(value, shape as Record<string, Shape>, at) : at;
  if (!Array.isArray(value)) return at;
  return first(value, (member, index) => misfit(member, shape[0], `${at}[${index}]`));
}

function misfitWithin(value: Members, shape: Readonly<Record<string, Shape>>, at: string): string | undefined {
  const inside = (name: string) => (at === '' ? name : `${at}.${name}`);
  if ('*' in shape) return first(Object.keys(value), (name) => misfit(value[name], shape['*']!, inside(name)));
  return first(Object.entries(shape), ([spelling, member]) => {
    const name = spelling.replace('?', '');
    if (value[name] === undefined && name !== spelling) return undefined;
    return misfit(value[name], member, inside(name));
  });
}

/** The first answer that there is. */
function first<T>(values: readonly T[], ask: (value: T, index: number) => string | undefined): string | undefined {
  for (const [index, value] of values.entries()) {
    const answer = ask(value, index);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
