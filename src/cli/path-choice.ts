// Which of the journeys of a file are wanted: those whose packet matches the filter, and that passed an interface of -i.
import type { Journey } from '../path/index.ts';
import { packetTest } from './path-filter.ts';
import type { PathOptions } from './path-options.ts';

export type IsWanted = (journey: Journey) => boolean;

const ANY = 'any';

export async function chooseJourneys(options: PathOptions, expression: string | undefined): Promise<IsWanted> {
  const matches = expression === undefined ? undefined : await packetTest(expression, options.deep);
  const interfaces = options.interfaces.includes(ANY) ? [] : options.interfaces;
  return (journey) =>
    (matches === undefined || matches(journey.packet)) && (interfaces.length === 0 || passes(journey, interfaces));
}

function passes({ packet, steps }: Journey, interfaces: readonly string[]): boolean {
  return [packet.interface, ...steps.map(({ device }) => device)].some(
    (name) => name !== undefined && interfaces.includes(name),
  );
}
