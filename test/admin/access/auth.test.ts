import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  type Credential,
  createTokenFinder,
  credentialOf,
  hashToken,
  TOKEN_MAX,
} from '../../../src/admin/access/auth.ts';
import {
  ATTEMPT_WINDOW_MS,
  CLIENTS_MAX,
  clientOf,
  createAttemptLimit,
  FAILED_ATTEMPTS_MAX,
  NOT_AN_ADDRESS,
} from '../../../src/admin/http/attempt-limit.ts';
import type { ConfiguredToken } from '../../../src/pool/token.ts';
import { POOLS, startTestAdmin, type TestAdmin, TOKEN, TOKENS } from '../server.ts';

const tokenOf = (name: string, hash = hashToken(name)): ConfiguredToken => ({ name, hash, scope: 'read' });

test('a token is found by its hash', () => {
  const find = createTokenFinder([tokenOf('one'), tokenOf('two')]);
  const found = ['one', 'two', 'three', '', 'One', hashToken('one')].map(
    (secret) => find(hashToken(secret))?.name,
  );
  expect(found).toEqual(['one', 'two', undefined, undefined, undefined, undefined]);
  expect(createTokenFinder([])(hashToken(''))).toBeUndefined();
});

test.each(['', 'one', hashToken('one').toUpperCase(), hashToken('one').slice(1)])('%j is refused', (hash) => {
  expect(() => createTokenFinder([tokenOf('one', hash)])).toThrow(RangeError);
});

test('tokens of the configuration have their names, scopes, prefixes and ends', async () => {
  let nowMs = Date.parse('2030-01-01T00:00:00Z');
  const web = { scope: 'edit', poolPrefix: 'web-', expiresOn: '2030-01-01T00:01:00Z' } as const;
  const tokens: ConfiguredToken[] = [
    { name: 'bootstrap', hash: hashToken(TOKEN), scope: 'admin' },
    { name: 'web', hash: hashToken('web-secret'), ...web },
    { name: 'viewer', hash: hashToken('viewer-secret'), scope: 'read' },
  ];
  const api = await startTestAdmin({ tokens, epochMs: () => nowMs });
  const made = async (name: string, secret: string) => {
    const body = { name, origins: [{ name: 'a', address: '192.0.2.1' }] };
    return (await api.call('POST', POOLS, body, { authorization: `Bearer ${secret}` })).status;
  };
  expect(await made('web-1', 'web-secret')).toBe(200);
  expect(await made('api-1', 'web-secret')).toBe(403);
  expect(await made('web-2', 'viewer-secret')).toBe(403);
  expect((await api.store.events(9)).map((event) => event.kind === 'audit' && event.token)).toEqual(['web']);
  const verified = await api.call('GET', '/client/v4/user/tokens/verify', undefined, {
    authorization: 'Bearer web-secret',
  });
  expect(verified.body.result).toMatchObject({ status: 'active', expires_on: web.expiresOn });
  nowMs += 60_000;
  expect((await api.call('GET', POOLS, undefined, { authorization: 'Bearer web-secret' })).status).toBe(403);
  expect((await api.call('GET', POOLS, undefined, { authorization: 'Bearer viewer-secret' })).status).toBe(
    200,
  );
  // They are the file's: not listed, and their names are taken.
  expect((await api.call('GET', TOKENS)).body.result).toEqual([]);
  const same = await api.call('POST', TOKENS, { name: 'Viewer', scope: 'read' });
  expect(same.body.errors).toMatchObject([
    {
      code: 1002,
      message: 'name is the name of a token in the configuration: validation failed',
      source: { pointer: '/name' },
    },
  ]);
});

