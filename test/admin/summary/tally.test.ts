import { expect, test } from 'vitest';
import type { OriginHealth, PoolHealthSource } from '../../../src/admin/health-source.ts';
import { AFFECTED_NAMED_MAX, createTally, PROBLEMS_MAX } from '../../../src/admin/summary/summary.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';

const UP: OriginHealth = { healthy: true };
const DOWN: OriginHealth = { healthy: false, failureReason: 'TCP connection failed' };

/** A pool whose endpoints have this health, and the source that says so of all such pools. */
const healths = new Map<string, readonly OriginHealth[]>();
function poolOf(name: string, endpoints: readonly OriginHealth[], fields: Partial<Pool> = {}): Pool {
  healths.set(name, endpoints);
  return makePool({
    id: name,
    name,
    endpoints: endpoints.map((_, i) => makeEndpoint({ name: `e${i}`, address: `192.0.2.${i}` })),
    ...fields,
  });
}
const source: PoolHealthSource = {
  of: ({ name }) => ({ healthy: undefined, endpoints: healths.get(name)! }),
  pools: 0,
  watch: () => () => {},
  regions: async () => new Map(),
};
const user = (name: string, pools: readonly string[]) =>
  ({
    id: name,
    name,
    defaultPools: pools,
    fallbackPool: pools[0],
    rules: [],
    poolSets: [],
  }) as unknown as LoadBalancer;

function tallied(pools: readonly Pool[], loadBalancers: readonly LoadBalancer[] = []) {
  const tally = createTally(source);
  for (const pool of pools) tally.put(pool);
  return tally.result(loadBalancers);
}

test('what affects most comes first: pools before endpoints, and those that more load balancers use', () => {
  const balancers = ['one', 'two'].map((name) => user(name, ['used']));
  const { problems, pools, endpoints } = tallied(
    [
      poolOf('partly', [UP, DOWN]),
      poolOf('alone', [DOWN], { allDown: 'all' }),
      poolOf('used', [DOWN, UP], { minimumOrigins: 2 }),
      poolOf('well', [UP]),
    ],
    balancers,
  );
  expect(problems.map(({ kind, name, affects_count: count }) => [kind, name, count])).toEqual([
    ['pool', 'used', 2],
    ['pool', 'alone', 0],
    ['endpoint', 'partly', 0],
  ]);
  expect(problems.map(({ reason }) => reason)).toEqual([
    '1 of 2 endpoints can be answered, and it needs 2.',
    'No endpoint can be answered. Answers have all of its endpoints, as its all_down says.',
    'TCP connection failed. 1 of 2 endpoints stay in answers.',
  ]);
  expect([pools.total, pools.unhealthy, pools.healthy, endpoints.unhealthy]).toEqual([4, 2, 2, 3]);
});

test('the numbers of problems and of named load balancers are bounded, and what is left out is counted', () => {
  const pools = Array.from({ length: PROBLEMS_MAX + 1 }, (_, i) => poolOf(`p${i}`, [DOWN]));
  const balancers = Array.from({ length: AFFECTED_NAMED_MAX + 1 }, (_, i) => user(`b${i}`, ['p100']));
  const { problems, problems_count: count } = tallied(pools, balancers);
  expect([problems.length, count]).toEqual([PROBLEMS_MAX, PROBLEMS_MAX + 1]);
  expect([problems[0]!.affects.length, problems[0]!.affects_count]).toEqual([
    AFFECTED_NAMED_MAX,
    AFFECTED_NAMED_MAX + 1,
  ]);
});

test('a pool that changed is counted in the place of what it was, and one that is gone no more', () => {
  const tally = createTally(source);
  const [stays, changes] = [poolOf('stays', [UP]), poolOf('changes', [UP, UP])];
  for (const pool of [stays, changes]) tally.put(pool);
  healths.set('changes', [DOWN, UP]);
  tally.putAgain('changes');
  tally.putAgain('unknown');
  const { pools, endpoints, problems } = tally.result([]);
  expect([pools.total, pools.healthy, endpoints.total, endpoints.unhealthy]).toEqual([2, 2, 3, 1]);
  expect(problems.map(({ endpoint }) => endpoint)).toEqual(['e0']);
  expect(tally.viewOf('changes')).toMatchObject({ answered: 1 });
  const smaller = poolOf('changes', [UP]);
  expect([tally.has(changes), tally.has(smaller)]).toEqual([true, false]);
  tally.put(smaller);
  expect(tally.result([]).endpoints).toMatchObject({ total: 2, healthy: 2, unhealthy: 0 });
  tally.keepOnly(new Set(['stays']));
  expect([tally.size, tally.viewOf('changes'), tally.result([]).pools.total]).toEqual([1, undefined, 1]);
});
