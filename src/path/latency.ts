// How long journeys took, in bounded memory: counts in buckets, 32 to each doubling, so that a quantile is told to 3 %.

/** Buckets of each doubling. */
const PER_DOUBLING = 32;

export interface Latency {
  readonly minNs: number;
  readonly medianNs: number;
  readonly p99Ns: number;
  readonly maxNs: number;
}

/**
 * Spans of time, counted.
 *
 *   const spans = new LatencyCounts();
 *   spans.add(2140);
 *   spans.latency.medianNs;
 */
export class LatencyCounts {
  private readonly buckets = new Map<number, number>();
  private count = 0;
  private minNs = Number.POSITIVE_INFINITY;
  private maxNs = 0;

  add(ns: number): void {
    const bucket = ns < 1 ? 0 : 1 + Math.floor(Math.log2(ns) * PER_DOUBLING);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
    this.count++;
    if (ns < this.minNs) this.minNs = ns;
    if (ns > this.maxNs) this.maxNs = ns;
  }

  /** Smallest and largest are exact, the others within 3 %. All are 0 when nothing was added. */
  get latency(): Latency {
    if (this.count === 0) return { minNs: 0, medianNs: 0, p99Ns: 0, maxNs: 0 };
    const { minNs, maxNs } = this;
    return { minNs, medianNs: this.quantile(0.5), p99Ns: this.quantile(0.99), maxNs };
  }

  /** The value that the part `share` of all do not exceed. */
  private quantile(share: number): number {
    let left = Math.max(1, Math.ceil(share * this.count));
    for (const bucket of [...this.buckets.keys()].sort((a, b) => a - b)) {
      left -= this.buckets.get(bucket)!;
      if (left <= 0) return this.within(bucket === 0 ? 0 : 2 ** ((bucket - 0.5) / PER_DOUBLING));
    }
    return this.maxNs;
  }

  private within(ns: number): number {
    return Math.round(Math.min(this.maxNs, Math.max(this.minNs, ns)));
  }
}