test.each<[headers: IncomingHttpHeaders, credential: Credential, rule: string]>([
  [{}, { kind: 'none' }, 'nothing'],
  [{ authorization: 'Bearer t' }, { kind: 'token', secret: 't' }, 'RFC 6750 §2.1'],
  [{ authorization: 'bearer t' }, { kind: 'token', secret: 't' }, 'RFC 9110 §11.1: schemes in any case'],
  [{ authorization: 'Bearer a.b-c_d~e+f/g==' }, { kind: 'token', secret: 'a.b-c_d~e+f/g==' }, 'b64token'],
  [
    { authorization: `Bearer ${'t'.repeat(TOKEN_MAX)}` },
    { kind: 'token', secret: 't'.repeat(TOKEN_MAX) },
    'longest',
  ],
  [{ authorization: `Bearer ${'t'.repeat(TOKEN_MAX + 1)}` }, { kind: 'bad_authorization' }, 'too long'],
  [{ authorization: '' }, { kind: 'bad_authorization' }, 'empty'],
  [{ authorization: 'Bearer' }, { kind: 'bad_authorization' }, 'no token'],
  [{ authorization: 'Bearer a b' }, { kind: 'bad_authorization' }, 'two tokens'],
  [{ authorization: 'Token t' }, { kind: 'bad_authorization' }, 'another scheme'],
  [{ 'x-auth-key': 'k', 'x-auth-email': 'me@example.org' }, { kind: 'key', secret: 'k' }, 'legacy pair'],
  [{ 'x-auth-key': 'k' }, { kind: 'none' }, 'both are needed'],
  [{ 'x-auth-email': 'me@example.org' }, { kind: 'none' }, 'both are needed'],
  [{ 'x-auth-key': 'k k', 'x-auth-email': 'me@example.org' }, { kind: 'bad_key' }, 'no key has blanks'],
  [
    { authorization: 'Bearer t', 'x-auth-key': 'k', 'x-auth-email': 'me@example.org' },
    { kind: 'token', secret: 't' },
    'the token wins',
  ],
])('%j: %j (%s)', (headers, credential) => {
  expect(credentialOf(headers)).toEqual(credential);
});

test('both ways to send the token are accepted, and the token can be verified', async () => {
  const api = await startTestAdmin();
  const { status, body } = await api.call('GET', '/client/v4/user/tokens/verify');
  expect(status).toBe(200);
  expect(body.result).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), status: 'active' });
  expect(body.messages).toEqual([{ code: 10000, message: 'This API Token is valid and active', type: null }]);
  const headers = { 'x-auth-key': TOKEN, 'x-auth-email': 'me@example.org' };
  expect((await fetch(api.url + POOLS, { headers })).status).toBe(200);
});

test('a server with an account id knows only that account', async () => {
  const api = await startTestAdmin({ accountId: 'a'.repeat(32) });
  const of = (account: string) => `/client/v4/accounts/${account}/load_balancers/pools`;
  expect((await api.call('GET', of('a'.repeat(32)))).status).toBe(200);
  expect((await api.call('GET', of('b'.repeat(32)))).status).toBe(403);
  expect((await api.call('GET', '/client/v4/user/load_balancers/pools')).status).toBe(200);
});

test('tokens are never logged, neither valid nor wrong ones', async () => {
  const api = await startTestAdmin();
  const made = await api.call('POST', POOLS, { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] });
  await api.call('GET', POOLS, undefined, { authorization: 'Bearer not-the-token' });
  await api.store.close();
  await api.call('GET', POOLS);
  expect(api.logged()).toContain(made.body.result.id);
  expect(api.logged()).toContain('Refused a wrong credential.');
  expect(api.logged()).toContain('The store is unreachable.');
  expect(api.logged()).not.toContain(TOKEN);
  expect(api.logged()).not.toContain('not-the-token');
});

