/** A real process with pools all over the world and load balancers over them, for tests and pictures of the dashboard. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { freePort } from '../support/free-port.ts';
import { startLifeguard, TOKEN } from '../support/lifeguard.ts';

/** A name and a condition that would do harm if the page took them for markup. */
export const HOSTILE = '<img src=x onerror=alert(1)>';

/** Names of pools, with the number of their endpoints and their coordinates. */
const POOLS = {
  europe: { size: 3, latitude: 50, longitude: 9 },
  'america-east': { size: 3, latitude: 39, longitude: -77 },
  'america-west': { size: 2, latitude: 37, longitude: -122 },
  asia: { size: 2, latitude: 1, longitude: 104 },
  global: { size: 2, latitude: 48, longitude: 2 },
} as const;
/** Name of a pool of the sample. */
export type SamplePool = keyof typeof POOLS;

/** A process with the sample, and what was made in it. */
export interface SampleWorld {
  readonly origin: string;
  readonly pools: Readonly<Record<SamplePool, string>>;
  /** Identifier of the load balancer www.example.com, which steers by place. */
  readonly balancer: string;
  // biome-ignore lint/suspicious/noExplicitAny: callers look into JSON as it came
  call(method: string, path: string, body?: object): Promise<any>;
  /** Stops the web server of an endpoint, such as `asia-1`. */
  stopEndpoint(name: string): void;
  end(): Promise<void>;
}

/** Logs in at the form that the page shows, and waits until it is gone. */
export async function logIn(page: Page, token = TOKEN): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Log out' }).waitFor();
}

/** Starts the process and makes the sample. */
export async function openSampleWorld(): Promise<SampleWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-sample-'));
  const origin = `http://127.0.0.1:${await freePort()}`;
  const lifeguard = await startLifeguard('all', {
    LIFEGUARD_DATA_DIR: directory,
    LIFEGUARD_API_LISTEN: new URL(origin).host,
    LIFEGUARD_REGION: 'WEU',
  });
  const servers = new Map<string, Server>();
  async function call(method: string, path: string, body?: object) {
    const response = await fetch(origin + path, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as { success: boolean; errors: unknown; result: unknown };
    if (!answer.success) throw new Error(`${method} ${path}: ${JSON.stringify(answer.errors)}`);
    return answer.result;
  }
  const base = '/client/v4/user/load_balancers';
  const made = async (path: string, body: object) => ((await call('POST', path, body)) as { id: string }).id;
  const monitor = await made(`${base}/monitors`, {
    ...{ type: 'http', description: 'home page', expected_codes: '2xx', interval: 1, timeout: 1, retries: 0 },
  });
  const pools: Record<string, string> = {};
  for (const [name, { size, ...coordinates }] of Object.entries(POOLS)) {
    const origins: object[] = [];
    for (let i = 1; i <= size; i += 1) {
      const server = createServer((_, response) => response.end('ok'));
      const address = `127.0.0.${servers.size + 1}`;
      server.listen(0, address);
      await once(server, 'listening');
      servers.set(`${name}-${i}`, server);
      origins.push({ name: `${name}-${i}`, address, port: (server.address() as AddressInfo).port });
    }
    pools[name] = await made(`${base}/pools`, { name, monitor, origins, ...coordinates });
  }
  const zones = (await call('GET', '/client/v4/zones?name=example.com')) as { id: string }[];
  const list = `/client/v4/zones/${zones[0]!.id}/load_balancers`;
  const ids = pools as Record<SamplePool, string>;
  const balancer = await made(list, {
    name: 'www.example.com',
    description: 'the shop, by continent',
    steering_policy: 'geo',
    default_pools: [ids.europe, ids['america-east']],
    fallback_pool: ids.global,
    region_pools: {
      WNAM: [ids['america-west'], ids['america-east']],
      ENAM: [ids['america-east'], ids['america-west']],
      NSAM: [ids['america-east']],
      SSAM: [ids['america-east']],
      SEAS: [ids.asia],
      NEAS: [ids.asia],
      SAS: [ids.asia],
      OC: [ids.asia, ids['america-west']],
    },
    country_pools: { JP: [ids['america-west']] },
    rules: [
      {
        name: HOSTILE,
        condition: 'ip.src in {192.0.2.0/24}',
        overrides: { default_pools: [ids.global], steering_policy: 'off', ttl: 60 },
        terminates: true,
      },
    ],
  });
  const others = [
    { name: 'api.example.com', steering_policy: 'random', default_pools: [ids.europe, ids['america-east']] },
    { name: 'files.example.com', steering_policy: 'proximity', default_pools: [ids.europe, ids.asia] },
  ];
  for (const each of others) await made(list, { ...each, fallback_pool: ids.global });
  return {
    origin,
    pools: ids,
    balancer,
    call,
    stopEndpoint: (name) => servers.get(name)!.close().closeAllConnections(),
    async end() {
      await lifeguard.end();
      for (const server of servers.values()) if (server.listening) server.close().closeAllConnections();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
