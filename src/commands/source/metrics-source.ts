import { basename } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { ALARMS } from '../../event/event.ts';
import { loadBalancerStatus, type PoolInUse } from '../../load-balancer/state.ts';
import type { RunningMonitor } from '../../monitor/monitor.ts';
import type { Locator } from '../../place/locator.ts';
import { isMonitored, type Standing } from '../../pool/members.ts';
import { type OverrideAction, phaseOf } from '../../pool/override.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import type { Alarms } from '../../serve/alarm/alarms.ts';
import type { Refresh } from '../../serve/follow/refresh.ts';
import { REGIONS_ACTIVE_MAX } from '../../serve/follow/reporting-regions.ts';
import type { Locating } from '../../serve/place/locating.ts';
import { poolInUse } from '../../serve/publish/choice-of.ts';
import type { Serving } from '../../serve/serve.ts';
import { LOAD_BALANCER_SERIES_MAX } from '../../telemetry/families/load-balancer-metrics.ts';
import { ENDPOINT_SERIES_MAX } from '../../telemetry/metrics.ts';
import type {
  EndpointReading,
  LoadBalancerReadings,
  LocatorReading,
  MetricsSource,
  PoolReadings,
} from '../../telemetry/readings.ts';
import { regionScopeOf } from '../../voting/region-scope.ts';

/** Pools that are read in one turn of the event loop, so that a scrape delays nothing. */
const TURN_POOLS = 500;

/** Makes the metrics of a node, and of the worker in the same process, if any. */
export function metricsSourceOf(
  serving: Serving,
  locating: Pick<Locating, 'locator'>,
  worker: () => RunningMonitor | undefined,
  notifications: MetricsSource['notifications'],
  configuration: MetricsSource['configuration'],
): MetricsSource {
  const { refresh } = serving;
  return {
    configuration,
    counters: serving.counters,
    connections: serving.connections,
    get threadDeaths() {
      return serving.threadDeaths;
    },
    kernelDrops: serving.kernelDrops,
    get queries() {
      return serving.queries;
    },
    get queryLog() {
      return serving.queryLog;
    },
    get generation() {
      return serving.generation;
    },
    get revision() {
      return serving.revision;
    },
    get isReady() {
      return serving.isReady;
    },
    get storeAwayMs() {
      return refresh.presence.awayMs;
    },
    get table() {
      return serving.tableUsage;
    },
    get liveWorkers() {
      return refresh.health.liveWorkers;
    },
    get regionsSilentMs() {
      return refresh.regions.silentMs;
    },
    get verdictChanges() {
      return refresh.health.changes;
    },
    updates: refresh.latency,
    get heldOut() {
      return refresh.health.heldOut.size;
    },
    get heldBack() {
      return refresh.health.heldBack.values().reduce((sum, { size }) => sum + size, 0);
    },
    overrides: () => countOverrides(refresh, Date.now()),
    alarms: () => countAlarms(refresh.alarms),
    get damagedRecords() {
      return refresh.damagedRecords;
    },
    get locator() {
      return locating.locator && locatorReading(locating.locator, Date.now());
    },
    notifications,
    readPools: async () => ({
      ...(await readPools(refresh, serving.rttsOf)),
      loadBalancers: await readLoadBalancers(refresh),
    }),
    readWorker: () => worker()?.status(),
  };
}

/** Returns what metrics show of a locator at `epochMs`, milliseconds since the epoch. */
export function locatorReading({ places, memory, sources }: Locator, epochMs: number): LocatorReading {
  return {
    places,
    octets: memory.byteLength,
    databases: sources.map(({ name, type, builtMs }) => ({
      file: basename(name),
      type,
      ageMs: epochMs - builtMs,
    })),
  };
}

/** Counts the overrides in force at `epochMs`, milliseconds since the epoch, by action. */
export function countOverrides(
  { overrides }: Pick<Refresh, 'overrides'>,
  epochMs: number,
): Record<OverrideAction, number> {
  const counts: Record<OverrideAction, number> = { in: 0, out: 0, maintenance: 0 };
  for (const override of overrides.all.values())
    if (phaseOf(override, epochMs) === 'active') counts[override.action] += 1;
  return counts;
}

