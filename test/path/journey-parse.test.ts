// The schema of journeys, held against ajv; lines that are journeys, and lines that are not.
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JOURNEY_SCHEMA, JourneyError, parseJourney } from '../../src/path/index.ts';
import { anyJourney, CONSUMED, DELIVERED, DROPPED, FORWARDED, QUEUED, UNKNOWN } from '../support/journeys.ts';

const PUBLISHED = JSON.parse(readFileSync(new URL('../../schema/journey.schema.json', import.meta.url), 'utf8'));
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(PUBLISHED);

/** What parseJourney says against a value; undefined when it takes it. */
function complaint(value: unknown): string | undefined {
  try {
    parseJourney(JSON.stringify(value));
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(JourneyError);
    return (error as JourneyError).message;
  }
}

describe('the schema of journeys', () => {
  it('is published as it is in the source', () => {
    expect(PUBLISHED).toEqual(JSON.parse(JSON.stringify(JOURNEY_SCHEMA)));
  });

  it.each([DROPPED, DELIVERED, FORWARDED, CONSUMED, QUEUED, UNKNOWN])('takes $outcome.kind', (journey) => {
    expect(validate(journey), JSON.stringify(validate.errors)).toBe(true);
  });

  it('takes whatever the types allow', () => {
    fc.assert(
      fc.property(anyJourney, (journey) => {
        expect(validate(journey), JSON.stringify(validate.errors)).toBe(true);
        expect(parseJourney(JSON.stringify(journey))).toEqual(JSON.parse(JSON.stringify(journey)));
      }),
    );
  });

  it('is read by ajv and by us alike, also where journeys are broken', () => {
    fc.assert(
      fc.property(anyJourney, fc.nat(), fc.oneof(fc.jsonValue(), fc.constant(undefined)), (journey, at, value) => {
        const broken = withMember(journey, at, value);
        expect(complaint(broken) === undefined, JSON.stringify(broken)).toBe(validate(broken));
      }),
      { numRuns: 1000 },
    );
  });
});

/** A copy with one member, counted through all levels, set to another value, or taken out. */
function withMember(original: object, at: number, value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(original));
  const members: [holder: Record<string, unknown>, name: string][] = [];
  const collect = (holder: Record<string, unknown>): void => {
    for (const [name, member] of Object.entries(holder)) {
      members.push([holder, name]);
      if (typeof member === 'object' && member !== null) collect(member as Record<string, unknown>);
    }
  };
  collect(copy);
  const [holder, name] = members[at % members.length]!;
  if (value !== undefined) holder[name] = value;
  else if (Array.isArray(holder)) holder.splice(Number(name), 1);
  else delete holder[name];
  return JSON.parse(JSON.stringify(copy));
}

describe('a line that is no journey', () => {
  const { packet, outcome, steps, ...rest } = DROPPED;
  it.each([
    ['', 'it is not JSON'],
    ['{"id":', 'it is not JSON'],
    ['7', 'it is not an object'],
    ['[]', 'it is not an object'],
    [JSON.stringify({ ...rest, steps, outcome }), 'packet is missing'],
    [
      JSON.stringify({ ...rest, steps, outcome, packet: { ...packet, length: '43' } }),
      'packet.length is not an integer',
    ],
    [JSON.stringify({ ...rest, packet, outcome, steps: [] }), 'steps is empty'],
    [
      JSON.stringify({ ...rest, packet, outcome, steps: [{ point: 'nf.inptu', sinceStartNs: 0 }] }),
      'steps[0].point is not a name known here: "nf.inptu"',
    ],
    [
      JSON.stringify({ ...rest, packet, outcome, steps: [{ point: 'udp', sinceStartNs: -1 }] }),
      'steps[0].sinceStartNs is less than 0',
    ],
    [JSON.stringify({ ...rest, packet, steps, outcome: { point: 'udp' } }), 'outcome.kind is missing'],
    [
      JSON.stringify({ ...rest, packet, steps, outcome: { kind: 'lost', point: 'udp' } }),
      'outcome.kind is none of delivered, forwarded, dropped, consumed, queued, unknown',
    ],
    [JSON.stringify({ ...rest, packet, steps, outcome, time: 'yesterday' }), 'time is malformed'],
  ])('%s', (line, cause) => {
    expect(() => parseJourney(line)).toThrow(new JourneyError(`cannot read the journey: ${cause}`));
  });

  it('keeps members that it does not know', () => {
    const line = JSON.stringify({ ...DROPPED, colour: 'red', outcome: { ...outcome, since: 3 } });
    expect(parseJourney(line)).toMatchObject({ colour: 'red', outcome: { since: 3 } });
  });
});
