import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { hashToken } from '../../src/admin/access/auth.ts';
import { type Running, start } from '../../src/commands/run.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { dig } from '../support/dig.ts';

let directory: string;
let file: string;
let node: Running;
const log = createLogger({ level: 'silent' });
const secret = 'another-secret-0123456789';

/** The configuration file: what every test begins with, and what it adds. */
const configuration = (more = '') => `
zones:
  - { name: example.com, ns: [{ name: ns1.example.net }], pools: pools, records: [{ name: a, type: A, value: 192.0.2.1 }] }
${more}`;

const settingsIn = (text: string) => {
  writeFileSync(file, text);
  return node.reload();
};

async function call(
  method: string,
  path: string,
  { token = node.token, body = undefined as object | undefined } = {},
) {
  const response = await fetch(node.api + path, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape.
  return { status: response.status, ...((await response.json()) as any) };
}

async function answer(name: string, ...options: string[]): Promise<string> {
  const [, address, port] = /^(.*):(\d+)$/.exec(node.dns[0]!)!;
  const { status, rdata } = await dig({ address: address!, port: Number(port) }, name, 'A', ...options);
  return [status, ...rdata].join(' ');
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-reload-'));
  file = join(directory, 'lifeguard.yaml');
  writeFileSync(file, configuration());
  const env = {
    LIFEGUARD_CONFIG: file,
    LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
    LIFEGUARD_API_LISTEN: '127.0.0.1:0',
    LIFEGUARD_DATA_DIR: directory,
  };
  const read = () => loadConfig({ env });
  const loaded = read();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  node = await start(loaded.config, log, { monitor: true, read });
});
beforeEach(async () => {
  await settingsIn(configuration());
});
afterAll(async () => {
  await node.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('a reload of what has not changed changes nothing', async () => {
  expect(await node.reload()).toEqual({ ok: true, changed: [], waiting: [] });
});

test('zones and records come, change and go', async () => {
  expect(await answer('a.example.com')).toBe('NOERROR 192.0.2.1');
  const other = configuration()
    .replace('192.0.2.1', '192.0.2.2')
    .concat(
      '  - { name: example.org, ns: [{ name: ns1.example.net }], records: [{ name: b, type: A, value: 192.0.2.3 }] }',
    );
  expect(await settingsIn(other)).toEqual({ ok: true, changed: ['zones'], waiting: [] });
  await expect.poll(() => answer('a.example.com')).toBe('NOERROR 192.0.2.2');
  await expect.poll(() => answer('b.example.org')).toBe('NOERROR 192.0.2.3');
  const zones = await call('GET', '/client/v4/zones');
  expect(zones.result.map(({ name }: { name: string }) => name)).toEqual(['example.com', 'example.org']);
  await settingsIn(configuration());
  await expect.poll(() => answer('b.example.org')).toBe('REFUSED');
  await expect.poll(() => answer('a.example.com')).toBe('NOERROR 192.0.2.1');
});

test('a configuration with problems changes nothing, is an alarm until it is mended, and has all its problems listed', async () => {
  const bad = configuration('limits: { pools_max: many }\nlog: { level: loud }').replace(
    '192.0.2.1',
    '192.0.2.9',
  );
  expect(await settingsIn(bad)).toMatchObject({
    ok: false,
    problems: [{ path: 'limits.pools_max' }, { path: 'log.level' }],
  });
  expect(await answer('a.example.com')).toBe('NOERROR 192.0.2.1');
  const { status, errors } = await call('POST', '/lifeguard/v1/reload');
  expect([status, errors[0].code]).toEqual([422, 1422]);
  expect(errors[0].message).toContain('limits.pools_max: must be a whole number');
  const alarms = async () =>
    ((await (await fetch(`${node.api}/readyz`)).json()) as { alarms?: string[] }).alarms ?? [];
  expect(await alarms()).toContain('bad_configuration');
  await settingsIn(configuration());
  expect(await alarms()).not.toContain('bad_configuration');
});

test('a second zone of one name is an alarm that says which, in /readyz and the metrics, until it is deleted', async () => {
  const body = { name: 'twin.example' };
  const made = await call('POST', '/client/v4/zones', { body });
  expect(made.errors).toEqual([]);
  const readiness = async () => (await fetch(`${node.api}/readyz`)).json();
  await settingsIn(`${configuration()}  - { name: twin.example, ns: [{ name: ns1.example.net }] }\n`);
  const { id } = made.result as { id: string };
  const store = `The store has zones that are not served: zone twin.example (identifier ${id}) exists already. Delete or change them with the API.`;
  await expect.poll(readiness).toEqual({ ready: true, store, alarms: ['unserved_zones'] });
  const metrics = await fetch(`${node.api}/metrics`, { headers: { authorization: `Bearer ${node.token}` } });
  expect(await metrics.text()).toContain('lifeguard_alarms{alarm="unserved_zones"} 1');
  expect((await call('DELETE', `/client/v4/zones/${id}`)).success).toBe(true);
  await expect.poll(readiness).toEqual({ ready: true });
});

test('tokens of the configuration come and go', async () => {
  const withToken = configuration(`api: { tokens: [{ name: ci, scope: read, hash: ${hashToken(secret)} }] }`);
  expect((await call('GET', '/client/v4/user/load_balancers/pools', { token: secret })).status).toBe(403);
  expect(await settingsIn(withToken)).toMatchObject({ changed: ['api.tokens'] });
  expect((await call('GET', '/client/v4/user/load_balancers/pools', { token: secret })).status).toBe(200);
  expect((await call('POST', '/lifeguard/v1/reload', { token: secret })).status).toBe(403);
  await settingsIn(configuration());
  expect((await call('GET', '/client/v4/user/load_balancers/pools', { token: secret })).status).toBe(403);
});

test('limits count for the next write', async () => {
  const body = { name: 'web', origins: [{ name: 'a', address: '127.0.0.1', enabled: true }] };
  await settingsIn(configuration('limits: { pools_max: 0 }'));
  expect((await call('POST', '/client/v4/user/load_balancers/pools', { body })).success).toBe(false);
  await settingsIn(configuration());
  expect((await call('POST', '/client/v4/user/load_balancers/pools', { body })).success).toBe(true);
});

test('what answers say of the server, how many addresses they have, and the log level change', async () => {
  const body = {
    name: 'many',
    origins: [1, 2, 3].map((i) => ({ name: `e${i}`, address: `192.0.2.${i}`, enabled: true })),
  };
  await call('POST', '/client/v4/user/load_balancers/pools', { body });
  await expect.poll(async () => (await answer('many.pools.example.com')).split(' ').length).toBe(4);
  const settings = 'dns: { identity: n1, answer_addresses_max: 2 }\nlog: { level: fatal }';
  expect(await settingsIn(configuration(settings))).toMatchObject({
    changed: ['dns.answer_addresses_max', 'dns.identity', 'log.level'],
  });
  await expect.poll(async () => (await answer('many.pools.example.com')).split(' ').length).toBe(3);
  await expect.poll(() => answer('id.server', '-c', 'CH', '-t', 'TXT')).toContain('n1');
  expect(log.level).toBe('fatal');
});

test('destinations of notifications come and go', async () => {
  const webhooks = 'notifications: { webhooks: [{ name: hook, url: "http://127.0.0.1:9/" }] }';
  expect(await settingsIn(configuration(webhooks))).toMatchObject({ changed: ['notifications'] });
  const tried = await call('POST', '/lifeguard/v1/notifications/test');
  expect(tried.result.map(({ destination }: { destination: string }) => destination)).toEqual([
    'webhook/hook',
  ]);
  await settingsIn(configuration());
  expect((await call('POST', '/lifeguard/v1/notifications/test')).result).toEqual([]);
});

test('a setting that needs a restart is named, and all others count', async () => {
  const settings = configuration('dns: { udp_octets_max: 1400 }\nhealth: { recovery_seconds: 60 }');
  expect(await settingsIn(settings)).toEqual({
    ok: true,
    changed: ['health'],
    waiting: ['dns.udp_octets_max'],
  });
  expect(await node.reload()).toEqual({ ok: true, changed: [], waiting: ['dns.udp_octets_max'] });
});

test('a geo database that cannot be used is a problem, and nothing changes', async () => {
  const settings = configuration(`geo: { database: ${join(directory, 'none.mmdb')} }`).replace(
    '192.0.2.1',
    '192.0.2.9',
  );
  expect(await settingsIn(settings)).toMatchObject({ ok: false, problems: [{ path: 'geo' }] });
  expect(await answer('a.example.com')).toBe('NOERROR 192.0.2.1');
});

test('a reload took zones that hid records of the API', async () => {
  const zones = await call('GET', '/client/v4/zones?name=example.com');
  const records = `/client/v4/zones/${zones.result[0].id}/dns_records`;
  const made = await call('POST', records, { body: { type: 'A', name: 'b', content: '192.0.2.2' } });
  expect(made.errors).toEqual([]);
  await expect.poll(() => answer('b.example.com')).toBe('NOERROR 192.0.2.2');
  const beside = configuration().replace('records: [', 'records: [{ name: b, type: A, value: 192.0.2.3 }, ');
  expect(await settingsIn(beside)).toEqual({
    ok: false,
    problems: [
      {
        path: 'zones',
        message: expect.stringMatching(
          /^would hide records that the API made: Record "b\.example\.com" A would not be answered any more: /,
        ),
      },
    ],
  });
  expect(await answer('b.example.com')).toBe('NOERROR 192.0.2.2');
  expect((await call('DELETE', `${records}/${made.result.id}`)).success).toBe(true);
  await expect.poll(() => answer('b.example.com')).toBe('NXDOMAIN');
  expect(await settingsIn(beside)).toMatchObject({ ok: true });
});
