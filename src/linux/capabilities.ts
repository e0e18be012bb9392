// What this process may do: the effective capabilities (capabilities(7); include/uapi/linux/capability.h, v6.18).
import { readFileSync } from 'node:fs';

const CAPABILITY = {
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYSLOG: 34,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

export type Capability = keyof typeof CAPABILITY;

/** CAP_SYS_ADMIN includes them (bpf_capable, perfmon_capable: include/linux/capability.h). */
const IN_SYS_ADMIN: readonly Capability[] = ['CAP_BPF', 'CAP_PERFMON', 'CAP_SYSLOG'];

/**
 * Those of `needed` that this process lacks.
 *
 *   missingCapabilities(['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN']);
 */
export function missingCapabilities(needed: readonly Capability[]): Capability[] {
  const held = effective();
  const has = (name: Capability) => ((held >> BigInt(CAPABILITY[name])) & 1n) === 1n;
  return needed.filter((name) => !has(name) && !(IN_SYS_ADMIN.includes(name) && has('CAP_SYS_ADMIN')));
}

function effective(): bigint {
  const hex = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/thread-self/status', 'latin1'))?.[1];
  return BigInt(`0x${hex ?? '0'}`);
}
