import { hintFor } from '../../admin/explain/hint.ts';
import type { ExplainSource, MonitorSays, ObservationShown, PoolAtName } from '../../admin/explain/source.ts';
import {
  type CheckKey,
  type CheckKeyParts,
  mayHaveHad,
  oneSpelling,
  readCheckKey,
} from '../../check/check.ts';
import { decodeResponse } from '../../dns/codec.ts';
import { formatName, isAtOrBelow, nameKey, parentOf, type WireName } from '../../dns/name.ts';
import { Rcode } from '../../dns/rcode.ts';
import { Type } from '../../dns/type.ts';
import type { Observation } from '../../health/observation.ts';
import { judge } from '../../health/verdict.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { EndpointCheck } from '../../serve/follow/configured.ts';
import { withVerdicts } from '../../serve/health/endpoint-health.ts';
import type { Serving } from '../../serve/serve.ts';
import type { ObservationStore } from '../../store/contract/observations.ts';
import { regionScopeOf, scopeIncludes } from '../../voting/region-scope.ts';
import { createAliasFollower } from '../../zone/alias-loops.ts';
import type { Lookup } from '../../zone/lookup.ts';
import { walk } from '../../zone/walk.ts';
import type { Zone } from '../../zone/zone.ts';

/** Explains the answers of a node, from its own state; it reads the newest results from the store. */
export function explainSourceOf(serving: Serving, store: ObservationStore): ExplainSource {
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
      const { endpoints } = refresh.statusOf(pool);
      const ended = byAddress(refresh.ended.inPool(pool.id));
      const checked = pool.endpoints.map((endpoint) => {
        const checks = withVerdicts(configured.checksOf(pool, endpoint), health).map((check) => ({
          ...check,
          known: knownOf(check.key, pool.enabled && endpoint.enabled),
        }));
        return { endpoint, checks, removed: removedMonitors(endpoint, checks, ended) };
      });
      const stored = await newestOf(
        store,
        checked.flatMap(({ checks, removed }) => [
          ...checks.flatMap(({ known }) => known),
          ...removed.flatMap(([, results]) => results),
        ]),
      );
      /** Returns what to show of an observation that this node knows. It does not hear when the store drops a last result. */
      const newest = (each: Observation, goesOn: boolean): readonly ObservationShown[] => {
        const found = stored.get(each) ?? (goesOn && each.ended === undefined ? each : undefined);
        return found === undefined ? [] : [shownOf(found, each)];
      };
      return new Map(
        checked.map(({ endpoint, checks, removed }) => [
          endpoint,
          {
            health: endpoints[pool.endpoints.indexOf(endpoint)]!.health,
            override: refresh.overrides.of(pool, endpoint),
            monitors: [
              ...checks.map((check): MonitorSays => {
                const { monitor, monitoringOnly, mustBeHealthy, healthy, known, key, scope } = check;
                return {
                  monitor,
                  runs: true,
                  monitoringOnly,
                  mustBeHealthy,
                  healthy,
                  staleMs: health.staleMs(key, scope),
                  heldOutMs: health.heldOutMs(key, scope),
                  regions: byRegion(
                    check,
                    known.flatMap((each) => newest(each, pool.enabled && endpoint.enabled)),
                  ),
                };
              }),
              ...removed.flatMap(([monitor, results]): readonly MonitorSays[] => {
                const observations = results.flatMap((each) => newest(each, false));
                if (observations.length === 0) return [];
                const check = { key: results[0]!.check, scope: regionScopeOf(pool) };
                const says = { monitor, runs: false, monitoringOnly: false, mustBeHealthy: false };
                const regions = byRegion(check, observations);
                return [{ ...says, healthy: undefined, staleMs: undefined, heldOutMs: undefined, regions }];
              }),
            ],
          },
        ]),
      );
    },
  };

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
  ): MonitorSays['regions'] {
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
  store: ObservationStore,
  known: readonly Observation[],
): Promise<Map<Observation, Observation | undefined>> {
  const stored = await store.observed(known).catch(() => known);
  return new Map(known.map((each, i) => [each, stored[i]]));
}
