// npm run bench: all benchmarks, or those named: files, filters, decode, start-up, live, journeys, model. Prints each bar and writes
// bench/RESULTS.md when all were run.
import { decodeBenchmarks } from './decode.ts';
import { fileBenchmarks } from './files.ts';
import { filterBenchmarks } from './filters.ts';
import { journeyBenchmarks } from './journeys.ts';
import { liveBenchmarks } from './live.ts';
import { modelBenchmarks } from './model.ts';
import { type Result, writeResults } from './results.ts';
import { startUpBenchmarks } from './start-up.ts';

const SUITES: Readonly<Record<string, () => Promise<Result[]>>> = {
  files: fileBenchmarks,
  filters: filterBenchmarks,
  decode: decodeBenchmarks,
  'start-up': startUpBenchmarks,
  live: liveBenchmarks,
  journeys: journeyBenchmarks,
  model: modelBenchmarks,
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => SUITES[name] === undefined);
if (unknown !== undefined) {
  console.error(`cannot run the benchmark ${unknown}: there are ${Object.keys(SUITES).join(', ')}`);
  process.exit(1);
}

const results: Result[] = [];
for (const name of asked.length > 0 ? asked : Object.keys(SUITES)) results.push(...(await SUITES[name]!()));
if (asked.length === 0) writeResults('bench/RESULTS.md', results);
process.exitCode = results.every((result) => result.met) ? 0 : 1;
