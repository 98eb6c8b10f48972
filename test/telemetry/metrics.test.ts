import { expect, test } from 'vitest';
import { Counter, LIMITED_SLIPPED, newCounters } from '../../src/answer/counters.ts';
import { createLatency } from '../../src/telemetry/latency.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import type { MetricsSource, PoolReadings } from '../../src/telemetry/readings.ts';
import { samplesOf } from '../support/server/prometheus.ts';

const none: PoolReadings = {
  pools: 0,
  endpoints: { healthy: 0, unhealthy: 0, unknown: 0, unmonitored: 0, disabled: 0 },
  stale: { endpoints: 0, oldestMs: 0 },
  shown: [],
};

function sourceOf(fields: Partial<MetricsSource> = {}): MetricsSource {
  return {
    configuration: () => ({ all: 'a1', zones: 'b2', health: 'c3', limits: 'd4' }),
    counters: [],
    threadDeaths: 0,
    kernelDrops: () => undefined,
    queries: { names: [], zones: [] },
    queryLog: { written: { file: 0, dnstap: 0 }, lost: { file: 0, dnstap: 0 } },
    connections: { open: 0, refused: 0, displaced: 0 },
    generation: 7,
    revision: 3,
    isReady: true,
    storeAwayMs: 0,
    table: { arenaOctets: 300, usedOctets: 200, deadOctets: 100 },
    liveWorkers: [],
    regionsSilentMs: new Map(),
    verdictChanges: { healthy: 2, unhealthy: 1 },
    updates: {
      arrivedToPublished: { observation: createLatency().reading, configuration: createLatency().reading },
      sentToPublished: createLatency().reading,
    },
    heldOut: 0,
    heldBack: 0,
    overrides: () => ({}),
    alarms: () => ({}),
    notifications: () => [],
    readPools: async () => none,
    readWorker: () => undefined,
    ...fields,
  };
}

const read = async (fields?: Partial<MetricsSource>) =>
  samplesOf(await createMetrics(sourceOf(fields)).text());

test('counters of the threads are added up, and read for every scrape', async () => {
  const blocks = [newCounters(), newCounters()];
  const counters = blocks.map((own, thread) => ({ engine: 'batched' as const, thread, counters: own }));
  const metrics = createMetrics(sourceOf({ counters }));
  blocks[0]![Counter.QUERIES] = 5;
  blocks[1]![Counter.QUERIES] = 6;
  blocks[1]![Counter.QUERIES + 1] = 1;
  blocks[0]![Counter.TYPES + 1] = 4;
  blocks[0]![Counter.RCODES + 3] = 2;
  blocks[0]![Counter.RCODES + 11] = 1;
  blocks[1]![Counter.LIMITED + LIMITED_SLIPPED] = 9;
  blocks[0]![Counter.LIMITED_ALL] = 3;
  blocks[1]![Counter.TRUNCATED] = 8;
  blocks[0]![Counter.UNSENT] = 7;
  const first = samplesOf(await metrics.text());
  expect(
    Object.fromEntries(
      [...first].filter(([name, value]) => /^lifeguard_dns_(?!by_thread)/.test(name) && value),
    ),
  ).toEqual({
    'lifeguard_dns_queries_total{transport="udp"}': 11,
    'lifeguard_dns_queries_total{transport="tcp"}': 1,
    'lifeguard_dns_queries_by_type_total{type="AAAA"}': 4,
    'lifeguard_dns_answers_total{rcode="NXDOMAIN"}': 2,
    'lifeguard_dns_answers_total{rcode="11"}': 1,
    'lifeguard_dns_limited_total{action="slipped"}': 9,
    'lifeguard_dns_limited_all_total{action="dropped"}': 3,
    lifeguard_dns_truncated_total: 8,
    lifeguard_dns_unsent_total: 7,
  });
  expect(first.get('lifeguard_dns_answers_total{rcode="NOERROR"}')).toBe(0);
  blocks[0]![Counter.QUERIES] = 6;
  expect(samplesOf(await metrics.text()).get('lifeguard_dns_queries_total{transport="udp"}')).toBe(12);
});

test('each thread has its metrics, and deaths, kernel drops and connections are counted', async () => {
  const [stream, udp] = [newCounters(), newCounters()];
  stream[Counter.QUERIES + 1] = 3;
  stream[Counter.QUERIES + 3] = 4;
  udp[Counter.QUERIES] = 5;
  udp[Counter.LIMITED] = 6;
  udp[Counter.LIMITED_ALL] = 4;
  const samples = await read({
    counters: [
      { engine: 'streams', thread: 0, counters: stream },
      { engine: 'batched', thread: 1, counters: udp },
    ],
    threadDeaths: 2,
    kernelDrops: () => 9,
    connections: { open: 7, refused: 8, displaced: 1 },
  });
  expect(Object.fromEntries(samples)).toMatchObject({
    'lifeguard_dns_by_thread_total{engine="streams",thread="0",what="queries"}': 7,
    'lifeguard_dns_by_thread_total{engine="batched",thread="1",what="queries"}': 5,
    'lifeguard_dns_by_thread_total{engine="batched",thread="1",what="dropped"}': 10,
    lifeguard_dns_thread_deaths_total: 2,
    lifeguard_dns_kernel_drops_total: 9,
    lifeguard_dns_connections: 7,
    'lifeguard_dns_connections_closed_total{how="refused"}': 8,
    'lifeguard_dns_connections_closed_total{how="displaced"}': 1,
  });
  expect((await read()).has('lifeguard_dns_kernel_drops_total')).toBe(false);
});

