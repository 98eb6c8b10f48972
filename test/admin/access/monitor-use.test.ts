import { expect, test } from 'vitest';
import { MONITOR_GROUPS, MONITORS, POOLS, startTestAdmin, type TestAdmin, TOKENS } from '../server.ts';

const APPLY = '/lifeguard/v1/apply';
const origins = [{ name: 'a', address: '192.0.2.1' }];
const flags = { enabled: true, monitoring_only: false, must_be_healthy: false };
const http = (description: string, header: object) => ({
  type: 'http',
  expected_codes: '200',
  description,
  header,
});

/** An API with an open monitor and one with a credential, groups of them, and the header of a token for pools `web-…`. */
async function startWithTenant() {
  const api = await startTestAdmin();
  const made = async (path: string, body: object) => (await api.call('POST', path, body)).body.result;
  const open = await made(MONITORS, http('open', { Host: ['www.example.org'], Accept: ['*/*'] }));
  const secret = await made(MONITORS, http('secret', { Authorization: ['Bearer s'], 'X-Key': ['k'] }));
  const members = (ids: readonly string[]) => ids.map((monitor_id) => ({ monitor_id, ...flags }));
  const openGroup = await made(MONITOR_GROUPS, { description: 'og', members: members([open.id]) });
  const mixed = await made(MONITOR_GROUPS, { description: 'mg', members: members([open.id, secret.id]) });
  const { token } = await made(TOKENS, { name: 'tenant', scope: 'edit', pool_prefix: 'WEB-' });
  return { api, open, secret, openGroup, mixed, tenant: { authorization: `Bearer ${token}` } };
}

const refusal = (pointer: string) => ({
  code: 10000,
  message:
    'Authentication error: this token may not use monitor "secret": it sends header fields that may be secret (Authorization, X-Key), and no pool with the prefix web- uses it yet',
  source: { pointer },
});

async function expectRefusal(api: TestAdmin, tenant: Record<string, string>, request: string, body: object) {
  const [method = '', path = ''] = request.split(' ');
  const before = await api.store.read();
  const answer = await api.call(method, path, body, tenant);
  expect(answer.status, request).toBe(403);
  expect(await api.store.read()).toEqual(before);
  return answer.body.errors;
}

test('a token with a prefix cannot send the secret header fields of a monitor to endpoints of its choice', async () => {
  const { api, open, secret, openGroup, mixed, tenant } = await startWithTenant();
  const pool = (fields: object) => ({ name: 'web-1', origins, ...fields });
  const refused = (request: string, body: object) => expectRefusal(api, tenant, request, body);
  expect(await refused(`POST ${POOLS}`, pool({ monitor: secret.id }))).toEqual([refusal('/monitor')]);
  expect(await refused(`POST ${POOLS}`, pool({ monitor_group: mixed.id }))).toEqual([
    refusal('/monitor_group'),
  ]);
  const document = { pools: [pool({ name: 'web-2' }), pool({ monitor: 'secret' })] };
  expect(await refused(`POST ${APPLY}`, document)).toEqual([refusal('/pools/1/monitor')]);
  expect(await refused(`POST ${APPLY}?dry_run=true`, document)).toEqual([refusal('/pools/1/monitor')]);

  const made = await api.call('POST', POOLS, pool({ monitor: open.id }), tenant);
  expect(made.status).toBe(200);
  const one = `${POOLS}/${made.body.result.id}`;
  expect((await api.call('PATCH', one, { monitor: null, monitor_group: openGroup.id }, tenant)).status).toBe(
    200,
  );
  expect(await refused(`PATCH ${one}`, { monitor_group: mixed.id })).toEqual([refusal('/monitor_group')]);
  expect(await refused(`PUT ${one}`, pool({ monitor: secret.id }))).toEqual([refusal('/monitor')]);
  // A pool outside of the prefix that uses it changes nothing.
  await api.call('POST', POOLS, { name: 'other', origins, monitor: secret.id });
  expect(await refused(`PUT ${one}`, pool({ monitor: secret.id }))).toEqual([refusal('/monitor')]);
});

test.each(['monitor', 'group'])(
  'it may keep a monitor with a secret that a pool of its prefix already has through a %s',
  async (by) => {
    const { api, secret, mixed, tenant } = await startWithTenant();
    const given = by === 'monitor' ? { monitor: secret.id } : { monitor_group: mixed.id };
    const { id } = (await api.call('POST', POOLS, { name: 'Web-given', origins, ...given })).body.result;
    const moved = [{ name: 'a', address: '192.0.2.9' }];
    expect((await api.call('PATCH', `${POOLS}/${id}`, { origins: moved }, tenant)).status).toBe(200);
    const own = { name: 'web-own', origins, monitor: secret.id };
    expect((await api.call('POST', POOLS, own, tenant)).status).toBe(200);
  },
);

test('a token without a prefix may use every monitor', async () => {
  const { api, secret } = await startWithTenant();
  const { token } = (await api.call('POST', TOKENS, { name: 'ci', scope: 'edit' })).body.result;
  const pool = { name: 'web-1', origins, monitor: secret.id };
  expect((await api.call('POST', POOLS, pool, { authorization: `Bearer ${token}` })).status).toBe(200);
});

test('the placeholder of a secret is refused as a value', async () => {
  const api = await startTestAdmin();
  const answer = await api.call('POST', MONITORS, http('m', { Authorization: ['[redacted]'] }));
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toEqual([
    {
      code: 1002,
      message:
        'header.Authorization[0] is what the API shows in the place of a secret; give the value itself: validation failed',
      source: { pointer: '/header/Authorization/0' },
    },
  ]);
});
