// Which sink the options ask for; each is loaded only when it is asked for.
import type { PathOptions } from './path-options.ts';
import type { JourneySink } from './path-sink.ts';

export async function createJourneySink({ json }: PathOptions): Promise<JourneySink> {
  const { JsonSink, TextSink } = await import('./path-text-sinks.ts');
  return json ? new JsonSink() : new TextSink();
}
