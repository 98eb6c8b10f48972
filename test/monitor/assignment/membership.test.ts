import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Worker } from '../../../src/check/worker.ts';
import {
  BEAT_MS,
  type Membership,
  REJOIN_SETTLE_MS,
  startMembership,
} from '../../../src/monitor/assignment/membership.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import type { Lease } from '../../../src/store/contract/workers.ts';
import type { Store } from '../../../src/store/store.ts';

const worker = (id: string): Worker => ({ id, region: 'eu', startedAtMs: 0 });
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
/** What the store says. */
let live: string[];
let isAway: boolean;
let hasEnded: boolean;
let areWorkersUnread: boolean;
let told: string[][];
let rejoins: number;
/** As what it joined, each time. */
let joined: Worker[];
let membership: Membership;

beforeEach(async () => {
  vi.useFakeTimers();
  live = ['a', 'b', 'c'];
  isAway = false;
  hasEnded = false;
  areWorkersUnread = false;
  told = [];
  rejoins = 0;
  joined = [];
  const there = async () => {
    if (isAway) throw new StoreUnavailable('away');
  };
  const store: Pick<Store, 'join' | 'renew' | 'workers'> = {
    join: async (joining): Promise<Lease> => {
      await there();
      hasEnded = false;
      joined.push(joining);
      return { worker: joining, token: 1 };
    },
    renew: async () => {
      await there();
      return hasEnded ? 'lost' : 'renewed';
    },
    workers: async () => {
      await there();
      if (areWorkersUnread) throw new StoreUnavailable('away again');
      return live.map(worker);
    },
  };
  membership = startMembership({
    store: store as Store,
    worker: worker('a'),
    log,
    onLive: (workers, rejoined) => {
      told.push(workers.map(({ id }) => id).sort());
      if (rejoined) rejoins += 1;
    },
  });
  await vi.advanceTimersByTimeAsync(BEAT_MS);
});
afterEach(() => {
  membership.stop();
  vi.useRealTimers();
});

test('after an outage of the store, the worker that joined first took over all checks of its region', async () => {
  isAway = true;
  await vi.advanceTimersByTimeAsync(10_000);
  isAway = false;
  hasEnded = true;
  live = ['a'];
  told = [];
  await vi.advanceTimersByTimeAsync(2_500);
  expect(told.length).toBeGreaterThan(0);
  live = ['a', 'b', 'd'];
  await vi.advanceTimersByTimeAsync(BEAT_MS);
  expect(told.filter((ids) => !ids.includes('b') || !ids.includes('c'))).toEqual([]);
  // Who has not come back by then is gone.
  await vi.advanceTimersByTimeAsync(REJOIN_SETTLE_MS);
  expect(told.at(-1)).toEqual(['a', 'b', 'd']);
});

test('a worker that leaves while the store is reachable is gone at once', async () => {
  live = ['a', 'b'];
  await vi.advanceTimersByTimeAsync(BEAT_MS);
  expect(told.at(-1)).toEqual(['a', 'b']);
});

test('each return of a worker, after a lost lease or after abstaining, has its own incarnation in the store', async () => {
  expect([membership.incarnation, joined.at(-1)]).toEqual([0, worker('a')]);
  hasEnded = true;
  await vi.advanceTimersByTimeAsync(BEAT_MS);
  expect([membership.incarnation, joined.at(-1)]).toEqual([1, { ...worker('a'), stay: 1 }]);
  membership.setAbstaining(true);
  await vi.advanceTimersByTimeAsync(BEAT_MS);
  expect([membership.incarnation, joined.at(-1)]).toEqual([
    1,
    { ...worker('a'), isAbstaining: true, stay: 1 },
  ]);
  membership.setAbstaining(false);
  expect(membership.incarnation).toBe(2);
  await vi.advanceTimersByTimeAsync(BEAT_MS);
  expect([membership.incarnation, joined.at(-1)]).toEqual([2, { ...worker('a'), stay: 2 }]);
});

test('a renewed membership was not reported when the store went away right after it', async () => {
  hasEnded = true;
  areWorkersUnread = true;
  await vi.advanceTimersByTimeAsync(BEAT_MS);
  expect(hasEnded).toBe(false);
  areWorkersUnread = false;
  await vi.advanceTimersByTimeAsync(3 * BEAT_MS);
  expect(rejoins).toBe(1);
});
