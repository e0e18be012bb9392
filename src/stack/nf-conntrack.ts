// Connections as the kernel tracks them (struct nf_conn, net/netfilter/nf_conntrack_core.c, v6.18): a table of both directions'
// tuples, with the time at which each connection is forgotten.
import type { TcpTrack } from './nf-conntrack-tcp.ts';
import { isEqualTuple, type Tuple } from './nf-conntrack-tuple.ts';
import type { SkBuff } from './sk-buff.ts';

/** enum ip_conntrack_info: what a packet is to its connection. From ESTABLISHED_REPLY on it goes in the direction of answers. */
export const CT_INFO = {
  ESTABLISHED: 0,
  RELATED: 1,
  NEW: 2,
  ESTABLISHED_REPLY: 3,
  RELATED_REPLY: 4,
  UNTRACKED: 7,
} as const;
export type CtInfo = (typeof CT_INFO)[keyof typeof CT_INFO];

/** enum ip_conntrack_status: IPS_*. */
export const CT_STATUS = {
  EXPECTED: 1,
  SEEN_REPLY: 2,
  ASSURED: 4,
  CONFIRMED: 8,
  SRC_NAT: 16,
  DST_NAT: 32,
  SRC_NAT_DONE: 128,
  DST_NAT_DONE: 256,
  DYING: 512,
} as const;

/** CTINFO2DIR. */
export function isReply(info: number): boolean {
  return info >= CT_INFO.ESTABLISHED_REPLY;
}

/** nf_ct_attach: an answer made by a rule or by an error belongs to the connection of what it answers. */
export function attachedInfo({ nfctInfo }: SkBuff): CtInfo {
  return isReply(nfctInfo) ? CT_INFO.RELATED : CT_INFO.RELATED_REPLY;
}

export class Connection {
  /** Of the first packet. */
  readonly original: Tuple;
  /** Of answers, as they come in: what NAT made of it. */
  reply: Tuple;
  readonly zone: number;
  /** CT_STATUS. */
  status = 0;
  mark = 0;
  /** When it is forgotten, virtual time; until it is confirmed, after how long. Nanoseconds. */
  timeoutNs = 0;
  /** From when on a UDP conversation is a stream. */
  streamFromNs = 0;
  tcp: TcpTrack | undefined;
  /** Number of the device whose address it was masqueraded with. */
  masqueradeIndex = 0;

  constructor(original: Tuple, reply: Tuple, zone: number) {
    this.original = original;
    this.reply = reply;
    this.zone = zone;
  }

  get isConfirmed(): boolean {
    return (this.status & CT_STATUS.CONFIRMED) !== 0;
  }
}

/** struct nf_conntrack_tuple_hash. */
export interface TupleHash {
  readonly tuple: Tuple;
  readonly isReply: boolean;
  readonly connection: Connection;
  /** Of tuple and zone: most others are told apart by it. */
  readonly hash: number;
  next: TupleHash | undefined;
}

const detail = (connection: string) => Object.freeze({ connection });
const DETAILS = {
  [CT_INFO.ESTABLISHED]: detail('established'),
  [CT_INFO.RELATED]: detail('related'),
  [CT_INFO.NEW]: detail('new'),
  [CT_INFO.ESTABLISHED_REPLY]: detail('established, reply'),
  [CT_INFO.RELATED_REPLY]: detail('related, reply'),
  [CT_INFO.UNTRACKED]: detail('untracked'),
};
const INVALID_DETAIL = detail('invalid');

/** What a packet is to its connection, in words for a journey. */
export function connectionDetail({ nfct, nfctInfo }: SkBuff): Readonly<Record<'connection', string>> {
  return nfct === undefined && nfctInfo !== CT_INFO.UNTRACKED ? INVALID_DETAIL : DETAILS[nfctInfo];
}

const FIRST_BUCKETS = 1024;

/** As many buckets are looked through for what is over whenever a connection is added: gc_worker. */
const SWEPT_BUCKETS = 4;

/** nf_conntrack_hash, and hash_by_src of nf_nat_core.c. */
export class ConntrackTable {
  /** Connections in it. */
  count = 0;
  private buckets: (TupleHash | undefined)[] = new Array(FIRST_BUCKETS).fill(undefined);
  private readonly bySource = new Map<string, Connection[]>();
  private sweptTo = 0;

