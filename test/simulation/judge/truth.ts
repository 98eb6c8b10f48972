import { groupHealth } from '../../../src/health/group-verdict.ts';
import { overrideOf } from '../../../src/pool/override.ts';
import type { Endpoint, Pool } from '../../../src/pool/pool.ts';
import { regionScopeOf, scopeIncludes } from '../../../src/voting/region-scope.ts';
import { regionOf } from '../world/dns-node.ts';
import type { SimulatedNode, World } from '../world/world.ts';

/** What is to be answered, by how things are and not by what anybody has found of them. */
export interface Truth {
  /** How many checks there are of all pools. */
  readonly checks: number;
  /** Regions in which somebody is there to look, and to say so. */
  votingRegions(): string[];
  /** Of these the ones that count for a pool at a node. */
  countingRegions(place: SimulatedNode, pool: Pool): string[];
  /** Whether an endpoint is well, for a pool at a node; undefined: everybody who could say is gone. */
  isWell(place: SimulatedNode, pool: Pool, endpoint: Endpoint): boolean | undefined;
  /** Whether it is to be answered, by its configuration and overrides as well. */
  isIn(place: SimulatedNode, pool: Pool, endpoint: Endpoint): boolean | undefined;
}

/** The truth of a world. */
export function createTruth(world: World): Truth {
  const { plan, administrator, surroundings, regions } = world;
  const only = [{ monitoringOnly: false, mustBeHealthy: false }];

  function votingRegions(): string[] {
    const voting = world.workers.filter(
      ({ process, link, isCutOff, isStopping }) =>
        process.state === 'running' && link.isUp && !isCutOff && !isStopping,
    );
    return regions.filter((region) => voting.some((worker) => worker.region === region));
  }

  function countingRegions(place: SimulatedNode, pool: Pool): string[] {
    const scope = regionScopeOf(pool);
    const seen = votingRegions().filter((region) => scopeIncludes(scope, region));
    const own = seen.filter((region) => region === regionOf(place.name));
    return scope.isOwnRegionFirst && own.length > 0 ? own : seen;
  }

  function isWell(place: SimulatedNode, pool: Pool, { address }: Endpoint): boolean | undefined {
    const counting = countingRegions(place, pool);
    if (counting.length === 0) return undefined;
    const says = plan.pools[administrator.pools.indexOf(pool)]?.group ?? only;
    return groupHealth(
      says.map((say, aspect) => {
        const bad = counting.filter((region) => !surroundings.isWell(address, region, aspect));
        return { ...say, healthy: bad.length * 2 <= counting.length };
      }),
    );
  }

  return {
    checks: plan.pools.reduce((sum, { endpoints, group }) => sum + endpoints * (group?.length ?? 1), 0),
    votingRegions,
    countingRegions,
    isWell,
    isIn(place, pool, endpoint) {
      if (!endpoint.enabled || !pool.enabled) return false;
      const override = overrideOf(administrator.overrides, pool, endpoint, world.epochMs(place));
      return override === undefined ? isWell(place, pool, endpoint) : override.action === 'in';
    },
  };
}
