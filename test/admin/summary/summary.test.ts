import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROBLEMS_MAX } from '../../../src/admin/summary/summary.ts';
import { MONITORS, openTestAdmin, POOLS, type TestAdmin } from '../server.ts';

const SUMMARY = '/lifeguard/v1/summary';
const STATES = '/lifeguard/v1/pools/states';
let api: TestAdmin;
beforeAll(async () => {
  api = await openTestAdmin({
    alarms: () => [
      { kind: 'alarm', alarm: 'no_workers', about: '', pools: [], reason: 'No worker is live', sinceMs: 0 },
    ],
    storeTrouble: () => 'The store is away.',
  });
  const monitor = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id;
  const made = (name: string, body: object = {}) =>
    api.call('POST', POOLS, { name, origins: [{ name: 'a', address: '192.0.2.1' }], ...body });
  for (const name of ['web', 'api-1', 'api-2']) await made(name, { monitor });
  await made('plain');
  await made('off', { enabled: false });
});
afterAll(() => api.stop());

test('a summary counts objects by state, and says what is wrong', async () => {
  const { result } = (await api.call('GET', SUMMARY)).body;
  expect(result).toMatchObject({
    ready: true,
    store: 'The store is away.',
    pools: { total: 5, healthy: 0, unhealthy: 0, unknown: 3, unmonitored: 1, disabled: 1, maintenance: 0 },
    endpoints: { total: 5, unknown: 3, unmonitored: 1, disabled: 1 },
    load_balancers: { total: 0 },
    problems: [],
    problems_count: 0,
    overrides: 0,
    alarms: [{ alarm: 'no_workers', reason: 'No worker is live', since: '1970-01-01T00:00:00.000000Z' }],
    nodes: [],
    workers: [],
  });
  expect(PROBLEMS_MAX).toBe(100);
});

test.each([SUMMARY, STATES])('%s sends nothing to a client that has the latest', async (path) => {
  const { headers } = await api.call('GET', path);
  const again = await api.call('GET', path, undefined, { 'if-none-match': headers.get('etag')! });
  expect(again.status).toBe(304);
});

test('pools are listed with their states: what needs a person first, then by name; a page at a time', async () => {
  const names = async (query: string) => {
    const { body } = await api.call('GET', `${STATES}${query}`);
    return [body.result.map(({ name }: { name: string }) => name), body.result_info.total_count];
  };
  expect(await names('')).toEqual([['api-1', 'api-2', 'web', 'plain', 'off'], 5]);
  expect(await names('?order=name')).toEqual([['api-1', 'api-2', 'off', 'plain', 'web'], 5]);
  expect(await names('?search=API&page=2&per_page=1')).toEqual([['api-2'], 2]);
  expect(await names('?state=disabled')).toEqual([['off'], 1]);
  expect((await api.call('GET', `${STATES}?state=well`)).status).toBe(400);
});

test('a pool is shown with its endpoints, and what uses it', async () => {
  const [{ id }] = (await api.call('GET', `${STATES}?search=plain`)).body.result;
  expect((await api.call('GET', `/lifeguard/v1/pools/${id}/state`)).body.result).toEqual({
    id,
    name: 'plain',
    state: 'unmonitored',
    endpoints: 1,
    answered: 1,
    minimum: 1,
    overridden: 0,
    names: [],
    used_by: [],
    members: [{ name: 'a', address: '192.0.2.1', state: 'unmonitored', answered: true, override: null }],
  });
});
