// Journeys that are not over, and their events as they came: numbers in typed arrays, nothing is allocated for an event. An
// open journey is a slot; its events are copied into cells, a chain a slot. Slots are found by the address of their sk_buff.
import { EVENT_BYTES, EVENT_WITH_COPY_BYTES } from './event.ts';

const WORDS = EVENT_WITH_COPY_BYTES / 4;
const SHORT_WORDS = EVENT_BYTES / 4;
const FIRST_CELLS = 1 << 12;
const NONE = -1;

export class OpenJourneys {
  /** Slots there are. */
  readonly limit: number;
  /** Slots in use, and above which none was ever used. */
  count = 0;
  highest = 0;

  // By slot.
  readonly startNs: Float64Array;
  readonly lastNs: Float64Array;
  /** Numbers journeys in the order in which they began. */
  readonly number: Float64Array;
  /** Events that were known to be lost when it began. */
  readonly lostBefore: Float64Array;
  /** Events that were known to be lost at its last event. */
  readonly lostByLast: Float64Array;
  readonly firstCell: Int32Array;
  readonly events: Uint16Array;
  readonly lastPoint: Uint8Array;
  readonly state: Uint8Array;
  /** Number of the journey that it comes from, and how; 0 for none. */
  readonly originNumber: Float64Array;
  readonly originHow: Uint8Array;
  /** Two hashes over what makes it a way: see `extendSignature`. */
  readonly signatureA: Int32Array;
  readonly signatureB: Int32Array;
  readonly inUse: Uint8Array;
  private readonly lastCell: Int32Array;
  private readonly low: Uint32Array;
  private readonly high: Uint32Array;
  private readonly headLow: Uint32Array;
  private readonly headHigh: Uint32Array;

  private readonly byAddress: Int32Array;
  private readonly nextByAddress: Int32Array;
  private readonly byHead: Int32Array;
  private readonly nextByHead: Int32Array;
  private readonly mask: number;
  private readonly freeSlots: Int32Array;
  private freeSlotCount = 0;

  // Cells.
  private words = new Uint32Array(FIRST_CELLS * WORDS);
  private nextCell = new Int32Array(FIRST_CELLS);
  private freeCell = NONE;
  private usedCells = 0;
  private view = new DataView(this.words.buffer);

  constructor(limit: number) {
    this.limit = limit;
    const floats = () => new Float64Array(limit);
    const ints = () => new Int32Array(limit);
    const unsigned = () => new Uint32Array(limit);
    const bytes = () => new Uint8Array(limit);
    this.startNs = floats();
    this.lastNs = floats();
    this.number = floats();
    this.lostBefore = floats();
    this.lostByLast = floats();
    this.originNumber = floats();
    this.firstCell = ints();
    this.lastCell = ints();
    this.signatureA = ints();
    this.signatureB = ints();
    this.nextByAddress = ints();
    this.nextByHead = ints();
    this.freeSlots = ints();
    this.low = unsigned();
    this.high = unsigned();
    this.headLow = unsigned();
    this.headHigh = unsigned();
    this.events = new Uint16Array(limit);
    this.lastPoint = bytes();
    this.state = bytes();
    this.originHow = bytes();
    this.inUse = bytes();
    this.mask = 2 ** Math.ceil(Math.log2(2 * limit)) - 1;
    this.byAddress = new Int32Array(this.mask + 1).fill(NONE);
    this.byHead = new Int32Array(this.mask + 1).fill(NONE);
  }

  /** The slot of an sk_buff; -1 when none is open. */
  find(low: number, high: number): number {
    let slot = this.byAddress[this.bucket(low, high)]!;
    while (slot !== NONE && (this.low[slot] !== low || this.high[slot] !== high)) slot = this.nextByAddress[slot]!;
    return slot;
  }

  /** The slot of another sk_buff that has the same data; -1 when none is open. */
  findByHead(low: number, high: number): number {
    let slot = this.byHead[this.bucket(low, high)]!;
    while (slot !== NONE && (this.headLow[slot] !== low || this.headHigh[slot] !== high)) slot = this.nextByHead[slot]!;
    return slot;
  }

