import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SAMPLE_FILE } from '../../../src/config/source/load.ts';
import { LEASE_MS } from '../../../src/store/contract/workers.ts';
import { create } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { samplesOf } from '../../support/server/prometheus.ts';
import { startRedis } from '../../support/server/redis.ts';
import { startWeb } from '../../support/server/web.ts';

const stops: (() => unknown)[] = [];
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-metrics-'));
});
afterEach(async () => {
  await endAll();
  for (const stop of stops.splice(0).reverse()) await stop();
  rmSync(directory, { recursive: true });
});

const metricsUrl = ({ api }: LifeguardProcess) => new URL('/metrics', api);
const scrape = async (
  node: LifeguardProcess,
  headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
) => fetch(metricsUrl(node), { headers });
const samples = async (node: LifeguardProcess) => samplesOf(await (await scrape(node)).text());
const soon = { timeout: 40_000, interval: 100 };

test('a node has metrics of its queries, its pools and their staleness', async () => {
  const redis = await startRedis();
  stops.push(() => redis.stop());
  const web = await startWeb('127.0.0.1');
  stops.push(() => web.stop());
  const shared = { LIFEGUARD_REDIS_URL: redis.url };
  const node = await startLifeguard('serve', { ...shared, LIFEGUARD_DATA_DIR: join(directory, 'serve') });
  const config = join(directory, 'worker.yaml');
  writeFileSync(
    config,
    readFileSync(SAMPLE_FILE, 'utf8').replace(
      'metrics_insecure:',
      'metrics_listen: 127.0.0.1:0\n  metrics_insecure:',
    ),
  );
  const worker = await startLifeguard('monitor', {
    ...shared,
    LIFEGUARD_CONFIG: config,
    LIFEGUARD_DATA_DIR: join(directory, 'monitor'),
  });
  const monitor = await create(node, '/monitors', {
    type: 'http',
    expected_codes: '200',
    interval: 1,
    timeout: 1,
    retries: 0,
  });
  const origins = [
    { name: 'up', address: web.address, port: web.port },
    { name: 'off', address: '127.0.0.2', port: web.port, enabled: false },
  ];
  await create(node, '/pools', { name: 'web', monitor: monitor.id, origins });
  await expect
    .poll(async () => (await samples(node)).get('lifeguard_endpoint_healthy{pool="web",endpoint="up"}'), soon)
    .toBe(1);
  await dig(node.dns, 'web.pools.example.com', 'A');
  await dig(node.dns, 'web.pools.example.com', 'AAAA', '+tcp');
  await dig(node.dns, 'nosuch.example.com', 'A');
  expect(Object.fromEntries(await samples(node))).toMatchObject({
    'lifeguard_dns_queries_total{transport="udp"}': 2,
    'lifeguard_dns_queries_total{transport="tcp"}': 1,
    'lifeguard_dns_queries_by_type_total{type="A"}': 2,
    'lifeguard_dns_queries_by_type_total{type="AAAA"}': 1,
    'lifeguard_dns_answers_total{rcode="NOERROR"}': 2,
    'lifeguard_dns_answers_total{rcode="NXDOMAIN"}': 1,
    lifeguard_revision: 2,
    lifeguard_ready: 1,
    lifeguard_store_connected: 1,
    lifeguard_store_away_seconds: 0,
    'lifeguard_live_workers{region="local"}': 1,
    lifeguard_pools: 1,
    'lifeguard_pool_healthy{pool="web"}': 1,
    'lifeguard_endpoints{standing="healthy"}': 1,
    'lifeguard_endpoints{standing="disabled"}': 1,
    lifeguard_endpoints_stale: 0,
    'lifeguard_verdict_changes_total{now="healthy"}': 1,
    'lifeguard_pool_transitions_total{pool="web"}': 0,
    'lifeguard_update_seconds_count{source="observation"}': 1,
    lifeguard_write_seconds_count: 2,
    'lifeguard_abstaining_workers{region="local"}': 0,
    lifeguard_checks_held_out: 0,
    lifeguard_checks_held_back: 0,
    'lifeguard_overrides{action="out"}': 0,
  });

  const ofWorker = worker.log.find(({ msg }) => msg === 'probing')!.metrics as string;
  expect(await (await fetch(`${ofWorker}/livez`)).json()).toEqual({ live: true });
  const told = samplesOf(await (await fetch(`${ofWorker}/metrics`)).text());
  expect(told.get('lifeguard_worker_checks{state="held"}')).toBe(1);
  expect(told.get('lifeguard_worker_check_late_seconds_count')).toBeGreaterThan(0);

  const silent = () =>
    samples(node).then((all) => all.get('lifeguard_region_silent_seconds{region="local"}'));
  expect(await silent()).toBeLessThan(LEASE_MS / 1_000);

  await worker.end('SIGKILL');
  await expect.poll(async () => (await samples(node)).get('lifeguard_endpoints_stale'), soon).toBe(1);
  await expect.poll(silent, soon).toBeGreaterThan(LEASE_MS / 1_000);
  expect((await samples(node)).get('lifeguard_live_workers{region="local"}')).toBe(0);
  const stale = () =>
    samples(node).then((all) => all.get('lifeguard_endpoint_stale_seconds{pool="web",endpoint="up"}'));
  const before = (await stale())!;
  await expect.poll(stale, soon).toBeGreaterThan(before);
  expect((await samples(node)).get('lifeguard_endpoint_healthy{pool="web",endpoint="up"}')).toBe(1);

  await redis.kill();
  await expect.poll(async () => (await samples(node)).get('lifeguard_store_connected'), soon).toBe(0);
  expect((await samples(node)).get('lifeguard_store_away_seconds')).toBeGreaterThan(0);
}, 60_000);

test('a scraper needs the token, unless it is configured otherwise', async () => {
  const closed = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory });
  const answer = await scrape(closed);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(samplesOf(await answer.text()).get('lifeguard_worker_member')).toBeDefined();
  expect((await scrape(closed, {})).status).toBe(401);
  expect((await scrape(closed, { authorization: 'Bearer wrong-wrong-wrong' })).status).toBe(403);
  expect((await fetch(metricsUrl(closed), { method: 'POST' })).status).toBe(405);
  await closed.end();

  const config = join(directory, 'public.yaml');
  writeFileSync(
    config,
    readFileSync(SAMPLE_FILE, 'utf8').replace('metrics_public: false', 'metrics_public: true'),
  );
  const open = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_CONFIG: config });
  expect((await scrape(open, {})).status).toBe(200);
}, 60_000);
