import { expect, test } from 'vitest';
import { StoreUnavailable } from '../../src/store/contract/failure.ts';
import type { Store } from '../../src/store/store.ts';
import { expectRefused, noObject, type Row } from './refusal.ts';
import { MONITORS, POOLS, startTestAdmin, type TestAdmin } from './server.ts';

const OVERRIDES = '/lifeguard/v1/overrides';
const NOW_MS = Date.parse('2026-06-01T12:00:00Z');
const why = { owner: 'ann', reason: 'disk full' };

async function makePool(api: TestAdmin, name = 'web'): Promise<string> {
  const { body } = await api.call('POST', POOLS, {
    name,
    origins: [
      { name: 'One', address: '192.0.2.1' },
      { name: 'two', address: '192.0.2.2' },
    ],
  });
  return body.result.id;
}

const documents = async (store: Store) =>
  (await store.read()).documents.map(({ kind, id }) => `${kind} ${id}`).sort();

test('an override is created by the names of pool and endpoint, read, listed and deleted', async () => {
  const api = await startTestAdmin({ epochMs: () => NOW_MS });
  const pool = await makePool(api);
  const made = await api.call('POST', OVERRIDES, {
    pool: 'WEB',
    endpoint: 'one',
    action: 'out',
    ...why,
    start: '2026-06-01T16:00:00+02:00',
    end: null,
  });
  expect([made.status, made.headers.get('x-lifeguard-revision')]).toEqual([200, '2']);
  const { id } = made.body.result;
  expect(made.body.result).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    created_on: '2026-06-01T12:00:00.000000Z',
    pool_id: pool,
    pool_name: 'web',
    endpoint: 'One',
    action: 'out',
    ...why,
    start: '2026-06-01T14:00:00.000000Z',
    end: null,
    phase: 'pending',
  });
  expect((await api.call('GET', `${OVERRIDES}/${id}`)).body.result).toEqual(made.body.result);

  const ofPool = await api.call('POST', OVERRIDES, { pool, action: 'maintenance', ...why });
  expect(ofPool.body.result).toMatchObject({ endpoint: null, phase: 'active' });
  const list = await api.call('GET', OVERRIDES);
  expect(list.body.result_info.total_count).toBe(2);
  expect(list.body.result).toEqual(expect.arrayContaining([made.body.result, ofPool.body.result]));
  expect((await api.call('GET', `${OVERRIDES}?pool=Web&per_page=1`)).body.result_info).toMatchObject({
    count: 1,
    total_count: 2,
  });
  const none = await api.call('GET', `${OVERRIDES}?pool=none`);
  expect([none.status, none.body.errors]).toEqual([404, [{ code: 1001, message: 'pool not found: none' }]]);

  const gone = await api.call('DELETE', `${OVERRIDES}/${id}`);
  // Once it was answered as active, which it no longer was.
  expect([gone.status, gone.body.result]).toEqual([200, { ...made.body.result, phase: 'ended' }]);
  expect((await api.call('DELETE', `${OVERRIDES}/${id}`)).status).toBe(404);
  expect((await api.call('GET', `${OVERRIDES}/${id}`)).status).toBe(404);
  expect(api.logged()).toContain('override deleted');
});

test('a target can have only one override, until it has ended or is replaced', async () => {
  let nowMs = NOW_MS;
  const api = await startTestAdmin({ epochMs: () => nowMs });
  const pool = await makePool(api);
  const body = { pool, endpoint: 'one', action: 'out', ...why, end: '2026-06-01T12:00:01Z' };
  const first = await api.call('POST', OVERRIDES, body);
  const again = await api.call('POST', OVERRIDES, { ...body, endpoint: 'ONE' });
  expect([again.status, again.body.errors]).toEqual([
    400,
    [
      {
        code: 1003,
        message: 'endpoint has an override already (replace=true replaces it): value not unique',
        source: { pointer: '/endpoint' },
      },
    ],
  ]);
  expect((await api.call('POST', OVERRIDES, { ...body, endpoint: 'two' })).status).toBe(200);
  expect((await api.call('POST', OVERRIDES, { ...body, endpoint: null })).status).toBe(200);

  const replaced = await api.call('POST', `${OVERRIDES}?replace=true`, { ...body, action: 'in' });
  expect(replaced.body.result).toMatchObject({ action: 'in', endpoint: 'One' });
  expect((await api.call('GET', `${OVERRIDES}/${first.body.result.id}`)).status).toBe(404);

  nowMs += 1_000;
  const renewed = await api.call('POST', OVERRIDES, { ...body, end: undefined });
  expect(renewed.body.result).toMatchObject({ action: 'out', phase: 'active' });
  expect((await api.call('GET', OVERRIDES)).body.result_info.total_count).toBe(3);
});