  /** A slot, empty but for the addresses. There must be one: `count` below `limit`. */
  open(low: number, high: number, headLow: number, headHigh: number): number {
    const slot = this.freeSlotCount > 0 ? this.freeSlots[--this.freeSlotCount]! : this.highest++;
    this.count++;
    this.inUse[slot] = 1;
    this.link(slot, low, high, headLow, headHigh);
    this.firstCell[slot] = this.lastCell[slot] = NONE;
    this.events[slot] = this.state[slot] = this.originHow[slot] = 0;
    this.signatureA[slot] = this.signatureB[slot] = 0;
    return slot;
  }

  /** The journey in `slot` is that of another sk_buff from now on. */
  rename(slot: number, low: number, high: number, headLow: number, headHigh: number): void {
    this.unlink(slot);
    this.link(slot, low, high, headLow, headHigh);
  }

  hasHead(slot: number, low: number, high: number): boolean {
    return this.headLow[slot] === low && this.headHigh[slot] === high;
  }

  /** Gives the slot and its cells back. */
  close(slot: number): void {
    this.unlink(slot);
    if (this.firstCell[slot] !== NONE) {
      this.nextCell[this.lastCell[slot]!] = this.freeCell;
      this.freeCell = this.firstCell[slot]!;
    }
    this.inUse[slot] = 0;
    this.freeSlots[this.freeSlotCount++] = slot;
    this.count--;
  }

  /** Keeps a record: `source` as words, the record at `at`, `length` bytes long. */
  append(slot: number, source: Uint32Array, at: number, length: number): void {
    const cell = this.takeCell();
    const to = cell * WORDS;
    const count = length >= EVENT_WITH_COPY_BYTES ? WORDS : SHORT_WORDS;
    const words = this.words;
    for (let i = 0; i < count; i++) words[to + i] = source[at + i]!;
    if (this.lastCell[slot] === NONE) this.firstCell[slot] = cell;
    else this.nextCell[this.lastCell[slot]!] = cell;
    this.lastCell[slot] = cell;
    this.events[slot]!++;
  }

  /** The cell behind one; -1 behind the last. */
  cellAfter(cell: number): number {
    return this.nextCell[cell]!;
  }

  /** The record in a cell: its bytes, and where in them it begins. The view is borrowed: valid until the next `append`. */
  get records(): DataView {
    return this.view;
  }

  recordAt(cell: number): number {
    return cell * EVENT_WITH_COPY_BYTES;
  }

  private bucket(low: number, high: number): number {
    // Addresses differ little in their upper half, and not at all in their lowest bits.
    return (Math.imul((low >>> 6) ^ high, 0x9e3779b1) >>> 8) & this.mask;
  }

  private link(slot: number, low: number, high: number, headLow: number, headHigh: number): void {
    this.low[slot] = low;
    this.high[slot] = high;
    this.headLow[slot] = headLow;
    this.headHigh[slot] = headHigh;
    const bucket = this.bucket(low, high);
    this.nextByAddress[slot] = this.byAddress[bucket]!;
    this.byAddress[bucket] = slot;
    const headBucket = this.bucket(headLow, headHigh);
    this.nextByHead[slot] = this.byHead[headBucket]!;
    this.byHead[headBucket] = slot;
  }

  private unlink(slot: number): void {
    unlink(this.byAddress, this.nextByAddress, this.bucket(this.low[slot]!, this.high[slot]!), slot);
    unlink(this.byHead, this.nextByHead, this.bucket(this.headLow[slot]!, this.headHigh[slot]!), slot);
  }

  private takeCell(): number {
    let cell = this.freeCell;
    if (cell !== NONE) {
      this.freeCell = this.nextCell[cell]!;
    } else {
      if (this.usedCells === this.nextCell.length) this.growCells();
      cell = this.usedCells++;
    }
    this.nextCell[cell] = NONE;
    return cell;
  }

  private growCells(): void {
    const { words, nextCell } = this;
    this.words = new Uint32Array(2 * words.length);
    this.words.set(words);
    this.view = new DataView(this.words.buffer);
    this.nextCell = new Int32Array(2 * nextCell.length);
    this.nextCell.set(nextCell);
  }
}

function unlink(heads: Int32Array, nexts: Int32Array, bucket: number, slot: number): void {
  let at = heads[bucket]!;
  if (at === slot) {
    heads[bucket] = nexts[slot]!;
    return;
  }
  while (nexts[at] !== slot) at = nexts[at]!;
  nexts[at] = nexts[slot]!;
}
