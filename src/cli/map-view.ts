// What the map shows, as data; `pathcap map --json` writes a line of it for each point.
import { kernelBtf, SystemError } from '../linux/index.ts';
import {
  type Band,
  type Observation,
  type ObservationMechanism,
  POINTS,
  type PointName,
  type PointRow,
} from '../path/index.ts';
import {
  CGROUP_HOOKS,
  FUNCTIONS,
  NETFILTER_HOOKS,
  type PointObservation,
  TCX_HOOKS,
  TRACEPOINTS,
  XDP_HOOKS,
} from '../trace/index.ts';

/** One way of seeing a point, and whether it is open here. */
export interface Way {
  readonly mechanism: ObservationMechanism;
  /** The tracepoint, hook or function that is attached to. */
  readonly at: string;
  /** First release of Linux that has it. */
  readonly since: string;
  readonly state: 'observed' | 'missing' | 'unknown';
  /** What is learned there, beyond that the packet is there. */
  readonly tells?: string;
  /** Why it is not open, or not known to be. */
  readonly why?: string;
}

export interface MapPoint {
  readonly point: PointName;
  readonly band: Band;
  readonly decides: string;
  readonly ways: readonly Way[];
  /** What is never seen there, whatever the kernel offers. */
  readonly blind?: string;
}

/** The points, in the order of the path. `observed`: what a trace found by attaching; `unprivileged` when it may not. */
export function mapPoints(observed: readonly PointObservation[]): readonly MapPoint[] {
  return POINTS.map((row) => {
    const { name, band, decides, blind } = row;
    const here = observed.filter(({ probe }) => probe.point === name);
    const ways = new Map(here.map((one) => [`${one.probe.mechanism} ${placeOf(one)}`, wayOf(one, row)]));
    return { point: name, band, decides, ways: [...ways.values()], ...(blind === undefined ? {} : { blind }) };
  });
}

const WITH_OPTION = 'with --xdp';

/** Both ends of a hook, for both versions of IP, are one way. */
function placeOf({ probe: { mechanism, name } }: PointObservation): string {
  const parts = name.split('.');
  if (mechanism === 'xdp') return WITH_OPTION;
  if (mechanism === 'netfilter' || mechanism === 'tcx') return parts[1]!;
  return mechanism === 'cgroup' ? `${parts[1]} of the root cgroup` : name;
}

function wayOf(one: PointObservation, row: PointRow): Way {
  const { mechanism } = one.probe;
  const at = placeOf(one);
  const isSame = (known: Observation) =>
    known.mechanism === mechanism && (known.at === at || !['tracepoint', 'fentry'].includes(mechanism));
  const tells = row.observed.find(isSame)?.tells;
  return {
    mechanism,
    at,
    since: one.since,
    state: one.seen ? 'observed' : one.missing === UNTRIED ? 'unknown' : 'missing',
    ...(tells === undefined ? {} : { tells }),
    ...(one.missing === undefined ? {} : { why: one.missing }),
  };
}

const UNTRIED = 'not known without the privilege to try';

/** What can be said without attaching anything: the kernel's release and its types tell what it has not got. */
export function unprivileged(release: string): readonly PointObservation[] {
  const rows = [...TRACEPOINTS, ...FUNCTIONS, ...CGROUP_HOOKS, ...NETFILTER_HOOKS, ...TCX_HOOKS, ...XDP_HOOKS];
  return rows.map((probe) => {
    const { since } = probe;
    return { probe, since, seen: false, missing: absence(probe, release) ?? UNTRIED };
  });
}

function absence({ mechanism, name, since }: (typeof TRACEPOINTS)[number], release: string): string | undefined {
  if (isOlder(release, since)) return `needs Linux ${since}`;
  try {
    if (mechanism === 'tracepoint' && kernelBtf().typeId('typedef', `btf_trace_${name}`) === undefined) {
      return `the kernel has no tracepoint ${name}`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof SystemError) return error.message;
    throw error;
  }
}

/** Of releases like 6.1.0-13-amd64 the first two numbers. */
function isOlder(release: string, than: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  const [wantedMajor = 0, wantedMinor = 0] = than.split('.').map(Number);
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}
