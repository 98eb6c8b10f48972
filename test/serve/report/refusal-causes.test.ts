import { describe, expect, test, vi } from 'vitest';
import { StoreRefused } from '../../../src/store/contract/failure.ts';
import type { Store } from '../../../src/store/store.ts';

import { openWatched, SOON, startNode, untilSettled } from './reporting-node.ts';

describe('a second cause of refusals was reported as the alarm of the first', () => {
  const reasons = async (store: Store) =>
    (await store.eventsAfter(undefined, 1_000, 'told')).flatMap((event) =>
      event.kind === 'alarm' && event.alarm === 'store_refuses'
        ? [event.now === 'raised' ? /\((.*)\)$/.exec(event.reason)![1]! : 'over']
        : [],
    );

  test('while events can be reported', async () => {
    const { store } = await openWatched();
    let why = 'Redis is out of memory';
    startNode(store, 'n', {}, { refusal: () => why });
    await vi.waitFor(async () => expect(await reasons(store)).toEqual([why]), SOON);
    why = 'Redis is a read-only replica';
    const all = ['Redis is out of memory', 'over', why];
    await vi.waitFor(async () => expect(await reasons(store)).toEqual(all), SOON);
  });

  test('in the seconds after a new lead, in which no event can be reported (once: they were reported 10 s after the end)', async () => {
    const { store } = await openWatched();
    let why: string | undefined;
    const report: Store['report'] = async (...args) => {
      if (why !== undefined) throw new StoreRefused(why);
      return store.report(...args);
    };
    const refusing = Object.assign(Object.create(store) as Store, { report });
    // The clock of the lead stands still: a lead that is given up for a time does not come back by that.
    const { refresh } = startNode(refusing, 'n', {}, { refusal: () => why, monotonicMs: () => 0 });
    await untilSettled(store);
    const raised = () => refresh.alarms.raised.get('alarm/store_refuses/')?.cause;
    for (why of ['full', undefined, 'replica', 'full', undefined] as const)
      await vi.waitFor(() => expect(raised()).toBe(why), SOON);
    const all = ['full', 'replica', 'full'].flatMap((each) => [each, 'over']);
    await vi.waitFor(async () => expect(await reasons(store)).toEqual(all), SOON);
  });
});
