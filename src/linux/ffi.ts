// System calls, through the C library and koffi: the only importer of koffi. Each function here is one call, typed; it
// throws SystemError when the call fails. The library is loaded at the first call, so importing this file costs nothing.
//
// Structures are byte arrays that callers lay out by offset tables of their own.
import { createRequire } from 'node:module';
import type koffiModule from 'koffi';
import { ERRNO, SystemError } from './system-error.ts';

type Koffi = typeof koffiModule;
type NativeFunction = ((...args: unknown[]) => number) & {
  async(...args: unknown[]): void;
};

/** glibc and musl, which is one library under its own name. */
const LIBRARIES = ['libc.so.6', 'libc.so', `ld-musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`];

const PROTOTYPES = {
  socket: 'int socket(int, int, int)',
  bind: 'int bind(int, const void *, uint32_t)',
  connect: 'int connect(int, const void *, uint32_t)',
  listen: 'int listen(int, int)',
  accept4: 'int accept4(int, void *, void *, int)',
  setsockopt: 'int setsockopt(int, int, int, const void *, uint32_t)',
  getsockopt: 'int getsockopt(int, int, int, void *, void *)',
  ioctl: 'int ioctl(int, unsigned long, void *)',
  send: 'int64_t send(int, const void *, size_t, int)',
  sendto: 'int64_t sendto(int, const void *, size_t, int, const void *, uint32_t)',
  recv: 'int64_t recv(int, void *, size_t, int)',
  sendmmsg: 'int sendmmsg(int, void *, uint32_t, int)',
  poll: 'int poll(void *, unsigned long, int)',
  eventfd: 'int eventfd(uint32_t, int)',
  mmap: 'void *mmap(void *, size_t, int, int, int, int64_t)',
  close: 'int close(int)',
  munmap: 'int munmap(void *, size_t)',
  setns: 'int setns(int, int)',
  unshare: 'int unshare(int)',
  sched_getaffinity: 'int sched_getaffinity(int, size_t, void *)',
  sched_setaffinity: 'int sched_setaffinity(int, size_t, const void *)',
  syscall: 'int64_t syscall(int64_t, int, void *, uint32_t)',
} as const;

type CallName = keyof typeof PROTOTYPES;

let koffi: Koffi | undefined;
let library: ReturnType<Koffi['load']> | undefined;
const calls = new Map<CallName, NativeFunction>();

function loadKoffi(): Koffi {
  koffi ??= createRequire(import.meta.url)('koffi') as Koffi;
  return koffi;
}

function loadLibrary(): ReturnType<Koffi['load']> {
  for (const name of LIBRARIES) {
    try {
      return loadKoffi().load(name);
    } catch (error) {
      if (name === LIBRARIES.at(-1)) throw error;
    }
  }
  throw new Error('cannot load the C library');
}

function call(name: CallName): NativeFunction {
  let native = calls.get(name);
  if (native === undefined) {
    library ??= loadLibrary();
    native = library.func(PROTOTYPES[name]) as unknown as NativeFunction;
    calls.set(name, native);
  }
  return native;
}

/** `what` completes "cannot ..."; `hint` says what to do. */
function check(result: number, what: string, hint?: string): number {
  if (result >= 0) return result;
  const errno = loadKoffi().errno();
  throw new SystemError(what, errno, { hint: hint ?? HINTS[errno] });
}

const HINTS: Readonly<Record<number, string>> = {
  [ERRNO.ENOBUFS]: 'the kernel has no memory left for it',
};

// --- sockets

export const AF = { INET: 2, NETLINK: 16, PACKET: 17 } as const;
export const SOCK = { STREAM: 1, DGRAM: 2, RAW: 3, CLOEXEC: 0x80000, NONBLOCK: 0x800 } as const;

export function socket(family: number, type: number, protocol: number, what = 'make a socket', hint?: string): number {
  return check(call('socket')(family, type | SOCK.CLOEXEC, protocol), what, hint);
}

/** Closes what a call here opened: Node does not know these descriptors, and warns when it is asked to close them. */
export function closeDescriptor(fd: number): void {
  check(call('close')(fd), 'close a descriptor');
}

export function bind(fd: number, address: Uint8Array, what = 'bind a socket'): void {
  check(call('bind')(fd, address, address.length), what);
}

export function connect(fd: number, address: Uint8Array, what = 'connect'): void {
  check(call('connect')(fd, address, address.length), what);
}