describe('wrong credentials', () => {
  const asked = async (api: TestAdmin, secret: string, headers: Record<string, string> = {}) =>
    (await api.call('GET', POOLS, undefined, { authorization: `Bearer ${secret}`, ...headers })).status;

  test('do not lock out a valid token from the same address', async () => {
    const api = await startTestAdmin();
    for (let i = 0; i < FAILED_ATTEMPTS_MAX; i += 1) expect(await asked(api, 'wrong')).toBe(403);
    expect(await asked(api, 'wrong')).toBe(429);
    expect(await asked(api, TOKEN)).toBe(200);
  });

  test.each([
    [['127.0.0.0/8'], 'of the client that a trusted proxy names', 403],
    [['192.0.2.0/24'], 'of who connects, where it is no trusted proxy', 429],
    [[], 'of who connects, where no proxy is trusted', 429],
  ])('are counted, with %j trusted, %s', async (trustedProxies, _, other) => {
    const api = await startTestAdmin({ trustedProxies });
    const from = (address: string) => ({ 'x-forwarded-for': address });
    for (let i = 0; i < FAILED_ATTEMPTS_MAX; i += 1) await asked(api, 'wrong', from('198.51.100.1'));
    expect(await asked(api, 'wrong', from('198.51.100.1'))).toBe(429);
    expect(await asked(api, 'wrong', from('198.51.100.2'))).toBe(other);
    // What a client says before its proxy does is nobody's word.
    expect(await asked(api, 'wrong', from('198.51.100.3, 198.51.100.1'))).toBe(429);
  });

  test('are limited in a window, whatever the wall clock does (once: a client waited a day after it was set back by one)', async () => {
    let nowMs = Date.now();
    const api = await startTestAdmin({ epochMs: () => nowMs });
    for (let i = 0; i < FAILED_ATTEMPTS_MAX; i += 1) await asked(api, 'wrong');
    nowMs -= 86_400_000;
    const refused = await api.call('GET', POOLS, undefined, { authorization: 'Bearer wrong' });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(ATTEMPT_WINDOW_MS / 1_000);
  });

  test('are limited in a window, and allowed again in the next one', () => {
    let nowMs = 0;
    const limit = createAttemptLimit(() => nowMs);
    for (let i = 1; i < FAILED_ATTEMPTS_MAX; i += 1) limit.failed('192.0.2.1');
    expect(limit.waitSeconds('192.0.2.1')).toBeUndefined();
    limit.failed('192.0.2.1');
    expect(limit.waitSeconds('192.0.2.1')).toBe(ATTEMPT_WINDOW_MS / 1_000);
    expect(limit.waitSeconds('192.0.2.2')).toBeUndefined();
    nowMs = ATTEMPT_WINDOW_MS - 1;
    expect(limit.waitSeconds('192.0.2.1')).toBe(1);
    nowMs = ATTEMPT_WINDOW_MS;
    expect(limit.waitSeconds('192.0.2.1')).toBeUndefined();
    limit.failed('192.0.2.1');
    expect(limit.waitSeconds('192.0.2.1')).toBeUndefined();
  });

  test('are forgotten after a valid token', () => {
    const limit = createAttemptLimit(() => 0);
    for (let i = 1; i < FAILED_ATTEMPTS_MAX; i += 1) limit.failed('192.0.2.1');
    limit.succeeded('192.0.2.1');
    limit.failed('192.0.2.1');
    expect(limit.waitSeconds('192.0.2.1')).toBeUndefined();
  });

  test('are remembered for CLIENTS_MAX clients, and a new client replaces the oldest', () => {
    const limit = createAttemptLimit(() => 0);
    const client = (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    for (let i = 0; i < CLIENTS_MAX; i += 1)
      for (let n = 0; n < FAILED_ATTEMPTS_MAX; n += 1) limit.failed(client(i));
    expect(limit.waitSeconds(client(0))).toBe(60);
    limit.failed('192.0.2.1');
    expect(limit.waitSeconds(client(0))).toBeUndefined();
    expect(limit.waitSeconds(client(1))).toBe(60);
  });

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:1:2::1', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
    ['2001:db8:1:2:3::', '2001:db8:1:2'],
    ['whatever a proxy says', NOT_AN_ADDRESS],
    ['192.0.2.1:5380', NOT_AN_ADDRESS],
  ])('%s counts as %s', (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});
