import { type CheckKey, checkKeyOf } from '../../check/check.ts';
import type { Say, Watch } from '../../check/pool-monitors.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import { createFollowed } from '../../store/followed.ts';
import { createIdsByKey } from '../../store/multimap.ts';
import type { Change, StoredDocument } from '../../store/store.ts';
import { EVERYWHERE, type RegionScope, regionScopeOf, verdictKeyOf } from '../../voting/region-scope.ts';

/** A check that an endpoint of a pool has, and what its results count there. */
export interface EndpointCheck extends Say {
  readonly key: CheckKey;
  /** Id of the monitor. */
  readonly monitor: string;
  /** Whose results count. */
  readonly scope: RegionScope;
}

/** The configuration as a node follows it, with what it takes to find the pools that a change concerns. */
export interface Configured {
  /** Replaces everything; returns the ids of all pools, those that are gone included. */
  load(documents: readonly StoredDocument[]): Set<string>;
  /** Takes one revision in; returns the ids of the pools it concerns. */
  apply(change: Change): Set<string>;
  pool(id: string): Pool | undefined;
  /** The checks an endpoint has, one for each monitor that runs for its pool; none: it is unmonitored. */
  checksOf(pool: Pool, endpoint: Endpoint): readonly EndpointCheck[];
  /** Ids of the pools whose endpoints have this check. */
  usersOf(check: CheckKey): Iterable<string>;
  readonly pools: ReadonlyMap<string, Pool>;
}

/** Who is told when checks follow one another. */
export interface ConfiguredOptions {
  /**
   * An endpoint got a check, or other eyes on it, while its address stayed. The checks it had in the place of this one:
   * those of the same monitor, or else all. What they came to may be carried over.
   */
  succeeded(check: CheckKey, scope: RegionScope, predecessors: readonly EndpointCheck[]): void;
  /** No pool uses this check any more. */
  ended(check: CheckKey): void;
}

/** The monitors that run for a pool and the checks that its endpoints have by them. */
interface PoolChecks {
  readonly watches: readonly Watch[];
  readonly scope: RegionScope;
  readonly endpoints: readonly Endpoint[];
  /** Of each endpoint one for each watch, in their order. */
  readonly keys: readonly CheckKey[];
}
const NO_CHECKS: PoolChecks = { watches: [], scope: EVERYWHERE, endpoints: [], keys: [] };

/** An empty configuration, to be loaded. */
export function createConfigured(options: ConfiguredOptions): Configured {
  const documents = createFollowed();
  const { pools } = documents;
  const checksOfPool = new Map<string, PoolChecks>();
  const users = createIdsByKey<CheckKey>();

  /** Brings the checks of a pool up to date with what it and its monitors are now. */
  function linkChecks(id: string): void {
    const was = checksOfPool.get(id) ?? NO_CHECKS;
    const pool = pools.get(id);
    const watches = pool ? documents.watchesOf(pool) : [];
    const endpoints = watches.length > 0 ? pool!.endpoints : [];
    const scope = pool ? regionScopeOf(pool) : EVERYWHERE;
    const keys: CheckKey[] = [];
    for (const endpoint of endpoints) {
      const now = watches.map(({ monitor }) => checkKeyOf(monitor, endpoint));
      for (const key of now) {
        keys.push(key);
        users.add(key, id);
      }
      if (was !== NO_CHECKS) tellSuccessors(watches, scope, now, checksAt(was, endpoint));
    }
    // A list that grew has room for more.
    if (keys.length > 0) checksOfPool.set(id, { watches, scope, endpoints, keys: keys.slice() });
    else checksOfPool.delete(id);
    if (was === NO_CHECKS) return;
    const kept = new Set(keys);
    for (const key of new Set(was.keys)) if (!kept.has(key) && users.delete(key, id)) options.ended(key);
  }

  function tellSuccessors(
    watches: readonly Watch[],
    scope: RegionScope,
    now: readonly CheckKey[],
    before: readonly EndpointCheck[],
  ): void {
    if (before.length === 0) return;
    for (const [i, key] of now.entries()) {
      const view = verdictKeyOf(key, scope);
      if (before.some((check) => verdictKeyOf(check.key, check.scope) === view)) continue;
      const same = before.filter(({ monitor }) => monitor === watches[i]!.monitor.id);
      options.succeeded(key, scope, same.length > 0 ? same : before);
    }
  }

  return {
    load(all) {
      const concerned = documents.load(all);
      for (const id of concerned) linkChecks(id);
      return concerned;
    },
    apply(change) {
      const concerned = documents.apply(change);
      for (const id of concerned) linkChecks(id);
      return concerned;
    },
    pool: (id) => pools.get(id),
    checksOf: (pool, endpoint) => checksAt(checksOfPool.get(pool.id) ?? NO_CHECKS, endpoint),
    usersOf: users.of,
    pools,
  };
}

function checksAt({ watches, scope, endpoints, keys }: PoolChecks, endpoint: Endpoint): EndpointCheck[] {
  // Whoever asks has mostly the very endpoint; another may have it from elsewhere.
  let at = endpoints.indexOf(endpoint);
  if (at === -1) at = endpoints.findIndex(({ address }) => address === endpoint.address);
  if (at === -1) return [];
  return watches.map(({ monitor, monitoringOnly, mustBeHealthy }, i) => ({
    key: keys[at * watches.length + i]!,
    scope,
    monitor: monitor.id,
    monitoringOnly,
    mustBeHealthy,
  }));
}
