// Sockets and how a packet finds its own (net/ipv4/udp.c, inet_hashtables.c, raw.c, v6.18).

import type { SocketInfo } from '../path/index.ts';
import { addressText } from './ipv4-address.ts';
import type { NetDevice } from './net-device.ts';

export interface SocketOptions {
  readonly protocol: 'tcp' | 'udp' | 'raw';
  /** Number of the IP protocol, of raw sockets. */
  readonly ipProtocol?: number;
  /** 0 for any. */
  readonly local: number;
  readonly localPort: number;
  /** 0 when it is not connected. */
  readonly remote?: number;
  readonly remotePort?: number;
  readonly isListening?: boolean;
  /** Bound to it by SO_BINDTODEVICE. */
  readonly device?: string;
  /** SO_RCVBUF as the kernel keeps it; infinite when not given. */
  readonly receiveBuffer?: number;
  readonly inode?: number;
  /** An IPv6 socket that takes IPv4 too. */
  readonly isDual?: boolean;
}

export class Socket {
  readonly options: SocketOptions;
  /** sk_rmem_alloc. */
  queuedBytes = 0;

  constructor(options: SocketOptions) {
    this.options = options;
  }

  get info(): SocketInfo {
    const { protocol, ipProtocol, local, localPort, remote = 0, remotePort = 0, inode } = this.options;
    return {
      protocol: protocol === 'raw' ? `raw ${ipProtocol ?? 0}` : protocol,
      local: { address: addressText(local), port: localPort },
      ...(remotePort === 0 ? {} : { remote: { address: addressText(remote), port: remotePort } }),
      ...(inode === undefined ? {} : { inode }),
    };
  }
}

/** compute_score of udp.c, inet_hashtables.c: which of those that fit fits best; -1 for none. */
function scoreOf({ options }: Socket, packet: Ends, dev: NetDevice): number {
  const { local, localPort, remote = 0, remotePort = 0, device, isDual } = options;
  if (localPort !== packet.localPort || (local !== 0 && local !== packet.local)) return -1;
  let score = isDual ? 1 : 2;
  if (local !== 0) score += 4;
  if (remote !== 0) {
    if (remote !== packet.remote) return -1;
    score += 4;
  }
  if (remotePort !== 0) {
    if (remotePort !== packet.remotePort) return -1;
    score += 4;
  }
  if (device !== undefined) {
    if (device !== dev.name) return -1;
    score += 4;
  }
  return score;
}

/** As a packet that comes in has them: its destination is local. */
export interface Ends {
  local: number;
  localPort: number;
  remote: number;
  remotePort: number;
}

export class SocketTable {
  private readonly udp = new Map<number, Socket[]>();
  private readonly listening = new Map<number, Socket[]>();
  private readonly established = new Map<number, Socket[]>();
  readonly raw: Socket[] = [];
  /** Nobody said which sockets there are. */
  isUnknown = false;

  add(socket: Socket): void {
    const { protocol, isListening, localPort } = socket.options;
    if (protocol === 'raw') {
      this.raw.push(socket);
      return;
    }
    const table = protocol === 'udp' ? this.udp : isListening ? this.listening : this.established;
    const there = table.get(localPort);
    if (there === undefined) table.set(localPort, [socket]);
    else there.push(socket);
  }

  udpSocket(packet: Ends, dev: NetDevice): Socket | undefined {
    return best(this.udp.get(packet.localPort), packet, dev);
  }

  /** All that want a broadcast or multicast datagram. */
  udpSockets(packet: Ends, dev: NetDevice): Socket[] {
    return (this.udp.get(packet.localPort) ?? []).filter((socket) => scoreOf(socket, packet, dev) >= 0);
  }

  tcpSocket(packet: Ends, dev: NetDevice): Socket | undefined {
    return (
      best(this.established.get(packet.localPort), packet, dev) ??
      best(this.listening.get(packet.localPort), packet, dev)
    );
  }
}

function best(sockets: readonly Socket[] | undefined, packet: Ends, dev: NetDevice): Socket | undefined {
  if (sockets === undefined) return undefined;
  let found: Socket | undefined;
  let highest = -1;
  for (const socket of sockets) {
    const score = scoreOf(socket, packet, dev);
    if (score > highest) {
      found = socket;
      highest = score;
    }
  }
  return found;
}
