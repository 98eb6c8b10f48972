import { describe, expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import type { Observation } from '../../../src/health/observation.ts';
import type { HealthOptions } from '../../../src/serve/health/health-state.ts';
import { makeObservation } from '../../monitor/observations.ts';
import { createHealthStateAtOnce } from './judged-at-once.ts';

const CHECK = 'check' as CheckKey;
const EU = { regions: ['eu'], isOwnRegionFirst: false };

/** A node's health by a clock of the test's, with one live worker in each of two regions. */
function watching(options: Partial<HealthOptions>) {
  let nowMs = 0;
  const state = createHealthStateAtOnce({ probersPerRegion: 1, monotonicMs: () => nowMs, ...options });
  const workers = ['eu', 'us'].map((region) => ({ id: region, region, startedAtMs: 0 }));
  state.setWorkers(workers);
  return {
    state,
    workers,
    passes(ms: number) {
      nowMs += ms;
      return state.tick();
    },
    hear: (region: string, fields: Partial<Observation>) =>
      state.observe([makeObservation({ check: CHECK, region, worker: region, ...fields })]),
  };
}

const UP = { healthy: true, lastOk: true };
const DOWN = { healthy: false, lastOk: false };
const GOING = { healthy: true, lastOk: false };
const COMING = { healthy: false, lastOk: true };

describe('the TTL while a verdict may change soon', () => {
  test.each([
    { name: 'all results are good', eu: UP, us: UP, ttl: undefined },
    { name: 'one region may turn unhealthy', eu: GOING, us: UP, ttl: 3 },
    { name: 'one region may turn healthy', eu: DOWN, us: COMING, ttl: 3 },
    { name: 'all results are bad', eu: DOWN, us: DOWN, ttl: undefined },
    {
      name: 'one region may turn unhealthy, but its worker cannot check',
      eu: { ...GOING, fault: 'EMFILE' },
      us: UP,
      ttl: undefined,
    },
  ])('$name: $ttl', ({ eu, us, ttl }) => {
    const { state, hear } = watching({ turningTtlSeconds: 3 });
    hear('eu', eu);
    hear('us', us);
    expect(state.turningTtlSeconds(CHECK)).toBe(ttl);
  });

  test('the start and the end of the short TTL are reported', () => {
    const { hear } = watching({ turningTtlSeconds: 3 });
    hear('eu', UP);
    expect(hear('eu', GOING)).toEqual([CHECK]);
    expect(hear('eu', GOING)).toEqual([]);
    expect(hear('eu', UP)).toEqual([CHECK]);
  });

  test('only the regions of a pool and live workers shorten its TTL', () => {
    const { state, workers, hear } = watching({ turningTtlSeconds: 3 });
    hear('eu', UP);
    hear('us', GOING);
    expect(state.turningTtlSeconds(CHECK, EU)).toBeUndefined();
    expect(state.turningTtlSeconds(CHECK)).toBe(3);
    // Whose results shortened them is gone: nothing else would tell that the answers are as long as ever.
    expect(state.setWorkers(workers.slice(0, 1))).toEqual([CHECK]);
    expect(state.turningTtlSeconds(CHECK)).toBeUndefined();
  });

  test('the short TTL ends with the worker that takes over, whatever the former worker found', () => {
    const { state, workers, hear } = watching({ turningTtlSeconds: 3 });
    hear('eu', GOING);
    const second = { id: 'eu2', region: 'eu', startedAtMs: 0 };
    state.setWorkers([...workers.slice(1), second]);
    hear('eu', { ...GOING, worker: 'eu2' });
    expect(hear('eu', { ...UP, worker: 'eu2' })).toEqual([CHECK]);
    expect(state.turningTtlSeconds(CHECK)).toBeUndefined();
  });

  test('without the option nothing is reported and no TTL is shorter', () => {
    const { state, hear } = watching({});
    hear('eu', UP);
    expect(hear('eu', GOING)).toEqual([]);
    expect(state.turningTtlSeconds(CHECK)).toBeUndefined();
  });
});

describe('the weight of an endpoint that is healthy again', () => {
  test('the weight grows in steps to its full size, and each step is reported once', () => {
    const { state, hear, passes } = watching({ recoveryMs: 10_000 });
    for (const fields of [UP, DOWN, UP]) hear('eu', fields);
    expect(state.recovered(CHECK)).toBe(0.1);
    expect(passes(500)).toEqual([]);
    expect(passes(500)).toEqual([CHECK]);
    expect(state.recovered(CHECK)).toBe(0.2);
    expect(passes(7_000)).toEqual([CHECK]);
    expect(state.recovered(CHECK)).toBe(0.9);
    expect(passes(1_000)).toEqual([CHECK]);
    expect(state.recovered(CHECK)).toBeUndefined();
    expect(passes(10_000)).toEqual([]);
  });

  test.each([
    { name: 'an endpoint with its first result', heard: [UP] },
    { name: 'an endpoint with a saved verdict', heard: [UP], held: true },
    { name: 'an endpoint that is unhealthy again', heard: [UP, DOWN, UP, DOWN] },
  ])('$name has its full weight', ({ heard, held }) => {
    const { state, hear } = watching({ recoveryMs: 10_000 });
    if (held) state.seed(CHECK, true);
    for (const fields of heard) hear('eu', fields);
    expect(state.recovered(CHECK)).toBeUndefined();
  });

  test('the weight also grows after damping has ended', () => {
    const { state, hear, passes } = watching({
      recoveryMs: 10_000,
      damping: { flips: 1, windowMs: 2_000, holdMaxMs: 2_000 },
    });
    for (const fields of [UP, DOWN, UP]) hear('eu', fields);
    expect(state.verdictOf(CHECK).healthy).toBe(false);
    expect(passes(2_000)).toEqual([CHECK]);
    expect([state.verdictOf(CHECK).healthy, state.recovered(CHECK)]).toEqual([true, 0.1]);
  });
});
