import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import type { Observation, ObservationKey } from '../../../src/health/observation.ts';
import { createAssignedChecks } from '../../../src/monitor/assignment/assigned-checks.ts';
import { createCheckIndex } from '../../../src/monitor/assignment/check-index.ts';
import { makeEndpoint, makeMonitor, makePool } from '../../probe/checks.ts';
import fc from '../../support/property.ts';
import { makeObservation } from '../observations.ts';
import { makeRegion } from './region.ts';

test('a second worker takes its share, and the first keeps its observations until the second has results', () => {
  const region = makeRegion(20, 1);
  region.join('a');
  region.settle();
  region.join('b');
  const [a, b] = [...region.workers.values()];
  a!.beat();
  expect(a!.assignedChecks.size).toBeLessThan(20);
  expect(a!.assignedChecks.releasing).toBe(20 - a!.assignedChecks.size);
  expect(region.store.size).toBe(20);
  b!.beat();
  for (const key of region.keys) b!.find(key);
  expect([a!.assignedChecks.releasing, a!.assignedChecks.size + b!.assignedChecks.size]).toEqual([0, 20]);
  expect(region.holders()).toEqual(region.rightful());
});

test('the first worker sees results of the second before it knows that its checks have moved', () => {
  const region = makeRegion(20, 1);
  region.join('a');
  region.settle();
  region.join('b');
  const [a, b] = [...region.workers.values()];
  b!.beat();
  for (const key of region.keys) b!.find(key);
  expect(region.store.size).toBeGreaterThan(20);
  a!.beat();
  expect([a!.assignedChecks.releasing, region.store.size]).toEqual([0, 20]);
});

test('a worker that takes over continues the streaks of a dead worker and removes its observations', () => {
  const region = makeRegion(20, 1);
  region.join('a');
  region.join('b');
  region.settle();
  region.kill('a');
  const b = region.workers.get('b')!;
  b.beat();
  for (const key of region.keys) expect(b.assignedChecks.before(key)!.streak).toBe(3);
  expect([...region.store.values()].some(({ worker }) => worker === 'a')).toBe(true);
  for (const key of region.keys) b.find(key);
  expect([...region.store.values()].map(({ worker, streak }) => `${worker} ${streak}`)).toEqual(
    Array(20).fill('b 4'),
  );
});

test('an ended check leaves no observation, even if its worker is gone', () => {
  const region = makeRegion(20, 1);
  region.join('a');
  region.join('b');
  region.settle();
  region.kill('a');
  for (let at = 0; at < 20; at++) region.remove(at);
  region.settle();
  expect(region.holders()).toEqual([]);
});

test('a check that ends before its new worker has a result leaves no observation of the old worker', () => {
  const region = makeRegion(20, 1);
  region.join('a');
  region.join('b');
  region.settle();
  region.kill('a');
  region.workers.get('b')!.beat();
  for (let at = 0; at < 20; at++) region.remove(at);
  expect(region.holders()).toEqual([]);
});

test('a check that a worker takes back continues from the newest observation, not from its own older one', () => {
  const region = makeRegion(20, 1);
  region.join('a');
  region.settle();
  region.join('b');
  const a = region.workers.get('a')!;
  a.beat();
  const moved = region.keys.find((key) => !a.assignedChecks.has(key))!;
  region.store.set(`b ${moved}`, makeObservation({ check: moved, worker: 'b', streak: 9, atMs: 10_000 }));
  region.kill('b');
  a.beat();
  expect([a.assignedChecks.has(moved), a.assignedChecks.before(moved)!.streak]).toEqual([true, 9]);
});

test('a reading of the store removes a late observation of a worker that is gone', () => {
  const region = makeRegion(3, 1);
  region.join('a');
  region.settle();
  const late = makeObservation({ check: region.keys[0]!, worker: 'gone' });
  region.store.set(`gone ${late.check}`, late);
  region.workers.get('a')!.resync();
  expect(region.holders()).toEqual(region.rightful());
});

test('a worker publishes its observations again when they are missing in the store', () => {
  const region = makeRegion(5, 1);
  region.join('a');
  region.settle();
  region.store.clear();
  region.workers.get('a')!.resync([]);
  expect(region.holders()).toEqual(region.rightful());
});

