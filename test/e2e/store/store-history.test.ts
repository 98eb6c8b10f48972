import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { call, create } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, PROGRAM, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { samplesOf } from '../../support/server/prometheus.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';

let directory: string;
let redis: RedisServer;
let node: LifeguardProcess;
let monitor: string;
const soon = { timeout: 40_000, interval: 100 };
const KEY = '{lifeguard}';
const headers = { authorization: `Bearer ${TOKEN}` };
const env = () => ({ LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: join(directory, 'node') });

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-history-'));
  redis = await startRedis();
  node = await startLifeguard('serve', env());
  monitor = (await create(node, '/monitors', { type: 'tcp', port: 1, description: 'kept' })).id;
  const origins = [{ name: 'one', address: '192.0.2.1' }];
  for (const name of ['a', 'b']) await create(node, '/pools', { name, origins });
  await create(node, '/pools', { name: 'watched', origins, monitor });
  await vi.waitFor(async () => expect(await status('a')).toBe('NOERROR'), soon);
});
afterAll(async () => {
  await endAll();
  await redis.stop();
  rmSync(directory, { recursive: true });
});

const status = async (name: string) => (await dig(node.dns, `${name}.pools.example.com`, 'A')).status;
const alarm = async (name: string) => {
  const text = await (await fetch(new URL('/metrics', node.api), { headers })).text();
  return samplesOf(text).get(`lifeguard_alarms{alarm="${name}"}`);
};
const store = (...args: string[]) => storeWith({ LIFEGUARD_DATA_DIR: join(directory, 'command') }, ...args);
const storeWith = (more: Readonly<Record<string, string>>, ...args: string[]) => {
  const {
    stdout,
    stderr,
    status: code,
  } = spawnSync(process.execPath, [PROGRAM, 'store', ...args], {
    env: { PATH: process.env.PATH, ...env(), ...more },
    encoding: 'utf8',
  });
  return { code, text: stdout + stderr };
};
const write = (name: string) =>
  call(node, 'POST', '/pools', { name, origins: [{ name: 'one', address: '192.0.2.1' }] });

test('evicted documents were trusted: acknowledged writes were lost, and names were NXDOMAIN after a restart', async () => {
  const before = (await call(node, 'GET', '/pools')).result as unknown as { id: string; name: string }[];
  await redis.send(`DEL ${KEY}:documents`);
  await expect.poll(() => alarm('store_damaged'), soon).toBe(1);
  expect(await write('c')).toMatchObject({ status: 503, errors: [{ code: 1511 }] });
  await node.end('SIGKILL');
  node = await startLifeguard('serve', env());
  await expect.poll(() => status('a'), soon).toBe('NOERROR');
  expect(await status('b')).toBe('NOERROR');
  await expect.poll(() => alarm('store_damaged'), soon).toBe(1);
  const shown = store('repair');
  expect(shown).toMatchObject({ code: 0 });
  expect(shown.text).toContain('documents are missing');
  for (const { id, name } of Object.values(before))
    expect(shown.text).toContain(`pool "${name}" (${id}) is lost; the record of changes has its value.\n`);
  expect(await status('a')).toBe('NOERROR');
  expect(store('repair', '--put-back', '--yes')).toMatchObject({ code: 0 });
  await expect.poll(() => alarm('store_damaged'), soon).toBe(0);
  expect((await call(node, 'GET', '/pools')).result).toEqual(before);
  expect(await call(node, 'DELETE', `/monitors/${monitor}`)).toMatchObject({ success: false });
  expect(await write('a')).toMatchObject({ status: 400, errors: [{ code: 1003 }] });

  // The record of changes is gone too: only a node knows what was there.
  await redis.send(`DEL ${KEY}:documents ${KEY}:changes`);
  await expect.poll(() => alarm('store_damaged'), soon).toBe(1);
  const known = { LIFEGUARD_DATA_DIR: join(directory, 'node') };
  expect(storeWith(known, 'repair', '--put-back', '--yes').text).toContain(
    `monitor "kept" (${monitor}) is lost, and is put back from the last good state.\n`,
  );
  await expect.poll(() => alarm('store_damaged'), soon).toBe(0);
  expect((await call(node, 'GET', '/pools')).result).toEqual(before);

  await redis.send(`DEL ${KEY}:documents ${KEY}:changes`);
  const accepted = store('repair', '--put-back', '--yes');
  expect(accepted.code).toBe(0);
  for (const { id, name } of Object.values(before))
    expect(accepted.text).toContain(`pool "${name}" (${id}) is lost, and its value is known nowhere.\n`);
  // A person decided: what is left is nothing.
  await expect.poll(() => status('a'), soon).toBe('NXDOMAIN');
  await expect.poll(() => alarm('store_damaged'), soon).toBe(0);
  for (const name of ['a', 'b']) expect((await write(name)).success).toBe(true);
  await expect.poll(() => status('b'), soon).toBe('NOERROR');
});

test('after the record of names was lost, a name could be taken twice, until a repair', async () => {
  await redis.send(`DEL ${KEY}:unique`);
  expect(await write('a')).toMatchObject({ status: 503, errors: [{ code: 1511 }] });
  expect(store('repair', '--yes')).toMatchObject({ code: 0 });
  expect(await write('a')).toMatchObject({ status: 400, errors: [{ code: 1003 }] });
  expect(await status('a')).toBe('NOERROR');
  await expect.poll(() => alarm('store_damaged'), soon).toBe(0);
  expect((await write('late')).success).toBe(true);
  await expect.poll(() => status('late'), soon).toBe('NOERROR');
});

