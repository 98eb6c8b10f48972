import { describe, expect, test } from 'vitest';
import type { StoreUnderTest } from './contract.ts';
import { audit, endpointsOf, event, publish, putPool, remove } from './samples.ts';

/** Events that are kept with a commit, and reading events onwards. */
export function auditRules(under: () => StoreUnderTest): void {
  describe('audit', () => {
    test('events are kept with the writes they are about, with the revision, among those of health', async () => {
      const { store } = under();
      expect(await store.commit([putPool('a')], [audit('a')])).toEqual({ ok: true, revision: 1 });
      await publish(store, { events: [event('e')] });
      const second = await store.commit([putPool('b'), putPool('c')], [audit('ü "b"'), audit('c')]);
      expect(second).toEqual({ ok: true, revision: 2 });
      const kept = await under().another().events(10);
      expect(kept.map(({ cursor, ...fields }) => fields)).toEqual([
        { ...audit('c'), revision: 2 },
        { ...audit('ü "b"'), revision: 2 },
        event('e'),
        { ...audit('a'), revision: 1 },
      ]);
    });

    test('nothing is kept with a commit that is refused, or that writes nothing', async () => {
      const { store } = under();
      expect((await store.commit([remove('pool', 'none')], [audit('none')])).ok).toBe(false);
      const both = [putPool('a'), putPool('b', { ifRevision: 7 })];
      expect((await store.commit(both, [audit('a'), audit('b')])).ok).toBe(false);
      expect(await store.commit([], [audit('nothing')])).toEqual({ ok: true, revision: 0 });
      expect(await store.events(10)).toEqual([]);
    });
  });

  describe('events after one', () => {
    test('are read oldest first, page by page, and go on where they ended', async () => {
      const { store } = under();
      expect(await store.eventsAfter(undefined, 5)).toEqual([]);
      await publish(store, { events: ['0', '1', '2'].map(event) });
      const first = await under().another().eventsAfter(undefined, 2);
      expect(endpointsOf(first)).toEqual(['0', '1']);
      expect(first.map(({ cursor }) => cursor)).toEqual(
        (await store.events(3))
          .map(({ cursor }) => cursor)
          .reverse()
          .slice(0, 2),
      );
      const rest = await store.eventsAfter(first[1]!.cursor, 5);
      expect(endpointsOf(rest)).toEqual(['2']);
      expect(await store.eventsAfter(rest[0]!.cursor, 5)).toEqual([]);
      await publish(store, { events: [event('3')] });
      expect(endpointsOf(await store.eventsAfter(rest[0]!.cursor, 5))).toEqual(['3']);
      expect(await store.eventsAfter(undefined, 0)).toEqual([]);
      for (const odd of ['', 'x', '-1', '1 OR 1=1', '9'.repeat(40), '(1-0'])
        expect(await store.eventsAfter(odd, 5)).toEqual([]);
    });
  });
}
