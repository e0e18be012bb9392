// Results of `pathcap check` for people: a line a case, and below one that does not hold what came instead.
import { ruleText } from '../path/index.ts';
import { type Difference, decidingRule, endText } from './check-judge.ts';
import type { Result } from './check-run.ts';

/** Ended lines. */
export function resultsText(path: string, results: readonly Result[]): string {
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  const count = `${results.length} ${results.length === 1 ? 'case' : 'cases'}`;
  const sum = failed === 0 ? `${count}: all hold` : `${count}: ${failed} ${failed === 1 ? 'does' : 'do'} not hold`;
  return `${[...results.flatMap((result) => resultLines(path, result)), sum].join('\n')}\n`;
}

function resultLines(path: string, result: Result): string[] {
  if (result.differences.length === 0) return [`ok    ${harmless(result.name)}`];
  const about = failureLines(result).map((line) => `      ${line}`);
  return [`FAIL  ${harmless(result.name)} (${path}:${result.line})`, ...about];
}

/** What was expected and what came, the packet's end, and the rule that decided. */
export function failureLines({ differences, journey }: Pick<Result, 'differences' | 'journey'>): string[] {
  const rule = journey === undefined ? undefined : decidingRule(journey);
  return [
    ...differences.map(differenceText),
    ...(journey === undefined ? [] : [`the packet was ${endText(journey)}`]),
    ...(rule === undefined ? [] : [`by ${ruleText(rule)}`]),
  ].map(harmless);
}

export function differenceText({ what, expected, came }: Difference): string {
  return `${what}: expected ${expected}, came ${came}`;
}

/** On one line, and nothing that a terminal would obey. */
export function harmless(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ');
}
