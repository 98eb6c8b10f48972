import { describe, expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import type { Observation } from '../../../src/health/observation.ts';
import type { HealthOptions } from '../../../src/serve/health/health-state.ts';
import { assigned } from '../../../src/voting/assignment.ts';
import { verdictKeyOf } from '../../../src/voting/region-scope.ts';
import { REGION_GRACE_MS } from '../../../src/voting/roster.ts';
import { createHealthStateAtOnce as healthState } from './judged-at-once.ts';

const check = 'check' as CheckKey;
const worker = (id: string, region = 'eu') => ({ id, region, startedAtMs: 0 });

let nowMs = 0;
const createHealthState = (probersPerRegion: number, options: Partial<HealthOptions> = {}) =>
  healthState({ probersPerRegion, monotonicMs: () => nowMs, ...options });

/** Reads who lives every second, as a node does, until the regions that went have had their time. */
function outlastGrace(
  state: ReturnType<typeof createHealthState>,
  live: Parameters<typeof state.setWorkers>[0],
) {
  const changed = [];
  for (let ms = 0; ms <= REGION_GRACE_MS; ms += 1_000) {
    nowMs += 1_000;
    changed.push(...state.setWorkers(live));
  }
  return changed;
}

function observed(by: string, healthy: boolean, region = 'eu'): Observation {
  return {
    check,
    region,
    worker: by,
    healthy,
    lastOk: healthy,
    streak: 1,
    sinceMs: 0,
    atMs: 0,
    reason: healthy ? 'No failures' : 'TCP Timeout',
    responseCode: 0,
    rttMs: 1,
  };
}

test('a check without observations is unknown', () => {
  expect(createHealthState(1).verdictOf(check)).toEqual({ healthy: undefined, stale: false });
});

test('an observation of a live worker decides, and only a changed verdict is reported', () => {
  const state = createHealthState(1);
  state.setWorkers([worker('a')]);
  expect(state.observe([observed('a', true)])).toEqual([check]);
  expect(state.observe([observed('a', true)])).toEqual([]);
  expect(state.observe([observed('a', false)])).toEqual([check]);
  expect(state.verdictOf(check)).toEqual({ healthy: false, stale: false });
});

test('while the only live worker cannot check, the verdict stays and is stale', () => {
  const state = createHealthState(1);
  state.setWorkers([worker('a')]);
  state.observe([observed('a', true)]);
  expect(state.observe([{ ...observed('a', true), fault: 'cannot' }])).toEqual([]);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: true });
  state.observe([observed('a', false)]);
  expect(state.verdictOf(check)).toEqual({ healthy: false, stale: false });
});

test('a check that no worker was ever able to make is unknown, not unhealthy', () => {
  const state = createHealthState(1);
  state.setWorkers([worker('a')]);
  expect(state.observe([{ ...observed('a', false), streak: 0, fault: 'cannot' }])).toEqual([]);
  expect(state.verdictOf(check)).toEqual({ healthy: undefined, stale: false });
});

test('when all workers are gone, the last verdict stays and is stale', () => {
  const state = createHealthState(1);
  state.setWorkers([worker('a'), worker('b', 'us'), worker('c', 'as')]);
  state.observe([observed('a', true), observed('b', false, 'us'), observed('c', false, 'as')]);
  expect(state.verdictOf(check).healthy).toBe(false);
  state.setWorkers([worker('a')]);
  outlastGrace(state, [worker('a')]);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: false });
  expect(state.setWorkers([])).toEqual([]);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: true });
});

test('a worker that takes over a check replaces the dead worker of its region', () => {
  const state = createHealthState(1);
  state.setWorkers([worker('a')]);
  state.observe([observed('a', false)]);
  state.setWorkers([worker('b')]);
  expect(state.verdictOf(check)).toEqual({ healthy: false, stale: true });
  state.observe([observed('b', true)]);
  expect(state.observationsOf(check).map((each) => each.worker)).toEqual(['b']);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: false });
});

