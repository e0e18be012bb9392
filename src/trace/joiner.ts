// Joins records of one sk_buff into journeys. Records are taken in the order of the ring buffer: room for a record is taken
// under a lock, and a packet that goes to another CPU got its earlier records before, so of one packet the order is right
// (bpf_ringbuf_reserve, kernel/bpf/ringbuf.c, v6.18).
//
// An sk_buff is a journey from its first event to the one that ends it: kfree_skb, consume_skb, or none. The kernel frees
// many silently (__kfree_skb in net/ipv4/tcp_input.c), so an address that comes back as another packet is told by what
// cannot follow (`isAnother`), and what is not heard of any more is closed after a time (CLOSING_MS).
//
// Joins some 9 million events a second on one CPU; with a Journey made of each packet, 1.3 million (bench/joiner.ts).
import { POINT_NAMES, type PointName } from '../path/index.ts';
import { EVENT, EVENT_FLAG, EVENT_WITH_COPY_BYTES } from './event.ts';
import { Frames } from './frames.ts';
import { OpenJourneys } from './open-journeys.ts';
import type { Probe, ProbeRole } from './probe.ts';

/** Why a journey was closed. */
export type Closing = 'dropped' | 'consumed' | 'silent' | 'another' | 'crowded' | 'finished';

/** What is known of an open journey besides its events. */
export const STATE = {
  /** Accepted for a socket. */
  inSocket: 1,
  /** A process has read it. */
  read: 2,
  /** Handed to a device last. */
  sent: 4,
  /** Is a fragment. */
  fragment: 8,
  /** Waits for its neighbour's address. */
  waitsForNeighbour: 16,
  /** Its first event was none at which packets begin. */
  begun: 32,
  /** A frame at XDP that has no sk_buff yet: its slot is found by the buffer's address. */
  frame: 64,
} as const;

export const ORIGINS = ['', 'clone', 'answer'] as const;

/**
 * How long nothing must be heard of an sk_buff before its journey is closed, by what was seen last. Fragments are kept for
 * as long as the kernel waits for the rest (net.ipv4.ipfrag_time is 30 s, IPv6's 60), neighbours are asked three times, a
 * second apart.
 */
const CLOSING_MS = { inSocket: 200, sent: 200, fragment: 65_000, waitsForNeighbour: 5_000, otherwise: 1_000 } as const;

/** Looking for silent ones goes over all slots. */
const LOOK_EVERY_NS = 20e6;

/** Between an event and what is done for the same packet beside it, by the same CPU. Slow machines need a millisecond. */
const BESIDE_WITHIN_NS = 5e6;

/** The first events of a journey that begins so soon after a loss may be among those that were lost. */
const GAP_BLAMED_NS = 100e6;

/** A journey is not made longer than this: something goes round in circles. */
const MOST_EVENTS = 500;

const ROLES: readonly ProbeRole[] = [
  'pass',
  'enter',
  'leave',
  'drop',
  'consume',
  'socket',
  'refused',
  'read',
  'answer',
  'beside',
  'frame',
];
const ROLE = Object.fromEntries(ROLES.map((name, number) => [name, number])) as Readonly<Record<ProbeRole, number>>;
const POINT = Object.fromEntries(POINT_NAMES.map((name, number) => [name, number])) as Readonly<
  Record<PointName, number>
>;

/** Points inside a socket, and those behind which a packet may still be taken apart: what follows them there is no other packet. */
const IN_SOCKET: ReadonlySet<number> = new Set(
  (['icmp', 'tcp', 'udp', 'raw', 'socket.filter', 'socket.queue', 'socket.read', 'tap'] as const).map(
    (name) => POINT[name],
  ),
);

/** Where packets begin. */
const BEGINNINGS: ReadonlySet<number> = new Set(
  (['gro', 'backlog', 'receive', 'nf.output', 'tc.egress', 'qdisc', 'transmit'] as const).map((name) => POINT[name]),
);

/** An answer is sent by the CPU that works on the packet, at once. */
const ANSWER_WITHIN_NS = 1e6;