export function listen(fd: number, backlog: number, what = 'listen'): void {
  check(call('listen')(fd, backlog), what);
}

/** Waits for a connection: its descriptor. */
export function accept(fd: number, what = 'accept a connection'): number {
  return check(call('accept4')(fd, null, null, SOCK.CLOEXEC), what);
}

export function setSocketOption(
  fd: number,
  level: number,
  option: number,
  value: Uint8Array | number,
  what = `set socket option ${option}`,
): void {
  const bytes = typeof value === 'number' ? int32(value) : value;
  check(call('setsockopt')(fd, level, option, bytes, bytes.length), what);
}

/** Attaches a classic BPF program: `instructions` are struct sock_filter one behind the other. */
export function attachFilter(fd: number, instructions: Uint8Array, what = 'attach the filter'): void {
  // struct sock_fprog: a 16-bit count, padding, a pointer.
  const program = new Uint8Array(16);
  const view = new DataView(program.buffer);
  view.setUint16(0, instructions.length / 8, true);
  view.setBigUint64(8, addressOf(instructions), true);
  setSocketOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, what);
}

const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_ATTACH_FILTER = 26;

/** Fills `value`; the count of bytes that were filled. */
export function getSocketOption(fd: number, level: number, option: number, value: Uint8Array): number {
  const length = int32(value.length);
  check(call('getsockopt')(fd, level, option, value, length), `read socket option ${option}`);
  return new DataView(length.buffer).getInt32(0, true);
}

/** The socket's pending error number, which this clears; 0 when there is none. */
export function takeSocketError(fd: number): number {
  const value = new Uint8Array(4);
  getSocketOption(fd, SOL_SOCKET, SO_ERROR, value);
  return new DataView(value.buffer).getInt32(0, true);
}

export function ioctl(fd: number, request: number, argument: Uint8Array, what = `ioctl ${request.toString(16)}`): void {
  check(call('ioctl')(fd, request, argument), what);
}

/** An interface ioctl whose struct ifreq points at a structure of its own, `data`, which the kernel fills. */
export function ioctlWithPointer(fd: number, request: number, ifreq: Uint8Array, data: Uint8Array, what: string): void {
  new DataView(ifreq.buffer).setBigUint64(IFREQ_POINTER, addressOf(data), true);
  ioctl(fd, request, ifreq, what);
}

/** Offset of ifr_data in struct ifreq, include/uapi/linux/if.h. */
const IFREQ_POINTER = 16;

export function send(fd: number, bytes: Uint8Array, what = 'send'): number {
  return check(Number(call('send')(fd, bytes, bytes.length, 0)), what);
}

export function sendTo(fd: number, bytes: Uint8Array, address: Uint8Array, what = 'send'): number {
  return check(Number(call('sendto')(fd, bytes, bytes.length, 0, address, address.length)), what);
}

/** Waits for a datagram and fills `bytes` with it; how many bytes came. */
export function receive(fd: number, bytes: Uint8Array, what = 'receive'): number {
  return check(Number(call('recv')(fd, bytes, bytes.length, 0)), what);
}

/** Sends up to `count` messages laid out as struct mmsghdr; how many went, 0 when the queue was full. */
export function sendMessages(fd: number, messages: Uint8Array, count: number): number {
  const sent = call('sendmmsg')(fd, messages, count, 0);
  if (sent < 0 && [ERRNO.EAGAIN, ERRNO.ENOBUFS].includes(loadKoffi().errno() as 11 | 105)) return 0;
  return check(sent, 'send');
}

// --- waiting

const POLLIN = 1;
export const POLLERR = 8;

/** struct pollfd. */
const POLLFD = { fd: 0, events: 4, revents: 6, size: 8 } as const;

/** File descriptors waited for together, without blocking the event loop: poll(2) on a thread of Node's pool. */
export class PollSet {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly count: number;

  constructor(fds: readonly number[]) {
    this.count = fds.length;
    this.bytes = new Uint8Array(fds.length * POLLFD.size);
    this.view = new DataView(this.bytes.buffer);
    fds.forEach((fd, i) => {
      this.view.setInt32(i * POLLFD.size + POLLFD.fd, fd, true);
      this.view.setInt16(i * POLLFD.size + POLLFD.events, POLLIN, true);
    });
  }

  /** Resolves when one is ready or the time is over. */
  wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      call('poll').async(this.bytes, this.count, timeoutMs, () => resolve());
    });
  }

  /** What is there right now: does not wait. */
  look(): void {
    call('poll')(this.bytes, this.count, 0);
  }

  /** POLLIN, POLLERR ... of descriptor number `i` after `wait`. */
  events(i: number): number {
    return this.view.getInt16(i * POLLFD.size + POLLFD.revents, true);
  }
}

