/** A short run over every operation; `npm run fuzz:api` makes long ones. TEST_SEED repeats a run. */
import { afterAll, expect, test } from 'vitest';
import { seed } from '../answer/seed.ts';
import { fuzzOperation, operationsOf } from './fuzz.ts';
import { openTarget } from './target.ts';

/** Requests to each operation. */
const REQUESTS = 150;

const target = await openTarget();
afterAll(() => target.api.stop());

test.each(operationsOf(target.document))(
  `${REQUESTS} requests to $operationId (seed ${seed})`,
  async ({ template, method }) => {
    const statuses = await fuzzOperation(target, template, method, { seed, count: REQUESTS });
    expect(statuses.size).toBeGreaterThan(1);
  },
  60_000,
);
