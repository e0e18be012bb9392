// `pathcap path -r A --compare B`: where the first wanted journey of one file and the first of the other differ.
import { compareJourneys, comparisonText, type Journey } from '../path/index.ts';
import { ascii } from './ascii.ts';
import { Failure } from './failure.ts';
import { chooseJourneys, type IsWanted } from './path-choice.ts';
import type { PathOptions } from './path-options.ts';
import { JourneyReader } from './path-reader.ts';
import { printText } from './standard-output.ts';

export async function compareFiles(options: PathOptions, expression: string | undefined): Promise<number> {
  const isWanted = await chooseJourneys(options, expression);
  const first = await firstOf(options.readFile!, isWanted);
  const second = await firstOf(options.compare!, isWanted);
  const comparison = compareJourneys(first, second);
  printText(options.json ? `${ascii(JSON.stringify(comparison))}\n` : comparisonText(comparison));
  return 0;
}

async function firstOf(path: string, isWanted: IsWanted): Promise<Journey> {
  let found: Journey | undefined;
  using file = new JourneyReader(path);
  await file.journeys((journey) => {
    if (isWanted(journey)) found = journey;
    return found === undefined;
  });
  if (found !== undefined) return found;
  throw new Failure(`cannot compare journeys: ${path} has none that is wanted`);
}
