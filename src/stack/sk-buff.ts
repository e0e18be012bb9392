// Socket buffers as the kernel has them (include/linux/skbuff.h, net/core/skbuff.c, v6.18), under the kernel's names: a
// buffer with room at both ends, the packet between `data` and `tail`, and what the layers know of it. Several may share one
// buffer (clones). Who holds one holds a reference, and a reference too many or too few is an error.
import type { OpenJourney } from './journey-log.ts';
import type { NetDevice } from './net-device.ts';
import { type Connection, CT_INFO, type CtInfo } from './nf-conntrack.ts';
import type { Route } from './route.ts';
import type { Socket } from './socket.ts';

/** NET_SKB_PAD and what a link-layer header takes: room in front of a received packet. */
const HEADROOM = 64;

/** Most packets fit into one that was used before. */
const COMMON_BYTES = 2048;

/** What sk_buffs share: the kernel's skb_shared_info.dataref. */
interface Buffer {
  bytes: Uint8Array;
  users: number;
}

export class SkBuff {
  next: SkBuff | undefined;
  prev: SkBuff | undefined;
  /** Virtual time of arrival, nanoseconds. */
  timestampNs = 0;
  dev: NetDevice | undefined;
  /** Number of the device that it came in by. */
  skbIif = 0;
  /** The buffer, from its first byte on. */
  head: Uint8Array = EMPTY;
  /** Offsets in `head`. */
  data = 0;
  tail = 0;
  end = 0;
  macHeader = 0;
  networkHeader = 0;
  transportHeader = 0;
  macLen = 0;
  /** PACKET_TYPE. */
  pktType = 0;
  /** EtherType. */
  protocol = 0;
  mark = 0;
  /** Tag that was taken out of the frame: 0 for none in `vlanProto`. */
  vlanProto = 0;
  vlanTci = 0;
  dst: Route | undefined;
  /** The socket that sent it. */
  sk: Socket | undefined;
  /** The connection that it belongs to, and how: _nfct. */
  nfct: Connection | undefined;
  nfctInfo: CtInfo = CT_INFO.ESTABLISHED;
  /** Zone of conntrack that a rule chose: _nfct with a template. */
  nfctZone = 0;
  /** Netfilter has summed it up, and it was wrong: csum_complete_sw without csum_valid. */
  hasBadChecksum = false;
  cloned = false;
  users = 0;
  journey: OpenJourney | undefined;
  shared: Buffer | undefined;

  /** Bytes of the packet, from `data` on. */
  get len(): number {
    return this.tail - this.data;
  }

  /** Of those, bytes that do not lie in the buffer: this model keeps all of them there. */
  get dataLen(): number {
    return 0;
  }
}

const EMPTY = new Uint8Array(0);

/** Where sk_buffs come from and go to: counts them, and uses them again. */
export class SkBuffCache {
  private readonly free: SkBuff[] = [];
  private readonly freeBuffers: Buffer[] = [];
  /** sk_buffs that somebody holds. */
  alive = 0;

  /** Room for `size` bytes, none of them used. */
  allocSkb(size: number): SkBuff {
    const skb = this.free.pop() ?? new SkBuff();
    const buffer = this.takeBuffer(size);
    buffer.users = 1;
    skb.shared = buffer;
    skb.head = buffer.bytes;
    skb.end = buffer.bytes.length;
    skb.data = skb.tail = 0;
    skb.users = 1;
    this.alive++;
    return skb;
  }

  /** As drivers want it: with room in front. */
  devAllocSkb(length: number): SkBuff {
    const skb = this.allocSkb(length + HEADROOM);
    skbReserve(skb, HEADROOM);
    return skb;
  }

  private takeBuffer(size: number): Buffer {
    if (size > COMMON_BYTES) return { bytes: new Uint8Array(size), users: 0 };
    return this.freeBuffers.pop() ?? { bytes: new Uint8Array(COMMON_BYTES), users: 0 };
  }

  /** Another sk_buff of the same bytes. */
  skbClone(skb: SkBuff): SkBuff {
    const clone = this.free.pop() ?? new SkBuff();
    Object.assign(clone, skb);
    clone.next = clone.prev = undefined;
    clone.users = 1;
    clone.cloned = skb.cloned = true;
    skb.shared!.users++;
    this.alive++;
    return clone;
  }