test('of many simultaneous overrides of one target, exactly one is created', async () => {
  const api = await startTestAdmin();
  const pool = await makePool(api);
  const made = await Promise.all(
    Array.from({ length: 8 }, () => api.call('POST', OVERRIDES, { pool, action: 'out', ...why })),
  );
  expect(made.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(400)]);
  const replaced = await Promise.all(
    Array.from({ length: 4 }, () =>
      api.call('POST', `${OVERRIDES}?replace=true`, { pool, action: 'in', ...why }),
    ),
  );
  expect(replaced.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect((await api.call('GET', OVERRIDES)).body.result_info.total_count).toBe(1);
});

test.each<Row>([
  ...noObject,
  [
    {},
    [
      ['/pool', 'pool must be given'],
      ['/action', 'action must be given'],
      ['/owner', 'owner must be given'],
      ['/reason', 'reason must be given'],
    ],
  ],
  [{ pool: 'none', action: 'out', ...why }, [['/pool', 'No pool has the name or identifier "none".']]],
  [
    { pool: 'we', action: 'out', ...why },
    [['/pool', 'No pool has the name or identifier "we" (did you mean "web"?).']],
  ],
  [
    { pool: 'f'.repeat(32), action: 'out', ...why },
    [['/pool', `No pool has the name or identifier "${'f'.repeat(32)}".`]],
  ],
  [{ pool: 7, action: 'out', ...why }, [['/pool', 'pool must be a string']]],
  [
    { pool: 'web', endpoint: 'three', action: 'out', ...why },
    [['/endpoint', 'Pool "web" has no endpoint "three". Its endpoints: One, two.']],
  ],
  [
    { pool: 'web', action: 'up', owner: '', reason: '', until: 1 },
    [
      ['/until', 'until is not a known field'],
      ['/action', 'action must be one of "in", "out", "maintenance"'],
      [
        '/owner',
        'owner must have at least one character, and no control characters, invisible characters or broken Unicode',
      ],
      [
        '/reason',
        'reason must have at least one character, and no control characters, invisible characters or broken Unicode',
      ],
    ],
  ],
  [
    { pool: 'web', action: 'out', owner: 'o'.repeat(256), reason: 'r'.repeat(1_025) },
    [
      ['/owner', 'owner is longer than 255 characters'],
      ['/reason', 'reason is longer than 1024 characters'],
    ],
  ],
  ...['tomorrow', '2026-06-01', '2026-06-01 12:00:00Z', '2026-02-30T00:00:00Z', '2026-06-01T24:00:00Z'].map(
    (start): Row => [
      { pool: 'web', action: 'out', ...why, start },
      [['/start', 'start must be a time such as 2026-06-01T12:00:00Z (RFC 3339)']],
    ],
  ),
  [{ pool: 'web', action: 'out', ...why, end: '2026-06-01T12:00:00Z' }, [['/end', 'end is in the past']]],
  [
    { pool: 'web', action: 'out', ...why, start: '2027-01-01T00:00:00Z', end: '2027-01-01T01:00:00+01:00' },
    [['/end', 'end must be after start']],
  ],
])('refused: %j', async (...row) => {
  const api = await startTestAdmin({ epochMs: () => NOW_MS });
  await makePool(api);
  await expectRefused(api, 'POST', OVERRIDES, row);
});

test('fields of the maximum length are accepted', async () => {
  const api = await startTestAdmin();
  const pool = await makePool(api);
  const body = { pool, action: 'in', owner: 'o'.repeat(255), reason: 'r'.repeat(1_024) };
  expect((await api.call('POST', OVERRIDES, body)).status).toBe(200);
});

test('overrides are deleted with their pool, and are not listed as references', async () => {
  const api = await startTestAdmin();
  const monitor = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id;
  const pool = await makePool(api);
  const other = await makePool(api, 'other');
  await api.call('PATCH', `${POOLS}/${pool}`, { monitor });
  for (const body of [{ pool }, { pool, endpoint: 'one' }, { pool: other }])
    await api.call('POST', OVERRIDES, { ...body, action: 'out', ...why });
  const references = await api.call('GET', `${POOLS}/${pool}/references`);
  expect(references.body.result).toMatchObject([{ resource_type: 'monitor' }]);
  const [kept] = (await api.call('GET', `${OVERRIDES}?pool=other`)).body.result;
  const before = (await api.store.read()).revision;
  expect((await api.call('DELETE', `${POOLS}/${pool}`)).body.result).toEqual({ id: pool });
  expect((await api.store.read()).revision).toBe(before + 1);
  expect(await documents(api.store)).toEqual([`monitor ${monitor}`, `override ${kept.id}`, `pool ${other}`]);
  expect((await api.call('DELETE', `${POOLS}/${pool}`)).status).toBe(404);
});