/** Where what a host sends is seen first; and when the hooks of netfilter are not. */
const SENT: readonly PointName[] = ['nf.output'];
const SENT_UNHOOKED: readonly PointName[] = ['ip.output', 'neighbour', 'qdisc'];

/** What no sk_buff of a network device is: those of netlink and Unix sockets have no device and no EtherType. */
export interface Losses {
  /** Events that programs could not write: gaps in the numbers of each CPU. */
  readonly lost: number;
  /** Events that were read. */
  readonly read: number;
  /** Read, and of packets whose beginning was not seen or that are no packets of a network: ends, mostly. */
  readonly strays: number;
  /** Journeys closed early, since too many were open. */
  readonly crowded: number;
}

export interface JoinerOptions {
  readonly probes: readonly Probe[];
  /** Journeys that may be open at a time. Default: 65,536. */
  readonly maxOpen?: number;
  /** Since when events of each CPU are counted: what was counted before is not lost. Default: from 0 on. */
  readonly firstSequences?: ReadonlyMap<number, number>;
}

/** Called for each journey that is over: the slot is valid until it returns. */
export type ClosedHandler = (open: OpenJourneys, slot: number, closing: Closing) => void;

const MOST_CPUS = 1 << 12;

export class Joiner {
  readonly open: OpenJourneys;
  private readonly onClosed: ClosedHandler;
  private readonly roles: Uint8Array;
  private readonly points: Uint8Array;
  private readonly isOrigin: Uint8Array;
  /** Points where a packet of this host begins. */
  private readonly sent: ReadonlySet<number>;
  private readonly expected = new Float64Array(MOST_CPUS);
  private readonly answering = new Float64Array(MOST_CPUS);
  private readonly answeringNs = new Float64Array(MOST_CPUS);
  /** When frames are watched. */
  private readonly frames: Frames | undefined;
  private words: Uint32Array = new Uint32Array(0);
  private source: ArrayBufferLike | undefined;
  private lost = 0;
  private readCount = 0;
  /** When events were last found to be lost, and how many were before this and others shortly before. */
  private gapNs = Number.NEGATIVE_INFINITY;
  private lostBeforeGaps = 0;
  private strays = 0;
  private crowded = 0;
  private begun = 0;
  private lookedNs = 0;

  constructor({ probes, maxOpen = 1 << 16, firstSequences = new Map() }: JoinerOptions, onClosed: ClosedHandler) {
    this.open = new OpenJourneys(maxOpen);
    this.onClosed = onClosed;
    this.roles = Uint8Array.from(probes, ({ role }) => ROLE[role]);
    this.points = Uint8Array.from(probes, ({ point }) => POINT[point]);
    this.isOrigin = Uint8Array.from(probes, ({ origin }) => (origin ? 1 : 0));
    this.frames = probes.some(({ role }) => role === 'frame') ? new Frames(this.open) : undefined;
    const seesOutput = probes.some(({ point }) => point === 'nf.output');
    this.sent = new Set((seesOutput ? SENT : SENT_UNHOOKED).map((point) => POINT[point]));
    for (const [cpu, sequence] of firstSequences) this.expected[cpu] = sequence;
  }

  get losses(): Losses {
    const { lost, readCount, strays, crowded } = this;
    return { lost, read: readCount, strays, crowded };
  }