test('a record of changes ahead of the revision refused all writes, raised no alarm, and was read without end', async () => {
  const [revision = ''] = (await tally()).split(' ');
  const lines = node.log.length;
  await redis.send(`XADD ${KEY}:changes ${Number(revision) + 5}-0 epoch nobody put {broken`);
  await expect.poll(() => alarm('store_damaged'), soon).toBe(1);
  expect(await write('refused')).toMatchObject({ status: 503, errors: [{ code: 1511 }] });
  const told = store('check');
  expect(told.code).toBe(4);
  expect(told.text).toContain(`must not go on after revision ${revision}`);
  expect(told.text).toContain('lifeguard store repair');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(node.log.slice(lines).filter(({ msg }) => String(msg).includes('reading everything'))).toEqual([]);
  expect(await status('late')).toBe('NOERROR');
  // Deleted by hand, nobody gave its identifier, and the next revision is below it.
  await redis.send(`XDEL ${KEY}:changes ${Number(revision) + 5}-0`);
  expect((await write('next')).success).toBe(true);
  await expect.poll(() => status('next'), soon).toBe('NOERROR');
  await redis.send(`XADD ${KEY}:changes ${Number(revision) + 9}-0 epoch nobody put {broken`);
  expect(await write('refused')).toMatchObject({ status: 503, errors: [{ code: 1511 }] });
  // So it is with the events: one after all times, and no other was kept, without a word.
  const trail = `${KEY}:events-audit`;
  const kept = async () => Number((await redis.send(`XLEN ${trail}`)).slice(1));
  await redis.send(`XADD ${trail} 1000000000000000-0 event {}`);
  expect(store('check').text).toContain('must have no identifier after all times');
  expect(store('repair', '--yes')).toMatchObject({ code: 0 });
  const before = await kept();
  expect((await write('audited')).success).toBe(true);
  await expect.poll(() => status('audited'), soon).toBe('NOERROR');
  expect(await kept()).toBe(before + 1);
  const events = await fetch(new URL('/lifeguard/v1/events?kind=audit&limit=1', node.api), { headers });
  expect(await events.text()).toContain('"audited"');
  await expect.poll(() => alarm('store_damaged'), soon).toBe(0);
});

test('a Redis with another history of the same epoch is not served until a person decides', async () => {
  const [revision = '', link = ''] = (await tally()).split(' ');
  await redis.send(`HSET ${KEY}:meta tally ${link}`);
  await redis.send(`HINCRBY ${KEY}:meta revision -1`);
  await redis.send(`XDEL ${KEY}:changes ${revision}-0`);
  await redis.send(`XSETID ${KEY}:changes ${Number(revision) - 1}-0`);
  await expect.poll(() => alarm('store_set_back'), soon).toBe(1);
  const readiness = await (await fetch(new URL('/readyz', node.api))).json();
  expect(readiness).toMatchObject({ ready: true, store: expect.stringContaining('went back in time') });
  expect(await status('late')).toBe('NOERROR');
  expect(store('adopt').text).toContain('--yes');
  await expect.poll(() => alarm('store_set_back'), soon).toBe(1);
  expect(store('adopt', '--yes')).toMatchObject({ code: 0 });
  await expect.poll(() => alarm('store_set_back'), soon).toBe(0);
  expect((await write('after')).success).toBe(true);
  await expect.poll(() => status('after'), soon).toBe('NOERROR');
});

test('Redis came back empty, and one new token turned all pools into NXDOMAIN', async () => {
  await redis.send('FLUSHALL');
  await expect.poll(() => alarm('store_emptied'), soon).toBe(1);
  const made = await fetch(new URL('/lifeguard/v1/tokens', node.api), {
    method: 'POST',
    headers,
    body: JSON.stringify({ name: 'reader', scope: 'read' }),
  });
  expect(made.status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(await alarm('store_emptied')).toBe(1);
  expect([await status('a'), await status('b')]).toEqual(['NOERROR', 'NOERROR']);
  expect((await write('anew')).success).toBe(true);
  await expect.poll(() => status('a'), soon).toBe('NXDOMAIN');
  await expect.poll(() => alarm('store_emptied'), soon).toBe(0);
});

test('a Redis that may evict data raises an alarm while it is set so', async () => {
  expect(await alarm('store_evicts')).toBe(0);
  await redis.send('CONFIG SET maxmemory-policy allkeys-lru');
  await expect.poll(() => alarm('store_evicts'), soon).toBe(1);
  await redis.send('CONFIG SET maxmemory-policy volatile-lru');
  await expect.poll(() => alarm('store_evicts'), soon).toBe(0);
  expect(node.log.some(({ msg }) => String(msg).startsWith('Redis keeps nothing on disk'))).toBe(true);
});

/** The tally that is kept beside the revision. */
async function tally(): Promise<string> {
  const script = `EVAL "return {ok=redis.call('HGET',KEYS[1],'tally')}" 1 ${KEY}:meta`;
  return (await redis.send(script)).slice(1);
}
