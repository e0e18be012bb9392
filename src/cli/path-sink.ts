// What journeys are handed to: text or JSON lines on standard output, a pcapng file, a summary. As PacketSink for packets.
import type { Journey } from '../path/index.ts';

export interface JourneySink {
  /** Takes a journey. */
  journey(journey: Journey): void;
  /** Hands on what is held back. */
  flush(): void;
  /** True when there is no point in more journeys: nobody reads any more. */
  readonly finished: boolean;
  /** After the last journey. Throws what could not be written. */
  close(): void;
}
