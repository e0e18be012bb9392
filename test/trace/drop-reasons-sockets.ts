// Sockets of drop-reasons tests that the project itself has no use for: with options set, and TCP connections brought to any
// state without a packet (TCP_REPAIR, net/ipv4/tcp.c, v6.18).
import { parseIpv4, parseIpv6, writeU16, writeU16LE, writeU32LE } from '../../src/bytes/index.ts';
import type { SceneStage, Side } from '../../src/cli/demo-scene-stage.ts';
import {
  attachFilter,
  bind,
  closeDescriptor,
  connect,
  listen,
  receive,
  SOCK,
  send,
  sendTo,
  setSocketOption,
  socket,
} from '../../src/linux/ffi.ts';

const AF = { INET: 2, INET6: 10 } as const;
const IPPROTO_TCP = 6;
const TCP = {
  REPAIR: 19,
  REPAIR_QUEUE: 20,
  QUEUE_SEQ: 21,
  REPAIR_OPTIONS: 22,
  REPAIR_WINDOW: 29,
  MD5SIG: 14,
  TIMESTAMP: 24,
};
const QUEUE = { RECEIVE: 1, SEND: 2 } as const;
/** Ends the repair without a probe of the window. */
const REPAIR_OFF_NO_PROBE = -1;
const TCPOPT_TIMESTAMP = 8;

export class TestSocket {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  option(level: number, option: number, value: number | Uint8Array): this {
    setSocketOption(this.fd, level, option, value);
    return this;
  }

  /** A classic BPF program: struct sock_filter one behind the other. */
  filter(instructions: Uint8Array): this {
    attachFilter(this.fd, instructions);
    return this;
  }

  bind(address: string, port: number): this {
    bind(this.fd, socketAddress(address, port));
    return this;
  }

  listen(backlog: number): this {
    listen(this.fd, backlog);
    return this;
  }

  connect(address: string, port: number): this {
    connect(this.fd, socketAddress(address, port));
    return this;
  }

  send(data: Uint8Array): this {
    send(this.fd, data);
    return this;
  }

  sendTo(address: string, port: number, data: Uint8Array): this {
    sendTo(this.fd, data, socketAddress(address, port));
    return this;
  }

  receive(): Uint8Array {
    const bytes = new Uint8Array(1 << 16);
    return bytes.subarray(0, receive(this.fd, bytes));
  }

  private closed = false;

  close(): void {
    if (!this.closed) closeDescriptor(this.fd);
    this.closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Says nothing to its peer when it is closed. */
class RepairedSocket extends TestSocket {
  override [Symbol.dispose](): void {
    this.option(IPPROTO_TCP, TCP.REPAIR, 1);
    this.close();
  }
}

/** A socket of a side, closed when the scene ends. */
export function open(
  stage: SceneStage,
  side: Side,
  kind: 'udp' | 'tcp' | 'raw',
  family: 4 | 6 = 4,
  protocol = 0,
): TestSocket {
  const type = { udp: SOCK.DGRAM, tcp: SOCK.STREAM, raw: SOCK.RAW }[kind];
  return stage.keep(
    stage.inside(side, () => new TestSocket(socket(family === 4 ? AF.INET : AF.INET6, type, protocol))),
  );
}

export interface Connection {
  local: readonly [address: string, port: number];
  remote: readonly [address: string, port: number];
  /** Next sequence numbers: what this side sends, and what it expects. */
  sends: number;
  expects: number;
  /** Receive window, and the left edge that was acknowledged last; as large as may be, and all acknowledged otherwise. */
  window?: { bytes: number; acknowledged: number };
  /** The peer's last timestamp, when the connection has timestamps. */
  timestamp?: number;
}

/** An established connection of the server, of which nobody was told. */
export function established(
  stage: SceneStage,
  { local, remote, sends, expects, window, timestamp }: Connection,
): TestSocket {
  const made = stage.keep(stage.inside('server', () => new RepairedSocket(socket(AF.INET, SOCK.STREAM, 0))));
  made.option(IPPROTO_TCP, TCP.REPAIR, 1);
  for (const [queue, sequence] of [
    [QUEUE.SEND, sends],
    [QUEUE.RECEIVE, expects],
  ] as const) {
    made.option(IPPROTO_TCP, TCP.REPAIR_QUEUE, queue);
    made.option(IPPROTO_TCP, TCP.QUEUE_SEQ, sequence);
  }
  made.bind(...local).connect(...remote);
  if (timestamp !== undefined) made.option(IPPROTO_TCP, TCP.REPAIR_OPTIONS, words(TCPOPT_TIMESTAMP, 0));
  if (window !== undefined) {
    // struct tcp_repair_window: snd_wl1, snd_wnd, max_window, rcv_wnd, rcv_wup.
    made.option(IPPROTO_TCP, TCP.REPAIR_WINDOW, words(expects, 65535, 65535, window.bytes, window.acknowledged));
  }
  made.option(IPPROTO_TCP, TCP.REPAIR, REPAIR_OFF_NO_PROBE);
  return made;
}

/** struct tcp_md5sig for one peer: the key that its segments must be signed with. */
export function md5Key(address: string, key: string): Uint8Array {
  const bytes = new Uint8Array(216);
  bytes.set(socketAddress(address, 0), 0);
  writeU16LE(bytes, 130, key.length);
  bytes.set(Buffer.from(key), 136);
  return bytes;
}

export const MD5_OPTION = [IPPROTO_TCP, TCP.MD5SIG] as const;

/** struct sockaddr_in and sockaddr_in6. */
function socketAddress(address: string, port: number): Uint8Array {
  const four = parseIpv4(address);
  const bytes = new Uint8Array(four === undefined ? 28 : 16);
  writeU16LE(bytes, 0, four === undefined ? AF.INET6 : AF.INET);
  writeU16(bytes, 2, port);
  if (four === undefined) bytes.set(parseIpv6(address)!, 8);
  else bytes.set(four, 4);
  return bytes;
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, i) => {
    writeU32LE(bytes, 4 * i, value >>> 0);
  });
  return bytes;
}
