// A line of JSON to a journey. It may come from anywhere, so all of it is checked against the schema; members that the schema
// does not know are kept.
import type { Journey } from './journey.ts';
import { JOURNEY_SCHEMA, resolveSchema, type Schema } from './journey-schema.ts';

/** A line that holds no journey. The message says what is wrong with it, and where. */
export class JourneyError extends Error {
  override readonly name = 'JourneyError';
}

/**
 * The journey in a line of `pathcap path --json`. Throws JourneyError, whose message the caller completes by file and line:
 * "cannot read the journey: packet.length is missing".
 *
 *   for (const line of text.trimEnd().split('\n')) show(parseJourney(line));
 */
export function parseJourney(line: string): Journey {
  const value = parseJson(line);
  const misfit = misfitOf(value, JOURNEY_SCHEMA, '');
  if (misfit !== undefined) throw new JourneyError(`cannot read the journey: ${misfit}`);
  return value as Journey;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new JourneyError('cannot read the journey: it is not JSON');
  }
}

/** What is wrong with a value, in words with its place; undefined when nothing is. */
function misfitOf(value: unknown, given: Schema, at: string): string | undefined {
  const schema = resolveSchema(given);
  if (schema.oneOf !== undefined) return misfitOfKind(value, schema.oneOf, at);
  if (schema.type !== undefined && ![schema.type].flat().some((type) => TYPES[type](value))) {
    return `${at || 'it'} is not ${article([schema.type].flat().join(' or '))}`;
  }
  return misfitOfValue(value, schema, at) ?? misfitOfMembers(value, schema, at);
}

type TypeName = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';

const TYPES: Readonly<Record<TypeName, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
};

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function article(noun: string): string {
  return `${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

function misfitOfKind(value: unknown, alternatives: readonly Schema[], at: string): string | undefined {
  if (!isObject(value)) return `${at} is not an object`;
  const match = alternatives.find(({ properties }) => properties?.kind?.const === value.kind);
  if (match !== undefined) return misfitOf(value, match, at);
  const kinds = alternatives.map(({ properties }) => properties!.kind!.const).join(', ');
  return value.kind === undefined ? `${at}.kind is missing` : `${at}.kind is none of ${kinds}`;
}

function misfitOfValue(
  value: unknown,
  { enum: names, minimum, maximum, pattern }: Schema,
  at: string,
): string | undefined {
  if (names !== undefined && !names.includes(value as string))
    return `${at} is not a name known here: ${JSON.stringify(value)}`;
  if (minimum !== undefined && (value as number) < minimum) return `${at} is less than ${minimum}`;
  if (maximum !== undefined && (value as number) > maximum) return `${at} is more than ${maximum}`;
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value as string)) return `${at} is malformed`;
  return undefined;
}

function misfitOfMembers(value: unknown, schema: Schema, at: string): string | undefined {
  if (Array.isArray(value)) return misfitOfList(value, schema, at);
  return isObject(value) ? misfitOfObject(value, schema, at) : undefined;
}

function misfitOfList(list: readonly unknown[], { items, minItems = 0 }: Schema, at: string): string | undefined {
  if (list.length < minItems) return `${at} is empty`;
  return items && firstOf(list, (item, index) => misfitOf(item, items, `${at}[${index}]`));
}

function misfitOfObject(value: Readonly<Record<string, unknown>>, schema: Schema, at: string): string | undefined {
  const { properties = {}, required = [], additionalProperties } = schema;
  const inside = (name: string) => (at === '' ? name : `${at}.${name}`);
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${inside(missing)} is missing`;
  return firstOf(Object.keys(value), (name) => {
    const member = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    return member && misfitOf(value[name], member, inside(name));
  });
}

function firstOf<T>(values: readonly T[], ask: (value: T, index: number) => string | undefined): string | undefined {
  for (const [index, value] of values.entries()) {
    const answer = ask(value, index);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
