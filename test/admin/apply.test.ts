import { expect, test } from 'vitest';
import { LISTED_MAX } from '../../src/admin/apply/schema.ts';
import { WRITES_MAX } from '../../src/store/store.ts';
import { expectRefused, type Row } from './refusal.ts';
import { MONITORS, POOLS, startTestAdmin, type TestAdmin } from './server.ts';

const APPLY = '/lifeguard/v1/apply';
const EXPORT = '/lifeguard/v1/export';
const monitor = { type: 'http', description: 'web check', expected_codes: '2xx', path: '/health' };
const origins = [{ name: 'a', address: '192.0.2.1' }];
const wanted = {
  monitors: [monitor, { type: 'icmp_ping', description: 'ping' }],
  pools: [
    { name: 'web', origins, monitor: 'web check', minimum_origins: 0, notification_filter: { pool: {} } },
    { name: 'api', origins },
  ],
};

const actions = (changes: { action: string; kind: string; name: string; fields?: string[] }[]) =>
  changes.map(({ action, kind, name, fields }) => [action, kind, name, ...(fields ?? [])].join(' '));
const revisionOf = async (api: TestAdmin) => (await api.store.read()).revision;

test('a document is planned, applied in one revision, and then changes nothing more', async () => {
  const api = await startTestAdmin();
  const created = ['create monitor web check', 'create monitor ping', 'create pool web', 'create pool api'];
  const planned = await api.call('POST', `${APPLY}?dry_run=true`, wanted);
  expect([planned.status, await revisionOf(api)]).toEqual([200, 0]);
  expect(planned.body.result).toMatchObject({ dry_run: true, revision: null, unchanged: 0 });
  expect(actions(planned.body.result.changes)).toEqual(created);
  expect((await api.call('POST', `${APPLY}?dry_run=yes`, wanted)).status).toBe(400);
  expect(await revisionOf(api)).toBe(0);

  const applied = await api.call('POST', APPLY, wanted);
  expect(applied.headers.get('x-lifeguard-revision')).toBe('1');
  expect(applied.body.result).toMatchObject({ dry_run: false, revision: 1 });
  expect(actions(applied.body.result.changes)).toEqual(created);
  const pools = (await api.call('GET', POOLS)).body.result;
  const [check] = applied.body.result.changes;
  expect(pools).toMatchObject([{ name: 'api' }, { name: 'web', monitor: check.id, minimum_origins: 0 }]);

  const again = await api.call('POST', `${APPLY}?prune=true`, wanted);
  expect(again.body.result).toEqual({ dry_run: false, revision: 1, changes: [], unchanged: 4 });
});

test('what is there is changed by name and keeps its identity, and the plan names the fields', async () => {
  const api = await startTestAdmin();
  await api.call('POST', APPLY, wanted);
  const before = (await api.call('GET', `${POOLS}`)).body.result;
  const { body } = await api.call('POST', APPLY, {
    monitors: [{ ...monitor, path: '/', timeout: 2 }],
    pools: [{ name: 'API', origins, monitor: 'ping', enabled: false }],
  });
  expect(actions(body.result.changes)).toEqual([
    'update monitor web check timeout path',
    'update pool API name enabled monitor',
  ]);
  const after = (await api.call('GET', `${POOLS}`)).body.result;
  expect(after).toMatchObject([
    { id: before[0].id, created_on: before[0].created_on, name: 'API', enabled: false },
    before[1],
  ]);
});

test('what the document does not have goes only when it is to be pruned, a pool with its overrides', async () => {
  const api = await startTestAdmin();
  await api.call('POST', APPLY, wanted);
  const why = { pool: 'web', action: 'out', owner: 'ann', reason: 'disk' };
  await api.call('POST', '/lifeguard/v1/overrides', why);
  const nameless = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id;
  const less = { monitors: [wanted.monitors[1]], pools: [wanted.pools[1]] };
  const kept = await api.call('POST', APPLY, less);
  expect(kept.body.result).toMatchObject({ changes: [], unchanged: 2 });
  const pruned = await api.call('POST', `${APPLY}?prune=true`, less);
  expect(actions(pruned.body.result.changes)).toEqual([
    'delete override web',
    'delete pool web',
    'delete monitor web check',
  ]);
  const { documents } = await api.store.read();
  expect(documents.map(({ kind }) => kind).sort()).toEqual(['monitor', 'monitor', 'pool']);
  expect(documents.some(({ id }) => id === nameless)).toBe(true);
});

test('an export applied elsewhere makes the same, and nothing changes where it came from', async () => {
  const api = await startTestAdmin();
  await api.call('POST', APPLY, wanted);
  const exported = (await api.call('GET', EXPORT)).body.result;
  expect(exported.pools[1]).toMatchObject({
    name: 'web',
    monitor: 'web check',
    notification_filter: { pool: {} },
  });
  const same = await api.call('POST', `${APPLY}?prune=true`, exported);
  expect(same.body.result).toMatchObject({ changes: [], unchanged: 4 });
  const other = await startTestAdmin();
  expect((await other.call('POST', APPLY, exported)).status).toBe(200);
  expect((await other.call('GET', EXPORT)).body.result).toEqual(exported);
});

