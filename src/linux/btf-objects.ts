// BTF as objects in the kernel: programs that are attached to functions of a module name them by a descriptor of its BTF
// (kernel/bpf/btf.c, bpf_btf_get_info_by_fd, v6.18).
import { btfDescriptor, btfName, nextBtfId } from './bpf-syscall.ts';
import { closeDescriptor } from './ffi.ts';

/** A descriptor, which the caller closes; undefined when no module of that name is loaded. */
export function openModuleBtf(module: string): number | undefined {
  for (let id = nextBtfId(0); id !== undefined; id = nextBtfId(id)) {
    const fd = btfDescriptor(id);
    if (fd === undefined) continue;
    if (btfName(fd) === module) return fd;
    closeDescriptor(fd);
  }
  return undefined;
}
