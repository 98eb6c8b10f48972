import { hintFor } from '../../admin/explain/hint.ts';
import type { ExplainSource, MonitorSays, ObservationShown, PoolAtName } from '../../admin/explain/source.ts';
import { decodeResponse } from '../../dns/codec.ts';
import { formatName, isAtOrBelow, nameKey, parentOf, type WireName } from '../../dns/name.ts';
import { Rcode } from '../../dns/rcode.ts';
import { Type } from '../../dns/type.ts';
import type { Observation } from '../../health/observation.ts';
import { judge } from '../../health/verdict.ts';
import type { Pool } from '../../pool/pool.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { EndpointCheck } from '../../serve/follow/configured.ts';
import { withVerdicts } from '../../serve/health/endpoint-health.ts';
import type { Serving } from '../../serve/serve.ts';
import type { Store } from '../../store/store.ts';
import { scopeIncludes } from '../../voting/region-scope.ts';
import { createAliasFollower } from '../../zone/alias-loops.ts';
import type { Lookup } from '../../zone/lookup.ts';
import { walk } from '../../zone/walk.ts';
import type { Zone } from '../../zone/zone.ts';

/** Explains the answers of a node, from its own state; it reads the newest results from the store. */
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
    path(name, type) {
      const zones = serving.zones();
      const named = new Map([...configured.pools.values()].map((pool) => [poolNameKey(pool.name), pool]));
      // Members do not change where it leads.
      const { names, targets, found } = walk(
        { zones, serial: serving.revision },
        (key) => (named.get(key)?.enabled ? [] : undefined),
        name,
        type,
      );
      const pools = names.flatMap((each) => poolsAt(zones, named, each));
      const [end] = poolsAt(zones, named, names.at(-1)!);
      const lastSet = found.kind === 'answer' ? found.rrsets.at(-1) : undefined;
      return {
        rcode: rcodeOf(found),
        aliases: targets,
        pools,
        // A disabled pool does not exist in DNS, and a pool without members is NODATA.
        end: found.kind === 'nodata' && end?.pool.enabled ? end.pool : undefined,
        records: lastSet?.type === type ? lastSet.rdata.length : 0,
        // The chain was not followed to its end, so it may be a loop.
        loop: lastSet?.type === Type.CNAME ? createAliasFollower(zones).loopFrom(name) : undefined,
      };
    },
    hint: (name) =>
      hintFor(name, serving.zones(), (label) => {
        const key = poolNameKey(label);
        return configured.pools.values().find((pool) => poolNameKey(pool.name) === key)?.name;
      }),
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
              const { key, scope } = check;
              return {
                monitor,
                monitoringOnly,
                mustBeHealthy,
                healthy,
                staleMs: health.staleMs(key, scope),
                heldOutMs: health.heldOutMs(key, scope),
                regions: byRegion(
                  check,
                  known.flatMap((each) => {
                    // The store removes observations of checks that ended; this node then has only the last change.
                    const newest = stored.get(each) ?? (pool.enabled && endpoint.enabled ? each : undefined);
                    if (newest === undefined) return [];
                    const { worker } = newest;
                    return {
                      ...newest,
                      isLive: health.isLive(worker),
                      isFromBeforeAbsence: health.isFromBeforeAbsence(each),
                    };
                  }),
                ),
              };
            }),
          },
        ]),
      );
    },
  };

  function byRegion(
    { key, scope }: EndpointCheck,
    observations: readonly ObservationShown[],
  ): MonitorSays['regions'] {
    return [...Map.groupBy(observations, ({ region }) => region)]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([region, reports]) => {
        const live = reports.filter(({ isLive, isFromBeforeAbsence }) => isLive && !isFromBeforeAbsence);
        return {
          region,
          counts: scopeIncludes(scope, region),
          isHeldBack: health.heldBack.get(region)?.has(key) ?? false,
          healthy: judge(live, health.isLive, undefined).healthy,
          observations: reports,
        };
      });
  }
}

/** Returns the pools at a name, one for each zone that has them there. */
function poolsAt(
  zones: readonly Zone[],
  named: ReadonlyMap<string, Pool>,
  name: WireName,
): readonly PoolAtName[] {
  const parent = parentOf(name);
  const pool = named.get(poolNameKey(formatName(name).split('.', 1)[0]!));
  if (parent === undefined || pool === undefined) return [];
  return zones
    .filter(({ pools, apex }) => pools && nameKey(pools) === nameKey(parent) && isAtOrBelow(name, apex))
    .map(({ apex }) => ({ zone: formatName(apex), pool }));
}

function rcodeOf({ kind }: Lookup): number {
  if (kind === 'nxdomain') return Rcode.NXDOMAIN;
  return kind === 'refused' ? Rcode.REFUSED : Rcode.NOERROR;
}

/**
 * Reads observations as the store has them now, since a node receives changes only; while the store is unreachable, as the node has
 * them. undefined: the store no longer has it.
 */
async function newestOf(
  store: Store,
  known: readonly Observation[],
): Promise<Map<Observation, Observation | undefined>> {
  const stored = await store.observed(known).catch(() => known);
  return new Map(known.map((each, i) => [each, stored[i]]));
}