test('monitors that no description tells apart are not exported; their pools have their identifiers', async () => {
  const api = await startTestAdmin();
  const ids: string[] = [];
  for (const description of ['', 'twin', 'twin'])
    ids.push((await api.call('POST', MONITORS, { type: 'icmp_ping', description })).body.result.id);
  await api.call('POST', POOLS, { name: 'web', origins, monitor: ids[1] });
  const exported = (await api.call('GET', EXPORT)).body.result;
  expect(exported).toMatchObject({ monitors: [], pools: [{ name: 'web', monitor: ids[1] }] });
  const same = await api.call('POST', `${APPLY}?prune=true`, exported);
  expect(same.body.result).toMatchObject({ changes: [], unchanged: 1 });
  await expectRefused(api, 'POST', APPLY, [
    {
      monitors: [{ type: 'icmp_ping', description: 'twin' }],
      pools: [{ name: 'x', origins, monitor: 'twin' }],
    },
    [
      ['/monitors/0/description', 'monitors[0].description is that of more than one stored monitor'],
      ['/pools/0/monitor', 'pools[0].monitor is neither the description of one monitor nor an identifier'],
    ],
  ]);
});

test.each<Row>([
  [{ pool: [] }, [['/pool', 'pool is not a known field']]],
  [
    {
      monitors: [{ type: 'icmp_ping' }, { type: 'http', description: 'd' }],
      pools: [{ name: 'a b', origins: [...origins, ...origins] }],
    },
    [
      ['/pools/0/name', 'pools[0].name must be 1 to 63 letters, digits, hyphens or underscores'],
      ['/monitors/1/expected_codes', 'monitors[1].expected_codes must be set for http monitors'],
      ['/pools/0/origins/1/name', 'pools[0].origins[1].name is the same as that of origins[0]'],
      ['/pools/0/origins/1/address', 'pools[0].origins[1].address is the same as that of origins[0]'],
    ],
  ],
  [
    {
      monitors: [
        { type: 'icmp_ping' },
        { type: 'icmp_ping', description: 'd' },
        { type: 'tcp', port: 1, description: 'd' },
      ],
      pools: [
        { name: 'a', origins, monitor: 'none' },
        { name: 'A', origins, monitor: 'd' },
      ],
    },
    [
      ['/monitors/0/description', 'monitors[0].description must be given: monitors are known by it'],
      ['/monitors/2/description', 'monitors[2].description is that of another monitor of the document'],
      ['/pools/0/monitor', 'pools[0].monitor is neither the description of one monitor nor an identifier'],
      ['/pools/1/name', 'pools[1].name is that of another pool of the document'],
    ],
  ],
])('refused whole: %j', async (...row) => {
  await expectRefused(await startTestAdmin(), 'POST', APPLY, row);
});

test('as many changes as one commit takes are made, and one more is refused', async () => {
  const api = await startTestAdmin();
  const pools = Array.from({ length: LISTED_MAX }, (_, i) => ({ name: `p${i}`, origins }));
  expect(LISTED_MAX).toBe(WRITES_MAX);
  await expectRefused(api, 'POST', APPLY, [
    { monitors: [{ type: 'icmp_ping', description: 'd' }], pools },
    [['', `takes ${WRITES_MAX + 1} changes; ${WRITES_MAX} at most are made at once: apply it in parts`]].map(
      ([pointer, rule]) => [pointer!, `the body ${rule}`],
    ),
  ]);
  expect((await api.call('POST', APPLY, { pools })).body.result.changes.length).toBe(WRITES_MAX);
});

test('a monitor that a group still has is not pruned, and then nothing is', async () => {
  const api = await startTestAdmin();
  await api.call('POST', APPLY, wanted);
  const [{ id }] = (await api.call('GET', MONITORS)).body.result;
  await api.call('POST', POOLS.replace('pools', 'monitor_groups'), {
    description: '',
    members: [{ monitor_id: id, enabled: true, monitoring_only: false, must_be_healthy: false }],
  });
  const before = await api.store.read();
  const { status, body } = await api.call('POST', `${APPLY}?prune=true`, {});
  expect([status, body.errors[0].code]).toEqual([412, 1005]);
  expect(await api.store.read()).toEqual(before);
});

test('when others write meanwhile, it is planned again on what they left', async () => {
  const api = await startTestAdmin();
  await api.call('POST', APPLY, wanted);
  const commit = api.store.commit.bind(api.store);
  let commits = 0;
  api.store.commit = async (writes, audit) => {
    commits += 1;
    if (commits === 1) {
      const web = (await api.store.read()).documents.find(
        ({ kind, value }) => kind === 'pool' && 'name' in value && value.name === 'web',
      )!;
      await commit([{ op: 'delete', kind: 'pool', id: web.id }]);
    }
    return commit(writes, audit);
  };
  const changed = { pools: [{ name: 'web', origins, description: 'new' }] };
  const { body } = await api.call('POST', APPLY, changed);
  expect(actions(body.result.changes)).toEqual(['create pool web']);
});