test('after any joins and exits, only the assigned workers hold observations of each check', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.record({
    kind: fc.constantFrom('join', 'kill', 'beat', 'find', 'find', 'remove', 'disable', 'enable'),
    id,
    check: fc.nat(7),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 3 }), (steps, count) => {
      const region = makeRegion(8, count);
      let births = 0;
      region.join('first');
      for (const { kind, id: name, check } of steps) {
        const alive = [...region.workers.keys()].filter((each) => each.startsWith(name));
        if (kind === 'join') region.join(`${name}${++births}`);
        if (kind === 'remove') region.remove(check);
        if (kind === 'disable' || kind === 'enable') region.enable(check, kind === 'enable');
        for (const each of alive) {
          if (kind === 'kill') region.kill(each);
          if (kind === 'beat') region.workers.get(each)!.beat();
          if (kind === 'find') region.workers.get(each)!.find(region.keys[check]!);
        }
      }
      region.settle();
      for (const [name, worker] of region.workers)
        for (const key of region.keys) {
          const isRight = region.index.has(key) && region.rightful().includes(`${name} ${key}`);
          expect(worker.running.has(key)).toBe(isRight);
        }
      expect(region.holders()).toEqual(region.rightful());
      for (const { check, ended } of region.store.values())
        if (ended) expect(region.index.has(check)).toBe(false);
    }),
  );
});

test('a worker that continues from a newer observation of another worker drops its own older one', () => {
  const index = createCheckIndex();
  const monitor = makeMonitor();
  const pool = makePool({ endpoints: [makeEndpoint({ address: '192.0.2.1' })] });
  index.load([
    { kind: 'monitor', id: monitor.id, revision: 1, value: monitor },
    { kind: 'pool', id: pool.id, revision: 1, value: pool },
  ]);
  const [check] = [...index.keys()] as [CheckKey];
  const dropped: ObservationKey[] = [];
  const assignedChecks = createAssignedChecks({
    worker: { id: 'a', region: 'eu', startedAtMs: 0 },
    index,
    probersPerRegion: 1,
    epochMs: () => 0,
    begin: () => undefined,
    end: () => undefined,
    publish: () => undefined,
    drop: (key) => dropped.push(key),
  });
  assignedChecks.setLive(['a']);
  assignedChecks.reassign(check);
  // A result on its way while the lease was lost, and another worker's, later, in the meantime.
  assignedChecks.record(makeObservation({ check, worker: 'a', atMs: 1 }));
  for (const _ of assignedChecks.resync([makeObservation({ check, worker: 'b', atMs: 5 })]));
  expect(dropped).toContainEqual({ check, region: 'eu', worker: 'a' });
  expect(assignedChecks.before(check)?.worker).toBe('b');
});

test('a last result that stays made every resync look at every pool', () => {
  const index = createCheckIndex('eu');
  let looks = 0;
  const resting = () => {
    looks += 1;
    return index.resting();
  };
  const assignedChecks = createAssignedChecks({
    worker: { id: 'a', region: 'eu', startedAtMs: 0 },
    index: Object.assign(Object.create(index) as typeof index, { resting }),
    probersPerRegion: 1,
    epochMs: () => 2_000,
    begin: () => undefined,
    end: () => undefined,
    publish: () => undefined,
    drop: () => undefined,
  });
  assignedChecks.setLive(['a']);
  const last = (worker: string, ended: boolean) =>
    makeObservation({ worker, region: 'eu', ...(ended && { ended: { atMs: 1_500, pools: ['p'] } }) });
  for (const observation of [last('a', true), last('gone', true)]) {
    for (const _ of assignedChecks.resync([observation]));
    expect(looks).toBe(0);
  }
  // What a worker that is gone left without an end is told by the pools that are off.
  for (const _ of assignedChecks.resync([last('gone', false)]));
  expect(looks).toBe(1);
});

test('a resync in steps published an older result in the place of one that came between two steps', () => {
  const index = createCheckIndex('eu');
  const monitor = makeMonitor();
  const pool = makePool({ endpoints: [makeEndpoint({ address: '192.0.2.1' })] });
  index.load([
    { kind: 'monitor', id: monitor.id, revision: 1, value: monitor },
    { kind: 'pool', id: pool.id, revision: 1, value: pool },
  ]);
  const [check] = [...index.keys()] as [CheckKey];
  const published: Observation[] = [];
  const assignedChecks = createAssignedChecks({
    worker: { id: 'a', region: 'eu', startedAtMs: 0 },
    index,
    probersPerRegion: 1,
    epochMs: () => 0,
    begin: () => undefined,
    end: () => undefined,
    publish: (observation) => published.push(observation),
    drop: () => undefined,
  });
  assignedChecks.setLive(['a']);
  assignedChecks.reassign(check);
  assignedChecks.record(makeObservation({ check, worker: 'a', atMs: 1 }));
  const newer = makeObservation({ check, worker: 'a', atMs: 2, healthy: false });
  // The store has none of its results, so that it publishes its own again.
  for (const _ of assignedChecks.resync([])) assignedChecks.record(newer);
  expect(published).toEqual([newer]);
});
