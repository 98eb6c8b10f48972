import { describe, expect, test } from 'vitest';
import { EVENTS_OCTETS_MAX } from '../../../src/store/event-bounds.ts';
import type { StoreUnderTest } from './contract.ts';
import { audit, endpointsOf, event, publish, putPool, remove } from './samples.ts';

/** Events that are kept with a commit, and reading events onwards. */
export function auditRules(under: () => StoreUnderTest): void {
  describe('audit', () => {
    test('audit events are kept with their writes and revision, among the health events', async () => {
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

    test('a commit that is refused or has no writes keeps no audit event', async () => {
      const { store } = under();
      expect((await store.commit([remove('pool', 'none')], [audit('none')])).ok).toBe(false);
      const both = [putPool('a'), putPool('b', { ifRevision: 7 })];
      expect((await store.commit(both, [audit('a'), audit('b')])).ok).toBe(false);
      expect(await store.commit([], [audit('nothing')])).toEqual({ ok: true, revision: 0 });
      expect(await store.events(10)).toEqual([]);
    });
  });

  describe('octets of events', () => {
    const MIB = 1_048_576;
    /** A health event that takes so many octets as JSON, not all of them of one octet a character. */
    const sized = (endpoint: string, octets: number) => {
      const found = { ...event(endpoint), reason: 'ü' };
      return { ...found, reason: `ü${'x'.repeat(octets - Buffer.byteLength(JSON.stringify(found)))}` };
    };

    test(`a trail keeps ${EVENTS_OCTETS_MAX.health} octets, and one more octet drops its oldest event, and none of another trail`, async () => {
      const { store } = under();
      const number = EVENTS_OCTETS_MAX.health / MIB;
      await store.commit([putPool('a')], [audit('a')]);
      for (let at = 0; at < number; at += 4)
        await publish(store, { events: [0, 1, 2, 3].map((more) => sized(String(at + more), MIB)) });
      const full = await store.events(number + 1, undefined, 'health');
      expect(endpointsOf(full)).toEqual(Array.from({ length: number }, (_, at) => String(number - 1 - at)));
      const oldest = full.at(-1)!.cursor;
      expect(await store.reaches(oldest, 'health')).toBe(true);

      await publish(store, { events: [event('small'), event('and')] });
      const after = await under()
        .another()
        .events(number + 5, undefined, 'health');
      expect(endpointsOf(after)).toEqual(['and', 'small', ...endpointsOf(full).slice(0, -1)]);
      expect(await store.reaches(oldest, 'health')).toBe(false);
      expect(endpointsOf(await store.eventsAfter(oldest, 1, 'health'))).toEqual(['1']);

      // The room that the first one left is not taken yet.
      await publish(store, { events: [sized('fits', MIB - 2_000)] });
      expect(endpointsOf(await store.events(number + 5, undefined, 'health')).at(-1)).toBe('1');
      await publish(store, { events: [sized('two', 2 * MIB)] });
      expect(endpointsOf(await store.events(number + 5, undefined, 'health')).at(-1)).toBe('3');
      expect(await store.events(5, undefined, 'audit')).toHaveLength(1);
    });

    test('an event that is larger than the bound stays until the next event', async () => {
      const { store } = under();
      await publish(store, { events: [event('small'), sized('large', EVENTS_OCTETS_MAX.health + 1)] });
      expect(endpointsOf(await store.events(5))).toEqual(['large', 'small']);
      await publish(store, { events: [event('next')] });
      expect(endpointsOf(await store.events(5))).toEqual(['next']);
    });
  });

  describe('events after an event', () => {
    test('are read oldest first, in pages, and reading continues where it ended', async () => {
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
