import { type CheckKey, checkKeyOf, haveSameKeys } from '../../check/check.ts';
import type { MonitorRole, PoolMonitor } from '../../check/pool-monitors.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import type { Change, StoredDocument } from '../../store/contract/documents.ts';
import { createFollowed } from '../../store/followed.ts';
import { createIdsByKey } from '../../store/multimap.ts';
import { EVERYWHERE, type RegionScope, regionScopeOf, verdictKeyOf } from '../../voting/region-scope.ts';

/** A check of an endpoint in a pool, and its role there. */
export interface EndpointCheck extends MonitorRole {
  readonly key: CheckKey;
  /** Id of the monitor. */
  readonly monitor: string;
  /** The regions whose votes count. */
  readonly scope: RegionScope;
}

/** The configuration as a node follows it, with the indexes to find the pools that a change concerns. */
export interface Configured {
  /** Replaces everything. Returns the ids of all pools, deleted ones included. */
  load(documents: readonly StoredDocument[]): Set<string>;
  /**
   * Takes in one revision. Returns the ids of the pools that are others now; and of those that only their monitors concern, whose
   * checks stay as they were until they are linked.
   */
  apply(change: Change): { readonly changed: Set<string>; readonly toLink: Set<string> };
  /** Gives a pool the checks that it has by its monitors. */
  link(id: string): void;
  pool(id: string): Pool | undefined;
  /** Returns the checks of an endpoint, one for each monitor that runs for its pool; none: it is unmonitored. */
  checksOf(pool: Pool, endpoint: Endpoint): readonly EndpointCheck[];
  /** Returns the ids of the pools whose endpoints have this check. */
  usersOf(check: CheckKey): Iterable<string>;
  readonly pools: ReadonlyMap<string, Pool>;
}

/** Callbacks for checks that begin and end. */
export interface ConfiguredOptions {
  /**
   * Called when an endpoint got another check, or another region scope, while its address stayed. `predecessors`: the
   * checks that it replaces, of the same monitor or else all, whose verdict may be carried over.
   */
  checkReplaced(check: CheckKey, scope: RegionScope, predecessors: readonly EndpointCheck[]): void;
  /** Called when no pool uses this check any more. */
  checkEnded(check: CheckKey): void;
}

/** The monitors that run for a pool, and the checks of its endpoints by them. */
interface PoolChecks {
  readonly monitors: readonly PoolMonitor[];
  readonly scope: RegionScope;
  readonly endpoints: readonly Endpoint[];
  /** For each endpoint one for each monitor, in their order. */
  readonly keys: readonly CheckKey[];
}
const NO_CHECKS: PoolChecks = { monitors: [], scope: EVERYWHERE, endpoints: [], keys: [] };

/** Creates an empty configuration. */
export function createConfigured(options: ConfiguredOptions): Configured {
  const documents = createFollowed();
  const { pools } = documents;
  const checksOfPool = new Map<string, PoolChecks>();
  const users = createIdsByKey<CheckKey>();

  /** Updates the checks of a pool after it or its monitors changed. */
  function linkChecks(id: string): void {
    const was = checksOfPool.get(id) ?? NO_CHECKS;
    const pool = pools.get(id);
    const monitors = pool ? documents.poolMonitorsOf(pool) : [];
    const endpoints = monitors.length > 0 ? pool!.endpoints : [];
    const scope = pool ? regionScopeOf(pool) : EVERYWHERE;
    if (areCheckedAlike(was, { monitors, scope, endpoints })) {
      checksOfPool.set(id, { monitors, scope, endpoints, keys: was.keys });
      return;
    }
    const keys: CheckKey[] = [];
    for (const endpoint of endpoints) {
      const now = monitors.map(({ monitor }) => checkKeyOf(monitor, endpoint));
      for (const key of now) {
        keys.push(key);
        users.add(key, id);
      }
      if (was !== NO_CHECKS) reportReplaced(monitors, scope, now, checksAt(was, endpoint));
    }
    // The copy has no spare capacity, unlike a list that grew.
    if (keys.length > 0) checksOfPool.set(id, { monitors, scope, endpoints, keys: keys.slice() });
    else checksOfPool.delete(id);
    if (was === NO_CHECKS) return;
    const kept = new Set(keys);
    for (const key of new Set(was.keys)) if (!kept.has(key) && users.delete(key, id)) options.checkEnded(key);
  }

  function reportReplaced(
    monitors: readonly PoolMonitor[],
    scope: RegionScope,
    now: readonly CheckKey[],
    before: readonly EndpointCheck[],
  ): void {
    if (before.length === 0) return;
    for (const [i, key] of now.entries()) {
      const view = verdictKeyOf(key, scope);
      if (before.some((check) => verdictKeyOf(check.key, check.scope) === view)) continue;
      const same = before.filter(({ monitor }) => monitor === monitors[i]!.monitor.id);
      options.checkReplaced(key, scope, same.length > 0 ? same : before);
    }
  }

  return {
    load(all) {
      const concerned = documents.load(all);
      for (const id of concerned) linkChecks(id);
      return concerned;
    },
    apply(change) {
      const toLink = documents.apply(change);
      const changed = new Set<string>();
      for (const entry of change.entries) {
        const { kind, id } = entry.op === 'put' ? entry.document : entry;
        if (kind === 'pool') changed.add(id);
      }
      for (const id of changed) {
        toLink.delete(id);
        linkChecks(id);
      }
      return { changed, toLink };
    },
    link: linkChecks,
    pool: (id) => pools.get(id),
    checksOf: (pool, endpoint) => checksAt(checksOfPool.get(pool.id) ?? NO_CHECKS, endpoint),
    usersOf: users.of,
    pools,
  };
}

/** Whether the checks of a pool are those from before, without a look at each endpoint. */
function areCheckedAlike(was: PoolChecks, { monitors, scope, endpoints }: Omit<PoolChecks, 'keys'>): boolean {
  return (
    was.keys.length > 0 &&
    was.endpoints === endpoints &&
    was.scope === scope &&
    was.monitors.length === monitors.length &&
    was.monitors.every(({ monitor }, at) => haveSameKeys(monitor, monitors[at]!.monitor))
  );
}

function checksAt({ monitors, scope, endpoints, keys }: PoolChecks, endpoint: Endpoint): EndpointCheck[] {
  // Callers mostly have this very object; others have an equal one.
  let at = endpoints.indexOf(endpoint);
  if (at === -1) at = endpoints.findIndex(({ address }) => address === endpoint.address);
  if (at === -1) return [];
  return monitors.map(({ monitor, monitoringOnly, mustBeHealthy }, i) => ({
    key: keys[at * monitors.length + i]!,
    scope,
    monitor: monitor.id,
    monitoringOnly,
    mustBeHealthy,
  }));
}
