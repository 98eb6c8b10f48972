import { expect, test } from 'vitest';
import { createLatency, LATENCY_BOUNDS_MS } from '../../src/telemetry/latency.ts';

test.each(LATENCY_BOUNDS_MS.map((bound, i) => ({ bound, i })))(
  '$bound ms is in its bucket, and slightly more is not',
  ({ bound, i }) => {
    const latency = createLatency();
    latency.add(bound);
    latency.add(bound + 0.1);
    expect(latency.reading.buckets[i]).toBe(1);
    expect(latency.reading.buckets[i + 1]).toBe(i + 1 < LATENCY_BOUNDS_MS.length ? 1 : undefined);
    expect(latency.reading.count).toBe(2);
  },
);

test('a negative time counts as 0', () => {
  const latency = createLatency();
  latency.add(-5);
  expect(latency.reading).toMatchObject({ count: 1, sumMs: 0 });
  expect(latency.reading.buckets[0]).toBe(1);
});
