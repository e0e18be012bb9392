// Results of `pathcap check` as the XML that JUnit's Ant task writes, and that continuous integration reads.
import type { Result } from './check-run.ts';
import { differenceText, failureLines } from './check-text.ts';

export function resultsJunit(path: string, results: readonly Result[]): string {
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  const counts = `tests="${results.length}" failures="${failed}" errors="0"`;
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(path)}" ${counts} skipped="0">`,
    ...results.map((result) => testCase(path, result)),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')}\n`;
}

function testCase(path: string, result: Result): string {
  const { name, line, differences } = result;
  const start = `    <testcase name="${escaped(name)}" classname="${escaped(path)}" file="${escaped(path)}" line="${line}"`;
  if (differences.length === 0) return `${start}/>`;
  const message = escaped(differences.map(differenceText).join('; '));
  const failure = `<failure message="${message}" type="difference">${escaped(failureLines(result).join('\n'))}</failure>`;
  return `${start}>\n      ${failure}\n    </testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML has no way to write other control characters. */
function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ENTITIES[sign]!).replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, ' ');
}
