import { expect, onTestFinished, test, vi } from 'vitest';
import { createTable } from '../../../src/answer/table.ts';
import type { Endpoint } from '../../../src/pool/pool.ts';
import { startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { deleteLeftOverrides } from '../../../src/serve/report/left-overrides.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';
import { openSimulatedStore } from '../../simulation/world/store.ts';
import { override } from '../../store/contract/samples.ts';
import { healthIn } from '../health/endpoint-status.ts';

const SOON = { timeout: 40_000, interval: 10 };

test('an override whose endpoint an older version removed does not apply, and is deleted', async () => {
  const store = openSimulatedStore(() => performance.now());
  const [a, b] = ['a', 'b'].map((name, i) => makeEndpoint({ name, address: `192.0.2.${i + 1}` })) as [
    Endpoint,
    Endpoint,
  ];
  const pool = makePool({ endpoints: [a, b] });
  // As a version writes it that knows nothing of overrides that end.
  const putPool = (endpoints: readonly Endpoint[]) =>
    store.commit([
      { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: { ...pool, endpoints } },
    ]);
  await putPool([a, b]);
  const value = override('o'.repeat(32), { pool: pool.id, endpoint: 'b' });
  await store.commit([{ op: 'put', kind: 'override', id: value.id, unique: [], references: [], value }]);
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const publisher = createPublisher([], createTable({ replaced: () => {} }), () => {});
  const refresh = startRefresh({ store, publisher, log, probersPerRegion: 1 });
  onTestFinished(() => refresh.stop());
  const actionOf = (endpoint: Endpoint) => healthIn(refresh, pool, endpoint).override;
  await vi.waitFor(() => expect(actionOf(b)).toBe('out'), SOON);
  await putPool([a]);
  const later = { ...b, address: '192.0.2.77' };
  const { revision } = (await putPool([a, later])) as { revision: number };
  await vi.waitFor(() => expect(refresh.revision).toBe(revision), SOON);
  expect(actionOf(later)).toBeUndefined();

  await deleteLeftOverrides(store, refresh, 7);
  expect(await store.get('override', value.id)).toBeUndefined();
  expect(await store.events(1, undefined, 'audit')).toMatchObject([
    { token: 'lifeguard', object: { kind: 'override', id: value.id, pool: { name: pool.name } }, atMs: 7 },
  ]);
  await vi.waitFor(() => expect(refresh.overrides.left.size).toBe(0), SOON);
  await deleteLeftOverrides(store, refresh, 8);
  expect(await store.events(5, undefined, 'audit')).toHaveLength(1);
});
