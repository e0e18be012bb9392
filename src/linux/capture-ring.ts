// Live packets as a PacketSource: one ring for each interface, waited for together without blocking the event loop.
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { checkProgram, encodeProgram, type Program } from '../bpf/index.ts';
import type { LinkType, PacketHandler, PacketSource, SourceStatistics } from '../packet/index.ts';
import { type CaptureDirection, type CaptureFilter, captureProgram, withoutCookedHeader } from './capture-filter.ts';
import {
  attachFilter,
  bind,
  closeDescriptor,
  eventFd,
  POLLERR,
  PollSet,
  setSocketOption,
  takeSocketError,
} from './ffi.ts';
import { linkTypeFor } from './link-type-of.ts';
import { RouteSocket } from './netlink.ts';
import {
  addPromiscuousMembership,
  hardwareTypeOf,
  interfaceIndexOf,
  interfaceNameOf,
  linkLayerAddress,
  openPacketSocket,
  PACKET,
  SOL_PACKET,
  takeStatistics,
} from './packet-socket.ts';
import { cookedLength, DROP_ALL, Ring, type RingGeometry, type RingInterface } from './ring.ts';
import { ERRNO, SystemError } from './system-error.ts';

/** The pseudo-interface that stands for all of them. */
export const ANY = 'any';

export const DEFAULT_SNAP_LENGTH = 262144;

/** Per interface. A flood of 64-byte frames at a million a second fills it in 0.2 seconds. */
export const DEFAULT_BUFFER_BYTES = 32 << 20;

/** PACKET_FANOUT_ modes, include/uapi/linux/if_packet.h (v6.18): which member of a group gets a packet. */
export const FANOUT_MODE = { hash: 0, lb: 1, cpu: 2, rollover: 3, random: 4, queue: 5 } as const;

/** An interface that is captured on. */
export interface CaptureInterface {
  readonly name: string;
  /** 0 for `any`. */
  readonly index: number;
  readonly linkType: LinkType;
}

export interface RingOptions {
  /** Names; 'any' stands for all interfaces, cooked. */
  interfaces: readonly string[];
  /** Bytes kept of each packet; 262,144 by default. */
  snapLength?: number;
  /** Size of each interface's ring; 32 MiB by default. */
  bufferBytes?: number;
  /** Ask the interfaces for every frame they see; true by default. */
  promiscuous?: boolean;
  /** Deliver within a few milliseconds, at the price of fewer packets for a full block. */
  immediate?: boolean;
  direction?: CaptureDirection;
  /** A block that is not full is delivered after this time; 100 ms by default, 4 when immediate. */
  blockTimeoutMs?: number;
  /**
   * What the kernel runs on each packet before the first one is delivered; its ret values limit the snap length. A plain
   * program sees packets as the kernel does: on `any` without the cooked header. A function is asked for the filter of
   * each interface, which sees packets as they are handed out; where the kernel cannot run it, it is run in user space.
   */
  filter?: Program | ((on: CaptureInterface) => CaptureFilter | undefined);
  /** Shares the packets with the other sockets of this group (1 to 65535). */
  fanout?: { group: number; mode: keyof typeof FANOUT_MODE };
  /** Stamps from the network adapter in place of the kernel's, where it makes them. */
  hardwareTimestamps?: boolean;
}

/** A full-sized frame must fit into a block, with its header. */
const SMALLEST_BLOCK = 1 << 19;
/** Short blocks leave more of them to a ring, so that handing over half-empty ones costs little of it. */
const IMMEDIATE_BLOCK = 1 << 17;
const USUAL_BLOCK = 1 << 20;

const RETIRE_MS = 100;
const IMMEDIATE_RETIRE_MS = 4;

/** The pool's thread comes back this often even when nothing happens, so that a program can end. */
const LONGEST_WAIT_MS = 500;

