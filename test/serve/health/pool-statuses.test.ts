import { expect, test, vi } from 'vitest';
import type { Pool } from '../../../src/pool/pool.ts';
import { createPoolStatuses, STATUSES_KEPT_MAX } from '../../../src/serve/health/pool-statuses.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';

/** Statuses of pools with one endpoint each, and what asks for the health of it. */
function statusesOf(pools: readonly Pool[]) {
  const served = new Map(pools.map((pool) => [pool.id, pool]));
  const healthOf = vi.fn(() => ({ healthy: true }));
  return { served, healthOf, statuses: createPoolStatuses({ healthOf, poolOf: (id) => served.get(id) }) };
}

const poolOf = (id: string): Pool => ({ ...makePool({ endpoints: [makeEndpoint()] }), id });

test('a status is computed once, and again after it is dropped', () => {
  const pool = poolOf('p');
  const { healthOf, statuses } = statusesOf([pool]);
  const first = statuses.of(pool);
  expect(first).toMatchObject({ standing: 'healthy', answered: 1 });
  expect(statuses.of(pool)).toBe(first);
  expect(healthOf).toHaveBeenCalledTimes(1);
  healthOf.mockReturnValue({ healthy: false });
  expect(statuses.of(pool)).toBe(first);
  statuses.drop(['p']);
  expect(statuses.of(pool)).toMatchObject({ standing: 'unhealthy', answered: 0 });
});

test('a replaced pool and a pool that is not served have their own status', () => {
  const before = poolOf('p');
  const { served, statuses } = statusesOf([before]);
  const kept = statuses.of(before);
  const tried = { ...before, enabled: false };
  expect(statuses.of(tried).standing).toBe('disabled');
  expect(statuses.of(before)).toBe(kept);
  served.set('p', tried);
  expect(statuses.of(tried)).toBe(statuses.of(tried));
  expect(statuses.of(before)).not.toBe(kept);
});

test('as many statuses as allowed are kept, and one more replaces the first half', () => {
  const pools = Array.from({ length: STATUSES_KEPT_MAX + 1 }, (_, i) => poolOf(String(i)));
  const { healthOf, statuses } = statusesOf(pools);
  const ask = (from: number, to: number) => {
    healthOf.mockClear();
    for (const pool of pools.slice(from, to)) statuses.of(pool);
    return healthOf.mock.calls.length;
  };
  expect(ask(0, STATUSES_KEPT_MAX)).toBe(STATUSES_KEPT_MAX);
  expect(ask(0, STATUSES_KEPT_MAX)).toBe(0);
  expect(ask(STATUSES_KEPT_MAX, STATUSES_KEPT_MAX + 1)).toBe(1);
  expect(ask(STATUSES_KEPT_MAX / 2, STATUSES_KEPT_MAX + 1)).toBe(0);
  expect(ask(0, 1)).toBe(1);
});
