// Sets and maps of nftables (net/netfilter/nft_set_hash.c, nft_set_rbtree.c, nft_set_pipapo.c, v6.18): values, intervals, and
// concatenations of both. Single values are found by hash, intervals by halving, concatenations of intervals by a hash for each
// combination of prefix lengths: what a look-up costs does not grow with the elements.
import type { DataType, Value } from './nft-types.ts';

/** An element: what it maps to, when it is over, and what is asked of packets that find it. */
export interface Element<T> {
  readonly data: T | undefined;
  /** Virtual time; 0 for never. */
  expiresNs: number;
  readonly timeoutNs: number;
  /** False breaks the rule: a limit of the element. */
  readonly passes: ((bytes: number) => boolean) | undefined;
}

/** Of one field of a key. */
export type Part =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'range'; readonly low: number; readonly high: number }
  /** Of a device's name. */
  | { readonly kind: 'beginning'; readonly text: string };

type Node<T> = Map<Value, Node<T> | Element<T>>;

interface Interval<T> {
  readonly low: number;
  readonly high: number;
  readonly element: Element<T>;
}

/** Elements whose fields are prefixes of the same lengths, by what their fields are divided by. */
interface Tuple<T> {
  readonly divisors: readonly number[];
  readonly root: Node<T>;
}

/** Elements of a kernel's set without a size. */
const NO_LIMIT = Number.POSITIVE_INFINITY;

export class NftSet<T> {
  readonly types: readonly DataType[];
  /** Nobody knows what is in it. */
  isUnknown = false;
  /** The element * , found where nothing else is. */
  catchAll: Element<T> | undefined;
  readonly defaultTimeoutNs: number;
  private readonly mostElements: number;
  private root: Node<T> = new Map();
  private count = 0;
  private intervals: Interval<T>[] = [];
  private isSorted = true;
  private readonly beginnings = new Map<number, Map<string, Element<T>>>();
  private readonly tuples: Tuple<T>[] = [];
  private readonly byDivisors = new Map<string, Tuple<T>>();

  constructor(types: readonly DataType[], mostElements: number = NO_LIMIT, defaultTimeoutNs = 0) {
    this.types = types;
    this.mostElements = mostElements;
    this.defaultTimeoutNs = defaultTimeoutNs;
  }

  // --- elements

  add(parts: readonly Part[], element: Element<T>): void {
    const [only] = parts;
    if (parts.every(({ kind }) => kind === 'value')) this.put(parts.map(valueOfPart), element);
    else if (parts.length > 1) this.addTuples(parts, element);
    else if (only?.kind === 'range') {
      this.intervals.push({ low: only.low, high: only.high, element });
      this.isSorted = false;
    } else if (only?.kind === 'beginning') {
      const there = this.beginnings.get(only.text.length) ?? new Map<string, Element<T>>();
      there.set(only.text, element);
      this.beginnings.set(only.text.length, there);
    }
  }

  private addTuples(parts: readonly Part[], element: Element<T>): void {
    if (parts.some(({ kind }) => kind === 'beginning')) {
      this.isUnknown = true;
      return;
    }
    for (const prefixes of combinations(parts.map(prefixesOf))) {
      const divisors = prefixes.map(({ divisor }) => divisor);
      const key = divisors.join();
      let tuple = this.byDivisors.get(key);
      if (tuple === undefined) {
        tuple = { divisors, root: new Map() };
        this.byDivisors.set(key, tuple);
        this.tuples.push(tuple);
      }
      place(
        tuple.root,
        prefixes.map(({ value }) => value),
        element,
      );
    }
  }

  /** A single value, at load or by a rule; false where the set is full: nft_dynset_new. */
  put(key: readonly Value[], element: Element<T>, nowNs = 0): boolean {
    if (this.count >= this.mostElements) {
      this.purge(this.root, nowNs);
      if (this.count >= this.mostElements) return false;
    }
    place(this.root, key, element);
    this.count++;
    return true;
  }