/**
 * After packets came, the next look is so much later for each MiB of the ring, but not later than LONGEST_LOOK_MS: a flood
 * fills a MiB in 5 to 10 ms. A wait by poll(2) on another thread costs 0.17 ms of processor time, a timer 0.02. Immediate
 * captures and small rings wait by poll.
 */
const LOOK_MS_PER_MEBIBYTE = 1;
const SHORTEST_LOOK_MS = 4;
const LONGEST_LOOK_MS = 25;

/** Packets are handled this long at a time before the event loop gets its turn. */
const TURN_MS = 15;

/** The kernel's counters have 32 bits: they are read before 140 million packets a second could turn them over. */
const COUNT_EVERY_MS = 30_000;

const SOF_TIMESTAMPING_RAW_HARDWARE = 1 << 6;

/**
 * Opens a ring on each interface; from then on packets are captured. Throws SystemError: no privilege (CAP_NET_RAW),
 * no such interface, interface down, no memory.
 *
 *   using ring = openRing({ interfaces: ['eth0'] });
 *   setTimeout(() => ring.stop(), 10_000);
 *   await ring.packets((packet) => console.log(packet.seconds, packet.capturedLength));
 */
export function openRing(options: RingOptions): CaptureRing {
  if (options.interfaces.length === 0) throw new TypeError('cannot capture: no interface is named');
  const rings: Ring[] = [];
  try {
    for (const name of options.interfaces) rings.push(openOne(name, options));
    return new CaptureRing(rings, options);
  } catch (error) {
    for (const ring of rings) ring.close();
    throw error;
  }
}

/**
 * Nothing unwanted slips in: the socket hears nothing until it is bound, and by then filter and ring are there. What comes
 * between bind and joining a fanout group would be captured twice, here and by another member.
 */
function openOne(name: string, options: RingOptions): Ring {
  const on = findInterface(name);
  const what = `capture on ${name}`;
  const fd = openPacketSocket(on.cooked, what);
  let ring: Ring | undefined;
  try {
    // First the filter that ends the capture: what then fits beside it can always be replaced by it.
    attachFilter(fd, DROP_ALL, `attach a filter on ${name}`);
    if (options.hardwareTimestamps) setSocketOption(fd, SOL_PACKET, PACKET.TIMESTAMP, SOF_TIMESTAMPING_RAW_HARDWARE);
    ring = new Ring(fd, on, geometryFor(options), nameCache(fd));
    if (!options.fanout) attachWanted(ring, options);
    if (options.promiscuous !== false && on.index !== 0) addPromiscuousMembership(fd, on.index, what);
    bind(fd, linkLayerAddress(on.index), what);
    const pending = takeSocketError(fd);
    if (pending !== 0) throw new SystemError(what, pending, { hint: downHint(name, pending) });
    if (options.fanout) {
      joinFanout(fd, options.fanout, what);
      attachWanted(ring, options);
    }
    return ring;
  } catch (error) {
    if (ring) ring.close();
    else closeDescriptor(fd);
    throw error;
  }
}

/** Has the kernel filter as the options want it; a filter that it cannot run is left to the ring. */
function attachWanted(ring: Ring, options: RingOptions): void {
  const { fd, on } = ring;
  const what = `attach the filter on ${on.name}`;
  if (typeof options.filter !== 'function') {
    attachFilter(fd, encodeProgram(programFor(fd, on, options, options.filter)), what);
    return;
  }
  const filter = options.filter(on);
  if (filter === undefined) attachFilter(fd, encodeProgram(programFor(fd, on, options, undefined)), what);
  else attachOrKeep(ring, filter, options, what);
}

function attachOrKeep(ring: Ring, filter: CaptureFilter, options: RingOptions, what: string): void {
  const { fd, on } = ring;
  const program = kernelProgram(ring, filter, options);
  let refusal = typeof program === 'string' ? program : undefined;
  if (typeof program !== 'string') {
    try {
      attachFilter(fd, encodeProgram(program), what);
      return;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      refusal = refusalBy(error, program);
    }
  }
  ring.filterHere(filter.matches, refusal!);
  attachFilter(fd, encodeProgram(programFor(fd, on, options, undefined)), what);
}

