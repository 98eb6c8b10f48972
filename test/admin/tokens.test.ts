import { expect, test } from 'vitest';
import { AUDITED_MAX } from '../../src/admin/access/audit.ts';
import { hashToken } from '../../src/admin/access/auth.ts';
import { BOOTSTRAP } from '../../src/pool/token.ts';
import { expectRefused, noObject, type Row } from './refusal.ts';
import { type Answer, MONITORS, POOLS, startTestAdmin, type TestAdmin, TOKEN, TOKENS } from './server.ts';

const VERIFY = '/client/v4/user/tokens/verify';
const origins = [{ name: 'a', address: '192.0.2.1' }];

/** Makes a token; gives a way to call with it, and what was answered. */
async function tokenOf(api: TestAdmin, body: object) {
  const made = await api.call('POST', TOKENS, body);
  expect(made.status).toBe(200);
  const { token, ...view } = made.body.result as { token: string; id: string };
  const call = (method: string, path: string, sent?: unknown): Promise<Answer> =>
    api.call(method, path, sent, { authorization: `Bearer ${token}` });
  return { call, token, view };
}

const pool = async (api: TestAdmin, name: string): Promise<string> =>
  (await api.call('POST', POOLS, { name, origins })).body.result.id;

test('a token is created, shown once, listed without its secret, verified, and deleted', async () => {
  const api = await startTestAdmin();
  const made = await tokenOf(api, {
    name: 'ci',
    scope: 'edit',
    pool_prefix: 'Web-',
    expires_on: '2999-01-01T00:00:00Z',
  });
  expect(made.token).toMatch(/^lifeguard_[\w-]{43}$/);
  expect(made.view).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    name: 'ci',
    scope: 'edit',
    pool_prefix: 'web-',
    expires_on: '2999-01-01T00:00:00Z',
    created_on: expect.any(String),
  });
  expect((await api.call('GET', TOKENS)).body.result).toEqual([made.view]);
  expect((await api.call('GET', `${TOKENS}/${made.view.id}`)).body.result).toEqual(made.view);
  expect((await made.call('GET', VERIFY)).body.result).toEqual({
    id: made.view.id,
    status: 'active',
    expires_on: '2999-01-01T00:00:00Z',
  });
  const ended = await api.call('DELETE', `${TOKENS}/${made.view.id}`);
  expect(ended.body.result).toEqual({ id: made.view.id });
  expect((await made.call('GET', VERIFY)).status).toBe(401);
  expect((await made.call('GET', POOLS)).body.errors[0].code).toBe(9109);
  expect((await api.call('DELETE', `${TOKENS}/${made.view.id}`)).status).toBe(404);
});

test('the secret of a token is not in the store, in the API or in the log', async () => {
  const api = await startTestAdmin();
  const { token, view } = await tokenOf(api, { name: 'ci', scope: 'admin' });
  const kept = JSON.stringify([(await api.store.read()).documents, await api.store.events(9)]);
  const { hash } = (await api.store.get('token', view.id))!.value;
  for (const text of [kept, api.logged(), JSON.stringify((await api.call('GET', TOKENS)).body)]) {
    expect(text).not.toContain(token);
    expect(text).not.toContain(TOKEN);
  }
  for (const text of [JSON.stringify(await api.store.events(9)), api.logged()])
    expect(text).not.toContain(hash);
  expect((await api.call('GET', POOLS, undefined, { authorization: `Bearer ${hash}` })).status).toBe(403);
});

test('a token expires at its time', async () => {
  let nowMs = Date.parse('2030-01-01T00:00:00Z');
  const api = await startTestAdmin({ epochMs: () => nowMs });
  const { call } = await tokenOf(api, { name: 'ci', scope: 'read', expires_on: '2030-01-01T00:01:00Z' });
  nowMs += 59_999;
  expect((await call('GET', POOLS)).status).toBe(200);
  nowMs += 1;
  expect((await call('GET', POOLS)).status).toBe(403);
});

const good = { name: 'ci', scope: 'edit' };
const rows: readonly Row[] = [
  ...noObject,
  [
    {},
    [
      ['', 'name must be given'],
      ['', 'scope must be given'],
    ].map(([, rule]) => [`/${rule!.split(' ')[0]}`, rule!]),
  ],
  [
    { ...good, name: '-x' },
    [['/name', 'name must be 1 to 64 letters, digits and any of . _ -, a letter or digit first']],
  ],
  [{ ...good, name: 'Bootstrap' }, [['/name', 'name is the name of a token in the configuration']]],
  [
    { ...good, scope: 'read', pool_prefix: 'a' },
    [['/pool_prefix', 'pool_prefix is allowed only with scope edit']],
  ],
  [
    { ...good, expires_on: 'soon' },
    [['/expires_on', 'expires_on must be a time such as 2026-06-01T12:00:00Z (RFC 3339)']],
  ],
  [{ ...good, expires_on: '2020-01-01T00:00:00Z' }, [['/expires_on', 'expires_on must be in the future']]],
];
test.each(rows.map((row) => [JSON.stringify(row[0]), row] as const))(
  'a token with the fields %s is refused',
  async (_, row) => {
    await expectRefused(await startTestAdmin(), 'POST', TOKENS, row);
  },
);

