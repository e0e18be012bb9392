// Room 7: probes in the running kernel, their events, and the joining of events into journeys.
export type { PointObservation } from './attach.ts';
export {
  type CountedDrop,
  DropCounter,
  type DropCounterOptions,
  type LostDrops,
} from './drops.ts';
export { type DeviceCounters, type KernelCounters, readCounters } from './drops-counters.ts';
export { type ExplainedCounter, explainCounters, type Reconciliation } from './drops-explained.ts';
export { DropReasons } from './drops-reasons.ts';
export {
  COPY_BYTES,
  COPY_LINK_BYTES,
  EVENT,
  EVENT_BYTES,
  EVENT_FLAG,
  EVENT_WITH_COPY_BYTES,
  NEIGHBOUR,
  READER,
  ROUTE,
  SOCKET,
} from './event.ts';
export { type Closing, Joiner, type JoinerOptions, type Losses } from './joiner.ts';
export { JourneyBuilder, type KernelWords } from './journey-builder.ts';
export { type JourneyCounts, JourneyTrace, type JourneyTraceOptions } from './journeys.ts';
export { monotonicNs } from './machine.ts';
export type { Beside, Mechanism, Probe, ProbeRole } from './probe.ts';
export { CGROUP_HOOKS, FUNCTIONS, NETFILTER_HOOKS, TCX_HOOKS, TRACEPOINTS, XDP_HOOKS } from './probe-table.ts';
export { type CpuCounts, Trace, type TraceCounts, type TraceOptions } from './trace.ts';