test('new addresses of a host name, or a new TTL, are reported even if the verdict is the same', () => {
  const state = createHealthState(1);
  state.setWorkers([worker('a')]);
  state.observe([{ ...observed('a', true), addresses: ['192.0.2.1'] }]);
  expect(state.observe([{ ...observed('a', true), addresses: ['192.0.2.1'] }])).toEqual([]);
  expect(state.observe([{ ...observed('a', true), addresses: ['192.0.2.2'] }])).toEqual([check]);
  const known = { ...observed('a', true), addresses: ['192.0.2.2'], addressTtlSeconds: 8 };
  expect([state.observe([known]), state.observe([known])]).toEqual([[check], []]);
});

test('a check starts from its saved verdict, and its first result decides', () => {
  const state = createHealthState(1);
  state.setWorkers([worker('a')]);
  state.seed(check, true, ['192.0.2.1']);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: true });
  expect(state.addressesOf(check)).toEqual(['192.0.2.1']);
  state.seed(check, false, ['192.0.2.2']);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: true });
  state.observe([{ ...observed('a', false), addresses: ['192.0.2.3'] }]);
  expect(state.verdictOf(check)).toEqual({ healthy: false, stale: false });
  expect(state.addressesOf(check)).toEqual(['192.0.2.3']);
  state.forget(check);
  expect(state.addressesOf(check)).toBeUndefined();
});

test('a check that moved to a new worker has no vote of the old worker', () => {
  const state = createHealthState(1);
  const [holder] = assigned(check, ['a', 'b'], 1);
  const former = holder === 'a' ? 'b' : 'a';
  state.setWorkers([worker(former)]);
  state.observe([observed(former, true)]);
  state.setWorkers([worker(former), worker(holder!)]);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: false });
  expect(state.observe([observed(holder!, false)])).toEqual([check]);
  expect(state.verdictOf(check)).toEqual({ healthy: false, stale: false });
});

test('a dead worker took the vote of its region with it until its successor reported', () => {
  const state = createHealthState(1);
  const us = worker('u', 'us');
  state.setWorkers([worker('a'), worker('b'), us]);
  state.observe([observed('a', true), observed('u', false, 'us')]);
  expect(state.verdictOf(check).healthy).toBe(true);
  expect(state.setWorkers([worker('b'), us])).toEqual([]);
  expect(outlastGrace(state, [worker('b'), us])).toEqual([]);
  expect(state.observe([observed('b', false)])).toEqual([check]);
});

test('of two probers, a dead one took its vote with it until its successor reported', () => {
  const state = createHealthState(2);
  const [first, second] = assigned(check, ['a', 'b', 'c'], 2);
  state.setWorkers(['a', 'b', 'c'].map((id) => worker(id)));
  state.observe([observed(first!, true), observed(second!, false)]);
  expect(state.setWorkers(['a', 'b', 'c'].filter((id) => id !== first).map((id) => worker(id)))).toEqual([]);
  expect(state.verdictOf(check).healthy).toBe(true);
});

test('a region whose only worker restarted lost its vote meanwhile', () => {
  const state = createHealthState(1);
  const us = worker('u', 'us');
  state.setWorkers([worker('a'), us]);
  state.observe([observed('a', true), observed('u', false, 'us')]);
  expect(state.setWorkers([us])).toEqual([]);
  nowMs += 2_000;
  expect(state.setWorkers([worker('b'), us])).toEqual([]);
  expect(outlastGrace(state, [worker('b'), us])).toEqual([]);
  expect(state.verdictOf(check).healthy).toBe(true);
});

test('a region that stays without workers loses its vote after its grace', () => {
  const state = createHealthState(1);
  const us = worker('u', 'us');
  state.setWorkers([worker('a'), us]);
  state.observe([observed('a', true), observed('u', false, 'us')]);
  expect(outlastGrace(state, [us])).toEqual([check]);
  expect(state.verdictOf(check)).toEqual({ healthy: false, stale: false });
});