test('more overrides than a refusal lists are deleted with their pool, even if others change them meanwhile', async () => {
  const api = await startTestAdmin();
  const origins = Array.from({ length: 150 }, (_, i) => ({ name: `e${i}`, address: `192.0.2.${i + 1}` }));
  const { id: pool } = (await api.call('POST', POOLS, { name: 'big', origins })).body.result;
  for (const { name } of origins)
    await api.call('POST', OVERRIDES, { pool, endpoint: name, action: 'out', ...why });
  const [first] = (await api.call('GET', OVERRIDES)).body.result;
  const commit = api.store.commit.bind(api.store);
  let commits = 0;
  api.store.commit = async (writes) => {
    commits += 1;
    // Between the first refusal and the second attempt one of those it named is deleted.
    if (commits === 2) await commit([{ op: 'delete', kind: 'override', id: first.id }]);
    return commit(writes);
  };
  expect((await api.call('DELETE', `${POOLS}/${pool}`)).status).toBe(200);
  expect(await documents(api.store)).toEqual([]);
});

test('without a token overrides cannot be read', async () => {
  const api = await startTestAdmin();
  expect((await fetch(api.url + OVERRIDES)).status).toBe(401);
  expect((await api.call('PUT', OVERRIDES, {})).status).toBe(405);
  expect((await api.call('GET', `${OVERRIDES}/x`)).status).toBe(404);
});

const b8 = { name: 'b8', address: '192.0.2.8' };
const keep = { name: 'keep', address: '192.0.2.1' };

/** A pool with `keep` and `b8`, an override of each and one of the pool; gives its identifier. */
async function makeOverridden(api: TestAdmin): Promise<string> {
  const made = await api.call('POST', POOLS, { name: 'web', origins: [keep, b8] });
  const { id } = made.body.result;
  for (const endpoint of ['keep', 'b8', undefined])
    expect((await api.call('POST', OVERRIDES, { pool: id, endpoint, action: 'out', ...why })).status).toBe(
      200,
    );
  return id;
}

/** What the overrides that there are are about, in order of names; of the whole pool last. */
const targets = async (api: TestAdmin): Promise<(string | null)[]> =>
  (await api.call('GET', OVERRIDES)).body.result
    .map((each: { endpoint: string | null }) => each.endpoint)
    .sort((a: string | null, b: string | null) => ((a ?? '~') < (b ?? '~') ? -1 : 1));

test.each<{
  write: string;
  make: (api: TestAdmin, id: string) => Promise<{ status: number }>;
  left: unknown[];
}>([
  {
    write: 'PUT',
    make: (api, id) => api.call('PUT', `${POOLS}/${id}`, { name: 'web', origins: [keep] }),
    left: ['keep', null],
  },
  {
    write: 'PATCH',
    make: (api, id) => api.call('PATCH', `${POOLS}/${id}`, { origins: [keep] }),
    left: ['keep', null],
  },
  {
    write: 'a PATCH that gives the endpoint another name',
    make: (api, id) => api.call('PATCH', `${POOLS}/${id}`, { origins: [keep, { ...b8, name: 'b9' }] }),
    left: ['keep', null],
  },
  {
    write: 'apply',
    make: (api) => api.call('POST', '/lifeguard/v1/apply', { pools: [{ name: 'web', origins: [keep] }] }),
    left: ['keep', null],
  },
  { write: 'DELETE of the pool', make: (api, id) => api.call('DELETE', `${POOLS}/${id}`), left: [] },
  {
    write: 'apply with prune',
    make: (api) =>
      api.call('POST', '/lifeguard/v1/apply?prune=true', { pools: [{ name: 'other', origins: [keep] }] }),
    left: [],
  },
])('an override ends with its endpoint: $write', async ({ make, left }) => {
  const api = await startTestAdmin({ epochMs: () => NOW_MS });
  const id = await makeOverridden(api);
  const { revision } = await api.store.read();
  expect((await make(api, id)).status).toBe(200);
  expect(await targets(api)).toEqual(left);
  // In one revision with the write, and audited as a change of its token.
  expect((await api.store.read()).revision).toBe(revision + 1);
  const events = await api.store.events(10, undefined, 'audit');
  const ends = events.filter(
    (each) => each.kind === 'audit' && each.after === null && each.object.kind === 'override',
  );
  expect(ends).toHaveLength(3 - left.length);
  expect(ends[0]).toMatchObject({ token: 'bootstrap', revision: revision + 1 });
});

