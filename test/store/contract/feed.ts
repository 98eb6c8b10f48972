import { describe, expect, test } from 'vitest';
import { CHANGES_MAX } from '../../../src/store/contract/documents.ts';
import type { Position } from '../../../src/store/contract/feed.ts';
import { OBSERVED_MAX } from '../../../src/store/contract/observations.ts';
import type { StoreUnderTest } from './contract.ts';
import { here, record, WAIT } from './recorder.ts';
import { monitor, observation, pool, publish, putMonitor, putPool, remove } from './samples.ts';

/** Following changes and observations. */
export function feedRules(under: () => StoreUnderTest): void {
  const many = (count: number, from: number) =>
    Promise.all(
      Array.from({ length: count }, (_, i) => under().store.commit([putPool(`p${(from + i) % 7}`)])),
    );

  describe('follow', () => {
    test('reports every change after the position, in order, with its documents', async () => {
      const { store } = under();
      await store.commit([putPool('before')]);
      const seen = record(store, await here(store));
      await store.commit([
        putMonitor('m', { unique: ['x'] }),
        putPool('p', { references: [{ kind: 'monitor', id: 'm' }] }),
      ]);
      await store.commit([
        putPool('p', {}, { description: 'ü', monitor: null }),
        putPool('p'),
        remove('monitor', 'm'),
      ]);
      await store.commit([remove('pool', 'none')]);
      await seen.until(() => seen.changes.length === 2);
      expect(seen.changes[0]).toMatchObject({
        revision: 2,
        entries: [
          { op: 'put', document: { kind: 'monitor', id: 'm', revision: 2, value: monitor('m') } },
          { op: 'put', document: { kind: 'pool', id: 'p', revision: 2, value: pool('p') } },
        ],
      });
      expect(seen.changes[1]).toMatchObject({
        revision: 3,
        entries: [
          {
            op: 'put',
            document: {
              kind: 'pool',
              id: 'p',
              revision: 3,
              value: pool('p', { description: 'ü', monitor: null }),
            },
          },
          { op: 'put', document: { kind: 'pool', id: 'p', revision: 3, value: pool('p') } },
          { op: 'delete', kind: 'monitor', id: 'm' },
        ],
      });
      expect(seen.lost()).toBe(0);
      await seen.following.stop();
    });

    test('never calls back during follow or commit', async () => {
      const { store } = under();
      const from = await here(store);
      await store.commit([putPool('a')]);
      const seen = record(store, from);
      expect(seen.changes).toEqual([]);
      await seen.until(() => seen.changes.length === 1);
      const pending = store.commit([putPool('b')]);
      expect(seen.changes).toHaveLength(1);
      await pending;
      await seen.until(() => seen.changes.length === 2);
      await seen.following.stop();
    });

    test('a follower that commits in its callback gets that change next', async () => {
      const { store } = under();
      const from = await here(store);
      const revisions: number[] = [];
      let inside = false;
      const following = store.follow(from, {
        changed: ({ revision }) => {
          expect(inside).toBe(false);
          inside = true;
          revisions.push(revision);
          if (revision < 5) void store.commit([putPool(`p${revision}`)]);
          inside = false;
        },
        observed: () => {},
        lost: () => revisions.push(-1),
        connected: () => {},
      });
      await store.commit([putPool('first')]);
      await expect.poll(() => revisions, WAIT).toEqual([1, 2, 3, 4, 5]);
      await following.stop();
    });

    test('continues at any position and misses nothing while commits go on', async () => {
      const { store } = under();
      const start = await here(store);
      const writing = many(300, 0);
      const first = record(under().another(), start);
      await first.until(() => first.changes.length >= 50);
      await first.following.stop();
      const heard = first.changes.length;
      const second = record(under().another(), first.position());
      await writing;
      await second.until(() => heard + second.changes.length >= 300);
      expect(first.changes).toHaveLength(heard);
      expect([...first.changes, ...second.changes].map(({ revision }) => revision)).toEqual(
        Array.from({ length: 300 }, (_, i) => i + 1),
      );
      await second.following.stop();
    });

    test('reports nothing after stop, even when a callback stops it', async () => {
      const { store } = under();
      const from = await here(store);
      await many(10, 0);
      const told: number[] = [];
      const following = store.follow(from, {
        changed: ({ revision }) => {
          told.push(revision);
          if (revision === 3) void following.stop();
        },
        observed: () => {},
        lost: () => {},
        connected: () => {},
      });
      await expect.poll(() => told.length, WAIT).toBe(3);
      const other = record(store, from);
      await store.commit([putPool('late')]);
      await other.until(() => other.changes.length === 11);
      expect(told).toEqual([1, 2, 3]);
      await following.stop();
      await other.following.stop();
    });

    test(`goes back ${CHANGES_MAX} revisions, and reports a loss one revision further back`, {
      timeout: 120_000,
    }, async () => {
      const { store } = under();
      const start = await here(store);
      for (let done = 0; done < CHANGES_MAX; done += 500) await many(500, done);
      const all = record(store, start);
      await all.until(() => all.changes.length === CHANGES_MAX);
      expect(all.changes.every(({ revision }, at) => revision === at + 1)).toBe(true);
      await all.following.stop();

      await store.commit([putPool('one more')]);
      const lost = record(store, start);
      await lost.until(() => lost.lost() === 1);
      expect(lost.changes).toEqual([]);
      const edge = record(store, { ...start, revision: 1 });
      await edge.until(() => edge.changes.length === CHANGES_MAX);
      expect(edge.lost()).toBe(0);
      await edge.following.stop();
    });

    const elsewhere: { name: string; from: (here: Position) => Position }[] = [
      { name: 'another epoch', from: (at) => ({ ...at, epoch: 'AAAAAAAAAAAAAAAA' }) },
      { name: 'a revision above the current one', from: (at) => ({ ...at, revision: at.revision + 1 }) },
      {
        name: 'another store at the same numbers',
        from: (at) => ({ ...at, epoch: `A${at.epoch}`, observation: `A${at.observation}` }),
      },
      {
        name: 'an observation of another epoch',
        from: (at) => ({ ...at, observation: `A${at.observation}` }),
      },
      {
        name: 'an observation above the current one',
        from: (at) => ({ ...at, observation: `${at.observation}1` }),
      },
      { name: 'an observation without a valid position', from: (at) => ({ ...at, observation: '' }) },
    ];
    test.each(elsewhere)('reports a loss once, from $name', async ({ from }) => {
      const { store } = under();
      await store.commit([putPool('p')]);
      await publish(store, {
        put: [{ observation: observation('c'), changed: true }],
      });
      const seen = record(store, from(await here(store)));
      await seen.until(() => seen.lost() === 1);
      await store.commit([putPool('q')]);
      const witness = record(store, { ...(await here(store)), revision: 1 });
      await witness.until(() => witness.changes.length === 1);
      expect(seen.lost()).toBe(1);
      expect(seen.changes).toEqual([]);
      await seen.following.stop();
      await witness.following.stop();
    });
  });

  describe('observations', () => {
    test('a follower gets only the observations that are news, in order', async () => {
      const { store } = under();
      const seen = record(under().another(), await here(store));
      const first = [observation('a'), observation('b', { healthy: false, reason: 'HTTP timeout occurred' })];
      await publish(store, {
        put: first.map((each) => ({ observation: each, changed: true })),
      });
      await publish(store, {
        put: [{ observation: observation('a', { streak: 2 }), changed: false }],
      });
      const addresses = observation('a', { streak: 3, addresses: ['192.0.2.7', '2001:db8::7'] });
      await publish(store, { put: [{ observation: addresses, changed: true }] });
      await seen.until(() => seen.observations.length === 3);
      expect(seen.observations).toEqual([...first, addresses]);
      await seen.following.stop();
    });

    test('a follower gets an observation that the store does not hold, as it was lost, though nothing changed', async () => {
      const { store } = under();
      const unchanged = (check: string) => ({ observation: observation(check), changed: false });
      await publish(store, { put: [{ observation: observation('a'), changed: true }, unchanged('b')] });
      const seen = record(under().another(), await here(store));
      await publish(store, { put: [unchanged('a'), unchanged('b')] });
      await publish(store, { drop: [observation('a')] });
      await publish(store, { put: [unchanged('a'), unchanged('b'), unchanged('c')] });
      await seen.until(() => seen.observations.length === 2);
      expect(seen.observations.map(({ check }) => check)).toEqual(['a', 'c']);
      await seen.following.stop();
    });

    test('observations() and following from its position together miss nothing', async () => {
      const { store } = under();
      const start = await store.read();
      const CHECKS = 200;
      let publishing = true;
      const publishes = (async () => {
        for (let round = 0; publishing; round += 1) {
          const put = [observation(`c${round % CHECKS}`, { streak: round })];
          await publish(store, {
            put: put.map((each) => ({ observation: each, changed: true })),
          });
        }
        return store.observations();
      })();
      const reader = under().another();
      await expect.poll(async () => (await reader.observations()).observations.length, WAIT).toBe(CHECKS);
      const snapshot = await reader.observations();
      const seen = record(reader, { ...start, observation: snapshot.position });
      await seen.until(() => seen.observations.length >= 100);
      publishing = false;
      const { observations: final, position } = await publishes;
      await seen.until(() => seen.position().observation === position);
      const merged = new Map(
        [...snapshot.observations, ...seen.observations].map((each) => [each.check, each]),
      );
      const byCheck = (all: Iterable<{ check: string }>) =>
        [...all].sort((a, b) => (a.check < b.check ? -1 : 1));
      expect(byCheck(merged.values())).toEqual(byCheck(final));
      await seen.following.stop();
    });

    test(`goes back ${OBSERVED_MAX} observations that are news, and reports a loss one further back`, {
      timeout: 120_000,
    }, async () => {
      const { store } = under();
      const start = await here(store);
      const BATCH = 2_000;
      for (let done = 0; done < OBSERVED_MAX; done += BATCH) {
        const put = Array.from({ length: BATCH }, (_, i) => ({
          observation: observation(`c${i}`, { streak: done + i }),
          changed: true,
        }));
        await publish(store, { put });
      }
      const all = record(store, start);
      await all.until(() => all.observations.length === OBSERVED_MAX);
      expect(all.observations.every(({ streak }, at) => streak === at)).toBe(true);
      await all.following.stop();
      await publish(store, {
        put: [{ observation: observation('c'), changed: true }],
      });
      const lost = record(store, start);
      await lost.until(() => lost.lost() === 1);
      expect(lost.observations).toEqual([]);
    });
  });
}
