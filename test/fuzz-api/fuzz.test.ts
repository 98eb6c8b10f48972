/** A short run over every operation; `npm run fuzz:api` makes long ones. TEST_SEED repeats a run. */

import { afterAll, expect, test } from 'vitest';
import { seed } from '../support/seed.ts';
import { fuzzOperation, operationsOf } from './fuzz.ts';
import { openTarget } from './target.ts';

/** Requests to each operation. */
const REQUESTS = 25;

const target = await openTarget();
afterAll(() => target.api.stop());
/** Requests to an operation until one is accepted: some schemas describe far more than the rules take. */
const REQUESTS_MAX = 2_000;
/** What must be accepted once: zones, their settings and records, and load balancers. */
const REACHED = /\/(zones|dns_records|dns_settings)\b|\/load_balancers(\/search|\/\{id\}.*)?$/;
/** Operations of which no request is accepted, each with the reason. */
const UNREACHED: Readonly<Record<string, string>> = {};

/** The operations that accepted a request. */
const accepted = new Set<string>();
/** Statuses of any operation. Which of them one operation gives is a matter of the seed. */
const reached = new Set<number>();

test.each(operationsOf(target.document))(
  `${REQUESTS} requests to $operationId (seed ${seed})`,
  async ({ operationId, template, method }) => {
    const statuses = await fuzzOperation(target, template, method, { seed, count: REQUESTS });
    if (statuses.has(200)) accepted.add(operationId);
    expect(statuses.size).toBeGreaterThan(0);
    for (const status of statuses.keys()) reached.add(status);
  },
  60_000,
);

test('the requests get answers of every kind', () => {
  expect([...reached]).toEqual(expect.arrayContaining([200, 400, 401, 404]));
});

test('requests that are accepted reach every operation on zones, records, DNS settings and load balancers', async () => {
  const unreached: string[] = [];
  for (const { operationId, template, method } of operationsOf(target.document)) {
    if (!REACHED.test(template) || accepted.has(operationId)) continue;
    const statuses = await fuzzOperation(target, template, method, { seed, count: REQUESTS_MAX, until: 200 });
    if (!statuses.has(200)) unreached.push(operationId);
  }
  expect(unreached).toEqual(Object.keys(UNREACHED));
}, 120_000);
