// What signals do to a run (tcpdump.c, main): end it, tell the counts, write out what is held.
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What signals act on: a Run, or a trace. */
interface Stoppable {
  stop(): void;
  /** Writes out what is held. */
  flush(): void;
}

/** Listens until disposed. `onCounts` answers SIGUSR1. */
export class Signals {
  /** True once a signal asked for the end. */
  ended = false;
  private readonly listeners: readonly (readonly [NodeJS.Signals, () => void])[];

  constructor(run: Stoppable, onCounts: () => void) {
    const end = () => {
      this.ended = true;
      run.stop();
    };
    this.listeners = [
      ...ENDING.map((name) => [name, end] as const),
      ['SIGUSR1', onCounts],
      ['SIGUSR2', () => run.flush()],
    ];
    for (const [name, listener] of this.listeners) process.on(name, listener);
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.listeners) process.off(name, listener);
  }
}
