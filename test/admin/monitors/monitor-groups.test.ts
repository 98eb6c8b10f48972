import { expect, test } from 'vitest';
import { WRITE_ATTEMPTS_MAX } from '../../../src/admin/resource/write.ts';
import type { Store } from '../../../src/store/store.ts';
import { MONITOR_GROUPS, MONITORS, POOLS, startTestAdmin, type TestAdmin } from '../server.ts';

const flags = { enabled: true, monitoring_only: false, must_be_healthy: false };

async function monitorsOf(api: TestAdmin, count: number): Promise<string[]> {
  const made = Array.from({ length: count }, async (_, i) =>
    api.call('POST', MONITORS, { type: 'icmp_ping', description: `m${i}` }),
  );
  return (await Promise.all(made)).map(({ body }) => body.result.id);
}

/** A clock that is one second further at every look, and what it said. */
function ticking() {
  let nowMs = Date.UTC(2026, 0, 1);
  return { nowMs: () => (nowMs += 1_000), last: () => new Date(nowMs).toISOString().replace('Z', '000Z') };
}

test('a group is created as it was written, with its times', async () => {
  const clock = ticking();
  const api = await startTestAdmin({ epochMs: clock.nowMs });
  const [a, b] = await monitorsOf(api, 2);
  const members = [
    { monitor_id: b, enabled: false, monitoring_only: true, must_be_healthy: true },
    { monitor_id: a, ...flags },
  ];
  const written = { description: 'two', members, id: 'x', created_on: 7, modified_on: null };
  const { status, body, headers } = await api.call('POST', MONITOR_GROUPS, written);
  const now = clock.last();
  expect([status, headers.get('x-lifeguard-revision')]).toEqual([200, '3']);
  expect(body.result).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    created_on: now,
    modified_on: now,
    description: 'two',
    members: members.map((member) => ({ ...member, created_at: now, updated_at: now })),
  });
  const { id } = body.result;
  expect((await api.call('GET', `${MONITOR_GROUPS}/${id}`)).body.result).toEqual(body.result);
});

test('a member keeps its times with its monitor, and is modified when its flags change', async () => {
  const clock = ticking();
  const api = await startTestAdmin({ epochMs: clock.nowMs });
  const [a, b, c] = await monitorsOf(api, 3);
  const made = await api.call('POST', MONITOR_GROUPS, {
    description: '',
    members: [
      { monitor_id: a, ...flags },
      { monitor_id: b, ...flags },
    ],
  });
  const { id, created_on: first } = made.body.result;
  const put = await api.call('PUT', `${MONITOR_GROUPS}/${id}`, {
    description: '',
    members: [
      { monitor_id: c, ...flags },
      { monitor_id: b, ...flags, created_at: 'mine', updated_at: 'mine' },
      { monitor_id: a, ...flags, must_be_healthy: true },
    ],
  });
  const second = put.body.result.modified_on;
  expect(second > first).toBe(true);
  expect(put.body.result.created_on).toBe(first);
  expect(put.body.result.members).toMatchObject([
    { monitor_id: c, created_at: second, updated_at: second },
    { monitor_id: b, created_at: first, updated_at: first },
    { monitor_id: a, created_at: first, updated_at: second, must_be_healthy: true },
  ]);
  const patched = await api.call('PATCH', `${MONITOR_GROUPS}/${id}`, { description: 'named' });
  expect(patched.body.result).toEqual({
    ...put.body.result,
    description: 'named',
    modified_on: patched.body.result.modified_on,
  });
  const fewer = await api.call('PATCH', `${MONITOR_GROUPS}/${id}`, {
    members: [{ monitor_id: a, ...flags }],
  });
  expect(fewer.body.result).toMatchObject({ description: 'named', members: [{ monitor_id: a }] });
  expect(fewer.body.result.members).toHaveLength(1);
});

test('lists are ordered by age and have pages', async () => {
  const api = await startTestAdmin({ epochMs: ticking().nowMs });
  const [monitor_id] = await monitorsOf(api, 1);
  for (const description of ['c', 'a', 'b'])
    await api.call('POST', MONITOR_GROUPS, { description, members: [{ monitor_id, ...flags }] });
  const listed = async (query: string) =>
    (await api.call('GET', `${MONITOR_GROUPS}${query}`)).body.result
      .map((group: { description: string }) => group.description)
      .join('');
  expect(await listed('')).toBe('cab');
  expect(await listed('?page=2&per_page=2')).toBe('b');
});

