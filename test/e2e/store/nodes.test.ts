import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, create, readOwn, writeOwn } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';

/** Requests that race for the last places of each kind. */
const RACERS = 12;
/** Begins a path of the load-balancing API. */
const API = 'api';
const LIMITS = {
  pools_max: 6,
  endpoints_max: 8,
  monitors_max: 3,
  monitor_groups_max: 2,
  overrides_max: 2,
  zones_max: 3,
  tokens_max: 3,
};

let directory: string;
let redis: RedisServer;
let one: LifeguardProcess;
let two: LifeguardProcess;
let embedded: LifeguardProcess;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-nodes-'));
  redis = await startRedis();
  const config = join(directory, 'lifeguard.yaml');
  const zones = [{ name: 'example.com', ns: [{ name: 'ns1.example.net' }], pools: 'pools' }];
  writeFileSync(config, JSON.stringify({ limits: LIMITS, zones }));
  const start = (name: string, env: Record<string, string>) =>
    startLifeguard('serve', {
      LIFEGUARD_CONFIG: config,
      LIFEGUARD_DATA_DIR: join(directory, name),
      ...env,
    });
  const shared = { LIFEGUARD_REDIS_URL: redis.url };
  [one, two, embedded] = await Promise.all([
    start('one', shared),
    start('two', shared),
    start('embedded', {}),
  ]);
});
afterAll(async () => {
  await endAll();
  await redis.stop();
  rmSync(directory, { recursive: true });
});

test('nodes list each other, and a revision that all serve is in the answers of all', async () => {
  await expect.poll(() => readOwn(one, '/nodes'), { timeout: 40_000 }).toHaveLength(2);
  await create(one, '/pools', { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] });
  expect(await readOwn(one, '/revisions/1?wait=10s')).toMatchObject({ revision: 1, served: true, nodes: 2 });
  for (const { dns } of [one, two])
    expect((await dig(dns, 'web.pools.example.com', 'A')).rdata).toEqual(['192.0.2.1']);
  expect(await readOwn(two, '/revisions/2?wait=1s')).toMatchObject({ served: false, nodes: 2 });
}, 60_000);

test.each([
  ['two servers over one Redis', () => [one, two]],
  ['one over its own file', () => [embedded]],
])(
  'of simultaneous requests for the last places of %s, exactly as many succeed',
  async (_, servers) => {
    const nodes = servers();
    /** How many of these requests, all at once, were met; every other was told that there is no place. */
    const race = async (
      requests: readonly { method?: string; path: string; body: object }[],
      token = TOKEN,
    ): Promise<number> => {
      const answers = await Promise.all(
        requests.map(async ({ method = 'POST', path, body }, at) => {
          const { api } = nodes[at % nodes.length]!;
          const url = path.startsWith(API) ? api + path.slice(API.length) : new URL(path, api);
          const headers = { authorization: `Bearer ${token}` };
          const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
          const { errors } = (await answer.json()) as { errors: { code: number; message: string }[] };
          return `${answer.status} ${errors[0]?.code ?? ''} ${answer.status === 403 ? '' : (errors[0]?.message ?? '')}`;
        }),
      );
      const met = answers.filter((answer) => answer === '200  ').length;
      expect(answers.filter((answer) => answer === '403 1404 ')).toHaveLength(requests.length - met);
      return met;
    };
    const racers = (path: string, body: (at: number) => object) =>
      Array.from({ length: RACERS }, (_, at) => ({ path, body: body(at) }));
    const pool = (name: string, endpoints = 1) => ({
      name,
      origins: Array.from({ length: endpoints }, (_, at) => ({
        name: `e${at}`,
        address: `192.0.2.${at + 1}`,
      })),
    });

    const pools = async (): Promise<{ id: string; name: string }[]> =>
      (await call(nodes[0]!, 'GET', '/pools')).result;
    const quota = await writeOwn(nodes[0]!, 'POST', '/tokens', {
      name: 'team',
      scope: 'edit',
      pool_prefix: 'q-',
      documents_max: 2,
    });
    expect(
      await race(
        racers('api/pools', (at) => pool(`q-${at}`)),
        quota.token,
      ),
    ).toBe(2);
    const left = LIMITS.pools_max - (await pools()).length;
    expect(await race(racers('api/pools', (at) => pool(`p${at}`)))).toBe(left);
    const all = await pools();
    expect(all).toHaveLength(LIMITS.pools_max);
    const grow = all.map(({ id }) => ({
      method: 'PATCH',
      path: `api/pools/${id}`,
      body: { origins: pool('', 2).origins },
    }));
    expect(await race(grow)).toBe(LIMITS.endpoints_max - LIMITS.pools_max);
    const monitor = (at: number) => ({ type: 'tcp', port: 1000 + at, interval: 60, timeout: 5, retries: 0 });
    const kept = await create(nodes[0]!, '/monitors', monitor(0));
    expect(await race(racers('api/monitors', (at) => monitor(at + 1)))).toBe(LIMITS.monitors_max - 1);
    const members = [{ monitor_id: kept.id, enabled: true, monitoring_only: false, must_be_healthy: false }];
    expect(await race(racers('api/monitor_groups', (at) => ({ description: `g${at}`, members })))).toBe(
      LIMITS.monitor_groups_max,
    );
    const own = '/lifeguard/v1';
    expect(await race(racers(`${own}/tokens`, (at) => ({ name: `t${at}`, scope: 'read' })))).toBe(
      LIMITS.tokens_max - 1,
    );
    const overrides = all.map(({ name }) => ({
      path: `${own}/overrides`,
      body: { pool: name, owner: 'ann', action: 'out', reason: 'race' },
    }));
    expect(await race(overrides)).toBe(LIMITS.overrides_max);
    const zones = racers('/client/v4/zones', (at) => ({
      name: `z${at}.example.org`,
      account: {},
    }));
    expect(await race(zones)).toBe(LIMITS.zones_max);
  },
  60_000,
);
