/* The histogram of latencies. */
#include "load.h"

void record(struct tally *tally, uint64_t ns) {
  uint32_t bucket = (uint32_t)ns;
  if (ns >= STEPS) {
    /* The highest bits of ns name the bucket: their place the doubling, the six bits after the first the step in it. */
    int doubling = 63 - __builtin_clzll(ns) - 6;
    bucket = (uint32_t)((doubling + 1) * STEPS + ((ns >> doubling) & (STEPS - 1)));
  }
  tally->latencies[bucket < BUCKETS ? bucket : BUCKETS - 1] += 1;
}

double quantile_us(const struct tally *tally, double q) {
  uint64_t all = 0, seen = 0;
  for (int bucket = 0; bucket < BUCKETS; bucket += 1) all += tally->latencies[bucket];
  for (int bucket = 0; bucket < BUCKETS; bucket += 1) {
    seen += tally->latencies[bucket];
    if (all == 0 || (double)seen < q * (double)all) continue;
    if (bucket < STEPS) return bucket / 1e3;
    return (double)((uint64_t)(STEPS + bucket % STEPS) << (bucket / STEPS - 1)) / 1e3;
  }
  return 0;
}
