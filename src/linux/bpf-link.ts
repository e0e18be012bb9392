// Programs attached: each link owns a descriptor, and what it attached is gone with it, also when the process is killed
// (kernel/bpf/syscall.c, link_create and bpf_raw_tracepoint_open, v6.18).
import { closeSync, openSync } from 'node:fs';
import { ATTACH_TYPE } from '../ebpf/index.ts';
import type { BpfProgram } from './bpf-object.ts';
import { createLinkDescriptor, openRawTracepoint } from './bpf-syscall.ts';
import { closeDescriptor } from './ffi.ts';
import { SystemError } from './system-error.ts';

/** enum nf_inet_hooks, include/uapi/linux/netfilter.h. */
export const NF_HOOK = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

/** NFPROTO_IPV4 and NFPROTO_IPV6. */
const NFPROTO = { 4: 2, 6: 10 } as const;

export interface NetfilterPlace {
  readonly family: 4 | 6;
  /** NF_HOOK. */
  readonly hook: number;
  /** Lower ones run first; the very first and the very last are the kernel's own. */
  readonly priority: number;
}

/** Where XDP programs run: see BpfLink.xdp. */
export type XdpMode = 'native' | 'generic';

export class BpfLink {
  private fd: number | undefined;

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** Typed tracepoints, fentry and fexit: what it is attached to, its program's `attachTo` says. */
  static tracing(program: BpfProgram): BpfLink {
    return new BpfLink(openRawTracepoint(program.fd, `attach the program "${program.spec.name}"`));
  }

  /** Of the network namespace that the calling thread is in (`inNamespace`). Since 6.4. */
  static netfilter(program: BpfProgram, { family, hook, priority }: NetfilterPlace): BpfLink {
    const what = `attach the program "${program.spec.name}" to the netfilter hook ${hook} of IPv${family}`;
    const netfilter = { protocol: NFPROTO[family], hook, priority };
    return new BpfLink(
      createLinkDescriptor({ programFd: program.fd, target: 0, attachType: ATTACH_TYPE.NETFILTER, netfilter }, what),
    );
  }

  /** Of a device of the calling thread's network namespace, before all programs that are there. Since 6.6. */
  static tcx(
    program: BpfProgram,
    device: number,
    direction: 'ingress' | 'egress',
    place: 'first' | 'last' = 'first',
  ): BpfLink {
    const attachType = direction === 'ingress' ? ATTACH_TYPE.TCX_INGRESS : ATTACH_TYPE.TCX_EGRESS;
    const what = `attach the program "${program.spec.name}" to ${direction} of device ${device}`;
    const flags = place === 'first' ? BPF_F_BEFORE : BPF_F_AFTER;
    return new BpfLink(createLinkDescriptor({ programFd: program.fd, target: device, attachType, flags }, what));
  }

  /** Of a control group, by its folder in the file system of control groups, version 2. Runs beside programs that are there. */
  static cgroup(program: BpfProgram, folder: string, attachType: number): BpfLink {
    const what = `attach the program "${program.spec.name}" to the control group ${folder}`;
    const target = openFolder(folder, what);
    try {
      return new BpfLink(createLinkDescriptor({ programFd: program.fd, target, attachType }, what));
    } finally {
      closeSync(target);
    }
  }

  /**
   * Of a device of the calling thread's network namespace: in its driver ('native'), or behind it ('generic'), which
   * every device has. EBUSY when it has a program already. Since 5.9.
   */
  static xdp(program: BpfProgram, device: number, mode: XdpMode): BpfLink {
    const what = `attach the program "${program.spec.name}" to XDP of device ${device}`;
    const flags = XDP_FLAGS[mode];
    return new BpfLink(
      createLinkDescriptor({ programFd: program.fd, target: device, attachType: ATTACH_TYPE.XDP, flags }, what),
    );
  }

  [Symbol.dispose](): void {
    if (this.fd === undefined) return;
    closeDescriptor(this.fd);
    this.fd = undefined;
  }
}

/** include/uapi/linux/bpf.h and if_link.h. */
const BPF_F_BEFORE = 1 << 3;
const BPF_F_AFTER = 1 << 4;
const XDP_FLAGS: Readonly<Record<XdpMode, number>> = { generic: 1 << 1, native: 1 << 2 };

function openFolder(folder: string, what: string): number {
  try {
    return openSync(folder, 'r');
  } catch (error) {
    throw new SystemError(what, -(error as NodeJS.ErrnoException).errno!);
  }
}