test('the metrics of a node cover table, revision, store, workers, verdicts and process', async () => {
  const samples = await read({
    storeAwayMs: 1_500,
    liveWorkers: [{ region: 'eu' }, { region: 'eu', isAbstaining: true }, { region: 'us' }],
    regionsSilentMs: new Map([
      ['eu', 500],
      ['gone', 90_000],
    ]),
    readPools: async () => ({ ...none, regions: new Set(['eu', 'wanted']) }),
    heldOut: 4,
    heldBack: 5,
    overrides: () => ({ in: 0, out: 6 }),
    alarms: () => ({ flapping: 7, store_emptied: 0 }),
    notifications: () => [
      { destination: 'webhook/ops', delivered: 8, refused: 0, failed: 9, behindMs: 2_500 },
    ],
  });
  expect(Object.fromEntries(samples)).toMatchObject({
    lifeguard_generation: 7,
    lifeguard_revision: 3,
    lifeguard_ready: 1,
    lifeguard_store_connected: 0,
    lifeguard_store_away_seconds: 1.5,
    'lifeguard_table_octets{part="arena"}': 300,
    'lifeguard_table_octets{part="dead"}': 100,
    'lifeguard_live_workers{region="eu"}': 2,
    'lifeguard_live_workers{region="us"}': 1,
    'lifeguard_live_workers{region="gone"}': 0,
    'lifeguard_live_workers{region="wanted"}': 0,
    'lifeguard_abstaining_workers{region="gone"}': 0,
    'lifeguard_abstaining_workers{region="eu"}': 1,
    'lifeguard_abstaining_workers{region="us"}': 0,
    'lifeguard_region_silent_seconds{region="eu"}': 0.5,
    'lifeguard_region_silent_seconds{region="gone"}': 90,
    lifeguard_checks_held_out: 4,
    lifeguard_checks_held_back: 5,
    'lifeguard_overrides{action="in"}': 0,
    'lifeguard_overrides{action="out"}': 6,
    'lifeguard_alarms{alarm="flapping"}': 7,
    'lifeguard_alarms{alarm="store_emptied"}': 0,
    'lifeguard_notification_attempts_total{destination="webhook/ops",outcome="delivered"}': 8,
    'lifeguard_notification_attempts_total{destination="webhook/ops",outcome="failed"}': 9,
    'lifeguard_notification_behind_seconds{destination="webhook/ops"}': 2.5,
    'lifeguard_verdict_changes_total{now="healthy"}': 2,
    'lifeguard_verdict_changes_total{now="unhealthy"}': 1,
  });
  expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
});

test('a scrape says for how long the event loop was held up since the last one', async () => {
  const metrics = createMetrics(sourceOf());
  const names = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'];
  const delays = async () => {
    const samples = samplesOf(await metrics.text());
    return names.map((name) => samples.get(`nodejs_eventloop_lag_${name}_seconds`)!);
  };
  const turn = () => new Promise((resolve) => setTimeout(resolve, 1));
  await turn();
  await delays();
  const endMs = performance.now() + 20;
  while (performance.now() < endMs);
  await turn();
  await turn();
  const [min, max, ...others] = await delays();
  expect(max).toBeGreaterThanOrEqual(0.01);
  for (const each of others) expect(each).toBeLessThanOrEqual(max!);
  expect(min).toBeGreaterThanOrEqual(0);
});

test('the verdict of a pool or endpoint is 1, 0 or absent, and a deleted one has no series', async () => {
  let readings: PoolReadings = {
    pools: 3,
    endpoints: { ...none.endpoints, healthy: 1, unknown: 1 },
    stale: { endpoints: 1, oldestMs: 2_500 },
    shown: [
      {
        name: 'web',
        healthy: false,
        transitions: 3,
        endpoints: [
          { name: 'a', healthy: true, staleMs: 2_500 },
          { name: 'b', healthy: undefined, staleMs: undefined },
        ],
        rttsMs: new Map([['WEU', 12.5]]),
      },
      {
        name: 'idle',
        healthy: undefined,
        transitions: 0,
        endpoints: [{ name: 'a', healthy: false, staleMs: undefined }],
      },
    ],
  };
  const metrics = createMetrics(sourceOf({ readPools: async () => readings }));
  const ofPools = async () =>
    Object.fromEntries(
      [...samplesOf(await metrics.text())].filter(([name]) => /pool|endpoint|stale/.test(name)),
    );
  const standings = { unhealthy: 0, unmonitored: 0, disabled: 0 };
  const sums = (counts: Record<string, number>) =>
    Object.fromEntries(
      Object.entries(counts).map(([name, n]) => [`lifeguard_endpoints{standing="${name}"}`, n]),
    );
  expect(await ofPools()).toEqual({
    lifeguard_pools: 3,
    lifeguard_pools_without_series: 1,
    ...sums({ ...standings, healthy: 1, unknown: 1 }),
    lifeguard_endpoints_stale: 1,
    lifeguard_stale_seconds_max: 2.5,
    'lifeguard_pool_healthy{pool="web"}': 0,
    'lifeguard_pool_transitions_total{pool="web"}': 3,
    'lifeguard_pool_rtt_seconds{pool="web",region="WEU"}': 0.0125,
    'lifeguard_pool_transitions_total{pool="idle"}': 0,
    'lifeguard_endpoint_healthy{pool="web",endpoint="a"}': 1,
    'lifeguard_endpoint_healthy{pool="idle",endpoint="a"}': 0,
    'lifeguard_endpoint_stale_seconds{pool="web",endpoint="a"}': 2.5,
  });
  readings = none;
  expect(await ofPools()).toEqual({
    lifeguard_pools: 0,
    lifeguard_pools_without_series: 0,
    ...sums({ ...standings, healthy: 0, unknown: 0 }),
    lifeguard_endpoints_stale: 0,
    lifeguard_stale_seconds_max: 0,
  });
});