/** The whole program for the kernel, or why there is none. */
function kernelProgram({ fd, on }: Ring, filter: CaptureFilter, options: RingOptions): Program | string {
  if (filter.refusal !== undefined) return filter.refusal.reason;
  const rewritten = on.cooked ? withoutCookedHeader(filter.program, on.linkType) : filter.program;
  if ('reason' in rewritten) return rewritten.reason;
  const program = programFor(fd, on, options, rewritten);
  return checkProgram(program)?.reason ?? program;
}

/** SO_ATTACH_FILTER fails with ENOMEM when the program does not fit (sk_filter_charge in net/core/filter.c, v6.18). */
function refusalBy(error: SystemError, program: Program): string {
  if (error.errno !== ERRNO.ENOMEM) return error.message;
  return `its ${program.length} instructions are more than the kernel has room for; a larger net.core.optmem_max gives more (sysctl -w net.core.optmem_max=...)`;
}

function downHint(name: string, errno: number): string | undefined {
  return errno === ERRNO.ENETDOWN ? `bring the interface up first: ip link set ${name} up` : undefined;
}

function findInterface(name: string): RingInterface {
  const fd = openPacketSocket(false, `capture on ${name}`);
  try {
    if (name === ANY) return { name, index: 0, ...linkTypeFor(undefined) };
    const index = interfaceIndexOf(fd, name);
    if (index === undefined) {
      const hint = 'pathcap -D lists the interfaces';
      throw new SystemError(`capture on ${name}`, ERRNO.ENODEV, { detail: 'no such interface', hint });
    }
    return { name, index, ...linkTypeFor(hardwareTypeOf(fd, name)) };
  } finally {
    closeDescriptor(fd);
  }
}

function programFor(fd: number, on: RingInterface, options: RingOptions, filter: Program | undefined): Program {
  const loopback = interfaceIndexOf(fd, 'lo');
  const seesLoopback = loopback !== undefined && (on.index === 0 || on.index === loopback);
  const snapLength = Math.max(options.snapLength ?? DEFAULT_SNAP_LENGTH, shortestSnap(on)) - cookedLength(on);
  return captureProgram(options.direction ?? 'inout', seesLoopback ? loopback : undefined, snapLength, filter);
}

function shortestSnap(on: RingInterface): number {
  return cookedLength(on) + 1;
}

/** Whole blocks, each a power of two of pages (packet_set_ring in net/packet/af_packet.c, v6.18). */
function geometryFor({
  bufferBytes = DEFAULT_BUFFER_BYTES,
  snapLength = DEFAULT_SNAP_LENGTH,
  immediate,
  blockTimeoutMs,
}: RingOptions): RingGeometry {
  const roomForFrame = snapLength > IMMEDIATE_BLOCK / 2 ? SMALLEST_BLOCK : IMMEDIATE_BLOCK;
  const wanted = immediate ? roomForFrame : Math.max(roomForFrame, USUAL_BLOCK);
  const blockSize = bufferBytes < 4 * wanted ? roomForFrame : wanted;
  return {
    blockSize,
    blockCount: Math.max(2, Math.ceil(bufferBytes / blockSize)),
    retireTimeoutMs: blockTimeoutMs ?? (immediate ? IMMEDIATE_RETIRE_MS : RETIRE_MS),
  };
}

function lookAgainMs({ bufferBytes = DEFAULT_BUFFER_BYTES, immediate }: RingOptions): number {
  const time = Math.min(LONGEST_LOOK_MS, (bufferBytes / (1 << 20)) * LOOK_MS_PER_MEBIBYTE);
  return immediate || time < SHORTEST_LOOK_MS ? 0 : time;
}

