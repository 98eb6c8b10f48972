import { describe, expect, test } from 'vitest';
import type { ReportedEvent } from '../../../src/event/event.ts';
import type { ReportedState } from '../../../src/event/reported.ts';
import {
  DESTINATIONS_MAX,
  LEAD_MS,
  type Lead,
  REPORT_MAX,
  type Report,
} from '../../../src/store/contract/lead.ts';
import { EVENTS_MAX } from '../../../src/store/event-bounds.ts';
import type { Store } from '../../../src/store/store.ts';
import type { StoreUnderTest } from './contract.ts';
import { audit, event, publish, putPool, worker } from './samples.ts';

const LIVE: ReportedState = { kind: 'region', presence: 'live' };
const GONE: ReportedState = { kind: 'region', presence: 'absent' };

function told(region: string): ReportedEvent {
  return { kind: 'region', region, was: 'live', now: 'absent', reason: 'ü "x"', atMs: 1_700_000_000_000 };
}

function telling(over: Partial<Report> = {}): Report {
  return { events: [], put: [], drop: [], ...over };
}

async function leadOf(store: Store, node = 'n1'): Promise<Lead> {
  const lead = await store.lead(node);
  expect(lead).toBeDefined();
  return lead!;
}

const regionsOf = (events: readonly object[]) =>
  events.map((each) => ('region' in each ? each.region : undefined));
const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));

