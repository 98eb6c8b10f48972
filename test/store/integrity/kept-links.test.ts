import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  LINK_TEXTS,
  LINKS_IN_TEXT,
  LINKS_MAX,
  linkTextOf,
  mayHaveLink,
  withLink,
} from '../../../src/store/integrity/kept-links.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { putPool } from '../contract/samples.ts';

let server: RedisServer;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** Makes a revision in a Redis that holds this text of links; what it holds then, and the link of the revision. */
async function committedTo(text: string, revision: number) {
  const keys = keysUnder('kept');
  const field = String(linkTextOf(revision));
  await redis.flushall();
  await redis.hset(keys.meta, { epoch: 'e', revision: revision - 1 });
  await redis.hset(keys.links, field, text);
  const store = openRedisStore(server.url, { prefix: 'kept' });
  await store.commit([putPool('a')]);
  const { link } = await store.read();
  await store.close();
  return { link: link!, kept: await redis.hget(keys.links, field) };
}

describe.each([
  { name: 'the first link', revision: 1, text: '', kept: '0 ....abcd' },
  { name: 'the next link', revision: 2, text: '0 ....abcd', kept: '0 ....abcdabcd' },
  {
    name: 'a link after some that were not kept',
    revision: 4,
    text: '0 ....efgh',
    kept: '0 ....efgh........abcd',
  },
  {
    name: 'a link that is written again, which drops the undone links after it',
    revision: 1,
    text: '0 ....efghefghefgh',
    kept: '0 ....abcd',
  },
  { name: 'the first link of a text', revision: LINKS_IN_TEXT, text: '', kept: '1 abcd' },
  {
    name: 'the first link after the whole ring, which replaces the oldest',
    revision: LINKS_MAX,
    text: '0 ....efgh',
    kept: `${LINK_TEXTS} abcd`,
  },
  { name: 'a link that replaces an invalid text', revision: 1, text: 'nonsense', kept: '0 ....abcd' },
])('$name', ({ revision, text, kept }) => {
  test('is kept and differs from another link', async () => {
    expect(withLink(text, revision, 'abcdefgh')).toBe(kept);
    expect(mayHaveLink(kept, revision, 'abcdefgh')).toBe(true);
    expect(mayHaveLink(kept, revision, 'abcefgh')).toBe(false);
    expect(mayHaveLink(kept, revision, undefined)).toBe(true);
    const inRedis = await committedTo(text, revision);
    expect(inRedis.kept).toBe(withLink(text, revision, inRedis.link));
  });
});

test.each([
  ['what nobody kept', '0 ....abcd', 2],
  ['what is longer ago than the ring', `${LINK_TEXTS} abcdabcd`, 1],
  ['a text that nobody wrote', '0 \u202e\u0000\u0001;', 0],
])('%s says nothing about a link', (_, text, revision) => {
  expect(mayHaveLink(text, revision, 'wxyz')).toBe(true);
});
