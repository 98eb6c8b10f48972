import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAILED_ATTEMPTS_MAX } from '../../../src/admin/http/attempt-limit.ts';
import { SESSION_MS } from '../../../src/admin/sessions/sessions.ts';
import { openTestAdmin, POOLS, startTestAdmin, type TestAdmin, TOKEN, TOKENS } from '../server.ts';

const SESSION = '/lifeguard/v1/session';
const WHOAMI = '/lifeguard/v1/whoami';
let api: TestAdmin;
let nowMs = Date.now();
beforeAll(async () => {
  api = await openTestAdmin({ epochMs: () => nowMs });
});
afterAll(() => api.stop());

/** Sends a request with the header fields of the page, changed by `headers`; one that is undefined is left out. */
function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string | undefined>> = {},
  body?: object,
  to = api,
): Promise<Response> {
  const all = {
    origin: to.url,
    'x-lifeguard-dashboard': '1',
    'content-type': 'application/json',
    ...headers,
  };
  const given = Object.entries(all).filter((each): each is [string, string] => each[1] !== undefined);
  return fetch(to.url + path, { method, headers: given, ...(body && { body: JSON.stringify(body) }) });
}

/** Logs in, and returns the cookie as browsers send it back. */
async function logIn(token = TOKEN): Promise<string> {
  const answer = await send('POST', SESSION, {}, { token });
  expect(answer.status).toBe(200);
  return answer.headers.get('set-cookie')!.split(';', 1)[0]!;
}
const pool = { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] };

test('a token gives a cookie that scripts and other sites cannot use, and that is the token', async () => {
  const answer = await send('POST', SESSION, {}, { token: TOKEN });
  expect(answer.headers.get('set-cookie')).toMatch(
    new RegExp(
      `^lifeguard-session-${api.port}=[\\w-]{43}; Max-Age=${SESSION_MS / 1_000}; Path=/; HttpOnly; SameSite=Strict$`,
    ),
  );
  const cookie = answer.headers.get('set-cookie')!.split(';', 1)[0]!;
  const whoami = { id: expect.any(String), name: 'bootstrap', scope: 'admin' };
  expect(((await (await send('GET', WHOAMI, { cookie })).json()) as { result: object }).result).toEqual(
    whoami,
  );
  expect(((await (await send('GET', SESSION, { cookie })).json()) as { result: object }).result).toEqual(
    whoami,
  );
  expect(api.logged()).not.toContain(cookie.split('=')[1]);
});