  /** Another sk_buff with bytes of its own. */
  skbCopy(skb: SkBuff): SkBuff {
    const copy = this.free.pop() ?? new SkBuff();
    const buffer = this.takeBuffer(skb.end);
    Object.assign(copy, skb);
    buffer.users = 1;
    buffer.bytes.set(skb.head.subarray(0, skb.tail));
    copy.next = copy.prev = undefined;
    copy.shared = buffer;
    copy.head = buffer.bytes;
    copy.end = buffer.bytes.length;
    copy.users = 1;
    copy.cloned = false;
    this.alive++;
    return copy;
  }

  /** Bytes of its own, before they are written to. */
  skbUnclone(skb: SkBuff): void {
    const shared = skb.shared!;
    if (shared.users === 1) return;
    const buffer = this.takeBuffer(skb.end);
    buffer.users = 1;
    buffer.bytes.set(skb.head.subarray(0, skb.tail));
    shared.users--;
    skb.shared = buffer;
    skb.head = buffer.bytes;
    skb.end = buffer.bytes.length;
    skb.cloned = false;
  }

  /** Gives a reference back; true when it was the last. Use kfreeSkb or consumeSkb of Net, which tell the journey. */
  release(skb: SkBuff): boolean {
    if (skb.users <= 0) throw new RangeError('cannot free the sk_buff: it was freed before');
    if (--skb.users > 0) return false;
    const shared = skb.shared!;
    if (--shared.users === 0 && shared.bytes.length === COMMON_BYTES) this.freeBuffers.push(shared);
    skb.shared = undefined;
    skb.head = EMPTY;
    skb.dev = undefined;
    skb.dst = undefined;
    skb.sk = undefined;
    skb.nfct = undefined;
    skb.nfctInfo = CT_INFO.ESTABLISHED;
    skb.nfctZone = 0;
    skb.hasBadChecksum = false;
    skb.journey = undefined;
    skb.next = skb.prev = undefined;
    skb.mark = skb.vlanProto = skb.vlanTci = 0;
    skb.cloned = false;
    this.free.push(skb);
    this.alive--;
    return true;
  }
}

/** Moves an empty sk_buff's packet on, so that there is room in front. */
export function skbReserve(skb: SkBuff, length: number): void {
  skb.data += length;
  skb.tail += length;
}

/** Makes the packet longer at its end; where the new bytes begin. RangeError where there is no room: skb_over_panic. */
export function skbPut(skb: SkBuff, length: number): number {
  const at = skb.tail;
  if (at + length > skb.end) throw new RangeError(`cannot put ${length} bytes: ${skb.end - at} are left`);
  skb.tail += length;
  return at;
}

/** Makes the packet longer at its front; where it begins now. RangeError where there is no room: skb_under_panic. */
export function skbPush(skb: SkBuff, length: number): number {
  if (length > skb.data) throw new RangeError(`cannot push ${length} bytes: ${skb.data} are left`);
  skb.data -= length;
  return skb.data;
}

/** Takes bytes off the front; false when there are not as many. */
export function skbPull(skb: SkBuff, length: number): boolean {
  if (length > skb.len) return false;
  skb.data += length;
  return true;
}

/** Cuts the packet's end off. */
export function skbTrim(skb: SkBuff, length: number): void {
  if (length < skb.len) skb.tail = skb.data + length;
}

/** Whether as many bytes are there from `data` on. */
export function pskbMayPull(skb: SkBuff, length: number): boolean {
  return length <= skb.len;
}

export function skbResetMacHeader(skb: SkBuff): void {
  skb.macHeader = skb.data;
}

export function skbResetNetworkHeader(skb: SkBuff): void {
  skb.networkHeader = skb.data;
}

export function skbResetTransportHeader(skb: SkBuff): void {
  skb.transportHeader = skb.data;
}

/** Where the headers begin in `head`. */
export function skbMacHeader(skb: SkBuff): number {
  return skb.macHeader;
}

export function skbNetworkHeader(skb: SkBuff): number {
  return skb.networkHeader;
}

export function skbTransportHeader(skb: SkBuff): number {
  return skb.transportHeader;
}