test('two tokens cannot have the same name, in any case', async () => {
  const api = await startTestAdmin();
  await tokenOf(api, { name: 'ci', scope: 'read' });
  const again = await api.call('POST', TOKENS, { name: 'CI', scope: 'admin' });
  expect([again.status, again.body.errors[0].code, again.body.errors[0].source.pointer]).toEqual([
    400,
    1003,
    '/name',
  ]);
});

test('every write is an audit event with token, object, before, after and revision', async () => {
  const api = await startTestAdmin({ epochMs: () => 1_000 });
  const { call } = await tokenOf(api, { name: 'ci', scope: 'edit' });
  const made = await call('POST', POOLS, { name: 'web', origins });
  const { id } = made.body.result;
  await call('PATCH', `${POOLS}/${id}`, { description: 'x' });
  await call('PATCH', `${POOLS}/${id}`, { description: 'x' });
  await call('PATCH', `${POOLS}/${id}`, { name: 'not a name' });
  await call('DELETE', `${POOLS}/${id}`);
  await call('DELETE', `${POOLS}/${id}`);
  const events = (await api.store.events(10)).toReversed();
  const object = { kind: 'pool', id, name: 'web' };
  expect(events).toMatchObject([
    {
      kind: 'audit',
      token: 'bootstrap',
      method: 'POST',
      object: { kind: 'token', name: 'ci' },
      before: null,
      revision: 1,
    },
    {
      kind: 'audit',
      token: 'ci',
      method: 'POST',
      object,
      before: null,
      after: { description: '' },
      revision: 2,
      atMs: 1_000,
    },
    {
      token: 'ci',
      method: 'PATCH',
      object,
      before: { description: '' },
      after: { description: 'x' },
      revision: 3,
    },
    { token: 'ci', method: 'DELETE', object, before: { description: 'x' }, after: null, revision: 4 },
  ]);
  expect(events).toHaveLength(4);
});

test('secret header fields of a monitor are never in events', async () => {
  const api = await startTestAdmin();
  const header = {
    Host: ['www.example.org'],
    Authorization: ['Basic hunter2'],
    'X-Api-Key': ['hunter2', 'hunter3'],
  };
  const http = { type: 'http', expected_codes: '200' };
  const { id } = (await api.call('POST', MONITORS, { ...http, header })).body.result;
  await api.call('PATCH', `${MONITORS}/${id}`, { description: 'x' });
  expect((await api.call('GET', `${MONITORS}/${id}`)).body.result.header).toEqual(header);
  await api.call('DELETE', `${MONITORS}/${id}`);
  const events = await api.store.events(10);
  expect(events).toHaveLength(3);
  expect(JSON.stringify(events)).not.toContain('hunter');
  const left = {
    Host: header.Host,
    Authorization: ['[redacted]'],
    'X-Api-Key': ['[redacted]', '[redacted]'],
  };
  expect(events[1]).toMatchObject({ before: { header: left }, after: { header: left } });
});

test(`an object of more than ${AUDITED_MAX} characters is left out of its event`, async () => {
  const api = await startTestAdmin();
  const many = Array.from({ length: 300 }, (_, i) => ({
    name: `e${i}`,
    address: `198.51.${i >> 8}.${i & 255}`,
  }));
  await api.call('POST', POOLS, { name: 'web', origins: many });
  expect(await api.store.events(1)).toMatchObject([
    { object: { name: 'web' }, before: null, after: { leftOut: true, length: expect.any(Number) } },
  ]);
});

test('a token cannot change a pool that another has meanwhile moved out of its prefix', async () => {
  const api = await startTestAdmin();
  const { call } = await tokenOf(api, { name: 'ci', scope: 'edit', pool_prefix: 'web-' });
  const id = await pool(api, 'web-1');
  const get = api.store.get.bind(api.store);
  let isFirst = true;
  api.store.get = async (kind, wanted) => {
    const found = await get(kind, wanted);
    if (kind === 'pool' && isFirst) {
      isFirst = false;
      await api.call('PATCH', `${POOLS}/${id}`, { name: 'api-1' });
    }
    return found;
  };
  const answer = await call('DELETE', `${POOLS}/${id}`);
  expect(answer.status).toBe(403);
  expect((await get('pool', id))?.value.name).toBe('api-1');
});

test('a name that a reload gave to a token of the configuration is taken, and one that it took away is free (once: as at the start)', async () => {
  const api = await startTestAdmin();
  const fields = { scope: 'admin', hash: hashToken(TOKEN) } as const;
  api.useTokens([{ name: 'deploy', ...fields }]);
  const taken = await api.call('POST', TOKENS, { name: 'Deploy', scope: 'read' });
  expect([taken.status, taken.body.errors[0].source.pointer]).toEqual([400, '/name']);
  expect((await api.call('POST', TOKENS, { name: BOOTSTRAP, scope: 'read' })).status).toBe(200);
});
