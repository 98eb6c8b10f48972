import { describe, expect, test } from 'vitest';
import { TextError } from '../../src/input/reader.ts';
import { describeRedis, REDIS_SERVERS_MAX, readRedisUrl } from '../../src/input/redis-url.ts';

const PASSWORD = 'p%40ss:w0rd';
const at = (host: string, port = 6379) => ({ host, port });
const server = { by: 'server', servers: [at('redis.example.org')], database: 0, tls: false };
const sentinel = { by: 'sentinel', servers: [at('a', 26379)], primary: 'main', database: 0, tls: false };
const cluster = { by: 'cluster', servers: [at('a'), at('b')], database: 0, tls: false };

test.each([
  ['redis://redis.example.org', server],
  ['redis://redis.example.org/', server],
  ['redis://redis.example.org:7000/3', { ...server, servers: [at('redis.example.org', 7000)], database: 3 }],
  ['rediss://redis.example.org', { ...server, tls: true }],
  ['redis://[2001:db8::1]:1', { ...server, servers: [at('2001:db8::1', 1)] }],
  ['redis://:secret@redis.example.org', { ...server, password: 'secret' }],
  [`redis://eva:${PASSWORD}@redis.example.org`, { ...server, username: 'eva', password: 'p@ss:w0rd' }],
  ['redis+sentinel://a/main', sentinel],
  ['rediss+sentinel://a/main/2', { ...sentinel, database: 2, tls: true }],
  [
    `redis+sentinel://eva:${PASSWORD}@a:1,[2001:db8::1]/main`,
    { ...sentinel, servers: [at('a', 1), at('2001:db8::1', 26379)], username: 'eva', password: 'p@ss:w0rd' },
  ],
  ['redis+cluster://a,b', cluster],
  ['redis+cluster://a:1,b:2/0', { ...cluster, servers: [at('a', 1), at('b', 2)] }],
  ['rediss+cluster://:secret@a,b/', { ...cluster, password: 'secret', tls: true }],
])('%s', (url, address) => expect(readRedisUrl(url)).toEqual(address));

describe('refuses', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `h${i}`).join(',');
  test.each([
    [`http://:${PASSWORD}@example.org`, 'must begin with redis://'],
    ['127.0.0.1:6379', 'must begin with redis://'],
    ['redis+proxy://a', 'must begin with redis://'],
    [`redis://:${PASSWORD}@`, 'must have a host'],
    [`redis://:${PASSWORD}@example.org:99999`, 'must have a host'],
    [`redis://:${PASSWORD}@example.org:0`, 'must have a host'],
    ['redis:///0', 'must have a host'],
    ['redis://:pa/ss:w0rd@example.org', 'must have a host'],
    ['redis+cluster://a,,b', 'must have a host'],
    [`redis://:${PASSWORD}@example.org?db=1`, 'must not have options after ? or #'],
    [`redis://:${PASSWORD}@example.org/x`, 'must end after the host, or in a database number'],
    ['redis://:100%@example.org', 'has a broken % escape in the user or the password'],
    [`redis://:${PASSWORD}@a,b`, 'has several hosts; only redis+sentinel:// and redis+cluster:// may'],
    ['redis+sentinel://a,b', 'must end in the name that the sentinels have for the primary'],
    ['redis+sentinel://a/main/x', 'must end in the name that the sentinels have for the primary'],
    ['redis+cluster://a,b/1', 'must end after the hosts: a cluster has no other database than 0'],
    [`redis+cluster://${many(REDIS_SERVERS_MAX + 1)}`, 'has 17 hosts; 16 at most'],
  ])('%s', (url, says) => {
    expect(() => readRedisUrl(url)).toThrow(TextError);
    expect(() => readRedisUrl(url)).toThrow(says);
    expect(() => readRedisUrl(url)).not.toThrow('ss:w0rd');
  });

  test('no list of as many hosts as there may be', () => {
    expect(readRedisUrl(`redis+cluster://${many(REDIS_SERVERS_MAX)}`).servers).toHaveLength(16);
  });
});

test.each([
  ['redis://:secret@a', 'Redis at a:6379'],
  ['redis+sentinel://:secret@a,[::1]/main', 'Redis "main" of the sentinels at a:26379, [::1]:26379'],
  ['redis+cluster://:secret@a,b:1', 'Redis Cluster at a:6379, b:1'],
])('%s is named without its login', (url, name) => {
  expect(describeRedis(readRedisUrl(url))).toBe(name);
});
