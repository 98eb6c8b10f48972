import { describe, expect, test } from 'vitest';
import type { Write } from '../../../src/store/contract/documents.ts';
import { StoreSetBack } from '../../../src/store/contract/failure.ts';
import type { StoreUnderTest } from './contract.ts';
import { here, record } from './recorder.ts';
import { putPool, remove } from './samples.ts';

/** What tells a history from another that has the same epoch and the same revision. */
export function linkRules(under: () => StoreUnderTest): void {
  const commit = (...writes: Write[]) => under().another().commit(writes);

  describe('links', () => {
    test('are different for each revision, and each change has its own link and the one before', async () => {
      const { store } = under();
      const seen = record(store, await here(store));
      await commit(putPool('a'));
      const first = await store.read();
      await commit(putPool('b'), remove('pool', 'a'));
      const second = await store.read(first);
      expect(first.link).toMatch(/^[\w-]{16}$/);
      expect(second.link).toMatch(/^[\w-]{16}$/);
      expect(second.link).not.toBe(first.link);
      expect((await store.read()).link).toBe(second.link);
      await seen.until(() => seen.changes.length === 2);
      expect(seen.changes.map(({ link }) => link)).toEqual([first.link, second.link]);
      expect(seen.changes[1]!.previous).toBe(first.link);
    });

    test('say whether a history contains a state', async () => {
      const { store } = under();
      await commit(putPool('a'));
      const first = await store.read();
      await commit(putPool('b'));
      const second = await store.read();
      for (const state of [first, second, { epoch: first.epoch, revision: 1 }])
        expect(await store.continues(state)).toBe(true);
      for (const other of [
        { ...first, link: 'another' },
        { ...second, link: 'another' },
        { ...second, link: first.link! },
        { ...second, revision: 3 },
        { ...second, epoch: 'another' },
      ])
        expect(await store.continues(other), JSON.stringify(other.link)).toBe(false);
    });

    test('an undone history was taken for the current one after its changes were dropped', async () => {
      await commit(putPool('a'));
      const first = await under().store.read();
      await commit(putPool('b'));
      const second = await under().store.read();
      await commit(remove('pool', 'b'));
      await under().forgetChanges();
      const { store } = under();
      for (const state of [first, second, { epoch: first.epoch, revision: 1 }])
        expect(await store.continues(state), `${state.revision}`).toBe(true);
      for (const { epoch, revision } of [first, second])
        expect(await store.continues({ epoch, revision, link: '.another.' }), `${revision}`).toBe(false);
      expect(await store.continues({ ...second, link: first.link! })).toBe(false);
    });

    test('a reading with the same epoch and revision, but another history, was taken for the content of the store', async () => {
      const { store } = under();
      await commit(putPool('a'));
      await commit(putPool('b'));
      const now = await store.read();
      for (const [revision, documents] of [
        [2, []],
        [1, []],
      ] as const)
        expect(await store.read({ epoch: now.epoch, revision, documents, link: 'another' })).toEqual(now);
      expect(await store.read(now)).toBe(now);
    });

    test('a commit was made in a store that had been set back, before anybody noticed', async () => {
      const { store } = under();
      await commit(putPool('a'));
      const first = await store.read();
      await commit(putPool('b'));
      const second = await store.read();
      const { epoch } = first;
      for (const known of [
        first,
        second,
        { epoch, revision: 1 },
        { epoch: 'another', revision: 9, link: 'x' },
      ])
        expect(await store.commit([putPool(`c${known.revision}`)], [], undefined, known)).toMatchObject({
          ok: true,
        });
      const { revision } = await store.read();
      for (const known of [
        { ...first, link: '.another.' },
        { ...second, link: first.link! },
        { epoch, revision: revision + 1 },
      ])
        await expect(store.commit([putPool('d')], [], undefined, known), `${known.revision}`).rejects.toThrow(
          StoreSetBack,
        );
      expect(await store.commit([], [], undefined, { epoch, revision: revision + 1 })).toEqual({
        ok: true,
        revision,
      });
      expect(await store.read()).toMatchObject({ revision });
      await under().another().adopt();
      expect(await store.commit([putPool('d')], [], undefined, second)).toMatchObject({ ok: true });
    });

    test.each([2, 1])(
      'a follower that continues from revision %i of another history gets a loss',
      async (revision) => {
        const { store } = under();
        await commit(putPool('a'));
        await commit(putPool('b'));
        const seen = record(store, { ...(await here(store)), revision, link: 'another' });
        await seen.until(() => seen.lost() === 1);
        expect(seen.changes).toEqual([]);
      },
    );
  });

  describe('adopt', () => {
    test('gives the store another epoch, ends all followers with a loss, and allows writes', async () => {
      const { store } = under();
      await commit(putPool('a'));
      const before = await store.read();
      expect(before.isDecided).toBeUndefined();
      const seen = record(store, await here(store));
      expect(await under().another().adopt()).toBe(1);
      await seen.until(() => seen.lost() === 1);
      const after = await store.read(before);
      expect(after).toMatchObject({ revision: 1, isDecided: true, documents: before.documents });
      expect(after.epoch).not.toBe(before.epoch);
      expect(await store.continues(before)).toBe(false);
      const next = record(store, await here(store));
      await commit(putPool('b'));
      await next.until(() => next.changes.length === 1);
      expect(await store.read(after)).toMatchObject({
        revision: 2,
        isDecided: true,
        documents: { length: 2 },
      });
    });
  });
}