/** The lead among nodes, what it tells, and up to where it notified. */
export function leadingRules(under: () => StoreUnderTest): void {
  describe('lead', () => {
    test('one node has the lead, until it resigns', async () => {
      const { store } = under();
      const first = await leadOf(store, 'n1');
      expect(first).toEqual({ node: 'n1', token: expect.any(Number) });
      expect(await under().another().lead('n2')).toBeUndefined();
      expect(await store.renewLead(first)).toBe('renewed');
      await store.resign(first);
      await store.resign(first);
      expect(await store.renewLead(first)).toBe('lost');
      const second = await leadOf(under().another(), 'n2');
      expect(second.token).toBeGreaterThan(first.token);
      await store.resign(first);
      expect(await store.renewLead(second)).toBe('renewed');
      expect(await store.lead('n1')).toBeUndefined();
    });

    test(`a node that does not renew for ${LEAD_MS} ms loses the lead and writes nothing`, async () => {
      const { store } = under();
      const old = await leadOf(store, 'n1');
      expect(await store.report(old, telling({ put: [{ subject: 'region/a', state: LIVE }] }))).toBe(
        'reported',
      );
      expect(await store.moveCursor(old, 'd', 'kept')).toBe('moved');
      await under().passLead();
      const late = async () => {
        const changes = telling({
          events: [told('late')],
          put: [{ subject: 'x', state: GONE }],
          drop: ['region/a'],
        });
        expect(await store.report(old, changes)).toBe('fenced');
        expect(await store.moveCursor(old, 'd', 'late')).toBe('fenced');
        expect(await store.renewLead(old)).toBe('lost');
      };
      await late();
      const fresh = await leadOf(under().another(), 'n2');
      await late();
      expect(await store.events(10)).toEqual([]);
      expect(await store.reported()).toEqual(new Map([['region/a', LIVE]]));
      expect(await store.cursor('d')).toBe('kept');
      expect(await store.report(fresh, telling())).toBe('reported');
    });

    test('a second lead of a node ends its first one', async () => {
      const { store } = under();
      const first = await leadOf(store);
      const second = await leadOf(store);
      expect(second.token).toBeGreaterThan(first.token);
      expect(await store.renewLead(first)).toBe('lost');
      expect(await store.report(first, telling())).toBe('fenced');
      await store.resign(first);
      expect(await store.renewLead(second)).toBe('renewed');
    });

    test('neither the lease of a worker nor another node can use the lead', async () => {
      const { store } = under();
      const lead = await leadOf(store);
      const lease = await store.join(worker('n1'));
      for (const forged of [
        { node: 'n1', token: lease.token },
        { node: 'n2', token: lead.token },
      ]) {
        expect(await store.renewLead(forged)).toBe('lost');
        expect(await store.report(forged, telling())).toBe('fenced');
        expect(await store.moveCursor(forged, 'd', '1')).toBe('fenced');
      }
      expect(await store.renewLead(lead)).toBe('renewed');
    });
  });

  describe('report', () => {
    test('keeps events and the reported status for the next node that leads', async () => {
      const { store } = under();
      expect(await store.reported()).toEqual(new Map());
      const first = await leadOf(store, 'n1');
      const odd: ReportedState = { kind: 'pool', standing: 'healthy', endpoints: [['__proto__', 'healthy']] };
      await store.report(
        first,
        telling({
          put: [
            { subject: 'region/ü "x"', state: LIVE },
            { subject: 'pool/p', state: odd },
          ],
        }),
      );
      await store.report(
        first,
        telling({
          events: [told('a'), told('b')],
          put: [{ subject: 'region/ü "x"', state: GONE }],
          drop: ['never there'],
        }),
      );
      await store.resign(first);
      const next = under().another();
      const second = await leadOf(next, 'n2');
      expect(await next.reported()).toEqual(
        new Map([
          ['region/ü "x"', GONE],
          ['pool/p', odd],
        ]),
      );
      const kept = await next.events(10);
      expect(kept.map(({ cursor, ...fields }) => fields)).toEqual([told('b'), told('a')]);
      await next.report(second, telling({ drop: ['pool/p', 'region/ü "x"'] }));
      expect(await store.reported()).toEqual(new Map());
    });

    test(`takes ${REPORT_MAX} of each kind, and refuses all when there is one more`, async () => {
      const { store } = under();
      const lead = await leadOf(store);
      const put = many(REPORT_MAX + 1, (i) => ({ subject: `region/${i}`, state: LIVE }));
      await expect(store.report(lead, telling({ put }))).rejects.toThrow(RangeError);
      const events = many(REPORT_MAX + 1, (i) => told(String(i)));
      await expect(store.report(lead, telling({ events }))).rejects.toThrow(RangeError);
      await expect(store.report(lead, telling({ drop: put.map(({ subject }) => subject) }))).rejects.toThrow(
        RangeError,
      );
      expect([(await store.reported()).size, (await store.events(1)).length]).toEqual([0, 0]);
      const full = { events: events.slice(1), put: put.slice(1), drop: [] };
      expect(await store.report(lead, full)).toBe('reported');
      expect([(await store.reported()).size, (await store.events(REPORT_MAX + 1)).length]).toEqual([
        REPORT_MAX,
        REPORT_MAX,
      ]);
    });
  });

  describe('trails of events', () => {
    test('are read one at a time, or together in the order of their events', async () => {
      const { store } = under();
      const lead = await leadOf(store);
      await publish(store, { events: [event('1')] });
      await store.report(lead, telling({ events: [told('2'), told('3')] }));
      await store.commit([putPool('a')], [audit('4')]);
      await publish(store, { events: [event('5')] });
      await store.report(lead, telling({ events: [told('6')] }));
      const kinds = ['health', 'region', 'region', 'audit', 'health', 'region'];
      const all = await store.eventsAfter(undefined, 10);
      expect(all.map(({ kind }) => kind)).toEqual(kinds);
      expect((await store.events(10)).toReversed()).toEqual(all);
      expect(regionsOf(await store.events(2, undefined, 'told'))).toEqual(['6', '3']);
      expect(await store.events(2, all[4]!.cursor, 'told')).toEqual([all[2], all[1]]);
      expect(await store.eventsAfter(all[1]!.cursor, 5, 'told')).toEqual([all[2], all[5]]);
      expect(await store.eventsAfter(all[0]!.cursor, 3)).toEqual(all.slice(1, 4));
      expect(await store.eventsAfter(undefined, 5, 'audit')).toEqual([all[3]]);
      expect(await store.events(5, undefined, 'health')).toEqual([all[4], all[0]]);
    });

    test('do not drop events of each other, and say which cursors they no longer reach', async () => {
      const { store } = under();
      await store.commit([putPool('a')], [audit('a')]);
      await publish(store, { events: [event('e')] });
      const lead = await leadOf(store);
      const tell = (events: readonly ReportedEvent[]) => store.report(lead, telling({ events }));
      await tell([told('first')]);
      const [first] = await store.events(1);
      for (let done = 1; done < EVENTS_MAX.told; done += REPORT_MAX) {
        await store.renewLead(lead);
        const left = Math.min(REPORT_MAX, EVENTS_MAX.told - done);
        expect(await tell(many(left, (i) => told(String(done + i))))).toBe('reported');
      }
      expect(await store.eventsAfter(undefined, 1, 'told')).toEqual([first]);
      expect(await store.reaches(first!.cursor, 'told')).toBe(true);
      await store.renewLead(lead);
      await tell([told('more')]);
      expect(regionsOf(await store.eventsAfter(undefined, 1, 'told'))).toEqual(['1']);
      expect(await store.reaches(first!.cursor, 'told')).toBe(false);
      for (const odd of ['', 'x', '-1', '1 OR 1=1']) expect(await store.reaches(odd, 'told')).toBe(false);
      const others = [
        ...(await store.events(5, undefined, 'audit')),
        ...(await store.events(5, undefined, 'health')),
      ];
      expect(others.map(({ kind }) => kind)).toEqual(['audit', 'health']);
      expect(await store.reaches(others[1]!.cursor, 'health')).toBe(true);
      expect(await store.events(EVENTS_MAX.told + 5)).toHaveLength(EVENTS_MAX.told + 2);
    });
  });

  describe('cursors of destinations', () => {
    test('are separate and survive the lead', async () => {
      const { store } = under();
      const lead = await leadOf(store);
      expect(await store.cursor('ü "x"')).toBeUndefined();
      await store.moveCursor(lead, 'ü "x"', '1-0');
      await store.moveCursor(lead, 'b', '2-0');
      await store.moveCursor(lead, 'b', '3-0');
      await store.resign(lead);
      const next = under().another();
      expect([await next.cursor('ü "x"'), await next.cursor('b')]).toEqual(['1-0', '3-0']);
    });

    test(`of ${DESTINATIONS_MAX} destinations are kept, and one more replaces the one moved longest ago`, async () => {
      const { store } = under();
      const lead = await leadOf(store);
      // On a busy machine this takes longer than a lead lasts.
      const move = async (destination: string, cursor: string) => {
        await store.renewLead(lead);
        expect(await store.moveCursor(lead, destination, cursor)).toBe('moved');
      };
      for (let i = 0; i < DESTINATIONS_MAX; i += 1) await move(`d${i}`, '1');
      await move('d0', '2');
      expect(await store.cursor('d1')).toBe('1');
      await move('more', '1');
      expect([await store.cursor('d1'), await store.cursor('d0'), await store.cursor('more')]).toEqual([
        undefined,
        '2',
        '1',
      ]);
    });
  });
}