  /** One record: for `Trace.poll`. `at` is a multiple of 8. */
  event(data: DataView, at: number, length: number): void {
    if (data.buffer !== this.source) this.takeSource(data);
    this.readCount++;
    const words = this.words;
    const w = at >> 2;
    const probe = data.getUint16(at + EVENT.probe, true);
    const cpu = data.getUint16(at + EVENT.cpu, true);
    const ns = words[w]! + words[w + 1]! * 0x1_0000_0000;
    this.countGap(cpu, words[w + EVENT.sequence / 4]!, ns);
    let lostBefore = ns - this.gapNs < GAP_BLAMED_NS ? this.lostBeforeGaps : this.lost;
    const low = words[w + 2]!;
    const high = words[w + 3]!;
    const role = this.roles[probe]!;
    let slot = role === ROLE.frame ? this.slotOfFrame(low, high, ns, cpu, w) : this.open.find(low, high);
    if (slot >= 0 && this.isAnother(slot, role, probe, ns, data.getUint8(at + EVENT.flags), w)) {
      lostBefore = this.open.lostByLast[slot]!;
      this.close(slot, 'another');
      slot = -1;
    }
    if (slot >= 0 && !this.belongs(slot, role, ns, w)) {
      this.strays++;
      return;
    }
    if (slot < 0) slot = this.takeFrame(role, low, high, ns, cpu, w);
    if (slot < 0) {
      if (!this.begins(role, data, at)) {
        this.strays++;
        return;
      }
      slot = this.begin(data, at, w, { low, high, ns, probe, cpu, lostBefore });
    }
    this.take(slot, role, probe, w, ns, cpu, data, at, length);
  }

  private takeSource(data: DataView): void {
    this.source = data.buffer;
    this.words = new Uint32Array(data.buffer, data.byteOffset, data.byteLength >> 2);
  }

  /** Numbers go on from 2^32 with 0. */
  private countGap(cpu: number, sequence: number, ns: number): void {
    const gap = (sequence - this.expected[cpu]!) >>> 0;
    if (gap > 0) {
      if (ns - this.gapNs >= GAP_BLAMED_NS) this.lostBeforeGaps = this.lost;
      this.gapNs = ns;
      this.lost += gap;
    }
    this.expected[cpu] = (sequence + 1) >>> 0;
  }

  /** Of a packet that has been received, in generic mode. */
  private slotOfFrame(low: number, high: number, ns: number, cpu: number, w: number): number {
    const slot = this.open.find(low, high);
    // A buffer that comes again is another frame.
    if (slot >= 0) this.close(slot, 'another');
    return this.frames!.packetOfFrame(cpu, ns, this.words, w);
  }

  /** An sk_buff that is first seen may be made of a frame, whose journey goes on then; -1 when it is not. */
  private takeFrame(role: number, low: number, high: number, ns: number, cpu: number, w: number): number {
    if (this.frames === undefined || role === ROLE.frame || role === ROLE.beside) return -1;
    const slot = this.frames.frameOfPacket(cpu, ns, this.words, w, STATE.frame);
    if (slot < 0) return -1;
    const head = w + EVENT.head / 4;
    this.open.rename(slot, low, high, this.words[head]!, this.words[head + 1]!);
    this.open.state[slot]! &= ~STATE.frame;
    return slot;
  }

  /** Whether what is open under this address cannot be the packet of this event. */
  private isAnother(slot: number, role: number, probe: number, ns: number, flags: number, w: number): boolean {
    if (flags & EVENT_FLAG.first) return true;
    if (role > ROLE.leave) return false;
    if (this.lost > this.open.lostByLast[slot]! && this.mayHaveEnded(slot, probe, w)) return true;
    const { state, lastPoint, lastNs } = this.open;
    const point = this.points[probe]!;
    if (state[slot]! & STATE.inSocket) return !IN_SOCKET.has(point);
    if (this.isOrigin[probe] === 0) return false;
    const last = lastPoint[slot]!;
    if (point === POINT.gro) return last !== POINT.transmit;
    if (point === POINT['nf.output'] && role === ROLE.enter) return last !== POINT.transmit;
    return ns - lastNs[slot]! > CLOSING_MS.otherwise * 1e6 && (state[slot]! & WAITING) === 0;
  }

  /**
   * Whether an event that cannot begin a journey is of the packet that is open under its address: what is read has the data
   * that came, and what is told beside happens at once.
   */
  private belongs(slot: number, role: number, ns: number, w: number): boolean {
    if (role === ROLE.beside) return ns - this.open.lastNs[slot]! < BESIDE_WITHIN_NS;
    const head = w + EVENT.head / 4;
    return role !== ROLE.read || this.open.hasHead(slot, this.words[head]!, this.words[head + 1]!);
  }