test('after an outage of the store, the worker that joined first decided alone', () => {
  const state = createHealthState(1);
  const all = [worker('a'), worker('u', 'us'), worker('p', 'ap')];
  state.setWorkers(all);
  state.observe([observed('a', true), observed('u', true, 'us'), observed('p', false, 'ap')]);
  nowMs += 60_000;
  expect(state.setWorkers([])).toEqual([]);
  expect(state.verdictOf(check).stale).toBe(true);
  nowMs += 1_000;
  expect(state.setWorkers(all.slice(2))).toEqual([]);
  nowMs += 1_000;
  expect(state.setWorkers(all)).toEqual([]);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: false });
});

test('an outage of the store used up the grace of a region', () => {
  const state = createHealthState(1);
  const all = [worker('a'), worker('u', 'us'), worker('p', 'ap')];
  state.setWorkers(all);
  state.observe([observed('a', true), observed('u', true, 'us'), observed('p', false, 'ap')]);
  expect(state.setWorkers(all.slice(2))).toEqual([]);
  nowMs += 60_000;
  expect(state.setWorkers(all.slice(2))).toEqual([]);
  nowMs += 1_000;
  expect(state.setWorkers(all)).toEqual([]);
});

test('when all workers died within a second, the one with the last lease decided alone', () => {
  const state = createHealthState(1);
  const all = [worker('a'), worker('u', 'us'), worker('p', 'ap')];
  state.setWorkers(all);
  state.observe([observed('a', true), observed('u', true, 'us'), observed('p', false, 'ap')]);
  expect(state.setWorkers(all.slice(2))).toEqual([]);
  nowMs += 1_000;
  expect(state.setWorkers([])).toEqual([]);
  expect(outlastGrace(state, [])).toEqual([]);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: true });
});

test('a verdict counts how long it is stale until a worker reports, and changes are counted', () => {
  const state = createHealthState(1);
  expect(state.staleMs(check)).toBeUndefined();
  state.seed(check, true);
  nowMs += 250;
  expect(state.staleMs(check)).toBe(250);
  state.setWorkers([worker('a')]);
  state.observe([observed('a', false)]);
  expect(state.staleMs(check)).toBeUndefined();
  expect(state.changes).toEqual({ healthy: 0, unhealthy: 1 });
  state.observe([observed('a', false)]);
  state.observe([observed('a', true)]);
  expect(state.changes).toEqual({ healthy: 1, unhealthy: 1 });
  outlastGrace(state, []);
  const already = state.staleMs(check)!;
  nowMs += 1_000;
  state.setWorkers([]);
  expect(state.staleMs(check)).toBe(already + 1_000);
  expect(state.stale).toEqual({ verdicts: 1, oldestMs: already + 1_000 });
  state.forget(check);
  expect(state.staleMs(check)).toBeUndefined();
  expect(state.stale).toEqual({ verdicts: 0, oldestMs: 0 });
});

test('an abstaining worker has no vote, and without another reporter the verdict stays', () => {
  const state = createHealthState(1);
  const abstaining = { ...worker('a'), isAbstaining: true };
  const us = worker('u', 'us');
  state.setWorkers([worker('a'), us]);
  state.observe([observed('a', true), observed('u', false, 'us')]);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: false });
  expect(outlastGrace(state, [abstaining, us])).toEqual([check]);
  expect(state.verdictOf(check)).toEqual({ healthy: false, stale: false });
  expect(outlastGrace(state, [abstaining])).toEqual([]);
  expect(state.verdictOf(check)).toEqual({ healthy: false, stale: true });
  expect(state.setWorkers([worker('a')])).toEqual([check]);
});

