// Where the demo plays: two network namespaces, client and server, joined by a veth pair, and the sockets in them.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { compileFilter } from '../filter/index.ts';
import {
  type CaptureRing,
  createNetworkNamespace,
  FrameSocket,
  InetSocket,
  inNamespace,
  type NetworkNamespace,
  openRing,
  RouteSocket,
} from '../linux/index.ts';
import { LINK_TYPE } from '../packet/index.ts';
import { Failure } from './failure.ts';

/** Addresses for documentation: RFC 5737, RFC 3849. Different interface numbers: see LinkSpec. */
export const CLIENT = {
  name: 'v0',
  index: 10,
  mac: '02:00:00:00:00:01',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
} as const;
export const SERVER = {
  name: 'v1',
  index: 11,
  mac: '02:00:00:00:00:02',
  ipv4: '192.0.2.2',
  ipv6: '2001:db8::2',
} as const;

/** A network behind the server, as far as its routes say. */
export const BEHIND = { network: '198.51.100.0/24', host: '198.51.100.9' } as const;

/** The group that the server's IPv6 address is asked for in (RFC 4291 section 2.7.1), and as /proc/net/igmp6 writes it. */
export const SOLICITED_NODE = {
  ipv6: 'ff02::1:ff00:2',
  mac: '33:33:ff:00:00:02',
  inProc: 'ff0200000000000000000001ff000002',
} as const;

const READY_MS = 5_000;
const LOOK_EVERY_MS = 2;

export class DemoStage {
  private readonly client: NetworkNamespace;
  private readonly server: NetworkNamespace;
  private readonly frames: FrameSocket;

  /** Throws SystemError where namespaces are not allowed. */
  constructor() {
    this.client = createNetworkNamespace();
    this.server = createNetworkNamespace();
    this.connect();
    this.frames = this.inClient(() => new FrameSocket(CLIENT.name));
  }

  /** Two virtual network cards with a cable between them. */
  private connect(): void {
    using client = this.inClient(() => new RouteSocket());
    using server = this.inServer(() => new RouteSocket());
    const peer = { ...SERVER, address: SERVER.mac, namespaceFd: this.server.fd };
    client.createLink({ ...CLIENT, kind: 'veth', address: CLIENT.mac, peer });
    for (const [links, { name, ipv4 }] of [[client, CLIENT] as const, [server, SERVER] as const]) {
      links.setLink(name, { linkLocal: false, up: true });
      links.addAddress(name, `${ipv4}/24`);
    }
    server.addAddress(SERVER.name, `${SERVER.ipv6}/64`);
    server.setLink(SERVER.name, { forwarding: true });
    server.addRoute({ destination: BEHIND.network, gateway: CLIENT.ipv4 });
  }

  /** Until both ends are plugged in and the server listens to its group: the kernel sees to it in its own time. */
  async ready(): Promise<void> {
    const deadline = performance.now() + READY_MS;
    while (!this.isReady()) {
      if (performance.now() > deadline) throw new Failure('cannot run the demo: its network does not come up');
      await sleep(LOOK_EVERY_MS);
    }
  }

  private isReady(): boolean {
    const isRunning = (name: string) => () => {
      using links = new RouteSocket();
      return links.link(name).running;
    };
    const groups = () => readFileSync('/proc/thread-self/net/igmp6', 'latin1');
    return (
      this.inClient(isRunning(CLIENT.name)) &&
      this.inServer(isRunning(SERVER.name)) &&
      this.inServer(groups).includes(SOLICITED_NODE.inProc)
    );
  }

  inClient<T>(work: () => T): T {
    return inNamespace(this.client, work);
  }

  inServer<T>(work: () => T): T {
    return inNamespace(this.server, work);
  }

  /** A frame of our own making, out of the client's card. */
  send(frame: Uint8Array): void {
    this.frames.send(frame);
  }

  udp(side: 'client' | 'server', port: number): InetSocket {
    return this.socket(side, (address) => InetSocket.udp({ address, port }));
  }

  tcp(side: 'client' | 'server', port: number): InetSocket {
    return this.socket(side, (address) => InetSocket.tcp({ address, port }));
  }

  private socket(side: 'client' | 'server', make: (address: string) => InetSocket): InetSocket {
    return side === 'client' ? this.inClient(() => make(CLIENT.ipv4)) : this.inServer(() => make(SERVER.ipv4));
  }

  /** The receiving end, watched: all of it, or what a filter in the kernel lets through. */
  capture(filter?: string): CaptureRing {
    const options = { interfaces: [SERVER.name], immediate: true };
    if (filter === undefined) return this.inServer(() => openRing(options));
    const compiled = compileFilter(filter, { linkType: LINK_TYPE.ETHERNET, target: 'live' });
    return this.inServer(() => openRing({ ...options, filter: () => compiled }));
  }

  [Symbol.dispose](): void {
    for (const part of [this.frames, this.client, this.server]) part[Symbol.dispose]();
  }
}