  /** Its end may be among the events that were lost since: rather two journeys of one packet than one of two. */
  private mayHaveEnded(slot: number, probe: number, w: number): boolean {
    const head = w + EVENT.head / 4;
    return BEGINNINGS.has(this.points[probe]!) || !this.open.hasHead(slot, this.words[head]!, this.words[head + 1]!);
  }

  /** Whether an event of an sk_buff that is not open begins a journey. */
  private begins(role: number, data: DataView, at: number): boolean {
    if (role <= ROLE.leave || role === ROLE.refused) return true;
    if (role === ROLE.socket || role === ROLE.frame) return true;
    if (role !== ROLE.drop) return false;
    // Of Unix and netlink sockets, too, sk_buffs are dropped.
    return data.getUint16(at + EVENT.etherType, true) !== 0 || data.getUint32(at + EVENT.device, true) !== 0;
  }

  private begin(
    data: DataView,
    at: number,
    w: number,
    e: { low: number; high: number; ns: number; probe: number; cpu: number; lostBefore: number },
  ): number {
    const { open } = this;
    if (open.count === open.limit) this.closeOldest();
    const headLow = this.words[w + EVENT.head / 4]!;
    const headHigh = this.words[w + EVENT.head / 4 + 1]!;
    // What TCP sends is a clone from its first point on, of a packet that nobody sees: a clone here is one that is first seen
    // inside the stack.
    const isClone =
      (data.getUint8(at + EVENT.flags) & EVENT_FLAG.cloned) !== 0 && !BEGINNINGS.has(this.points[e.probe]!);
    const original = isClone ? open.findByHead(headLow, headHigh) : -1;
    const slot = open.open(e.low, e.high, headLow, headHigh);
    open.startNs[slot] = e.ns;
    open.number[slot] = ++this.begun;
    open.lostBefore[slot] = e.lostBefore;
    if (this.isOrigin[e.probe] === 0) open.state[slot]! |= STATE.begun;
    const isFrame = this.roles[e.probe] === ROLE.frame;
    if (isFrame) open.state[slot]! |= STATE.frame;
    const copied = isFrame ? this.frames!.originOfFrame(e.cpu, e.ns, this.words[w + EVENT.length / 4]!) : 0;
    if (copied > 0) {
      open.originNumber[slot] = copied;
      open.originHow[slot] = ORIGINS.indexOf('clone');
    } else if (original >= 0) {
      open.originNumber[slot] = open.number[original]!;
      open.originHow[slot] = ORIGINS.indexOf('clone');
    } else if (this.sent.has(this.points[e.probe]!) && e.ns - this.answeringNs[e.cpu]! < ANSWER_WITHIN_NS) {
      open.originNumber[slot] = this.answering[e.cpu]!;
      open.originHow[slot] = ORIGINS.indexOf('answer');
      this.answeringNs[e.cpu] = 0;
    }
    return slot;
  }

  private take(
    slot: number,
    role: number,
    probe: number,
    w: number,
    ns: number,
    cpu: number,
    data: DataView,
    at: number,
    length: number,
  ): void {
    const { open } = this;
    if (open.events[slot]! < MOST_EVENTS) open.append(slot, this.words, w, length);
    open.lastNs[slot] = ns;
    open.lostByLast[slot] = this.lost;
    this.extendSignature(slot, probe, w);
    this.frames?.note(cpu, slot, this.points[probe]!, role === ROLE.frame, ns, this.words, w);
    switch (role) {
      case ROLE.drop:
        this.close(slot, 'dropped');
        return;
      case ROLE.consume:
        this.frames?.noteConsumed(cpu, slot, ns, this.words[w + EVENT.length / 4]!);
        this.close(slot, 'consumed');
        return;
      case ROLE.answer:
        this.answering[cpu] = open.number[slot]!;
        this.answeringNs[cpu] = ns;
        return;
      case ROLE.beside:
        if (this.points[probe] === POINT.neighbour && data.getUint32(at + EVENT.code, true) !== 0) {
          open.state[slot]! |= STATE.waitsForNeighbour;
        }
        return;
      default:
        this.pass(slot, role, this.points[probe]!, data, at, length);
    }
  }