test('each scope of a check has its own verdict, and starts from its own saved verdict', () => {
  const state = createHealthState(1);
  const eu = { regions: ['eu'], isOwnRegionFirst: false };
  const nowhere = { regions: ['oc'], isOwnRegionFirst: false };
  state.setWorkers([worker('a'), worker('u', 'us'), worker('p', 'ap')]);
  state.observe([observed('a', true), observed('u', false, 'us'), observed('p', false, 'ap')]);
  expect(state.verdictOf(check).healthy).toBe(false);
  state.seed(verdictKeyOf(check, nowhere), false);
  expect(state.verdictOf(check, eu)).toEqual({ healthy: true, stale: false });
  expect(state.verdictOf(check, nowhere)).toEqual({ healthy: false, stale: true });
  expect(state.observe([observed('a', false)])).toEqual([check]);
  expect(state.verdictOf(check, eu).healthy).toBe(false);
  expect(state.observe([observed('u', true, 'us'), observed('p', true, 'ap')])).toEqual([check]);
  expect([state.verdictOf(check, eu).healthy, state.verdictOf(check, nowhere).healthy]).toEqual([
    false,
    false,
  ]);
  expect(state.verdictsOf(check).map(({ healthy }) => healthy)).toEqual([true, false, false]);
  state.forget(check);
  expect(state.verdictsOf(check)).toHaveLength(1);
  expect(state.verdictOf(check, eu)).toEqual({ healthy: undefined, stale: false });
});

test('a verdict that is stale for too long changes once, and changes back with a live result', () => {
  const state = createHealthState(1, { stale: { afterMs: 60_000, policy: 'unhealthy' } });
  const eu = { regions: ['eu'], isOwnRegionFirst: false };
  state.setWorkers([worker('a')]);
  state.observe([observed('a', true)]);
  expect(state.verdictOf(check, eu).healthy).toBe(true);
  state.setWorkers([]);
  nowMs += 59_999;
  expect(state.tick()).toEqual([]);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: true });
  nowMs += 1;
  expect(new Set(state.tick())).toEqual(new Set([check]));
  expect([state.verdictOf(check), state.verdictOf(check, eu)]).toEqual([
    { healthy: false, stale: true },
    { healthy: false, stale: true },
  ]);
  expect(state.staleMs(check)).toBe(60_000);
  expect(state.tick()).toEqual([]);
  expect(state.setWorkers([worker('a')])).toEqual([check]);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: false });
});

