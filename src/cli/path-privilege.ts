// The capabilities that observing the kernel takes (capabilities(7)), and how the lack of some is told.
import { readFileSync } from 'node:fs';
import { type Capability, missingCapabilities } from '../linux/index.ts';
import { Failure } from './failure.ts';

/** Programs and their maps; reading the kernel's memory; netfilter, devices, cgroups; entering network namespaces. */
const NEEDED: readonly Capability[] = ['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN', 'CAP_SYS_ADMIN'];

/** What the user namespace maps when it is the one that the system began with (user_namespaces(7)). */
const WHOLE_MAP = /^\s*0\s+0\s+4294967295\s*$/;

/** Those that are missing; all of them in a user namespace of somebody's own, where none of them counts. */
export function missingForTrace(): readonly Capability[] {
  return isInitialUserNamespace() ? missingCapabilities(NEEDED) : NEEDED;
}

function isInitialUserNamespace(): boolean {
  try {
    return WHOLE_MAP.test(readFileSync('/proc/self/uid_map', 'latin1'));
  } catch {
    return true; // a kernel without user namespaces
  }
}

/** Throws Failure that names what is missing. */
export function checkPrivilege(): void {
  const missing = missingForTrace();
  if (missing.length === 0) return;
  throw new Failure(
    `cannot observe the kernel: ${namesOf(missing)} ${missing.length === 1 ? 'is' : 'are'} missing; run as root, or give this Node the capabilities${isInitialUserNamespace() ? '' : ' outside of this user namespace'}`,
  );
}

/** CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN. */
export function namesOf(capabilities: readonly Capability[]): string {
  const [last, ...others] = [...capabilities].reverse();
  return others.length === 0 ? last! : `${others.reverse().join(', ')} and ${last}`;
}
