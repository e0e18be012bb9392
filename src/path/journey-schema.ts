// What a journey is as JSON: a JSON Schema (2020-12) of the types in journey.ts. schema/journey.schema.json is this, written
// out; journey-parse.ts checks lines against it.
import { POINT_NAMES } from './point-names.ts';

/** The part of JSON Schema that journeys need. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | readonly ('string' | 'number')[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly const?: string;
  readonly enum?: readonly string[];
  /** Alternatives that differ in the constant of their `kind`. */
  readonly oneOf?: readonly Schema[];
}

const TEXT: Schema = { type: 'string' };
const COUNT: Schema = { type: 'integer', minimum: 0 };
const WORD_OR_NUMBER: Schema = { type: ['string', 'number'] };
const BASE64: Schema = { type: 'string', pattern: '^[A-Za-z0-9+/]*={0,2}$' };

const about = (description: string, schema: Schema): Schema => ({ description, ...schema });
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` });
const oneOf = (...names: readonly string[]): Schema => ({ type: 'string', enum: names });

/** An object; names that end in "?" may be absent. More members than these are allowed everywhere. */
function object(members: Readonly<Record<string, Schema>>): Schema {
  const names = Object.keys(members);
  const properties = Object.fromEntries(names.map((name) => [name.replace('?', ''), members[name]!]));
  return { type: 'object', properties, required: names.filter((name) => !name.endsWith('?')) };
}

const outcome = (kind: string, members: Readonly<Record<string, Schema>>): Schema =>
  object({ kind: { const: kind }, point: ref('point'), ...members });

const DEFINITIONS = {
  point: about('Where on its way through the kernel a packet is.', { type: 'string', enum: POINT_NAMES }),
  endpoint: object({ address: TEXT, 'port?': { type: 'integer', minimum: 0, maximum: 65535 } }),
  packet: object({
    'interface?': about('Name of the device at the first point that has one.', TEXT),
    length: about('Bytes at the first point, without the link-layer header.', COUNT),
    protocol: about('tcp, udp, icmp ..., the number of an IP protocol, arp, or an EtherType as 0x88b5.', TEXT),
    'source?': ref('endpoint'),
    'destination?': ref('endpoint'),
    etherType: { type: 'integer', minimum: 0, maximum: 65535 },
    bytes: about('From the network header on, as far as copied.', BASE64),
    'link?': about('The link-layer header.', BASE64),
  }),
  step: object({
    point: ref('point'),
    sinceStartNs: about('Nanoseconds since the first step.', { type: 'number', minimum: 0 }),
    'device?': TEXT,
    'namespace?': about('Inode number of the network namespace.', COUNT),
    'cpu?': COUNT,
    'verdict?': TEXT,
    'changed?': { type: 'array', items: object({ field: TEXT, from: WORD_OR_NUMBER, to: WORD_OR_NUMBER }) },
    'detail?': { type: 'object', additionalProperties: WORD_OR_NUMBER },
  }),
  socket: object({
    protocol: TEXT,
    local: ref('endpoint'),
    'remote?': ref('endpoint'),
    'inode?': COUNT,
    'cookie?': TEXT,
  }),
  process: object({ pid: COUNT, name: TEXT, 'cgroup?': TEXT, 'container?': TEXT }),
  rule: object({
    by: oneOf('model', 'kernel'),
    'family?': TEXT,
    'table?': TEXT,
    'chain?': TEXT,
    'line?': COUNT,
    'handle?': COUNT,
    'text?': TEXT,
  }),
  outcome: {
    description: 'What became of the packet.',
    oneOf: [
      outcome('delivered', { 'socket?': ref('socket'), 'process?': ref('process'), 'read?': { type: 'boolean' } }),
      outcome('forwarded', { device: TEXT, 'nextHop?': TEXT }),
      outcome('dropped', {
        reason: about("The kernel's name of the reason, without SKB_DROP_REASON_.", TEXT),
        'function?': TEXT,
        'location?': TEXT,
        'device?': TEXT,
        'socket?': ref('socket'),
        'rule?': ref('rule'),
      }),
      outcome('consumed', { 'by?': TEXT }),
      outcome('queued', { waitsFor: TEXT }),
      outcome('unknown', { why: TEXT }),
    ],
  },
  origin: object({ id: TEXT, how: oneOf('clone', 'fragment', 'reassembly', 'segment', 'merge', 'answer') }),
} satisfies Record<string, Schema>;

const JOURNEY = object({
  id: about('Unique within what one run wrote.', TEXT),
  engine: oneOf('kernel', 'model'),
  host: TEXT,
  kernel: about('Release of the kernel.', TEXT),
  time: about('Of the first step, UTC.', {
    type: 'string',
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z$',
  }),
  packet: ref('packet'),
  steps: about('In the order passed.', { type: 'array', items: ref('step'), minItems: 1 }),
  outcome: ref('outcome'),
  'origin?': ref('origin'),
  'incomplete?': about('What was lost or cannot be observed, in words.', TEXT),
});

/** The schema of one line of `pathcap path --json`. */
export const JOURNEY_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Journey',
  description:
    'Which way a packet took through the Linux kernel, and what became of it: one line of "pathcap path --json".',
  ...JOURNEY,
  $defs: DEFINITIONS,
} as const;

/** What a schema refers to. */
export function resolveSchema(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  return DEFINITIONS[schema.$ref.slice('#/$defs/'.length) as keyof typeof DEFINITIONS];
}