  /** __nf_conntrack_find_get: those whose time is over are taken out and not found. */
  find(tuple: Tuple, zone: number, nowNs: number): TupleHash | undefined {
    const hash = hashOf(tuple, zone);
    for (let entry = this.buckets[this.bucketOf(hash)]; entry !== undefined; entry = entry.next) {
      if (entry.hash !== hash || !isEqualTuple(entry.tuple, tuple) || entry.connection.zone !== zone) continue;
      if (entry.connection.timeoutNs > nowNs) return entry;
      this.remove(entry.connection);
      return undefined;
    }
    return undefined;
  }

  /** Both directions: __nf_conntrack_hash_insert. */
  insert(connection: Connection, nowNs: number): void {
    this.sweep(nowNs);
    if (2 * this.count >= this.buckets.length) this.grow();
    const { original, reply, zone } = connection;
    this.put({ tuple: original, isReply: false, connection, hash: hashOf(original, zone), next: undefined });
    this.put({ tuple: reply, isReply: true, connection, hash: hashOf(reply, zone), next: undefined });
    this.count++;
  }

  /** nf_ct_kill. */
  remove(connection: Connection): void {
    if (!connection.isConfirmed || (connection.status & CT_STATUS.DYING) !== 0) return;
    connection.status |= CT_STATUS.DYING;
    this.take(connection, connection.original);
    this.take(connection, connection.reply);
    this.forgetSource(connection);
    this.count--;
  }

  /** early_drop: makes room by one that was never answered enough to be assured; false where there is none nearby. */
  earlyDrop(tuple: Tuple, zone: number): boolean {
    const NEARBY = 8;
    const from = this.bucketOf(hashOf(tuple, zone));
    for (let i = 0; i < NEARBY; i++) {
      for (let entry = this.buckets[(from + i) % this.buckets.length]; entry !== undefined; entry = entry.next) {
        if ((entry.connection.status & CT_STATUS.ASSURED) !== 0) continue;
        this.remove(entry.connection);
        return true;
      }
    }
    return false;
  }

  // --- by source, for source NAT

  addSource(connection: Connection): void {
    const key = sourceKey(connection.original);
    const there = this.bySource.get(key);
    if (there === undefined) this.bySource.set(key, [connection]);
    else there.unshift(connection);
  }

  /** Those that come from the same address and port, the newest first. */
  ofSource(tuple: Tuple): readonly Connection[] {
    return this.bySource.get(sourceKey(tuple)) ?? [];
  }

  forgetSource(connection: Connection): void {
    const key = sourceKey(connection.original);
    const there = this.bySource.get(key);
    const at = there?.indexOf(connection) ?? -1;
    if (there === undefined || at < 0) return;
    if (there.length === 1) this.bySource.delete(key);
    else there.splice(at, 1);
  }

  // --- buckets

  private put(entry: TupleHash): void {
    const bucket = this.bucketOf(entry.hash);
    entry.next = this.buckets[bucket];
    this.buckets[bucket] = entry;
  }

  private take(connection: Connection, tuple: Tuple): void {
    const bucket = this.bucketOf(hashOf(tuple, connection.zone));
    let before: TupleHash | undefined;
    for (let entry = this.buckets[bucket]; entry !== undefined; before = entry, entry = entry.next) {
      if (entry.tuple !== tuple) continue;
      if (before === undefined) this.buckets[bucket] = entry.next;
      else before.next = entry.next;
      return;
    }
  }

  private sweep(nowNs: number): void {
    for (let i = 0; i < SWEPT_BUCKETS; i++) {
      const bucket = this.sweptTo++ % this.buckets.length;
      let next: TupleHash | undefined;
      for (let entry = this.buckets[bucket]; entry !== undefined; entry = next) {
        next = entry.next;
        if (entry.connection.timeoutNs <= nowNs) this.remove(entry.connection);
      }
    }
  }

  private grow(): void {
    const old = this.buckets;
    this.buckets = new Array(2 * old.length).fill(undefined);
    for (const first of old) {
      let next: TupleHash | undefined;
      for (let entry = first; entry !== undefined; entry = next) {
        next = entry.next;
        this.put(entry);
      }
    }
  }

  private bucketOf(hash: number): number {
    return hash & (this.buckets.length - 1);
  }
}

function hashOf({ source, destination, protocol, sourcePort, destinationPort }: Tuple, zone: number): number {
  let hash = Math.imul(source ^ (zone << 8) ^ protocol, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ destination, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13) ^ ((sourcePort << 16) | destinationPort), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function sourceKey({ source, sourcePort, protocol }: Tuple): string {
  return `${protocol} ${source} ${sourcePort}`;
}
