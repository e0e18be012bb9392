// Which packet a frame at XDP is. A driver runs the program over a buffer and makes an sk_buff of it afterwards, mostly with
// that buffer for its head; some copy the frame into another one, and then it is told by being next on the same CPU, with
// the same length on the same device. Drivers of pairs copy what was sent into a buffer of their own first, and use up the
// sender's sk_buff (veth_convert_skb_to_xdp_buff, drivers/net/veth.c, v6.18). Generic mode (do_xdp_generic,
// net/core/dev.c) runs the program when the sk_buff has been received already, or over a copy where it has not the room.
import { POINT_NAMES, type PointName } from '../path/index.ts';
import { EVENT } from './event.ts';
import type { OpenJourneys } from './open-journeys.ts';

/** All of it is done at once, by one CPU. */
const WITHIN_NS = 1e6;

/** Where a packet is when generic mode runs the program. */
const BEFORE_GENERIC: ReadonlySet<number> = new Set(
  (['backlog', 'receive'] satisfies PointName[]).map((name) => POINT_NAMES.indexOf(name)),
);

const BEFORE_COPY: ReadonlySet<number> = new Set([...BEFORE_GENERIC, POINT_NAMES.indexOf('transmit')]);

const LENGTH = EVENT.length / 4;
const DEVICE = EVENT.device / 4;
const NAMESPACE = EVENT.namespace / 4;

/** What one CPU did last. Lengths in bytes. */
interface Last {
  /** Slot of the packet of its last event, and where that was; -1 for none. */
  slot: number;
  point: number;
  /** Slot of its last frame; -1 for none. */
  frame: number;
  ns: number;
  length: number;
  device: number;
  namespace: number;
  /** Number of the journey whose packet was used up; 0 for none. */
  consumed: number;
  consumedNs: number;
  consumedLength: number;
}

export class Frames {
  private readonly open: OpenJourneys;
  private readonly cpus: Last[] = [];

  constructor(open: OpenJourneys) {
    this.open = open;
  }

  /** An event of the packet in `slot`, at word `w`. */
  note(cpu: number, slot: number, point: number, isFrame: boolean, ns: number, words: Uint32Array, w: number): void {
    const last = this.last(cpu);
    last.slot = slot;
    last.point = point;
    last.frame = isFrame ? slot : -1;
    last.ns = ns;
    last.length = words[w + LENGTH]!;
    last.device = words[w + DEVICE]!;
    last.namespace = words[w + NAMESPACE]!;
  }

  /** The packet in `slot` is used up now: it may have been copied. */
  noteConsumed(cpu: number, slot: number, ns: number, length: number): void {
    if (!BEFORE_COPY.has(this.open.lastPoint[slot]!)) return;
    const last = this.last(cpu);
    last.consumed = this.open.number[slot]!;
    last.consumedNs = ns;
    last.consumedLength = length;
  }

  /** The packet that generic mode runs the program over; -1 when the frame is none yet. */
  packetOfFrame(cpu: number, ns: number, words: Uint32Array, w: number): number {
    const last = this.last(cpu);
    const isIt = last.slot >= 0 && BEFORE_GENERIC.has(last.point) && this.isSame(last, ns, words, w);
    return isIt && this.open.inUse[last.slot] === 1 ? last.slot : -1;
  }

  /** The slot of the frame that an sk_buff was made of which is first seen now; -1 when there is none. */
  frameOfPacket(cpu: number, ns: number, words: Uint32Array, w: number, frameState: number): number {
    const { open } = this;
    const head = w + EVENT.head / 4;
    const slot = open.find(words[head]!, words[head + 1]!);
    if (slot >= 0 && open.state[slot]! & frameState) return slot;
    const last = this.last(cpu);
    const { frame } = last;
    if (frame < 0 || open.inUse[frame] === 0 || (open.state[frame]! & frameState) === 0) return -1;
    return this.isSame(last, ns, words, w) ? frame : -1;
  }

  /** Number of the journey whose packet a frame is a copy of; 0 for none. */
  originOfFrame(cpu: number, ns: number, length: number): number {
    const { consumed, consumedNs, consumedLength } = this.last(cpu);
    return ns - consumedNs < WITHIN_NS && consumedLength === length ? consumed : 0;
  }

  private isSame(last: Last, ns: number, words: Uint32Array, w: number): boolean {
    return (
      ns - last.ns < WITHIN_NS &&
      last.length === words[w + LENGTH] &&
      last.device === words[w + DEVICE] &&
      last.namespace === words[w + NAMESPACE]
    );
  }

  private last(cpu: number): Last {
    this.cpus[cpu] ??= {
      slot: -1,
      point: 0,
      frame: -1,
      ns: 0,
      length: 0,
      device: 0,
      namespace: 0,
      consumed: 0,
      consumedNs: 0,
      consumedLength: 0,
    };
    return this.cpus[cpu];
  }
}
