// Where the demo's scenes play: three network namespaces in a row, client - server - behind, joined by veth pairs. The server
// forwards. All link-layer addresses are written down, so that nobody asks for them unless a scene wants it.
import { spawnSync } from 'node:child_process';
import { fstatSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createNetworkNamespace,
  FrameSocket,
  InetSocket,
  inNamespace,
  type NetworkNamespace,
  RouteSocket,
} from '../linux/index.ts';
import { SEARCHED } from './demo-rules.ts';
import { CLIENT, BEHIND as NETWORK_BEHIND, SERVER } from './demo-stage.ts';
import { Failure } from './failure.ts';

export type Side = 'client' | 'server' | 'behind';
export const SIDES: readonly Side[] = ['client', 'server', 'behind'];

/** The server's other end, and the host behind it. Different interface numbers: see LinkSpec. */
export const INNER = {
  name: 'v2',
  index: 12,
  mac: '02:00:00:00:00:03',
  ipv4: '198.51.100.1',
  ipv6: '2001:db8:1::1',
} as const;
export const BEHIND = {
  name: 'v3',
  index: 13,
  mac: '02:00:00:00:00:09',
  ipv4: NETWORK_BEHIND.host,
  ipv6: '2001:db8:1::9',
} as const;

/** A network that the client thinks is behind the server, and the server knows nothing of (RFC 5737, RFC 3849). */
export const NOWHERE = { network: '203.0.113.0/24', ipv4: '203.0.113.7', ipv6: '2001:db8:dead::7' } as const;

interface End {
  readonly side: Side;
  readonly name: string;
  readonly index: number;
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

/** The two cables, end by end. */
const CABLES: readonly (readonly [End, End])[] = [
  [
    { side: 'client', ...CLIENT },
    { side: 'server', ...SERVER },
  ],
  [
    { side: 'server', ...INNER },
    { side: 'behind', ...BEHIND },
  ],
];

const ROUTES: readonly { side: Side; destination: string; gateway: string }[] = [
  { side: 'client', destination: '0.0.0.0/0', gateway: SERVER.ipv4 },
  { side: 'client', destination: '::/0', gateway: SERVER.ipv6 },
  { side: 'behind', destination: '0.0.0.0/0', gateway: INNER.ipv4 },
  { side: 'behind', destination: '::/0', gateway: INNER.ipv6 },
];

/** The same on every machine, whatever its own settings are; each holds for the namespace only. */
const SETTINGS: readonly { sides: readonly Side[]; name: string; value: number }[] = [
  { sides: SIDES, name: 'net/ipv4/icmp_ratemask', value: 0 },
  { sides: SIDES, name: 'net/ipv6/icmp/ratelimit', value: 0 },
  ...['all', 'default', CLIENT.name].map((name) => ({ sides: ['client'] as const, name: rpFilter(name), value: 0 })),
  ...['all', 'default', SERVER.name, INNER.name].map((name) => ({
    sides: ['server'] as const,
    name: rpFilter(name),
    value: 0,
  })),
  ...['all', 'default', BEHIND.name].map((name) => ({ sides: ['behind'] as const, name: rpFilter(name), value: 0 })),
  { sides: ['server'], name: 'net/ipv6/conf/all/forwarding', value: 1 },
];

function rpFilter(name: string): string {
  return `net/ipv4/conf/${name}/rp_filter`;
}

const READY_MS = 5_000;
const LOOK_EVERY_MS = 2;

export class SceneStage {
  private readonly namespaces: Readonly<Record<Side, NetworkNamespace>>;
  private readonly frames: FrameSocket;
  /** What the scene under way has opened and changed. */
  private kept: Disposable[] = [];
  /** How many packets the scene has sent, where that differs from time to time: each will have its journey. */
  sent = 0;

  /** Throws SystemError where namespaces are not allowed. */
  constructor() {
    this.namespaces = {
      client: createNetworkNamespace(),
      server: createNetworkNamespace(),
      behind: createNetworkNamespace(),
    };
    for (const [one, other] of CABLES) this.connect(one, other);
    for (const { sides, name, value } of SETTINGS) for (const side of sides) this.write(side, name, value);
    for (const { side, ...route } of ROUTES) this.routes(side, (links) => links.addRoute(route));
    this.frames = this.inside('client', () => new FrameSocket(CLIENT.name));
  }