test('references list groups of monitors and of pools', async () => {
  const api = await startTestAdmin();
  const [a, b, alone] = await monitorsOf(api, 3);
  const members = [a, b].map((monitor_id) => ({ monitor_id, ...flags }));
  const group = (await api.call('POST', MONITOR_GROUPS, { description: 'both', members })).body.result.id;
  const origins = [{ name: 'a', address: '192.0.2.1' }];
  const pool = (await api.call('POST', POOLS, { name: 'web', monitor_group: group, origins })).body.result.id;
  const other = (await api.call('POST', POOLS, { name: 'api', monitor: a, origins })).body.result.id;
  const of = async (path: string) => (await api.call('GET', `${path}/references`)).body.result;
  const reference = (type: string, kind: string, id: string, name: string) => ({
    reference_type: type,
    resource_id: id,
    resource_name: name,
    resource_type: kind,
  });
  expect(await of(`${POOLS}/${pool}`)).toEqual([reference('referral', 'monitor_group', group, 'both')]);
  expect(await of(`${POOLS}/${other}`)).toEqual([reference('referral', 'monitor', a!, 'm0')]);
  expect(await of(`${MONITOR_GROUPS}/${group}`)).toEqual([
    reference('referrer', 'pool', pool, 'web'),
    reference('referral', 'monitor', a!, 'm0'),
    reference('referral', 'monitor', b!, 'm1'),
  ]);
  const ofMonitor = await of(`${MONITORS}/${a}`);
  expect(ofMonitor).toHaveLength(2);
  expect(ofMonitor).toEqual(
    expect.arrayContaining([
      reference('referrer', 'monitor_group', group, 'both'),
      reference('referrer', 'pool', other, 'api'),
    ]),
  );
  expect(await of(`${MONITORS}/${b}`)).toEqual([reference('referrer', 'monitor_group', group, 'both')]);
  expect(await of(`${MONITORS}/${alone}`)).toEqual([]);
});

test('one PATCH moves a pool from its monitor to a group, and one moves it back', async () => {
  const api = await startTestAdmin();
  const [monitor] = await monitorsOf(api, 1);
  const members = [{ monitor_id: monitor, ...flags }];
  const group = (await api.call('POST', MONITOR_GROUPS, { description: '', members })).body.result.id;
  const origins = [{ name: 'a', address: '192.0.2.1' }];
  const path = `${POOLS}/${(await api.call('POST', POOLS, { name: 'web', monitor, origins })).body.result.id}`;
  const grouped = await api.call('PATCH', path, { monitor: null, monitor_group: group });
  expect(grouped.body.result).toMatchObject({ monitor: null, monitor_group: group });
  const back = await api.call('PATCH', path, { monitor, monitor_group: '' });
  expect(back.body.result).toMatchObject({ monitor, monitor_group: '' });
  expect((await api.call('DELETE', `${MONITOR_GROUPS}/${group}`)).status).toBe(200);
});

test('DELETE returns the latest group, and gives up when it is changed again and again', async () => {
  let changesLeft = 0;
  const backing = await startTestAdmin();
  const store: Store = {
    ...backing.store,
    async get(kind, id) {
      const found = await backing.store.get(kind, id);
      if (kind === 'monitor_group' && changesLeft > 0) {
        changesLeft -= 1;
        const changed = await backing.call('PATCH', `${MONITOR_GROUPS}/${id}`, {
          description: `${changesLeft} changes left`,
        });
        expect(changed.status).toBe(200);
      }
      return found;
    },
    close: async () => undefined,
  };
  const api = await startTestAdmin({ store });
  const [monitor_id] = await monitorsOf(api, 1);
  const members = [{ monitor_id, ...flags }];
  const { id } = (await api.call('POST', MONITOR_GROUPS, { description: 'new', members })).body.result;
  const path = `${MONITOR_GROUPS}/${id}`;
  changesLeft = WRITE_ATTEMPTS_MAX;
  const refused = await api.call('DELETE', path);
  expect([refused.status, refused.body.errors[0].code]).toEqual([503, 1504]);
  expect((await api.call('GET', path)).status).toBe(200);
  changesLeft = WRITE_ATTEMPTS_MAX - 1;
  const { status, body } = await api.call('DELETE', path);
  expect([status, body.result.description]).toEqual([200, '0 changes left']);
  expect(body.result.members).toMatchObject(members);
  expect((await api.call('GET', path)).status).toBe(404);
});
