import { expect, test } from 'vitest';
import { DOCUMENT_OCTETS_MAX, DOCUMENT_VALUES_MAX, YAML_OCTETS_MAX } from '../../src/admin/apply/body.ts';
import { LISTED_MAX } from '../../src/admin/apply/schema.ts';
import { gatherProblems, PROBLEMS_MAX } from '../../src/admin/http/problem.ts';
import { WRITES_MAX } from '../../src/store/contract/documents.ts';
import { expectRefused, type Row } from './refusal.ts';
import { MONITOR_GROUPS, MONITORS, POOLS, startTestAdmin, type TestAdmin, TOKEN, TOKENS } from './server.ts';

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

const auth = { authorization: `Bearer ${TOKEN}` };
const actions = (changes: { action: string; kind: string; name: string; fields?: string[] }[]) =>
  changes.map(({ action, kind, name, fields }) => [action, kind, name, ...(fields ?? [])].join(' '));
const revisionOf = async (api: TestAdmin) => (await api.store.read()).revision;

test('a document is planned, applied in one revision, and has no changes the second time', async () => {
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

test('objects are matched by name and keep their identifiers, and the plan names the changed fields', async () => {
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

test('objects missing in the document are deleted only with prune, a pool with its overrides', async () => {
  const api = await startTestAdmin();
  await api.call('POST', APPLY, wanted);
  const why = { pool: 'web', action: 'out', owner: 'ann', reason: 'disk' };
  await api.call('POST', '/lifeguard/v1/overrides', why);
  await api.call('POST', MONITORS, { type: 'icmp_ping' });
  const less = { monitors: [wanted.monitors[1]], pools: [wanted.pools[1]] };
  const kept = await api.call('POST', APPLY, less);
  expect(kept.body.result).toMatchObject({ changes: [], unchanged: 2 });
  const pruned = await api.call('POST', `${APPLY}?prune=true`, less);
  const deleted = actions(pruned.body.result.changes);
  expect(deleted.slice(0, 2)).toEqual(['delete override web', 'delete pool web']);
  expect(deleted.slice(2).sort()).toEqual(['delete monitor ', 'delete monitor web check']);
  const { documents } = await api.store.read();
  expect(documents.map(({ kind }) => kind).sort()).toEqual(['monitor', 'pool']);
});

test('an export gives the same objects on another server, and no changes on its own', async () => {
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

test('monitors with equal descriptions are exported with their identifiers, and found by them elsewhere', async () => {
  const api = await startTestAdmin();
  const ids: string[] = [];
  for (const description of ['', 'twin', 'twin', '', 'own'])
    ids.push((await api.call('POST', MONITORS, { type: 'icmp_ping', description })).body.result.id);
  await api.call('POST', POOLS, { name: 'web', origins, monitor: ids[1] });
  const exported = (await api.call('GET', EXPORT)).body.result;
  const described = exported.monitors.map((each: { description: string }) => each.description);
  expect(described).toEqual(['', '', 'own', 'twin', 'twin']);
  expect(exported.monitors.map((each: { id?: string }) => each.id !== undefined)).toEqual([
    true,
    true,
    false,
    true,
    true,
  ]);
  expect(exported.pools).toMatchObject([{ name: 'web', monitor: ids[1] }]);
  const same = await api.call('POST', `${APPLY}?prune=true`, exported);
  expect(same.body.result).toMatchObject({ changes: [], unchanged: 6 });
  const other = await startTestAdmin();
  expect((await other.call('POST', APPLY, exported)).body.result.changes).toHaveLength(6);
  expect((await other.call('GET', EXPORT)).body.result).toEqual(exported);

  await expectRefused(api, 'POST', APPLY, [
    {
      monitors: [{ type: 'icmp_ping', description: 'twin' }],
      pools: [{ name: 'x', origins, monitor: 'twin' }],
    },
    [
      [
        '/monitors/0/description',
        'monitors[0].description is that of more than one stored monitor: give its id',
      ],
      [
        '/pools/0/monitor',
        'pools[0].monitor is neither the description of exactly one monitor nor an identifier',
      ],
    ],
  ]);
});

const member = { enabled: true, monitoring_only: false, must_be_healthy: false };
const grouped = {
  monitors: wanted.monitors,
  monitor_groups: [
    {
      description: 'both',
      members: [
        { monitor_id: 'web check', ...member },
        { monitor_id: 'ping', ...member, monitoring_only: true },
      ],
    },
  ],
  pools: [{ name: 'web', origins, monitor_group: 'both' }],
};

test('groups are applied and exported with their monitors, and deleted before them', async () => {
  const api = await startTestAdmin();
  const { body } = await api.call('POST', APPLY, grouped);
  expect(actions(body.result.changes)).toEqual([
    'create monitor web check',
    'create monitor ping',
    'create monitor_group both',
    'create pool web',
  ]);
  const [group] = (await api.call('GET', MONITOR_GROUPS)).body.result;
  expect((await api.call('GET', POOLS)).body.result).toMatchObject([{ monitor_group: group.id }]);
  const exported = (await api.call('GET', EXPORT)).body.result;
  expect(exported).toMatchObject({ monitor_groups: grouped.monitor_groups });
  const same = await api.call('POST', `${APPLY}?prune=true`, exported);
  expect(same.body.result).toMatchObject({ changes: [], unchanged: 4 });
  const other = await startTestAdmin();
  await other.call('POST', APPLY, exported);
  expect((await other.call('GET', EXPORT)).body.result).toEqual(exported);

  const [, ping] = grouped.monitor_groups[0]!.members;
  const changed = { ...grouped, monitor_groups: [{ description: 'both', members: [ping] }] };
  expect(actions((await api.call('POST', APPLY, changed)).body.result.changes)).toEqual([
    'update monitor_group both members',
  ]);
  const { status } = await api.call('POST', `${APPLY}?prune=true`, { pools: [{ name: 'web', origins }] });
  expect(status).toBe(200);
  expect((await api.store.read()).documents.map(({ kind }) => kind)).toEqual(['pool']);
});

test('a document may be YAML, and an export can be YAML', async () => {
  const api = await startTestAdmin();
  const yaml = { 'content-type': 'application/yaml; charset=utf-8' };
  const text =
    'pools:\n  - name: web\n    description: \'no: "yes"\'\n    origins: &o\n      - { name: a, address: 192.0.2.1 }\n  - { name: api, origins: *o }\n';
  const applied = await api.call('POST', APPLY, text, yaml);
  expect(actions(applied.body.result.changes)).toEqual(['create pool web', 'create pool api']);
  const { headers } = await fetch(`${api.url}${EXPORT}?format=json`, { headers: auth });
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  const exported = await fetch(`${api.url}${EXPORT}?format=yaml`, { headers: auth });
  expect(exported.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
  const again = await exported.text();
  expect(again).toContain('name: web');
  const same = await api.call('POST', `${APPLY}?prune=true`, again, yaml);
  expect(same.body.result).toMatchObject({ changes: [], unchanged: 2 });
});

const aliases = (uses: number) => `pools: [&p 1${', *p'.repeat(uses)}]`;
test.each([
  ['too large', ' '.repeat(YAML_OCTETS_MAX + 1), `The body is larger than ${YAML_OCTETS_MAX} octets`],
  ['no YAML', 'pools: [', /^Malformed YAML in request body: 1:9 is not valid YAML/],
  ['with a tag', 'pools: !x []', /1:\d+ has the tag !x; tags are not allowed$/],
  ['with too many aliases', aliases(101), /has more than 100 uses of aliases$/],
  ['with a prototype', '__proto__: { pools: [] }', '__proto__ is not a known field: validation failed'],
  ['with as many aliases as may be', aliases(100), /^pools\[0\] must be an object/],
])('YAML that is refused: %s', async (_, text, message) => {
  const api = await startTestAdmin();
  const { status, body } = await api.call('POST', APPLY, text, { 'content-type': 'application/yaml' });
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(body.errors[0].message).toEqual(
    typeof message === 'string' ? message : expect.stringMatching(message),
  );
  expect(await revisionOf(api)).toBe(0);
});

test.each<Row>([
  [{ pool: [] }, [['/pool', 'pool is not a known field (did you mean "pools"?)']]],
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
      [
        '/monitors/0/description',
        'monitors[0].description must be given, or an id: monitors are known by them',
      ],
      ['/monitors/2/description', 'monitors[2].description is that of another monitor of the document'],
      [
        '/pools/0/monitor',
        'pools[0].monitor is neither the description of exactly one monitor nor an identifier',
      ],
      ['/pools/1/name', 'pools[1].name is that of another pool of the document'],
    ],
  ],
])('the document is refused as a whole: %j', async (...row) => {
  await expectRefused(await startTestAdmin(), 'POST', APPLY, row);
});

test('up to 1,000 changes are one revision, and more are applied in parts of 1,000', async () => {
  const api = await startTestAdmin();
  const pools = Array.from({ length: WRITES_MAX + 1 }, (_, i) => ({ name: `p${i}`, origins }));
  const first = await api.call('POST', APPLY, { pools: pools.slice(1) });
  expect(first.body.result).toMatchObject({ revision: 1, changes: { length: WRITES_MAX } });
  const disabled = pools.map((each) => ({ ...each, enabled: false }));
  const all = await api.call('POST', APPLY, { monitors: [monitor], pools: disabled });
  expect(all.body.result).toMatchObject({ revision: 3, unchanged: 0, changes: { length: WRITES_MAX + 2 } });
  const pruned = await api.call('POST', `${APPLY}?prune=true`, {});
  expect(pruned.body.result).toMatchObject({ revision: 5, changes: { length: WRITES_MAX + 2 } });
  expect((await api.store.read()).documents).toEqual([]);
});

test('an unchanged document may have 10,000 pools, and one more is refused', async () => {
  const api = await startTestAdmin();
  const four = ['a', 'b', 'c', 'd'].map((name, i) => ({ name, address: `192.0.2.${i}` }));
  const pools = Array.from({ length: LISTED_MAX }, (_, i) => ({ name: `p${i}`, origins: four }));
  const applied = await api.call('POST', APPLY, { pools });
  expect(applied.body.result).toMatchObject({ revision: LISTED_MAX / WRITES_MAX });
  const exported = (await api.call('GET', EXPORT)).body.result;
  const same = await api.call('POST', `${APPLY}?prune=true`, exported);
  expect(same.body.result).toMatchObject({ changes: [], unchanged: LISTED_MAX });
  const more = await api.call('POST', APPLY, { pools: [...pools, { name: 'more', origins: four }] });
  expect([more.status, more.body.errors[0].source.pointer]).toEqual([400, '/pools']);
});

test('a document may have the maximum of octets and of values, and one more is refused', async () => {
  const api = await startTestAdmin();
  const messageOf = async (body: unknown) => (await api.call('POST', APPLY, body)).body.errors[0]?.message;
  expect(await messageOf('{}'.padEnd(DOCUMENT_OCTETS_MAX))).toBeUndefined();
  expect(await messageOf('{}'.padEnd(DOCUMENT_OCTETS_MAX + 1))).toContain(`${DOCUMENT_OCTETS_MAX} octets`);
  const values = (count: number) => ({ x: Array<number>(count - 2).fill(1) });
  expect(await messageOf(values(DOCUMENT_VALUES_MAX))).toContain('x is not a known field');
  expect(await messageOf(values(DOCUMENT_VALUES_MAX + 1))).toContain(`${DOCUMENT_VALUES_MAX} values`);
});

test('a change that the token does not allow is refused before any part is applied', async () => {
  const api = await startTestAdmin();
  const created = await api.call('POST', TOKENS, { name: 'web', scope: 'edit', pool_prefix: 'web-' });
  const bearer = { authorization: `Bearer ${created.body.result.token}` };
  const before = await revisionOf(api);
  const mine = Array.from({ length: WRITES_MAX }, (_, i) => ({ name: `web-${i}`, origins }));
  const theirs = { name: 'api', origins };
  const refused = await api.call('POST', APPLY, { pools: [...mine, theirs] }, bearer);
  expect([refused.status, refused.body.errors[0].code, await revisionOf(api)]).toEqual([403, 10_000, before]);
  const allowed = await api.call('POST', APPLY, { pools: mine }, bearer);
  expect(allowed.body.result.changes).toHaveLength(WRITES_MAX);
});

test('a refusal of the store names the entry in the document', async () => {
  const api = await startTestAdmin();
  await api.call('POST', APPLY, wanted);
  const commit = api.store.commit.bind(api.store);
  api.store.commit = async (writes, audit) => {
    const check = (await api.store.read()).documents.find(
      ({ kind, value }) => kind === 'monitor' && 'description' in value && value.description === 'ping',
    );
    if (check) await commit([{ op: 'delete', kind: 'monitor', id: check.id }]);
    return commit(writes, audit);
  };
  const pools = [wanted.pools[1], { name: 'new', origins, monitor: 'ping' }];
  const { body } = await api.call('POST', APPLY, { pools });
  expect(body.errors).toMatchObject([{ code: 1002, source: { pointer: '/pools/1/monitor' } }]);
});

test('a monitor that a pool of the document uses is not pruned, and nothing is changed', async () => {
  const api = await startTestAdmin();
  await api.call('POST', APPLY, wanted);
  const before = await api.store.read();
  const { status, body } = await api.call('POST', `${APPLY}?prune=true`, { pools: [wanted.pools[0]] });
  expect([status, body.errors[0].code]).toEqual([412, 1005]);
  expect(await api.store.read()).toEqual(before);
});

test('when others write meanwhile, the document is planned again', async () => {
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

test('all of 800,000 problems of a document were kept, which held up the thread after the answer: the first are, and the rest is counted', async () => {
  const gathered = gatherProblems();
  for (let n = 0; n < PROBLEMS_MAX + 1; n += 1) gathered.add({ pointer: `/${n}`, rule: 'r' });
  expect([gathered.kept.length, gathered.count]).toEqual([PROBLEMS_MAX, PROBLEMS_MAX + 1]);

  const api = await startTestAdmin();
  const unknown = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`q${i}`, 1]));
  const pools = Array.from({ length: 30 }, (_, i) => ({ name: `p${i}`, origins, ...unknown }));
  const { status, body } = await api.call('POST', `${APPLY}?dry_run=true`, { pools });
  expect([status, body.errors.length]).toEqual([400, PROBLEMS_MAX + 1]);
  expect(body.errors[0].source).toEqual({ pointer: '/pools/0/q0' });
  expect(body.errors.at(-1).message).toBe(`${30 * 900 - PROBLEMS_MAX} more problems: validation failed`);

  const nowhere = Array.from({ length: 300 }, (_, i) => ({ name: `p${i}`, origins, monitor: 'nowhere' }));
  const planned = await api.call('POST', `${APPLY}?dry_run=true`, { pools: nowhere });
  expect(planned.body.errors.at(-1).message).toBe(`${300 - PROBLEMS_MAX} more problems: validation failed`);
});