  private connect(one: End, other: End): void {
    const peer = {
      name: other.name,
      index: other.index,
      address: other.mac,
      namespaceFd: this.namespaces[other.side].fd,
    };
    const { name, index, mac } = one;
    this.routes(one.side, (links) => links.createLink({ name, index, kind: 'veth', address: mac, peer }));
    for (const [end, far] of [[one, other] as const, [other, one] as const]) {
      this.routes(end.side, (links) => {
        links.setLink(end.name, { linkLocal: false });
        links.setLink(end.name, { up: true, forwarding: end.side === 'server' });
        links.addAddress(end.name, `${end.ipv4}/24`);
        links.addAddress(end.name, `${end.ipv6}/64`);
        links.addNeighbour(end.name, far.ipv4, far.mac);
        links.addNeighbour(end.name, far.ipv6, far.mac);
      });
    }
  }

  /** Inode numbers of the three namespaces: a step of a journey names them. */
  get inodes(): Readonly<Record<Side, number>> {
    const { client, server, behind } = this.namespaces;
    return { client: inodeOf(client), server: inodeOf(server), behind: inodeOf(behind) };
  }

  /** The cards of all three: their packets are those of the scenes. */
  get devices(): readonly { namespace: number; index: number }[] {
    const { inodes } = this;
    return CABLES.flat().map(({ side, index }) => ({ namespace: inodes[side], index }));
  }

  /** Until all ends are plugged in: the kernel sees to it in its own time. */
  async ready(): Promise<void> {
    const deadline = performance.now() + READY_MS;
    while (!this.isReady()) {
      if (performance.now() > deadline) throw new Failure('cannot run the demo: its network does not come up');
      await sleep(LOOK_EVERY_MS);
    }
  }

  private isReady(): boolean {
    return CABLES.flat().every(({ side, name }) => this.routes(side, (links) => links.link(name).running));
  }

  inside<T>(side: Side, work: () => T): T {
    return inNamespace(this.namespaces[side], work);
  }

  routes<T>(side: Side, work: (links: RouteSocket) => T): T {
    return this.inside(side, () => {
      using links = new RouteSocket();
      return work(links);
    });
  }

  /** A frame of our own making, out of the client's card. */
  send(frame: Uint8Array): void {
    this.frames.send(frame);
  }

  /** A socket of a side, closed when the scene ends. */
  udp(side: Side, port: number, address = ADDRESS[side]): InetSocket {
    return this.keep(this.inside(side, () => InetSocket.udp({ address, port })));
  }

  tcp(side: Side, port: number, address = ADDRESS[side]): InetSocket {
    return this.keep(this.inside(side, () => InetSocket.tcp({ address, port })));
  }

  /** A setting below /proc/sys, until the scene ends. */
  setting(side: Side, name: string, value: number): void {
    const before = this.inside(side, () => Number(readFileSync(`/proc/sys/${name}`, 'latin1')));
    this.write(side, name, value);
    this.undo(() => this.write(side, name, before));
  }

  private write(side: Side, name: string, value: number): void {
    this.inside(side, () => writeFileSync(`/proc/sys/${name}`, String(value)));
  }

  /** Runs a program inside to its end: what it printed. Throws Failure when it is not there or does not succeed. */
  run(side: Side, [program, ...args]: readonly [string, ...string[]], input = ''): string {
    const { error, status, stdout, stderr } = this.inside(side, () =>
      spawnSync(program, args, { encoding: 'utf8', input, env: { ...process.env, PATH: SEARCHED } }),
    );
    if (error === undefined && status === 0) return stdout;
    throw new Failure(`cannot run ${program} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
  }

  /** Will be disposed when the scene ends, the last one first. */
  keep<T extends Disposable>(part: T): T {
    this.kept.push(part);
    return part;
  }

  /** Will be done when the scene ends. */
  undo(work: () => void): void {
    this.kept.push({ [Symbol.dispose]: work });
  }

  /** As before the scene. */
  clear(): void {
    this.sent = 0;
    for (const part of this.kept.splice(0).reverse()) part[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.clear();
    const { client, server, behind } = this.namespaces;
    for (const part of [this.frames, client, server, behind]) part[Symbol.dispose]();
  }
}

const ADDRESS: Readonly<Record<Side, string>> = { client: CLIENT.ipv4, server: SERVER.ipv4, behind: BEHIND.ipv4 };

function inodeOf(namespace: NetworkNamespace): number {
  return fstatSync(namespace.fd).ino;
}