test.each([
  { what: 'another address, port or weight', origins: [keep, { ...b8, address: '192.0.2.88', weight: 0.5 }] },
  { what: 'its name in other letters', origins: [keep, { ...b8, name: 'B8' }] },
  { what: 'being disabled', origins: [keep, { ...b8, enabled: false }] },
  { what: 'another place', origins: [b8, keep] },
])('an override stays while its endpoint is the same: $what', async ({ origins }) => {
  const api = await startTestAdmin({ epochMs: () => NOW_MS });
  const id = await makeOverridden(api);
  expect((await api.call('PATCH', `${POOLS}/${id}`, { origins })).status).toBe(200);
  expect(await targets(api)).toEqual(['b8', 'keep', null]);
});

test('a dry run of apply lists the overrides that would end', async () => {
  const api = await startTestAdmin({ epochMs: () => NOW_MS });
  await makeOverridden(api);
  const dry = await api.call('POST', '/lifeguard/v1/apply?dry_run=true', {
    pools: [{ name: 'web', origins: [keep] }],
  });
  expect(dry.body.result.changes).toMatchObject([
    { action: 'delete', kind: 'override', name: 'web' },
    { action: 'update', kind: 'pool', name: 'web' },
  ]);
  expect(await targets(api)).toEqual(['b8', 'keep', null]);
});

test('a new endpoint with the name of an overridden one has no override', async () => {
  const api = await startTestAdmin({ epochMs: () => NOW_MS });
  const id = await makeOverridden(api);
  await api.call('PATCH', `${POOLS}/${id}`, { origins: [keep] });
  await api.call('PATCH', `${POOLS}/${id}`, { origins: [keep, { ...b8, address: '192.0.2.80' }] });
  expect(await targets(api)).toEqual(['keep', null]);
});

test('an override created while its endpoint is removed is never left behind', async () => {
  const api = await startTestAdmin({ epochMs: () => NOW_MS });
  const made = await api.call('POST', POOLS, { name: 'web', origins: [keep, b8] });
  const path = `${POOLS}/${made.body.result.id}`;
  const outcomes = new Set<string>();
  for (let round = 0; round < 20; round += 1) {
    await api.call('PATCH', path, { origins: [keep, b8] });
    const [override, patch] = await Promise.all([
      api.call('POST', OVERRIDES, { pool: 'web', endpoint: 'b8', action: 'out', ...why }),
      api.call('PATCH', path, { origins: [keep] }),
    ]);
    expect(patch.status).toBe(200);
    outcomes.add(`${override.status}`);
    expect(await targets(api)).toEqual([]);
  }
  // Made first, or refused since the endpoint was gone; nothing else.
  expect([...outcomes].filter((each) => each !== '200' && each !== '400')).toEqual([]);
});

test('overrides are listed even if the record of their pool is damaged', async () => {
  const api = await startTestAdmin({ epochMs: () => NOW_MS });
  const pool = await makePool(api);
  await api.call('POST', OVERRIDES, { pool: 'web', endpoint: 'one', action: 'out', ...why });
  const read = async () => {
    const whole = await api.store.read();
    return { ...whole, documents: whole.documents.filter(({ kind }) => kind !== 'pool') };
  };
  const damaged = Object.assign(Object.create(api.store) as Store, { read });
  const listed = await (await startTestAdmin({ store: damaged, epochMs: () => NOW_MS })).call(
    'GET',
    OVERRIDES,
  );
  expect(listed).toMatchObject({ status: 200, body: { result: [{ pool_id: pool, pool_name: pool }] } });
});

test('a deletion that was made is answered as made, though the store goes away right after it (once: "No object was changed")', async () => {
  const first = await startTestAdmin();
  let isAway = false;
  const unlessAway = <T>(call: () => Promise<T>) =>
    isAway ? Promise.reject(new StoreUnavailable('Redis is away')) : call();
  const store = Object.assign(Object.create(first.store) as Store, {
    get: ((kind, id) => unlessAway(() => first.store.get(kind, id))) as Store['get'],
    read: ((known) => unlessAway(() => first.store.read(known))) as Store['read'],
    commit: (async (...all) => {
      const committed = await first.store.commit(...all);
      isAway = all[0].some(({ op }) => op === 'delete');
      return committed;
    }) as Store['commit'],
    close: async () => {},
  });
  const api = await startTestAdmin({ store });
  await makePool(api);
  const made = await api.call('POST', OVERRIDES, { pool: 'web', endpoint: 'one', action: 'out', ...why });
  const gone = await api.call('DELETE', `${OVERRIDES}/${made.body.result.id}`);
  expect([gone.status, gone.body.result]).toEqual([200, { ...made.body.result, phase: 'ended' }]);
  expect(gone.headers.get('x-lifeguard-revision')).toBe('3');
  expect(await first.store.get('override', made.body.result.id)).toBeUndefined();
});
