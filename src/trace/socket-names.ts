// Who a packet was delivered to: the kernel's events name a socket by its addresses; its inode comes from the list of sockets
// of the namespace, and the process from who holds that inode. Lists are kept for a moment, since many packets ask.
import {
  inNamespace,
  type ListedSocket,
  listSockets,
  openNetworkNamespace,
  processDetails,
  socketHolders,
} from '../linux/index.ts';
import type { ProcessInfo, SocketInfo } from '../path/index.ts';

/** What was not found is looked for again, so often at most; what was found is believed for as long. */
const KEEP_MS = 200;
const HOLDERS_KEEP_MS = 500;

export class SocketNames {
  private readonly pathOf: (namespace: number) => string | undefined;
  private readonly lists = new Map<number, { sockets: readonly ListedSocket[]; readMs: number }>();
  private holders = new Map<number, number>();
  private holdersMs = Number.NEGATIVE_INFINITY;

  /** `pathOf`: what opens a namespace. */
  constructor(pathOf: (namespace: number) => string | undefined) {
    this.pathOf = pathOf;
  }

  /** With its inode, while it is there. */
  complete(socket: SocketInfo, namespace: number): SocketInfo {
    const found = this.socketsOf(namespace).find((listed) => isSame(listed, socket));
    return found === undefined || found.inode === 0 ? socket : { ...socket, inode: found.inode };
  }

  holderOf({ inode }: SocketInfo): ProcessInfo | undefined {
    if (inode === undefined) return undefined;
    if (performance.now() - this.holdersMs > HOLDERS_KEEP_MS) {
      this.holders = socketHolders();
      this.holdersMs = performance.now();
    }
    const pid = this.holders.get(inode);
    return pid === undefined ? undefined : processDetails(pid);
  }

  private socketsOf(namespace: number): readonly ListedSocket[] {
    const known = this.lists.get(namespace);
    if (known !== undefined && performance.now() - known.readMs < KEEP_MS) return known.sockets;
    const sockets = this.read(namespace);
    this.lists.set(namespace, { sockets, readMs: performance.now() });
    return sockets;
  }

  private read(namespace: number): readonly ListedSocket[] {
    const path = this.pathOf(namespace);
    if (path === undefined) return [];
    try {
      using opened = openNetworkNamespace(path);
      return inNamespace(opened, () => listSockets());
    } catch {
      return []; // it has gone, or is another user's
    }
  }
}

function isSame(listed: ListedSocket, { protocol, local, remote, cookie }: SocketInfo): boolean {
  if (cookie !== undefined && listed.cookie !== 0n) return listed.cookie.toString(16) === cookie;
  return (
    listed.protocol === protocol &&
    listed.local.port === local.port &&
    listed.local.address === local.address &&
    listed.remote?.port === remote?.port &&
    listed.remote?.address === remote?.address
  );
}
