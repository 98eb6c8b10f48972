import type { PoolHealthSource, RegionHealth } from '../../../src/admin/health-source.ts';
import { checkKeyOf } from '../../../src/check/check.ts';
import type { Monitor } from '../../../src/check/monitor.ts';
import type { Observation } from '../../../src/health/observation.ts';
import { loadBalancerStatus } from '../../../src/load-balancer/state.ts';
import type { Endpoint, Pool } from '../../../src/pool/pool.ts';
import { poolInUse, withoutPool } from '../../../src/serve/publish/choice-of.ts';
import type { Store } from '../../../src/store/store.ts';

export interface ObservedHealth extends PoolHealthSource {
  /** Reads monitors and observations anew. */
  refresh(): Promise<void>;
}

/** Health as the observations in a store have it: one worker a region, an endpoint is healthy when most regions say so. */
export function createObservedHealth(store: Store): ObservedHealth {
  let monitors = new Map<string, Monitor>();
  let observations: readonly Observation[] = [];
  const of = (pool: Pool, endpoint: Endpoint): readonly Observation[] => {
    const monitor = pool.monitor ? monitors.get(pool.monitor) : undefined;
    if (monitor === undefined || !pool.enabled || !endpoint.enabled) return [];
    const key = checkKeyOf(monitor, endpoint);
    return observations.filter(({ check }) => check === key);
  };
  const healthy = (pool: Pool, endpoint: Endpoint): boolean | undefined => {
    const found = of(pool, endpoint);
    if (found.length === 0) return undefined;
    return found.filter((one) => one.healthy).length * 2 > found.length;
  };
  return {
    // A node that serves no pool.
    loadBalancers: {
      statusOf: (one) => loadBalancerStatus(one, () => poolInUse(withoutPool(''))),
      pool: () => undefined,
    },
    async refresh() {
      const { documents } = await store.read();
      monitors = new Map(documents.flatMap((one) => (one.kind === 'monitor' ? [[one.id, one.value]] : [])));
      observations = (await store.observations()).observations;
    },
    of(pool) {
      const known = pool.endpoints.map((endpoint) => healthy(pool, endpoint));
      const isKnown = known.some((one) => one !== undefined);
      return {
        healthy: isKnown ? known.filter((one) => one === true).length >= pool.minimumOrigins : undefined,
        endpoints: pool.endpoints.map((endpoint, i) => {
          const newest = of(pool, endpoint).toSorted((a, b) => b.atMs - a.atMs)[0];
          if (known[i] === undefined || newest === undefined) return {};
          return { healthy: known[i], failureReason: newest.reason };
        }),
      };
    },
    pools: 0,
    watch: () => () => {},
    async regions(pool) {
      const regions = new Map<string, RegionHealth[]>();
      for (const endpoint of pool.endpoints)
        for (const { region, healthy: well, rttMs, reason, responseCode } of of(pool, endpoint)) {
          const found = {
            address: endpoint.address,
            healthy: well,
            rttMs,
            failureReason: reason,
            responseCode,
          };
          regions.set(region, [...(regions.get(region) ?? []), found]);
        }
      return regions;
    },
  };
}
