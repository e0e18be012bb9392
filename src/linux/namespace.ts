// Network namespaces without names: each lives as long as a descriptor, a socket or a process holds it, so nothing is left
// behind when the process ends, however it ends. kernel/nsproxy.c, net/core/net_namespace.c (v6.18).
//
// setns moves one thread. Node's main thread is moved, works synchronously, and is moved back; a socket keeps the
// namespace it was made in, and so does a program started there.
import { closeSync, openSync } from 'node:fs';
import { readU64LE } from '../bytes/index.ts';
import { AF, CLONE_NEWNET, closeDescriptor, getSocketOption, SOCK, setNamespace, socket, unshare } from './ffi.ts';
import { SystemError } from './system-error.ts';

/** The calling thread's namespace; /proc/self would be the main thread's. */
const CURRENT = '/proc/thread-self/ns/net';

const NEEDS_SYS_ADMIN =
  'needs CAP_SYS_ADMIN: run as root, or as root of a user namespace of your own (unshare -Urn COMMAND)';

/** A network namespace held by a descriptor, which dispose closes. */
export class NetworkNamespace {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/** Makes a network namespace with nothing in it but its loopback interface, down. */
export function createNetworkNamespace(): NetworkNamespace {
  return thenHome(() => {
    unshare(CLONE_NEWNET, NEEDS_SYS_ADMIN);
    return openNetworkNamespace(CURRENT);
  });
}

/** An existing namespace: that of a process, by its number, or a path as /run/netns/NAME. */
export function openNetworkNamespace(where: number | string): NetworkNamespace {
  const path = typeof where === 'number' ? `/proc/${where}/ns/net` : where;
  try {
    return new NetworkNamespace(openSync(path, 'r'));
  } catch (error) {
    throw new SystemError(`open the network namespace ${path}`, -(error as NodeJS.ErrnoException).errno!);
  }
}

/**
 * Does `work` inside a namespace. Only what it does at once happens there: what it awaits or leaves to callbacks does not.
 *
 *   const server = inNamespace(namespace, () => createServer().listen(80));
 *   const program = inNamespace(namespace, () => spawn('ping', ['192.0.2.1']));
 */
export function inNamespace<T>(namespace: NetworkNamespace, work: () => T): T {
  return thenHome(() => {
    setNamespace(namespace.fd, CLONE_NEWNET, NEEDS_SYS_ADMIN);
    return work();
  });
}

const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;

/**
 * A number that no other network namespace of this machine ever had, unlike inode numbers, which come back: of the calling
 * thread's (sock_getsockopt, net/core/sock.c). Since 5.14.
 */
export function namespaceCookie(): bigint {
  const fd = socket(AF.INET, SOCK.DGRAM, 0, 'ask for the cookie of the network namespace');
  try {
    const value = new Uint8Array(8);
    getSocketOption(fd, SOL_SOCKET, SO_NETNS_COOKIE, value);
    return readU64LE(value, 0);
  } finally {
    closeDescriptor(fd);
  }
}

/** Does something that may move the thread, and returns to where the thread is now, whatever happens. */
function thenHome<T>(work: () => T): T {
  using home = openNetworkNamespace(CURRENT);
  try {
    return work();
  } finally {
    setNamespace(home.fd, CLONE_NEWNET);
  }
}
