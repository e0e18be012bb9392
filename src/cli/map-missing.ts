// What is missing on this machine, and what would mend it: kernel options, versions, capabilities. What each mechanism takes
// was read in kernel/bpf/Kconfig, kernel/trace/Kconfig, net/netfilter/Kconfig and net/Kconfig (v6.18).
import { type Capability, KernelSymbols, missingCapabilities } from '../linux/index.ts';
import type { Mechanism, PointObservation } from '../trace/index.ts';
import { namesOf } from './path-privilege.ts';

export interface Missing {
  readonly what: string;
  readonly why: string;
}

/** What a mechanism takes besides the privilege. */
const TAKES: Readonly<Record<Mechanism, string>> = {
  tracepoint: 'CONFIG_BPF_EVENTS and CONFIG_DEBUG_INFO_BTF, which kernels of distributions have',
  netfilter: 'Linux 6.4 and CONFIG_NETFILTER_BPF_LINK',
  tcx: 'Linux 6.6 and CONFIG_NET_XGRESS',
  clsact: 'CONFIG_NET_CLS_ACT and CONFIG_NET_SCH_INGRESS',
  fentry:
    'CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS, and a kernel that is not locked down (lockdown= on its command line, CONFIG_LOCK_DOWN_KERNEL_FORCE_*)',
  cgroup: 'CONFIG_CGROUP_BPF and a mounted cgroup2 file system',
  xdp: 'Linux 6.2',
};

/** By mechanism and cause, how many probes are not there; then the capabilities, and what else has to be readable. */
export function whatIsMissing(
  observed: readonly PointObservation[],
  lacking: readonly Capability[],
): readonly Missing[] {
  return [...lackingCapabilities(lacking), ...missingProbes(observed, lacking), ...unreadable()];
}

function lackingCapabilities(lacking: readonly Capability[]): Missing[] {
  if (lacking.length === 0) return [];
  return [{ what: 'privilege', why: `${namesOf(lacking)}, to try and to observe; root has all of them` }];
}

/** Without privilege nothing was tried, and the version is all that is known. */
function missingProbes(observed: readonly PointObservation[], lacking: readonly Capability[]): Missing[] {
  if (lacking.length > 0) return [];
  const counts = new Map<string, { mechanism: Mechanism; cause: string; count: number }>();
  for (const { probe, seen, missing: cause = '' } of observed) {
    if (seen) continue;
    const key = `${probe.mechanism} ${cause}`;
    const counted = counts.get(key) ?? { mechanism: probe.mechanism, cause, count: 0 };
    counts.set(key, { ...counted, count: counted.count + 1 });
  }
  return [...counts.values()].map(({ mechanism, cause, count }) => ({
    what: `${mechanism} (${count === 1 ? '1 probe' : `${count} probes`})`,
    why: `${cause}; takes ${TAKES[mechanism]}`,
  }));
}

function unreadable(): Missing[] {
  const missing: Missing[] = [];
  if (KernelSymbols.read() === undefined) {
    missing.push({
      what: 'names of the functions that drop packets',
      why: '/proc/kallsyms hides addresses; takes CAP_SYSLOG and kernel.kptr_restrict below 2',
    });
  }
  if (missingCapabilities(['CAP_SYS_PTRACE']).length > 0) {
    missing.push({ what: "other users' processes", why: 'takes CAP_SYS_PTRACE, to see which process holds a socket' });
  }
  return missing;
}
