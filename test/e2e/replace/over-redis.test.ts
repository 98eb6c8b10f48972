/** A server over Redis is replaced while clients ask it by every protocol. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { endSessions } from '../../serve/encrypted/doh-client.ts';
import { disconnectAll } from '../../serve/encrypted/stream-client.ts';
import { call, create } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess } from '../../support/lifeguard.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { startAsking } from './asking.ts';
import { type Stage, setStage } from './stage.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
const SOON = { timeout: 60_000, interval: 200 };

let redis: RedisServer;
let stage: Stage;
let server: LifeguardProcess;

beforeAll(async () => {
  redis = await startRedis();
  stage = await setStage('serve', { LIFEGUARD_REDIS_URL: redis.url });
  server = await stage.start();
});
afterAll(async () => {
  endSessions();
  disconnectAll();
  await endAll();
  await redis.stop();
  stage.remove();
});

const pool = async () => (await dig(server.dns, 'web.pools.example.com', 'A')).rdata;
const ask = () => startAsking('a.example.com', [192, 0, 2, 1], stage.places);

test('serve --replace loses no query and no write', async () => {
  const asking = ask();
  const { id } = await create(server, '/pools', {
    name: 'web',
    origins: [{ name: 'a', address: '192.0.2.7' }],
  });
  for (const last of [8, 9]) {
    const old = server;
    server = await stage.start(['--replace']);
    await call(server, 'PATCH', `/pools/${id}`, { origins: [{ name: 'a', address: `192.0.2.${last}` }] });
    await vi.waitFor(async () => expect(await pool()).toEqual([`192.0.2.${last}`]), SOON);
    expect(old.log.map(({ msg }) => msg)).toContain(
      'Another process has replaced this one, which lets its connections end.',
    );
  }
  await asking.stop();
  expect([asking.faults, asking.endings]).toEqual([[], []]);
});

test('serve --replace works while Redis is away, from the last good state', async () => {
  expect(await pool()).toEqual(['192.0.2.9']);
  const asking = ask();
  await redis.kill();
  const old = server;
  server = await stage.start(['--replace']);
  await asking.stop();
  expect([asking.faults, asking.endings]).toEqual([[], []]);
  await vi.waitFor(() => expect(old.process.exitCode).toBe(0), SOON);
  expect(await pool()).toEqual(['192.0.2.9']);
});
