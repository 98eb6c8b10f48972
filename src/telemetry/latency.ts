/** Upper bounds of the buckets that waits are counted in, milliseconds; what is longer counts in the sum and the number alone. */
export const LATENCY_BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;

/** How long something took, so far, in fixed buckets. */
export interface LatencyReading {
  /** How many took at most the bound at the same place of LATENCY_BOUNDS_MS, and more than the one before. */
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sumMs: number;
}

/** Counts how long something takes, in fixed memory. */
export interface Latency {
  /** Counts one more; what a clock made negative counts as 0. */
  add(ms: number): void;
  readonly reading: LatencyReading;
}

/** Creates empty counts. */
export function createLatency(): Latency {
  const buckets = LATENCY_BOUNDS_MS.map(() => 0);
  let count = 0;
  let sumMs = 0;
  return {
    add(ms) {
      const tookMs = Math.max(0, ms);
      const at = LATENCY_BOUNDS_MS.findIndex((bound) => tookMs <= bound);
      if (at !== -1) buckets[at]! += 1;
      count += 1;
      sumMs += tookMs;
    },
    get reading() {
      return { buckets: [...buckets], count, sumMs };
    },
  };
}

/** One value of a metric, with its labels. */
export interface SeriesValue {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Waits, and the labels that they are shown with. */
export type LabelledLatency = readonly [labels: Readonly<Record<string, string>>, reading: LatencyReading];

/** Makes the values of a histogram of this name in full. */
export function latencyValues(name: string, readings: readonly LabelledLatency[]): SeriesValue[] {
  return readings.flatMap(([labels, { buckets, count, sumMs }]) => {
    let below = 0;
    const bounded = buckets.map((times, i) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: String(LATENCY_BOUNDS_MS[i]! / 1_000) },
      value: (below += times),
    }));
    return [
      ...bounded,
      { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels, value: sumMs / 1_000 },
      { metricName: `${name}_count`, labels, value: count },
    ];
  });
}
