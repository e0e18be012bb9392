// The running kernel's BTF, and that of its modules: /sys/kernel/btf (kernel/bpf/sysfs_btf.c, v6.18). Read once, when first
// asked for.
import { readFileSync } from 'node:fs';
import { Btf, type ReferenceResolver } from '../ebpf/index.ts';
import { SystemError } from './system-error.ts';

const FOLDER = '/sys/kernel/btf';

/** Modules whose functions and types belong to the path; where they are built in, the kernel's BTF has them. */
export const NETWORK_MODULES = [
  'nf_tables',
  'ip_tables',
  'ip6_tables',
  'x_tables',
  'nf_conntrack',
  'nf_nat',
  'nf_defrag_ipv4',
  'nf_defrag_ipv6',
  'bridge',
  'br_netfilter',
  'af_packet',
  'ipv6',
  '8021q',
  'veth',
] as const;

const NEEDED =
  'journeys need a kernel with BTF: CONFIG_DEBUG_INFO_BTF=y, as the kernels of all large distributions have';

let kernel: Btf | undefined;
const modules = new Map<string, Btf | undefined>();

/** Throws SystemError where the kernel has no BTF. */
export function kernelBtf(): Btf {
  kernel ??= new Btf(read('vmlinux'));
  return kernel;
}

/** undefined when the module is not loaded, or has no BTF of its own. */
export function moduleBtf(name: string): Btf | undefined {
  if (!modules.has(name)) {
    try {
      modules.set(name, new Btf(read(name), kernelBtf()));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      modules.set(name, undefined);
    }
  }
  return modules.get(name);
}

function read(name: string): Uint8Array {
  const path = `${FOLDER}/${name}`;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SystemError(`read the kernel's types in ${path}`, -(error as NodeJS.ErrnoException).errno!, {
      hint: NEEDED,
    });
  }
}

/** What programs refer to, for `BpfProgram.load`. */
export const KERNEL_REFERENCES: Omit<ReferenceResolver, 'map'> = {
  field: (struct, name) => kernelBtf().field(struct, name)?.offset,
  kfunc: (name) => kernelBtf().functionId(name),
  variable: (name) => kernelBtf().typeId('variable', name),
};
