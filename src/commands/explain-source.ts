import type { ExplainSource, MonitorSays } from '../admin/explain/source.ts';
import { decodeResponse } from '../dns/codec.ts';
import { formatName, isAtOrBelow, nameKey, parentOf, prependLabel } from '../dns/name.ts';
import type { Observation } from '../pool/observation.ts';
import { poolNameKey } from '../pool/pool-name.ts';
import { sees } from '../pool/sight.ts';
import { judge } from '../pool/verdict.ts';
import type { EndpointCheck } from '../serve/configured.ts';
import { withVerdicts } from '../serve/endpoint-health.ts';
import type { Serving } from '../serve/serve.ts';
import type { Store } from '../store/store.ts';

/** Why a node answers as it does, as it knows itself; how the newest checks went, it asks the store. */
export function explainSourceOf(serving: Serving, store: Store): ExplainSource {
  const { refresh } = serving;
  const { configured, health } = refresh;
  return {
    get revision() {
      return serving.revision;
    },
    get generation() {
      return serving.generation;
    },
    ask(query, client) {
      const reply = serving.ask(query, client);
      return reply.length === 0 ? undefined : decodeResponse(reply);
    },
    poolsAt(name) {
      const parent = parentOf(name);
      const zones = serving
        .zones()
        .filter(({ pools }) => pools && parent && nameKey(pools) === nameKey(parent));
      return zones.flatMap((zone) => {
        const pool = [...configured.pools.values()].find(
          (each) => nameKey(prependLabel(poolNameKey(each.name), zone.pools!)) === nameKey(name),
        );
        return pool && isAtOrBelow(name, zone.apex) ? [{ zone: formatName(zone.apex), pool }] : [];
      });
    },
    async reasons(pool) {
      const checked = pool.endpoints.map((endpoint) => ({
        endpoint,
        checks: withVerdicts(configured.checksOf(pool, endpoint), health).map((check) => ({
          ...check,
          known: health.observationsOf(check.key),
        })),
      }));
      const stored = await newestOf(
        store,
        checked.flatMap(({ checks }) => checks.flatMap(({ known }) => known)),
      );
      return new Map(
        checked.map(({ endpoint, checks }) => [
          endpoint,
          {
            health: refresh.healthOf(pool, endpoint),
            override: refresh.overrides.of(pool, endpoint),
            monitors: checks.map((check): MonitorSays => {
              const { monitor, monitoringOnly, mustBeHealthy, healthy, known } = check;
              const { key, sight } = check;
              return {
                monitor,
                monitoringOnly,
                mustBeHealthy,
                healthy,
                staleMs: health.staleMs(key, sight),
                heldOutMs: health.heldOutMs(key, sight),
                regions: byRegion(
                  check,
                  known.map((each) => stored.get(each) ?? each),
                ),
              };
            }),
          },
        ]),
      );
    },
  };

  function byRegion(
    { key, sight }: EndpointCheck,
    observations: readonly Observation[],
  ): MonitorSays['regions'] {
    return [...Map.groupBy(observations, ({ region }) => region)]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([region, reports]) => {
        const live = reports.filter(({ worker }) => health.knows(worker));
        return {
          region,
          counts: sees(sight, region),
          isHeldBack: health.heldBack.get(region)?.has(key) ?? false,
          healthy: judge(live, health.knows, undefined).healthy,
          observations: reports.map((each) => ({ ...each, isLive: health.knows(each.worker) })),
        };
      });
  }
}

/** Observations as the store has them now; a node hears of changes only. While the store is away, as the node knows them. */
async function newestOf(
  store: Store,
  known: readonly Observation[],
): Promise<Map<Observation, Observation | undefined>> {
  const stored = await store.observed(known).catch(() => []);
  return new Map(known.map((each, i) => [each, stored[i]]));
}
