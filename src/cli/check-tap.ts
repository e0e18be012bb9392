// Results of `pathcap check` as TAP version 14 (testanything.org/tap-version-14-specification.html).
import { stringify } from 'yaml';
import { ruleText } from '../path/index.ts';
import { decidingRule, endText } from './check-judge.ts';
import type { Result } from './check-run.ts';
import { differenceText, harmless } from './check-text.ts';

export function resultsTap(path: string, results: readonly Result[]): string {
  const points = results.flatMap((result, index) => testPoint(path, result, index + 1));
  return `${['TAP version 14', `1..${results.length}`, ...points].join('\n')}\n`;
}

function testPoint(path: string, result: Result, number: number): string[] {
  const description = `${number} - ${escaped(result.name)}`;
  if (result.differences.length === 0) return [`ok ${description}`];
  const block = stringify(diagnostic(path, result), { lineWidth: 0 }).trimEnd().split('\n');
  return [`not ok ${description}`, ...['---', ...block, '...'].map((line) => `  ${line}`)];
}

function diagnostic(path: string, { differences, journey, line }: Result): object {
  const rule = journey === undefined ? undefined : decidingRule(journey);
  return {
    message: differences.map(differenceText).join('; '),
    at: { file: path, line },
    differences,
    ...(journey === undefined ? {} : { outcome: endText(journey) }),
    ...(rule === undefined ? {} : { rule: ruleText(rule) }),
  };
}

/** A # would begin a directive. */
function escaped(name: string): string {
  return harmless(name).replace(/[\\#]/g, '\\$&');
}
