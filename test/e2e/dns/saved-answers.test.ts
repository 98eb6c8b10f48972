import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { HEAD_OCTETS } from '../../../src/serve/saved/format.ts';
import { SAVE_INTERVAL_MS } from '../../../src/serve/saved/save.ts';
import { call, create } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';

const NAME = 'web.pools.example.com';
const SOON = { timeout: 40_000, interval: 20 };
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe.each(['embedded', 'Redis'])('a server that starts again over the %s store', (store) => {
  let directory: string;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lifeguard-kept-'));
    await redis.send('FLUSHALL');
  });
  afterEach(async () => {
    await endAll();
    rmSync(directory, { recursive: true });
  });

  const start = (env: Record<string, string> = {}) =>
    startLifeguard('serve', {
      LIFEGUARD_DATA_DIR: directory,
      ...(store === 'Redis' && { LIFEGUARD_REDIS_URL: redis.url }),
      ...env,
    });
  const begun = ({ log }: LifeguardProcess) =>
    log.find(({ msg }) => msg === 'Serving the answers saved before the start, until the store is loaded.')
      ?.revision;
  const file = () => join(directory, 'answers');
  const keptRevision = () => Number(/"revision":(\d+)/.exec(readFileSync(file(), 'latin1'))?.[1]);
  const addresses = async ({ dns }: LifeguardProcess) => (await dig(dns, NAME, 'A')).rdata;
  const origins = (...found: string[]) => found.map((address) => ({ name: address, address }));

  /** A server with one pool, which it answers. */
  async function withPool() {
    const server = await start();
    expect(begun(server)).toBeUndefined();
    const { id } = await create(server, '/pools', { name: 'web', origins: origins('192.0.2.1') });
    await vi.waitFor(async () => expect(await addresses(server)).toEqual(['192.0.2.1']), SOON);
    return { server, id: String(id) };
  }

  test('answers at once as before its stop, and then with new writes', async () => {
    const { server, id } = await withPool();
    expect(await server.end()).toBe(0);
    const again = await start();
    expect(begun(again)).toBe(keptRevision());
    expect(await addresses(again)).toEqual(['192.0.2.1']);
    await call(again, 'PATCH', `/pools/${id}`, { origins: origins('192.0.2.2') });
    await vi.waitFor(async () => expect(await addresses(again)).toEqual(['192.0.2.2']), SOON);
  });

  test('never answers with the state before an acknowledged write', async () => {
    const { server, id } = await withPool();
    // On a busy machine the empty store is kept before there is a pool, and the next time comes only then.
    const next = { timeout: 3 * SAVE_INTERVAL_MS, interval: 20 };
    await vi.waitFor(() => expect(keptRevision()).toBeGreaterThan(0), next);
    const before = keptRevision();
    const written = await call(server, 'PATCH', `/pools/${id}`, { origins: origins('192.0.2.2') });
    expect(written.success).toBe(true);
    await vi.waitFor(async () => expect(await addresses(server)).toEqual(['192.0.2.2']), SOON);
    await server.end('SIGKILL');
    expect(keptRevision()).toBe(before);
    const again = await start();
    expect(begun(again)).toBeUndefined();
    await vi.waitFor(async () => expect(await addresses(again)).toEqual(['192.0.2.2']), SOON);
  });

  test('waits for the store if its configuration changed or its saved answers are damaged', async () => {
    const { server } = await withPool();
    await server.end();
    const elsewhere = await start({ LIFEGUARD_REGION: 'eu' });
    expect(begun(elsewhere)).toBeUndefined();
    await vi.waitFor(async () => expect(await addresses(elsewhere)).toEqual(['192.0.2.1']), SOON);
    await elsewhere.end();

    const octets = readFileSync(file());
    octets[HEAD_OCTETS + 5]! ^= 1;
    writeFileSync(file(), octets);
    const again = await start({ LIFEGUARD_REGION: 'eu' });
    expect(begun(again)).toBeUndefined();
    await vi.waitFor(async () => expect(await addresses(again)).toEqual(['192.0.2.1']), SOON);
    // Who is stopped before keeps nothing.
    await vi.waitFor(
      () => expect(again.log.map(({ msg }) => msg)).toContain('The store is connected.'),
      SOON,
    );
    await again.end();
    expect(begun(await start({ LIFEGUARD_REGION: 'eu' }))).toBeGreaterThan(0);
  });
});

test('while Redis hangs, a server answers as before and is ready', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-kept-'));
  const env = { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_REDIS_URL: redis.url };
  await redis.send('FLUSHALL');
  const server = await startLifeguard('serve', env);
  await create(server, '/pools', { name: 'web', origins: [{ name: 'a', address: '192.0.2.9' }] });
  await vi.waitFor(async () => expect((await dig(server.dns, NAME, 'A')).rdata).toEqual(['192.0.2.9']), SOON);
  await server.end();
  redis.signal('SIGSTOP');
  try {
    const again = await startLifeguard('serve', env);
    expect((await dig(again.dns, NAME, 'A')).rdata).toEqual(['192.0.2.9']);
    expect((await fetch(new URL('/readyz', again.api))).status).toBe(200);
  } finally {
    redis.signal('SIGCONT');
    await endAll();
    rmSync(directory, { recursive: true });
  }
});
