// The trace that the options of `pathcap path` ask for.
import { fstatSync } from 'node:fs';
import { inNamespace, openNetworkNamespace } from '../linux/index.ts';
import type { Journey } from '../path/index.ts';
import { JourneyTrace, type JourneyTraceOptions } from '../trace/index.ts';
import { chosenInterfaces } from './interface-choice.ts';
import type { PathOptions } from './path-options.ts';

const BYTES_PER_KIBIBYTE = 1024;
/** Holds what comes while the processor is somebody else's: half a second of 500,000 events. */
const BUFFER_KIBIBYTES = 32768;
const ANY = 'any';

/** Journeys come to `deliver` while it is polled. Throws SystemError, and FilterError for the filter in `about`. */
export function openTrace(
  options: PathOptions,
  about: Pick<JourneyTraceOptions, 'filter' | 'names' | 'deep' | 'summary'>,
  deliver: (journey: Journey) => void,
): JourneyTrace {
  const { interfaces, namespace, everyPoint, xdp, bufferKibibytes = BUFFER_KIBIBYTES } = options;
  const all = { ...about, always: everyPoint, xdp, bufferBytes: powerOfTwo(bufferKibibytes * BYTES_PER_KIBIBYTE) };
  const given = interfaces.includes(ANY) ? [] : interfaces;
  const open = () =>
    JourneyTrace.open(given.length > 0 ? { ...all, interfaces: chosenInterfaces(given) } : all, deliver);
  if (namespace === undefined) return open();
  using there = openNetworkNamespace(/^\d+$/.test(namespace) ? Number(namespace) : namespace);
  // Interfaces of -i are those of the namespace.
  if (given.length > 0) return inNamespace(there, open);
  return JourneyTrace.open({ ...all, namespace: fstatSync(there.fd).ino }, deliver);
}

function powerOfTwo(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
