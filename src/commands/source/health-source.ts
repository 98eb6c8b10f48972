import type { OriginHealth, PoolHealth, PoolHealthSource, RegionHealth } from '../../admin/health-source.ts';
import { decides } from '../../check/pool-monitors.ts';
import { decisive, groupHealth, type MemberHealth } from '../../health/group-verdict.ts';
import type { Observation } from '../../health/observation.ts';
import { judge } from '../../health/verdict.ts';
import { isMonitored, type EndpointHealth as ServedHealth } from '../../pool/members.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import type { EndpointCheck } from '../../serve/follow/configured.ts';
import type { Refresh } from '../../serve/follow/refresh.ts';
import { withVerdicts } from '../../serve/health/endpoint-health.ts';
import type { ResponseTimes } from '../../serve/latency/response-times.ts';
import type { ObservationStore } from '../../store/contract/observations.ts';
import { regionScopeOf, scopeIncludes } from '../../voting/region-scope.ts';
import { loadBalancerHealthSourceOf } from './load-balancer-health-source.ts';
import { healthTroubleOf } from './store-trouble.ts';

/** The health of an endpoint by one monitor, with the observations. */
interface Report extends MemberHealth {
  readonly observations: readonly Observation[];
}

/** The health of an endpoint without checks. */
const NOTHING: OriginHealth = {};

/**
 * Shows the health of pools for the API, as the node that follows the store sees it. The result is cached until something of the
 * pool changes, since most pools of a long list are unchanged.
 */
export function healthSourceOf(
  refresh: Refresh,
  store: ObservationStore,
  epochMs: () => number = Date.now,
  responseTimes?: ResponseTimes['of'],
): PoolHealthSource {
  const { configured, health, statusOf, watchResults: watchFound } = refresh;
  const cached = new WeakMap<Pool, PoolHealth>();
  /** The object of each pool whose result is cached, as a weak reference. */
  const last = new Map<string, WeakRef<Pool>>();
  watchFound((pools) => {
    for (const id of pools) last.delete(id);
  });
  const observationsBy = ({ key, scope }: EndpointCheck) =>
    health.observationsOf(key).filter(({ region }) => scopeIncludes(scope, region));
  function endpointHealthOf(pool: Pool, endpoint: Endpoint, { healthy }: ServedHealth): OriginHealth {
    if (healthy === undefined || !endpoint.enabled || !pool.enabled) return {};
    const checks = configured.checksOf(pool, endpoint);
    // Nearly all endpoints have one check, which decides alone.
    const deciding = checks.length === 1 ? checks : decisive(withVerdicts(checks, health), healthy);
    let newest: Observation | undefined;
    for (const { key, scope } of deciding)
      for (const each of health.observationsOf(key))
        if (scopeIncludes(scope, each.region) && !(newest && newest.atMs >= each.atMs)) newest = each;
    return { healthy, ...(newest ? { failureReason: newest.reason } : {}) };
  }

  function poolHealthOf(pool: Pool): PoolHealth {
    if (!isMonitored(pool)) return { healthy: undefined, endpoints: pool.endpoints.map(() => NOTHING) };
    const { healthy, endpoints } = statusOf(pool);
    return {
      healthy,
      endpoints: endpoints.map(({ endpoint, health: known }) => ({
        ...endpointHealthOf(pool, endpoint, known),
        ...(known.override && { override: known.override }),
      })),
    };
  }

  return {
    loadBalancers: loadBalancerHealthSourceOf(refresh),
    of(pool) {
      const known = cached.get(pool);
      if (known !== undefined && last.get(pool.id)?.deref() === pool) return known;
      const now = poolHealthOf(pool);
      // A pool that is not followed would never be invalidated.
      if (configured.pool(pool.id) !== undefined) {
        cached.set(pool, now);
        last.set(pool.id, new WeakRef(pool));
      }
      return now;
    },
    get pools() {
      return configured.pools.size;
    },
    watch: watchFound,
    ...(responseTimes && { responseTimes }),
    workersOf: async (pool) => {
      const scope = regionScopeOf(pool);
      const workers = health.liveWorkers.filter(({ region }) => scopeIncludes(scope, region));
      const checks = pool.endpoints.flatMap((endpoint) => configured.checksOf(pool, endpoint));
      const stored = await store.observed(checks.flatMap(observationsBy));
      const results = stored.flatMap((each) => (each && each.streak > 0 ? [each] : []));
      const last = newestOf(results);
      const isLive = workers.some(({ id }) => id === last?.worker);
      const isFollowed = configured.pool(pool.id) !== undefined;
      const isUndecided = Boolean(pool.monitorGroup) && isFollowed && !checks.some(decides);
      return {
        ...(isUndecided && { undecided: checks.length > 0 ? 'only monitored' : 'not checked' }),
        workers: workers.length,
        abstaining: workers.filter(({ isAbstaining }) => isAbstaining).length,
        last: last && { worker: last.worker, atMs: last.atMs, isLive },
      };
    },
    trouble: (pool) => {
      const scope = regionScopeOf(pool);
      return healthTroubleOf(refresh, (region) => scopeIncludes(scope, region), epochMs());
    },
    previewTrouble: () => {
      // A worker may take a preview wherever it is, and one that the store refuses nothing answers it.
      const canAnswer = health.liveWorkers.some(({ refusal }) => refusal === undefined);
      if (canAnswer && refresh.presence.isConnected) return undefined;
      return healthTroubleOf(refresh, () => true, epochMs()).find(({ kind }) => kind !== 'disbelieved');
    },
    regions: async (pool) => {
      const checked = pool.endpoints
        .filter(({ enabled }) => enabled)
        .map((endpoint) => ({ endpoint, checks: configured.checksOf(pool, endpoint) }));
      const known = checked.flatMap(({ checks }) => checks.flatMap(observationsBy));
      // This node receives changes only; the store has the time of the newest probe.
      const stored = await store.observed(known);
      const newest = new Map(known.map((observation, i) => [observation, stored[i] ?? observation]));
      const living = new Set(
        health.liveWorkers.flatMap(({ id, region }) => (health.isLive(id) ? [region] : [])),
      );
      const regions = new Map<string, RegionHealth[]>();
      for (const { endpoint, checks } of checked) {
        const observed = checks.map((check) => observationsBy(check).map((each) => newest.get(each)!));
        for (const region of new Set(observed.flat().map((each) => each.region))) {
          if (!living.has(region)) continue;
          const reports = checks.map(({ monitoringOnly, mustBeHealthy }, i): Report => {
            const observations = observed[i]!.filter((each) => each.region === region);
            const { healthy = isUnable(observations) } = judge(observations, health.isLive, undefined);
            return { monitoringOnly, mustBeHealthy, healthy, observations };
          });
          const result = regionHealth(endpoint.address, reports);
          if (result !== undefined) regions.set(region, [...(regions.get(region) ?? []), result]);
        }
      }
      return regions;
    },
  };
}