  /** Of single values: what a rule took in. */
  delete(key: readonly Value[]): void {
    let node = this.root;
    for (let i = 0; i < key.length - 1; i++) {
      const next = node.get(key[i]!);
      if (!(next instanceof Map)) return;
      node = next;
    }
    if (node.delete(key[key.length - 1]!)) this.count--;
  }

  private purge(node: Node<T>, nowNs: number): void {
    for (const [key, next] of node) {
      if (next instanceof Map) this.purge(next, nowNs);
      else if (isOver(next, nowNs)) {
        node.delete(key);
        this.count--;
      }
    }
  }

  // --- look-ups

  find(key: readonly Value[], nowNs: number): Element<T> | undefined {
    const found = this.findAny(key) ?? this.catchAll;
    return found === undefined || isOver(found, nowNs) ? undefined : found;
  }

  private findAny(key: readonly Value[]): Element<T> | undefined {
    const found = descend(this.root, key);
    if (found !== undefined) return found;
    for (let i = 0; i < this.tuples.length; i++) {
      const { root, divisors } = this.tuples[i]!;
      const one = descend(root, key, divisors);
      if (one !== undefined) return one;
    }
    const only = key[0]!;
    if (typeof only === 'number') return this.intervals.length === 0 ? undefined : this.findInterval(only);
    for (const [length, texts] of this.beginnings) {
      const one = texts.get(only.slice(0, length));
      if (one !== undefined) return one;
    }
    return undefined;
  }

  private findInterval(value: number): Element<T> | undefined {
    if (!this.isSorted) {
      this.intervals.sort((a, b) => a.low - b.low);
      this.isSorted = true;
    }
    let from = 0;
    let to = this.intervals.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.intervals[middle]!.low <= value) from = middle + 1;
      else to = middle;
    }
    const one = this.intervals[from - 1];
    return one !== undefined && value <= one.high ? one.element : undefined;
  }
}

function isOver({ expiresNs }: Element<unknown>, nowNs: number): boolean {
  return expiresNs !== 0 && expiresNs <= nowNs;
}

function valueOfPart(part: Part): Value {
  if (part.kind !== 'value') throw new RangeError('cannot take a range for a value');
  return part.value;
}

function place<T>(root: Node<T>, key: readonly Value[], element: Element<T>): void {
  let node = root;
  for (let i = 0; i < key.length - 1; i++) {
    let next = node.get(key[i]!);
    if (!(next instanceof Map)) {
      next = new Map();
      node.set(key[i]!, next);
    }
    node = next;
  }
  node.set(key[key.length - 1]!, element);
}

function descend<T>(root: Node<T>, key: readonly Value[], divisors?: readonly number[]): Element<T> | undefined {
  let node = root;
  for (let i = 0; i < key.length; i++) {
    const value = key[i]!;
    const divisor = divisors === undefined ? 1 : divisors[i]!;
    const next = node.get(divisor === 1 || typeof value === 'string' ? value : Math.floor(value / divisor));
    if (next === undefined || !(next instanceof Map)) return next;
    node = next;
  }
  return undefined;
}

interface Prefix {
  readonly divisor: number;
  readonly value: Value;
}

/** A range as the fewest blocks whose length is a power of two. */
function prefixesOf(part: Part): readonly Prefix[] {
  if (part.kind === 'value') return [{ divisor: 1, value: part.value }];
  if (part.kind === 'beginning') return [];
  const found: Prefix[] = [];
  for (let low = part.low; low <= part.high; ) {
    let divisor = 1;
    while (low % (2 * divisor) === 0 && low + 2 * divisor - 1 <= part.high) divisor *= 2;
    found.push({ divisor, value: low / divisor });
    low += divisor;
  }
  return found;
}

/** One of each list, in all ways. */
function combinations(lists: readonly (readonly Prefix[])[]): readonly (readonly Prefix[])[] {
  return lists.reduce<readonly (readonly Prefix[])[]>(
    (before, list) => before.flatMap((some) => list.map((one) => [...some, one])),
    [[]],
  );
}
