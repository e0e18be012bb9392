// Room 6: system calls, AF_PACKET rings, interfaces, netlink, network namespaces, eBPF maps and programs: all of it touches
// the machine.
export { allowedCpus, onCpu } from './affinity.ts';
export { BpfLink, type NetfilterPlace, NF_HOOK, type XdpMode } from './bpf-link.ts';
export { BpfMap, BpfProgram, type LoadOptions, possibleCpus } from './bpf-object.ts';
export type { LogLevel, TestRun } from './bpf-syscall.ts';
export { type Capability, missingCapabilities } from './capabilities.ts';
export type { CaptureDirection, CaptureFilter } from './capture-filter.ts';
export {
  ANY,
  type CaptureInterface,
  CaptureRing,
  DEFAULT_BUFFER_BYTES,
  DEFAULT_SNAP_LENGTH,
  FANOUT_MODE,
  openRing,
  type RingOptions,
} from './capture-ring.ts';
export { Fanout, type FanoutOptions, type FanoutResult, openFanout } from './fanout.ts';
export type { Mapping } from './ffi.ts';
export { FrameSocket } from './frame-socket.ts';
export { type Endpoint, InetSocket } from './inet-socket.ts';
export {
  type InterfaceInfo,
  linkTypesOf,
  listInterfaces,
  type TimestampType,
  timestampTypesOf,
} from './interfaces.ts';
export { KERNEL_REFERENCES, kernelBtf, moduleBtf, NETWORK_MODULES } from './kernel-btf.ts';
export { type KernelFunction, KernelSymbols } from './kernel-symbols.ts';
export {
  createNetworkNamespace,
  inNamespace,
  NetworkNamespace,
  namespaceCookie,
  openNetworkNamespace,
} from './namespace.ts';
export { type BaseChain, listBaseChains, listLegacyChains } from './netfilter-chains.ts';
export { type Link, type LinkDrops, type LinkSettings, type LinkSpec, RouteSocket, type RouteSpec } from './netlink.ts';
export { containerIn, controlGroupIn, type ProcessDetails, processDetails, socketHolders } from './processes.ts';
export { RECORD_HEADER_BYTES, type RecordHandler, RingBuffer } from './ring-buffer.ts';
export { type ListedSocket, listSockets } from './sockets.ts';
export { SystemError } from './system-error.ts';
export { VerifierError } from './verifier-error.ts';
