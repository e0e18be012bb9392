// On which CPUs this thread runs (sched_setaffinity(2)).
import { getAffinity, setAffinity } from './ffi.ts';

/** Room for 8192 CPUs, the most that kernels are built for. */
const MASK_BYTES = 1024;

/** Numbers of the CPUs that the calling thread may run on, ascending. */
export function allowedCpus(): number[] {
  const mask = currentMask();
  return Array.from({ length: 8 * MASK_BYTES }, (_, cpu) => cpu).filter((cpu) => (mask[cpu >> 3]! >> (cpu & 7)) & 1);
}

/**
 * Does `work`, which must not wait, on one CPU.
 *
 *   onCpu(allowedCpus()[0]!, () => socket.send(frame));
 */
export function onCpu<T>(cpu: number, work: () => T): T {
  const before = currentMask();
  const one = new Uint8Array(MASK_BYTES);
  one[cpu >> 3] = 1 << (cpu & 7);
  setAffinity(one);
  try {
    return work();
  } finally {
    setAffinity(before);
  }
}

function currentMask(): Uint8Array {
  const mask = new Uint8Array(MASK_BYTES);
  getAffinity(mask);
  return mask;
}
