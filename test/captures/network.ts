// What the captures are made in: three network namespaces in a row, client - server - far, where the server forwards
// between the two others. Real programs run in them; all of it vanishes with this process.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNetworkNamespace, inNamespace, type NetworkNamespace } from '../../src/linux/namespace.ts';
import { RouteSocket } from '../../src/linux/netlink.ts';

export type Place = 'client' | 'server' | 'far';

/** One link between two namespaces: name, MAC and IP addresses of either end. */
const LINKS = [
  {
    client: { name: 'v0', index: 9010, mac: '02:00:00:00:00:01', addresses: ['10.9.0.1/24', 'fd00:9::1/64'] },
    server: { name: 'v1', index: 9011, mac: '02:00:00:00:00:02', addresses: ['10.9.0.2/24', 'fd00:9::2/64'] },
  },
  {
    server: { name: 'w0', index: 9012, mac: '02:00:00:00:01:01', addresses: ['10.9.1.1/24', 'fd00:9:1::1/64'] },
    far: { name: 'w1', index: 9013, mac: '02:00:00:00:01:02', addresses: ['10.9.1.2/24', 'fd00:9:1::2/64'] },
  },
] as const;

interface End {
  readonly name: string;
  readonly index: number;
  readonly mac: string;
  readonly addresses: readonly string[];
}

const DEFAULT_ROUTES = [
  { place: 'client', destination: '0.0.0.0/0', gateway: '10.9.0.2' },
  { place: 'client', destination: '::/0', gateway: 'fd00:9::2' },
  { place: 'far', destination: '0.0.0.0/0', gateway: '10.9.1.1' },
  { place: 'far', destination: '::/0', gateway: 'fd00:9:1::1' },
] as const;

/** No waiting for duplicate addresses; said before there are links. */
const EVERYWHERE = { 'net/ipv6/conf/default/accept_dad': 0 } as const;

/** So that every packet is forwarded, and every error of a quick test told. */
const FORWARDING = {
  'net/ipv4/ip_forward': 1,
  'net/ipv6/conf/all/forwarding': 1,
  'net/ipv4/icmp_ratemask': 0,
  'net/ipv6/icmp/ratelimit': 0,
} as const;

/** Programs that do not end are ended after this. */
const PROGRAM_MS = 5_000;

/** How long a server may take until it listens. */
const LISTEN_MS = 5_000;

const PROGRAMS = fileURLToPath(new URL('./programs/', import.meta.url));

const TCP_LISTEN = '0A';

export class Network {
  /** For files of this capture; gone with it. */
  readonly folder = mkdtempSync(join(tmpdir(), 'pathcap-captures-'));
  private readonly namespaces: Record<Place, NetworkNamespace>;
  private readonly programs = new Set<ChildProcess>();

  constructor() {
    this.namespaces = {
      client: createNetworkNamespace(),
      server: createNetworkNamespace(),
      far: createNetworkNamespace(),
    };
    for (const place of ['client', 'server', 'far'] as const) this.sysctl(place, EVERYWHERE);
    for (const link of LINKS) this.connect(link);
    for (const { place, ...route } of DEFAULT_ROUTES) this.routes(place, (socket) => socket.addRoute(route));
    this.sysctl('server', FORWARDING);
  }

  /** Writes settings under /proc/sys. */
  sysctl(place: Place, settings: Readonly<Record<string, number>>): void {
    this.inside(place, () => {
      for (const [name, value] of Object.entries(settings)) writeFileSync(`/proc/sys/${name}`, String(value));
    });
  }

  /** Does something at once in one of the namespaces. */
  inside<T>(place: Place, work: () => T): T {
    return inNamespace(this.namespaces[place], work);
  }

  /** Changes links, addresses and routes. */
  routes(place: Place, work: (socket: RouteSocket) => void): void {
    using socket = this.inside(place, () => new RouteSocket());
    work(socket);
  }

  private connect(link: Partial<Record<Place, End>>): void {
    const [[here, near], [there, away]] = Object.entries(link) as [[Place, End], [Place, End]];
    const peer = { ...away, address: away.mac, namespaceFd: this.namespaces[there].fd };
    this.routes(here, (socket) => socket.createLink({ ...near, kind: 'veth', address: near.mac, peer }));
    for (const [place, { name, addresses }] of [[here, near] as const, [there, away] as const]) {
      this.routes(place, (socket) => {
        for (const address of addresses) socket.addAddress(name, address);
        socket.setLink('lo', { up: true });
        socket.setLink(name, { up: true });
      });
    }
  }

  /** Runs a shell script to its end and gives what it wrote; whether it succeeded shows in the capture. */
  async run(place: Place, script: string, timeoutMs = PROGRAM_MS): Promise<string> {
    const program = this.start(place, script);
    let output = '';
    program.stdout!.on('data', (data: Buffer) => {
      output += data.toString('latin1');
    });
    const timer = setTimeout(() => this.end(program), timeoutMs);
    await new Promise((resolve) => program.once('close', resolve));
    clearTimeout(timer);
    return output;
  }

  client(script: string, timeoutMs?: number): Promise<string> {
    return this.run('client', script, timeoutMs);
  }

  server(script: string, timeoutMs?: number): Promise<string> {
    return this.run('server', script, timeoutMs);
  }

  /** Starts a server of the server's side, a shell script, and waits until it listens on the port. */
  async serve(script: string, listening: { tcp: number } | { udp: number }): Promise<void> {
    this.start('server', script);
    const deadline = Date.now() + LISTEN_MS;
    while (!this.listens(listening)) {
      if (Date.now() > deadline) throw new Error(`this server does not listen: ${script}`);
      await pause(10);
    }
  }

  /** Starts one of the servers in ./programs, by name. */
  serveWith(name: string, listening: { tcp: number } | { udp: number }): Promise<void> {
    return this.serve(`exec ${process.execPath} ${join(PROGRAMS, name)}.mjs`, listening);
  }

  /** Starts a shell script in a process group of its own. */
  start(place: Place, script: string): ChildProcess {
    const program = this.inside(place, () =>
      spawn('/bin/sh', ['-c', script], {
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: this.folder,
        env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, TZ: 'UTC' },
      }),
    );
    program.stdout!.resume();
    this.programs.add(program);
    program.once('close', () => this.programs.delete(program));
    return program;
  }

  /** The sockets of the namespace, as /proc/net lists them: local port in hex behind the address, state three words on. */
  private listens(listening: { tcp: number } | { udp: number }): boolean {
    const [protocol, port] = Object.entries(listening)[0]!;
    const socket = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} \\S+ (\\S+)`, 'g');
    return this.inside('server', () =>
      ['', '6'].some((version) => {
        const table = readFileSync(`/proc/thread-self/net/${protocol}${version}`, 'latin1');
        return [...table.matchAll(socket)].some(([, state]) => protocol === 'udp' || state === TCP_LISTEN);
      }),
    );
  }

  /** Ends a program with all that it started. */
  end(program: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
    if (program.exitCode !== null || program.signalCode !== null) return;
    try {
      process.kill(-program.pid!, signal);
    } catch {
      // it ended by itself
    }
  }

  [Symbol.dispose](): void {
    for (const program of this.programs) this.end(program);
    for (const namespace of Object.values(this.namespaces)) namespace[Symbol.dispose]();
    rmSync(this.folder, { recursive: true });
  }
}

/** A script that runs commands side by side and ends with the last of them. */
export function atOnce(commands: readonly string[]): string {
  return `${commands.map((command) => `${command} &`).join('\n')}\nwait`;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
