// `pathcap check`: cases of a YAML file against the model of a host. Exit code 0: all hold; 1: one does not; 2: the cases
// cannot be run.
import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type CaseFile, readCases } from './check-file.ts';
import { resultsJunit } from './check-junit.ts';
import type { CheckOptions } from './check-options.ts';
import { runCases } from './check-run.ts';
import { resultsTap } from './check-tap.ts';
import { resultsText } from './check-text.ts';
import { parseYaml, UNUSABLE } from './check-yaml.ts';
import { causeOf, Failure } from './failure.ts';
import { readState, readText } from './host-file.ts';
import { note } from './messages.ts';
import { printText } from './standard-output.ts';

export async function check(options: CheckOptions, [path]: readonly string[]): Promise<number> {
  try {
    return checkFile(options, path!);
  } catch (error) {
    throw error instanceof Failure ? new Failure(error.message, UNUSABLE) : error;
  }
}

function checkFile(options: CheckOptions, path: string): number {
  const file = readCases(parseYaml(path, readText(path)));
  const { results, assumptions } = runCases(stateFor(options, path, file), file.cases);
  if (options.junit !== undefined) writeText(options.junit, resultsJunit(path, results));
  printText(options.tap ? resultsTap(path, results) : resultsText(path, results));
  for (const words of assumptions) note(`assumed: ${words}`);
  return results.every(({ differences }) => differences.length === 0) ? 0 : 1;
}

/** Paths in the file are seen from its folder, those of options from here. */
function stateFor(options: CheckOptions, path: string, file: CaseFile): ReturnType<typeof readState> {
  const there = (name: string | undefined) => (name === undefined ? undefined : resolve(dirname(path), name));
  const host = options.host ?? there(file.host);
  if (host === undefined) throw new Failure(`cannot check ${path} without a host: host in the file, or --host`);
  return readState(host, { iptables: options.iptables ?? there(file.iptables) });
}

function writeText(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new Failure(`cannot write ${path}: ${causeOf(error)}`);
  }
}