test('a worker in the same process has its metrics', async () => {
  const worker = {
    isMember: true,
    held: 4,
    inFlight: 2,
    waiting: 1,
    skipped: 5,
    late: createLatency().reading,
    faults: 6,
    published: 7,
    publishFailures: 8,
    refusal: undefined,
  };
  expect(Object.fromEntries(await read({ readWorker: () => worker }))).toMatchObject({
    lifeguard_worker_member: 1,
    'lifeguard_worker_checks{state="held"}': 4,
    'lifeguard_worker_checks{state="in_flight"}': 2,
    'lifeguard_worker_checks{state="waiting"}': 1,
    lifeguard_worker_checks_skipped_total: 5,
    lifeguard_worker_faults_total: 6,
    'lifeguard_worker_publications_total{outcome="published"}': 7,
    'lifeguard_worker_publications_total{outcome="failed"}': 8,
  });
  expect((await read()).has('lifeguard_worker_checks{state="held"}')).toBe(false);
});

test('update latencies are in cumulative buckets', async () => {
  const latency = createLatency();
  for (const ms of [1, 3, 20_000]) latency.add(ms);
  const { reading } = latency;
  const samples = await read({
    updates: { arrivedToPublished: { observation: reading }, sentToPublished: createLatency().reading },
  });
  expect(Object.fromEntries(samples)).toMatchObject({
    'lifeguard_update_seconds_bucket{source="observation",le="0.001"}': 1,
    'lifeguard_update_seconds_bucket{source="observation",le="0.0025"}': 1,
    'lifeguard_update_seconds_bucket{source="observation",le="0.005"}': 2,
    'lifeguard_update_seconds_bucket{source="observation",le="10"}': 2,
    'lifeguard_update_seconds_bucket{source="observation",le="+Inf"}': 3,
    'lifeguard_update_seconds_sum{source="observation"}': 20.004,
    'lifeguard_update_seconds_count{source="observation"}': 3,
    lifeguard_write_seconds_count: 0,
  });
});

test('simultaneous scrapes share one reading', async () => {
  let readings = 0;
  const metrics = createMetrics(
    sourceOf({
      readPools: async () => {
        readings += 1;
        return none;
      },
    }),
  );
  await Promise.all([metrics.text(), metrics.text(), metrics.text()]);
  expect(readings).toBe(1);
  await metrics.text();
  expect(readings).toBe(2);
});

test('states of load balancers: one series for each state of some, and sums of all', async () => {
  const loadBalancers = {
    states: { healthy: 1, degraded: 2, critical: 0, disabled: 0 },
    allDown: { nodata: 0, all: 1, last_healthy: 0 },
    shown: [{ name: 'www.example.org', zone: 'example.org', state: 'degraded' as const }],
  };
  const samples = await read({ readPools: async () => ({ ...none, loadBalancers }) });
  const of = [...samples].filter(([name]) => name.startsWith('lifeguard_load_balancer'));
  const series = (state: string) =>
    `lifeguard_load_balancer_state{load_balancer="www.example.org",zone="example.org",state="${state}"}`;
  expect(Object.fromEntries(of)).toEqual({
    'lifeguard_load_balancers{state="healthy"}': 1,
    'lifeguard_load_balancers{state="degraded"}': 2,
    'lifeguard_load_balancers{state="critical"}': 0,
    'lifeguard_load_balancers{state="disabled"}': 0,
    'lifeguard_load_balancers_all_down{answer="nodata"}': 0,
    'lifeguard_load_balancers_all_down{answer="all"}': 1,
    'lifeguard_load_balancers_all_down{answer="last_healthy"}': 0,
    lifeguard_load_balancers_without_series: 2,
    [series('healthy')]: 0,
    [series('degraded')]: 1,
    [series('critical')]: 0,
    [series('disabled')]: 0,
  });
  expect([...(await read())].filter(([name]) => name.startsWith('lifeguard_load_balancer_state'))).toEqual(
    [],
  );
});
