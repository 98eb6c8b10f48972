import { describe, expect, test } from 'vitest';
import { SENTINEL_LOGIN_MAX, WAIT_REPLICAS_MAX, WAIT_TIMEOUT_MS_MAX } from '../../src/config/store/redis.ts';
import { load, problemsOf } from './loading.ts';

const store = (url: string, redis: object) =>
  JSON.stringify({ store: { ...(url && { redis_url: url }), redis } });

test('the login at the sentinels is read', () => {
  const sentinel = { username: 'eva', password: 'secret' };
  const loaded = load(store('redis+sentinel://a/main', { sentinel }));
  expect(loaded).toMatchObject({ ok: true, config: { store: { redis: { sentinel } } } });
});

describe('a setting without an effect is refused', () => {
  test.each([
    [
      'redis://a',
      { tls: { ca: 'ca.pem' } },
      'store.redis.tls: has no effect unless store.redis_url begins with rediss://',
    ],
    ['', { tls: { ca: 'ca.pem' } }, 'store.redis.tls: has no effect unless'],
    ['redis+cluster://a', { sentinel: { password: 'x' } }, 'store.redis.sentinel: has no effect unless'],
    ['', { wait_replicas: 1 }, 'store.redis.wait_replicas: has no effect unless store.redis_url is set'],
  ])('%s %j', (url, redis, says) => {
    expect(problemsOf(store(url, redis))).toEqual([expect.stringContaining(says)]);
  });

  test('and accepted where the environment has the URL', () => {
    const env = { LIFEGUARD_REDIS_URL: 'rediss+sentinel://a/main' };
    const redis = { tls: { server_name: 'redis.internal' }, sentinel: { password: 'x' }, wait_replicas: 1 };
    expect(problemsOf(store('', redis), env)).toEqual([]);
  });
});

test.each([
  ['rediss://a', { tls: { cert: 'c.pem' } }, 'store.redis.tls.key: is missing'],
  ['rediss://a', { tls: { key: 'c.key' } }, 'store.redis.tls.cert: is missing'],
  ['rediss://a', { tls: { server_name: '192.0.2.1' } }, 'is an address; must be the host name'],
  ['redis+sentinel://a/m', { sentinel: { username: 'eva' } }, 'store.redis.sentinel.password: is missing'],
  ['redis://a', { wait_replicas: WAIT_REPLICAS_MAX + 1 }, 'must be a whole number from 0 to 8'],
  ['redis://a', { wait_timeout_ms: WAIT_TIMEOUT_MS_MAX + 1 }, 'must be a whole number from 1 to 3000'],
  [
    'redis+sentinel://a/m',
    { sentinel: { password: 'hunter2'.repeat(SENTINEL_LOGIN_MAX) } },
    'store.redis.sentinel.password: has 3584 characters; must have 1 to 512',
  ],
])('%s %j is refused', (url, redis, says) => {
  const found = problemsOf(store(url, redis));
  expect(found).toEqual([expect.stringContaining(says)]);
  expect(found[0]).not.toContain('hunter2');
});

test('the bounds themselves are accepted', () => {
  const redis = { wait_replicas: WAIT_REPLICAS_MAX, wait_timeout_ms: WAIT_TIMEOUT_MS_MAX };
  expect(problemsOf(store('redis://a', redis))).toEqual([]);
});
