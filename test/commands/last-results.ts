import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext, vi } from 'vitest';
import { explainText } from '../../src/cli/health/explain.ts';
import { start } from '../../src/commands/run.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { startRedis } from '../support/server/redis.ts';

const SOON = { timeout: 100_000, interval: 50 };
/** The check of each of these pools ends in another way. */
const POOLS = ['off', 'part', 'bare', 'group'] as const;
type Finished = TestContext['onTestFinished'];
type Name = (typeof POOLS)[number];

/** A server on every loopback address; its status can be changed. */
async function serveStatus(finished: Finished) {
  const state = { status: 200 };
  const server = createServer((_request, response) => response.writeHead(state.status).end());
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  finished(() => void server.close());
  return { state, port: (server.address() as AddressInfo).port };
}

async function startNode(directory: string, env: Readonly<Record<string, string>>) {
  const loaded = loadConfig({
    env: {
      LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
      LIFEGUARD_API_LISTEN: '127.0.0.1:0',
      LIFEGUARD_DATA_DIR: directory,
      LIFEGUARD_REGION: 'eu',
      ...env,
    },
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const node = await start(loaded.config, createLogger({ level: 'silent' }), { monitor: true });
  const call = async (method: string, path: string, body?: object) => {
    const response = await fetch(node.api + path, {
      method,
      headers: { authorization: `Bearer ${node.token}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape.
    const answer = (await response.json()) as any;
    if (!answer.success) throw new Error(JSON.stringify(answer.errors));
    return answer.result;
  };
  const explained = (name: Name) => call('GET', `/lifeguard/v1/explain?name=${name}.pools.example.com`);
  return { call, explained, stop: () => node.stop() };
}

type Node = Awaited<ReturnType<typeof startNode>>;

/** What explain shows of the first endpoint by a monitor. */
async function foundBy(node: Node, name: Name, monitor: string) {
  const explained = await node.explained(name);
  const [endpoint] = explained.pools[0].endpoints;
  const said = endpoint.monitors.find((each: { monitor_id: string }) => each.monitor_id === monitor);
  return { explained, runs: said?.runs, workers: said?.regions[0]?.workers ?? [], region: said?.regions[0] };
}

const BASE = `/client/v4/accounts/${'0'.repeat(32)}/load_balancers`;

/** Four checks end, each in another way, and what `explain` shows of them is their last result, also after a restart. */
export async function expectLastResults(store: 'embedded' | 'Redis', finished: Finished): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-ended-'));
  finished(() => rmSync(directory, { recursive: true }));
  const redis = store === 'Redis' ? await startRedis() : undefined;
  if (redis) finished(() => redis.stop());
  const env = redis ? { LIFEGUARD_REDIS_URL: redis.url } : {};
  const { state, port } = await serveStatus(finished);
  let node = await startNode(directory, env);
  finished(() => node.stop());

  // A probe that ends because the machine is slow would be the last result, for ever.
  const settings = { type: 'http', expected_codes: '2xx', interval: 1, timeout: 10, retries: 0 };
  const monitor: string = (await node.call('POST', `${BASE}/monitors`, settings)).id;
  const other: string = (await node.call('POST', `${BASE}/monitors`, { ...settings, path: '/other' })).id;
  const member = { enabled: true, monitoring_only: false, must_be_healthy: false };
  const both = [monitor, other].map((id) => ({ ...member, monitor_id: id }));
  const group = await node.call('POST', `${BASE}/monitor_groups`, { description: 'two', members: both });
  const ids = new Map<Name, string>();
  const origin = (name: Name, fields = {}) => ({
    name: 'one',
    address: `127.0.3.${POOLS.indexOf(name) + 1}`,
    port,
    ...fields,
  });
  for (const name of POOLS) {
    const by = name === 'group' ? { monitor_group: group.id } : { monitor };
    const made = await node.call('POST', `${BASE}/pools`, { name, ...by, origins: [origin(name)] });
    ids.set(name, made.id);
  }
  const untilAll = (wanted: object) =>
    vi.waitFor(async () => {
      for (const name of POOLS) {
        const { workers } = await foundBy(node, name, monitor);
        expect([name, workers]).toEqual([name, [expect.objectContaining(wanted)]]);
      }
    }, SOON);

  await untilAll({ response_code: 200, ended_at: null });
  // As healthy as the first: no news, which a node would remember.
  state.status = 204;
  await untilAll({ response_code: 204, ended_at: null });
  const edit = (name: Name, fields: object) => node.call('PATCH', `${BASE}/pools/${ids.get(name)}`, fields);
  await edit('off', { enabled: false });
  await edit('part', { origins: [origin('part', { enabled: false })] });
  await edit('bare', { monitor: null });
  await node.call('PATCH', `${BASE}/monitor_groups/${group.id}`, { members: both.slice(1) });
  const last = {
    response_code: 204,
    healthy: true,
    last_ok: true,
    reason: 'No failures',
    ended_at: expect.any(String),
  };
  const expectLast = async () => {
    await untilAll(last);
    for (const name of POOLS) {
      const { explained, runs, workers, region } = await foundBy(node, name, monitor);
      expect(workers[0].streak).toBeGreaterThan(1);
      expect([name, runs]).toEqual([name, name === 'off' || name === 'part']);
      expect(region).toMatchObject({ region: 'eu', healthy: true });
      expect(explained.pools[0].endpoints[0].no_results).toBeNull();
      const text = explainText(explained);
      const { worker, ended_at: end, checked_at: at } = workers[0];
      expect(text).toContain(
        `response code 204, checked at ${at} by worker ${worker}, last result: the check ended at ${end}`,
      );
    }
  };
  await expectLast();
  // What the store keeps, another process reads.
  await node.stop();
  node = await startNode(directory, env);
  await expectLast();
  // A check that begins again has its first result decide, and nothing is left of the last one.
  state.status = 200;
  await edit('off', { enabled: true });
  await vi.waitFor(async () => {
    const { workers } = await foundBy(node, 'off', monitor);
    expect(workers).toMatchObject([{ response_code: 200, ended_at: null }]);
  }, SOON);
}