test('over TLS, as a trusted proxy says, the cookie is for this host alone and for TLS alone', async () => {
  const proxied = await startTestAdmin({ trustedProxies: ['127.0.0.1'] });
  const answer = await send(
    'POST',
    SESSION,
    { 'x-forwarded-proto': 'https', origin: proxied.url.replace('http', 'https') },
    { token: TOKEN },
    proxied,
  );
  expect(answer.headers.get('set-cookie')).toMatch(
    /^__Host-lifeguard-session-\d+=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
});

test('without a session there is none, and no error', async () => {
  const answer = await send('GET', SESSION);
  expect([answer.status, ((await answer.json()) as { result: unknown }).result]).toEqual([200, null]);
});

test.each([
  { what: 'another origin', headers: { origin: 'http://127.0.0.1:1' }, status: 403 },
  { what: 'an origin that is none', headers: { origin: 'null' }, status: 403 },
  { what: 'no origin', headers: { origin: undefined }, status: 403 },
  { what: 'no header field of the page', headers: { 'x-lifeguard-dashboard': undefined }, status: 403 },
  { what: 'another site, as the browser says', headers: { 'sec-fetch-site': 'cross-site' }, status: 403 },
  { what: 'another port, as the browser says', headers: { 'sec-fetch-site': 'same-site' }, status: 403 },
  { what: 'the page', headers: { 'sec-fetch-site': 'same-origin' }, status: 200 },
])('a write with a session from $what: $status', async ({ headers, status }) => {
  const cookie = await logIn();
  const answer = await send(
    'POST',
    POOLS,
    { cookie, ...headers },
    { ...pool, name: `web-${Math.trunc(nowMs++)}` },
  );
  expect(answer.status).toBe(status);
  expect((await send('POST', SESSION, headers, { token: TOKEN })).status).toBe(status);
});

test('a read with a session needs no header field, as server-sent events cannot have any, but no other site may cause it', async () => {
  const cookie = await logIn();
  const bare = { cookie, origin: undefined, 'x-lifeguard-dashboard': undefined };
  expect((await send('GET', POOLS, bare)).status).toBe(200);
  expect((await send('GET', POOLS, { ...bare, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
});

test('a session ends when its token is deleted or expires, when it is ended, and after its time', async () => {
  const made = async (body: object) =>
    (await api.call('POST', TOKENS, { scope: 'read', ...body })).body.result;
  const deleted = await made({ name: 'deleted' });
  const expiring = await made({ name: 'expiring', expires_on: new Date(nowMs + 60_000).toISOString() });
  const [a, b, c, d] = [
    await logIn(deleted.token),
    await logIn(expiring.token),
    await logIn(),
    await logIn(),
  ];
  const statuses = () =>
    Promise.all([a, b, c, d].map(async (cookie) => (await send('GET', WHOAMI, { cookie })).status));
  expect(await statuses()).toEqual([200, 200, 200, 200]);
  await api.call('DELETE', `${TOKENS}/${deleted.id}`);
  expect(await statuses()).toEqual([401, 200, 200, 200]);
  nowMs += 60_000;
  expect(await statuses()).toEqual([401, 401, 200, 200]);
  const out = await send('DELETE', SESSION, { cookie: c });
  expect([out.status, out.headers.get('set-cookie')]).toEqual([200, expect.stringContaining('Max-Age=0')]);
  expect(await statuses()).toEqual([401, 401, 401, 200]);
  nowMs += SESSION_MS;
  expect(await statuses()).toEqual([401, 401, 401, 401]);
});

test('a session has the rights of its token', async () => {
  const { token } = (await api.call('POST', TOKENS, { name: 'looks', scope: 'read' })).body.result;
  const cookie = await logIn(token);
  expect((await send('POST', POOLS, { cookie }, pool)).status).toBe(403);
  const bound = { name: 'bound', scope: 'edit', records: { zones: ['example.com'] } };
  const narrow = await logIn((await api.call('POST', TOKENS, bound)).body.result.token);
  expect((await send('GET', WHOAMI, { cookie: narrow })).status).toBe(200);
  expect((await send('GET', '/lifeguard/v1/summary', { cookie: narrow })).status).toBe(403);
});

test('a code logs in once', async () => {
  const code = api.loginCode(TOKEN);
  expect((await send('POST', SESSION, {}, { code })).status).toBe(200);
  expect((await send('POST', SESSION, {}, { code })).status).toBe(403);
});

test.each([{}, { token: TOKEN, code: 'both' }, { token: '' }, { name: 'admin' }])(
  '%j does not log in',
  async (body) => {
    expect((await send('POST', SESSION, {}, body)).status).toBe(400);
  },
);

test('wrong tokens count, however they come', async () => {
  const fresh = await startTestAdmin();
  const attempt = async () => (await send('POST', SESSION, {}, { token: 'wrong' }, fresh)).status;
  for (let i = 0; i < FAILED_ATTEMPTS_MAX; i += 1) expect(await attempt()).toBe(403);
  expect(await attempt()).toBe(429);
  expect((await send('POST', SESSION, {}, { token: TOKEN }, fresh)).status).toBe(200);
});

test('without a dashboard there is neither the page nor a session', async () => {
  const fresh = await startTestAdmin({ dashboard: false });
  const statuses = ['/', '/pools', SESSION].map(async (path) => (await fresh.call('GET', path)).status);
  expect(await Promise.all(statuses)).toEqual([404, 404, 404]);
});