/** A descriptor that becomes readable when eight bytes are written to it. */
export function eventFd(): number {
  return check(call('eventfd')(0, SOCK.CLOEXEC | SOCK.NONBLOCK), 'make an event descriptor');
}

// --- memory

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;
const MAP_POPULATE = 0x8000;

/** Memory shared with the kernel. Once `unmap` was called its array reads as zeros. */
export interface Mapping {
  readonly buffer: ArrayBuffer;
  unmap(): void;
}

export function map(fd: number, length: number, what = 'map memory'): Mapping {
  const pointer = mapAt(null, length, MAP_SHARED | MAP_POPULATE, fd, what);
  const buffer = loadKoffi().view(pointer as never, length);
  return { buffer, unmap: () => replaceByZeros(pointer, buffer) };
}

/** Part of what a descriptor stands for; `offset` in whole pages. */
export function mapMemory(
  fd: number,
  length: number,
  { writable, offset = 0, what = 'map memory' }: { writable: boolean; offset?: number; what?: string },
): Mapping {
  const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  const pointer = mapAt(null, length, MAP_SHARED, fd, what, { protection, offset });
  const buffer = loadKoffi().view(pointer as never, length);
  return { buffer, unmap: () => replaceByZeros(pointer, buffer) };
}

function mapAt(
  where: unknown,
  length: number,
  flags: number,
  fd: number,
  what: string,
  { protection = PROT_READ | PROT_WRITE, offset = 0 } = {},
): unknown {
  const pointer = call('mmap')(where, length, protection, flags, fd, offset) as unknown;
  const { address, errno } = loadKoffi();
  if (BigInt.asIntN(64, address(pointer as never)) === -1n) throw new SystemError(what, errno());
  return pointer;
}

/**
 * An array on memory that is gone would end the process at the next touch, and JavaScript cannot be kept from keeping one.
 * So pages of zeros, which take no memory, stand where the mapping was until the last array on it has gone.
 */
function replaceByZeros(pointer: unknown, buffer: ArrayBuffer): void {
  const length = buffer.byteLength;
  mapAt(pointer, length, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 'unmap memory');
  zeros.register(buffer, { pointer, length });
}

const zeros = new FinalizationRegistry<{ pointer: unknown; length: number }>(({ pointer, length }) => {
  check(call('munmap')(pointer, length), 'unmap memory');
});

/** Where an array's bytes lie: for structures that hold pointers. The array must be kept while the kernel may look. */
export function addressOf(bytes: Uint8Array): bigint {
  return BigInt(loadKoffi().address(bytes as never));
}

// --- namespaces

export const CLONE_NEWNET = 0x40000000;

/** Moves the calling thread into the namespace that a descriptor stands for. */
export function setNamespace(fd: number, type: number, hint?: string): void {
  check(call('setns')(fd, type), 'enter the namespace', hint);
}

/** Puts the calling thread into a new namespace of each kind in `flags`. */
export function unshare(flags: number, hint?: string): void {
  check(call('unshare')(flags), 'make a namespace', hint);
}

// --- CPUs

/** Fills `mask` with the CPUs that the calling thread may run on, a bit each. */
export function getAffinity(mask: Uint8Array): void {
  check(call('sched_getaffinity')(0, mask.length, mask), 'read the CPUs of this thread');
}

/** The CPUs that the calling thread may run on from now on. */
export function setAffinity(mask: Uint8Array): void {
  check(call('sched_setaffinity')(0, mask.length, mask), 'choose the CPUs of this thread');
}

// --- extended BPF

/** __NR_bpf: the C library has no function for it. */
const BPF_CALL = process.arch === 'arm64' ? 280 : 321;

/**
 * bpf(2): `attribute` is a union bpf_attr. The descriptor, or whatever else the command gives. `explain` may name the
 * cause and the remedy better than the error number does.
 */
export function bpf(
  command: number,
  attribute: Uint8Array,
  what: string,
  explain: (errno: number) => { detail?: string; hint?: string } = () => ({}),
): number {
  const result = Number(call('syscall')(BPF_CALL, command, attribute, attribute.length));
  if (result >= 0) return result;
  const errno = loadKoffi().errno();
  throw new SystemError(what, errno, { hint: HINTS[errno], ...explain(errno) });
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
