import { expect, test } from 'vitest';
import type { PoolHealthSource, PoolWorkers } from '../../../src/admin/health-source.ts';
import { goDuration, poolHealthView, whyNoHealth } from '../../../src/admin/pools/health-view.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';
import { MONITORS, POOLS, startTestAdmin } from '../server.ts';

test.each([
  [0, '0ms'],
  [12.1, '12.1ms'],
  [66, '66ms'],
  [0.0004, '0ms'],
  [1e-7, '0ms'],
  [1234.56789, '1234.568ms'],
])('%f ms is %s, which Go’s time.ParseDuration reads', (ms, text) => {
  expect(goDuration(ms)).toBe(text);
});

const pool = makePool({
  endpoints: [makeEndpoint({ name: 'a' }), makeEndpoint({ name: 'b', address: '192.0.2.7' })],
});
const NOW_MS = 1_000_000;
const gone = { worker: 'w1', atMs: NOW_MS - 9_000, isLive: false };
const live = { ...gone, isLive: true };
const NOBODY = "No worker is live in this pool's regions";
const sourceOf = (over: Partial<PoolHealthSource>): PoolHealthSource => ({
  of: ({ endpoints }) => ({ healthy: undefined, endpoints: endpoints.map(() => ({})) }),
  pools: 1,
  watch: () => () => {},
  regions: async () => new Map(),
  ...over,
});

test.each<{ watch: PoolWorkers | undefined; over?: Partial<Pool>; why: string }>([
  { watch: undefined, over: { monitor: null }, why: 'the pool has no monitor' },
  { watch: undefined, over: { enabled: false }, why: 'the pool is disabled, and not checked' },
  // Before: "No live worker has a result of this pool yet", with one of a second ago from a live worker.
  {
    watch: { workers: 1, abstaining: 0, last: live },
    over: { endpoints: pool.endpoints.map((each) => ({ ...each, enabled: false })) },
    why: 'all endpoints of the pool are disabled, and not checked',
  },
  {
    watch: { workers: 1, abstaining: 0, last: live, undecided: 'only monitored' },
    why: 'no monitor of its group has a vote: they are monitoring_only or disabled',
  },
  {
    watch: { workers: 1, abstaining: 0, last: live },
    why: 'A monitor that decides about this pool has no result yet (last result 9 s ago, from w1).',
  },
  {
    watch: { workers: 1, abstaining: 0, last: undefined, undecided: 'not checked' },
    why: 'all monitors of its group are disabled, and check nothing',
  },
  { watch: { workers: 1, abstaining: 0, last: undefined }, why: 'no worker has checked the pool yet' },
  { watch: { workers: 0, abstaining: 0, last: undefined }, why: `${NOBODY}, and none has checked it yet.` },
  {
    watch: { workers: 0, abstaining: 0, last: gone },
    why: `${NOBODY} (last result 9 s ago, from w1, which is gone). The last verdicts stay in force.`,
  },
  {
    watch: { workers: 1, abstaining: 0, last: gone },
    why: 'No live worker has a result of this pool yet (last result 9 s ago, from w1, which is gone).',
  },
  {
    watch: { workers: 2, abstaining: 2, last: live },
    why: "All workers in this pool's regions abstain: 2 of 2 (last result 9 s ago, from w1). The last verdicts stay in force.",
  },
])('a pool without health: $why', async ({ watch, over = {}, why }) => {
  const source = sourceOf(watch ? { workersOf: async () => watch } : {});
  expect(await whyNoHealth({ ...pool, ...over }, source, NOW_MS)).toEqual([why]);
});

test('a trouble of the store is shown beside it, uncut, and what follows from both once (once: twice, and cut)', async () => {
  const long = `The store refuses writes: ${'x'.repeat(500)} (since 14:03, 9 s). The last verdicts stay in force.`;
  const away = 'The store is unreachable (since 14:03, 9 s). The last verdicts stay in force.';
  const api = await startTestAdmin({
    health: sourceOf({
      workersOf: async () => ({ workers: 0, abstaining: 0, last: gone }),
      trouble: () => [
        { kind: 'away', text: away },
        { kind: 'refuses', text: long },
      ],
    }),
    epochMs: () => NOW_MS,
  });
  const monitor = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id;
  const origins = [{ name: 'a', address: '192.0.2.1' }];
  const { id } = (await api.call('POST', POOLS, { name: 'web', monitor, origins })).body.result;
  const { body } = await api.call('GET', `${POOLS}/${id}/health`);
  expect(body.errors).toEqual([
    {
      code: 1007,
      message: `Health info unavailable: ${NOBODY} (last result 9 s ago, from w1, which is gone).`,
    },
    { code: 1007, message: 'The store is unreachable (since 14:03, 9 s).' },
    { code: 1007, message: long },
  ]);
});

test('a region shows a pool by its results and overrides, and not at all if no check is possible', async () => {
  const result = { healthy: true, rttMs: 1, failureReason: 'No failures', responseCode: 200 } as const;
  const unable = { ...result, healthy: false, failureReason: 'Probe Not Possible' } as const;
  const [a, b] = pool.endpoints.map(({ address }) => address) as [string, string];
  const regions = async () =>
    new Map([
      ['up', [{ ...result, address: a }]],
      ['unable', [{ ...unable, address: a }]],
      ['other', [{ ...result, address: b }]],
    ]);
  const of: PoolHealthSource['of'] = () => ({ healthy: true, endpoints: [{ override: 'out' }, {}] });
  const saidWith = async (source: PoolHealthSource) => {
    const view = await poolHealthView(pool, source);
    return Object.entries(view!.pop_health).map(([region, { healthy }]) => [region, healthy]);
  };
  expect(await saidWith(sourceOf({ regions }))).toEqual([
    ['up', true],
    ['unable', undefined],
    ['other', true],
  ]);
  expect(await saidWith(sourceOf({ regions, of }))).toEqual([
    ['up', false],
    ['unable', false],
    ['other', true],
  ]);
  expect(await poolHealthView({ ...pool, enabled: false }, sourceOf({ regions }))).toBeUndefined();
});
