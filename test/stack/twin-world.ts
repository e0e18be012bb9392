// A host twice: a network namespace of the real kernel, and the model made of its saved state. Both get the same frames, and
// what became of each is told for both in the same words.
import { spawnSync } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { takeSnapshot } from '../../src/cli/snapshot-take.ts';
import { AF, bind, closeDescriptor, receive, SOCK, send, socket } from '../../src/linux/ffi.ts';
import { createNetworkNamespace, inNamespace, RouteSocket, SystemError } from '../../src/linux/index.ts';
import { interfaceIndexOf, linkLayerAddress, openPacketSocket } from '../../src/linux/packet-socket.ts';
import type { Journey } from '../../src/path/index.ts';
import { Host } from '../../src/stack/index.ts';
import { JourneyTrace } from '../../src/trace/index.ts';

/** Where a frame comes from: the network namespace on the other side has an end of both pairs. */
export type Side = 'v0' | 'w1';
/** The host's devices at their other ends. */
export const HOST_DEVICE = { v0: 'v1', w1: 'w0' } as const;

export interface SentFrame {
  readonly from: Side;
  readonly frame: Uint8Array;
}

const V0_MAC = '02:00:00:00:00:10';
export const V1_MAC = '02:00:00:00:00:11';
export const W0_MAC = '02:00:00:00:00:12';
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
  private readonly ends: End[] = [];

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
    return (await this.converse(frames.map((frame) => ({ from: 'v0', frame })))).journeys;
  }

  /** Of frames from both sides, in their order; and the frames of IPv4 that the host sent, by where they came out. */
  async converse(frames: readonly SentFrame[]): Promise<Conversation> {
    const journeys: Journey[] = [];
    const options = { namespace: this.inode, bufferBytes: 1 << 26, always: true, without: ['fentry'] } as const;
    using trace = JourneyTrace.open(options, (journey) => journeys.push(journey));
    const ends = inNamespace(this.other, () => ({ v0: new End('v0', V1_MAC), w1: new End('w1', W0_MAC) }));
    this.ends.push(ends.v0, ends.w1);
    const BATCH = 100;
    for (let i = 0; i < frames.length; i += BATCH) {
      for (const { from, frame } of frames.slice(i, i + BATCH)) ends[from].send(frame);
      await new Promise((resolve) => setTimeout(resolve, 5));
      trace.poll();
      for (const end of [ends.v0, ends.w1]) end.take();
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    while (trace.poll() > 0);
    trace.finish();
    for (const end of [ends.v0, ends.w1]) end.take();
    return { journeys: journeysByNumber(journeys), sent: { v0: ends.v0.taken, w1: ends.w1.taken } };
  }

  [Symbol.dispose](): void {
    for (const end of this.ends) end.close();
    this.host[Symbol.dispose]();
    this.other[Symbol.dispose]();
  }
}

interface Conversation {
  readonly journeys: Map<number, Journey[]>;
  readonly sent: Readonly<Record<Side, readonly Uint8Array[]>>;
}

const ETH_P_IP = 0x0800;
const MOST_FRAME_BYTES = 65_536;

/** A socket that sends frames, and one that gets what the host at the other end sends. */
class End {
  readonly taken: Uint8Array[] = [];
  private readonly sender: number;
  private readonly receiver: number;
  private readonly host: string;

  constructor(interfaceName: Side, host: string) {
    this.host = host.replaceAll(':', '');
    this.sender = openPacketSocket(false);
    this.receiver = socket(AF.PACKET, SOCK.RAW | SOCK.NONBLOCK | SOCK.CLOEXEC, 0);
    const index = interfaceIndexOf(this.sender, interfaceName)!;
    bind(this.sender, linkLayerAddress(index, 0));
    bind(this.receiver, linkLayerAddress(index, ETH_P_IP));
  }

  send(frame: Uint8Array): void {
    send(this.sender, frame);
  }

  take(): void {
    const buffer = new Uint8Array(MOST_FRAME_BYTES);
    for (;;) {
      let length: number;
      try {
        length = receive(this.receiver, buffer);
      } catch (error) {
        if (error instanceof SystemError && error.code === 'EAGAIN') return;
        throw error;
      }
      const frame = buffer.slice(0, length);
      if (Buffer.from(frame.subarray(6, 12)).toString('hex') === this.host) this.taken.push(frame);
    }
  }

  close(): void {
    closeDescriptor(this.sender);
    closeDescriptor(this.receiver);
  }
}

/** Those that the frame of a number began, its answers behind it. */
export function journeysByNumber(journeys: readonly Journey[]): Map<number, Journey[]> {
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
  return journeysByNumber(journeys);
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
