import { Counter as Count, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { COUNTED_TYPES, Counter, RCODES_COUNTED } from '../answer/counters.ts';
import { Transport } from '../answer/exchange.ts';
import { TIMED_EVERY } from '../answer/sample/observed.ts';
import { Rcode } from '../dns/rcode.ts';
import { createPieces } from '../pace/next-turn.ts';
import { answerLatency } from './families/answer-latency.ts';
import { BY_THREAD, COOKIES, COUNTS, LIMITED } from './families/dns-counts.ts';
import { eventLoopMetrics } from './families/event-loop-metrics.ts';
import { loadBalancerMetrics } from './families/load-balancer-metrics.ts';
import { locatorMetrics } from './families/locator-metrics.ts';
import { notificationMetrics } from './families/notification-metrics.ts';
import { queryLogMetrics } from './families/query-log-metrics.ts';
import { queryMetrics } from './families/query-metrics.ts';
import type { MakeCounter } from './gauges.ts';
import { type LabelledLatency, latencyValues, type SeriesValue } from './latency.ts';
import { droppedLogLines } from './log-output.ts';
import type { MetricsSource, PoolReadings, WorkerReadings } from './readings.ts';
import { type Metrics, sharedReading } from './scrape.ts';
import { buildMetric, configurationMetric } from './version.ts';

/** Endpoints that have series of their own; of those beyond there are sums only. */
export const ENDPOINT_SERIES_MAX = 10_000;

/** The metrics of a node. It counts nothing itself: each scrape reads every number from its source. */
export function createMetrics(source: MetricsSource): Metrics {
  const registry = new Registry();
  processMetrics(registry);
  const fills = [
    configurationMetric(gaugesOf(registry)),
    dnsMetrics(registry),
    nodeMetrics(registry),
    updateMetrics(registry),
    notificationMetrics(countersOf(registry), gaugesOf(registry)),
    queryLogMetrics(countersOf(registry)),
    queryMetrics(countersOf(registry), gaugesOf(registry)),
    locatorMetrics(gaugesOf(registry)),
    loadBalancerMetrics(gaugesOf(registry)),
    workerMetrics(registry),
    logMetrics(registry),
  ];
  const fillPools = poolMetrics(registry);

  return sharedReading(registry, async () => {
    const pools = await source.readPools();
    for (const fill of fills) await fill(source, pools);
    await fillPools(pools);
  });
}

/** The metrics of a process that only monitors. */
export function createWorkerMetrics(readWorker: () => WorkerReadings): Metrics {
  const registry = new Registry();
  processMetrics(registry);
  const fills = [workerMetrics(registry), logMetrics(registry)];
  return sharedReading(registry, async () => {
    for (const fill of fills) fill({ readWorker });
  });
}

function logMetrics(registry: Registry): () => void {
  const dropped = new Count({
    name: 'lifeguard_log_lines_dropped_total',
    help: 'Lines of the log that were dropped, because they could not be written in time',
    registers: [registry],
  });
  return () => {
    dropped.reset();
    dropped.inc(droppedLogLines());
  };
}

function dnsMetrics(registry: Registry): (source: MetricsSource) => void {
  const count = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Count({ name: `lifeguard_dns_${name}_total`, help, labelNames, registers: [registry] });
  const queries = count('queries', 'Queries, by transport', ['transport']);
  const types = count('queries_by_type', 'Queries, by type', ['type']);
  const rcodes = count('answers', 'Answers, by response code', ['rcode']);
  const limited = count('limited', 'Answers over the limit for answers that are alike, by what was done', [
    'action',
  ]);
  const limitedAll = count('limited_all', 'Answers over the limit for all answers, by what was done', [
    'action',
  ]);
  const cookies = count('cookies', 'Queries with a server cookie, by its validity', ['cookie']);
  const plain = Object.entries(COUNTS).map(([name, [help, at]]) => ({ metric: count(name, help), at }));

  const byThread = count('by_thread', 'Counts of each thread, by engine, thread and kind', [
    'engine',
    'thread',
    'what',
  ]);
  const deaths = count('thread_deaths', 'Threads that died and were started again');
  const drops = count(
    'kernel_drops',
    'Queries by UDP that the kernel dropped, because no thread took them in time',
  );
  const latency = valuesOf(
    registry,
    'dns_answer_seconds',
    `Time that a thread takes to make an answer, by engine; of one query in ${TIMED_EVERY}`,
  );
  const connections = gaugesOf(registry)('dns_connections', 'Connections by TCP, TLS and HTTPS');
  const closed = count(
    'connections_closed',
    'Connections closed because there was no room: new ones, or others that were idle or slow',
    ['how'],
  );

  return (source) => {
    const blocks = source.counters;
    const sum = (at: number) => blocks.reduce((all, { counters }) => all + counters[at]!, 0);
    for (const metric of [
      queries,
      types,
      rcodes,
      limited,
      limitedAll,
      cookies,
      byThread,
      deaths,
      drops,
      closed,
    ])
      metric.reset();
    for (const { engine, thread, counters } of blocks) {
      const from = { engine, thread: String(thread) };
      const asked = Object.values(Transport).reduce<number>(
        (all, i) => all + counters[Counter.QUERIES + i]!,
        0,
      );
      byThread.inc({ ...from, what: 'queries' }, asked);
      for (const [what, at] of Object.entries(BY_THREAD)) byThread.inc({ ...from, what }, counters[at]!);
      for (const [what, at] of Object.entries(LIMITED))
        byThread.inc(
          { ...from, what },
          counters[Counter.LIMITED + at]! + counters[Counter.LIMITED_ALL + at]!,
        );
    }
    latency(answerLatency('lifeguard_dns_answer_seconds', source));
    deaths.inc(source.threadDeaths);
    const dropped = source.kernelDrops();
    if (dropped === undefined) drops.remove();
    else drops.inc(dropped);
    connections.set(source.connections.open);
    closed.inc({ how: 'refused' }, source.connections.refused);
    closed.inc({ how: 'displaced' }, source.connections.displaced);
    for (const [name, i] of Object.entries(Transport))
      queries.inc({ transport: name.toLowerCase() }, sum(Counter.QUERIES + i));
    for (const [i, type] of [...Object.keys(COUNTED_TYPES), 'other'].entries())
      types.inc({ type }, sum(Counter.TYPES + i));
    for (let rcode = 0; rcode < RCODES_COUNTED; rcode += 1) {
      const answers = sum(Counter.RCODES + rcode);
      const name = RCODE_NAMES.get(rcode);
      // Codes with a name always have a series, since a rate needs its 0. Others have one once they occur.
      if (name !== undefined || answers > 0) rcodes.inc({ rcode: name ?? String(rcode) }, answers);
    }
    for (const [action, at] of Object.entries(LIMITED)) {
      limited.inc({ action }, sum(Counter.LIMITED + at));
      limitedAll.inc({ action }, sum(Counter.LIMITED_ALL + at));
    }
    for (const [cookie, at] of Object.entries(COOKIES)) cookies.inc({ cookie }, sum(at));
    for (const { metric, at } of plain) {
      metric.reset();
      metric.inc(sum(at));
    }
  };
}

const RCODE_NAMES = new Map<number, string>(Object.entries(Rcode).map(([name, code]) => [code, name]));

function nodeMetrics(registry: Registry): (source: MetricsSource, pools: PoolReadings) => void {
  const gauge = gaugesOf(registry);
  const generation = gauge('generation', 'Generation of the published table');
  const revision = gauge('revision', 'Configuration revision that the node serves; -1: none yet');
  const ready = gauge('ready', '1: the node can answer queries correctly');
  const connected = gauge(
    'store_connected',
    '1: the store is reachable, though it may refuse reads or writes',
  );
  const away = gauge(
    'store_away_seconds',
    'How long the store has been away; 0: it is reachable, though it may refuse reads or writes',
  );
  const table = gauge('table_octets', 'Octets of the answer table: all, used, and used by replaced answers', [
    'part',
  ]);
  const workers = gauge(
    'live_workers',
    'Live workers, by region; 0: the region had some, or a pool names it',
    ['region'],
  );
  const abstaining = gauge('abstaining_workers', 'Live workers that abstain, by region', ['region']);
  const silent = gauge(
    'region_silent_seconds',
    'How long ago a worker of the region was active last: by its lease, or by a result',
    ['region'],
  );
  const heldOut = gauge('checks_held_out', 'Verdicts that damping holds out, because they flap');
  const heldBack = gauge(
    'checks_held_back',
    'Checks that a mass failure keeps in answers, once for each region',
  );
  const overrides = gauge('overrides', 'Overrides in force, by action', ['action']);
  const alarms = gauge('alarms', 'Alarms that are raised on this node, by name', ['alarm']);
  const damaged = gauge(
    'store_damaged_records',
    'Records of the store that cannot be read; a value above 1000 means more than 1000',
  );
  const changes = new Count({
    name: 'lifeguard_verdict_changes_total',
    help: 'Changes of verdicts, by the new verdict',
    labelNames: ['now'],
    registers: [registry],
  });
  return (source, { regions = new Set() }) => {
    generation.set(source.generation);
    revision.set(source.revision);
    ready.set(source.isReady ? 1 : 0);
    connected.set(source.storeAwayMs === 0 ? 1 : 0);
    away.set(source.storeAwayMs / 1_000);
    table.set({ part: 'arena' }, source.table.arenaOctets);
    table.set({ part: 'used' }, source.table.usedOctets);
    table.set({ part: 'dead' }, source.table.deadOctets);
    workers.reset();
    abstaining.reset();
    for (const region of regions.union(new Set(source.regionsSilentMs.keys()))) {
      workers.set({ region }, 0);
      abstaining.set({ region }, 0);
    }
    for (const { region, isAbstaining } of source.liveWorkers) {
      workers.inc({ region });
      abstaining.inc({ region }, isAbstaining ? 1 : 0);
    }
    silent.reset();
    for (const [region, ms] of source.regionsSilentMs) silent.set({ region }, ms / 1_000);
    heldOut.set(source.heldOut);
    heldBack.set(source.heldBack);
    for (const [action, count] of Object.entries(source.overrides())) overrides.set({ action }, count);
    for (const [alarm, count] of Object.entries(source.alarms())) alarms.set({ alarm }, count);
    damaged.set(source.damagedRecords ?? 0);
    changes.reset();
    for (const [now, times] of Object.entries(source.verdictChanges)) changes.inc({ now }, times);
  };
}

function updateMetrics(registry: Registry): (source: MetricsSource) => void {
  const latency = histogram(
    registry,
    'update_seconds',
    'Time from receiving a change to its published table, by source; the longest of each generation',
  );
  const sent = histogram(
    registry,
    'write_seconds',
    'Time from sending a write to the store until this node answers from it',
  );
  return ({ updates }) => {
    latency(Object.entries(updates.arrivedToPublished).map(([source, reading]) => [{ source }, reading]));
    sent([[{}, updates.sentToPublished]]);
  };
}

/** Creates a histogram of waits that are counted elsewhere. The returned function sets what the next scrape shows. */
function histogram(registry: Registry, name: string, help: string) {
  const set = valuesOf(registry, name, help);
  return (readings: readonly LabelledLatency[]) => set(latencyValues(`lifeguard_${name}`, readings));
}

/** Adds the metrics of the process and its program. */
function processMetrics(registry: Registry): void {
  // The timer by which prom-client itself measures the delay of the event loop is never due.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 2 ** 31 - 1 });
  eventLoopMetrics((name, help, collect) => {
    registry.removeSingleMetric(name);
    return new Gauge({ name, help, registers: [registry], ...(collect && { collect }) });
  });
  buildMetric(gaugesOf(registry));
}

/** Creates a histogram of which the values are made elsewhere. The returned function sets them. */
function valuesOf(registry: Registry, name: string, help: string): (values: readonly SeriesValue[]) => void {
  const metric = new Histogram({ name: `lifeguard_${name}`, help, registers: [registry] });
  let present: readonly SeriesValue[] = [];
  const get = async () => ({ name: `lifeguard_${name}`, help, type: 'histogram', values: present });
  // The library can only count one by one what happens from now on.
  Object.assign(metric, { get, getForPromString: get });
  return (values) => {
    present = values;
  };
}

function poolMetrics(registry: Registry): (readings: PoolReadings) => Promise<void> {
  const gauge = gaugesOf(registry);
  const pools = gauge('pools', 'Pools');
  const hidden = gauge(
    'pools_without_series',
    `Pools without series of their own: beyond ${ENDPOINT_SERIES_MAX} endpoints`,
  );
  const endpoints = gauge('endpoints', 'Endpoints, by status', ['standing']);
  const stale = gauge('endpoints_stale', 'Endpoints with a stale verdict, because no live worker votes');
  const addresses = gauge('host_name_addresses', 'Addresses of endpoints that are host names', ['state']);
  const oldest = gauge('stale_seconds_max', 'Age of the oldest stale verdict');
  const pool = gauge(
    'pool_healthy',
    '1: healthy, 0: unhealthy or unknown; no series: unmonitored, disabled, or all in maintenance',
    ['pool'],
  );
  const transitions = new Count({
    name: 'lifeguard_pool_transitions_total',
    help: 'Health transitions of the endpoints of the pool',
    labelNames: ['pool'],
    registers: [registry],
  });
  const rtt = gauge(
    'pool_rtt_seconds',
    'Average time of checks of healthy endpoints, by the region of the workers; only of pools that a load balancer orders by latency',
    ['pool', 'region'],
  );
  const labels = ['pool', 'endpoint'];
  const endpoint = gauge(
    'endpoint_healthy',
    '1: healthy, 0: unhealthy, or no result yet; no series: unmonitored or disabled',
    labels,
  );
  const held = gauge(
    'endpoint_stale_seconds',
    'How long the verdict has been stale; 0: workers vote; no series: unmonitored or disabled',
    labels,
  );
  return async (readings) => {
    pools.set(readings.pools);
    hidden.set(readings.pools - readings.shown.length);
    for (const [standing, count] of Object.entries(readings.endpoints)) endpoints.set({ standing }, count);
    const { healthy = 0, unhealthy = 0, unprobed = 0 } = readings.addresses ?? {};
    for (const [state, count] of Object.entries({ healthy, unhealthy, unprobed }))
      addresses.set({ state }, count);
    stale.set(readings.stale.endpoints);
    oldest.set(readings.stale.oldestMs / 1_000);
    for (const metric of [pool, transitions, rtt, endpoint, held]) metric.reset();
    const isLong = createPieces();
    for (const shown of readings.shown) {
      const rest = isLong();
      if (rest) await rest;
      transitions.inc({ pool: shown.name }, shown.transitions);
      if (shown.healthy !== undefined) pool.set({ pool: shown.name }, shown.healthy ? 1 : 0);
      for (const [region, rttMs] of shown.rttsMs ?? []) rtt.set({ pool: shown.name, region }, rttMs / 1_000);
      for (const { name, healthy, staleMs } of shown.endpoints) {
        const at = { pool: shown.name, endpoint: name };
        if (healthy !== undefined) endpoint.set(at, healthy ? 1 : 0);
        if (staleMs !== undefined) held.set(at, staleMs / 1_000);
      }
    }
  };
}

function workerMetrics(registry: Registry): (source: Pick<MetricsSource, 'readWorker'>) => void {
  const gauge = gaugesOf(registry);
  const member = gauge('worker_member', '1: the worker in this process has a lease');
  const checks = gauge('worker_checks', 'Checks of the worker in this process', ['state']);
  const count = (name: string, help: string, labelNames: string[] = []) =>
    new Count({ name: `lifeguard_worker_${name}_total`, help, labelNames, registers: [registry] });
  const refused = gauge(
    'worker_refused',
    '1: the store refuses the results of the worker, so it has no vote',
  );
  const skipped = count('checks_skipped', 'Checks skipped because their last run had not ended');
  const late = histogram(
    registry,
    'worker_check_late_seconds',
    'Delay of checks, from when they were due until they began',
  );
  const faults = count('faults', 'Checks that this machine could not run');
  const publications = count('publications', 'Attempts to publish, by outcome', ['outcome']);
  return (source) => {
    for (const metric of [member, checks, refused, skipped, faults, publications]) metric.reset();
    const worker = source.readWorker();
    late(worker ? [[{}, worker.late]] : []);
    if (worker === undefined) return;
    member.set(worker.isMember ? 1 : 0);
    checks.set({ state: 'held' }, worker.held);
    checks.set({ state: 'in_flight' }, worker.inFlight);
    checks.set({ state: 'waiting' }, worker.waiting);
    refused.set(worker.refusal === undefined ? 0 : 1);
    skipped.inc(worker.skipped);
    faults.inc(worker.faults);
    publications.inc({ outcome: 'published' }, worker.published);
    publications.inc({ outcome: 'failed' }, worker.publishFailures);
  };
}

function gaugesOf(registry: Registry) {
  return (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `lifeguard_${name}`, help, labelNames, registers: [registry] });
}

function countersOf(registry: Registry): MakeCounter {
  return (name, help, labelNames = []) =>
    new Count({ name: `lifeguard_${name}`, help, labelNames, registers: [registry] });
}
