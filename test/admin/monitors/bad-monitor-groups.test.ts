import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MEMBERS_MAX } from '../../../src/admin/monitor-groups/schema.ts';
import { expectRefused, noObject, type Row } from '../refusal.ts';
import { MONITOR_GROUPS, MONITORS, openTestAdmin, POOLS, type TestAdmin } from '../server.ts';

let api: TestAdmin;
let monitor: string;
let group: string;

const ABSENT = '0123456789abcdef0123456789abcdef';
const OTHER = 'f'.repeat(32);
const flags = { enabled: true, monitoring_only: false, must_be_healthy: false };
const withMembers = (...members: unknown[]) => ({ description: 'd', members });
const absent = (at: number, id: string) =>
  [
    `/members/${at}/monitor_id`,
    `members[${at}].monitor_id names a monitor that does not exist: ${id}`,
  ] as const;

beforeAll(async () => {
  api = await openTestAdmin();
  monitor = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id;
  group = (await api.call('POST', MONITOR_GROUPS, withMembers({ monitor_id: monitor, ...flags }))).body.result
    .id;
});
afterAll(() => api.stop());

const anyGroup: readonly Row[] = [
  [withMembers(), [['/members', 'the member list length must be in the range [1, 50]']]],
  [
    withMembers(...Array.from({ length: MEMBERS_MAX + 1 }, () => 7)),
    [
      ['/members', 'the member list length must be in the range [1, 50]'],
      ...Array.from(
        { length: MEMBERS_MAX + 1 },
        (_, i) => [`/members/${i}`, `members[${i}] must be an object`] as const,
      ),
    ],
  ],
  [{ description: 'd', members: null }, [['/members', 'members must be an array']]],
  [
    withMembers({}),
    ['monitor_id', 'enabled', 'monitoring_only', 'must_be_healthy'].map((field) => [
      `/members/0/${field}`,
      `members[0].${field} must be given`,
    ]),
  ],
  [
    withMembers({ monitor_id: '', enabled: null, monitoring_only: 1, must_be_healthy: 'x', weight: 1 }),
    [
      ['/members/0/weight', 'members[0].weight is not a known field'],
      ['/members/0/monitor_id', 'members[0].monitor_id must be an identifier of 32 lower-case hex digits'],
      ['/members/0/enabled', 'members[0].enabled must be a boolean'],
      ['/members/0/monitoring_only', 'members[0].monitoring_only must be a boolean'],
      ['/members/0/must_be_healthy', 'members[0].must_be_healthy must be a boolean'],
    ],
  ],
  [
    withMembers({ monitor_id: ABSENT, ...flags }, { monitor_id: OTHER, ...flags }),
    [absent(0, ABSENT), absent(1, OTHER)],
  ],
  [
    withMembers(
      { monitor_id: ABSENT, ...flags },
      { monitor_id: ABSENT, ...flags, monitoring_only: true },
      { monitor_id: ABSENT, ...flags, enabled: false },
    ),
    [
      ['/members/1/monitor_id', 'members[1].monitor_id is the same as that of members[0]'],
      ['/members/2/monitor_id', 'members[2].monitor_id is the same as that of members[0]'],
      absent(0, ABSENT),
    ],
  ],
  [
    { ...withMembers({ monitor_id: ABSENT, ...flags }), description: null },
    [['/description', 'description must be a string'], absent(0, ABSENT)],
  ],
  [
    { ...withMembers({ monitor_id: ABSENT, ...flags }), description: 'x'.repeat(1_025) },
    [['/description', 'description is longer than 1024 characters'], absent(0, ABSENT)],
  ],
  [
    { ...withMembers({ monitor_id: ABSENT, ...flags }), name: 'x' },
    [['/name', 'name is not a known field'], absent(0, ABSENT)],
  ],
];

const wholeGroup: readonly Row[] = [
  [
    {},
    [
      ['/description', 'description must be given'],
      ['/members', 'members must be given'],
    ],
  ],
];

describe('an invalid monitor group gets all its errors with their places, and changes nothing', () => {
  test.each([...anyGroup, ...wholeGroup, ...noObject])('POST %j', (...row) =>
    expectRefused(api, 'POST', MONITOR_GROUPS, row),
  );
  test.each([...anyGroup, ...wholeGroup, ...noObject])('PUT %j', (...row) =>
    expectRefused(api, 'PUT', `${MONITOR_GROUPS}/${group}`, row),
  );
  test.each([...anyGroup, ...noObject])('PATCH %j', (...row) =>
    expectRefused(api, 'PATCH', `${MONITOR_GROUPS}/${group}`, row),
  );
});

test('a group may have the maximum of members', async () => {
  const members = [];
  for (let i = 0; i < MEMBERS_MAX; i++) {
    const { id } = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result;
    members.push({ monitor_id: id, ...flags });
  }
  const made = await api.call('POST', MONITOR_GROUPS, { description: 'x'.repeat(1_024), members });
  expect(made.status).toBe(200);
  expect(made.body.result.members).toHaveLength(MEMBERS_MAX);
});

test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s of a group that does not exist is 404', async (method) => {
  const body = method === 'PUT' || method === 'PATCH' ? withMembers() : undefined;
  const unknown = await api.call(method, `${MONITOR_GROUPS}/${ABSENT}`, body);
  expect([unknown.status, unknown.body.errors[0].code]).toEqual([404, 1001]);
  const another = await api.call(method, `${MONITOR_GROUPS}/${monitor}`, body);
  expect([another.status, another.body.errors[0].code]).toEqual([404, 1001]);
  const bad = await api.call(method, `${MONITOR_GROUPS}/x`, body);
  expect([bad.status, bad.body.errors[0].code]).toEqual([404, 7003]);
});

test('the references of a group that does not exist are 404', async () => {
  expect((await api.call('GET', `${MONITOR_GROUPS}/${ABSENT}/references`)).status).toBe(404);
});

test('below the user there are no groups, and unsupported methods get 405', async () => {
  expect((await api.call('GET', '/client/v4/user/load_balancers/monitor_groups')).status).toBe(404);
  expect((await api.call('PUT', MONITOR_GROUPS)).headers.get('allow')).toBe('HEAD, GET, POST');
  expect((await api.call('POST', `${MONITOR_GROUPS}/${group}`)).headers.get('allow')).toBe(
    'HEAD, GET, PUT, PATCH, DELETE',
  );
});

test('a monitor used by a group and a group used by a pool cannot be deleted', async () => {
  const origins = [{ name: 'a', address: '192.0.2.1' }];
  const pool = (await api.call('POST', POOLS, { name: 'web', monitor_group: group, origins })).body.result.id;
  const before = await api.store.read();
  for (const path of [`${MONITORS}/${monitor}`, `${MONITOR_GROUPS}/${group}`]) {
    const { status, body } = await api.call('DELETE', path);
    expect([status, body.errors[0].code, body.result]).toEqual([412, 1005, null]);
  }
  expect(await api.store.read()).toEqual(before);
  await api.call('DELETE', `${POOLS}/${pool}`);
  expect((await api.call('DELETE', `${MONITORS}/${monitor}`)).status).toBe(412);
  expect((await api.call('DELETE', `${MONITOR_GROUPS}/${group}`)).body.result.id).toBe(group);
  expect((await api.call('DELETE', `${MONITORS}/${monitor}`)).status).toBe(200);
});
