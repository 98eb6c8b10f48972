import type { ExplainSource, MonitorResults, ObservationShown } from '../../admin/explain/source.ts';
import {
  type CheckKey,
  type CheckKeyParts,
  mayHaveHad,
  oneSpelling,
  readCheckKey,
} from '../../check/check.ts';
import type { Observation } from '../../health/observation.ts';
import { judge } from '../../health/verdict.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import type { EndpointCheck } from '../../serve/follow/configured.ts';
import type { Refresh } from '../../serve/follow/refresh.ts';
import { withVerdicts } from '../../serve/health/endpoint-health.ts';
import type { ObservationStore } from '../../store/contract/observations.ts';
import { regionScopeOf, scopeIncludes } from '../../voting/region-scope.ts';

/** Returns why the endpoints of a pool have their status: what each monitor found, in each region, by each worker. */
export function reasonsOf(refresh: Refresh, store: ObservationStore): ExplainSource['reasons'] {
  const { configured, health } = refresh;
  return async (pool) => {
    const { endpoints } = refresh.statusOf(pool);
    const ended = byAddress(refresh.ended.inPool(pool.id));
    const checked = pool.endpoints.map((endpoint) => {
      const goesOn = pool.enabled && endpoint.enabled;
      const checks = withVerdicts(configured.checksOf(pool, endpoint), health).map((check) => ({
        ...check,
        known: knownOf(check.key, goesOn),
      }));
      return { endpoint, goesOn, checks, removed: removedMonitors(endpoint, checks, ended) };
    });
    const stored = await newestOf(
      store,
      checked.flatMap(({ checks, removed }) => [
        ...checks.flatMap(({ known }) => known),
        ...removed.flatMap(([, results]) => results),
      ]),
    );
    /** Returns what to show of an observation that this node knows. The feed does not say when the store drops a last result. */
    const newest = (each: Observation, goesOn: boolean): readonly ObservationShown[] => {
      const found = stored.get(each) ?? (goesOn && each.ended === undefined ? each : undefined);
      return found === undefined ? [] : [shownOf(found, each)];
    };
    return new Map(
      checked.map(({ endpoint, goesOn, checks, removed }) => [
        endpoint,
        {
          health: endpoints[pool.endpoints.indexOf(endpoint)]!.health,
          override: refresh.overrides.of(pool, endpoint),
          monitors: [
            ...checks.map((check) =>
              present(
                check,
                check.known.flatMap((each) => newest(each, goesOn)),
              ),
            ),
            ...removed.flatMap(([monitor, results]) =>
              past(
                pool,
                monitor,
                results.flatMap((each) => newest(each, false)),
              ),
            ),
          ],
        },
      ]),
    );
  };

  /** The results of a monitor that runs for an endpoint. */
  function present(
    check: ReturnType<typeof withVerdicts>[number],
    observations: readonly ObservationShown[],
  ): MonitorResults {
    const { monitor, monitoringOnly, mustBeHealthy, healthy, key, scope } = check;
    return {
      monitor,
      runs: true,
      monitoringOnly,
      mustBeHealthy,
      healthy,
      staleMs: health.staleMs(key, scope),
      heldOutMs: health.heldOutMs(key, scope),
      regions: byRegion(check, observations),
    };
  }

  /** The last results of a monitor that no longer runs for an endpoint. */
  function past(
    pool: Pool,
    monitor: string,
    observations: readonly ObservationShown[],
  ): readonly MonitorResults[] {
    if (observations.length === 0) return [];
    const check = { key: observations[0]!.check, scope: regionScopeOf(pool) };
    const role = { monitor, runs: false, monitoringOnly: false, mustBeHealthy: false };
    const regions = byRegion(check, observations);
    return [{ ...role, healthy: undefined, staleMs: undefined, heldOutMs: undefined, regions }];
  }

  /** What this node knows of a check, of each worker once: where it ended, the last results are newer than the last news. */
  function knownOf(key: CheckKey, goesOn: boolean): readonly Observation[] {
    const news = health.observationsOf(key);
    const last = goesOn ? [] : refresh.ended.of(key);
    const isLast = (each: Observation) =>
      last.some(({ region, worker }) => region === each.region && worker === each.worker);
    return [...news.filter((each) => !isLast(each)), ...last];
  }

  function shownOf(newest: Observation, known: Observation): ObservationShown {
    return {
      ...newest,
      isLive: health.isLive(newest.worker),
      isFromBeforeAbsence: newest.ended === undefined && health.isFromBeforeAbsence(known),
    };
  }

  function byRegion(
    { key, scope }: Pick<EndpointCheck, 'key' | 'scope'>,
    observations: readonly ObservationShown[],
  ): MonitorResults['regions'] {
    return [...Map.groupBy(observations, ({ region }) => region)]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([region, reports]) => {
        const live = reports.filter(
          ({ isLive, isFromBeforeAbsence, ended }) => isLive && !isFromBeforeAbsence && ended === undefined,
        );
        const last = reports.filter(({ ended }) => ended !== undefined);
        return {
          region,
          counts: scopeIncludes(scope, region),
          isHeldBack: health.heldBack.get(region)?.has(key) ?? false,
          healthy: (live.length > 0
            ? judge(live, health.isLive, undefined)
            : judge(last, () => true, undefined)
          ).healthy,
          observations: reports,
        };
      });
  }
}

/** The last result of a check that ended, and what the check was. */
interface EndedCheck extends CheckKeyParts {
  readonly result: Observation;
}

function byAddress(results: readonly Observation[]): ReadonlyMap<string, readonly EndedCheck[]> {
  const read = results.flatMap((result) => {
    const parts = readCheckKey(result.check);
    return parts === undefined ? [] : [{ ...parts, result }];
  });
  return Map.groupBy(read, ({ address }) => address);
}

/** The last results of monitors that no longer run for an endpoint, by monitor. */
function removedMonitors(
  endpoint: Endpoint,
  checks: readonly EndpointCheck[],
  ended: ReadonlyMap<string, readonly EndedCheck[]>,
): readonly (readonly [string, readonly Observation[]])[] {
  if (ended.size === 0) return [];
  const removed = (ended.get(oneSpelling(endpoint.address)) ?? []).filter(
    (each) => mayHaveHad(endpoint, each) && !checks.some(({ monitor }) => monitor === each.monitor),
  );
  return [...Map.groupBy(removed, ({ monitor }) => monitor)].map(
    ([monitor, all]) => [monitor, all.map(({ result }) => result)] as const,
  );
}

/**
 * Reads observations as the store has them now, since a node receives changes only; while the store is unreachable, as the node has
 * them. undefined: the store no longer has it.
 */
async function newestOf(
  store: ObservationStore,
  known: readonly Observation[],
): Promise<Map<Observation, Observation | undefined>> {
  const stored = await store.observed(known).catch(() => known);
  return new Map(known.map((each, i) => [each, stored[i]]));
}
