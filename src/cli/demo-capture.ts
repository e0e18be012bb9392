// The demo without the rights to observe the kernel: its packets are captured through a ring on the receiving end and printed.
import { SystemError } from '../linux/index.ts';
import { isInUserNamespace, runInUserNamespace } from './demo-privilege.ts';
import { DemoShow } from './demo-show.ts';
import { DemoStage } from './demo-stage.ts';

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function showCapture(json: boolean): Promise<number> {
  using stage = openStage();
  if (stage === undefined) return runInUserNamespace(json);
  await stage.ready();
  using ring = stage.capture();
  const show = new DemoShow(stage, ring, json);
  const stop = () => show.stop();
  for (const signal of ENDING) process.on(signal, stop);
  try {
    await show.run();
  } finally {
    for (const signal of ENDING) process.off(signal, stop);
  }
  return 0;
}

/** undefined where a privilege is missing that a user namespace may give. */
function openStage(): DemoStage | undefined {
  try {
    return new DemoStage();
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EPERM' && !isInUserNamespace()) return undefined;
    throw error;
  }
}