  private pass(slot: number, role: number, point: number, data: DataView, at: number, length: number): void {
    const { open } = this;
    let state = open.state[slot]! & ~STATE.sent;
    if (role === ROLE.socket) state |= STATE.inSocket;
    if (role === ROLE.read) state |= STATE.read;
    if (point === POINT.transmit) state = (state | STATE.sent) & ~STATE.waitsForNeighbour;
    if (length >= EVENT_WITH_COPY_BYTES && (state & STATE.inSocket) === 0) {
      state = isFragment(data, at + EVENT_WITH_COPY_BYTES - 96) ? state | STATE.fragment : state & ~STATE.fragment;
    }
    open.state[slot] = state;
    open.lastPoint[slot] = point;
  }

  /** Journeys whose signatures are equal took the same way: probes, devices, and what drops say. */
  private extendSignature(slot: number, probe: number, w: number): void {
    const { signatureA, signatureB } = this.open;
    const words = this.words;
    const role = this.roles[probe]!;
    const value = role === ROLE.drop || role === ROLE.consume ? words[w + 6]! ^ words[w + 7]! : 0;
    const code = role === ROLE.drop ? words[w + 8]! : 0;
    const device = words[w + 9]! ^ Math.imul(words[w + 10]!, 31);
    const mixed = Math.imul(device ^ value, 0x85ebca6b) ^ Math.imul(code + 1, 0xc2b2ae35) ^ (probe << 7);
    signatureA[slot] = Math.imul(signatureA[slot]! ^ mixed, 0x01000193);
    signatureB[slot] = Math.imul(signatureB[slot]! + mixed, 0x9e3779b1) ^ (mixed >>> 15);
  }

  /** Closes what was not heard of for long. `nowNs`: CLOCK_MONOTONIC. */
  advance(nowNs: number): void {
    if (nowNs - this.lookedNs < LOOK_EVERY_NS) return;
    this.lookedNs = nowNs;
    const { open } = this;
    for (let slot = 0; slot < open.highest; slot++) {
      if (open.inUse[slot] === 1 && nowNs - open.lastNs[slot]! > closingNs(open.state[slot]!))
        this.close(slot, 'silent');
    }
  }

  /** Closes all that is open. */
  finish(): void {
    for (let slot = 0; slot < this.open.highest; slot++) {
      if (this.open.inUse[slot] === 1) this.close(slot, 'finished');
    }
  }

  private closeOldest(): void {
    const { open } = this;
    let oldest = 0;
    for (let slot = 1; slot < open.highest; slot++) {
      if (open.lastNs[slot]! < open.lastNs[oldest]!) oldest = slot;
    }
    this.crowded++;
    this.close(oldest, 'crowded');
  }

  /** Events lost while a journey was open. */
  lostDuring(slot: number): number {
    return this.lost - this.open.lostBefore[slot]!;
  }

  private close(slot: number, closing: Closing): void {
    this.onClosed(this.open, slot, closing);
    this.open.close(slot);
  }
}

const WAITING = STATE.fragment | STATE.waitsForNeighbour;

function closingNs(state: number): number {
  if (state & STATE.inSocket) return CLOSING_MS.inSocket * 1e6;
  if (state & STATE.waitsForNeighbour) return CLOSING_MS.waitsForNeighbour * 1e6;
  if (state & STATE.sent) return CLOSING_MS.sent * 1e6;
  if (state & STATE.fragment) return CLOSING_MS.fragment * 1e6;
  return CLOSING_MS.otherwise * 1e6;
}

/** `at`: the network header. More fragments, or an offset; of IPv6 a fragment header right behind the first. */
function isFragment(data: DataView, at: number): boolean {
  const version = data.getUint8(at) >> 4;
  if (version === 4) return (data.getUint16(at + 6) & 0x3fff) !== 0;
  return version === 6 && data.getUint8(at + 6) === 44;
}