/** Counts the raised alarms by kind. `store_away` is recorded only afterwards, and has its own metrics. */
export function countAlarms({ raised }: Pick<Alarms, 'raised'>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const alarm of ALARMS) if (alarm !== 'store_away') counts[alarm] = 0;
  for (const { alarm } of raised.values()) counts[alarm] = (counts[alarm] ?? 0) + 1;
  return counts;
}

/** Reads the present states of all load balancers, a few at a time; they may change in between. */
export async function readLoadBalancers({
  loadBalancers,
  choiceOf,
}: Pick<Refresh, 'loadBalancers' | 'choiceOf'>): Promise<LoadBalancerReadings> {
  const states = { healthy: 0, degraded: 0, critical: 0, disabled: 0 };
  const allDowns = { nodata: 0, all: 0, last_healthy: 0 };
  const shown: LoadBalancerReadings['shown'][number][] = [];
  const pools = new Map<string, PoolInUse>();
  const poolOf = (id: string) => pools.getOrInsertComputed(id, () => poolInUse(choiceOf(id)));
  const all = [...loadBalancers.all].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const [i, each] of all.entries()) {
    if (i % TURN_POOLS === TURN_POOLS - 1) await turn();
    const { state, allDown } = loadBalancerStatus(each, poolOf);
    states[state] += 1;
    if (allDown !== undefined) allDowns[allDown] += 1;
    if (shown.length < LOAD_BALANCER_SERIES_MAX) shown.push({ name: each.name, zone: each.zoneName, state });
  }
  return { states, allDown: allDowns, shown };
}

/** Reads the present state of all pools, a few at a time; they may change in between. */
export async function readPools(
  { configured, health, statusOf, transitions }: Refresh,
  rttsOf: Serving['rttsOf'],
): Promise<PoolReadings> {
  const endpoints: Record<Standing, number> = {
    healthy: 0,
    unhealthy: 0,
    unknown: 0,
    unmonitored: 0,
    disabled: 0,
  };
  const stale = { endpoints: 0, oldestMs: 0 };
  const addresses = { healthy: 0, unhealthy: 0, unprobed: 0 };
  const shown: PoolReadings['shown'][number][] = [];
  let series = 0;
  const pools = [...configured.pools.values()].sort((a, b) => (a.name < b.name ? -1 : 1));

  const staleMsOf = (pool: Pool, endpoint: Endpoint): number | undefined => {
    const ages = configured
      .checksOf(pool, endpoint)
      .flatMap(({ key, scope }) => health.staleMs(key, scope) ?? []);
    return ages.length === 0 ? undefined : Math.max(...ages);
  };
  const regions = new Set<string>();

  for (const [i, pool] of pools.entries()) {
    if (i % TURN_POOLS === TURN_POOLS - 1) await turn();
    const status = statusOf(pool);
    if (pool.enabled && isMonitored(pool))
      for (const region of regionScopeOf(pool).regions ?? [])
        if (regions.size < REGIONS_ACTIVE_MAX) regions.add(region);
    const read = status.endpoints.map(({ endpoint, standing, health: known }): EndpointReading => {
      const { addresses: all = [], wellAddresses = all, unprobed = 0 } = known;
      addresses.healthy += wellAddresses.length;
      addresses.unhealthy += all.length - wellAddresses.length;
      addresses.unprobed += unprobed;
      endpoints[standing] += 1;
      const { name } = endpoint;
      if (standing === 'disabled' || standing === 'unmonitored')
        return { name, healthy: undefined, staleMs: undefined };
      const staleMs = staleMsOf(pool, endpoint);
      if (staleMs !== undefined) {
        stale.endpoints += 1;
        stale.oldestMs = Math.max(stale.oldestMs, staleMs);
      }
      return { name, healthy: standing === 'healthy', staleMs: staleMs ?? 0 };
    });
    series += read.length;
    if (series > ENDPOINT_SERIES_MAX) continue;
    // A missing series would raise no alert, so a pool without results counts as not healthy.
    const healthy = status.standing === 'unknown' ? false : status.healthy;
    const rttsMs = rttsOf(pool.id);
    shown.push({
      name: pool.name,
      healthy: pool.enabled ? healthy : undefined,
      transitions: transitions.of(pool.id),
      endpoints: read,
      ...(rttsMs.size > 0 && { rttsMs }),
    });
  }
  return { pools: pools.length, endpoints, addresses, stale, shown, regions };
}
