// `pathcap path -r FILE`: journeys that --json wrote, shown in any form, as far as the filter wants them.
import { tell } from './messages.ts';
import { chooseJourneys } from './path-choice.ts';
import { journeys } from './path-counts.ts';
import type { PathOptions } from './path-options.ts';
import { JourneyReader } from './path-reader.ts';
import { createJourneySink } from './path-sinks.ts';
import { Signals } from './signals.ts';

export async function readJourneys(options: PathOptions, expression: string | undefined): Promise<number> {
  const isWanted = await chooseJourneys(options, expression);
  using file = new JourneyReader(options.readFile!);
  const sink = await createJourneySink(options);
  const { count = Number.POSITIVE_INFINITY } = options;
  let shown = 0;
  const stoppable = { stop: () => file.stop(), flush: () => sink.flush() };
  using _signals = new Signals(stoppable, () => tell(`${journeys(shown)} read`));
  try {
    await file.journeys((journey) => {
      if (!isWanted(journey)) return true;
      shown++;
      sink.journey(journey);
      return shown < count && !sink.finished;
    });
  } finally {
    sink.close();
  }
  return 0;
}
