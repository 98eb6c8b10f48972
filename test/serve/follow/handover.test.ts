import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import { endpointHealth } from '../../../src/serve/health/endpoint-health.ts';
import { assigned } from '../../../src/voting/assignment.ts';
import { EVERYWHERE } from '../../../src/voting/region-scope.ts';
import { HANDOVER_MS } from '../../../src/voting/roster.ts';
import { makeObservation } from '../../monitor/observations.ts';
import { makePool } from '../../probe/checks.ts';
import { createHealthStateAtOnce } from '../health/judged-at-once.ts';

const CHECK = 'check' as CheckKey;
const worker = (id: string) => ({ id, region: 'eu', startedAtMs: 0 });
/** The one that has the check while both live, and the other. */
const [HOLDER, OTHER] = assigned(CHECK, ['a', 'b'], 2) as [string, string];

/** The other found it bad and handed it over to the holder, which found it well. */
function handedOver() {
  let nowMs = 0;
  const state = createHealthStateAtOnce({
    probersPerRegion: 1,
    monotonicMs: () => nowMs,
    turningTtlSeconds: 3,
  });
  const hear = (id: string, healthy: boolean, lastOk = healthy) =>
    state.observe([makeObservation({ check: CHECK, region: 'eu', worker: id, healthy, lastOk })]);
  state.setWorkers([worker(OTHER)]);
  hear(OTHER, false, true);
  state.setWorkers([worker('a'), worker('b')]);
  hear(HOLDER, true);
  const passes = (ms: number, live: readonly string[]) => {
    nowMs += ms;
    return state.setWorkers(live.map(worker));
  };
  return { state, hear, passes };
}

test('the old bad result of a worker counted again after the worker that had taken over its check left', () => {
  const { state, hear, passes } = handedOver();
  expect(passes(1_000, [OTHER])).toEqual([]);
  expect(state.verdictOf(CHECK).healthy).toBe(true);
  // Once who has the check again has looked, it speaks.
  expect(hear(OTHER, false)).toEqual([CHECK]);
});

test('the earlier results of a worker that handed over a check do not shorten the TTL', () => {
  expect(handedOver().state.turningTtlSeconds(CHECK)).toBeUndefined();
});

test('a live worker that does not report in place of a departed one votes after the time to hand over', () => {
  const { state, passes } = handedOver();
  passes(1_000, [OTHER]);
  expect(passes(HANDOVER_MS - 1, [OTHER])).toEqual([]);
  expect(passes(1, [OTHER])).toEqual([CHECK]);
  expect(state.verdictOf(CHECK)).toEqual({ healthy: false, stale: false });
});

test('a live worker that reported after the departed one votes at once', () => {
  const { state, hear, passes } = handedOver();
  hear(OTHER, false);
  passes(1_000, [OTHER]);
  expect(state.verdictOf(CHECK)).toEqual({ healthy: false, stale: false });
});

test('two probers that join together both vote, whether the roster or their results come first', () => {
  const state = createHealthStateAtOnce({ probersPerRegion: 2, monotonicMs: () => 0 });
  for (const id of ['a', 'b']) state.observe([makeObservation({ check: CHECK, region: 'eu', worker: id })]);
  state.setWorkers([worker('a'), worker('b')]);
  state.setWorkers([worker('a')]);
  expect(state.verdictOf(CHECK)).toEqual({ healthy: true, stale: false });
});

test('a host name has the addresses that a live worker found, even if those of a departed worker are newer', () => {
  const state = createHealthStateAtOnce({ probersPerRegion: 2, monotonicMs: () => 0 });
  state.setWorkers([worker('a')]);
  const found = (id: string, address: string, atMs: number) =>
    makeObservation({ check: CHECK, region: 'eu', worker: id, addresses: [address], atMs });
  state.observe([found('a', '192.0.2.2', 1), found('gone', '192.0.2.1', 600_000)]);
  const say = { monitoringOnly: false, mustBeHealthy: false };
  const check = { key: CHECK, monitor: 'm', scope: EVERYWHERE, ...say };
  expect(endpointHealth(makePool(), [check], state).addresses).toEqual(['192.0.2.2']);
});
