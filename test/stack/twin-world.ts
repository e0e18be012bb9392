// A host twice: a network namespace of the real kernel, and the model made of its saved state. Both get the same frames, and
// what became of each is told for both in the same words.
import { spawnSync } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { takeSnapshot } from '../../src/cli/snapshot-take.ts';
import { bind, closeDescriptor, send } from '../../src/linux/ffi.ts';
import { createNetworkNamespace, inNamespace, RouteSocket } from '../../src/linux/index.ts';
import { interfaceIndexOf, linkLayerAddress, openPacketSocket } from '../../src/linux/packet-socket.ts';
import type { Journey } from '../../src/path/index.ts';
import { Host } from '../../src/stack/index.ts';
import { JourneyTrace } from '../../src/trace/index.ts';

const V0_MAC = '02:00:00:00:00:10';
export const V1_MAC = '02:00:00:00:00:11';
const W0_MAC = '02:00:00:00:00:12';
const W1_MAC = '02:00:00:00:00:13';

/** Of a frame by its source address: each has one of its own. */
export function sourceMac(number: number): string {
  const byte = (shift: number) => ((number >>> shift) & 0xff).toString(16).padStart(2, '0');
  return `02:${byte(24)}:${byte(16)}:${byte(8)}:${byte(0)}:77`;
}

export class TwinWorld {
  /** The host, with v1 and w0. */
  readonly host = createNetworkNamespace();
  /** The other side, with v0 and w1: it sends what it is told to, and answers nothing. */
  readonly other = createNetworkNamespace();
  /** Of the host: inode number. */
  readonly inode = fstatSync(this.host.fd).ino;
  private readonly senders: Sender[] = [];

  constructor() {
    using routes = inNamespace(this.host, () => new RouteSocket());
    const namespaceFd = this.other.fd;
    routes.createLink({
      name: 'v1',
      kind: 'veth',
      address: V1_MAC,
      peer: { name: 'v0', address: V0_MAC, namespaceFd },
    });
    routes.createLink({
      name: 'w0',
      kind: 'veth',
      address: W0_MAC,
      peer: { name: 'w1', address: W1_MAC, namespaceFd },
    });
    this.run('sysctl -qw net.ipv6.conf.all.disable_ipv6=1');
    // As many answers as there are questions; those of routes (net.ipv4.route.error_cost) go by the source and cannot be set here.
    for (const limit of ['icmp_ratelimit=0', 'icmp_msgs_per_sec=1000000', 'icmp_msgs_burst=1000000']) {
      this.run(`sysctl -qw net.ipv4.${limit}`);
    }
    this.run('ip link set lo up');
    for (const name of ['v1', 'w0']) this.run(`ip link set ${name} up`);
    using there = inNamespace(this.other, () => new RouteSocket());
    for (const name of ['v0', 'w1']) there.setLink(name, { linkLocal: false, up: true });
  }

  /** Words only: no shell. */
  run(command: string, input = ''): string {
    const [name = '', ...words] = command.split(' ');
    const { stdout, stderr, status } = inNamespace(this.host, () =>
      spawnSync(name, words, { encoding: 'utf8', input }),
    );
    if (status !== 0) throw new Error(`${command}: ${stderr}`);
    return stdout;
  }

  model(): Host {
    return new Host(inNamespace(this.host, () => takeSnapshot()));
  }

  /** The journeys of the kernel for frames that come by v1, by their numbers. */
  async kernel(frames: readonly Uint8Array[]): Promise<Map<number, Journey[]>> {
    const journeys: Journey[] = [];
    const options = { namespace: this.inode, bufferBytes: 1 << 25, without: ['fentry'] } as const;
    using trace = JourneyTrace.open(options, (journey) => journeys.push(journey));
    const sender = inNamespace(this.other, () => new Sender('v0'));
    this.senders.push(sender);
    const BATCH = 100;
    for (let i = 0; i < frames.length; i += BATCH) {
      for (const frame of frames.slice(i, i + BATCH)) sender.send(frame);
      await new Promise((resolve) => setTimeout(resolve, 5));
      trace.poll();
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    while (trace.poll() > 0);
    trace.finish();
    return byNumber(journeys);
  }

  [Symbol.dispose](): void {
    for (const sender of this.senders) closeDescriptor(sender.fd);
    this.host[Symbol.dispose]();
    this.other[Symbol.dispose]();
  }
}

class Sender {
  readonly fd: number;

  constructor(interfaceName: string) {
    this.fd = openPacketSocket(false);
    bind(this.fd, linkLayerAddress(interfaceIndexOf(this.fd, interfaceName)!, 0));
  }

  send(frame: Uint8Array): void {
    send(this.fd, frame);
  }
}

/** Those that the frame of a number began, its answers behind it. */
function byNumber(journeys: readonly Journey[]): Map<number, Journey[]> {
  const numbers = new Map<string, number>();
  const found = new Map<number, Journey[]>();
  for (const journey of [...journeys].sort((a, b) => Number.parseInt(a.id, 16) - Number.parseInt(b.id, 16))) {
    const own = journey.packet.link === undefined ? undefined : numberOf(journey.packet.link);
    const number = own ?? numbers.get(journey.origin?.id ?? '');
    if (number === undefined) continue;
    numbers.set(journey.id, number);
    const there = found.get(number);
    if (there === undefined) found.set(number, [journey]);
    else there.push(journey);
  }
  return found;
}

function numberOf(link: string): number | undefined {
  const bytes = Buffer.from(link, 'base64');
  return bytes[11] === 0x77 && bytes[6] === 2 ? bytes.readUInt32BE(7) : undefined;
}

/** By their frames' numbers, too. */
export function modelJourneys(host: Host, device: string, frames: readonly Uint8Array[]): Map<number, Journey[]> {
  const journeys: Journey[] = [];
  host.net.journeys.deliver = (journey) => journeys.push(journey);
  for (const frame of frames) host.receive(device, frame);
  return byNumber(journeys);
}

/** What became of a packet in the host, in words that both engines have in common. `host`: its namespace, of the kernel's. */
export function fateOf({ steps, outcome }: Journey, host?: number): string {
  const sent = steps.findLast(({ point, namespace }) => point === 'transmit' && namespace === host);
  const last = steps.at(-1)!;
  if (sent !== undefined && (sent === last || last.namespace !== host)) return `forwarded by ${sent.device}`;
  switch (outcome.kind) {
    case 'dropped':
      return `dropped at ${outcome.point}: ${outcome.reason}`;
    case 'delivered':
      return `delivered to ${outcome.socket?.protocol ?? ''} ${outcome.socket?.local.port ?? ''}`;
    case 'forwarded':
      return `forwarded by ${outcome.device}`;
    case 'queued':
      return `queued at ${outcome.point}`;
    default:
      return outcome.kind;
  }
}
