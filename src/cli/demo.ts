// `pathcap demo`: network namespaces of its own, telling packets really sent between them, and what became of them: their
// journeys through the running kernel, or, where these may not be observed, their capture at the receiving end. Everything
// vanishes with the process, however it ends.
import { SystemError } from '../linux/index.ts';
import { showCapture } from './demo-capture.ts';
import { showJourneys } from './demo-journeys.ts';
import { isInUserNamespace } from './demo-privilege.ts';
import { Failure } from './failure.ts';
import { note } from './messages.ts';
import type { DemoOptions } from './options.ts';
import { missingForTrace, namesOf } from './path-privilege.ts';

export async function demo({ json }: DemoOptions): Promise<number> {
  if (process.platform !== 'linux') {
    throw new Failure('cannot run the demo: it takes network namespaces, which only Linux has');
  }
  if (isInUserNamespace()) return showCapture(json);
  const missing = missingForTrace();
  if (missing.length > 0) return showCaptureBecause(`journeys need root, or ${namesOf(missing)}`, json);
  try {
    return await showJourneys(json);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return showCaptureBecause(error.message, json);
  }
}

function showCaptureBecause(why: string, json: boolean): Promise<number> {
  note(`${why}; this is what a capture shows instead:`);
  return showCapture(json);
}
