import { describe, expect, test } from 'vitest';
import { type Committed, WRITES_MAX, type Write } from '../../../src/store/contract/documents.ts';
import type { Store } from '../../../src/store/store.ts';
import type { StoreUnderTest } from './contract.ts';
import { endpointsOf, event, monitor, pool, publish, putMonitor, putPool, remove } from './samples.ts';

const m1 = { kind: 'monitor', id: 'm1' } as const;

/** Reading and writing documents. */
export function commitRules(under: () => StoreUnderTest): void {
  const commit = (...writes: Write[]): Promise<Committed> => under().store.commit(writes);
  const ids = async (store: Store = under().store) =>
    (await store.read()).documents.map(({ kind, id }) => `${kind}/${id}`).sort();

  describe('documents', () => {
    test('an empty store is at revision 0 and keeps its epoch', async () => {
      const first = await under().store.read();
      expect(first).toEqual({ epoch: expect.stringMatching(/^[\w-]{16}$/), revision: 0, documents: [] });
      expect((await under().another().read()).epoch).toBe(first.epoch);
      await commit(putPool('p'));
      expect((await under().store.read()).epoch).toBe(first.epoch);
    });

    test('a put document is read by read and get, at its revision, through every handle', async () => {
      expect(await commit(putPool('p'))).toEqual({ ok: true, revision: 1 });
      expect(await commit(putMonitor('p'))).toEqual({ ok: true, revision: 2 });
      const stored = { kind: 'pool', id: 'p', revision: 1, value: pool('p') };
      const other = under().another();
      expect(await other.get('pool', 'p')).toEqual(stored);
      expect(await other.get('monitor', 'p')).toEqual({
        kind: 'monitor',
        id: 'p',
        revision: 2,
        value: monitor('p'),
      });
      expect(await other.get('pool', 'q')).toBeUndefined();
      const read = await other.read();
      expect(read.revision).toBe(2);
      expect(read.documents).toContainEqual(stored);
      expect(read.documents).toHaveLength(2);
    });

    test('a put replaces the whole document', async () => {
      await commit(putPool('p', {}, { monitor: 'm', loadShedding: { a: 1 } }));
      await commit(putPool('p'));
      expect((await under().store.get('pool', 'p'))?.value).toStrictEqual(pool('p'));
    });

    test('values are read as written: order, zeros, nulls, empty maps, and any Unicode', async () => {
      const value = pool('p', {
        description: 'naïve ☃ 𝒳 "quoted" \\ \u0000 \u2028 \ud800 </script>',
        monitor: null,
        checkRegions: [],
        healthSources: null,
        latitude: 0,
        longitude: -0.000_000_1,
        loadShedding: {},
        originSteering: { z: null, a: [], m: { '': {} }, '1': 1e21, ü: 9007199254740991 },
        endpoints: [],
      });
      await commit({ op: 'put', kind: 'pool', id: 'p', value, unique: [], references: [] });
      const got = await under().store.get('pool', 'p');
      expect(got?.value).toStrictEqual(value);
      expect(JSON.stringify(got?.value)).toBe(JSON.stringify(value));
    });

    test('a document that is read is a copy', async () => {
      await commit(putPool('p'));
      const got = await under().store.get('pool', 'p');
      (got!.value.endpoints as unknown[]).length = 0;
      expect((await under().store.get('pool', 'p'))!.value).toEqual(pool('p'));
    });

    test('5,000 documents are read at one revision while others write', async () => {
      for (let at = 0; at < 5; at += 1)
        await commit(
          ...Array.from({ length: 1_000 }, (_, i) =>
            putPool(`p${at * 1_000 + i}`, {}, { minimumOrigins: 0 }),
          ),
        );
      // Every commit writes the same number into all four: a read that mixes two revisions shows two numbers.
      const four = ['p0', 'p1999', 'p3500', 'p4999'];
      const writer = under().another();
      // And one more document is there at every second number only.
      const flicker = (n: number) => (n % 2 === 1 ? putPool('flicker') : remove('pool', 'flicker'));
      const writeAll = (n: number) =>
        writer.commit([flicker(n), ...four.map((id) => putPool(id, {}, { minimumOrigins: n }))]);
      await writeAll(1);
      let writing = true;
      const writes = (async () => {
        for (let n = 2; writing; n += 1) await writeAll(n);
      })();
      try {
        for (let i = 0; i < 10; i += 1) {
          const { documents, revision } = await under().store.read();
          expect(documents).toHaveLength(5_000 + ((revision - 5) % 2));
          const seen = documents.filter(({ id }) => four.includes(id));
          expect(seen.map((each) => each.revision)).toEqual(four.map(() => revision));
          const numbers = seen.map(({ value }) => 'minimumOrigins' in value && value.minimumOrigins);
          expect(numbers).toEqual(four.map(() => revision - 5));
        }
      } finally {
        writing = false;
        await writes;
      }
    });
  });

  describe('commit', () => {
    test('a commit without writes changes nothing', async () => {
      expect(await commit()).toEqual({ ok: true, revision: 0 });
      await commit(putPool('p'));
      expect(await commit()).toEqual({ ok: true, revision: 1 });
    });

    test(`takes ${WRITES_MAX} writes and refuses one more`, async () => {
      const writes = Array.from({ length: WRITES_MAX }, (_, i) =>
        putPool(`p${i}`, { unique: [`n${i}`, `other${i}`], references: [{ kind: 'pool', id: 'p0' }] }),
      );
      expect(await commit(...writes)).toEqual({ ok: true, revision: 1 });
      expect(await ids()).toHaveLength(WRITES_MAX);
      await expect(commit(...writes, putPool('one more'))).rejects.toThrow(RangeError);
      expect(await ids()).toHaveLength(WRITES_MAX);
      const removals = writes.map(({ id }) => remove('pool', id)).reverse();
      expect(await commit(...removals)).toEqual({ ok: true, revision: 2 });
      expect(await ids()).toEqual([]);
    });

    test('other reads and writes during a large commit see all of it or nothing', async () => {
      const { store } = under();
      const all = Array.from({ length: WRITES_MAX }, (_, i) => putPool(`p${i}`, { unique: [`n${i}`] }));
      const isWhole = async () => [0, WRITES_MAX].includes((await store.read()).documents.length);
      const large = commit(...all);
      expect([await isWhole(), await large, await isWhole()]).toEqual([
        true,
        { ok: true, revision: 1 },
        true,
      ]);

      // What is refused by its last write takes nothing with it that others write meanwhile.
      const again = all.map((write, i) => (i === WRITES_MAX - 1 ? remove('pool', 'none') : write));
      const refused = commit(...again);
      const written = commit(putMonitor('m1'));
      await publish(store, { events: [event('meanwhile')] });
      expect(await refused).toMatchObject({ ok: false, refusal: { kind: 'not_found' } });
      expect(await written).toEqual({ ok: true, revision: 2 });
      expect((await store.read()).documents).toHaveLength(WRITES_MAX + 1);
      expect(endpointsOf(await store.events(5))).toEqual(['meanwhile']);
    });

    test('a refused commit changes nothing', async () => {
      await commit(putMonitor('m1', { unique: ['a'] }));
      const before = await under().store.read();
      const refused = await commit(
        putPool('p', { unique: ['x'], references: [m1] }),
        putMonitor('m1', { unique: ['b'] }),
        remove('pool', 'none'),
      );
      expect(refused).toEqual({ ok: false, refusal: { kind: 'not_found', at: 2 } });
      expect(await under().store.read()).toEqual(before);
      // Neither the name nor the reference of the refused pool is held.
      expect(await commit(putPool('q', { unique: ['x'] }), remove('monitor', 'm1'))).toMatchObject({
        ok: true,
      });
    });
  });

  describe('concurrent commits', () => {
    test('increments with ifRevision from several handles lose none', async () => {
      await commit(putPool('counter', {}, { minimumOrigins: 0 }));
      const EACH = 25;
      const handles = [under().store, under().another(), under().another(), under().another()];
      const increment = async (store: Store) => {
        for (;;) {
          const was = (await store.get('pool', 'counter'))!;
          const next = { minimumOrigins: was.value.minimumOrigins + 1 };
          const { ok } = await store.commit([putPool('counter', { ifRevision: was.revision }, next)]);
          if (ok) return;
        }
      };
      await Promise.all(
        handles.map(async (store) => {
          for (let i = 0; i < EACH; i += 1) await increment(store);
        }),
      );
      const counter = await under().store.get('pool', 'counter');
      expect(counter?.value.minimumOrigins).toBe(EACH * handles.length);
      expect((await under().store.read()).revision).toBe(1 + EACH * handles.length);
    });

    test('of many commits that claim one name, exactly one gets it', async () => {
      const handles = [under().store, under().another(), under().another()];
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, i) => handles[i % 3]!.commit([putPool(`p${i}`, { unique: ['one'] })])),
      );
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
      expect(await ids()).toHaveLength(1);
    });
  });
}
