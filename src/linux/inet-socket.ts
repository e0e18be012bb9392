// IPv4 sockets whose calls wait for their end, for a few packets between namespaces where every answer is near. Node's own
// sockets are made when its event loop comes to it, which may be in another namespace.
import { closeSync } from 'node:fs';
import { parseIpv4, writeU16, writeU16LE, writeU64LE } from '../bytes/index.ts';
import { AF, accept, bind, connect, listen, receive, SOCK, send, sendTo, setSocketOption, socket } from './ffi.ts';

/** struct sockaddr_in, include/uapi/linux/in.h (v6.18). */
const SOCKADDR_IN = { family: 0, port: 2, address: 4, size: 16 } as const;

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;

/** struct __kernel_sock_timeval: seconds, microseconds. */
const TIMEVAL = { seconds: 0, size: 16 } as const;

/** No call waits longer, whatever goes wrong; it fails with EAGAIN then. */
const LONGEST_WAIT_SECONDS = 2n;

const RECEIVE_BYTES = 1 << 16;

export interface Endpoint {
  address: string;
  port: number;
}

/** Belongs to the network namespace it was made in, wherever it is used. */
export class InetSocket {
  private readonly fd: number;

  private constructor(fd: number) {
    this.fd = fd;
    const longest = new Uint8Array(TIMEVAL.size);
    writeU64LE(longest, TIMEVAL.seconds, LONGEST_WAIT_SECONDS);
    setSocketOption(fd, SOL_SOCKET, SO_RCVTIMEO, longest);
    setSocketOption(fd, SOL_SOCKET, SO_SNDTIMEO, longest);
  }

  /** A UDP socket with that address and port of its own. */
  static udp(own: Endpoint): InetSocket {
    return InetSocket.bound(SOCK.DGRAM, own);
  }

  /** A TCP socket with that address and port, for `listen` or `connect`. */
  static tcp(own: Endpoint): InetSocket {
    return InetSocket.bound(SOCK.STREAM, own);
  }

  private static bound(type: number, own: Endpoint): InetSocket {
    const made = new InetSocket(socket(AF.INET, type, 0));
    try {
      bind(made.fd, socketAddress(own), `bind to ${own.address} port ${own.port}`);
      return made;
    } catch (error) {
      made[Symbol.dispose]();
      throw error;
    }
  }

  /** Makes room for so many bytes to be received; the kernel takes the double, and not less than one packet. */
  limitReceiveBuffer(bytes: number): this {
    setSocketOption(this.fd, SOL_SOCKET, SO_RCVBUF, bytes);
    return this;
  }

  listen(): this {
    listen(this.fd, 1);
    return this;
  }

  accept(): InetSocket {
    return new InetSocket(accept(this.fd));
  }

  connect(other: Endpoint): void {
    connect(this.fd, socketAddress(other), `connect to ${other.address} port ${other.port}`);
  }

  send(data: Uint8Array): void {
    send(this.fd, data);
  }

  sendTo(other: Endpoint, data: Uint8Array): void {
    sendTo(this.fd, data, socketAddress(other), `send to ${other.address} port ${other.port}`);
  }

  /** What comes next: a datagram, or a piece of the stream; empty at its end. */
  receive(): Uint8Array {
    const buffer = new Uint8Array(RECEIVE_BYTES);
    return buffer.subarray(0, receive(this.fd, buffer));
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

function socketAddress({ address, port }: Endpoint): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_IN.size);
  const octets = parseIpv4(address);
  if (octets === undefined) throw new TypeError(`cannot read the IPv4 address: ${address}`);
  writeU16LE(bytes, SOCKADDR_IN.family, AF.INET);
  writeU16(bytes, SOCKADDR_IN.port, port);
  bytes.set(octets, SOCKADDR_IN.address);
  return bytes;
}
