// When to look at a buffer that the kernel fills without waking anybody: at once while there is much, soon while there is
// something, now and then when nothing comes. So nothing is spent on an idle machine, and signals are heard in between.
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** A look that finds so many events is followed by the next without a pause. */
const MANY_EVENTS = 2000;
const PAUSE_MS = 8;
/** A look costs 0.3 ms of a virtual machine that sleeps in between (`pathcap path`, nothing happens), wherever they go. */
const LONGEST_PAUSE_MS = 50;

/**
 * Looks until it is over. `look` says how many events it found.
 *
 *   await lookUntil(() => stopped, () => trace.poll(handle));
 */
export async function lookUntil(isOver: () => boolean, look: () => number): Promise<void> {
  let pause = PAUSE_MS;
  while (!isOver()) {
    const events = look();
    if (events >= MANY_EVENTS) {
      await nextTurn();
      continue;
    }
    pause = events > 0 ? PAUSE_MS : Math.min(LONGEST_PAUSE_MS, pause + 1);
    await sleep(pause);
  }
}