/**
 * Returns the result of a region for an endpoint, with the reason of the deciding monitors; undefined: no result yet. The time is
 * the mean over the monitors that have a vote.
 */
function regionHealth(address: string, reports: readonly Report[]): RegionHealth | undefined {
  const healthy = groupHealth(reports);
  if (healthy === undefined) return undefined;
  const why = newestOf(decisive(reports, healthy).flatMap(({ observations }) => observations));
  if (why === undefined) return undefined;
  const voting = reports.filter(({ monitoringOnly }) => !monitoringOnly);
  const timesMs = voting.flatMap(({ observations }) => newestOf(observations)?.rttMs ?? []);
  const rttMs =
    timesMs.length > 0 ? timesMs.reduce((sum, each) => sum + each, 0) / timesMs.length : why.rttMs;
  const addresses = why.byAddress?.map((each) => ({
    address: each.address,
    healthy: each.healthy,
    rttMs: each.rttMs,
    ...reasonFieldsOf(each),
  }));
  return { address, healthy, rttMs, ...reasonFieldsOf(why), ...(addresses && { addresses }) };
}

/** Formats the reason of a result. */
function reasonFieldsOf({
  reason,
  fault,
  detail = fault,
  responseCode,
}: Pick<Observation, 'reason' | 'fault' | 'detail' | 'responseCode'>) {
  return { failureReason: reason, ...(detail !== undefined && { failureDetail: detail }), responseCode };
}

/** Returns false (not healthy) when no worker of a region can run a check and there was never a result; else undefined. */
function isUnable(observations: readonly Observation[]): false | undefined {
  return observations.some(({ fault }) => fault !== undefined) ? false : undefined;
}

function newestOf(observations: readonly Observation[]): Observation | undefined {
  return observations.toSorted((a, b) => b.atMs - a.atMs)[0];
}
