import { describe, expect, test } from 'vitest';
import type { Publication } from '../../../src/store/contract/observations.ts';
import { LEASE_MS } from '../../../src/store/contract/workers.ts';
import { EVENTS_MAX } from '../../../src/store/event-bounds.ts';
import type { StoreUnderTest } from './contract.ts';
import { here, record } from './recorder.ts';
import { endpointsOf, event, observation, publish, worker } from './samples.ts';

const nothing: Publication = { put: [], drop: [], events: [] };

/** Membership, publishing under a lease, and events. */
export function workerRules(under: () => StoreUnderTest): void {
  describe('leases', () => {
    test('a worker that joined is live until it leaves', async () => {
      const { store } = under();
      expect(await store.workers()).toEqual([]);
      const b = await store.join(worker('b'));
      const a = await store.join({ ...worker('a'), region: 'ü "x"' });
      expect(a).toEqual({ worker: { ...worker('a'), region: 'ü "x"' }, token: expect.any(Number) });
      expect(a.token).toBeGreaterThan(b.token);
      expect(await under().another().workers()).toEqual([a.worker, b.worker]);
      expect(await store.renew(b)).toBe('renewed');
      await store.leave(a);
      await store.leave(a);
      expect(await store.workers()).toEqual([b.worker]);
      expect(await store.renew(a)).toBe('lost');
      expect(await store.publish(a, nothing)).toBe('fenced');
    });

    test(`a worker that does not renew for ${LEASE_MS} ms is gone and fenced, and can join again`, async () => {
      const { store } = under();
      const old = await store.join(worker('w1'));
      expect(
        await store.publish(old, { ...nothing, put: [{ observation: observation('kept'), changed: true }] }),
      ).toBe('published');
      await under().passLease();
      expect(await store.workers()).toEqual([]);
      const seen = record(store, await here(store));
      const late: Publication = {
        put: [{ observation: observation('late'), changed: true }],
        drop: [observation('kept')],
        events: [event('late')],
      };
      expect(await store.publish(old, late)).toBe('fenced');
      expect(await store.renew(old)).toBe('lost');
      expect((await store.observations()).observations).toEqual([observation('kept')]);
      expect(await store.events(10)).toEqual([]);

      const fresh = await store.join(worker('w1'));
      expect(fresh.token).toBeGreaterThan(old.token);
      expect(await store.publish(old, late)).toBe('fenced');
      await store.leave(old);
      expect(await store.workers()).toEqual([worker('w1')]);
      expect(
        await store.publish(fresh, {
          ...nothing,
          put: [{ observation: observation('fresh'), changed: true }],
        }),
      ).toBe('published');
      await seen.until(() => seen.observations.length > 0);
      expect(seen.observations).toEqual([observation('fresh')]);
      await seen.following.stop();
    });

    test('a second join of a worker ends its first lease', async () => {
      const { store } = under();
      const first = await store.join(worker('w1'));
      const second = await under().another().join(worker('w1'));
      expect(await store.renew(first)).toBe('lost');
      expect(await store.publish(first, nothing)).toBe('fenced');
      expect(await store.renew(second)).toBe('renewed');
      expect(await store.workers()).toEqual([worker('w1')]);
    });

    test('a worker cannot use the lease of another', async () => {
      const { store } = under();
      const a = await store.join(worker('a'));
      const b = await store.join(worker('b'));
      const forged = { worker: a.worker, token: b.token };
      expect(await store.publish(forged, nothing)).toBe('fenced');
      expect(await store.renew(forged)).toBe('lost');
      await store.leave(forged);
      expect(await store.workers()).toHaveLength(2);
    });
  });

  describe('publish', () => {
    test('puts, replaces and drops by check, region and worker', async () => {
      const { store } = under();
      const keys = [
        observation('["m","192.0.2.1",80,""]'),
        observation('c', { region: 'us' }),
        observation('c', { worker: 'w2' }),
        observation('c'),
        observation('ü ☃'),
      ];
      const put = (each: ReturnType<typeof observation>) => ({ observation: each, changed: false });
      await publish(store, { put: keys.map(put) });
      await publish(store, {
        put: [put(observation('c', { streak: 9 }))],
        drop: [keys[1]!, keys[4]!, observation('never there')],
      });
      const { observations } = await under().another().observations();
      expect(observations).toHaveLength(3);
      for (const each of [keys[0], keys[2], observation('c', { streak: 9 })])
        expect(observations).toContainEqual(each);
    });

    test('observations are read by their keys, in that order, as they are now', async () => {
      const { store } = under();
      const [a, b] = [observation('a'), observation('b')];
      await publish(store, { put: [a, b].map((each) => ({ observation: each, changed: true })) });
      await publish(store, { put: [{ observation: { ...a, rttMs: 99 }, changed: false }] });
      expect(
        await under()
          .another()
          .observed([b, observation('none'), a]),
      ).toEqual([b, undefined, { ...a, rttMs: 99 }]);
      expect(await store.observed([])).toEqual([]);
    });

    test('a drop comes after the puts of its publication', async () => {
      const { store } = under();
      await publish(store, {
        put: [{ observation: observation('c'), changed: false }],
        drop: [observation('c')],
        events: [],
      });
      expect((await store.observations()).observations).toEqual([]);
    });

    test('2,500 observations are all read back', async () => {
      const { store } = under();
      const all = Array.from({ length: 2_500 }, (_, i) => observation(`c${i}`));
      await publish(store, {
        put: all.map((each) => ({ observation: each, changed: true })),
      });
      const { observations } = await store.observations();
      expect(new Set(observations.map(({ check }) => check)).size).toBe(2_500);
      expect(observations).toHaveLength(2_500);
    });
  });

  describe('events', () => {
    test('are read newest first, in pages', async () => {
      const { store } = under();
      expect(await store.events(5)).toEqual([]);
      for (const batch of [['0', '1'], ['2'], ['3', '4']]) await publish(store, { events: batch.map(event) });
      const first = await under().another().events(2);
      expect(endpointsOf(first)).toEqual(['4', '3']);
      expect(first[0]).toEqual({ ...event('4'), cursor: expect.any(String) });
      const rest = await store.events(10, first[1]!.cursor);
      expect(endpointsOf(rest)).toEqual(['2', '1', '0']);
      expect(await store.events(10, rest[2]!.cursor)).toEqual([]);
      expect(await store.events(0)).toEqual([]);
      for (const odd of ['', 'x', '-1', '1 OR 1=1', '9'.repeat(40), '(1-0'])
        expect(await store.events(5, odd)).toEqual([]);
    });

    test(`${EVENTS_MAX.health} events are kept, and one more drops the oldest`, async () => {
      const { store } = under();
      for (let done = 0; done < EVENTS_MAX.health; done += 2_000)
        await publish(store, {
          events: Array.from({ length: 2_000 }, (_, i) => event(String(done + i))),
        });
      const kept = await store.events(EVENTS_MAX.health + 1);
      expect(kept).toHaveLength(EVENTS_MAX.health);
      expect(endpointsOf(kept).at(-1)).toBe('0');
      await publish(store, { events: [event('more')] });
      const after = await store.events(EVENTS_MAX.health + 1);
      expect(after).toHaveLength(EVENTS_MAX.health);
      expect([endpointsOf(after)[0], endpointsOf(after).at(-1)]).toEqual(['more', '1']);
    });
  });
}
