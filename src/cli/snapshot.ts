// `pathcap snapshot`: the state of a host as one JSON document on standard output; what could not be read is said.
import { inNamespace, openNetworkNamespace } from '../linux/index.ts';
import type { SnapshotOptions } from './explain-options.ts';
import { Failure } from './failure.ts';
import { note } from './messages.ts';
import { takeSnapshot } from './snapshot-take.ts';
import { printText } from './standard-output.ts';

export async function snapshot({ namespace }: SnapshotOptions): Promise<number> {
  if (process.platform !== 'linux') throw new Failure('cannot take a snapshot: it is of a Linux host');
  const state = namespace === undefined ? takeSnapshot() : takeThere(namespace);
  for (const [part, why] of Object.entries(state.missing)) note(`without ${part}: ${why}`);
  printText(`${JSON.stringify(state, undefined, 1)}\n`);
  return 0;
}

function takeThere(namespace: string): ReturnType<typeof takeSnapshot> {
  using there = openNetworkNamespace(/^\d+$/.test(namespace) ? Number(namespace) : namespace);
  return inNamespace(there, () => takeSnapshot());
}
