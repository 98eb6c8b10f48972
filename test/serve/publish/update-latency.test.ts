import { beforeEach, expect, test } from 'vitest';
import {
  COMMITS_WAITING_MAX,
  createUpdateLatency,
  type UpdateLatency,
} from '../../../src/serve/publish/update-latency.ts';

let nowMs: number;
let latency: UpdateLatency;
beforeEach(() => {
  nowMs = 1_000;
  latency = createUpdateLatency(() => nowMs);
});
const sums = () => ({
  observation: latency.arrivedToPublished.observation.sumMs,
  configuration: latency.arrivedToPublished.configuration.sumMs,
});
/** Publishes all that arrived, `tookMs` later. */
function publish(tookMs: number, revision = 1) {
  latency.begin();
  nowMs += tookMs;
  latency.published(revision);
}

test('the latency of a generation counts from its first change, separately for each source', () => {
  latency.arrived('observation');
  nowMs += 5;
  latency.arrived('observation');
  latency.arrived('configuration');
  publish(2);
  expect(sums()).toEqual({ observation: 7, configuration: 2 });
  expect(latency.arrivedToPublished.observation.count).toBe(1);
  publish(50);
  expect(sums()).toEqual({ observation: 7, configuration: 2 });
});

test('a change that arrives while a generation is written counts for the next one', () => {
  latency.arrived('observation');
  latency.begin();
  nowMs += 1;
  latency.arrived('observation');
  nowMs += 1;
  latency.published(1);
  expect(sums().observation).toBe(2);
  publish(3);
  expect(sums().observation).toBe(2 + 4);
});

test('the latency of a write counts until it is both acknowledged and published', () => {
  const sentMs = nowMs;
  nowMs += 4;
  latency.committed(2, sentMs);
  publish(1, 1);
  expect(latency.sentToPublished.count).toBe(0);
  publish(1, 2);
  expect(latency.sentToPublished).toMatchObject({ count: 1, sumMs: 6 });
  latency.committed(2, nowMs - 3);
  expect(latency.sentToPublished).toMatchObject({ count: 2, sumMs: 9 });
});

test.each([
  { writes: COMMITS_WAITING_MAX, rule: 'at the bound' },
  { writes: COMMITS_WAITING_MAX + 1, rule: 'one past it' },
])('$writes writes wait, and at most COMMITS_WAITING_MAX are measured ($rule)', ({ writes }) => {
  for (let revision = 1; revision <= writes; revision += 1) latency.committed(revision, nowMs);
  publish(1, writes);
  expect(latency.sentToPublished.count).toBe(COMMITS_WAITING_MAX);
});
