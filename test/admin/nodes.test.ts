import { expect, test } from 'vitest';
import { REVISION_WAIT_SECONDS_MAX } from '../../src/admin/nodes/routes.ts';
import { node } from '../store/contract/samples.ts';
import { startTestAdmin } from './server.ts';

const OWN = '/lifeguard/v1';

test('only live nodes, workers and regions are listed', async () => {
  const api = await startTestAdmin();
  const configuration = { all: 'a', zones: 'z', health: 'h', limits: 'l' };
  await api.store.announce({
    ...node('n1'),
    version: '1.2.3',
    configuration,
    staleChecks: 2,
    staleMs: 1_500,
  });
  // A node that leaves is not live.
  await api.store.announce(node('n2'));
  await api.store.withdraw(node('n2'));
  // Workers of an older version say neither.
  const of = { host: 'h1', version: '1.2.3' };
  for (const [id, region] of [
    ['a', 'us'],
    ['b', 'eu'],
    ['c', 'us'],
  ] as const)
    await api.store.join({ id, region, startedAtMs: 0, ...(id === 'b' && of) });
  const read = async (path: string) => (await api.call('GET', OWN + path)).body.result;
  expect(await read('/nodes')).toMatchObject([
    {
      id: 'n1',
      version: '1.2.3',
      configuration,
      dns: ['127.0.0.1:5300'],
      revision: 3,
      generation: 7,
      connected: true,
      stale_checks: 2,
      stale_seconds: 1.5,
    },
  ]);
  const worker = (id: string, region: string) => ({
    id,
    region,
    ...(id === 'b' && of),
    started_at: '1970-01-01T00:00:00.000000Z',
    abstaining: false,
  });
  expect(await read('/workers')).toEqual([worker('a', 'us'), worker('b', 'eu'), worker('c', 'us')]);
  expect(await read('/regions')).toEqual([
    { region: 'eu', workers: [worker('b', 'eu')] },
    { region: 'us', workers: [worker('a', 'us'), worker('c', 'us')] },
  ]);
});

test('a revision counts as served when every live node serves it', async () => {
  const api = await startTestAdmin();
  const ask = async (query: string) => (await api.call('GET', `${OWN}/revisions/${query}`)).body.result;
  expect(await ask('0')).toMatchObject({ served: false, nodes: 0 });
  await api.store.announce({ ...node('n1'), revision: 4 });
  await api.store.announce({ ...node('n2'), revision: 3 });
  expect(await ask('3')).toMatchObject({
    revision: 3,
    served: true,
    nodes: 2,
    serving: [
      { id: 'n1', revision: 4 },
      { id: 'n2', revision: 3 },
    ],
    behind: [],
  });
  expect(await ask('4')).toMatchObject({ served: false, nodes: 2, behind: [{ id: 'n2', revision: 3 }] });
  expect(await ask('4?wait=1s')).toMatchObject({ served: false });
  const waiting = ask('4?wait=30s');
  await api.store.announce({ ...node('n2'), revision: 5 });
  expect(await waiting).toMatchObject({ revision: 4, served: true, nodes: 2, behind: [] });
  await api.store.withdraw(node('n2'));
  expect(await ask('9')).toMatchObject({ nodes: 1, behind: [{ id: 'n1' }] });
});

test.each(['x', '-1', '1?wait=5', '1?wait=-1s', `1?wait=${REVISION_WAIT_SECONDS_MAX + 1}s`])(
  'a wait of %s is refused',
  async (query) => {
    const api = await startTestAdmin();
    expect((await api.call('GET', `${OWN}/revisions/${query}`)).status).toBe(400);
  },
);