function joinFanout(
  fd: number,
  { group, mode }: { group: number; mode: keyof typeof FANOUT_MODE },
  what: string,
): void {
  setSocketOption(fd, SOL_PACKET, PACKET.FANOUT, (FANOUT_MODE[mode] << 16) | group, what);
}

/** Interface names by number, asked for once each. */
function nameCache(fd: number): (index: number) => string | undefined {
  const names = new Map<number, string | undefined>();
  return (index) => {
    if (!names.has(index)) names.set(index, interfaceNameOf(fd, index));
    return names.get(index);
  };
}

export class CaptureRing implements PacketSource {
  readonly interfaces: readonly CaptureInterface[];
  /** Interfaces whose filter the kernel cannot run, with the reason: it is run in user space there. */
  readonly filterRefusals: readonly { name: string; reason: string }[];
  /** As asked for, but never so short that nothing is left behind a cooked header. */
  readonly snapLength: number;
  private readonly rings: readonly Ring[];
  private readonly wakeUp: number;
  private readonly poll: PollSet;
  private readonly retireTimeoutMs: number;
  /** 0: wait by poll always. */
  private readonly lookAgainMs: number;
  private readonly counts = { packets: 0, drops: 0, freezes: 0 };
  private readonly routes = new RouteSocket();
  private readonly lostBefore: number;
  private stopping = false;
  private countAt = performance.now() + COUNT_EVERY_MS;
  /** The wait under way: closing must not pull the descriptors from under it. */
  private waiting: Promise<void> | undefined;
  private closed = false;

  constructor(rings: readonly Ring[], options: RingOptions) {
    this.rings = rings;
    this.interfaces = rings.map(({ on: { name, index, linkType } }) => ({ name, index, linkType }));
    this.filterRefusals = rings.flatMap(({ on, refusal }) => (refusal ? [{ name: on.name, reason: refusal }] : []));
    this.snapLength = Math.max(options.snapLength ?? DEFAULT_SNAP_LENGTH, ...rings.map(({ on }) => shortestSnap(on)));
    this.retireTimeoutMs = geometryFor(options).retireTimeoutMs;
    this.lookAgainMs = lookAgainMs(options);
    this.wakeUp = eventFd();
    this.poll = new PollSet([...rings.map(({ fd }) => fd), this.wakeUp]);
    this.lostBefore = this.lostByInterfaces();
  }

  /** The first interface's link type. */
  get linkType(): LinkType {
    return this.interfaces[0]!.linkType;
  }

  /**
   * Delivers packets until `stop`, or until the handler returns false: then it may be called again, for those that follow.
   * When an interface goes down or disappears, delivers what was captured, then rejects with SystemError.
   */
  async packets(handler: PacketHandler): Promise<void> {
    this.refuseWhenClosed();
    for (let idle = true; !this.stopping; ) {
      const progress = this.deliver(handler);
      if (progress === 'enough') return;
      if (progress === 'more') await this.letOthersRun(handler);
      else if (idle || this.lookAgainMs === 0) await this.wait(handler);
      else await sleep(this.lookAgainMs);
      this.refuseWhenClosed();
      idle = progress === 'none';
    }
    await this.deliverRest(handler);
  }

  stop(): void {
    if (this.stopping || this.closed) return;
    this.stopping = true;
    writeSync(this.wakeUp, ONE);
  }

  statistics(): SourceStatistics {
    if (!this.closed) this.takeCounts();
    const { packets, drops, freezes } = this.counts;
    const interfaceDropped = this.closed ? undefined : Math.max(0, this.lostByInterfaces() - this.lostBefore);
    return { received: packets, dropped: drops, frozen: freezes, interfaceDropped };
  }

  [Symbol.dispose](): void {
    if (this.closed) return;
    this.takeCounts();
    this.closed = true;
    if (this.waiting === undefined) this.close();
    else {
      writeSync(this.wakeUp, ONE);
      this.waiting.then(() => this.close());
    }
  }

