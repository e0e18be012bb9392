// The TCP conversations seen so far, for sequence numbers relative to their beginning. Gives the numbers of tcpdump's
// print-tcp.c, whose lists of 919 hash chains have no bound and slow down with the number of conversations.
//
// An open-addressed index of entry numbers over entries in typed arrays: nothing is allocated for a packet. At most
// MAXIMUM conversations of each IP version are kept (28 MB for IPv4, 54 MB for IPv6 when full); beyond that the oldest
// is forgotten, and should it speak again, its next packet is printed with absolute numbers as a first one is.

/** Conversations kept for each IP version. A power of two. */
const MAXIMUM = 1 << 20;

/** Index words hold an entry's number plus one in their low bits, and the upper bits of its hash above. */
const NUMBER_BITS = 21;
const NUMBER = (1 << NUMBER_BITS) - 1;

/** Entries lie in arrays of this many, made as they are needed. */
const CHUNK_BITS = 12;
const CHUNK = (1 << CHUNK_BITS) - 1;

const FIRST_INDEX_SIZE = 1 << 12;

/** Either direction of a connection has the same entry: the lower port's end comes first. */
export class TcpConversations {
  /** Of the packet given to `relate` last: its numbers, relative unless it begins a conversation. */
  sequence = 0;
  acknowledgment = 0;
  /** What is subtracted from the numbers of selective acknowledgments in that packet. */
  sackBase = 0;

  private readonly version4 = new Table(2);
  private readonly version6 = new Table(8);

  /** Sets the fields above for a packet with ACK, whose IP addresses stand at `addressesAt`. */
  relate(
    bytes: Uint8Array,
    addressesAt: number,
    version: 4 | 6,
    sourcePort: number,
    destinationPort: number,
    sequence: number,
    acknowledgment: number,
    begins: boolean,
  ): void {
    const table = version === 6 ? this.version6 : this.version4;
    const reversed =
      sourcePort > destinationPort ||
      (sourcePort === destinationPort && isSourceGreater(bytes, addressesAt, version === 6 ? 16 : 4));
    const known = table.find(bytes, addressesAt, reversed, sourcePort, destinationPort);
    const { chunk, place } = table;
    const own = reversed ? place + 1 : place;
    const other = reversed ? place : place + 1;
    if (known && !begins) {
      this.sequence = (sequence - chunk[own]!) >>> 0;
      this.acknowledgment = (acknowledgment - chunk[other]!) >>> 0;
    } else {
      chunk[own] = sequence;
      chunk[other] = acknowledgment - 1;
      this.sequence = sequence;
      this.acknowledgment = acknowledgment;
    }
    this.sackBase = chunk[other]!;
  }
}

/** Conversations of one IP version. */
class Table {
  /** Where `find` found or made the entry: its two initial sequence numbers, the first end's and the second's. */
  chunk: Int32Array = new Int32Array(0);
  place = 0;

  private readonly keyWords: number;
  private readonly entryWords: number;
  private readonly key: Int32Array;
  private readonly chunks: Int32Array[] = [];
  private index = new Int32Array(FIRST_INDEX_SIZE);
  /** Entries in use, and the one to be given out next. */
  private count = 0;
  private next = 0;
  /** Makes the places of conversations unforeseeable for whoever sends the packets. */
  private readonly seed = Math.floor(Math.random() * 0x1_0000_0000);

  /** `addressWords`: 32-bit words of both addresses. */
  constructor(addressWords: number) {
    this.keyWords = addressWords + 1;
    this.entryWords = this.keyWords + 2;
    this.key = new Int32Array(this.keyWords);
  }

  /** Points `chunk` and `place` at the conversation's entry; false when it was made now. */
  find(bytes: Uint8Array, addressesAt: number, reversed: boolean, source: number, destination: number): boolean {
    this.readKey(bytes, addressesAt, reversed, source, destination);
    const hash = this.hash(this.key, 0);
    const mask = this.index.length - 1;
    const tag = hash & ~NUMBER;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const word = this.index[slot]!;
      if (word === 0) break;
      if ((word & ~NUMBER) === tag && this.matches((word & NUMBER) - 1)) return true;
    }
    this.add(hash);
    return false;
  }

  private readKey(bytes: Uint8Array, from: number, reversed: boolean, source: number, destination: number): void {
    const { key } = this;
    const words = this.keyWords - 1;
    const half = words >> 1;
    for (let i = 0; i < words; i++) {
      const at = from + 4 * (reversed ? (i + half) % words : i);
      key[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    }
    key[words] = reversed ? (destination << 16) | source : (source << 16) | destination;
  }

  /** Of the key that begins at `at`. */
  private hash(words: Int32Array, at: number): number {
    let hash = this.seed;
    for (let i = 0; i < this.keyWords; i++) {
      hash = Math.imul(hash ^ words[at + i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  /** Points `chunk` and `place` at the entry when it has the key. */
  private matches(number: number): boolean {
    const chunk = this.chunks[number >> CHUNK_BITS]!;
    const at = (number & CHUNK) * this.entryWords;
    for (let i = 0; i < this.keyWords; i++) if (chunk[at + i] !== this.key[i]) return false;
    this.chunk = chunk;
    this.place = at + this.keyWords;
    return true;
  }

  private add(hash: number): void {
    if (this.count === MAXIMUM) this.forget(this.next);
    else if (++this.count * 2 > this.index.length) this.grow();
    const number = this.next;
    this.next = (number + 1) & (MAXIMUM - 1);
    this.chunk = this.chunks[number >> CHUNK_BITS] ??= new Int32Array((CHUNK + 1) * this.entryWords);
    const at = (number & CHUNK) * this.entryWords;
    this.chunk.set(this.key, at);
    this.place = at + this.keyWords;
    this.enter(number, hash);
  }

  private enter(number: number, hash: number): void {
    const mask = this.index.length - 1;
    let slot = hash & mask;
    while (this.index[slot] !== 0) slot = (slot + 1) & mask;
    this.index[slot] = (hash & ~NUMBER) | (number + 1);
  }

  /** Doubles the index; at most half of it is ever in use. */
  private grow(): void {
    this.index = new Int32Array(2 * this.index.length);
    for (let number = 0; number < this.next; number++) this.enter(number, this.hashOf(number));
  }

  private hashOf(number: number): number {
    return this.hash(this.chunks[number >> CHUNK_BITS]!, (number & CHUNK) * this.entryWords);
  }

  /** Takes an entry out of the index, and moves up those that lie behind it only because it was there. */
  private forget(number: number): void {
    const { index } = this;
    const mask = index.length - 1;
    let hole = this.hashOf(number) & mask;
    while ((index[hole]! & NUMBER) !== number + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; index[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.hashOf((index[slot]! & NUMBER) - 1) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      index[hole] = index[slot]!;
      hole = slot;
    }
    index[hole] = 0;
  }
}

function isSourceGreater(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) {
    const difference = bytes[i]! - bytes[i + length]!;
    if (difference !== 0) return difference > 0;
  }
  return false;
}
