// What a program and its maps are, before any kernel is asked: plain objects that need no privilege. Numbers are those of
// enum bpf_prog_type, bpf_map_type and bpf_attach_type in include/uapi/linux/bpf.h (v6.18).
import type { EbpfProgram } from './ebpf.ts';

/** BPF_PROG_TYPE_*. */
export const PROGRAM_TYPE = {
  SOCKET_FILTER: 1,
  KPROBE: 2,
  SCHED_CLS: 3,
  SCHED_ACT: 4,
  TRACEPOINT: 5,
  XDP: 6,
  PERF_EVENT: 7,
  CGROUP_SKB: 8,
  CGROUP_SOCK: 9,
  LWT_IN: 10,
  LWT_OUT: 11,
  LWT_XMIT: 12,
  SOCK_OPS: 13,
  SK_SKB: 14,
  CGROUP_DEVICE: 15,
  SK_MSG: 16,
  RAW_TRACEPOINT: 17,
  CGROUP_SOCK_ADDR: 18,
  LWT_SEG6LOCAL: 19,
  LIRC_MODE2: 20,
  SK_REUSEPORT: 21,
  FLOW_DISSECTOR: 22,
  CGROUP_SYSCTL: 23,
  RAW_TRACEPOINT_WRITABLE: 24,
  CGROUP_SOCKOPT: 25,
  TRACING: 26,
  STRUCT_OPS: 27,
  EXT: 28,
  LSM: 29,
  SK_LOOKUP: 30,
  SYSCALL: 31,
  NETFILTER: 32,
} as const;

/** BPF_MAP_TYPE_*. */
export const MAP_TYPE = {
  HASH: 1,
  ARRAY: 2,
  PROG_ARRAY: 3,
  PERF_EVENT_ARRAY: 4,
  PERCPU_HASH: 5,
  PERCPU_ARRAY: 6,
  STACK_TRACE: 7,
  CGROUP_ARRAY: 8,
  LRU_HASH: 9,
  LRU_PERCPU_HASH: 10,
  LPM_TRIE: 11,
  ARRAY_OF_MAPS: 12,
  HASH_OF_MAPS: 13,
  DEVMAP: 14,
  SOCKMAP: 15,
  CPUMAP: 16,
  XSKMAP: 17,
  SOCKHASH: 18,
  CGROUP_STORAGE: 19,
  REUSEPORT_SOCKARRAY: 20,
  PERCPU_CGROUP_STORAGE: 21,
  QUEUE: 22,
  STACK: 23,
  SK_STORAGE: 24,
  DEVMAP_HASH: 25,
  STRUCT_OPS: 26,
  RINGBUF: 27,
  INODE_STORAGE: 28,
  TASK_STORAGE: 29,
  BLOOM_FILTER: 30,
  USER_RINGBUF: 31,
  CGRP_STORAGE: 32,
  ARENA: 33,
} as const;

/** BPF_*: where a program is to be attached. */
export const ATTACH_TYPE = {
  CGROUP_INET_INGRESS: 0,
  CGROUP_INET_EGRESS: 1,
  CGROUP_INET_SOCK_CREATE: 2,
  CGROUP_SOCK_OPS: 3,
  SK_SKB_STREAM_PARSER: 4,
  SK_SKB_STREAM_VERDICT: 5,
  CGROUP_DEVICE: 6,
  SK_MSG_VERDICT: 7,
  CGROUP_INET4_BIND: 8,
  CGROUP_INET6_BIND: 9,
  CGROUP_INET4_CONNECT: 10,
  CGROUP_INET6_CONNECT: 11,
  CGROUP_INET4_POST_BIND: 12,
  CGROUP_INET6_POST_BIND: 13,
  CGROUP_UDP4_SENDMSG: 14,
  CGROUP_UDP6_SENDMSG: 15,
  LIRC_MODE2: 16,
  FLOW_DISSECTOR: 17,
  CGROUP_SYSCTL: 18,
  CGROUP_UDP4_RECVMSG: 19,
  CGROUP_UDP6_RECVMSG: 20,
  CGROUP_GETSOCKOPT: 21,
  CGROUP_SETSOCKOPT: 22,
  TRACE_RAW_TP: 23,
  TRACE_FENTRY: 24,
  TRACE_FEXIT: 25,
  MODIFY_RETURN: 26,
  LSM_MAC: 27,
  TRACE_ITER: 28,
  CGROUP_INET4_GETPEERNAME: 29,
  CGROUP_INET6_GETPEERNAME: 30,
  CGROUP_INET4_GETSOCKNAME: 31,
  CGROUP_INET6_GETSOCKNAME: 32,
  XDP_DEVMAP: 33,
  CGROUP_INET_SOCK_RELEASE: 34,
  XDP_CPUMAP: 35,
  SK_LOOKUP: 36,
  XDP: 37,
  SK_SKB_VERDICT: 38,
  SK_REUSEPORT_SELECT: 39,
  SK_REUSEPORT_SELECT_OR_MIGRATE: 40,
  PERF_EVENT: 41,
  TRACE_KPROBE_MULTI: 42,
  LSM_CGROUP: 43,
  STRUCT_OPS: 44,
  NETFILTER: 45,
  TCX_INGRESS: 46,
  TCX_EGRESS: 47,
  TRACE_UPROBE_MULTI: 48,
  NETKIT_PRIMARY: 54,
  NETKIT_PEER: 55,
  TRACE_KPROBE_SESSION: 56,
  TRACE_UPROBE_SESSION: 57,
} as const;

/** BPF_F_*: flags of maps. */
export const MAP_FLAG = {
  NO_PREALLOC: 0x1,
  NO_COMMON_LRU: 0x2,
  RDONLY_PROG: 0x80,
  WRONLY_PROG: 0x100,
  MMAPABLE: 0x400,
} as const;

/** BPF_F_*: flags of programs. */
export const PROGRAM_FLAG = {
  /** An XDP program that may be given frames of several buffers. Since 5.18. */
  XDP_HAS_FRAGS: 0x20,
} as const;

/** A map to be made. Sizes in bytes; a ring buffer has no keys and no values, its `entries` are bytes. */
export interface MapSpec {
  /** Under which programs refer to it; the kernel keeps the first 15 letters. */
  readonly name: string;
  /** One of MAP_TYPE. */
  readonly type: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly entries: number;
  /** MAP_FLAG. */
  readonly flags?: number;
}

/** A typed tracepoint (`kfree_skb`), or a function, of the kernel or of one of its modules. */
export type AttachTarget = { readonly tracepoint: string } | { readonly function: string; readonly module?: string };

/** A program to be loaded. */
export interface ProgramSpec {
  /** The kernel keeps the first 15 letters. */
  readonly name: string;
  /** One of PROGRAM_TYPE. */
  readonly type: number;
  /** One of ATTACH_TYPE, for program types that want to know it when they are loaded. */
  readonly attachType?: number;
  /** PROGRAM_FLAG. */
  readonly flags?: number;
  /** What it is to be attached to, for BPF_PROG_TYPE_TRACING: its id in the kernel's BTF, or what it is called there. */
  readonly attachTo?: number | AttachTarget;
  /** Labels resolved, other references as they are: `assembleEbpf`. */
  readonly instructions: EbpfProgram;
}