  private close(): void {
    for (const ring of this.rings) ring.close();
    this.routes[Symbol.dispose]();
    closeDescriptor(this.wakeUp);
  }

  private refuseWhenClosed(): void {
    if (this.closed) throw new Error('cannot go on capturing: the capture was closed');
  }

  /** Handles ready blocks for one turn. */
  private deliver(handler: PacketHandler): 'enough' | 'more' | 'none' {
    const until = performance.now() + TURN_MS;
    let any = false;
    for (let found = true; found; ) {
      found = false;
      for (const ring of this.rings) {
        if (!ring.isReady()) continue;
        found = any = true;
        if (!ring.readBlock(handler)) return 'enough';
        if (performance.now() > until) return 'more';
      }
    }
    return any ? 'more' : 'none';
  }

  private async wait(handler: PacketHandler, timeoutMs = LONGEST_WAIT_MS): Promise<void> {
    this.waiting = this.poll.wait(timeoutMs);
    await this.waiting;
    this.waiting = undefined;
    this.refuseWhenClosed();
    await this.failOnError(handler);
  }

  /** Between two turns: one busy interface must not hide that another failed. */
  private async letOthersRun(handler: PacketHandler): Promise<void> {
    await nextTurn();
    this.refuseWhenClosed();
    if (performance.now() >= this.countAt) this.takeCounts();
    this.poll.look();
    await this.failOnError(handler);
  }

  private async failOnError(handler: PacketHandler): Promise<void> {
    for (const [i, ring] of this.rings.entries()) {
      if ((this.poll.events(i) & POLLERR) !== 0) await this.fail(ring, handler);
    }
  }

  private async fail(ring: Ring, handler: PacketHandler): Promise<void> {
    const errno = takeSocketError(ring.fd);
    if (errno === 0) return;
    await this.deliverRest(handler);
    const { name, index } = ring.on;
    const gone = interfaceNameOf(ring.fd, index) === undefined;
    const detail = gone
      ? 'the interface disappeared'
      : errno === ERRNO.ENETDOWN
        ? 'the interface went down'
        : undefined;
    throw new SystemError(`go on capturing on ${name}`, errno, {
      detail,
      hint: gone ? undefined : downHint(name, errno),
    });
  }

  /** After the end: no more comes in, the open blocks are handed over within their time, and everything is delivered. */
  private async deliverRest(handler: PacketHandler): Promise<void> {
    for (const ring of this.rings) ring.shut();
    const until = performance.now() + 2 * this.retireTimeoutMs + LONGEST_WAIT_MS;
    while (this.rings.some((ring) => ring.holdsPackets()) && performance.now() < until) {
      const progress = this.deliver(handler);
      if (progress === 'enough') return;
      if (progress === 'none') await sleep(1);
      this.refuseWhenClosed();
    }
  }

  private takeCounts(): void {
    this.countAt = performance.now() + COUNT_EVERY_MS;
    for (const { fd } of this.rings) {
      const { packets, drops, freezes } = takeStatistics(fd);
      this.counts.packets += packets;
      this.counts.drops += drops;
      this.counts.freezes += freezes;
    }
  }

  /** Packets that the interfaces or their drivers lost: rx_missed and rx_fifo errors, as libpcap counts them. */
  private lostByInterfaces(): number {
    return this.interfaces.reduce((sum, { name, index }) => sum + this.losses(name, index), 0);
  }

  private losses(name: string, index: number): number {
    if (index === 0) return 0; // `any`
    try {
      return this.routes.link(name).receiveLosses;
    } catch (error) {
      if (error instanceof SystemError) return 0; // it disappeared
      throw error;
    }
  }
}

/** What is written to the event descriptor to wake the waiting thread: a 64-bit one. */
const ONE = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);
