import { getHeapStatistics } from 'node:v8';

/** A number in the heap takes 16 octets: one for every eighth query is more than this, what V8 does beside is less. */
export const OCTETS_PER_QUERY_MAX = 1.5;

/** How many octets the heap was asked for, by kind. */
export interface AllocationMeter {
  /**
   * Has something done so many times, and notes the octets where they are the least of this kind as yet. A kind that was below
   * OCTETS_PER_QUERY_MAX before is not done again.
   */
  measure(kind: string, act: (times: number) => void): void;
  /** Writes the figures as JSON, beside how many times each was done. */
  print(): void;
}

/**
 * Counts by what V8 says it ever allocated, which no collection lowers. Of several rounds the least counts, since compiling a
 * function allocates too, and does so when it is done.
 */
export function createAllocationMeter(times: number): AllocationMeter {
  const least = new Map<string, number>();
  return {
    measure(kind, act) {
      const known = least.get(kind);
      if (known !== undefined && known < OCTETS_PER_QUERY_MAX * times) return;
      const before = getHeapStatistics().total_allocated_bytes;
      act(times);
      const octets = getHeapStatistics().total_allocated_bytes - before;
      least.set(kind, Math.min(octets, known ?? Number.POSITIVE_INFINITY));
    },
    print() {
      process.stdout.write(JSON.stringify({ queries: times, ...Object.fromEntries(least) }));
    },
  };
}
