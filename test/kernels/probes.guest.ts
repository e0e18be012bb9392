// Which probes the guest's kernel lets us attach: all that it is said to have, with and without tracing of functions.
import { release } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type PointObservation, Trace, type TraceOptions } from '../../src/trace/index.ts';

/** Functions that the compiler has put into their callers in Debian's kernels. */
const INLINED = ['ip_rcv_finish_core'];

const [MAJOR = 0, MINOR = 0] = release().split('.').map(Number);

/** Whether the kernel is one that should have it. */
function isDue({ since, probe }: PointObservation): boolean {
  const [major = 0, minor = 0] = since.split('.').map(Number);
  return !INLINED.includes(probe.name) && (MAJOR > major || (MAJOR === major && MINOR >= minor));
}

function observedWith(options: TraceOptions): readonly PointObservation[] {
  using trace = Trace.open(options);
  return trace.observed;
}

const textOf = ({ probe, missing }: PointObservation) => `${probe.mechanism} ${probe.name}: ${missing}`;

describe('probes', () => {
  it('are attached where the kernel has them', () => {
    const missing = observedWith({}).filter(({ seen }) => !seen);
    expect(missing.filter(isDue).map(textOf)).toEqual([]);
  });

  it('are attached without tracing of functions too', () => {
    const observed = observedWith({ without: ['fentry'] });
    const functions = observed.filter(({ probe }) => probe.mechanism === 'fentry');
    expect(functions.length).toBeGreaterThan(0);
    expect(functions.filter(({ seen }) => seen).map(textOf)).toEqual([]);
    const others = observed.filter((one) => !functions.includes(one) && !one.seen);
    expect(others.filter(isDue).map(textOf)).toEqual([]);
  });
});