describe('a mass failure', () => {
  const keys = ['k1', 'k2', 'k3', 'k4', 'k5'] as CheckKey[];
  const of = (region: string, healthy: boolean, fields: Partial<Observation> = {}) =>
    keys.map((key) => ({ ...observed(region, healthy, region), check: key, ...fields }));
  const start = (regions: readonly string[]) => {
    const state = createHealthState(1, { massFailure: { share: 0.5, windowMs: 10_000, minimum: 4 } });
    state.setWorkers(regions.map((region) => worker(region, region)));
    for (const region of regions) state.observe(of(region, true));
    return state;
  };
  const verdicts = (state: ReturnType<typeof start>) => keys.map((key) => state.verdictOf(key).healthy);

  test('keeps endpoints in answers until each check has failed again', () => {
    const state = start(['eu']);
    expect(state.observe(of('eu', false, { atMs: 1 }))).toEqual([]);
    expect(state.heldBack.get('eu')?.size).toBe(5);
    expect(state.observe(of('eu', false, { sinceResults: 1, atMs: 2 }).slice(0, 2))).toEqual(
      keys.slice(0, 2),
    );
    expect(verdicts(state)).toEqual([false, false, true, true, true]);
    // A good check between the two failures leaves it held back; being well again ends it.
    expect(state.observe(of('eu', false, { sinceResults: 1, atMs: 2, lastOk: true }).slice(2, 3))).toEqual(
      [],
    );
    // A change that is reported, though no verdict changes.
    expect(state.observe(of('eu', true, { atMs: 3 }).slice(2))).toEqual(keys.slice(2));
    expect(state.heldBack.size).toBe(0);
    expect(verdicts(state)).toEqual([false, false, true, true, true]);
  });

  test('that builds up slowly brings back earlier failures, except those that failed again', () => {
    const state = start(['eu']);
    const turn = (at: number, fields: Partial<Observation> = {}) =>
      state.observe(of('eu', false, { atMs: at, ...fields }).slice(at - 1, at));
    expect(turn(1)).toEqual(keys.slice(0, 1));
    expect(turn(2)).toEqual(keys.slice(1, 2));
    expect(turn(1, { sinceResults: 1 })).toEqual([]);
    expect(turn(3)).toEqual(keys.slice(2, 3));
    // The fourth is held back; with it come the second and the third, which were out.
    expect(turn(4).sort()).toEqual(keys.slice(1, 3));
    expect(verdicts(state)).toEqual([false, true, true, true, true]);
    expect(turn(2, { sinceResults: 1 })).toEqual(keys.slice(1, 2));
  });

  test('in one region changes neither the votes of other regions nor pools that ask for that region', () => {
    const state = start(['eu', 'us', 'ap']);
    const eu = { regions: ['eu'], isOwnRegionFirst: false };
    expect(state.verdictOf(keys[0]!, eu).healthy).toBe(true);
    state.observe(of('us', false).slice(0, 1));
    expect(state.observe(of('eu', false, { atMs: 1 }))).toEqual([keys[0]]);
    expect(verdicts(state)).toEqual([true, true, true, true, true]);
    expect(state.verdictOf(keys[0]!, eu).healthy).toBe(false);
    state.observe(of('eu', false, { sinceResults: 1, atMs: 2 }));
    expect(verdicts(state)).toEqual([false, true, true, true, true]);
  });

  test('that is already confirmed, or whose checks ended, keeps nothing in answers', () => {
    const state = start(['eu']);
    expect(state.observe(of('eu', false, { sinceResults: 1, atMs: 2 }))).toEqual(keys);
    const other = start(['eu']);
    other.observe(of('eu', false, { atMs: 1 }));
    for (const key of keys) other.forget(key);
    expect([other.heldBack.size, other.monitoredIn('eu')]).toEqual([0, 0]);
  });
});

test('a flapping verdict is damped for a limited time, and then follows its checks', () => {
  const state = createHealthState(1, { damping: { flips: 2, windowMs: 10_000, holdMaxMs: 60_000 } });
  state.setWorkers([worker('a')]);
  const turn = (healthy: boolean) => state.observe([observed('a', healthy)]);
  turn(true);
  turn(false);
  turn(true);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: false });
  turn(false);
  expect(state.heldOutMs(check)).toBe(10_000);
  expect(turn(true)).toEqual([]);
  expect(state.verdictOf(check)).toEqual({ healthy: false, stale: false });
  expect(state.verdictsOf(check)[0]).toEqual({ key: check, healthy: true });
  nowMs += 9_999;
  expect(state.tick()).toEqual([]);
  nowMs += 1;
  expect(state.tick()).toEqual([check]);
  expect(state.verdictOf(check)).toEqual({ healthy: true, stale: false });
  expect(state.heldOutMs(check)).toBeUndefined();
});

test('a verdict that changes because workers come and go does not count as flapping', () => {
  const state = createHealthState(1, { damping: { flips: 1, windowMs: 600_000, holdMaxMs: 600_000 } });
  const all = [worker('a'), worker('b', 'us'), worker('c', 'ap')];
  state.setWorkers(all);
  state.observe([observed('a', true), observed('b', false, 'us'), observed('c', false, 'ap')]);
  expect(outlastGrace(state, [worker('a')])).toEqual([check]);
  expect(state.setWorkers(all)).toEqual([check]);
  expect(state.heldOut.size).toBe(0);
  state.observe([observed('b', true, 'us')]);
  state.observe([observed('b', false, 'us')]);
  expect(state.heldOut.size).toBe(1);
});
