import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StoreUnavailable } from '../../../../src/store/contract/failure.ts';
import { openRedisStore } from '../../../../src/store/redis/redis.ts';
import { numbersFrom } from '../../../fuzz/random.ts';
import { type FlippingLink, startFlippingLink } from '../../../support/flipping-link.ts';
import { type RedisServer, startRedis } from '../../../support/server/redis.ts';
import { here, record, WAIT } from '../../contract/recorder.ts';
import { observation, pool, publish, putPool, worker } from '../../contract/samples.ts';

let redis: RedisServer;
let link: FlippingLink;
beforeAll(async () => {
  redis = await startRedis();
  link = await startFlippingLink(redis.port, { random: numbersFrom(1), oneIn: 300 });
});
afterAll(async () => {
  await link.stop();
  await redis.stop();
});

/** Whatever comes of it but another error than that the store is away. */
async function used(call: () => Promise<unknown>): Promise<void> {
  await call().catch((error: unknown) => {
    if (!(error instanceof StoreUnavailable)) throw error;
  });
}

test('while a link flips bits in answers the store is unavailable, and works again after that', async () => {
  const direct = openRedisStore(redis.url, { prefix: 'link' });
  const store = openRedisStore(`redis://127.0.0.1:${link.port}`, { prefix: 'link', timeoutMs: 200 });
  try {
    for (let i = 0; i < 20; i += 1) await direct.commit([putPool(`p${i}`)]);
    const seen = record(store, await here(store));
    link.flips = 'answers';
    for (let round = 0; round < 60; round += 1) {
      await direct.commit([putPool('p0', {}, { description: String(round) })]);
      await publish(direct, {
        put: [{ observation: observation('c', { streak: round + 1 }), changed: true }],
      });
      await Promise.all([
        used(() => store.read()),
        used(() => store.observations()),
        used(() => store.workers()),
        used(() => store.reported()),
        used(() => store.events(50)),
        used(() => store.get('pool', 'p1')),
        used(async () => store.publish(await store.join(worker('w2')), { put: [], drop: [], events: [] })),
        used(async () => store.renewLead((await store.lead('n'))!)),
      ]);
    }
    expect(link.flipped).toBeGreaterThan(20);
    link.flips = 'nothing';
    await expect
      .poll(() => store.get('pool', 'p1').catch(() => undefined), WAIT)
      .toMatchObject({ value: pool('p1') });
    expect((await store.read()).documents).toHaveLength(20);
    await seen.following.stop();
  } finally {
    await store.close();
    await direct.close();
  }
});

test.each([
  ['no protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['a list longer than any', '*99999999999\r\n'],
  ['a list of negative length', '*-7\r\n'],
  ['a list that is not a number', '*x\r\n'],
  ['a text longer than any', '$99999999999\r\nabc'],
  ['lists in lists without end', '*1\r\n'.repeat(50_000)],
  ['answers that nobody asked for', '+OK\r\n'.repeat(1_000)],
  ['numbers', ':7\r\n'.repeat(1_000)],
  ['lists of another shape', '*2\r\n:1\r\n*1\r\n*0\r\n'.repeat(500)],
  ['octets that are no text', `$4\r\n${'\u00ff'.repeat(4)}\r\n`],
])('a server that answers with %s is an unavailable store', async (_, answer) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(Buffer.from(answer, 'latin1')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const store = openRedisStore(`redis://127.0.0.1:${port}`, { prefix: 'link', timeoutMs: 150 });
  const seen = record(store, { epoch: 'e', revision: 1, observation: 'e.1' });
  const calls = () => [
    store.read(),
    store.observations(),
    store.workers(),
    store.nodes(),
    store.reported(),
    store.events(5),
    store.get('pool', 'a'),
    store.commit([putPool('a')]),
    store.join(worker('w')),
    store.lead('n'),
    store.cursor('d'),
    store.preview('p'),
    store.reaches('1-0', 'told'),
  ];
  for (let round = 0; round < 3; round += 1)
    for (const each of await Promise.allSettled(calls()))
      if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(StoreUnavailable);
  await seen.following.stop();
  await store.close();
  server.close();
});
