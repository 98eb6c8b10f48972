import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Running, start } from '../../src/commands/run.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { startWeb, type WebServer } from '../support/server/web.ts';
import { expectLastResults } from './last-results.ts';

const USER = '/client/v4/user/load_balancers';
let directory: string;
let web: WebServer;
let node: Running;
let monitor: string;

async function call(method: string, path: string, body?: object) {
  const response = await fetch(node.api + path, {
    method,
    headers: { authorization: `Bearer ${node.token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape.
  return (await response.json()) as any;
}

const explain = (query: string) => call('GET', `/lifeguard/v1/explain?${query}`);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-explain-'));
  web = await startWeb('127.0.0.1');
  const env = {
    LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
    LIFEGUARD_API_LISTEN: '127.0.0.1:0',
    LIFEGUARD_DATA_DIR: directory,
    LIFEGUARD_REGION: 'eu',
  };
  const loaded = loadConfig({ env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  node = await start(loaded.config, createLogger({ level: 'silent' }), { monitor: true });
  const made = await call('POST', `${USER}/monitors`, {
    type: 'tcp',
    interval: 1,
    timeout: 1,
    retries: 0,
    port: 1,
  });
  monitor = made.result.id;
  const { port } = web;
  await call('POST', `${USER}/pools`, {
    name: 'web',
    monitor,
    minimum_origins: 2,
    origins: [
      { name: 'up', address: '127.0.0.1', port },
      { name: 'down:1', address: '127.0.0.2', port },
      { name: 'off', address: '127.0.0.3', enabled: false },
      { name: 'six', address: '::1', port: 9 },
      { name: 'held', address: '127.0.0.4', port },
    ],
  });
  await call('POST', '/lifeguard/v1/overrides', {
    pool: 'web',
    endpoint: 'held',
    action: 'in',
    owner: 'ann',
    reason: 'test',
  });
}, 30_000);
afterAll(async () => {
  await node.stop();
  await web.stop();
  rmSync(directory, { recursive: true });
});

describe('explain', () => {
  test('shows the answer of this node, and for each endpoint why it is in the answer or not', async () => {
    const result = await vi.waitFor(
      async () => {
        const { result } = await explain('name=web.pools.example.com');
        expect(result.answer.toSorted()).toEqual(['127.0.0.1', '127.0.0.4']);
        expect(
          result.pools[0].endpoints.filter((one: { checks: string }) => one.checks === 'unknown'),
        ).toEqual([]);
        return result;
      },
      { timeout: 40_000, interval: 100 },
    );
    expect(result).toMatchObject({
      name: 'web.pools.example.com.',
      type: 'A',
      rcode: 'NOERROR',
      what_if: {},
    });
    const [pool] = result.pools;
    expect(pool).toMatchObject({ pool_name: 'web', zone: 'example.com.', enabled: true, healthy: true });
    expect(pool.addresses).toEqual([
      { address: '127.0.0.1', weight: 1 },
      { address: '127.0.0.4', weight: 1 },
    ]);
    expect(pool.endpoints).toMatchObject([
      { name: 'up', in: true, why: 'healthy', checks: 'healthy', stale: false, override: null },
      { name: 'down:1', in: false, why: 'unhealthy', checks: 'unhealthy' },
      { name: 'off', in: false, why: 'endpoint_disabled', enabled: false, monitors: expect.any(Array) },
      { name: 'six', in: false, why: 'unhealthy' },
      {
        name: 'held',
        in: true,
        why: 'override',
        checks: 'unhealthy',
        override: { owner: 'ann', action: 'in' },
      },
    ]);
    expect(pool.endpoints[1].monitors).toMatchObject([
      {
        monitor_id: monitor,
        healthy: false,
        stale_seconds: null,
        held_out_seconds: null,
        regions: [
          {
            region: 'eu',
            counts: true,
            held_back: false,
            healthy: false,
            workers: [{ live: true, healthy: false, last_ok: false, reason: 'TCP connection failed' }],
          },
        ],
      },
    ]);
    const [worker] = pool.endpoints[1].monitors[0].regions[0].workers;
    expect(worker.streak).toBeGreaterThanOrEqual(1);
    expect(worker.age_seconds).toBeLessThan(5);
  });

  test('shows what the answer would be with other results of the checks', async () => {
    const { result } = await explain(
      'name=WEB.pools.example.com&what_if=Down:1:healthy&what_if=up:unhealthy',
    );
    expect(result.what_if).toEqual({ 'down:1': 'healthy', up: 'unhealthy' });
    expect(result).toMatchObject({ rcode: 'NOERROR', answer: ['127.0.0.2', '127.0.0.4'] });
    expect(result.pools[0].addresses.map(({ address }: { address: string }) => address)).toEqual([
      '127.0.0.2',
      '127.0.0.4',
    ]);
    const six = await explain(
      'name=web.pools.example.com&type=aaaa&client=::1&ecs=2001:db8::/33&what_if=six:healthy',
    );
    expect(six.result).toMatchObject({ type: 'AAAA', rcode: 'NOERROR', answer: ['::1'] });
    expect(six.result.pools[0].endpoints).toMatchObject([
      { why: 'other_family' },
      { why: 'unhealthy' },
      { why: 'endpoint_disabled' },
      { in: true, why: 'healthy' },
      { in: false, why: 'other_family' },
    ]);
  });

  test('follows an alias of its zone to the pool', async () => {
    const { result } = await explain('name=www.example.com');
    expect(result.pools).toMatchObject([{ pool_name: 'web', zone: 'example.com.' }]);
    expect(result.answer.toSorted()).toEqual(['127.0.0.1', '127.0.0.4', 'web.pools.example.com']);
    const supposed = await explain('name=www.example.com&what_if=up:unhealthy');
    expect(supposed.result).toMatchObject({
      rcode: 'NOERROR',
      answer: ['web.pools.example.com', '127.0.0.4'],
      pools: [{ endpoints: [{ name: 'up', in: false }, {}, {}, {}, {}] }],
    });
    const nothing = await explain('name=www.example.com&type=AAAA&what_if=up:unhealthy');
    expect(nothing.result).toMatchObject({ rcode: 'NOERROR', answer: ['web.pools.example.com'] });
  });

  test('follows a CNAME at an apex to the pool in whose addresses it is answered', async () => {
    const { result: zone } = await call('POST', '/client/v4/zones', { name: 'flat.example' });
    const record = { type: 'CNAME', name: '@', content: 'web.pools.example.com' };
    const made = await call('POST', `/client/v4/zones/${zone.id}/dns_records`, record);
    expect(made).toMatchObject({ success: true });
    await vi.waitFor(async () => {
      const { result } = await explain('name=flat.example');
      expect(result).toMatchObject({ rcode: 'NOERROR', flattened: ['web.pools.example.com.'] });
      expect(result.answer).toContain('127.0.0.4');
      expect(result.pools).toMatchObject([{ pool_name: 'web' }]);
    });
  });

  test('shows the most likely address of a weighted pool, and none of a disabled pool', async () => {
    const endpoint = (name: string, last: number, weight: number) => ({
      name,
      address: `192.0.2.${last}`,
      weight,
    });
    const origins = [endpoint('few', 1, 0.1), endpoint('most', 2, 0.7), endpoint('some', 3, 0.2)];
    const made = await call('POST', `${USER}/pools`, { name: 'heavy', monitor, origins });
    const query = 'name=heavy.pools.example.com&what_if=few:healthy&what_if=some:healthy';
    const answer = async (more = '') => {
      const { result } = await explain(query + more);
      return [result.rcode, ...result.answer];
    };
    await vi.waitFor(async () => expect(await answer()).toEqual(['NOERROR', '192.0.2.3']), 40_000);
    expect(await answer('&what_if=most:healthy')).toEqual(['NOERROR', '192.0.2.2']);
    await call('PATCH', `${USER}/pools/${made.result.id}`, { enabled: false });
    await vi.waitFor(async () => expect(await answer()).toEqual(['NXDOMAIN']), 40_000);
  });

  test.each([
    ['none.pools.example.com', 'NXDOMAIN', [], /^Pools are answered below/],
    ['ns1.example.com', 'NOERROR', ['192.0.2.53'], undefined],
    ['www.example.net', 'REFUSED', [], /^The zones of this server: example\.com\., flat\.example\.$/],
    ['.', 'REFUSED', [], /^The zones of this server/],
    [
      'WEB',
      'REFUSED',
      [],
      /^Pool "web" is answered at web\.pools\.example\.com\., web\.pools\.flat\.example\.$/,
    ],
  ])('%s is not a pool, and its answer is: %s', async (name, rcode, answer, hint) => {
    const { result } = await explain(`name=${name}`);
    expect(result).toMatchObject({ rcode, answer, pools: [] });
    if (hint === undefined) expect(result.hint).toBeNull();
    else expect(result.hint).toMatch(hint);
  });

  test.each<[string, (string | RegExp)[]]>([
    ['', ['name must be given']],
    ['name=a..b', ['name is not a domain name']],
    [
      'name=web&type=MAYBE&client=example.org&ecs=192.0.2.0/33',
      [
        'type must be a type of records such as A, MX or TYPE65, or ANY',
        'client must be an IPv4 or IPv6 address',
        'ecs must be an IP prefix such as 192.0.2.0/24 or 2001:db8::/32',
      ],
    ],
    [
      'name=web.pools.example.com&what_if=up&what_if=other:healthy',
      [
        'what_if must be an endpoint, a colon, and healthy or unhealthy',
        /^No pool at this name has an endpoint "other"\. The endpoints: \S.*\.$/,
      ],
    ],
  ])('%s is refused', async (query, sentences) => {
    const { success, errors } = await explain(query);
    expect(success).toBe(false);
    expect(errors.map(({ message }: { message: string }) => message)).toEqual(
      sentences.map((sentence) =>
        typeof sentence === 'string' ? `${sentence}: validation failed` : expect.stringMatching(sentence),
      ),
    );
  });

  test('shows what a pool answers when all are down, with an alarm and events of its begin and its end', async () => {
    const { result: made } = await call('POST', `${USER}/pools`, {
      name: 'all-down',
      monitor,
      all_down: 'all',
      origins: [{ name: 'down', address: '127.0.0.2', port: web.port }],
    });
    expect(made.all_down).toBe('all');
    const alarm = async () => {
      const { result } = await call('GET', '/lifeguard/v1/events?kind=alarm');
      return result.events
        .filter((each: { alarm: string }) => each.alarm === 'all_down')
        .map(({ now, pools }: { now: string; pools: string[] }) => [now, ...pools]);
    };
    await vi.waitFor(async () => expect(await alarm()).toEqual([['raised', 'all-down']]), {
      timeout: 40_000,
      interval: 100,
    });
    const { result } = await explain('name=all-down.pools.example.com');
    expect(result).toMatchObject({ answer: ['127.0.0.2'], rcode: 'NOERROR' });
    expect(result.pools).toMatchObject([
      {
        healthy: false,
        all_down: 'all',
        endpoints: [{ in: true, why: 'all_down', checks: 'unhealthy' }],
      },
    ]);
    const metrics = await fetch(`${node.api}/metrics`, {
      headers: { authorization: `Bearer ${node.token}` },
    });
    expect(await metrics.text()).toContain('lifeguard_alarms{alarm="all_down"} 1');
    await call('PATCH', `${USER}/pools/${made.id}`, { all_down: null });
    await vi.waitFor(
      async () => {
        expect(await alarm()).toEqual([
          ['quiet', 'all-down'],
          ['raised', 'all-down'],
        ]);
        expect((await explain('name=all-down.pools.example.com')).result.answer).toEqual([]);
      },
      { timeout: 40_000, interval: 100 },
    );
  });
});

test.concurrent.for(['embedded', 'Redis'] as const)(
  'explain shows the last result of a disabled or no longer monitored endpoint (%s)',
  { timeout: 240_000 },
  (store, { onTestFinished }) => expectLastResults(store, onTestFinished),
);
