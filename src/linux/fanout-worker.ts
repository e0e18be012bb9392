// The program of one fanout worker: opens its ring, runs the user's handler, tells how it went.
import { parentPort, workerData } from 'node:worker_threads';
import type { PacketHandler } from '../wire/index.ts';
import { openRing } from './capture-ring.ts';
import type { FanoutMessage, FanoutTask } from './fanout.ts';

interface UserModule {
  handle: PacketHandler;
  finish?: () => unknown;
}

const tell = (message: FanoutMessage) => parentPort!.postMessage(message);

async function run({ ring: options, module }: FanoutTask): Promise<void> {
  const { handle, finish } = (await import(module)) as UserModule;
  if (typeof handle !== 'function') throw new TypeError(`cannot use ${module}: it exports no function "handle"`);
  using ring = openRing(options);
  parentPort!.on('message', () => ring.stop());
  tell({ kind: 'listening' });
  await ring.packets(handle);
  tell({ kind: 'done', statistics: ring.statistics(), result: finish?.() });
}

try {
  await run(workerData as FanoutTask);
} catch (error) {
  tell({ kind: 'failed', error: error as Error });
} finally {
  parentPort!.close();
}
