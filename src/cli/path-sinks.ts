// Which sink the options ask for; each is loaded only when it is asked for.
import type { JourneySummary } from '../path/index.ts';
import type { PathOptions } from './path-options.ts';
import type { JourneySink } from './path-sink.ts';

/** `counted`: what a trace sums up by itself. */
export async function createJourneySink(
  { writeFile, summary, json }: Pick<PathOptions, 'writeFile' | 'summary' | 'json'>,
  counted?: JourneySummary,
): Promise<JourneySink> {
  if (writeFile !== undefined) return new (await import('./path-file-sink.ts')).JourneyFileSink(writeFile);
  if (summary) return new (await import('./path-summary-sink.ts')).SummarySink(json, counted);
  const { JsonSink, TextSink } = await import('./path-text-sinks.ts');
  return json ? new JsonSink() : new TextSink();
}
