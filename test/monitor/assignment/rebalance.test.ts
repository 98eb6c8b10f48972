import { expect, test } from 'vitest';
import { createAssignedChecks } from '../../../src/monitor/assignment/assigned-checks.ts';
import { createCheckIndex } from '../../../src/monitor/assignment/check-index.ts';
import { createRebalance } from '../../../src/monitor/assignment/rebalance.ts';

const worker = { id: 'a', region: 'eu', startedAtMs: 0 };
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The division of a worker whose readings of the store end when the test wants it. */
function dividing() {
  const index = createCheckIndex('eu');
  const assignedChecks = createAssignedChecks({
    worker,
    index,
    probersPerRegion: 1,
    epochMs: () => 0,
    begin: () => {},
    end: () => {},
    publish: () => {},
    drop: () => {},
  });
  const readings: PromiseWithResolvers<{ observations: []; position: string }>[] = [];
  const membership = { term: 1 };
  const rebalance = createRebalance({
    store: {
      observations() {
        const reading = Promise.withResolvers<{ observations: []; position: string }>();
        readings.push(reading);
        return reading.promise;
      },
      observed: async () => [],
    },
    worker,
    index,
    assignedChecks,
    membership,
    configuration: { isLoaded: true },
    log: quiet,
  });
  return { rebalance, readings, membership };
}
const none = { observations: [] as [], position: '' };

test('who asks for the results of others during a reading waits for the next one, which may know more', async () => {
  const { rebalance, readings, membership } = dividing();
  const first = rebalance.refresh();
  membership.term = 2;
  let isRead = false;
  const second = rebalance.refresh().then(() => {
    isRead = true;
  });
  readings[0]!.resolve(none);
  await expect.poll(() => readings.length).toBe(2);
  expect([isRead, rebalance.caughtUpTerm]).toEqual([false, 1]);
  readings[1]!.resolve(none);
  await Promise.all([first, second]);
  expect(rebalance.caughtUpTerm).toBe(2);
  const third = rebalance.refresh();
  readings[2]!.reject(new Error('away'));
  await third;
  expect(readings).toHaveLength(3);
});
