/** A short run over every operation; `npm run fuzz:api` makes long ones. TEST_SEED repeats a run. */

import { afterAll, expect, test } from 'vitest';
import { seed } from '../support/seed.ts';
import { fuzzOperation, operationsOf } from './fuzz.ts';
import { openTarget } from './target.ts';

/** Requests to each operation. */
const REQUESTS = 25;

const target = await openTarget();
afterAll(() => target.api.stop());
/** Statuses of any operation. Which of them one operation gives is a matter of the seed. */
const reached = new Set<number>();

test.each(operationsOf(target.document))(
  `${REQUESTS} requests to $operationId (seed ${seed})`,
  async ({ template, method }) => {
    const statuses = await fuzzOperation(target, template, method, { seed, count: REQUESTS });
    expect(statuses.size).toBeGreaterThan(0);
    for (const status of statuses.keys()) reached.add(status);
  },
  60_000,
);

test('the requests get answers of every kind', () => {
  expect([...reached]).toEqual(expect.arrayContaining([200, 400, 401, 404]));
});
