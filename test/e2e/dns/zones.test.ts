import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';

let directory: string;
let redis: RedisServer;
let serving: LifeguardProcess[];
const account_id = 'a'.repeat(32);
const SOON = { timeout: 40_000, interval: 200 };
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeguard-zones-'));
  redis = await startRedis();
  serving = await Promise.all(['one', 'two'].map((name) => startNode(name)));
});
afterAll(async () => {
  await endAll();
  await redis.stop();
  await rm(directory, { recursive: true });
});

function startNode(name: string): Promise<LifeguardProcess> {
  return startLifeguard('serve', {
    LIFEGUARD_DATA_DIR: join(directory, name),
    LIFEGUARD_REDIS_URL: redis.url,
  });
}

function clientOf({ api }: LifeguardProcess): Cloudflare {
  return new Cloudflare({ apiToken: TOKEN, baseURL: `${new URL(api).origin}/client/v4`, maxRetries: 0 });
}

/** Waits until every node answers a question so. */
async function everywhere(words: string[], wanted: object): Promise<void> {
  for (const { dns } of serving) {
    const ask = async () => {
      const { status, rdata } = await dig(dns, ...words);
      return { status, rdata };
    };
    await expect.poll(ask, SOON).toMatchObject(wanted);
  }
}

test('a zone created over the API is served by every node with its pools, until it is deleted', async () => {
  const { zones, loadBalancers } = clientOf(serving[0]!);
  const origins = [{ name: 'a', address: '192.0.2.80' }];
  await loadBalancers.pools.create({ account_id, name: 'web', origins });
  await everywhere(['web.pools.made.example.net', 'A'], { status: 'REFUSED' });

  const { id: zone_id } = await zones.create({ account: {}, name: 'made.example.net' });
  await everywhere(['web.pools.made.example.net', 'A'], { status: 'NOERROR', rdata: ['192.0.2.80'] });
  await everywhere(['web.pools.example.com', 'A'], { rdata: ['192.0.2.80'] });
  await everywhere(['made.example.net', 'NS'], { rdata: ['ns1.example.com.', 'ns2.example.com.'] });
  await everywhere(['none.made.example.net', 'A'], { status: 'NXDOMAIN' });
  await everywhere(['made.example.net', 'SOA'], {
    rdata: ['ns1.example.com. hostmaster.made.example.net. 2 3600 600 1209600 10'],
  });
  // What concerns another zone alone raises no serial.
  const other = await zones.create({ account: {}, name: 'other.example.net' });
  await everywhere(['other.example.net', 'NS'], { status: 'NOERROR' });
  await everywhere(['made.example.net', 'SOA'], {
    rdata: ['ns1.example.com. hostmaster.made.example.net. 2 3600 600 1209600 10'],
  });
  await zones.delete({ zone_id: other.id });
  await loadBalancers.pools.create({ account_id, name: 'mail', origins });
  await everywhere(['mail.pools.made.example.net', 'A'], { rdata: ['192.0.2.80'] });

  const settings = `${new URL(serving[1]!.api).origin}/lifeguard/v1/zones/${zone_id}/settings`;
  const changed = await fetch(settings, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({
      pools: 'live',
      pool_ttl: 7,
      soa: { rname: 'ops@example.com', minimum: 20 },
      ns: [{ name: 'ns.made.example.net', addresses: ['192.0.2.7', '2001:db8::7'] }],
    }),
  });
  expect(changed.status).toBe(200);
  await everywhere(['mail.live.made.example.net', 'A'], { rdata: ['192.0.2.80'] });
  await everywhere(['mail.pools.made.example.net', 'A'], { status: 'NXDOMAIN' });
  await everywhere(['ns.made.example.net', 'AAAA'], { rdata: ['2001:db8::7'] });
  await everywhere(['made.example.net', 'SOA'], {
    rdata: ['ns.made.example.net. ops.example.com. 6 3600 600 1209600 20'],
  });
  const [line] = (await dig(serving[0]!.dns, 'web.live.made.example.net', 'A')).answer;
  expect(line).toBe('web.live.made.example.net. 7 IN A 192.0.2.80');

  await serving[1]!.end('SIGKILL');
  serving[1] = await startNode('two');
  await everywhere(['mail.live.made.example.net', 'A'], { rdata: ['192.0.2.80'] });
  await everywhere(['made.example.net', 'SOA'], {
    rdata: ['ns.made.example.net. ops.example.com. 6 3600 600 1209600 20'],
  });
  expect(await zones.delete({ zone_id })).toEqual({ id: zone_id });
  for (const name of ['made.example.net', 'mail.live.made.example.net', 'ns.made.example.net'])
    await everywhere([name, 'A'], { status: 'REFUSED' });
  await everywhere(['mail.pools.example.com', 'A'], { rdata: ['192.0.2.80'] });
});
